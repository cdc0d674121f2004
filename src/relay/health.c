/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health: feedback from attempts.
 *
 * Runs in the gateway. Security: a destination decides how it answers; the
 * worst it gets by that is one connection at a time.
 */
#include "relay/health.h"

#include <string.h>

#include "base/must.h"

void
health_init(struct health *h)
{
	memset(h, 0, sizeof(*h));
	h->window = 1;
}

enum health_class
health_class(const struct health *h)
{
	if (h->is_slow || h->failures > 0)
		return (HEALTH_SICK);
	return (h->has_answered ? HEALTH_GOOD : HEALTH_NEW);
}

bool
health_is_backing_off(const struct health *h, int64_t now_ms)
{
	return (h->until_ms > now_ms);
}

void
health_answered(struct health *h, const struct health_limits *l,
    int64_t took_ms, size_t bytes)
{
	h->has_answered = true;
	h->is_slow = took_ms > HEALTH_SLOW_MS +
	    (int64_t)(bytes / HEALTH_SLOW_BYTES_PER_MS);
	h->failures = 0;
	h->pause_ms = h->until_ms = 0;
	if (h->window < l->window_max)
		h->window++;
}

bool
health_failed(struct health *h, const struct health_limits *l, int64_t now_ms)
{
	/* Those that began before tell nothing new. */
	if (health_is_backing_off(h, now_ms))
		return (false);
	h->failures++;
	h->has_answered = false;
	h->window /= 2;
	if (h->window > 0)
		return (false);
	h->window = 1;
	h->pause_ms = h->pause_ms == 0 ? l->pause_first_ms :
	    MIN_OF(2 * h->pause_ms, l->pause_max_ms);
	h->until_ms = now_ms + h->pause_ms;
	return (true);
}

void
health_probe(struct health *h)
{
	h->until_ms = 0;
}
