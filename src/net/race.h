/* SPDX-License-Identifier: Apache-2.0 */
/*
 * race: connecting to whichever address of a host answers first, so that a
 * family that does not work here costs a moment and not a time-out.
 */
#ifndef NET_RACE_H
#define NET_RACE_H

#include "net/conn.h"
#include "net/dns.h"

#define RACE_STAGGER_MS 300	/* RFC 8305 5: 100 ms to 2 s, 250 advised */

/* One host's addresses, and which of them need not be tried any more. */
struct race {
	struct dns_address *list;
	size_t n;		/* at most DNS_ADDRESSES_MAX */
	const char *const *sources;	/* addresses to come from, as text */
	size_t n_sources;
	bool is_done[DNS_ADDRESSES_MAX];
};

/* Put the addresses in order: the families in turn, the first one's first. */
void race_order(struct dns_address *list, size_t n);

/*
 * Connect to the first that answers. The next one is tried when one fails or
 * RACE_STAGGER_MS after it. The winner and those that failed are done; those
 * that were still waiting are not, and may run again when the winner turns out
 * to be of no use.
 *
 * per_ms    longest wait for one address
 * limit_ms  monotonic: the end of it all
 * max       addresses that may be tried
 * which     receives the winner's index
 * Fails     ERR_TEMP: none answers, or none is left
 * Source    RFC 8305
 */
struct conn *race_connect(struct race *r, int64_t per_ms, int64_t limit_ms,
    size_t max, size_t *which, struct err *err);

/* How many are not done. */
size_t race_left(const struct race *r);

#endif
