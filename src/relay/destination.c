/* SPDX-License-Identifier: Apache-2.0 */
/*
 * destination: lines of jobs per next hop, and the connections to it.
 *
 * Runs in the gateway role. Security: route names come from recipients'
 * domains; their number is bounded by the items that are leased at a time,
 * and a destination without jobs and connections is forgotten.
 */
#include "relay/destination.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "relay/tlsreporting.h"

#define DESTINATION_BUCKETS 1024u

struct idle {
	struct smtp_client *client;
	int64_t since_ms;
};

struct destination {
	struct destination *next;	/* in its bucket */
	struct destination *next_ready;
	bool is_ready;			/* in the ready line */
	char *route;
	struct relay_job *first, *last;
	unsigned active;		/* workers on it */
	struct idle idle[DESTINATION_IDLE_MAX];
	size_t n_idle;
};

struct destinations {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned concurrency;
	bool is_stopped;
	struct destination *bucket[DESTINATION_BUCKETS];
	struct destination *ready_first, *ready_last;
	size_t waiting;
	size_t held_bytes;
};

struct destinations *
destinations_new(unsigned concurrency)
{
	struct destinations *d = must_calloc(1, sizeof(*d));

	must(pthread_mutex_init(&d->lock, NULL) == 0);
	must(pthread_cond_init(&d->changed, NULL) == 0);
	d->concurrency = concurrency;
	return (d);
}

static void
lock(struct destinations *d)
{
	must(pthread_mutex_lock(&d->lock) == 0);
}

static void
unlock(struct destinations *d)
{
	must(pthread_mutex_unlock(&d->lock) == 0);
}

static struct str
keep_text(char **at, struct str s)
{
	struct str kept = { *at, s.len };

	if (s.len > 0)
		memcpy(*at, s.p, s.len);
	*at += s.len;
	*(*at)++ = '\0';
	return (kept);
}

/* Before the names of destinations whose connections mail of another kind must
 * not use: what they had to promise differs. */
static const char *
apart_for(const struct store_item *item)
{
	static const char *const names[] = { "", "proven ", "requiretls ",
	    "proven requiretls " };
	size_t which = (item->needs_proof ? 1 : 0) |
	    (item->requires_tls ? 2 : 0);

	bool is_lax = item->is_tls_optional ||
	    str_eq(item->kind, STR_LIT(TLSREPORTING_KIND));

	return (which == 0 && is_lax ? "lax " : names[which]);
}

struct relay_job *
relay_job_new(const struct store_item *item, struct str route,
    int64_t lease_end_ms, struct buf *take_payload)
{
	const struct str *texts[] = { &item->kind, &item->sender,
		&item->recipient, &item->orcpt, &item->envid,
		&item->fallback };
	const char *apart = apart_for(item);
	size_t room = strlen(apart) + route.len + 1;
	struct relay_job *job;
	char *at;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		room += texts[i]->len + 1;
	job = must_calloc(1, sizeof(*job) + room);
	at = job->text;
	job->item = *item;
	job->item.kind = keep_text(&at, item->kind);
	job->item.sender = keep_text(&at, item->sender);
	job->item.recipient = keep_text(&at, item->recipient);
	job->item.orcpt = keep_text(&at, item->orcpt);
	job->item.envid = keep_text(&at, item->envid);
	job->item.fallback = keep_text(&at, item->fallback);
	job->item.route = job->item.last_reply = STR_NULL;
	job->destination = at;
	memcpy(at, apart, strlen(apart));
	at += strlen(apart);
	job->route = at;
	(void)keep_text(&at, route);
	job->lease_end_ms = lease_end_ms;
	if (take_payload != NULL) {
		job->payload = *take_payload;
		*take_payload = (struct buf)BUF_INIT(take_payload->max);
	}
	return (job);
}

void
relay_job_free(struct relay_job **job)
{
	if (*job == NULL)
		return;
	buf_done(&(*job)->payload);
	free(*job);
	*job = NULL;
}

