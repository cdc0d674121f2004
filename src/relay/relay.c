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
#include "relay/deliver.h"
#include "relay/posture.h"
#include "relay/tlsreporting.h"

#define CLAIM_MAX 64		/* items claimed at a time */
#define WAITING_MAX 256		/* jobs in memory before claiming stops */
#define POLL_MS 200		/* how soon the portal's passcodes are seen */
#define WORKER_STACK_BYTES (512u << 10)

struct relay {
	struct relay_tools tools;
	struct posture *posture;
	struct tlsreporting *reporting;
	pthread_t *workers, claimer;
	size_t n_workers;
	bool is_stopping;	/* atomic */
	unsigned running;	/* atomic: workers that have not ended */
};

static void *
work(void *arg)
{
	AUTO_ARENA struct arena *arena = arena_new();
	struct relay *r = arg;
	struct relay_job *job;
	struct destination *dest;

	while ((dest = destinations_next(r->tools.destinations, &job)) != NULL)
		deliver(&r->tools, dest, job, arena);
	__atomic_sub_fetch(&r->running, 1, __ATOMIC_RELEASE);
	return (NULL);
}

static void
add(struct relay *r, const struct store_item *item, int64_t lease_end_ms,
    struct buf *payload)
{
	struct relay_job *job = relay_job_new(item,
	    route_of(&r->tools.way,
	    item->recipient, item->needs_proof), lease_end_ms, payload);

	destinations_add(r->tools.destinations, &job);
}

void
relay_offer(struct relay *r, const struct store_item *items, size_t n,
    struct buf *take_sealed)
{
	int64_t lease_end = clock_wall_ms() + RELAY_LEASE_MS;
	size_t held;

	(void)destinations_waiting(r->tools.destinations, &held);
	for (size_t i = 0; i < n; i++)
		add(r, &items[i], lease_end, i == 0 &&
		    held + take_sealed->len <= RELAY_HELD_BYTES_MAX ?
		    take_sealed : NULL);
	buf_done(take_sealed);
}

/* ---- claiming --------------------------------------------------------- */

static void
claim(struct relay *r)
{
	AUTO_ARENA struct arena *a = arena_new();
	int64_t now = clock_wall_ms();
	struct err err = ERR_INIT;
	struct store_item *items;
	size_t n;

	if (store_claim(r->tools.store, now, RELAY_LEASE_MS, CLAIM_MAX, a,
	    &items, &n, &err) == -1) {
		log_error("claim_failed", "reason=\"%s\"", err.msg);
		return;
	}
	for (size_t i = 0; i < n; i++)
		add(r, &items[i], now + RELAY_LEASE_MS, NULL);
}

static void *
claim_for_ever(void *arg)
{
	struct relay *r = arg;

	while (!__atomic_load_n(&r->is_stopping, __ATOMIC_ACQUIRE)) {
		struct err err = ERR_INIT;
		int64_t due = INT64_MAX;
		size_t held;

		if (store_next_due(r->tools.store, &due, &err) == 0 &&
		    due <= clock_wall_ms() && destinations_waiting(
		    r->tools.destinations, &held) < WAITING_MAX)
			claim(r);
		else
			clock_sleep_until(clock_mono_ms() + POLL_MS);
		destinations_reap(r->tools.destinations);
	}
	return (NULL);
}

/* ---- open and close --------------------------------------------------- */

static int
ask_txt(void *ctx, struct str name, struct arena *a, struct str **texts,
    size_t *n, struct err *err)
{
	bool is_secure;

	return (dns_txt(ctx, name, a, texts, n, &is_secure, err));
}

void
relay_start(struct relay *r)
{
	pthread_attr_t attr;

	must(pthread_attr_init(&attr) == 0);
	must(pthread_attr_setstacksize(&attr, WORKER_STACK_BYTES) == 0);
	r->n_workers = (size_t)r->tools.settings->delivery.threads;
	r->running = (unsigned)r->n_workers;
	r->workers = must_calloc(r->n_workers, sizeof(*r->workers));
	for (size_t i = 0; i < r->n_workers; i++)
		must(pthread_create(&r->workers[i], &attr, work, r) == 0);
	must(pthread_create(&r->claimer, &attr, claim_for_ever, r) == 0);
	(void)pthread_attr_destroy(&attr);
	r->reporting = tlsreporting_start(&(struct tlsreporting_config){
	    .way = &r->tools.way, .store = r->tools.store,
	    .spool = r->tools.spool, .tally = r->tools.way.tally,
	    .txt = ask_txt, .ctx = r->tools.way.dns });
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
	r->tools.destinations = destinations_new((unsigned)d->concurrency);
	r->tools.way.tally = tlsreport_tally_new();
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

	__atomic_store_n(&r->is_stopping, true, __ATOMIC_RELEASE);
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

void
relay_free(struct relay **rp)
{
	struct relay *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	/* A worker that still waits for its server ends with the process. */
	if (__atomic_load_n(&r->running, __ATOMIC_ACQUIRE) > 0 ||
	    r->reporting != NULL)
		return;
	for (size_t i = 0; i < r->n_workers; i++)
		(void)pthread_join(r->workers[i], NULL);
	destinations_free(&r->tools.destinations);
	tlsreport_tally_free(&r->tools.way.tally);
	posture_free(&r->posture);
	way_close(&r->tools.way);
	signing_free(&r->tools.signing);
	free(r->workers);
	free(r);
}
