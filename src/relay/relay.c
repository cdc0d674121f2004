/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay: workers that deliver, and one thread that looks for what is due.
 *
 * Runs in the gateway. Security: what waits in memory is sealed; its amount
 * is bounded, the rest waits in the store. Standards: RFC 5321 4.5.4.
 */
#include "relay/relay.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "fetch/fetch.h"
#include "relay/deliver.h"
#include "relay/posture.h"
#include "relay/tlsreporting.h"
#include "store/lines.h"

#define CLAIM_MAX 256		/* items claimed at a time */
#define POLL_MS 200		/* how soon the portal's passcodes are seen */
#define WORKER_STACK_BYTES (512u << 10)
#define POST_MS (15 * CLOCK_SECOND_MS)	/* a report, by HTTPS */
#define POST_ANSWER_MAX (64u << 10)	/* nobody reads it */
#define ROUTE_BYTES_MAX (64u << 10)
#define SICK_FORGET_MS (7 * CLOCK_DAY_MS)

/* How long a destination that does not answer is left alone; both are less
 * where its mail is tried more often. A probe is cheap, and mail should not
 * wait long behind a server that is back. */
#define PAUSE_FIRST_MS (30 * CLOCK_SECOND_MS)
#define PAUSE_MAX_MS (15 * CLOCK_MINUTE_MS)

struct relay {
	struct relay_tools tools;
	struct posture *posture;
	struct tlsreporting *reporting;
	pthread_mutex_t lock;	/* workers, n_workers */
	pthread_t *workers, claimer;
	size_t n_workers;
	struct store_claim claim;
	bool is_stopping;	/* atomic */
	unsigned running;	/* atomic: workers that have not ended */
};

static void *work(void *arg);

/* One worker more when there is work for it, up to delivery.threads: those
 * there are may all wait for servers that do not answer. */
static void
add_worker(struct relay *r)
{
	pthread_attr_t attr;

	if (!destinations_wants_worker(r->tools.destinations))
		return;
	must(pthread_attr_init(&attr) == 0);
	must(pthread_attr_setstacksize(&attr, WORKER_STACK_BYTES) == 0);
	must(pthread_mutex_lock(&r->lock) == 0);
	if (r->n_workers < (size_t)r->tools.settings->delivery.threads &&
	    !__atomic_load_n(&r->is_stopping, __ATOMIC_ACQUIRE)) {
		__atomic_add_fetch(&r->running, 1, __ATOMIC_RELEASE);
		if (pthread_create(&r->workers[r->n_workers], &attr, work,
		    r) == 0)
			r->n_workers++;
		else
			__atomic_sub_fetch(&r->running, 1, __ATOMIC_RELEASE);
	}
	must(pthread_mutex_unlock(&r->lock) == 0);
	(void)pthread_attr_destroy(&attr);
}

static void *
work(void *arg)
{
	AUTO_ARENA struct arena *arena = arena_new();
	struct relay *r = arg;
	struct relay_job *job;
	struct destination *dest;

	while ((dest = destinations_next(r->tools.destinations, &job)) !=
	    NULL) {
		add_worker(r);
		deliver(&r->tools, dest, job, arena);
	}
	__atomic_sub_fetch(&r->running, 1, __ATOMIC_RELEASE);
	return (NULL);
}

/* One that was not taken with the others. */
static void
put_off(struct relay *r, struct relay_job *job)
{
	struct destination_wait wait;

	if (destinations_add(r->tools.destinations, &job,
	    job->item.next_ms == 0, &wait))
		return;
	if (wait.until_ms > 0)
		settle_postponed(&r->tools, job, str_of(wait.reply),
		    wait.until_ms);
	else
		store_attempt(r->tools.store, &job->item.id, STORE_RETURNED,
		    clock_wall_ms(), STR_NULL, NULL);
	relay_job_free(&job);
}

/* Into their lines, together; or they wait in the store, until their
 * destination may be tried again or there is room. payload (may be NULL) goes
 * with the first. */
static void
add(struct relay *r, const struct store_item *items, size_t n,
    int64_t lease_end_ms, struct buf *payload)
{
	struct relay_job *list = NULL, **end = &list, *job;

	for (size_t i = 0; i < n; i++) {
		*end = relay_job_new(&items[i], route_of(&r->tools.way,
		    items[i].recipient, items[i].needs_proof), lease_end_ms,
		    i == 0 ? payload : NULL);
		end = &(*end)->next;
	}
	destinations_add_all(r->tools.destinations, &list);
	while ((job = list) != NULL) {
		list = job->next;
		put_off(r, job);
	}
	add_worker(r);
}

void
relay_offer(struct relay *r, const struct store_item *items, size_t n,
    struct buf *take_sealed)
{
	size_t held;

