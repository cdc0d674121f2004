/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider: loading, a few connections, and what failed last.
 *
 * Runs in the gateway and the command line. Security: the provider lives in a
 * library context of its own, so that no other part of the process gets its
 * algorithms for an ordinary key. It holds no private key.
 */
#include "keepc/provider.h"

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <time.h>

#include "base/auto.h"
#include "base/clock.h"
#include "keepc/providerstate.h"

#define CONNECTIONS 16

struct provider {
	OSSL_LIB_CTX *ctx;
	OSSL_PROVIDER *own, *base;	/* base: OpenSSL's, for encoding */
	pthread_mutex_t lock;
	pthread_cond_t returned;
	struct keepc *connections[CONNECTIONS];	/* all of them */
	struct keepc *idle[CONNECTIONS];	/* under lock */
	size_t n_idle;
};

static _Thread_local struct err failure;

/* ---- connections ------------------------------------------------------ */

/* Borrow one, waiting for it. NULL and *err: none in time. */
static struct keepc *
take(struct provider *p, struct err *err)
{
	struct timespec until;
	struct keepc *k = NULL;
	int rc = 0;

	must(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
	until.tv_sec += KEEPC_CALL_MS / CLOCK_SECOND_MS;
	must(pthread_mutex_lock(&p->lock) == 0);
	while (p->n_idle == 0 && rc == 0)
		rc = pthread_cond_clockwait(&p->returned, &p->lock,
		    CLOCK_MONOTONIC, &until);
	if (p->n_idle > 0)
		k = p->idle[--p->n_idle];
	must(pthread_mutex_unlock(&p->lock) == 0);
	if (k == NULL)
		(void)err_set(err, ERR_TEMP, "all %d connections to the "
		    "keeper are busy", CONNECTIONS);
	return (k);
}

static void
give_back(struct provider *p, struct keepc *k)
{
	must(pthread_mutex_lock(&p->lock) == 0);
	must(p->n_idle < CONNECTIONS);
	p->idle[p->n_idle++] = k;
	must(pthread_cond_signal(&p->returned) == 0);
	must(pthread_mutex_unlock(&p->lock) == 0);
}

static void
connect_to(struct provider *p, const char *socket_path, const char *role)
{
	must(pthread_mutex_init(&p->lock, NULL) == 0);
	must(pthread_cond_init(&p->returned, NULL) == 0);
	for (size_t i = 0; i < CONNECTIONS; i++)
		p->idle[i] = p->connections[i] = keepc_new(socket_path, role);
	p->n_idle = CONNECTIONS;
}

/* ---- loading ---------------------------------------------------------- */

static const OSSL_ALGORITHM *
query(void *ctx UNUSED, int operation, int *no_cache)
{
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return (provider_keys);
	case OSSL_OP_SIGNATURE:
		return (provider_signatures);
	case OSSL_OP_ASYM_CIPHER:
		return (provider_ciphers);
	case OSSL_OP_KEYEXCH:
		return (provider_exchanges);
	default:
		return (NULL);
	}
}

static const OSSL_DISPATCH dispatch[] = {
	{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, PROVIDER_FN(query) },
	{ 0, NULL }
};

/* The provider's context is the struct provider, which outlives it. */
static int
start(const OSSL_CORE_HANDLE *handle UNUSED, const OSSL_DISPATCH *in UNUSED,
    const OSSL_DISPATCH **out, void **ctx)
{
	*ctx = must_calloc(1, sizeof(struct provider));
	*out = dispatch;
	return (1);
}

int
provider_new(const char *socket_path, const char *role, struct provider **out,
    struct err *err)
{
	OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();
	OSSL_PROVIDER *base, *own = NULL;
	struct provider *p;

	must(ctx != NULL);
	base = OSSL_PROVIDER_load(ctx, "default");
	if (base != NULL && OSSL_PROVIDER_add_builtin(ctx, PROVIDER_NAME,
	    start) == 1)
		own = OSSL_PROVIDER_load(ctx, PROVIDER_NAME);
	if (own == NULL) {
		OSSL_LIB_CTX_free(ctx);
		return (err_set(err, ERR_PERM, "OpenSSL does not load the "
		    "keeper's provider"));
	}
	p = OSSL_PROVIDER_get0_provider_ctx(own);
	p->ctx = ctx;
	p->own = own;
	p->base = base;
	connect_to(p, socket_path, role);
	*out = p;
	return (0);
}

void
provider_free(struct provider **pp)
{
	struct provider *p = *pp;

	*pp = NULL;
	if (p == NULL)
		return;
	must(p->n_idle == CONNECTIONS);
	(void)OSSL_PROVIDER_unload(p->own);
	(void)OSSL_PROVIDER_unload(p->base);
	OSSL_LIB_CTX_free(p->ctx);
	for (size_t i = 0; i < CONNECTIONS; i++)
		keepc_free(&p->connections[i]);
	must(pthread_cond_destroy(&p->returned) == 0);
	must(pthread_mutex_destroy(&p->lock) == 0);
	free(p);
}

static const char *
type_of(enum mailkey_kind kind)
{
	return (kind == MAILKEY_ED25519 ? "ED25519" : kind == MAILKEY_P256 ||
	    kind == MAILKEY_P384 ? "EC" : "RSA");
}

