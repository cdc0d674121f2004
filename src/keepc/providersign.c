/* SPDX-License-Identifier: Apache-2.0 */
/*
 * providersign: signing by the keeper (provider-signature(7)); verifying with
 * the public half.
 *
 * Runs in the gateway and the command line. Security: the digest is made
 * here; the keeper never gets the message, but for Ed25519, which signs it
 * whole (RFC 8032 5.1.6).
 * Standards: RFC 8017 8, RFC 5758, RFC 8032.
 */
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/auto.h"
#include "keepc/providerstate.h"

#define AUTO_CTX AUTO_CLEAN(free_ctx)

struct signing {
	const struct provider_key *key;	/* borrowed: the EVP_PKEY has it */
	int padding, salt;		/* RSA */
	const EVP_MD *md;		/* NULL: none */
	EVP_MD_CTX *digest;		/* NULL: signs a digest it is given */
};

static void
free_ctx(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

/* ---- life ------------------------------------------------------------- */

static void *
new_signing(void *ctx UNUSED, const char *query UNUSED)
{
	struct signing *s = must_calloc(1, sizeof(*s));

	s->padding = RSA_PKCS1_PADDING;
	s->salt = RSA_PSS_SALTLEN_AUTO;
	return (s);
}

static void
free_signing(void *ctx)
{
	struct signing *s = ctx;

	EVP_MD_CTX_free(s->digest);
	free(s);
}

static void *
dup_signing(void *ctx)
{
	const struct signing *from = ctx;
	struct signing *s = must_calloc(1, sizeof(*s));

	*s = *from;
	if (from->digest != NULL) {
		s->digest = EVP_MD_CTX_new();
		must(s->digest != NULL &&
		    EVP_MD_CTX_copy_ex(s->digest, from->digest) == 1);
	}
	return (s);
}

/* ---- parameters ------------------------------------------------------- */

static bool
is_rsa(const struct signing *s)
{
	return (strcmp(s->key->type, "RSA") == 0);
}

static bool
set_digest(struct signing *s, const char *name)
{
	enum keywire_digest d = provider_digest(name);

	/* SHA-1 signs nothing. */
	if (d == KEYWIRE_NO_DIGEST || d == KEYWIRE_SHA1)
		return (provider_refuse("the keeper signs SHA-256, SHA-384 "
		    "and SHA-512") == 0);
	s->md = EVP_get_digestbyname(keywire_digest_name(d));
	return (s->md != NULL);
}

/* The salt: a number, or how to find it. */
static const struct {
	const char *name;
	int number;
} salts[] = {
	{ OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST, RSA_PSS_SALTLEN_DIGEST },
	{ OSSL_PKEY_RSA_PSS_SALT_LEN_AUTO, RSA_PSS_SALTLEN_AUTO },
	{ OSSL_PKEY_RSA_PSS_SALT_LEN_MAX, RSA_PSS_SALTLEN_MAX },
};

static bool
get_salt(const OSSL_PARAM *p, int *salt)
{
	uint64_t number;

	if (p->data_type != OSSL_PARAM_UTF8_STRING)
		return (OSSL_PARAM_get_int(p, salt) == 1);
	for (size_t i = 0; i < COUNT_OF(salts); i++)
		if (strcmp(p->data, salts[i].name) == 0) {
			*salt = salts[i].number;
			return (true);
		}
	if (!str_to_u64(str_of(p->data), MAILKEY_NUMBER_MAX, &number))
		return (false);
	*salt = (int)number;
	return (true);
}

static bool
put_salt(OSSL_PARAM *p, int salt)
{
	char text[16];

	if (p->data_type != OSSL_PARAM_UTF8_STRING)
		return (OSSL_PARAM_set_int(p, salt) == 1);
	for (size_t i = 0; i < COUNT_OF(salts); i++)
		if (salts[i].number == salt)
			return (OSSL_PARAM_set_utf8_string(p, salts[i].name)
			    == 1);
	(void)snprintf(text, sizeof(text), "%d", salt);
	return (OSSL_PARAM_set_utf8_string(p, text) == 1);
}

/* MGF1 works with the digest of the signature, as RFC 4055 3.1 recommends;
 * another is refused where it is set. */
static bool
is_same_digest(const struct signing *s, const char *name)
{
	return (s->md == NULL || provider_digest(name) ==
	    provider_digest(EVP_MD_get0_name(s->md)));
}

static int
set_params(void *ctx, const OSSL_PARAM params[])
{
	struct signing *s = ctx;
	bool ok = true;

	for (const OSSL_PARAM *p = params; ok && p != NULL && p->key != NULL;
	    p++) {
		if (strcmp(p->key, OSSL_SIGNATURE_PARAM_PAD_MODE) == 0)
			ok = provider_get_padding(p, &s->padding) &&
			    s->padding != RSA_PKCS1_OAEP_PADDING;
		else if (strcmp(p->key, OSSL_SIGNATURE_PARAM_DIGEST) == 0)
			ok = set_digest(s, p->data);
		else if (strcmp(p->key, OSSL_SIGNATURE_PARAM_PSS_SALTLEN) ==
		    0)
			ok = get_salt(p, &s->salt);
		else if (strcmp(p->key, OSSL_SIGNATURE_PARAM_MGF1_DIGEST) ==
		    0)
			ok = is_same_digest(s, p->data);
	}
	return (ok);
}

static const OSSL_PARAM *
settable(void *ctx UNUSED, void *provctx UNUSED)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL,
		    0),
		OSSL_PARAM_END
	};

	return (list);
}