	(void)destinations_waiting(r->tools.destinations, &held);
	add(r, items, n, clock_wall_ms() + RELAY_LEASE_MS,
	    held + take_sealed->len <= RELAY_HELD_BYTES_MAX ? take_sealed :
	    NULL);
	buf_done(take_sealed);
}

/* ---- claiming --------------------------------------------------------- */

/* What memory takes of a route (struct store_claim). */
static void
ask(void *ctx, struct str route, struct store_room *room)
{
	const struct relay *r = ctx;
	struct destination_wait wait;

	destinations_ask(r->tools.destinations,
	    route_of(&r->tools.way, route, false), &wait);
	room->n = wait.room;
	room->not_before_ms = wait.until_ms;
	memcpy(room->reply, wait.reply, sizeof(room->reply));
}

/* False: there is nothing that could be done now. */
static bool
claim(struct relay *r)
{
	AUTO_ARENA struct arena *a = arena_new();
	int64_t now = clock_wall_ms(), due = INT64_MAX;
	struct err err = ERR_INIT;
	struct store_item *items;
	size_t n;

	if (store_next_due(r->tools.store, &due, &err) == 0 && due > now)
		return (false);
	r->claim.now_ms = now;
	if (err.kind != ERR_NONE || store_claim(r->tools.store, &r->claim, a,
	    &items, &n, &err) == -1) {
		log_error("claim_failed", "reason=\"%s\"", err.msg);
		return (false);
	}
	add(r, items, n, now + RELAY_LEASE_MS, NULL);
	return (n > 0 || r->claim.n_moved > 0);
}

static void *
claim_for_ever(void *arg)
{
	struct relay *r = arg;
	bool found = false;	/* since the first route */

	while (!__atomic_load_n(&r->is_stopping, __ATOMIC_ACQUIRE)) {
		found = claim(r) || found;
		if (r->claim.after.len == 0) {
			if (!found)
				clock_sleep_until(clock_mono_ms() + POLL_MS);
			found = false;
		}
		destinations_reap(r->tools.destinations);
	}
	return (NULL);
}

/* ---- what reports are sent with --------------------------------------- */

static int
ask_txt(void *ctx, struct str name, struct arena *a, struct str **texts,
    size_t *n, struct err *err)
{
	const struct relay *r = ctx;

	return (dns_txt(r->tools.way.dns, name, a, texts, n, err));
}

static int
post_report(void *ctx, const char *url, struct str file, struct err *err)
{
	AUTO_BUF struct buf body = BUF_INIT(POST_ANSWER_MAX);
	struct relay *r = ctx;
	const struct settings_delivery *d = &r->tools.settings->delivery;
	const struct fetch_way way = { r->tools.way.dns, d->tls_ca,
	    d->private_networks == SETTINGS_PRIVATE_ALLOW, &r->is_stopping,
	    false };
	struct fetch_answer answer;

	if (fetch_post(&way, url, "application/tlsrpt+gzip", file,
	    clock_mono_ms() + POST_MS, &body, &answer, err) == -1)
		return (-1);
	if (answer.status / 100 != 2)
		return (err_set(err, ERR_TEMP, "%s answers %u", url,
		    answer.status));
	return (0);
}

/* ---- what is known of destinations ------------------------------------ */

/* For `letterlock queue`, and for the next process. */
static void
note(void *ctx, const char *name, const struct health *now, const char *reply)
{
	const struct relay *r = ctx;
	struct store_sick sick = { .name = str_of(name),
	    .is_slow = now->is_slow, .failures = now->failures,
	    .pause_ms = now->pause_ms, .until_ms = now->until_ms,
	    .noted_ms = clock_wall_ms(), .reply = str_of(reply) };

	if (health_class(now) == HEALTH_SICK)
		store_sick_put(r->tools.store, &sick);
	else
		store_sick_drop(r->tools.store, sick.name);
	if (now->until_ms > 0)
		log_info("backs_off", "destination=%s seconds=%lld "
		    "reason=\"%s\"", name,
		    (long long)(now->pause_ms / CLOCK_SECOND_MS), reply);
}

static void
learn(struct relay *r)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_sick *list;
	struct err err = ERR_INIT;
	size_t n;

	if (store_sick_forget(r->tools.store,
	    clock_wall_ms() - SICK_FORGET_MS, &err) == -1 ||
	    store_sick_all(r->tools.store, DESTINATIONS_MAX / 2, a, &list, &n,
	    &err) == -1) {
		log_error("destinations_unknown", "reason=\"%s\"", err.msg);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct health h = { .window = 1, .failures = list[i].failures,
			.pause_ms = list[i].pause_ms,
			.until_ms = list[i].until_ms,
			.is_slow = list[i].is_slow };

		destinations_learn(r->tools.destinations, list[i].name, &h,
		    list[i].reply);
	}
}