/* May both go in one transaction? */
static bool
share_payload(const struct relay_job *a, const struct relay_job *b)
{
	return (id_eq(&a->item.payload, &b->item.payload) &&
	    str_eq(a->item.sender, b->item.sender));
}

static struct destination **
slot_of(struct destinations *d, const char *route)
{
	uint32_t hash = 2166136261u;	/* FNV-1a */
	struct destination **slot;

	for (const char *p = route; *p != '\0'; p++)
		hash = (hash ^ (uint8_t)*p) * 16777619u;
	slot = &d->bucket[hash % DESTINATION_BUCKETS];
	while (*slot != NULL && strcmp((*slot)->route, route) != 0)
		slot = &(*slot)->next;
	return (slot);
}

/* In the ready line exactly when it has a job and a free connection. */
static void
mark_ready(struct destinations *d, struct destination *dest)
{
	if (dest->is_ready || dest->first == NULL ||
	    dest->active >= d->concurrency)
		return;
	dest->is_ready = true;
	dest->next_ready = NULL;
	if (d->ready_last != NULL)
		d->ready_last->next_ready = dest;
	else
		d->ready_first = dest;
	d->ready_last = dest;
	must(pthread_cond_signal(&d->changed) == 0);
}

void
destinations_add(struct destinations *d, struct relay_job **take_job)
{
	struct relay_job *job = *take_job;
	struct destination **slot;

	*take_job = NULL;
	job->next = NULL;
	lock(d);
	slot = slot_of(d, job->destination);
	if (*slot == NULL) {
		*slot = must_calloc(1, sizeof(**slot));
		(*slot)->route = must_strdup(job->destination);
	}
	if ((*slot)->last != NULL)
		(*slot)->last->next = job;
	else
		(*slot)->first = job;
	(*slot)->last = job;
	d->waiting++;
	d->held_bytes += job->payload.len;
	mark_ready(d, *slot);
	unlock(d);
}

static struct relay_job *
pop_job(struct destinations *d, struct destination *dest)
{
	struct relay_job *job = dest->first;

	dest->first = job->next;
	if (dest->first == NULL)
		dest->last = NULL;
	job->next = NULL;
	d->waiting--;
	d->held_bytes -= job->payload.len;
	return (job);
}

static void
forget_if_empty(struct destinations *d, struct destination *dest)
{
	struct destination **slot;

	if (dest->active > 0 || dest->first != NULL || dest->n_idle > 0 ||
	    dest->is_ready)
		return;
	slot = slot_of(d, dest->route);
	must(*slot == dest);
	*slot = dest->next;
	free(dest->route);
	free(dest);
}

/* The next destination with work; NULL: none. Siblings may have emptied one
 * that stands in the line. */
static struct destination *
pop_ready(struct destinations *d)
{
	struct destination *dest;

	while ((dest = d->ready_first) != NULL) {
		d->ready_first = dest->next_ready;
		if (d->ready_first == NULL)
			d->ready_last = NULL;
		dest->is_ready = false;
		if (dest->first != NULL)
			return (dest);
		forget_if_empty(d, dest);
	}
	return (NULL);
}

struct destination *
destinations_next(struct destinations *d, struct relay_job **job)
{
	struct destination *dest = NULL;

	lock(d);
	while (!d->is_stopped && (dest = pop_ready(d)) == NULL)
		must(pthread_cond_wait(&d->changed, &d->lock) == 0);
	if (dest != NULL) {
		dest->active++;
		*job = pop_job(d, dest);
		/* Back to the end of the line: the others come first. */
		mark_ready(d, dest);
	}
	unlock(d);
	return (dest);
}

struct relay_job *
destination_siblings(struct destinations *d, struct destination *dest,
    const struct relay_job *first, size_t max)
{
	struct relay_job *list = NULL, **end = &list;

	lock(d);
	while (max-- > 0 && dest->first != NULL &&
	    share_payload(dest->first, first)) {
		*end = pop_job(d, dest);
		end = &(*end)->next;
	}
	unlock(d);
	return (list);
}

