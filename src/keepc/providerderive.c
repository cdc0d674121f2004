/* SPDX-License-Identifier: Apache-2.0 */
/*
 * providerderive: ECDH by the keeper (provider-keyexch(7)), and the key
 * derivation of CMS behind it.
 *
 * Runs in the gateway and the command line. Security: the shared secret is
 * wiped; the keeper checks the other side's point.
 * Standards: RFC 5753 2.1 and 7.1.3, SEC 1 3.6.1 (X9.63).
 */
#include <openssl/ec.h>
#include <openssl/kdf.h>

#include "keepc/providerstate.h"

#define POINT_MAX 133
#define UKM_MAX 1024	/* ECC-CMS-SharedInfo */
#define X963 OSSL_KDF_NAME_X963KDF

struct exchange {
	const struct provider_key *key;
	uint8_t point[POINT_MAX];	/* of the other side */
	size_t point_len;
	bool has_kdf;
	char digest[PROVIDER_NAME_MAX];	/* of the KDF */
	size_t out_len;			/* of the KDF */
	uint8_t ukm[UKM_MAX];
	size_t ukm_len;
};

static void *
new_exchange(void *ctx UNUSED)
{
	return (must_calloc(1, sizeof(struct exchange)));
}

static void
free_exchange(void *ctx)
{
	free(ctx);
}

static void *
dup_exchange(void *ctx)
{
	struct exchange *x = must_calloc(1, sizeof(*x));

	memcpy(x, ctx, sizeof(*x));
	return (x);
}

/* ---- parameters ------------------------------------------------------- */

static bool
set_kdf(struct exchange *x, const OSSL_PARAM *p)
{
	const char *name = p->data;

	if (p->data_type != OSSL_PARAM_UTF8_STRING || name == NULL)
		return (false);
	x->has_kdf = name[0] != '\0';
	return (!x->has_kdf || strcmp(name, X963) == 0);
}

static bool
set_text(const OSSL_PARAM *p, char out[static PROVIDER_NAME_MAX])
{
	return (OSSL_PARAM_get_utf8_string(p, &out, PROVIDER_NAME_MAX) == 1);
}

static bool
set_ukm(struct exchange *x, const OSSL_PARAM *p)
{
	void *to = x->ukm;

	x->ukm_len = 0;
	return (p->data == NULL || p->data_size == 0 ||
	    OSSL_PARAM_get_octet_string(p, &to, UKM_MAX, &x->ukm_len) == 1);
}

/* Cofactor 1: its mode changes nothing. */
static int
set_params(void *ctx, const OSSL_PARAM params[])
{
	struct exchange *x = ctx;
	bool ok = true;

	for (const OSSL_PARAM *p = params; ok && p != NULL && p->key != NULL;
	    p++) {
		if (strcmp(p->key, OSSL_EXCHANGE_PARAM_KDF_TYPE) == 0)
			ok = set_kdf(x, p);
		else if (strcmp(p->key, OSSL_EXCHANGE_PARAM_KDF_DIGEST) == 0)
			ok = set_text(p, x->digest);
		else if (strcmp(p->key, OSSL_EXCHANGE_PARAM_KDF_OUTLEN) == 0)
			ok = OSSL_PARAM_get_size_t(p, &x->out_len) == 1;
		else if (strcmp(p->key, OSSL_EXCHANGE_PARAM_KDF_UKM) == 0)
			ok = set_ukm(x, p);
	}
	return (ok);
}

static const OSSL_PARAM *
settable(void *ctx UNUSED, void *provctx UNUSED)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_int(OSSL_EXCHANGE_PARAM_EC_ECDH_COFACTOR_MODE,
		    NULL),
		OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_TYPE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_DIGEST, NULL,
		    0),
		OSSL_PARAM_size_t(OSSL_EXCHANGE_PARAM_KDF_OUTLEN, NULL),
		OSSL_PARAM_octet_string(OSSL_EXCHANGE_PARAM_KDF_UKM, NULL, 0),
		OSSL_PARAM_END
	};

	return (list);
}

static int
get_params(void *ctx, OSSL_PARAM params[])
{
	const struct exchange *x = ctx;
	OSSL_PARAM *p;

	p = OSSL_PARAM_locate(params,
	    OSSL_EXCHANGE_PARAM_EC_ECDH_COFACTOR_MODE);
	if (p != NULL && OSSL_PARAM_set_int(p, 0) != 1)
		return (0);
	p = OSSL_PARAM_locate(params, OSSL_EXCHANGE_PARAM_KDF_TYPE);
	if (p != NULL && OSSL_PARAM_set_utf8_string(p, x->has_kdf ? X963 :
	    "") != 1)
		return (0);
	p = OSSL_PARAM_locate(params, OSSL_EXCHANGE_PARAM_KDF_DIGEST);
	if (p != NULL && OSSL_PARAM_set_utf8_string(p, x->digest) != 1)
		return (0);
	p = OSSL_PARAM_locate(params, OSSL_EXCHANGE_PARAM_KDF_OUTLEN);
	return (p == NULL || OSSL_PARAM_set_size_t(p, x->out_len) == 1);
}

