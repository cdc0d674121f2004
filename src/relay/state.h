/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state: what destination.c and turn.c share. Inside these two only; every
 * function is called with the lock held, but for the first two.
 */
#ifndef RELAY_STATE_H
#define RELAY_STATE_H

#include <pthread.h>

#include "relay/destination.h"
#include "relay/idle.h"
#include "relay/line.h"

#define STATE_BUCKETS 4096u

struct destination {
	struct idle_stack idle;		/* first: it is found by it */
	struct destination *next;	/* in its bucket */
	struct destination *next_ready;
	bool is_ready;			/* in a ready line */
	bool is_noted;			/* others were told that it is sick */
	char *name;
	struct line line;
	unsigned active;		/* workers on it */
	struct health health;
	char reply[DESTINATION_REPLY_MAX];
	int64_t used_ms;		/* monotonic */
};

struct ready {
	struct destination *first, *last;
};

struct destinations {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct destinations_config config;
	bool is_stopped;
	struct destination *bucket[STATE_BUCKETS];
	size_t n, hand;			/* the hand looks for an unused one */
	struct ready ready[HEALTH_CLASSES];
	unsigned turn;			/* the class that comes next */
	unsigned sleeping;		/* workers without work */
	size_t active[HEALTH_CLASSES], waiting[HEALTH_CLASSES];
	size_t held_bytes;
	struct idle_cache idle;
	int64_t reaped_ms;
};

/* Take the mutex, and give it back. */
void state_lock(struct destinations *d);
void state_unlock(struct destinations *d);

/* A destination by name, or NULL. */
struct destination *state_find(struct destinations *d, struct str name);

/* The same; it is made where there is none. */
struct destination *state_find_or_add(struct destinations *d, struct str name);

/* Into the ready line if it has a job and a free connection (turn.c). */
void state_mark_ready(struct destinations *d, struct destination *dest);

/* The next job of a destination, or NULL (turn.c). */
struct relay_job *state_pop(struct destinations *d, struct destination *dest);

#endif
