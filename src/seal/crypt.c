/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypt: OpenSSL's EVP behind the few calls the formats need.
 *
 * Runs in the gateway and the portal. Security: keys are wiped, tags are
 * checked before anything is released. HKDF is two HMACs for 32 bytes of
 * output; EVP_KDF would fetch and parse parameters for each of them, which
 * takes longer than sealing a page of text.
 * Standards: RFC 5869, RFC 2104, NIST SP 800-38D.
 */
#include "seal/crypt.h"

#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>

#define HMAC_BLOCK_BYTES 64	/* of SHA-256 */
#define INFO_MAX_BYTES 64	/* ours are shorter */

static EVP_CIPHER *gcm;
static EVP_MD *sha256;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void
fetch(void)
{
	gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	must(gcm != NULL && sha256 != NULL);
}

/* One half of an HMAC: hash the key, padded, and then the data. */
static void
hash_keyed(EVP_MD_CTX *ctx, struct str key, uint8_t pad, struct str data,
    uint8_t out[static CRYPT_KEY_BYTES])
{
	uint8_t block[HMAC_BLOCK_BYTES];

	must(key.len <= sizeof(block));
	memset(block, pad, sizeof(block));
	for (size_t i = 0; i < key.len; i++)
		block[i] ^= (uint8_t)key.p[i];
	must(EVP_DigestInit_ex2(ctx, sha256, NULL) == 1 &&
	    EVP_DigestUpdate(ctx, block, sizeof(block)) == 1 &&
	    EVP_DigestUpdate(ctx, data.p, data.len) == 1 &&
	    EVP_DigestFinal_ex(ctx, out, NULL) == 1);
	explicit_bzero(block, sizeof(block));
}

/* RFC 2104; OpenSSL's own looks its algorithm up again for each call. */
static void
hmac(EVP_MD_CTX *ctx, struct str key, struct str data,
    uint8_t out[static CRYPT_KEY_BYTES])
{
	uint8_t inner[CRYPT_KEY_BYTES];

	hash_keyed(ctx, key, 0x36, data, inner);
	hash_keyed(ctx, key, 0x5c, str_make(inner, sizeof(inner)), out);
	explicit_bzero(inner, sizeof(inner));
}

void
crypt_hkdf(struct str ikm, struct str salt, struct str info,
    uint8_t out[static CRYPT_KEY_BYTES])
{
	uint8_t prk[CRYPT_KEY_BYTES], block[INFO_MAX_BYTES + 1];
	EVP_MD_CTX *ctx;

	(void)pthread_once(&fetched, fetch);
	must((ctx = EVP_MD_CTX_new()) != NULL);
	/* An empty salt and one of zeros are the same key to an HMAC. */
	hmac(ctx, salt, ikm, prk);
	must(info.len <= INFO_MAX_BYTES);
	if (info.len > 0)
		memcpy(block, info.p, info.len);
	block[info.len] = 1;	/* RFC 5869 2.3: T(1), all we need */
	hmac(ctx, str_make(prk, sizeof(prk)), str_make(block, info.len + 1),
	    out);
	explicit_bzero(prk, sizeof(prk));
	EVP_MD_CTX_free(ctx);	/* cleanses its state */
}

static void
init(struct crypt_gcm *g, const uint8_t *key, int encrypts)
{
	(void)pthread_once(&fetched, fetch);
	g->ctx = EVP_CIPHER_CTX_new();
	must(g->ctx != NULL);
	must(EVP_CipherInit_ex2(g->ctx, gcm, key, NULL, encrypts, NULL) == 1);
}

void
crypt_gcm_seal_init(struct crypt_gcm *g,
    const uint8_t key[static CRYPT_KEY_BYTES])
{
	init(g, key, 1);
}

void
crypt_gcm_open_init(struct crypt_gcm *g,
    const uint8_t key[static CRYPT_KEY_BYTES])
{
	init(g, key, 0);
}

void
crypt_gcm_done(struct crypt_gcm *g)
{
	EVP_CIPHER_CTX_free(g->ctx);	/* cleanses the key schedule */
	g->ctx = NULL;
}

static void
begin(struct crypt_gcm *g, const uint8_t *nonce, struct str aad)
{
	int n = 0;

	must(EVP_CipherInit_ex2(g->ctx, NULL, NULL, nonce, -1, NULL) == 1);
	must(aad.len <= INT_MAX);
	if (aad.len > 0)
		must(EVP_CipherUpdate(g->ctx, NULL, &n,
		    (const uint8_t *)aad.p, (int)aad.len) == 1);
}

void
crypt_gcm_seal(struct crypt_gcm *g,
    const uint8_t nonce[static CRYPT_NONCE_BYTES], struct str aad,
    const uint8_t *in, size_t len, uint8_t *out)
{
	int n = 0;

	must(len <= INT_MAX);
	begin(g, nonce, aad);
	if (len > 0)
		must(EVP_CipherUpdate(g->ctx, out, &n, in, (int)len) == 1 &&
		    (size_t)n == len);
	must(EVP_CipherFinal_ex(g->ctx, out + len, &n) == 1 && n == 0);
	must(EVP_CIPHER_CTX_ctrl(g->ctx, EVP_CTRL_AEAD_GET_TAG,
	    CRYPT_TAG_BYTES, out + len) == 1);
}

bool
crypt_gcm_open(struct crypt_gcm *g,
    const uint8_t nonce[static CRYPT_NONCE_BYTES], struct str aad,
    const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t tag[CRYPT_TAG_BYTES];
	int n = 0;

	must(len <= INT_MAX);
	begin(g, nonce, aad);
	memcpy(tag, in + len, sizeof(tag));
	if (len > 0)
		must(EVP_CipherUpdate(g->ctx, out, &n, in, (int)len) == 1);
	must(EVP_CIPHER_CTX_ctrl(g->ctx, EVP_CTRL_AEAD_SET_TAG,
	    CRYPT_TAG_BYTES, tag) == 1);
	if (EVP_CipherFinal_ex(g->ctx, out + len, &n) == 1)
		return (true);
	explicit_bzero(out, len);
	return (false);
}
