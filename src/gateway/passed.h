/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passed: knowing again what was here before. What leaves by a next hop may
 * come back by it (mail that Microsoft 365 hands to us and gets back); it is
 * then passed on as it is, without a second decision, protection or notice.
 *
 *	X-Letterlock-Passed: 1 <seconds> <token> <token> …
 *
 * One token per recipient, 16 letters: the MAC, under the keeper's loop key,
 * of the time, the recipient and what the message says: Message-ID, From,
 * Subject and the decoded contents of its parts. It holds for that recipient
 * and that content for PASSED_FRESH_MS; servers may change how the content is
 * encoded on the way, not what it is. Tokens are in the order of their letters
 * and filled up to 4, 8, 16, …, so that they do not count those in Bcc.
 *
 * Where more than LOOP_MAX_PASSES traces (gateway/loop.h) are there, even such
 * a message is refused.
 */
#ifndef GATEWAY_PASSED_H
#define GATEWAY_PASSED_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "gateway/loop.h"

#define PASSED_FIELD "X-Letterlock-Passed"
#define PASSED_FRESH_MS (3 * CLOCK_DAY_MS)	/* servers keep trying */

/* What a message says, whatever servers do to its encoding on the way. False:
 * it can be read in more than one way, or not in memory. */
#define PASSED_DIGEST_BYTES 32
bool passed_digest(const struct letter *letter, struct arena *a,
    uint8_t out[static PASSED_DIGEST_BYTES]);

/* What a message says in its marks, read once. */
struct passed {
	const uint8_t *key;
	const struct letter *letter;
	struct arena *arena;
	int64_t now_ms;
	bool is_read;
	uint8_t digest[PASSED_DIGEST_BYTES];
	bool has_digest;	/* false: no mark can hold */
};

/* True when a mark of ours, still fresh, is for this recipient. */
bool passed_has(struct passed *p, struct str recipient);

/* Append the field for these recipients. Nothing is appended to a message that
 * mail programs may read in different ways. */
void passed_write(const uint8_t key[static LOOP_KEY_BYTES], struct str mail,
    const struct str *recipients, size_t n, int64_t now_ms, struct arena *a,
    struct buf *out);

#endif
