/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keywork: the private operations, by OpenSSL's EVP.
 *
 * Runs in the keeper, in many threads at once. Security: digests, ciphertexts
 * and points come from mail. A digest must have its algorithm's length, or a
 * role could have anything signed as RSA's message representative; a point is
 * checked to be on the curve before the key meets it; decryption says nothing
 * of how it failed.
 * Standards: RFC 8017, RFC 8032, SEC 1, NIST SP 800-56A 5.7.1.2.
 */
#include "keep/keywork.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "keep/rsaunpad.h"
#include "pki/pkey.h"

#define UNCOMPRESSED 4

static bool
is_rsa(enum mailkey_kind kind)
{
	return (kind == MAILKEY_RSA_2048 || kind == MAILKEY_RSA_3072 ||
	    kind == MAILKEY_RSA_4096);
}

static bool
is_curve(enum mailkey_kind kind)
{
	return (kind == MAILKEY_P256 || kind == MAILKEY_P384);
}

static const EVP_MD *
digest_of(enum keywire_digest digest)
{
	return (EVP_get_digestbyname(keywire_digest_name(digest)));
}

static EVP_PKEY_CTX *
new_ctx(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	must(ctx != NULL);
	return (ctx);
}

static int
not_for(enum mailkey_kind kind, const char *what, struct err *err)
{
	return (err_set(err, ERR_INPUT, "a key of kind %s does not %s this "
	    "way", mailkey_kind_name(kind), what));
}

/* ---- signing ---------------------------------------------------------- */

static bool
may_sign(enum mailkey_kind kind, const struct keywire_use *how)
{
	bool has_digest = how->digest >= KEYWIRE_SHA256 &&
	    how->data.len == keywire_digest_bytes(how->digest);

	switch (how->scheme) {
	case KEYWIRE_PKCS1:
	case KEYWIRE_PSS:
		return (has_digest && is_rsa(kind));
	case KEYWIRE_ECDSA:
		return (has_digest && is_curve(kind));
	case KEYWIRE_EDDSA:
		return (kind == MAILKEY_ED25519 && how->digest ==
		    KEYWIRE_NO_DIGEST);
	default:
		return (false);
	}
}

static bool
set_up_signing(EVP_PKEY_CTX *ctx, const struct keywire_use *how)
{
	if (EVP_PKEY_sign_init(ctx) != 1)
		return (false);
	if (how->scheme == KEYWIRE_PKCS1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
		return (false);
	if (how->scheme == KEYWIRE_PSS &&
	    (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)how->salt_len) != 1))
		return (false);
	return (EVP_PKEY_CTX_set_signature_md(ctx, digest_of(how->digest)) ==
	    1);
}

static bool
sign_digest(EVP_PKEY *key, const struct keywire_use *how, uint8_t *out,
    size_t *len)
{
	AUTO_PKEY_CTX EVP_PKEY_CTX *ctx = new_ctx(key);

	return (set_up_signing(ctx, how) && EVP_PKEY_sign(ctx, out, len,
	    (const uint8_t *)how->data.p, how->data.len) == 1);
}

static bool
sign_message(EVP_PKEY *key, const struct keywire_use *how, uint8_t *out,
    size_t *len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	must(ctx != NULL);
	ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, out, len, (const uint8_t *)how->data.p,
	    how->data.len) == 1;
	EVP_MD_CTX_free(ctx);
	return (ok);
}

int
keywork_sign(EVP_PKEY *key, enum mailkey_kind kind,
    const struct keywire_use *how, struct buf *out, struct err *err)
{
	size_t len = MAILKEY_SIGNATURE_MAX;
	uint8_t *room = buf_reserve(out, len);
	bool ok;

	must(room != NULL);
	if (!may_sign(kind, how))
		return (not_for(kind, "sign", err));
	ok = how->scheme == KEYWIRE_EDDSA ? sign_message(key, how, room,
	    &len) : sign_digest(key, how, room, &len);
	ERR_clear_error();
	if (!ok)
		return (err_set(err, ERR_TEMP, "the key did not sign"));
	out->len += len;
	return (0);
}

