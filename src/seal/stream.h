/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: one sealed part: a commitment and AES-256-GCM records of 64 KiB in
 * the STREAM construction (doc/formats/parcel.md, "A part").
 *
 * Mail waiting in the queue is encrypted in the same form (seal/rest).
 * Threads: one at a time.
 */
#ifndef SEAL_STREAM_H
#define SEAL_STREAM_H

#include "base/buf.h"
#include "base/id.h"
#include "seal/crypt.h"

#define STREAM_RECORD_BYTES 65536
#define STREAM_COMMIT_BYTES 32
#define STREAM_RECORDS_MAX UINT32_MAX

/* A writer; its fields are its own. */
struct stream {
	struct crypt_gcm gcm;
	struct buf *out;
	uint8_t aad[ID_BYTES + 4];
	uint32_t record;
	size_t open_at;		/* where the open record's bytes begin */
};

/* The sealed length of a part of so many bytes. */
uint64_t stream_sealed_bytes(uint64_t plain_bytes);

/* Write the part's commitment to out (borrowed until stream_end) and make
 * ready. ck is the parcel's content key; parcel and part name it. */
void stream_begin(struct stream *s, const uint8_t ck[static CRYPT_KEY_BYTES],
    const struct id *parcel, uint32_t part, struct buf *out);

/* Take plaintext. Bytes are copied once, into out, and encrypted there. */
void stream_write(struct stream *s, struct str bytes);

/* Room for up to STREAM_RECORD_BYTES to write plaintext into, *cap of them;
 * then stream_wrote() says how many. NULL: out is full. */
uint8_t *stream_room(struct stream *s, size_t *cap);
void stream_wrote(struct stream *s, size_t n);

/* Seal the final record. out's maximum may have been passed: ask buf_check().
 */
void stream_end(struct stream *s);

/* Open a whole part, appended to out. Fails ERR_PERM, or ERR_LIMIT past out's
 * maximum, and then out holds nothing of it. */
int stream_open(const uint8_t ck[static CRYPT_KEY_BYTES],
    const struct id *parcel, uint32_t part, struct str sealed,
    struct buf *out, struct err *err) FALLIBLE;

#endif
