/* SPDX-License-Identifier: Apache-2.0 */
/*
 * destination: who is delivered to next. One destination per next hop or
 * recipient domain, each with its own line of jobs, its own limit of
 * connections and its own idle connections, so that a slow or dead one never
 * delays the others.
 *
 * Threads: any; one mutex inside, never held while waiting for the network.
 */
#ifndef RELAY_DESTINATION_H
#define RELAY_DESTINATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "smtp/client.h"
#include "store/store.h"

#define DESTINATION_IDLE_MS 30000	/* a peer's own limit is 5 minutes */
#define DESTINATION_IDLE_MAX 16		/* idle connections per destination */

/* One item on its way. Jobs that share a payload stand next to each other. */
struct relay_job {
	struct relay_job *next;
	struct store_item item;		/* texts in `text` */
	char *route;			/* where to, in `text` */
	char *destination;		/* the same, apart where it needs
					   proof: what goes there without
					   shares no connection with it */
	struct buf payload;	/* sealed bytes, empty: read from the store */
	int64_t lease_end_ms;
	char text[];
};

/* Copy an item; payload may be NULL, else it is taken. */
struct relay_job *relay_job_new(const struct store_item *item,
    struct str route, int64_t lease_end_ms, struct buf *take_payload);

struct destination;
struct destinations;

/* concurrency: connections to one destination at a time. */
struct destinations *destinations_new(unsigned concurrency);
void destinations_free(struct destinations **d);

/* Put a job at the end of its destination's line. Takes it. */
void destinations_add(struct destinations *d, struct relay_job **take_job);

/*
 * Wait until some destination has a job and a free connection, take both.
 * Returns NULL once stopped. Destinations are served in turn.
 */
struct destination *destinations_next(struct destinations *d,
    struct relay_job **job);

/* More jobs for the same payload and sender, to go in the same transaction:
 * a list of at most max, or NULL. */
struct relay_job *destination_siblings(struct destinations *d,
    struct destination *dest, const struct relay_job *first, size_t max);

/* All jobs that wait for this destination, or NULL. */
struct relay_job *destination_take_all(struct destinations *d,
    struct destination *dest);

/* An idle connection of this destination, or NULL; the caller owns it. */
struct smtp_client *destination_take_idle(struct destinations *d,
    struct destination *dest);

/* Give the slot back, and a connection to keep if there is one (or NULL). */
void destination_release(struct destinations *d, struct destination *dest,
    struct smtp_client **take_idle);

/* Close connections that have been idle too long. */
void destinations_reap(struct destinations *d);

/* Wake everybody: destinations_next returns NULL from now on. */
void destinations_stop(struct destinations *d);

/* Jobs waiting, and the payload bytes they hold. */
size_t destinations_waiting(struct destinations *d, size_t *held_bytes);

/* After the workers ended: the jobs nobody took, one by one, or NULL. */
struct relay_job *destinations_leftover(struct destinations *d);

/* Free a job and wipe its payload. */
void relay_job_free(struct relay_job **job);

#endif
