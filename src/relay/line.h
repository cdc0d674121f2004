/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line: the jobs that wait for one destination, in the order they go. Inside
 * relay/.
 *
 * The senders' domains take turns, and within a domain its senders do, so that
 * one big mailing delays the mail of nobody else. Jobs of one sender go in the
 * order they came. Threads: one at a time.
 */
#ifndef RELAY_LINE_H
#define RELAY_LINE_H

#include "relay/job.h"

/* Who takes turns is told apart by a hash; this many at most, so that finding
 * one stays cheap. Those that meet in one share a turn. */
#define LINE_SHARES_MAX 251u

struct line_share;

struct line {			/* zero: empty */
	struct line_share *first, *last;
	size_t n;
};

/* Takes the job. */
void line_add(struct line *l, struct relay_job **take_job);

/* The next job, or NULL. */
struct relay_job *line_pop(struct line *l);

/* The next job of the same sender, if it may go in one transaction with one
 * that was popped, or NULL. */
struct relay_job *line_pop_sibling(struct line *l, const struct relay_job *of);

#endif
