/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emit: where the bytes of an entity go: a buffer, a digest, base64 lines, or
 * base64 lines of their encryption. One pass, no copy of the whole.
 *
 * Each knows only the next; what is emitted is borrowed for the call. OpenSSL
 * failing here is our own bug or memory that ran out, and aborts.
 * Threads: one at a time.
 */
#ifndef CMS_EMIT_H
#define CMS_EMIT_H

#include <openssl/evp.h>

#include "base/buf.h"

struct emit {
	void (*put)(struct emit *to, struct str s);
	struct buf *direct;	/* it only appends to this; NULL: it does not */
};

static inline void
emit_str(struct emit *to, struct str s)
{
	to->put(to, s);
}

/* To the end of a buffer, whose maximum holds. */
struct emit_buf {
	struct emit emit;
};
void emit_to_buf(struct emit_buf *e, struct buf *out);

/* Into a digest, which the caller has begun. */
struct emit_digest {
	struct emit emit;
	EVP_MD_CTX *ctx;
};
void emit_to_digest(struct emit_digest *e, EVP_MD_CTX *ctx);

/* A multiple of 57, so that lines are whole, and of the cipher's block; small
 * enough that it stays in the processor's first cache and on the stack. */
#define EMIT_CHUNK_BYTES (57u * 144)
#define EMIT_BLOCK_BYTES 16u

/* As base64 in lines (RFC 2045 6.8), through a cipher where there is one. */
struct emit_base64 {
	struct emit emit;
	struct emit *to;
	size_t n;		/* bytes in the chunk */
	uint8_t chunk[EMIT_CHUNK_BYTES + EMIT_BLOCK_BYTES];
	/* Its lines, where `to` is no buffer. */
	uint8_t text[EMIT_CHUNK_BYTES / 57 * 78];
};
void emit_to_base64(struct emit_base64 *e, struct emit *to);
/* The rest, and its last line's end; what is in it is wiped. */
void emit_base64_end(struct emit_base64 *e);

/* Encrypts what it is given into the chunk of another. */
struct emit_cipher {
	struct emit emit;
	struct emit_base64 *to;
	EVP_CIPHER_CTX *ctx;	/* the caller's */
};
void emit_to_cipher(struct emit_cipher *e, EVP_CIPHER_CTX *ctx,
    struct emit_base64 *to);
/* The cipher's last block. */
void emit_cipher_end(struct emit_cipher *e);

#endif
