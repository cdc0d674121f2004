/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob: key derivation and AES-256-GCM for secrets of 32 bytes.
 *
 * Runs in the keeper. Security: blobs come back from the store, which the
 * keeper does not trust; nothing is released before the tag is right.
 * Standards: RFC 5869 (HKDF), NIST SP 800-38D (GCM).
 */
#include "keep/blob.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>

#include "base/auto.h"

#define BLOB_VERSION 1
#define NONCE_BYTES 12
#define TAG_BYTES 16
#define HEAD_BYTES 4	/* version and three zero bytes */
#define INFO_MAX 160
/* A buf on the stack that never grows: nothing here is longer. */
#define BUF_ON(space) { .p = (space), .cap = sizeof(space), \
    .max = sizeof(space) }
#define AUTO_CIPHER AUTO_CLEAN(free_cipher)

_Static_assert(NONCE_BYTES + TAG_BYTES == BLOB_OVERHEAD_BYTES, "sealing");
_Static_assert(KEEP_SECRET_BYTES + BLOB_OVERHEAD_BYTES == BLOB_SEALED_BYTES,
    "a sealed secret");
_Static_assert(HEAD_BYTES + BLOB_SEALED_BYTES == KEEP_WRAPPED_BYTES, "a blob");

static void
free_cipher(EVP_CIPHER_CTX **ctx)
{
	EVP_CIPHER_CTX_free(*ctx);
}

/* OpenSSL looks algorithms up by name; once is enough. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *gcm;
static EVP_MAC_CTX *hmac_model;	/* copied for each use, never changed */

static void
fetch(void)
{
	static const uint8_t no_key[KEEP_MAC_BYTES];
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(
	    OSSL_MAC_PARAM_DIGEST, (char []){ "SHA256" }, 0),
		OSSL_PARAM_construct_end() };
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	must(mac != NULL && (hmac_model = EVP_MAC_CTX_new(mac)) != NULL);
	must(EVP_MAC_init(hmac_model, no_key, sizeof(no_key), params) == 1);
	EVP_MAC_free(mac);
	gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	must(gcm != NULL);
}

/* HMAC-SHA256 under a key of 32 bytes. */
static void
hmac(const uint8_t key[static KEEP_SECRET_BYTES], struct str data,
    uint8_t out[static KEEP_MAC_BYTES])
{
	EVP_MAC_CTX *ctx;
	size_t len = 0;

	must(pthread_once(&once, fetch) == 0);
	ctx = EVP_MAC_CTX_dup(hmac_model);
	must(ctx != NULL);
	must(EVP_MAC_init(ctx, key, KEEP_SECRET_BYTES, NULL) == 1);
	must(EVP_MAC_update(ctx, (const uint8_t *)data.p, data.len) == 1);
	must(EVP_MAC_final(ctx, out, &len, KEEP_MAC_BYTES) == 1);
	must(len == KEEP_MAC_BYTES);
	EVP_MAC_CTX_free(ctx);
}

void
blob_parent(const uint8_t key[static KEEP_SECRET_BYTES],
    struct blob_parent *parent)
{
	static const uint8_t no_salt[KEEP_MAC_BYTES];

	hmac(no_salt, str_make(key, KEEP_SECRET_BYTES), parent->prk);
}

void
blob_derive(const struct blob_parent *parent, const char *text,
    struct str more, uint8_t out[static KEEP_SECRET_BYTES])
{
	uint8_t space[INFO_MAX];
	struct buf info = BUF_ON(space);

	buf_z(&info, text);
	buf_str(&info, more);
	buf_char(&info, 1);	/* T(1) is all that 32 bytes need */
	must(!info.over);
	hmac(parent->prk, buf_view(&info), out);
}

void
blob_seal_long(const uint8_t key[static KEEP_SECRET_BYTES], struct str aad,
    struct str secret, uint8_t *sealed)
{
	AUTO_CIPHER EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *text = sealed + NONCE_BYTES;
	int n = 0;

	id_random(sealed, NONCE_BYTES);
	must(ctx != NULL && pthread_once(&once, fetch) == 0);
	must(EVP_EncryptInit_ex2(ctx, gcm, key, sealed, NULL) == 1);
	must(EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)aad.p,
	    (int)aad.len) == 1);
	must(EVP_EncryptUpdate(ctx, text, &n, (const uint8_t *)secret.p,
	    (int)secret.len) == 1);
	must(n == (int)secret.len);
	must(EVP_EncryptFinal_ex(ctx, text + n, &n) == 1);
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES,
	    text + secret.len) == 1);
}

