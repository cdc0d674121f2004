/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turn: which job comes next, and which may wait in memory.
 *
 * Runs in the gateway role. Security: domains that do not answer or are slow
 * hold a part of the memory and of the workers only.
 */
#include "base/clock.h"
#include "relay/state.h"

/* ---- classes ---------------------------------------------------------- */

/* Those that are well may have every worker, the sick a half, and they
 * together with those nobody knows three quarters. */
static bool
may_enter(const struct destinations *d, enum health_class class)
{
	size_t unwell = d->active[HEALTH_NEW] + d->active[HEALTH_SICK];
	size_t most = d->config.workers;

	if (class == HEALTH_GOOD)
		return (true);
	if (unwell >= MAX_OF(most * 3 / 4, (size_t)1))
		return (false);
	return (class == HEALTH_NEW ||
	    d->active[HEALTH_SICK] < MAX_OF(most / 2, (size_t)1));
}

static size_t
waiting(const struct destinations *d)
{
	size_t n = 0;

	for (size_t c = 0; c < HEALTH_CLASSES; c++)
		n += d->waiting[c];
	return (n);
}

/* ---- the ready lines -------------------------------------------------- */

/* In a ready line exactly when it has a job and a free connection. */
void
state_mark_ready(struct destinations *d, struct destination *dest)
{
	struct ready *r = &d->ready[health_class(&dest->health)];

	if (dest->is_ready || dest->line.n == 0 ||
	    dest->active >= dest->health.window)
		return;
	dest->is_ready = true;
	dest->next_ready = NULL;
	if (r->last != NULL)
		r->last->next_ready = dest;
	else
		r->first = dest;
	r->last = dest;
	must(pthread_cond_signal(&d->changed) == 0);
}

/* Drop from the front what is no longer ready: stayed with, or given up. */
static void
tidy(struct ready *r)
{
	struct destination *dest;

	while ((dest = r->first) != NULL && (dest->line.n == 0 ||
	    dest->active >= dest->health.window)) {
		dest->is_ready = false;
		r->first = dest->next_ready;
		if (r->first == NULL)
			r->last = NULL;
	}
}

static struct ready *
find_ready(struct destinations *d)
{
	for (unsigned i = 0; i < HEALTH_CLASSES; i++) {
		unsigned class = (d->turn + i) % HEALTH_CLASSES;

		tidy(&d->ready[class]);
		if (d->ready[class].first != NULL && may_enter(d, class)) {
			d->turn = class + 1;
			return (&d->ready[class]);
		}
	}
	return (NULL);
}

static struct destination *
pop_ready(struct destinations *d)
{
	struct ready *r = find_ready(d);
	struct destination *dest;

	if (r == NULL)
		return (NULL);
	dest = r->first;
	r->first = dest->next_ready;
	if (r->first == NULL)
		r->last = NULL;
	dest->is_ready = false;
	return (dest);
}

/* ---- jobs ------------------------------------------------------------- */

static struct relay_job *
popped(struct destinations *d, struct destination *dest, struct relay_job *job)
{
	if (job != NULL) {
		d->waiting[health_class(&dest->health)]--;
		d->held_bytes -= job->payload.len;
	}
	return (job);
}

struct relay_job *
state_pop(struct destinations *d, struct destination *dest)
{
	return (popped(d, dest, line_pop(&dest->line)));
}

static void
tell(const struct destination *dest, struct destination_wait *wait)
{
	wait->until_ms = dest->health.until_ms;
	memcpy(wait->reply, dest->reply, sizeof(wait->reply));
}

static bool
is_full(const struct destinations *d, const struct destination *dest)
{
	if (waiting(d) >= DESTINATIONS_JOBS_MAX)
		return (true);
	return (health_class(&dest->health) != HEALTH_GOOD &&
	    (dest->line.n >= DESTINATION_LINE_MAX ||
	    d->waiting[HEALTH_NEW] + d->waiting[HEALTH_SICK] >=
	    DESTINATIONS_SICK_MAX));
}

static bool
add(struct destinations *d, struct relay_job **take_job, bool is_wanted,
    struct destination_wait *wait)
{
	struct relay_job *job = *take_job;
	struct destination *dest;
	bool fits = false;

	*wait = (struct destination_wait){ .until_ms = 0 };
	dest = state_find_or_add(d, str_of(job->destination));
	if (is_wanted)
		health_probe(&dest->health);
	if (health_is_backing_off(&dest->health, d->config.wall_ms()))
		tell(dest, wait);
	else
		fits = !is_full(d, dest);
	if (fits) {
		d->held_bytes += job->payload.len;
		line_add(&dest->line, take_job);
		d->waiting[health_class(&dest->health)]++;
		state_mark_ready(d, dest);
	}
	return (fits);
}