struct relay_job *
destination_take_all(struct destinations *d, struct destination *dest)
{
	struct relay_job *list = NULL, **end = &list;

	lock(d);
	while (dest->first != NULL) {
		*end = pop_job(d, dest);
		end = &(*end)->next;
	}
	unlock(d);
	return (list);
}

struct smtp_client *
destination_take_idle(struct destinations *d, struct destination *dest)
{
	struct smtp_client *client = NULL;

	lock(d);
	if (dest->n_idle > 0)
		client = dest->idle[--dest->n_idle].client;
	unlock(d);
	return (client);
}

void
destination_release(struct destinations *d, struct destination *dest,
    struct smtp_client **take_idle)
{
	lock(d);
	dest->active--;
	if (*take_idle != NULL && dest->n_idle < DESTINATION_IDLE_MAX &&
	    !d->is_stopped) {
		dest->idle[dest->n_idle].client = *take_idle;
		dest->idle[dest->n_idle++].since_ms = clock_mono_ms();
		*take_idle = NULL;
	}
	mark_ready(d, dest);
	forget_if_empty(d, dest);
	unlock(d);
	smtp_client_close(take_idle);
}

/* Take one connection that is idle since before `before_ms`, or NULL. */
static struct smtp_client *
take_stale(struct destinations *d, int64_t before_ms)
{
	for (size_t b = 0; b < DESTINATION_BUCKETS; b++) {
		for (struct destination *dest = d->bucket[b]; dest != NULL;
		    dest = dest->next) {
			struct smtp_client *client;

			/* The oldest stands first. */
			if (dest->n_idle == 0 ||
			    dest->idle[0].since_ms >= before_ms)
				continue;
			client = dest->idle[0].client;
			dest->n_idle--;
			memmove(dest->idle, dest->idle + 1,
			    dest->n_idle * sizeof(dest->idle[0]));
			forget_if_empty(d, dest);
			return (client);
		}
	}
	return (NULL);
}

static void
close_idle(struct destinations *d, int64_t before_ms)
{
	struct smtp_client *client;

	for (;;) {
		lock(d);
		client = take_stale(d, before_ms);
		unlock(d);
		if (client == NULL)
			return;
		/* QUIT waits for the network: not under the lock. */
		smtp_client_close(&client);
	}
}

void
destinations_reap(struct destinations *d)
{
	close_idle(d, clock_mono_ms() - DESTINATION_IDLE_MS);
}

void
destinations_stop(struct destinations *d)
{
	lock(d);
	d->is_stopped = true;
	must(pthread_cond_broadcast(&d->changed) == 0);
	unlock(d);
}

size_t
destinations_waiting(struct destinations *d, size_t *held_bytes)
{
	size_t n;

	lock(d);
	n = d->waiting;
	*held_bytes = d->held_bytes;
	unlock(d);
	return (n);
}

struct relay_job *
destinations_leftover(struct destinations *d)
{
	struct relay_job *job = NULL;

	lock(d);
	for (size_t b = 0; b < DESTINATION_BUCKETS && job == NULL; b++)
		for (struct destination *dest = d->bucket[b];
		    dest != NULL && job == NULL; dest = dest->next)
			if (dest->first != NULL)
				job = pop_job(d, dest);
	unlock(d);
	return (job);
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
	for (size_t b = 0; b < DESTINATION_BUCKETS; b++)
		while (d->bucket[b] != NULL) {
			struct destination *dest = d->bucket[b];

			d->bucket[b] = dest->next;
			free(dest->route);
			free(dest);
		}
	must(pthread_mutex_destroy(&d->lock) == 0);
	must(pthread_cond_destroy(&d->changed) == 0);
	free(d);
	*dp = NULL;
}
