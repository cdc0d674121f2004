/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant: one recipient's way into a parcel (doc/formats/parcel.md, "Keys").
 *
 * Threads: any.
 */
#ifndef SEAL_GRANT_H
#define SEAL_GRANT_H

#include "base/buf.h"
#include "base/id.h"
#include "seal/crypt.h"

#define GRANT_L_BYTES 16
#define GRANT_S_BYTES 32
#define GRANT_WCK_BYTES (CRYPT_KEY_BYTES + CRYPT_TAG_BYTES)
#define GRANT_KEY_TEXT_SIZE 32	/* 26 letters, 4 hyphens, NUL */

struct grant {
	struct id id;
	uint8_t l[GRANT_L_BYTES];	/* for the notice only */
	uint8_t s[GRANT_S_BYTES];	/* for the keeper to wrap */
};

/* Encrypt a parcel's content key for a grant. */
void grant_wrap(const struct grant *g, const struct id *parcel,
    const uint8_t ck[static CRYPT_KEY_BYTES],
    uint8_t wck[static GRANT_WCK_BYTES]);

/* And back. Fails ERR_PERM when L, S or WCK are not of this grant. */
int grant_unwrap(const struct grant *g, const struct id *parcel,
    const uint8_t wck[static GRANT_WCK_BYTES],
    uint8_t ck[static CRYPT_KEY_BYTES], struct err *err) FALLIBLE;

/* Append portal_url "/m/" grant "#" L. */
void grant_link(struct str portal_url, const struct id *grant,
    const uint8_t l[static GRANT_L_BYTES], struct buf *out);

/* L as people type it: xxxxx-xxxxx-xxxxx-xxxxx-xxxxxx. */
void grant_opening_key(const uint8_t l[static GRANT_L_BYTES],
    char out[static GRANT_KEY_TEXT_SIZE]);

#endif
