/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop: noticing mail that goes round in circles.
 *
 * Every message we pass on, and every notice, carries a header that only this
 * installation can have written:
 *
 *	X-Letterlock-Loop: <26 letters of a nonce>.<26 letters of its MAC>
 *
 * Mail with LOOP_MAX_PASSES different ones is refused; so is mail with more
 * Received fields than smtp.max_received (RFC 5321 6.3).
 */
#ifndef GATEWAY_LOOP_H
#define GATEWAY_LOOP_H

#include "base/buf.h"
#include "mime/letter.h"

#define LOOP_KEY_BYTES 32
#define LOOP_MAX_PASSES 4

/* What a letter's header says: how often it was here, and how many hops. */
struct loop_facts {
	unsigned passes;
	size_t received;
};
void loop_read(const uint8_t key[static LOOP_KEY_BYTES],
    const struct letter_part *root, struct loop_facts *out);

/* True for a field that only this installation can have written. */
bool loop_is_ours(const uint8_t key[static LOOP_KEY_BYTES],
    const struct letter_field *field);

/* Append the valid loop fields of a letter, and a new one. */
void loop_write(const uint8_t key[static LOOP_KEY_BYTES],
    const struct letter_part *root, struct buf *out);

#endif
