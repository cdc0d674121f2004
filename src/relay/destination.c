/* SPDX-License-Identifier: Apache-2.0 */
/*
 * destination: what is known of each, and the connections to it.
 *
 * Runs in the gateway role. Security: route names come from recipients'
 * domains; DESTINATIONS_MAX of them are remembered, and those of domains that
 * do not answer hold a part of the memory and of the workers only.
 */
#include "relay/destination.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "relay/state.h"

#define REAP_MS 1000		/* between two looks for what is unused */

struct destinations *
destinations_new(const struct destinations_config *config)
{
	struct destinations *d = must_calloc(1, sizeof(*d));

	must(pthread_mutex_init(&d->lock, NULL) == 0);
	must(pthread_cond_init(&d->changed, NULL) == 0);
	d->config = *config;
	return (d);
}

void
state_lock(struct destinations *d)
{
	must(pthread_mutex_lock(&d->lock) == 0);
}

void
state_unlock(struct destinations *d)
{
	must(pthread_mutex_unlock(&d->lock) == 0);
}

/* ---- finding and forgetting ------------------------------------------- */

static struct destination **
slot_of(struct destinations *d, struct str name)
{
	uint32_t hash = 2166136261u;	/* FNV-1a */
	struct destination **slot;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (uint8_t)name.p[i]) * 16777619u;
	slot = &d->bucket[hash % STATE_BUCKETS];
	while (*slot != NULL && !str_eq(str_of((*slot)->name), name))
		slot = &(*slot)->next;
	return (slot);
}

static bool
is_unused(const struct destination *dest)
{
	return (dest->active == 0 && dest->line.n == 0 && !dest->is_ready &&
	    dest->idle.n == 0);
}

static void
forget(struct destinations *d, struct destination **slot)
{
	struct destination *dest = *slot;

	*slot = dest->next;
	free(dest->name);
	free(dest);
	d->n--;
}

/* Too many are remembered: forget the next one that is not used. */
static void
make_room(struct destinations *d)
{
	for (size_t tries = 0; tries < STATE_BUCKETS; tries++) {
		struct destination **slot =
		    &d->bucket[d->hand++ % STATE_BUCKETS];

		while (*slot != NULL && !is_unused(*slot))
			slot = &(*slot)->next;
		if (*slot != NULL) {
			forget(d, slot);
			return;
		}
	}
}

struct destination *
state_find(struct destinations *d, struct str name)
{
	return (*slot_of(d, name));
}

struct destination *
state_find_or_add(struct destinations *d, struct str name)
{
	struct destination **slot = slot_of(d, name);

	if (*slot == NULL && d->n >= DESTINATIONS_MAX) {
		make_room(d);
		slot = slot_of(d, name);
	}
	if (*slot == NULL) {
		*slot = must_calloc(1, sizeof(**slot));
		(*slot)->name = must_calloc(1, name.len + 1);
		memcpy((*slot)->name, name.p, name.len);
		health_init(&(*slot)->health);
		d->n++;
	}
	(*slot)->used_ms = clock_mono_ms();
	return (*slot);
}

/* ---- how it went ------------------------------------------------------ */

/* Its workers and jobs count as those of its class. */
static void
count(struct destinations *d, const struct destination *dest, bool add)
{
	enum health_class class = health_class(&dest->health);

	if (add) {
		d->active[class] += dest->active;
		d->waiting[class] += dest->line.n;
	} else {
		d->active[class] -= dest->active;
		d->waiting[class] -= dest->line.n;
	}
}

/* Others are told when it becomes sick, with each pause, and once it is well
 * again. Returns whether to. */
static bool
is_news(struct destination *dest, const struct health *before)
{
	bool is_sick = health_class(&dest->health) == HEALTH_SICK;
	bool news = is_sick != dest->is_noted || (is_sick &&
	    (dest->health.until_ms != before->until_ms ||
	    dest->health.is_slow != before->is_slow));

	dest->is_noted = is_sick;
	return (news);
}

static void
settle(struct destinations *d, struct destination *dest,
    const struct health *before)
{
	struct health now;
	char reply[DESTINATION_REPLY_MAX];
	bool news = is_news(dest, before);

	now = dest->health;
	memcpy(reply, dest->reply, sizeof(reply));
	count(d, dest, true);
	state_mark_ready(d, dest);
	/* A class may have room now that had none. */
	if (health_class(before) != health_class(&now))
		must(pthread_cond_signal(&d->changed) == 0);
	state_unlock(d);
	/* The caller is at it, so it stays. */
	if (news && d->config.note != NULL)
		d->config.note(d->config.ctx, dest->name, &now, reply);
}

