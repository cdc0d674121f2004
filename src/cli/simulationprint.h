/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulationprint: what a simulation found, for a terminal, as JSON and as a
 * page. None shows anything of what messages say. Threads: one at a time.
 */
#ifndef CLI_SIMULATIONPRINT_H
#define CLI_SIMULATIONPRINT_H

#include <stdbool.h>

#include "base/buf.h"
#include "policy/simulation.h"

#define SIMULATIONPRINT_TOP 15	/* domains and departments */

struct simulation_report {
	struct simulation *simulation;
	const char *source;	/* "of mail.mbox", "of the last 30 d" */
	const char *old_name, *new_name;	/* of the policies' files */
	bool is_partial;	/* it was stopped before its end */
	int64_t at_ms, took_ms;
};

/* Tables on standard output. */
void simulationprint_tables(const struct simulation_report *r);

/* One JSON object on standard output (letterlock(1)). */
void simulationprint_json(const struct simulation_report *r);

/* A page that stands by itself: no scripts, no other files. Appended. */
void simulationprint_html(const struct simulation_report *r, struct buf *out);

#endif
