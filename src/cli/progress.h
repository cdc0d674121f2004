/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress: how far a long command is, on standard error where that is a
 * terminal: a bar, the count, how many per second, how long it will take.
 * Threads: one at a time.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool is_shown;
	const char *what;	/* is counted; NULL: messages */
	uint64_t total;
	int64_t began_ms, shown_ms;
};

/* total: what `done` will be at the end; 0: nobody knows. */
void progress_begin(struct progress *p, uint64_t total);

/* Now: done of total, and n of what is counted. Draws a few times a second. */
void progress_step(struct progress *p, uint64_t done, uint64_t n);

/* Remove the bar. */
void progress_end(struct progress *p);

#endif
