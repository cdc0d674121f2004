/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest: part 0 of a parcel: what the reader is shown, as JSON and blobs
 * (doc/formats/parcel.md, "Part 0"). Inside seal/ only.
 */
#ifndef SEAL_MANIFEST_H
#define SEAL_MANIFEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "mime/letter.h"

#define MANIFEST_HASH_BYTES 32

/* What sealing an attachment found out about it. */
struct manifest_attachment {
	const struct letter_part *part;
	uint64_t size_bytes;
	uint8_t sha256[MANIFEST_HASH_BYTES];
};

/*
 * Write part 0's plaintext: head receives the length and the JSON, blobs the
 * texts and images behind it. Both are empty at first; their maxima hold.
 * Fails ERR_LIMIT.
 */
int manifest_write(const struct letter *letter, const struct letter_view *view,
    const struct manifest_attachment *attachments, uint32_t rights,
    struct arena *a, struct buf *head, struct buf *blobs, struct err *err)
    FALLIBLE;

#endif