/* ---- open and close --------------------------------------------------- */

void
relay_start(struct relay *r)
{
	learn(r);
	r->workers = must_calloc((size_t)r->tools.settings->delivery.threads,
	    sizeof(*r->workers));
	must(pthread_create(&r->claimer, NULL, claim_for_ever, r) == 0);
	r->reporting = tlsreporting_start(&(struct tlsreporting_config){
	    .way = &r->tools.way, .store = r->tools.store,
	    .spool = r->tools.spool, .tally = r->tools.way.tally,
	    .txt = ask_txt, .post = post_report, .ctx = r });
}

static struct destinations *
make_destinations(struct relay *r)
{
	const struct settings_delivery *d = &r->tools.settings->delivery;
	const struct destinations_config config = {
		.health = { (unsigned)d->concurrency,
		    MIN_OF(d->retry_first_ms, PAUSE_FIRST_MS),
		    MIN_OF(d->retry_max_ms, PAUSE_MAX_MS) },
		.workers = (unsigned)d->threads, .wall_ms = clock_wall_ms,
		.note = note, .ctx = r };

	return (destinations_new(&config));
}

int
relay_new(const struct relay_config *config, struct relay **out,
    struct err *err)
{
	const struct settings *s = config->settings;
	const struct settings_delivery *d = &s->delivery;
	const struct way_config way = { s, config->policy, config->store,
	    true };
	struct relay *r = must_calloc(1, sizeof(*r));

	r->tools = (struct relay_tools){ .settings = s,
	    .store = config->store, .spool = config->spool,
	    .schedule = { d->retry_first_ms, d->retry_max_ms },
	    .house = { str_of(s->portal.url), str_of(s->portal.organisation),
	    str_of(s->hostname) }, .again = config->again };
	if (way_open(&way, &r->tools.way, err) == -1) {
		free(r);
		return (-1);
	}
	r->tools.signing = signing_new(s->keeper.socket, s->hostname);
	r->tools.way.tally = tlsreport_tally_new();
	r->tools.destinations = make_destinations(r);
	r->claim = (struct store_claim){ .lease_ms = RELAY_LEASE_MS,
	    .max = CLAIM_MAX, .report_after_ms = d->tell_delay_ms,
	    .ask = ask, .ctx = r, .after = BUF_INIT(ROUTE_BYTES_MAX) };
	must(pthread_mutex_init(&r->lock, NULL) == 0);
	r->posture = posture_new(&r->tools.way);
	*out = r;
	return (0);
}

struct dns *
relay_names(struct relay *r)
{
	return (r->tools.way.dns);
}

bool
relay_proves(struct relay *r, struct str domain)
{
	return (posture_proves(r->posture, domain));
}

void
relay_drain(struct relay *r, int64_t deadline_ms)
{
	struct relay_job *job;

	must(pthread_mutex_lock(&r->lock) == 0);
	__atomic_store_n(&r->is_stopping, true, __ATOMIC_RELEASE);
	must(pthread_mutex_unlock(&r->lock) == 0);
	(void)pthread_join(r->claimer, NULL);
	destinations_stop(r->tools.destinations);
	while (__atomic_load_n(&r->running, __ATOMIC_ACQUIRE) > 0 &&
	    clock_mono_ms() < deadline_ms)
		clock_sleep_until(clock_mono_ms() + 10);
	while ((job = destinations_leftover(r->tools.destinations)) != NULL) {
		store_attempt(r->tools.store, &job->item.id, STORE_RETURNED,
		    clock_wall_ms(), STR_NULL, NULL);
		relay_job_free(&job);
	}
	tlsreporting_stop(&r->reporting, deadline_ms);
	store_flush(r->tools.store);
}

bool
relay_free(struct relay **rp)
{
	struct relay *r = *rp;
	bool is_over;

	*rp = NULL;
	if (r == NULL)
		return (true);
	/* A worker that still waits for its server ends with the process. */
	if (__atomic_load_n(&r->running, __ATOMIC_ACQUIRE) > 0 ||
	    r->reporting != NULL)
		return (false);
	for (size_t i = 0; i < r->n_workers; i++)
		(void)pthread_join(r->workers[i], NULL);
	destinations_free(&r->tools.destinations);
	tlsreport_tally_free(&r->tools.way.tally);
	posture_free(&r->posture);
	is_over = way_close(&r->tools.way);
	signing_free(&r->tools.signing);
	buf_done(&r->claim.after);
	must(pthread_mutex_destroy(&r->lock) == 0);
	free(r->workers);
	free(r);
	return (is_over);
}
