/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule: when an item that could not be delivered is tried again.
 */
#ifndef QUEUE_SCHEDULE_H
#define QUEUE_SCHEDULE_H

#include <stdint.h>

struct schedule {
	int64_t first_ms, max_ms;	/* waits double from first to max */
};

/* The wall-clock time of the next attempt after `attempts` failed ones, a
 * fifth sooner or later by chance, so that a returning server is not run over
 * by everything at once. Source: RFC 5321 4.5.4.1. */
int64_t schedule_next(const struct schedule *s, unsigned attempts,
    int64_t now_ms);

#endif
