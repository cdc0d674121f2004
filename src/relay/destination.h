/* SPDX-License-Identifier: Apache-2.0 */
/*
 * destination: who is delivered to next. One destination per next hop or
 * recipient domain, each with its own line of jobs, its own limit of
 * connections, its own idle connections and what is known of its health, so
 * that a slow or dead one never delays the others: those that are not known
 * to be well get a part of the workers only.
 *
 * Threads: any; one mutex inside, never held while waiting for the network or
 * the store.
 */
#ifndef RELAY_DESTINATION_H
#define RELAY_DESTINATION_H

#include "relay/health.h"
#include "relay/job.h"
#include "smtp/client.h"

#define DESTINATION_IDLE_MS 30000	/* a peer's own limit is 5 minutes */
#define DESTINATION_IDLE_MAX 16		/* idle connections of one */
#define DESTINATIONS_IDLE_MAX 256	/* of all: a descriptor each */

/* A worker goes on with a destination on the same connection for this long
 * before the others have their turn. */
#define DESTINATION_TURN_MS 200

#define DESTINATIONS_JOBS_MAX 20000	/* in memory; half of it may wait for */
#define DESTINATIONS_SICK_MAX 10000	/* those not known to be well */
#define DESTINATION_LINE_MAX 256	/* for one of them */
#define DESTINATION_CLAIM_MAX 100	/* from the store for one: a
					   transaction's recipients */

#define DESTINATION_REPLY_MAX 256
#define DESTINATIONS_MAX 20000		/* remembered */
#define DESTINATION_KEEP_MS (10 * CLOCK_MINUTE_MS)	/* unused, well */
#define DESTINATION_KEEP_SICK_MS CLOCK_DAY_MS		/* unused, not well */

struct destination;
struct destinations;

struct destinations_config {
	struct health_limits health;
	unsigned workers;	/* at most */
	int64_t (*wall_ms)(void);
	/* What others may know of a destination has changed: `now`, and why.
	 * Called without the lock, by whoever reported it. */
	void (*note)(void *ctx, const char *name, const struct health *now,
	    const char *reply);
	void *ctx;
};

/* One for a relay; the config is copied. Free it when its workers ended. */
struct destinations *destinations_new(const struct destinations_config *c);
void destinations_free(struct destinations **d);

/* What an earlier process knew. */
void destinations_learn(struct destinations *d, struct str name,
    const struct health *h, struct str reply);

/* Why a job is not taken, or what the store keeps for it. */
struct destination_wait {
	int64_t until_ms;	/* left alone until then; 0: it is not */
	size_t room;		/* jobs that may come from the store */
	char reply[DESTINATION_REPLY_MAX];	/* what it said last */
};

/* Put a job at the end of its destination's line and take it; or not, and
 * *wait tells why: until_ms, or 0 where memory is full. is_wanted: a person
 * wants it tried now. */
bool destinations_add(struct destinations *d, struct relay_job **take_job,
    bool is_wanted, struct destination_wait *wait);

/* The same for a list, all before any of them is delivered, so that siblings go
 * together; what is not taken stays in *list. */
void destinations_add_all(struct destinations *d, struct relay_job **list);

/* May the store send jobs for it? */
void destinations_ask(struct destinations *d, struct str name,
    struct destination_wait *wait);

/*
 * Wait until some destination has a job and a free connection and may be
 * served, take both. Returns NULL once stopped. Destinations have turns.
 */
struct destination *destinations_next(struct destinations *d,
    struct relay_job **job);

/* There is work that nobody sleeping could do. */
bool destinations_wants_worker(struct destinations *d);

/* The next job of the destination this worker is at, if it may stay: until
 * turn_end_ms (monotonic) at most. NULL: give it back. */
struct relay_job *destination_stay(struct destinations *d,
    struct destination *dest, int64_t turn_end_ms);

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

/* How an attempt went: it was reached; or it was not, and then the time until
 * which it is left alone from now on, or 0. */
void destination_answered(struct destinations *d, struct destination *dest,
    int64_t took_ms, size_t bytes);
int64_t destination_failed(struct destinations *d, struct destination *dest,
    const char *reply);

/* Give the slot back, and a connection to keep if there is one (or NULL). */
void destination_release(struct destinations *d, struct destination *dest,
    struct smtp_client **take_idle);

/* Close connections that have been idle too long, forget what is unused. */
void destinations_reap(struct destinations *d);

/* Wake everybody: destinations_next returns NULL from now on. */
void destinations_stop(struct destinations *d);

/* Jobs waiting, and the payload bytes they hold. */
size_t destinations_waiting(struct destinations *d, size_t *held_bytes);

/* After the workers ended: the jobs nobody took, one by one, or NULL. */
struct relay_job *destinations_leftover(struct destinations *d);

#endif