/* The salt's length; RFC 8017 9.1.1: the most is what is left. */
static int
salt_bytes(const struct signing *s)
{
	int digest = EVP_MD_get_size(s->md);
	int room = (EVP_PKEY_get_bits(s->key->public) + 6) / 8;

	if (s->salt >= 0)
		return (s->salt);
	return (s->salt == RSA_PSS_SALTLEN_DIGEST ? digest :
	    room - digest - 2);
}

static bool
put_id(const struct signing *s, OSSL_PARAM *p)
{
	AUTO_BUF struct buf der = BUF_INIT(1024);
	int salt = s->md != NULL ? salt_bytes(s) : 0;

	return (provider_sign_id(s->key->type, s->padding, s->md, salt,
	    &der) && OSSL_PARAM_set_octet_string(p, der.p, der.len) == 1);
}

static int
get_params(void *ctx, OSSL_PARAM params[])
{
	const struct signing *s = ctx;
	const char *md = s->md != NULL ? EVP_MD_get0_name(s->md) : "";
	OSSL_PARAM *p;

	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
	if (p != NULL && !put_id(s, p))
		return (0);
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (p != NULL && !provider_put_padding(p, s->padding))
		return (0);
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
	if (p != NULL && OSSL_PARAM_set_utf8_string(p, md) != 1)
		return (0);
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
	if (p != NULL && OSSL_PARAM_set_utf8_string(p, md) != 1)
		return (0);
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	return (p == NULL || put_salt(p, s->salt));
}

static const OSSL_PARAM *
gettable(void *ctx UNUSED, void *provctx UNUSED)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID,
		    NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL,
		    0),
		OSSL_PARAM_END
	};

	return (list);
}

/* ---- with a digest ---------------------------------------------------- */

static int
init(void *ctx, void *key, const OSSL_PARAM params[])
{
	struct signing *s = ctx;

	if (key != NULL)
		s->key = key;
	return (s->key != NULL && s->key->public != NULL &&
	    set_params(ctx, params));
}

static int
sign(void *ctx, uint8_t *signature, size_t *len, size_t size,
    const uint8_t *data, size_t data_len)
{
	AUTO_BUF struct buf out = BUF_INIT(MAILKEY_SIGNATURE_MAX);
	const struct signing *s = ctx;
	struct keywire_use how = { .data = str_make(data, data_len) };

	if (signature == NULL) {
		*len = (size_t)EVP_PKEY_get_size(s->key->public);
		return (1);
	}
	if (s->md != NULL) {
		how.digest = provider_digest(EVP_MD_get0_name(s->md));
		how.scheme = !is_rsa(s) ? KEYWIRE_ECDSA : s->padding ==
		    RSA_PKCS1_PSS_PADDING ? KEYWIRE_PSS : KEYWIRE_PKCS1;
		if (how.scheme == KEYWIRE_PSS)
			how.salt_len = (unsigned)MAX_OF(salt_bytes(s), 0);
	} else if (strcmp(s->key->type, "ED25519") == 0) {
		how.scheme = KEYWIRE_EDDSA;
	} else {
		return (provider_refuse("there is no digest to sign") == 0);
	}
	if (provider_sign(s->key, &how, &out) == -1 || out.len > size)
		return (0);
	memcpy(signature, out.p, out.len);
	*len = out.len;
	return (1);
}