void
destination_answered(struct destinations *d, struct destination *dest,
    int64_t took_ms, size_t bytes)
{
	struct health before;

	state_lock(d);
	before = dest->health;
	count(d, dest, false);
	health_answered(&dest->health, &d->config.health, took_ms, bytes);
	dest->reply[0] = '\0';
	settle(d, dest, &before);
}

int64_t
destination_failed(struct destinations *d, struct destination *dest,
    const char *reply)
{
	struct health before;
	int64_t until_ms = 0;

	state_lock(d);
	before = dest->health;
	count(d, dest, false);
	if (health_failed(&dest->health, &d->config.health,
	    d->config.wall_ms()))
		until_ms = dest->health.until_ms;
	(void)snprintf(dest->reply, sizeof(dest->reply), "%s", reply);
	settle(d, dest, &before);
	return (until_ms);
}

void
destinations_learn(struct destinations *d, struct str name,
    const struct health *h, struct str reply)
{
	struct destination *dest;

	state_lock(d);
	dest = state_find_or_add(d, name);
	count(d, dest, false);
	dest->health = *h;
	dest->is_noted = true;
	count(d, dest, true);
	(void)snprintf(dest->reply, sizeof(dest->reply), "%.*s",
	    STR_FMT(reply));
	state_unlock(d);
}

/* ---- connections ------------------------------------------------------ */

struct smtp_client *
destination_take_idle(struct destinations *d, struct destination *dest)
{
	struct smtp_client *client;

	state_lock(d);
	client = idle_take(&d->idle, &dest->idle);
	state_unlock(d);
	return (client);
}

void
destination_release(struct destinations *d, struct destination *dest,
    struct smtp_client **take_idle)
{
	struct smtp_client *oldest;
	struct idle_stack *of;

	state_lock(d);
	dest->active--;
	d->active[health_class(&dest->health)]--;
	dest->used_ms = clock_mono_ms();
	if (*take_idle != NULL && dest->idle.n < DESTINATION_IDLE_MAX &&
	    !d->is_stopped)
		idle_put(&d->idle, &dest->idle, take_idle, dest->used_ms);
	state_mark_ready(d, dest);
	oldest = idle_take_oldest(&d->idle, INT64_MIN, DESTINATIONS_IDLE_MAX,
	    &of);
	state_unlock(d);
	/* QUIT may wait for the network: not under the lock. */
	smtp_client_close(take_idle);
	smtp_client_close(&oldest);
}

static void
close_idle(struct destinations *d, int64_t before_ms)
{
	struct smtp_client *client;
	struct idle_stack *of;

	for (;;) {
		state_lock(d);
		client = idle_take_oldest(&d->idle, before_ms, SIZE_MAX, &of);
		state_unlock(d);
		if (client == NULL)
			return;
		smtp_client_close(&client);
	}
}

static void
forget_unused(struct destinations *d, int64_t now_ms)
{
	for (size_t b = 0; b < STATE_BUCKETS; b++)
		for (struct destination **slot = &d->bucket[b];
		    *slot != NULL;) {
			int64_t keep_ms = health_class(&(*slot)->health) ==
			    HEALTH_SICK ? DESTINATION_KEEP_SICK_MS :
			    DESTINATION_KEEP_MS;

			if (is_unused(*slot) &&
			    (*slot)->used_ms + keep_ms < now_ms)
				forget(d, slot);
			else
				slot = &(*slot)->next;
		}
}

void
destinations_reap(struct destinations *d)
{
	int64_t now_ms = clock_mono_ms();

	close_idle(d, now_ms - DESTINATION_IDLE_MS);
	state_lock(d);
	if (now_ms >= d->reaped_ms + REAP_MS) {
		d->reaped_ms = now_ms;
		forget_unused(d, now_ms);
	}
	state_unlock(d);
}

/* ---- the end ---------------------------------------------------------- */

void
destinations_stop(struct destinations *d)
{
	state_lock(d);
	d->is_stopped = true;
	must(pthread_cond_broadcast(&d->changed) == 0);
	state_unlock(d);
}

void
destinations_free(struct destinations **dp)
{
	struct destinations *d = *dp;
	struct relay_job *job;

	if (d == NULL)
		return;
	while ((job = destinations_leftover(d)) != NULL)
		relay_job_free(&job);
	close_idle(d, INT64_MAX);
	for (size_t b = 0; b < STATE_BUCKETS; b++)
		while (d->bucket[b] != NULL)
			forget(d, &d->bucket[b]);
	must(pthread_mutex_destroy(&d->lock) == 0);
	must(pthread_cond_destroy(&d->changed) == 0);
	free(d);
	*dp = NULL;
}
