/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inventory: all certificates there are, of our own people and of partners:
 * walked through page by page, and how each stands.
 *
 * Runs in the gateway and the CLI. Fails as store/certs.h. Threads: any.
 */
#ifndef CERT_INVENTORY_H
#define CERT_INVENTORY_H

#include "base/clock.h"
#include "store/certs.h"

#define INVENTORY_SOON_MS (30 * CLOCK_DAY_MS)

enum inventory_stage {
	INVENTORY_IN_USE,
	INVENTORY_ENDS_SOON,	/* within INVENTORY_SOON_MS */
	INVENTORY_ENDED,
	INVENTORY_NOT_YET,
	INVENTORY_WAITING,	/* for somebody to approve it */
	INVENTORY_REPLACED,	/* it only decrypts */
	INVENTORY_REVOKED,
	INVENTORY_REFUSED,
};

/* How it stands now; and that in a word or two. */
enum inventory_stage inventory_stage(const struct store_cert *c,
    int64_t now_ms);
const char *inventory_word(enum inventory_stage stage);

/* "signs, encrypts"; "own", "partner", "authority"; "issued", "harvested". */
const char *inventory_uses(unsigned uses);
const char *inventory_role(enum store_cert_role role);
const char *inventory_source(enum store_cert_source source);

/* Why it was revoked, in words (RFC 5280 5.3.1); and the number of a name
 * like "key-compromise", -1: unknown. */
const char *inventory_reason(unsigned reason);
int inventory_reason_of(struct str name);

/* Called with one certificate, borrowed until it returns; 1 ends the walk. */
typedef int inventory_visit(void *ctx, const struct store_cert *c,
    struct err *err);

/* Visit all that the query finds (its max, and where it goes on, do not
 * count). -1: reading or a visit failed. */
int inventory_each(struct store *s, const struct store_cert_query *q,
    inventory_visit *visit, void *ctx, struct err *err) FALLIBLE;

/* Is there another certificate in use, of the same role and address, for all
 * that this one is used for, that lasts longer? */
int inventory_has_successor(struct store *s, const struct store_cert *c,
    int64_t now_ms, struct arena *a, bool *out, struct err *err) FALLIBLE;

/* So many days before its end something is to happen: has that come? Never in
 * the first half of its life. */
bool inventory_is_due(const struct store_cert *c, uint64_t days,
    int64_t now_ms);

/* Days to the end, rounded up; 0 behind it. And "3 May 2027". */
uint64_t inventory_days_left(const struct store_cert *c, int64_t now_ms);
const char *inventory_day(int64_t wall_ms, struct arena *a);

#endif
