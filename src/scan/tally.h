/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally: which different values there were, up to SCAN_MAX_COUNT.
 * Threads: one at a time.
 */
#ifndef SCAN_TALLY_H
#define SCAN_TALLY_H

#include "scan/scan.h"

#define TALLY_SLOTS 1024	/* a power of two, twice SCAN_MAX_COUNT */

struct tally {
	uint64_t values[TALLY_SLOTS];
	uint32_t rounds[TALLY_SLOTS];	/* in which round a slot was used */
	uint32_t round;
	unsigned n;
};

/* Forget all values. */
void tally_begin(struct tally *t);

/* Is the value there? */
bool tally_has(const struct tally *t, uint64_t value);

/* Add it. True: it was not there, and there was room. */
bool tally_add(struct tally *t, uint64_t value);

#endif
