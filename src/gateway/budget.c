/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget: a counter with a line in front of it. Runs in the gateway.
 *
 * Security: clients decide how much is asked for, up to smtp.max_message_bytes
 * and smtp.max_connections; the budget is what keeps that product away.
 */
#include "gateway/budget.h"

#include <time.h>

#include "base/clock.h"
#include "base/must.h"

#define TICK_MS 100	/* a missed wake-up costs no more than this */

void
budget_init(struct budget *b, uint64_t max_bytes)
{
	*b = (struct budget){ .max = max_bytes };
	must(pthread_mutex_init(&b->lock, NULL) == 0);
	must(pthread_cond_init(&b->freed, NULL) == 0);
}

static void
wait_a_tick(struct budget *b)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += TICK_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	(void)pthread_cond_timedwait(&b->freed, &b->lock, &until);
}

static bool
fits(const struct budget *b, uint64_t bytes)
{
	return (b->used == 0 ||
	    (bytes <= b->max && b->used <= b->max - bytes));
}

static bool
take_first(struct budget *b, uint64_t bytes, int64_t deadline_ms)
{
	uint64_t ticket = b->next_ticket++;
	bool in_time = true;

	/* Who gives up still waits for its turn, so that turns stay in order,
	 * and passes it on at once. */
	while (ticket != b->serving || (in_time && !fits(b, bytes))) {
		wait_a_tick(b);
		in_time = clock_mono_ms() < deadline_ms;
	}
	b->serving++;
	return (in_time);
}

static bool
may_overdraw(struct budget *b)
{
	if (b->is_overdrawn)
		return (pthread_equal(b->overdrawer, pthread_self()));
	b->is_overdrawn = true;
	b->overdrawer = pthread_self();
	return (true);
}

static bool
take_more(struct budget *b, uint64_t bytes, int64_t deadline_ms)
{
	while (!fits(b, bytes) && !may_overdraw(b)) {
		if (clock_mono_ms() >= deadline_ms)
			return (false);
		wait_a_tick(b);
	}
	return (true);
}

bool
budget_take(struct budget *b, uint64_t held, uint64_t more,
    int64_t deadline_ms)
{
	bool granted;

	(void)pthread_mutex_lock(&b->lock);
	granted = held == 0 ? take_first(b, more, deadline_ms) :
	    take_more(b, more, deadline_ms);
	if (granted)
		b->used += more;
	(void)pthread_cond_broadcast(&b->freed);
	(void)pthread_mutex_unlock(&b->lock);
	return (granted);
}

void
budget_give(struct budget *b, uint64_t bytes)
{
	(void)pthread_mutex_lock(&b->lock);
	must(b->used >= bytes);
	b->used -= bytes;
	if (b->is_overdrawn && pthread_equal(b->overdrawer, pthread_self()))
		b->is_overdrawn = false;
	(void)pthread_cond_broadcast(&b->freed);
	(void)pthread_mutex_unlock(&b->lock);
}
