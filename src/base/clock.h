/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock: time. Deadlines are absolute milliseconds on the monotonic clock;
 * what is stored or shown is milliseconds since 1970 on the wall clock.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#include "base/str.h"

#define CLOCK_SECOND_MS INT64_C(1000)
#define CLOCK_MINUTE_MS (60 * CLOCK_SECOND_MS)
#define CLOCK_HOUR_MS (60 * CLOCK_MINUTE_MS)
#define CLOCK_DAY_MS (24 * CLOCK_HOUR_MS)

#define CLOCK_RFC5322_SIZE 80
#define CLOCK_RFC3339_SIZE 80
#define CLOCK_MOMENT_SIZE 80

/* Milliseconds now: monotonic for deadlines, wall clock for records. */
int64_t clock_mono_ms(void);
int64_t clock_wall_ms(void);

/* "Mon, 23 Nov 2026 22:22:00 +0000" (RFC 5322 3.3). */
void clock_rfc5322(int64_t wall_ms, char out[static CLOCK_RFC5322_SIZE]);

/* "2026-11-23T22:22:00.123Z" (RFC 3339). */
void clock_rfc3339(int64_t wall_ms, char out[static CLOCK_RFC3339_SIZE]);

/* "23 November 2026, 22:22 UTC", for people. */
void clock_moment(int64_t wall_ms, char out[static CLOCK_MOMENT_SIZE]);

/* Midnight UTC of a day written "2026-12-31". False: it is not one. */
bool clock_parse_day(struct str text, int64_t *wall_ms);

/* Sleep until the monotonic deadline, however often a signal interrupts. */
void clock_sleep_until(int64_t deadline_ms);

#endif
