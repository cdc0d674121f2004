/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsreporting: a thread that keeps counts every minute and sends each domain
 * its report of the day before.
 *
 * Runs in the gateway. A report and the mark that it was sent are one
 * transaction, so any number of gateways, killed at any time, send it once.
 * Security: whoever has a zone can have us send one mail a day to addresses of
 * their choice: few addresses, only about sessions that took place, nothing of
 * any message. Standards: RFC 8460.
 */
#include "relay/tlsreporting.h"

#include <pthread.h>

#include "base/log.h"
#include "relay/route.h"
#include "smtp/service.h"
#include "transport/tlsrecord.h"
#include "transport/tlsreport.h"

#define DUE_MAX 50		/* reports in one go */
#define ROWS_MAX (2 * STORE_TLS_DOMAIN_ROWS_MAX)	/* short rows are few */
#define MAIL_MAX (160u << 10)	/* sealed it is a row of the store, no file */
#define POST_MAX (32u << 20)	/* more than ROWS_MAX rows can have */
#define NAP_MS 200
#define STOP_LEAST_MS CLOCK_SECOND_MS	/* a nap, and a write */
#define SEND_FOR_MS (20 * CLOCK_SECOND_MS)	/* then counts are kept first */

struct tlsreporting {
	struct tlsreporting_config config;
	pthread_t thread;
	bool is_stopping, is_over;	/* atomic */
};

void
tlsreporting_flush(const struct tlsreporting_config *c)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;
	struct store_tls_row *rows;
	size_t n = tlsreport_tally_take(c->tally, a, &rows);

	if (n == 0 || store_tls_count(c->store, rows, n, &err) == 0)
		return;
	tlsreport_tally_return(c->tally, rows, n);
	log_warn("tls_counts_wait", "rows=%zu reason=\"%s\"", n, err.msg);
}

/* ---- one report -------------------------------------------------------- */

/* One mail per address. */
struct sending {
	const struct tlsreporting_config *config;
	const struct store_tls_report *due;
	struct tlsreport report;
	struct store_tls_row *rows;	/* the report's */
	struct arena *arena;
	struct store_payload payloads[TLSRECORD_TARGETS_MAX];
	struct store_item items[TLSRECORD_TARGETS_MAX];
	struct buf sealed[TLSRECORD_TARGETS_MAX];
	size_t n;
};

/* The same on every gateway: who gets it twice by a fault of their own sees
 * that. */
static struct str
name_report(const struct sending *s)
{
	char day[CLOCK_RFC3339_SIZE];

	clock_rfc3339(s->due->day * CLOCK_DAY_MS, day);
	return (str_of(arena_printf(s->arena, "%.10s.%.*s@%s", day,
	    STR_FMT(s->due->domain), s->config->way->settings->hostname)));
}

static int
load(struct sending *s, struct err *err)
{
	const struct settings *settings = s->config->way->settings;
	struct tlsreport *r = &s->report;

	if (store_tls_rows(s->config->store, s->due->domain, s->due->day,
	    s->due->day, ROWS_MAX, s->arena, &s->rows, &r->n_rows,
	    err) == -1)
		return (-1);
	r->rows = s->rows;
	r->organisation = str_of(settings->portal.organisation != NULL ?
	    settings->portal.organisation : settings->hostname);
	r->contact = str_of(settings->delivery.tls_reports);
	r->report_id = name_report(s);
	r->start_ms = s->due->day * CLOCK_DAY_MS;
	r->end_ms = r->start_ms + CLOCK_DAY_MS - CLOCK_SECOND_MS;
	return (0);
}

static int
write_mail(struct sending *s, struct str to, struct err *err)
{
	AUTO_BUF struct buf mail = BUF_INIT(MAIL_MAX);
	const struct settings *settings = s->config->way->settings;
	struct store_payload *payload = &s->payloads[s->n];
	struct buf *sealed = &s->sealed[s->n];
	struct tlsreport_letter letter = {
		.from = str_of(settings->delivery.tls_reports), .to = to,
		.submitter = str_of(settings->hostname),
		.domain = s->due->domain, .now_ms = clock_wall_ms() };

	buf_done(sealed);
	buf_init(sealed, 2 * MAIL_MAX);
	payload->id = id_new();
	if (tlsreport_mail(&s->report, &letter, &mail, err) == -1 ||
	    spool_seal(s->config->spool, &payload->id, buf_view(&mail),
	    &payload->spool, sealed, err) == -1)
		return (-1);
	payload->sealed = buf_view(sealed);
	s->items[s->n++] = (struct store_item){ .id = id_new(),
	    .payload = payload->id, .spool = payload->spool,
	    .kind = STR_LIT(TLSREPORTING_KIND), .sender = letter.from,
	    .recipient = to,
	    .route = route_of(s->config->way, to, false),
	    .notify = SMTP_NOTIFY_NEVER, .created_ms = letter.now_ms,
	    .next_ms = letter.now_ms,
	    .expires_ms = letter.now_ms + TLSREPORTING_EXPIRE_MS };
	return (0);
}

