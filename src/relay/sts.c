/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts: who is asked about now, who was just now, and who waits for the answer.
 *
 * Runs in the gateway's relay. Security: domains are chosen by who sends mail
 * and answer as they like; threads, entries and waits are bounded. What the
 * memory forgets, the store knows. Standards: RFC 8461 3.3, 5, 10.2.
 */
#include "relay/sts.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "relay/stsask.h"
#include "store/stscache.h"

#define ENTRIES_MAX 1024	/* domains remembered */
#define ASKERS_MAX 64		/* domains asked about at the same time */
#define ASKER_STACK_BYTES (512u << 10)
#define DOMAIN_MAX 240		/* "mta-sts." and it are a name of 253 */
#define TEND_MS CLOCK_MINUTE_MS	/* how often the refreshing thread looks */
#define TEND_MAX 16		/* and how many it takes at a time */
#define FORGET_MS (30 * CLOCK_DAY_MS)	/* nobody writes there any more */
#define END_MS 5000		/* sts_free waits for askers */

struct entry {
	char domain[DOMAIN_MAX + 1];
	bool is_busy;		/* somebody asks */
	unsigned waiters;	/* for the end of that */
	int64_t again_ms;	/* not asked before (monotonic) */
	int64_t touched_ms;
	struct stsask_result last;
};

struct sts {
	struct stsask_way way;
	int64_t wait_ms;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct entry *entries[ENTRIES_MAX];
	size_t n;
	unsigned askers;
	bool is_over;		/* atomic: fetch looks at it, too */
	bool is_tended;
	pthread_t tender;
};

static bool
is_over(const struct sts *s)
{
	return (__atomic_load_n(&s->is_over, __ATOMIC_ACQUIRE));
}

/* ---- entries: the mutex is held ---------------------------------------- */

static struct entry *
find_entry(struct sts *s, struct str domain)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(str_of(s->entries[i]->domain), domain))
			return (s->entries[i]);
	return (NULL);
}

/* The place of the one untouched for the longest, emptied; NULL: all are in
 * use. */
static struct entry *
reuse_entry(struct sts *s)
{
	struct entry *oldest = NULL;

	for (size_t i = 0; i < s->n; i++) {
		struct entry *e = s->entries[i];

		if (!e->is_busy && e->waiters == 0 && (oldest == NULL ||
		    e->touched_ms < oldest->touched_ms))
			oldest = e;
	}
	if (oldest != NULL)
		memset(oldest, 0, sizeof(*oldest));
	return (oldest);
}

static struct entry *
new_entry(struct sts *s)
{
	if (s->n == ENTRIES_MAX)
		return (reuse_entry(s));
	return (s->entries[s->n++] = must_calloc(1,
	    sizeof(*s->entries[0])));
}

static struct entry *
get_entry(struct sts *s, struct str domain)
{
	struct entry *e = find_entry(s, domain);

	/* Who asks reads the name without the mutex: it is written once. */
	if (e == NULL && (e = new_entry(s)) != NULL)
		(void)snprintf(e->domain, sizeof(e->domain), "%.*s",
		    STR_FMT(domain));
	if (e != NULL)
		e->touched_ms = clock_mono_ms();
	return (e);
}

/* ---- asking ------------------------------------------------------------ */

struct errand {
	struct sts *s;
	struct entry *e;	/* busy, so it stays */
	bool is_forced;
};

static void *
run_errand(void *arg)
{
	struct errand *errand = arg;
	struct sts *s = errand->s;
	struct entry *e = errand->e;
	struct stsask_result result;

	stsask(&s->way, str_of(e->domain), errand->is_forced,
	    clock_mono_ms() + s->wait_ms, &result);
	free(errand);
	must(pthread_mutex_lock(&s->mutex) == 0);
	e->last = result;
	e->again_ms = clock_mono_ms() + result.again_ms;
	e->is_busy = false;
	s->askers--;
	(void)pthread_cond_broadcast(&s->changed);
	must(pthread_mutex_unlock(&s->mutex) == 0);
	return (NULL);
}

