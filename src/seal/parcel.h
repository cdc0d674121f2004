/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parcel: one letter sealed for the portal (doc/formats/parcel.md).
 *
 * Threads: one at a time.
 */
#ifndef SEAL_PARCEL_H
#define SEAL_PARCEL_H

#include "base/arena.h"
#include "mime/letter.h"
#include "seal/crypt.h"
#include "seal/stream.h"

/* Rights by bit (policy/policy.h, enum policy_right) to their names. */
#define PARCEL_RIGHTS 7
extern const char *const parcel_rights[PARCEL_RIGHTS];

struct parcel {
	struct id id;
	uint8_t ck[CRYPT_KEY_BYTES];
	struct buf *parts;	/* sealed; part 0 is manifest and body */
	struct str *views;	/* the same, as the store takes them */
	size_t n_parts;
};

/*
 * Seal a letter as its view shows it. rights are bits of parcel_rights.
 * The arena holds the manifest while it is made; the sealed parts are the
 * parcel's own. Fails ERR_LIMIT when they come to more than max_bytes.
 */
int parcel_seal(const struct letter *letter, const struct letter_view *view,
    uint32_t rights, uint64_t max_bytes, struct arena *a, struct parcel *out,
    struct err *err) FALLIBLE;

/* Wipe the content key and free the parts. */
void parcel_done(struct parcel *p);

#endif
