/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canon: the form of header and body that is hashed: "simple", as it is, or
 * "relaxed", with blanks and case evened out. It streams into SHA-256; nothing
 * is copied. Threads: any; one struct canon_hash belongs to one.
 * Source  RFC 6376 3.4
 */
#ifndef DKIM_CANON_H
#define DKIM_CANON_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "base/auto.h"
#include "base/str.h"

#define CANON_DIGEST_BYTES 32
#define CANON_STAGE_BYTES 1024
#define AUTO_CANON AUTO_CLEAN(canon_done)

struct canon_digest {
	uint8_t b[CANON_DIGEST_BYTES];
};

struct canon_hash {
	EVP_MD_CTX *ctx;
	size_t n;		/* bytes in stage */
	uint64_t left;		/* how many more are hashed */
	uint64_t total;		/* bytes given, hashed or not */
	uint8_t stage[CANON_STAGE_BYTES];
};

/* Begin; at most `limit` bytes will be hashed, the rest is only counted. */
void canon_begin(struct canon_hash *h, uint64_t limit);

/* The digest of what was given so far; more may follow. */
void canon_digest(struct canon_hash *h, struct canon_digest *out);

/* As begun with what `from` was given so far. */
void canon_copy(struct canon_hash *h, struct canon_hash *from);

/* Free what it holds and wipe it. */
void canon_done(struct canon_hash *h);

/* A whole header field without its line end. is_last: no CRLF follows, as for
 * the signature itself. */
void canon_field(struct canon_hash *h, struct str whole, bool is_relaxed,
    bool is_last);

/* The body, to its end. */
void canon_body(struct canon_hash *h, struct str body, bool is_relaxed);

#endif