void
blob_seal(const uint8_t key[static KEEP_SECRET_BYTES], struct str aad,
    const uint8_t secret[static KEEP_SECRET_BYTES],
    uint8_t sealed[static BLOB_SEALED_BYTES])
{
	blob_seal_long(key, aad, str_make(secret, KEEP_SECRET_BYTES), sealed);
}

int
blob_open_long(const uint8_t key[static KEEP_SECRET_BYTES], struct str aad,
    struct str sealed, uint8_t *secret)
{
	AUTO_CIPHER EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const uint8_t *nonce = (const uint8_t *)sealed.p;
	const uint8_t *text = nonce + NONCE_BYTES;
	size_t len = sealed.len - BLOB_OVERHEAD_BYTES;
	uint8_t tag[TAG_BYTES];
	int n = 0, rc = 0;

	must(sealed.len >= BLOB_OVERHEAD_BYTES);
	memcpy(tag, text + len, TAG_BYTES);
	must(ctx != NULL && pthread_once(&once, fetch) == 0);
	must(EVP_DecryptInit_ex2(ctx, gcm, key, nonce, NULL) == 1);
	must(EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)aad.p,
	    (int)aad.len) == 1);
	must(EVP_DecryptUpdate(ctx, secret, &n, text, (int)len) == 1);
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag)
	    == 1);
	if (EVP_DecryptFinal_ex(ctx, secret + len, &n) != 1) {
		explicit_bzero(secret, len);
		rc = -1;
	}
	return (rc);
}

int
blob_open(const uint8_t key[static KEEP_SECRET_BYTES], struct str aad,
    const uint8_t sealed[static BLOB_SEALED_BYTES],
    uint8_t secret[static KEEP_SECRET_BYTES])
{
	uint8_t plain[KEEP_SECRET_BYTES];
	int rc = blob_open_long(key, aad, str_make(sealed, BLOB_SEALED_BYTES),
	    plain);

	if (rc == 0)
		memcpy(secret, plain, KEEP_SECRET_BYTES);
	explicit_bzero(plain, sizeof(plain));
	return (rc);
}

static void
put_ids(const struct blob_label *label, struct buf *out)
{
	buf_append(out, label->workspace.b, ID_BYTES);
	buf_append(out, label->object.b, ID_BYTES);
}

/* The object's own key, and the additional data. */
static void
prepare(const struct blob_parent *parent, const struct blob_label *label,
    uint8_t own[static KEEP_SECRET_BYTES], struct buf *aad)
{
	uint8_t space[2 * ID_BYTES];
	struct buf ids = BUF_ON(space);
	char text[INFO_MAX];

	put_ids(label, &ids);
	must(snprintf(text, sizeof(text), "letterlock %s v1", label->purpose) <
	    INFO_MAX);
	blob_derive(parent, text, buf_view(&ids), own);
	buf_z(aad, label->purpose);
	put_ids(label, aad);
	must(!aad->over);
}

void
blob_wrap(const struct blob_parent *parent, const struct blob_label *label,
    const uint8_t secret[static KEEP_SECRET_BYTES],
    struct keep_wrapped *wrapped)
{
	uint8_t space[INFO_MAX];
	struct buf aad = BUF_ON(space);
	uint8_t own[KEEP_SECRET_BYTES];

	prepare(parent, label, own, &aad);
	memset(wrapped->b, 0, HEAD_BYTES);
	wrapped->b[0] = BLOB_VERSION;
	blob_seal(own, buf_view(&aad), secret, wrapped->b + HEAD_BYTES);
	explicit_bzero(own, sizeof(own));
}

int
blob_unwrap(const struct blob_parent *parent,
    const struct blob_label *label, const struct keep_wrapped *wrapped,
    uint8_t secret[static KEEP_SECRET_BYTES], struct err *err)
{
	static const uint8_t head[HEAD_BYTES] = { BLOB_VERSION, 0, 0, 0 };
	uint8_t space[INFO_MAX];
	struct buf aad = BUF_ON(space);
	uint8_t own[KEEP_SECRET_BYTES];
	int rc;

	if (memcmp(wrapped->b, head, HEAD_BYTES) != 0)
		return (err_set(err, ERR_PERM, "unknown version of a wrapped "
		    "%s", label->purpose));
	prepare(parent, label, own, &aad);
	rc = blob_open(own, buf_view(&aad), wrapped->b + HEAD_BYTES, secret);
	explicit_bzero(own, sizeof(own));
	return (rc == 0 ? 0 : err_set(err, ERR_PERM, "the wrapped %s was "
	    "changed or belongs to something else", label->purpose));
}