static const OSSL_PARAM *
gettable(void *ctx UNUSED, void *provctx UNUSED)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_int(OSSL_EXCHANGE_PARAM_EC_ECDH_COFACTOR_MODE,
		    NULL),
		OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_TYPE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_DIGEST, NULL,
		    0),
		OSSL_PARAM_size_t(OSSL_EXCHANGE_PARAM_KDF_OUTLEN, NULL),
		OSSL_PARAM_END
	};

	return (list);
}

/* ---- deriving --------------------------------------------------------- */

static int
init(void *ctx, void *key, const OSSL_PARAM params[])
{
	struct exchange *x = ctx;

	x->key = key;
	return (x->key->public != NULL && set_params(ctx, params));
}

static int
set_peer(void *ctx, void *key)
{
	const struct provider_key *peer = key;
	struct exchange *x = ctx;
	uint8_t *point = NULL;
	size_t len;

	if (peer->public == NULL ||
	    EVP_PKEY_parameters_eq(peer->public, x->key->public) != 1)
		return (0);
	len = EVP_PKEY_get1_encoded_public_key(peer->public, &point);
	if (len > 0 && len <= POINT_MAX) {
		memcpy(x->point, point, len);
		x->point_len = len;
	}
	OPENSSL_free(point);
	return (len > 0 && len <= POINT_MAX);
}

static bool
stretch(const struct exchange *x, struct str shared, uint8_t *out)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
		    (char *)(uintptr_t)x->digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
		    (void *)(uintptr_t)shared.p, shared.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
		    (void *)(uintptr_t)x->ukm, x->ukm_len),
		OSSL_PARAM_construct_end() };
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, X963, NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	bool ok;

	must(ctx != NULL);
	ok = EVP_KDF_derive(ctx, out, x->out_len, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return (ok);
}

static int
derive(void *ctx, uint8_t *out, size_t *len, size_t size)
{
	AUTO_BUF struct buf shared = BUF_INIT(MAILKEY_NUMBER_MAX);
	const struct exchange *x = ctx;
	size_t need = x->has_kdf ? x->out_len :
	    (size_t)(EVP_PKEY_get_bits(x->key->public) + 7) / 8;

	if (out == NULL) {
		*len = need;
		return (1);
	}
	if (x->point_len == 0 || need > size ||
	    provider_derive(x->key, str_make(x->point, x->point_len),
	    &shared) == -1)
		return (0);
	*len = need;
	if (x->has_kdf)
		return (stretch(x, buf_view(&shared), out));
	if (shared.len != need)
		return (0);
	memcpy(out, shared.p, need);
	return (1);
}

static const OSSL_DISPATCH ecdh[] = {
	{ OSSL_FUNC_KEYEXCH_NEWCTX, PROVIDER_FN(new_exchange) },
	{ OSSL_FUNC_KEYEXCH_FREECTX, PROVIDER_FN(free_exchange) },
	{ OSSL_FUNC_KEYEXCH_DUPCTX, PROVIDER_FN(dup_exchange) },
	{ OSSL_FUNC_KEYEXCH_INIT, PROVIDER_FN(init) },
	{ OSSL_FUNC_KEYEXCH_SET_PEER, PROVIDER_FN(set_peer) },
	{ OSSL_FUNC_KEYEXCH_DERIVE, PROVIDER_FN(derive) },
	{ OSSL_FUNC_KEYEXCH_SET_CTX_PARAMS, PROVIDER_FN(set_params) },
	{ OSSL_FUNC_KEYEXCH_SETTABLE_CTX_PARAMS, PROVIDER_FN(settable) },
	{ OSSL_FUNC_KEYEXCH_GET_CTX_PARAMS, PROVIDER_FN(get_params) },
	{ OSSL_FUNC_KEYEXCH_GETTABLE_CTX_PARAMS, PROVIDER_FN(gettable) },
	{ 0, NULL }
};

const OSSL_ALGORITHM provider_exchanges[] = {
	{ "ECDH", PROVIDER_QUERY, ecdh, NULL },
	{ NULL, NULL, NULL, NULL }
};