int
provider_open(struct provider *p, const struct mailkey *key, EVP_PKEY **out,
    struct err *err)
{
	OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_string(
	    PROVIDER_PARAM_KEY, (void *)(uintptr_t)key, sizeof(*key)),
		OSSL_PARAM_construct_end() };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(p->ctx,
	    type_of(key->kind), PROVIDER_QUERY);
	EVP_PKEY *made = NULL;
	int rc;

	/* What failed with another key says nothing of this one. */
	err_clear(&failure);
	must(ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1);
	rc = EVP_PKEY_fromdata(ctx, &made, EVP_PKEY_KEYPAIR, params);
	EVP_PKEY_CTX_free(ctx);
	if (rc != 1) {
		ERR_clear_error();
		return (err_set(err, ERR_INPUT, "the public half of a key is "
		    "malformed"));
	}
	*out = made;
	return (0);
}

/* ---- the private operations ------------------------------------------- */

bool
provider_failure(struct err *err)
{
	if (failure.kind == ERR_NONE)
		return (false);
	*err = failure;
	return (true);
}

int
provider_refuse(const char *why)
{
	return (err_set(&failure, ERR_INPUT, "%s", why));
}

/* Note how it went, for whoever asks behind OpenSSL. */
static int
note(int rc, const struct err *err)
{
	failure = *err;
	if (rc == 0)
		err_clear(&failure);
	return (rc);
}

static int
ask(const struct provider_key *key, const struct keywire_use *how,
    int (*work)(struct keepc *, const struct mailkey *,
    const struct keywire_use *, struct buf *, struct err *), struct buf *out)
{
	struct err err = ERR_INIT;
	struct keepc *k;
	int rc;

	if (!key->is_private)
		return (provider_refuse("only the public half of this key is "
		    "here"));
	k = take(key->provider, &err);
	if (k == NULL)
		return (note(-1, &err));
	buf_reset(out);
	rc = work(k, &key->key, how, out, &err);
	give_back(key->provider, k);
	return (note(rc, &err));
}

int
provider_sign(const struct provider_key *key, const struct keywire_use *how,
    struct buf *out)
{
	return (ask(key, how, keyuse_sign, out));
}

int
provider_decrypt(const struct provider_key *key,
    const struct keywire_use *how, struct buf *out)
{
	return (ask(key, how, keyuse_decrypt, out));
}

static int
derive(struct keepc *k, const struct mailkey *key,
    const struct keywire_use *how, struct buf *out, struct err *err)
{
	return (keyuse_derive(k, key, how->data, out, err));
}

int
provider_derive(const struct provider_key *key, struct str point,
    struct buf *out)
{
	return (ask(key, &(struct keywire_use){ .data = point }, derive,
	    out));
}

/* ---- names ------------------------------------------------------------ */

enum keywire_digest
provider_digest(const char *name)
{
	/* The names by which OpenSSL, X.509 and CMS call them. */
	static const struct {
		const char *name;
		enum keywire_digest digest;
	} names[] = {
		{ "SHA1", KEYWIRE_SHA1 }, { "SHA-1", KEYWIRE_SHA1 },
		{ "SHA256", KEYWIRE_SHA256 }, { "SHA2-256", KEYWIRE_SHA256 },
		{ "SHA-256", KEYWIRE_SHA256 },
		{ "SHA384", KEYWIRE_SHA384 }, { "SHA2-384", KEYWIRE_SHA384 },
		{ "SHA-384", KEYWIRE_SHA384 },
		{ "SHA512", KEYWIRE_SHA512 }, { "SHA2-512", KEYWIRE_SHA512 },
		{ "SHA-512", KEYWIRE_SHA512 },
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_eq_nocase(str_of(names[i].name), str_of(name)))
			return (names[i].digest);
	return (KEYWIRE_NO_DIGEST);
}

static const struct {
	const char *name;
	int number;
} paddings[] = {
	{ OSSL_PKEY_RSA_PAD_MODE_PKCSV15, RSA_PKCS1_PADDING },
	{ OSSL_PKEY_RSA_PAD_MODE_PSS, RSA_PKCS1_PSS_PADDING },
	{ OSSL_PKEY_RSA_PAD_MODE_OAEP, RSA_PKCS1_OAEP_PADDING },
};

bool
provider_get_padding(const OSSL_PARAM *p, int *padding)
{
	int number = 0;

	if (p->data_type != OSSL_PARAM_UTF8_STRING &&
	    OSSL_PARAM_get_int(p, &number) != 1)
		return (false);
	for (size_t i = 0; i < COUNT_OF(paddings); i++)
		if (p->data_type == OSSL_PARAM_UTF8_STRING ?
		    strcmp(p->data, paddings[i].name) == 0 :
		    number == paddings[i].number) {
			*padding = paddings[i].number;
			return (true);
		}
	return (false);
}

bool
provider_put_padding(OSSL_PARAM *p, int padding)
{
	if (p->data_type != OSSL_PARAM_UTF8_STRING)
		return (OSSL_PARAM_set_int(p, padding) == 1);
	for (size_t i = 0; i < COUNT_OF(paddings); i++)
		if (paddings[i].number == padding)
			return (OSSL_PARAM_set_utf8_string(p,
			    paddings[i].name) == 1);
	return (false);
}
