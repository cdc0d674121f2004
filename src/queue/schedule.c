/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule: exponential waits with jitter. Runs in the gateway's relay.
 */
#include "queue/schedule.h"

#include "base/id.h"

#define DOUBLINGS_MAX 30

int64_t
schedule_next(const struct schedule *s, unsigned attempts, int64_t now_ms)
{
	unsigned doublings = MIN_OF(attempts > 0 ? attempts - 1 : 0,
	    (unsigned)DOUBLINGS_MAX);
	int64_t wait = s->first_ms > s->max_ms >> doublings ? s->max_ms :
	    s->first_ms << doublings;
	uint32_t chance;

	id_random(&chance, sizeof(chance));
	/* 0.8 to 1.2 of the wait. */
	return (now_ms + wait * 4 / 5 + wait * 2 / 5 * (chance >> 8) /
	    (1 << 24));
}
