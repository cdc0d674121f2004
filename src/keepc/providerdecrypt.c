/* SPDX-License-Identifier: Apache-2.0 */
/*
 * providerdecrypt: RSA decryption by the keeper (provider-asym_cipher(7));
 * encrypting with the public half.
 *
 * Runs in the gateway and the command line. Security: a wrong padding of
 * PKCS #1 v1.5 yields a made-up message (keep/rsaunpad), which OpenSSL's CMS
 * takes for a wrong content key, as it does with its own made-up one.
 * Standards: RFC 8017 7.
 */
#include <openssl/rsa.h>

#include "base/auto.h"
#include "keepc/providerstate.h"

#define AUTO_CTX AUTO_CLEAN(free_ctx)

struct cipher {
	const struct provider_key *key;
	int padding;
	enum keywire_digest digest, mgf;	/* OAEP; mgf none: as digest */
};

static void
free_ctx(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

static void *
new_cipher(void *ctx UNUSED)
{
	struct cipher *c = must_calloc(1, sizeof(*c));

	c->padding = RSA_PKCS1_PADDING;
	c->digest = KEYWIRE_SHA1;	/* RFC 8017 A.2.1's default */
	return (c);
}

static void
free_cipher(void *ctx)
{
	free(ctx);
}

static void *
dup_cipher(void *ctx)
{
	struct cipher *c = must_calloc(1, sizeof(*c));

	memcpy(c, ctx, sizeof(*c));
	return (c);
}

static bool
set_digest(const OSSL_PARAM *p, enum keywire_digest *digest)
{
	*digest = p->data_type == OSSL_PARAM_UTF8_STRING ?
	    provider_digest(p->data) : KEYWIRE_NO_DIGEST;
	return (*digest != KEYWIRE_NO_DIGEST || provider_refuse("the keeper "
	    "decrypts OAEP with SHA-1, SHA-256, SHA-384 and SHA-512") == 0);
}

/* RFC 4055 4.1: nobody has a use for a label. */
static bool
is_no_label(const OSSL_PARAM *p)
{
	return (p->data_size == 0 || provider_refuse("the keeper decrypts "
	    "OAEP without a label only") == 0);
}

static int
set_params(void *ctx, const OSSL_PARAM params[])
{
	struct cipher *c = ctx;
	bool ok = true;

	for (const OSSL_PARAM *p = params; ok && p != NULL && p->key != NULL;
	    p++) {
		if (strcmp(p->key, OSSL_ASYM_CIPHER_PARAM_PAD_MODE) == 0)
			ok = provider_get_padding(p, &c->padding) &&
			    c->padding != RSA_PKCS1_PSS_PADDING;
		else if (strcmp(p->key, OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST) ==
		    0)
			ok = set_digest(p, &c->digest);
		else if (strcmp(p->key, OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST) ==
		    0)
			ok = set_digest(p, &c->mgf);
		else if (strcmp(p->key, OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL) ==
		    0)
			ok = is_no_label(p);
	}
	return (ok);
}

static const OSSL_PARAM *
settable(void *ctx UNUSED, void *provctx UNUSED)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST,
		    NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST,
		    NULL, 0),
		OSSL_PARAM_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL,
		    NULL, 0),
		OSSL_PARAM_END
	};

	return (list);
}

static int
get_params(void *ctx, OSSL_PARAM params[])
{
	const struct cipher *c = ctx;
	OSSL_PARAM *p = OSSL_PARAM_locate(params,
	    OSSL_ASYM_CIPHER_PARAM_PAD_MODE);

	return (p == NULL || provider_put_padding(p, c->padding));
}

static const OSSL_PARAM *
gettable(void *ctx UNUSED, void *provctx UNUSED)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, NULL,
		    0),
		OSSL_PARAM_END
	};

	return (list);
}

static int
init(void *ctx, void *key, const OSSL_PARAM params[])
{
	struct cipher *c = ctx;

	c->key = key;
	return (c->key->public != NULL && set_params(ctx, params));
}