static int
write_mails(struct sending *s, const struct tlsrecord *record,
    struct err *err)
{
	s->n = 0;
	for (size_t i = 0; i < record->n; i++)
		if (!record->targets[i].is_https &&
		    write_mail(s, record->targets[i].address, err) == -1)
			return (-1);
	return (0);
}

/* Policies are the largest part of a report and the best known to whom it
 * goes. */
static int
write_within_limits(struct sending *s, const struct tlsrecord *record,
    struct err *err)
{
	if (write_mails(s, record, err) == 0)
		return (0);
	if (err->kind != ERR_LIMIT)
		return (-1);
	err_clear(err);
	for (size_t i = 0; i < s->report.n_rows; i++)
		s->rows[i].policy = s->rows[i].mx_patterns = STR_NULL;
	return (write_mails(s, record, err));
}

/* To those who want it by HTTPS; *taken is how many took it. */
static int
post_all(const struct sending *s, const struct tlsrecord *record,
    size_t *taken, struct err *err)
{
	AUTO_BUF struct buf json = BUF_INIT(POST_MAX);
	AUTO_BUF struct buf file = BUF_INIT(2 * POST_MAX);
	const struct tlsreporting_config *c = s->config;

	*taken = 0;
	if (tlsreport_render(&s->report, &json, err) == -1 ||
	    tlsreport_gzip(buf_view(&json), &file, err) == -1)
		return (-1);
	for (size_t i = 0; i < record->n; i++) {
		const struct tlsrecord_target *t = &record->targets[i];
		struct err why = ERR_INIT;

		if (!t->is_https)
			continue;
		if (c->post(c->ctx, t->address.p, buf_view(&file), &why) == 0)
			(*taken)++;
		else
			log_warn("tls_report_not_taken", "domain=%.*s "
			    "reason=\"%s\"", STR_FMT(s->due->domain), why.msg);
	}
	return (0);
}

/* The domain's wish. Fails when the DNS does not answer now. */
static int
ask(const struct sending *s, struct tlsrecord *record, bool *is_wanted,
    struct err *err)
{
	const struct tlsreporting_config *c = s->config;
	struct str name = str_of(arena_printf(s->arena,
	    TLSRECORD_NAME "%.*s", STR_FMT(s->due->domain))), *texts = NULL;
	size_t n = 0;

	if (c->txt(c->ctx, name, s->arena, &texts, &n, err) == -1) {
		if (err->kind != ERR_PERM)
			return (-1);
		err_clear(err);
		n = 0;
	}
	*is_wanted = tlsrecord_read(texts, n, s->arena, record);
	return (0);
}

/* Returns 1 where another gateway was faster. */
static int
settle(const struct sending *s, enum store_tls_state state, int64_t next_ms,
    struct err *err)
{
	struct store_accept mail = { .payloads = s->payloads,
		.n_payloads = s->n, .items = s->items, .n_items = s->n };
	struct store_tls_report r = *s->due;
	bool is_ours;

	r.state = state;
	r.next_ms = next_ms;
	if (store_tls_settle(s->config->store, STORE_TLS_PLANNED, &r,
	    s->n > 0 ? &mail : NULL, &is_ours, err) == -1)
		return (-1);
	if (is_ours && s->n > 0)
		log_info("tls_report", "domain=%.*s addresses=%zu "
		    "report=%.*s", STR_FMT(r.domain), s->n,
		    STR_FMT(s->report.report_id));
	return (is_ours ? 0 : 1);
}

/* What nobody took by HTTPS, nor gets by mail, is tried again later. */
static int
post(const struct sending *s, const struct tlsrecord *record, int64_t now,
    struct err *err)
{
	struct store_tls_report r = *s->due;
	size_t taken;
	bool is_ours;
	int rc = settle(s, STORE_TLS_POSTING, now, err);

	if (rc != 0)
		return (rc);
	if (post_all(s, record, &taken, err) == -1)
		return (-1);
	if (taken > 0)
		log_info("tls_report", "domain=%.*s servers=%zu report=%.*s",
		    STR_FMT(r.domain), taken, STR_FMT(s->report.report_id));
	r.state = taken + s->n > 0 ? STORE_TLS_SENT : STORE_TLS_PLANNED;
	r.next_ms = now + TLSREPORTING_AGAIN_MS;
	return (store_tls_settle(s->config->store, STORE_TLS_POSTING, &r, NULL,
	    &is_ours, err));
}