static int
verify(void *ctx, const uint8_t *signature, size_t len, const uint8_t *data,
    size_t data_len)
{
	const struct signing *s = ctx;
	AUTO_CTX EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL,
	    s->key->public, NULL);

	must(c != NULL);
	if (s->md == NULL || EVP_PKEY_verify_init(c) != 1)
		return (0);
	if (is_rsa(s) && (EVP_PKEY_CTX_set_rsa_padding(c, s->padding) != 1 ||
	    (s->padding == RSA_PKCS1_PSS_PADDING &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(c, s->salt) != 1)))
		return (0);
	return (EVP_PKEY_CTX_set_signature_md(c, s->md) == 1 &&
	    EVP_PKEY_verify(c, signature, len, data, data_len) == 1);
}

/* ---- with a message --------------------------------------------------- */

static int
digest_init(void *ctx, const char *name, void *key, const OSSL_PARAM params[])
{
	struct signing *s = ctx;

	if (!init(ctx, key, NULL) || (name != NULL && name[0] != '\0' &&
	    !set_digest(s, name)) || s->md == NULL ||
	    !set_params(ctx, params))
		return (0);
	EVP_MD_CTX_free(s->digest);
	s->digest = EVP_MD_CTX_new();
	must(s->digest != NULL);
	return (EVP_DigestInit_ex(s->digest, s->md, NULL));
}

static int
update(void *ctx, const uint8_t *data, size_t len)
{
	const struct signing *s = ctx;

	return (s->digest != NULL && EVP_DigestUpdate(s->digest, data, len));
}

static int
sign_final(void *ctx, uint8_t *signature, size_t *len, size_t size)
{
	const struct signing *s = ctx;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (s->digest == NULL)
		return (0);
	if (signature != NULL && EVP_DigestFinal_ex(s->digest, digest, &n) !=
	    1)
		return (0);
	return (sign(ctx, signature, len, size, digest, n));
}

static int
verify_final(void *ctx, const uint8_t *signature, size_t len)
{
	const struct signing *s = ctx;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	return (s->digest != NULL &&
	    EVP_DigestFinal_ex(s->digest, digest, &n) == 1 &&
	    verify(ctx, signature, len, digest, n));
}

/* ---- Ed25519 ---------------------------------------------------------- */

static int
message_init(void *ctx, const char *name UNUSED, void *key,
    const OSSL_PARAM params[] UNUSED)
{
	return (init(ctx, key, NULL));
}

static int
verify_message(void *ctx, const uint8_t *signature, size_t len,
    const uint8_t *data, size_t data_len)
{
	const struct signing *s = ctx;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	int ok;

	must(c != NULL);
	ok = EVP_DigestVerifyInit(c, NULL, NULL, NULL, s->key->public) == 1 &&
	    EVP_DigestVerify(c, signature, len, data, data_len) == 1;
	EVP_MD_CTX_free(c);
	return (ok);
}

#define COMMON \
	{ OSSL_FUNC_SIGNATURE_NEWCTX, PROVIDER_FN(new_signing) }, \
	{ OSSL_FUNC_SIGNATURE_FREECTX, PROVIDER_FN(free_signing) }, \
	{ OSSL_FUNC_SIGNATURE_DUPCTX, PROVIDER_FN(dup_signing) }, \
	{ OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, PROVIDER_FN(get_params) }, \
	{ OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, PROVIDER_FN(gettable) }, \
	{ OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, PROVIDER_FN(set_params) }, \
	{ OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, PROVIDER_FN(settable) }, \
	{ 0, NULL }

static const OSSL_DISPATCH with_digest[] = {
	{ OSSL_FUNC_SIGNATURE_SIGN_INIT, PROVIDER_FN(init) },
	{ OSSL_FUNC_SIGNATURE_SIGN, PROVIDER_FN(sign) },
	{ OSSL_FUNC_SIGNATURE_VERIFY_INIT, PROVIDER_FN(init) },
	{ OSSL_FUNC_SIGNATURE_VERIFY, PROVIDER_FN(verify) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, PROVIDER_FN(digest_init) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, PROVIDER_FN(update) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, PROVIDER_FN(sign_final) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, PROVIDER_FN(digest_init) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, PROVIDER_FN(update) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, PROVIDER_FN(verify_final) },
	COMMON };
static const OSSL_DISPATCH with_message[] = {
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, PROVIDER_FN(message_init) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN, PROVIDER_FN(sign) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, PROVIDER_FN(message_init) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, PROVIDER_FN(verify_message) },
	COMMON };

const OSSL_ALGORITHM provider_signatures[] = {
	{ "RSA:rsaEncryption", PROVIDER_QUERY, with_digest, NULL },
	{ "ECDSA", PROVIDER_QUERY, with_digest, NULL },
	{ "ED25519", PROVIDER_QUERY, with_message, NULL },
	{ NULL, NULL, NULL, NULL }
};