static int
decrypt(void *ctx, uint8_t *out, size_t *len, size_t size, const uint8_t *in,
    size_t in_len)
{
	AUTO_BUF struct buf plain = BUF_INIT(MAILKEY_NUMBER_MAX);
	const struct cipher *c = ctx;
	bool is_oaep = c->padding == RSA_PKCS1_OAEP_PADDING;
	struct keywire_use how = { .data = str_make(in, in_len),
		.scheme = is_oaep ? KEYWIRE_OAEP : KEYWIRE_PKCS1,
		.digest = is_oaep ? c->digest : KEYWIRE_NO_DIGEST,
		.mgf = !is_oaep ? KEYWIRE_NO_DIGEST : c->mgf !=
		    KEYWIRE_NO_DIGEST ? c->mgf : c->digest };

	if (out == NULL) {
		*len = (size_t)EVP_PKEY_get_size(c->key->public);
		return (1);
	}
	if (provider_decrypt(c->key, &how, &plain) == -1 || plain.len > size)
		return (0);
	if (plain.len > 0)
		memcpy(out, plain.p, plain.len);
	*len = plain.len;
	return (1);
}

static const EVP_MD *
md_of(enum keywire_digest digest)
{
	return (EVP_get_digestbyname(keywire_digest_name(digest)));
}

static int
encrypt(void *ctx, uint8_t *out, size_t *len, size_t size UNUSED,
    const uint8_t *in, size_t in_len)
{
	const struct cipher *c = ctx;
	AUTO_CTX EVP_PKEY_CTX *e = EVP_PKEY_CTX_new_from_pkey(NULL,
	    c->key->public, NULL);

	must(e != NULL);
	if (EVP_PKEY_encrypt_init(e) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(e, c->padding) != 1)
		return (0);
	if (c->padding == RSA_PKCS1_OAEP_PADDING &&
	    (EVP_PKEY_CTX_set_rsa_oaep_md(e, md_of(c->digest)) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(e, md_of(c->mgf !=
	    KEYWIRE_NO_DIGEST ? c->mgf : c->digest)) != 1))
		return (0);
	return (EVP_PKEY_encrypt(e, out, len, in, in_len) == 1);
}

static const OSSL_DISPATCH rsa[] = {
	{ OSSL_FUNC_ASYM_CIPHER_NEWCTX, PROVIDER_FN(new_cipher) },
	{ OSSL_FUNC_ASYM_CIPHER_FREECTX, PROVIDER_FN(free_cipher) },
	{ OSSL_FUNC_ASYM_CIPHER_DUPCTX, PROVIDER_FN(dup_cipher) },
	{ OSSL_FUNC_ASYM_CIPHER_DECRYPT_INIT, PROVIDER_FN(init) },
	{ OSSL_FUNC_ASYM_CIPHER_DECRYPT, PROVIDER_FN(decrypt) },
	{ OSSL_FUNC_ASYM_CIPHER_ENCRYPT_INIT, PROVIDER_FN(init) },
	{ OSSL_FUNC_ASYM_CIPHER_ENCRYPT, PROVIDER_FN(encrypt) },
	{ OSSL_FUNC_ASYM_CIPHER_SET_CTX_PARAMS, PROVIDER_FN(set_params) },
	{ OSSL_FUNC_ASYM_CIPHER_SETTABLE_CTX_PARAMS, PROVIDER_FN(settable) },
	{ OSSL_FUNC_ASYM_CIPHER_GET_CTX_PARAMS, PROVIDER_FN(get_params) },
	{ OSSL_FUNC_ASYM_CIPHER_GETTABLE_CTX_PARAMS, PROVIDER_FN(gettable) },
	{ 0, NULL }
};

const OSSL_ALGORITHM provider_ciphers[] = {
	{ "RSA:rsaEncryption", PROVIDER_QUERY, rsa, NULL },
	{ NULL, NULL, NULL, NULL }
};
