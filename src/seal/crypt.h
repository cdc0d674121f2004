/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypt: HKDF-SHA256 (RFC 5869) and AES-256-GCM (SP 800-38D) as the formats
 * use them. Algorithms are fetched once per process.
 *
 * Threads: any; a struct crypt_gcm is one thread's at a time.
 */
#ifndef SEAL_CRYPT_H
#define SEAL_CRYPT_H

#include <stdbool.h>

#include "base/str.h"

#define CRYPT_KEY_BYTES 32
#define CRYPT_NONCE_BYTES 12
#define CRYPT_TAG_BYTES 16

/* out = HKDF(ikm, salt, info, 32); an empty salt is 32 zero bytes. */
void crypt_hkdf(struct str ikm, struct str salt, struct str info,
    uint8_t out[static CRYPT_KEY_BYTES]);

/* One key, many records; wiped by crypt_gcm_done(). */
struct crypt_gcm {
	void *ctx;
};
void crypt_gcm_seal_init(struct crypt_gcm *g,
    const uint8_t key[static CRYPT_KEY_BYTES]);
void crypt_gcm_open_init(struct crypt_gcm *g,
    const uint8_t key[static CRYPT_KEY_BYTES]);
void crypt_gcm_done(struct crypt_gcm *g);

/* Encrypt len bytes from in to out (may be the same), then the tag behind. */
void crypt_gcm_seal(struct crypt_gcm *g,
    const uint8_t nonce[static CRYPT_NONCE_BYTES], struct str aad,
    const uint8_t *in, size_t len, uint8_t *out);

/* Decrypt len bytes followed by their tag. False: the tag is wrong, and out
 * holds nothing. */
bool crypt_gcm_open(struct crypt_gcm *g,
    const uint8_t nonce[static CRYPT_NONCE_BYTES], struct str aad,
    const uint8_t *in, size_t len, uint8_t *out);

#endif
