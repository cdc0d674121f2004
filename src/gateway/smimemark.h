/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimemark: what was found out about S/MIME in a message that came in, as a
 * header field that nobody else can have written:
 *
 *	X-Letterlock-SMIME: encryption=opened; cipher=AES-256-GCM;
 *		signature=valid; signer=alice@example.net;
 *		time=1764547200; code=<26 letters>
 *
 * The code is the MAC, under the keeper's loop key, of what stands before it
 * and of what the message says. Every other such field is taken out of what
 * comes in. Inside gateway/ only. Threads: any.
 */
#ifndef GATEWAY_SMIMEMARK_H
#define GATEWAY_SMIMEMARK_H

#include "gateway/journey.h"

#define SMIMEMARK_FIELD "X-Letterlock-SMIME"

/* Append what was found, without time and code: for rules, and for people. */
void smimemark_words(const struct smimein_result *r, bool is_closed,
    struct buf *out);

/* Append the field for one copy; smimemark_is_said(). */
void smimemark_write(const struct journey *j,
    const struct journey_variant *v, struct buf *out);

/* Is there a field to write? */
bool smimemark_is_said(const struct journey *j);

/* Of a message that waited here: what was found when it came, for the field
 * that is written when it goes on. */
void smimemark_recall(struct journey *j);

/* True for a field of ours that stands on this message. */
bool smimemark_is_ours(const uint8_t key[static LOOP_KEY_BYTES],
    const struct letter *letter, const struct letter_field *field,
    struct arena *a);

#endif