static int
send_one(struct sending *s, struct err *err)
{
	int64_t now = clock_wall_ms();
	struct tlsrecord record;
	struct err why = ERR_INIT;
	bool is_wanted;

	if (now > (s->due->day + 1 + TLSREPORTING_DAYS) * CLOCK_DAY_MS)
		return (settle(s, STORE_TLS_GIVEN_UP, now, err));
	if (ask(s, &record, &is_wanted, &why) == -1)
		return (settle(s, STORE_TLS_PLANNED,
		    now + TLSREPORTING_AGAIN_MS, err));
	if (!is_wanted)
		return (settle(s, STORE_TLS_UNWANTED, now, err));
	if (load(s, err) == -1)
		return (-1);
	if (write_within_limits(s, &record, err) == -1) {
		if (err->kind != ERR_LIMIT)
			return (-1);
		log_warn("tls_report_too_large", "domain=%.*s",
		    STR_FMT(s->due->domain));
		err_clear(err);
		s->n = 0;
		return (settle(s, STORE_TLS_GIVEN_UP, now, err));
	}
	return (s->n < record.n ? post(s, &record, now, err) :
	    settle(s, STORE_TLS_SENT, now, err));
}

static void
send_report(const struct tlsreporting_config *c,
    const struct store_tls_report *due)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct sending s = { .config = c, .due = due, .arena = a };
	struct err err = ERR_INIT;

	if (send_one(&s, &err) == -1)
		log_warn("tls_report_failed", "domain=%.*s reason=\"%s\"",
		    STR_FMT(due->domain), err.msg);
	for (size_t i = 0; i < TLSRECORD_TARGETS_MAX; i++)
		buf_done(&s.sealed[i]);
}

/* Not for longer than counts may wait, nor when it is to end. */
static void
send_all(const struct tlsreporting_config *c,
    const struct store_tls_report *due, size_t n, const bool *is_stopping)
{
	int64_t end = clock_mono_ms() + SEND_FOR_MS;

	for (size_t i = 0; i < n && clock_mono_ms() < end; i++) {
		if (is_stopping != NULL &&
		    __atomic_load_n(is_stopping, __ATOMIC_ACQUIRE))
			return;
		send_report(c, &due[i]);
	}
}

void
tlsreporting_send(const struct tlsreporting_config *c,
    const bool *is_stopping)
{
	AUTO_ARENA struct arena *a = arena_new();
	int64_t now = clock_wall_ms(), today = now / CLOCK_DAY_MS;
	struct store_tls_report *due;
	struct err err = ERR_INIT;
	size_t n;

	if (c->way->settings->delivery.tls_reports == NULL)
		return;
	if (store_tls_plan(c->store, today - TLSREPORTING_DAYS, today - 1,
	    TLSREPORTING_FIRST_MS, TLSREPORTING_SPREAD_MS, &err) == -1 ||
	    store_tls_due(c->store, now, DUE_MAX, a, &due, &n, &err) == -1) {
		log_warn("tls_reports_failed", "reason=\"%s\"", err.msg);
		return;
	}
	send_all(c, due, n, is_stopping);
}

/* ---- the thread -------------------------------------------------------- */

static void
forget(const struct tlsreporting_config *c)
{
	struct err err = ERR_INIT;

	if (store_tls_expire(c->store, clock_wall_ms() / CLOCK_DAY_MS -
	    TLSREPORTING_KEEP_DAYS, &err) == -1)
		log_warn("tls_forget_failed", "reason=\"%s\"", err.msg);
}

static void *
report_for_ever(void *arg)
{
	struct tlsreporting *t = arg;
	int64_t now = clock_mono_ms(), flush = now + TLSREPORTING_FLUSH_MS;
	int64_t tick = now, old = now + CLOCK_HOUR_MS;

	while (!__atomic_load_n(&t->is_stopping, __ATOMIC_ACQUIRE)) {
		clock_sleep_until(clock_mono_ms() + NAP_MS);
		now = clock_mono_ms();
		if (now >= flush) {
			tlsreporting_flush(&t->config);
			flush = now + TLSREPORTING_FLUSH_MS;
		}
		if (now >= tick) {
			tlsreporting_send(&t->config, &t->is_stopping);
			tick = now + TLSREPORTING_TICK_MS;
		}
		if (now >= old) {
			forget(&t->config);
			old = now + CLOCK_DAY_MS;
		}
	}
	tlsreporting_flush(&t->config);
	__atomic_store_n(&t->is_over, true, __ATOMIC_RELEASE);
	return (NULL);
}

struct tlsreporting *
tlsreporting_start(const struct tlsreporting_config *config)
{
	struct tlsreporting *t = must_calloc(1, sizeof(*t));

	t->config = *config;
	must(pthread_create(&t->thread, NULL, report_for_ever, t) == 0);
	return (t);
}

void
tlsreporting_stop(struct tlsreporting **tp, int64_t deadline_ms)
{
	struct tlsreporting *t = *tp;

	if (t == NULL)
		return;
	deadline_ms = MAX_OF(deadline_ms, clock_mono_ms() + STOP_LEAST_MS);
	__atomic_store_n(&t->is_stopping, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&t->is_over, __ATOMIC_ACQUIRE)) {
		if (clock_mono_ms() >= deadline_ms) {
			tlsreporting_flush(&t->config);
			return;
		}
		clock_sleep_until(clock_mono_ms() + 10);
	}
	(void)pthread_join(t->thread, NULL);
	free(t);
	*tp = NULL;
}
