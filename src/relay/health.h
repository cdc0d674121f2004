/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health: what is known of a destination from how attempts went, and what
 * follows: how many connections it gets, and when it is left alone. Inside
 * relay/.
 *
 * A destination starts with one connection. Each answer adds one, up to the
 * limit; each failure to be reached halves them, and with none left it is
 * left alone for a pause that doubles until it answers. Pure: the clock is the
 * caller's (wall time). Threads: one at a time.
 */
#ifndef RELAY_HEALTH_H
#define RELAY_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An attempt that takes longer is slow; a large message may, for it counts by
 * its bytes (128 KiB in a second is slow for a mail server). */
#define HEALTH_SLOW_MS 2000
#define HEALTH_SLOW_BYTES_PER_MS 128u

struct health {
	unsigned window;	/* connections it may have */
	unsigned failures;	/* in a row */
	int64_t pause_ms;	/* the last one; 0: none since it answered */
	int64_t until_ms;	/* left alone until then; 0: not */
	bool has_answered;	/* the last attempt got through */
	bool is_slow;		/* but took long */
};

struct health_limits {
	unsigned window_max;
	int64_t pause_first_ms, pause_max_ms;
};

/* How much of our threads it may take. */
enum health_class {
	HEALTH_GOOD,		/* it answers, and quickly */
	HEALTH_NEW,		/* nobody knows */
	HEALTH_SICK,		/* slow, or did not answer */
	HEALTH_CLASSES
};

/* Nothing is known. */
void health_init(struct health *h);
/* Good: the last attempt got through quickly. Sick: it was slow, or did not
 * get through. */
enum health_class health_class(const struct health *h);

/* Is it to be left alone now? */
bool health_is_backing_off(const struct health *h, int64_t now_ms);

/* An attempt with so many bytes reached it and took so long. */
void health_answered(struct health *h, const struct health_limits *l,
    int64_t took_ms, size_t bytes);

/* It could not be reached, or broke off. True: it is left alone from now on,
 * and what waits for it need not be tried. */
bool health_failed(struct health *h, const struct health_limits *l,
    int64_t now_ms);

/* Somebody wants it tried now. */
void health_probe(struct health *h);

#endif