/* The mutex is held. False: too many are asked about already. */
static bool
start(struct sts *s, struct entry *e, bool is_forced)
{
	struct errand *errand;
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	if (s->askers >= ASKERS_MAX || is_over(s))
		return (false);
	errand = must_calloc(1, sizeof(*errand));
	*errand = (struct errand){ s, e, is_forced };
	must(pthread_attr_init(&attr) == 0);
	must(pthread_attr_setstacksize(&attr, ASKER_STACK_BYTES) == 0);
	must(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
	rc = pthread_create(&thread, &attr, run_errand, errand);
	(void)pthread_attr_destroy(&attr);
	if (rc != 0) {
		free(errand);
		return (false);
	}
	e->is_busy = true;
	s->askers++;
	return (true);
}

/* The mutex is held. False: at the deadline. */
static bool
wait_until(struct sts *s, int64_t deadline_ms)
{
	struct timespec at = { .tv_sec = (time_t)(deadline_ms / 1000),
		.tv_nsec = (long)(deadline_ms % 1000) * 1000000 };

	return (pthread_cond_timedwait(&s->changed, &s->mutex, &at) == 0);
}

/* The mutex is held. True: it is asked about, or was a moment ago; false: at
 * the deadline, others still are. */
static bool
wait_for_start(struct sts *s, struct entry *e, bool is_forced,
    int64_t deadline_ms)
{
	while (!e->is_busy && (is_forced || e->again_ms <= clock_mono_ms()) &&
	    !start(s, e, is_forced))
		if (is_over(s) || !wait_until(s, deadline_ms))
			return (false);
	return (true);
}

/* Have the domain asked about where it is time to, and wait for the end of it.
 * What came of it; a forced look waits for one that is on its way, too. */
static void
ask(struct sts *s, struct str domain, bool is_forced, int64_t deadline_ms,
    struct stsask_result *out)
{
	struct entry *e;
	bool is_late;

	*out = (struct stsask_result){ .reason = "too many domains are asked "
	    "about at the moment" };
	must(pthread_mutex_lock(&s->mutex) == 0);
	e = get_entry(s, domain);
	if (e != NULL) {
		e->waiters++;
		is_late = !wait_for_start(s, e, is_forced, deadline_ms);
		while (e->is_busy && wait_until(s, deadline_ms))
			;
		e->waiters--;
		if (e->is_busy)
			(void)snprintf(out->reason, sizeof(out->reason),
			    "the domain has not answered yet");
		else if (!is_late)
			*out = e->last;
	}
	must(pthread_mutex_unlock(&s->mutex) == 0);
}

/* ---- finding ----------------------------------------------------------- */

static bool
is_in_force(const struct store_sts *row, int64_t now_ms)
{
	return (row->text.len > 0 && row->expires_ms > now_ms);
}

static void
take_policy(const struct store_sts *row, int64_t began_ms, struct arena *a,
    struct sts_found *out)
{
	struct err err = ERR_INIT;

	/* It was valid when it was kept: another program did this. */
	if (stspolicy_parse(row->text, a, &out->policy, &err) == -1) {
		out->reason = str_of(arena_printf(a, "the policy in the "
		    "store: %s", err.msg));
		return;
	}
	out->text = row->text;
	out->id = row->id;
	out->note = row->note;
	out->fetched_ms = row->fetched_ms;
	out->expires_ms = row->expires_ms;
	out->is_cached = row->fetched_ms < began_ms;
	out->has_policy = out->policy.mode != STSPOLICY_NONE;
	if (!out->has_policy && out->reason.len == 0)
		out->reason = STR_LIT("the domain's policy is mode none");
}

/* To the day: a row is not written for each mail. */
static int
note_use(struct sts *s, const struct store_sts *row, int64_t now_ms,
    struct err *err)
{
	if (row->used_ms + CLOCK_DAY_MS > now_ms)
		return (0);
	return (store_sts_used(s->way.store, row->domain, now_ms, err));
}

static int
read_row(struct sts *s, struct str domain, struct arena *a,
    struct store_sts *row, struct err *err)
{
	bool found;

	memset(row, 0, sizeof(*row));
	return (store_sts_get(s->way.store, domain, a, row, &found, err));
}

static struct str
lower_name(struct str domain, struct arena *a)
{
	char *out;

	if (domain.len > 0 && domain.p[domain.len - 1] == '.')
		domain.len--;
	out = arena_alloc(a, domain.len + 1);
	for (size_t i = 0; i < domain.len; i++)
		out[i] = ascii_lower(domain.p[i]);
	return (str_make(out, domain.len));
}

static int
find(struct sts *s, struct str domain, bool is_forced, struct arena *a,
    struct sts_found *out, struct err *err)
{
	int64_t began_ms = clock_wall_ms(), limit_ms = clock_mono_ms();
	struct stsask_result result;
	struct store_sts row;

	if (read_row(s, domain, a, &row, err) == -1)
		return (-1);
	limit_ms += is_in_force(&row, began_ms) && !is_forced ?
	    MIN_OF(STS_WAIT_KNOWN_MS, s->wait_ms) : s->wait_ms;
	ask(s, domain, is_forced, limit_ms, &result);
	if (result.is_store_broken)
		return (err_set(err, ERR_TEMP,
		    "the store of MTA-STS policies failed"));
	if (read_row(s, domain, a, &row, err) == -1)
		return (-1);
	*out = (struct sts_found){ .failure = result.failure,
		.reason = str_of(arena_printf(a, "%s", result.reason)) };
	/* max_age 0 is good for the mail it was fetched for. */
	if (is_in_force(&row, began_ms) || (row.text.len > 0 &&
	    row.fetched_ms >= began_ms))
		take_policy(&row, began_ms, a, out);
	return (out->has_policy && !is_forced ?
	    note_use(s, &row, began_ms, err) : 0);
}

static int
find_checked(struct sts *s, struct str domain, bool is_forced,
    struct arena *a, struct sts_found *out, struct err *err)
{
	domain = lower_name(domain, a);
	/* An address literal has no policy, nor has what is no name. */
	if (domain.len > DOMAIN_MAX || domain.p[0] == '*' ||
	    !stspolicy_is_pattern(domain)) {
		*out = (struct sts_found){ .reason =
		    STR_LIT("not a domain name") };
		return (0);
	}
	if (find(s, domain, is_forced, a, out, err) == 0)
		return (0);
	return (err_in(err, "MTA-STS of %.*s", STR_FMT(domain)));
}

int
sts_find(struct sts *s, struct str domain, struct arena *a,
    struct sts_found *out, struct err *err)
{
	return (find_checked(s, domain, false, a, out, err));
}

int
sts_refresh(struct sts *s, struct str domain, struct arena *a,
    struct sts_found *out, struct err *err)
{
	return (find_checked(s, domain, true, a, out, err));
}

/* ---- refreshing -------------------------------------------------------- */

/* One after the other: nobody waits for these. A failure is kept with its
 * domain and moves its next try; the store's own show elsewhere. */
static void
refresh_due(struct sts *s)
{
	AUTO_ARENA struct arena *a = arena_new();
	int64_t now_ms = clock_wall_ms();
	struct err err = ERR_INIT;
	struct store_sts *rows;
	struct sts_found found;
	size_t n;

	if (store_sts_due(s->way.store, now_ms, now_ms - FORGET_MS, TEND_MAX,
	    a, &rows, &n, &err) == -1)
		return;
	for (size_t i = 0; i < n && !is_over(s); i++)
		if (sts_refresh(s, rows[i].domain, a, &found, &err) == -1)
			return;
	if (store_sts_expire(s->way.store, now_ms - FORGET_MS, &err) == -1)
		return;
}

static void *
tend(void *arg)
{
	struct sts *s = arg;

	while (!is_over(s)) {
		int64_t next_ms = clock_mono_ms() + TEND_MS;

		refresh_due(s);
		must(pthread_mutex_lock(&s->mutex) == 0);
		while (!is_over(s) && wait_until(s, next_ms))
			;
		must(pthread_mutex_unlock(&s->mutex) == 0);
	}
	return (NULL);
}

/* ---- open and close ---------------------------------------------------- */

int
sts_new(const struct sts_config *config, struct sts **out, struct err *err)
{
	struct sts *s = must_calloc(1, sizeof(*s));
	pthread_condattr_t attr;

	s->way = (struct stsask_way){ config->dns, config->store,
	    { config->dns, config->ca_file, config->may_be_private,
	    &s->is_over, false } };
	s->wait_ms = config->wait_ms > 0 ? config->wait_ms : STS_WAIT_MS;
	must(pthread_mutex_init(&s->mutex, NULL) == 0);
	must(pthread_condattr_init(&attr) == 0);
	must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	must(pthread_cond_init(&s->changed, &attr) == 0);
	(void)pthread_condattr_destroy(&attr);
	s->is_tended = config->does_refresh;
	if (s->is_tended && pthread_create(&s->tender, NULL, tend, s) != 0) {
		(void)pthread_cond_destroy(&s->changed);
		(void)pthread_mutex_destroy(&s->mutex);
		free(s);
		return (err_set(err, ERR_TEMP, "cannot start a thread"));
	}
	*out = s;
	return (0);
}

static unsigned
wait_for_askers(struct sts *s)
{
	int64_t limit_ms = clock_mono_ms() + END_MS;
	unsigned left;

	must(pthread_mutex_lock(&s->mutex) == 0);
	(void)pthread_cond_broadcast(&s->changed);
	while (s->askers > 0 && wait_until(s, limit_ms))
		;
	left = s->askers;
	must(pthread_mutex_unlock(&s->mutex) == 0);
	return (left);
}

bool
sts_free(struct sts **sp)
{
	struct sts *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return (true);
	__atomic_store_n(&s->is_over, true, __ATOMIC_RELEASE);
	if (wait_for_askers(s) > 0)
		return (false);
	if (s->is_tended)
		(void)pthread_join(s->tender, NULL);
	for (size_t i = 0; i < s->n; i++)
		free(s->entries[i]);
	(void)pthread_cond_destroy(&s->changed);
	(void)pthread_mutex_destroy(&s->mutex);
	free(s);
	return (true);
}