bool
destinations_add(struct destinations *d, struct relay_job **take_job,
    bool is_wanted, struct destination_wait *wait)
{
	bool fits;

	state_lock(d);
	fits = add(d, take_job, is_wanted, wait);
	state_unlock(d);
	return (fits);
}

void
destinations_add_all(struct destinations *d, struct relay_job **list)
{
	struct relay_job *rest = NULL, **end = &rest, *job;
	struct destination_wait wait;

	state_lock(d);
	while ((job = *list) != NULL) {
		*list = job->next;
		job->next = NULL;
		if (!add(d, &job, job->item.next_ms == 0, &wait)) {
			*end = job;
			end = &job->next;
		}
	}
	state_unlock(d);
	*list = rest;
}

/* After a pause one job is enough to see whether it answers. */
static size_t
room_in_line(const struct destinations *d, const struct destination *dest)
{
	size_t most = dest != NULL && dest->health.pause_ms > 0 ? 1 :
	    DESTINATION_CLAIM_MAX;
	size_t n = dest != NULL ? dest->line.n : 0;

	if (dest != NULL && is_full(d, dest))
		return (0);
	if (most == 1 && dest != NULL)
		n += dest->active;
	return (n < most ? most - n : 0);
}

void
destinations_ask(struct destinations *d, struct str name,
    struct destination_wait *wait)
{
	struct destination *dest;

	*wait = (struct destination_wait){ .until_ms = 0 };
	state_lock(d);
	dest = state_find(d, name);
	if (dest != NULL &&
	    health_is_backing_off(&dest->health, d->config.wall_ms())) {
		tell(dest, wait);
		wait->room = DESTINATION_CLAIM_MAX;
	} else if (waiting(d) < DESTINATIONS_JOBS_MAX / 2)
		wait->room = room_in_line(d, dest);
	state_unlock(d);
}

struct destination *
destinations_next(struct destinations *d, struct relay_job **job)
{
	struct destination *dest = NULL;

	state_lock(d);
	while (!d->is_stopped && (dest = pop_ready(d)) == NULL) {
		d->sleeping++;
		must(pthread_cond_wait(&d->changed, &d->lock) == 0);
		d->sleeping--;
	}
	if (dest != NULL) {
		dest->active++;
		d->active[health_class(&dest->health)]++;
		*job = state_pop(d, dest);
		/* Back to the end of the line: the others come first. */
		state_mark_ready(d, dest);
	}
	state_unlock(d);
	return (dest);
}

bool
destinations_wants_worker(struct destinations *d)
{
	unsigned turn;
	bool wants;

	state_lock(d);
	turn = d->turn;
	wants = !d->is_stopped && d->sleeping == 0 && find_ready(d) != NULL;
	d->turn = turn;
	state_unlock(d);
	return (wants);
}

struct relay_job *
destination_stay(struct destinations *d, struct destination *dest,
    int64_t turn_end_ms)
{
	struct relay_job *job = NULL;

	state_lock(d);
	if (!d->is_stopped && dest->active <= dest->health.window &&
	    clock_mono_ms() < turn_end_ms)
		job = state_pop(d, dest);
	state_unlock(d);
	return (job);
}

struct relay_job *
destination_siblings(struct destinations *d, struct destination *dest,
    const struct relay_job *first, size_t max)
{
	struct relay_job *list = NULL, **end = &list;

	state_lock(d);
	while (max-- > 0 && (*end = popped(d, dest,
	    line_pop_sibling(&dest->line, first))) != NULL)
		end = &(*end)->next;
	state_unlock(d);
	return (list);
}

struct relay_job *
destination_take_all(struct destinations *d, struct destination *dest)
{
	struct relay_job *list = NULL, **end = &list;

	state_lock(d);
	while ((*end = state_pop(d, dest)) != NULL)
		end = &(*end)->next;
	state_unlock(d);
	return (list);
}

/* ---- what is left ----------------------------------------------------- */

size_t
destinations_waiting(struct destinations *d, size_t *held_bytes)
{
	size_t n;

	state_lock(d);
	n = waiting(d);
	*held_bytes = d->held_bytes;
	state_unlock(d);
	return (n);
}

struct relay_job *
destinations_leftover(struct destinations *d)
{
	struct relay_job *job = NULL;

	state_lock(d);
	for (size_t b = 0; b < STATE_BUCKETS && job == NULL; b++)
		for (struct destination *dest = d->bucket[b];
		    dest != NULL && job == NULL; dest = dest->next)
			job = state_pop(d, dest);
	state_unlock(d);
	return (job);
}
