/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally: a small hash set that is emptied by counting a round.
 *
 * Runs wherever texts are scanned. Security: values are hashes of what was
 * found; who makes them collide makes a count smaller by one.
 */
#include "scan/tally.h"

void
tally_begin(struct tally *t)
{
	t->n = 0;
	if (++t->round == 0) {
		memset(t->rounds, 0, sizeof(t->rounds));
		t->round = 1;
	}
}

static unsigned
slot_of(const struct tally *t, uint64_t value)
{
	unsigned at = (unsigned)(value >> 20) % TALLY_SLOTS;

	while (t->rounds[at] == t->round && t->values[at] != value)
		at = (at + 1) % TALLY_SLOTS;
	return (at);
}

bool
tally_has(const struct tally *t, uint64_t value)
{
	return (t->rounds[slot_of(t, value)] == t->round);
}

bool
tally_add(struct tally *t, uint64_t value)
{
	unsigned at = slot_of(t, value);

	if (t->rounds[at] == t->round || t->n == SCAN_MAX_COUNT)
		return (false);
	t->rounds[at] = t->round;
	t->values[at] = value;
	t->n++;
	return (true);
}
