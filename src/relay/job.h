/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job: one item on its way, in memory. Inside relay/.
 */
#ifndef RELAY_JOB_H
#define RELAY_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/store.h"

struct relay_job {
	struct relay_job *next;
	struct store_item item;		/* texts in `text` */
	char *route;			/* where to, in `text` */
	char *destination;		/* the same, apart where its
					   connections must promise something
					   else (apart_for) */
	struct buf payload;	/* sealed bytes, empty: read from the store */
	int64_t lease_end_ms;
	char text[];
};

/* Copy an item; payload may be NULL, else it is taken. */
struct relay_job *relay_job_new(const struct store_item *item,
    struct str route, int64_t lease_end_ms, struct buf *take_payload);

/* Free a job and wipe its payload. */
void relay_job_free(struct relay_job **job);

/* The same for a list. */
void relay_job_free_all(struct relay_job *list);

/* May both go in one transaction? */
bool relay_job_is_sibling(const struct relay_job *a,
    const struct relay_job *b);

#endif