bool
keywork_answers(EVP_PKEY *key, enum mailkey_kind kind)
{
	static const uint8_t digest[32];
	const struct keywire_use how = { .scheme = is_rsa(kind) ?
		KEYWIRE_PKCS1 : KEYWIRE_ECDSA, .digest = KEYWIRE_SHA256,
		.data = str_make(digest, sizeof(digest)) };
	uint8_t signature[MAILKEY_SIGNATURE_MAX];
	size_t len = sizeof(signature);
	bool ok = may_sign(kind, &how) && sign_digest(key, &how, signature,
	    &len);

	ERR_clear_error();
	return (ok);
}

/* ---- decrypting ------------------------------------------------------- */

static bool
set_up_decrypting(EVP_PKEY_CTX *ctx, const struct keywire_use *how)
{
	if (EVP_PKEY_decrypt_init(ctx) != 1)
		return (false);
	if (how->scheme == KEYWIRE_PKCS1)
		return (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) ==
		    1);
	return (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) ==
	    1 && EVP_PKEY_CTX_set_rsa_oaep_md(ctx, digest_of(how->digest)) ==
	    1 && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, digest_of(how->mgf)) == 1);
}

int
keywork_decrypt(EVP_PKEY *key, enum mailkey_kind kind,
    const struct keywire_use *how,
    const uint8_t secret[static KEEP_SECRET_BYTES], struct buf *out,
    struct err *err)
{
	AUTO_PKEY_CTX EVP_PKEY_CTX *ctx = new_ctx(key);
	uint8_t plain[MAILKEY_NUMBER_MAX];
	size_t len = sizeof(plain);
	bool is_oaep = how->scheme == KEYWIRE_OAEP;
	bool ok;

	if (!is_rsa(kind) || (is_oaep ? how->digest == KEYWIRE_NO_DIGEST ||
	    how->mgf == KEYWIRE_NO_DIGEST : how->scheme != KEYWIRE_PKCS1))
		return (not_for(kind, "decrypt", err));
	ok = how->data.len == (size_t)EVP_PKEY_get_size(key) &&
	    set_up_decrypting(ctx, how) && EVP_PKEY_decrypt(ctx, plain, &len,
	    (const uint8_t *)how->data.p, how->data.len) == 1;
	ERR_clear_error();
	if (ok && is_oaep)
		buf_append(out, plain, len);
	else if (ok)
		rsaunpad(secret, how->data, str_make(plain, len), out);
	explicit_bzero(plain, sizeof(plain));
	return (ok ? 0 : err_set(err, ERR_INPUT, "it cannot be decrypted "
	    "with this key"));
}

/* ---- deriving --------------------------------------------------------- */

/* The other side's key: fromdata refuses a point that is not on the curve. */
static EVP_PKEY *
peer_of(enum mailkey_kind kind, struct str point)
{
	const char *curve = kind == MAILKEY_P256 ? "P-256" : "P-384";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    (char *)(uintptr_t)curve, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
		    (void *)(uintptr_t)point.p, point.len),
		OSSL_PARAM_construct_end() };
	AUTO_PKEY_CTX EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC",
	    NULL);
	AUTO_PKEY_CTX EVP_PKEY_CTX *check = NULL;
	EVP_PKEY *key = NULL;

	must(ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1);
	if (EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return (NULL);
	check = new_ctx(key);
	if (EVP_PKEY_public_check(check) == 1)
		return (key);
	EVP_PKEY_free(key);
	return (NULL);
}

int
keywork_derive(EVP_PKEY *key, enum mailkey_kind kind,
    const struct keywire_use *how, struct buf *out, struct err *err)
{
	AUTO_PKEY_CTX EVP_PKEY_CTX *ctx = new_ctx(key);
	AUTO_PKEY EVP_PKEY *peer = NULL;
	size_t len = MAILKEY_NUMBER_MAX;
	uint8_t *room = buf_reserve(out, len);
	bool ok;

	must(room != NULL);
	if (!is_curve(kind) || how->scheme != KEYWIRE_ECDH)
		return (not_for(kind, "derive", err));
	if (how->data.len > 0 && how->data.p[0] == UNCOMPRESSED)
		peer = peer_of(kind, how->data);
	if (peer == NULL) {
		ERR_clear_error();
		return (err_set(err, ERR_INPUT, "the other side's key is no "
		    "point on the curve"));
	}
	ok = EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	    EVP_PKEY_derive(ctx, room, &len) == 1;
	ERR_clear_error();
	if (!ok)
		return (err_set(err, ERR_TEMP, "the key did not derive"));
	out->len += len;
	return (0);
}
