/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypt: OpenSSL's EVP behind the few calls the formats need.
 *
 * Runs in the gateway and the portal. Security: keys are wiped, tags are
 * checked before anything is released. HKDF is two HMACs for 32 bytes of
 * output; EVP_KDF would fetch and parse parameters for each of them.
 * Standards: RFC 5869, RFC 2104, NIST SP 800-38D.
 */
#include "seal/crypt.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>

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

static void
hmac(struct str key, struct str data, uint8_t out[static CRYPT_KEY_BYTES])
{
	unsigned len = 0;

	must(key.len <= INT_MAX);
	must(HMAC(sha256, key.p, (int)key.len, (const uint8_t *)data.p,
	    data.len, out, &len) != NULL && len == CRYPT_KEY_BYTES);
}

void
crypt_hkdf(struct str ikm, struct str salt, struct str info,
    uint8_t out[static CRYPT_KEY_BYTES])
{
	static const uint8_t zeros[CRYPT_KEY_BYTES];
	uint8_t prk[CRYPT_KEY_BYTES], block[96];

	(void)pthread_once(&fetched, fetch);
	if (salt.len == 0)
		salt = str_make(zeros, sizeof(zeros));
	hmac(salt, ikm, prk);
	must(info.len < sizeof(block));
	memcpy(block, info.p, info.len);
	block[info.len] = 1;	/* RFC 5869 2.3: T(1), all we need */
	hmac(str_make(prk, sizeof(prk)), str_make(block, info.len + 1), out);
	explicit_bzero(prk, sizeof(prk));
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
