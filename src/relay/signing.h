/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signing: DKIM signatures for all that leaves. Inside relay/.
 *
 * Which keys there are is asked of the keeper every SIGNING_FRESH_MS; it signs,
 * and no private key comes here. Threads: any.
 */
#ifndef RELAY_SIGNING_H
#define RELAY_SIGNING_H

#include "base/arena.h"
#include "base/clock.h"
#include "smtp/client.h"

#define SIGNING_FRESH_MS (5 * CLOCK_SECOND_MS)
#define SIGNING_RETRY_MS (30 * CLOCK_SECOND_MS)	/* no answer */

struct signing;

/* keeper_socket and hostname are borrowed. Does not connect yet. */
struct signing *signing_new(const char *keeper_socket, const char *hostname);

/* NULL is accepted. */
void signing_free(struct signing **s);

/*
 * Put our link of the ARC chain in front of a message that came from outside,
 * made of what was found when it came in (dkim/results.h); it is not ours, so
 * it gets no signature. Nothing is added without keys for our own name, or to
 * a chain that may not be added to. Fails as signing_add().
 * Source  RFC 8617 5.1
 */
int signing_seal(struct signing *s, struct arena *a, struct smtp_outgoing *m,
    struct err *err) FALLIBLE;

/*
 * Put signatures in front of the one piece of m->bytes, in its final form.
 * They are of the domain in From, else of the envelope sender's, else of ours,
 * or of one above it: the first for which there are keys. Nothing is added
 * where there are none, or the message cannot be signed (it has no From).
 * Fails  ERR_TEMP the keeper does not answer
 * Source  RFC 6376 5, RFC 7489 3.1.1 (aligned with From)
 */
int signing_add(struct signing *s, struct arena *a, struct smtp_outgoing *m,
    struct err *err) FALLIBLE;

#endif
