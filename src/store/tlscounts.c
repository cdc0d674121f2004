/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlscounts: how TLS sessions went, added up by day, and which days were
 * reported.
 *
 * Runs in the gateway, once a minute; read behind `letterlock tls`. Security:
 * names and reasons come from other people's servers and zones; the number of
 * rows is bounded. Standards: RFC 8460 4.
 */
#include "base/clock.h"
#include "base/fault.h"
#include "store/acceptance.h"
#include "store/group.h"
#include "store/tlsrows.h"

struct count_arg {
	const struct store_tls_row *rows;
	size_t n;
};

/* How many rows a day has, counted once in a write. */
struct fill {
	int64_t day, n;
	bool is_known;
};

/* Rows of a day, or of a domain in it; no more than max are counted. */
static int
count_rows(struct db *d, int64_t day, const struct str *domain, int64_t max,
    int64_t *n, struct err *err)
{
	sqlite3_stmt *st = domain == NULL ?
	    db_stmt(d, "SELECT count(*) FROM (SELECT 1 FROM tls_count"
	    " WHERE day = ?1 LIMIT ?2)") :
	    db_stmt(d, "SELECT count(*) FROM (SELECT 1 FROM tls_count"
	    " WHERE day = ?1 AND domain = ?3 LIMIT ?2)");

	db_bind_int(st, 1, day);
	db_bind_int(st, 2, max);
	if (domain != NULL)
		db_bind_str(st, 3, *domain);
	if (db_step(d, st, err) != 1)
		return (-1);
	*n = db_int(st, 0);
	(void)sqlite3_reset(st);
	return (0);
}

static void
bind_key(sqlite3_stmt *st, const struct store_tls_row *r, int64_t policy)
{
	db_bind_int(st, 1, r->day);
	db_bind_str(st, 2, r->domain);
	db_bind_int(st, 3, policy);
	db_bind_str(st, 4, r->result);
	db_bind_str(st, 5, r->mx);
	db_bind_str(st, 6, r->receiving_ip);
	db_bind_str(st, 7, r->sending_ip);
	db_bind_str(st, 8, r->reason);
	db_bind_int(st, 9, (int64_t)r->count);
}

/* *is_there: such a row exists, and has the more. */
static int
add_to(struct db *d, const struct store_tls_row *r, int64_t policy,
    bool *is_there, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "UPDATE tls_count SET n = n + ?9"
	    " WHERE day = ?1 AND domain = ?2 AND policy = ?3 AND result = ?4"
	    " AND mx = ?5 AND receiving_ip = ?6 AND sending_ip = ?7"
	    " AND reason = ?8");

	bind_key(st, r, policy);
	if (db_run(d, st, err) == -1)
		return (-1);
	*is_there = sqlite3_changes(d->handle) > 0;
	return (0);
}

static int
add_or_insert(struct db *d, const struct store_tls_row *r, struct err *err)
{
	sqlite3_stmt *st;
	int64_t policy;
	bool is_there;

	if (tlsrows_policy(d, r, &policy, err) == -1 ||
	    add_to(d, r, policy, &is_there, err) == -1)
		return (-1);
	if (is_there)
		return (0);
	st = db_stmt(d, "INSERT INTO tls_count"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
	bind_key(st, r, policy);
	return (db_run(d, st, err));
}

struct store_tls_row
store_tls_shorten(const struct store_tls_row *r, bool has_domain)
{
	return ((struct store_tls_row){ .day = r->day,
	    .domain = has_domain ? r->domain : STR_NULL,
	    .policy_type = r->policy_type,
	    .policy_domain = has_domain ? r->domain : STR_NULL,
	    .result = r->result, .count = r->count });
}

static int
look_at_day(struct db *d, int64_t day, struct fill *f, struct err *err)
{
	if (f->is_known && f->day == day)
		return (0);
	*f = (struct fill){ .day = day };
	if (count_rows(d, day, NULL, STORE_TLS_DAY_ROWS_MAX, &f->n, err) == -1)
		return (-1);
	f->is_known = true;
	return (0);
}

static int
count_one(struct db *d, const struct store_tls_row *r, struct fill *f,
    struct err *err)
{
	struct store_tls_row less;
	int64_t policy, of_domain = 0;
	bool is_there;

	if (tlsrows_policy(d, r, &policy, err) == -1 ||
	    add_to(d, r, policy, &is_there, err) == -1)
		return (-1);
	if (is_there)
		return (0);
	if (count_rows(d, r->day, &r->domain, STORE_TLS_DOMAIN_ROWS_MAX,
	    &of_domain, err) == -1 || look_at_day(d, r->day, f, err) == -1)
		return (-1);
	if (f->n >= STORE_TLS_DAY_ROWS_MAX && of_domain == 0)
		less = store_tls_shorten(r, false);
	else if (f->n >= STORE_TLS_DAY_ROWS_MAX ||
	    of_domain >= STORE_TLS_DOMAIN_ROWS_MAX)
		less = store_tls_shorten(r, true);
	else {
		less = *r;
		f->n++;
	}
	return (add_or_insert(d, &less, err));
}

static int
count_write(struct db *d, void *arg, struct err *err)
{
	const struct count_arg *w = arg;
	struct fill fill = { .is_known = false };

	for (size_t i = 0; i < w->n; i++) {
		if (count_one(d, &w->rows[i], &fill, err) == -1)
			return (-1);
		if (FAULT_HERE("store.tls_count") == -1)
			return (err_set(err, ERR_TEMP, "store: tls_count"));
	}
	return (0);
}

int
store_tls_count(struct store *s, const struct store_tls_row *rows, size_t n,
    struct err *err)
{
	struct count_arg w = { rows, n };

	return (group_do(s, count_write, &w, err));
}

int
store_tls_rows(struct store *s, struct str domain, int64_t from_day,
    int64_t to_day, size_t max, struct arena *a, struct store_tls_row **out,
    size_t *n, struct err *err)
{
	struct store_tls_row *rows = arena_array(a, max, sizeof(*rows));
	size_t found = 0;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT c.day, c.domain, p.type, p.domain, p.text,"
	    " p.mx, c.result, c.mx, c.receiving_ip, c.sending_ip, c.reason,"
	    " c.n FROM tls_count c JOIN tls_policy p ON p.id = c.policy"
	    " WHERE c.day BETWEEN ?1 AND ?2 AND (?3 = '' OR c.domain = ?3)"
	    " ORDER BY c.day, c.domain, p.type, c.policy, c.result LIMIT ?4");
	db_bind_int(st, 1, from_day);
	db_bind_int(st, 2, to_day);
	db_bind_str(st, 3, domain);
	db_bind_int(st, 4, (int64_t)max);
	while ((rc = db_step(d, st, err)) == 1)
		rows[found++] = tlsrows_row(st, 0, a);
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*out = rows;
	*n = found;
	return (0);
}

/* ---- reports we send --------------------------------------------------- */

struct plan_arg {
	int64_t from_day, to_day, first_ms, spread_ms;
};

/* The chance is taken once and kept, so that all gateways have the same. */
static int
plan_write(struct db *d, void *arg, struct err *err)
{
	const struct plan_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "INSERT OR IGNORE INTO tls_report"
	    " SELECT day, domain, 0, (day + 1) * 86400000 + ?1"
	    " + abs(random() % (?2 + 1)) FROM (SELECT DISTINCT day, domain"
	    " FROM tls_count WHERE day BETWEEN ?3 AND ?4 AND domain != '')");

	db_bind_int(st, 1, w->first_ms);
	db_bind_int(st, 2, w->spread_ms);
	db_bind_int(st, 3, w->from_day);
	db_bind_int(st, 4, w->to_day);
	return (db_run(d, st, err));
}

int
store_tls_plan(struct store *s, int64_t from_day, int64_t to_day,
    int64_t first_ms, int64_t spread_ms, struct err *err)
{
	struct plan_arg w = { from_day, to_day, first_ms, spread_ms };

	return (group_do(s, plan_write, &w, err));
}

static int
read_reports(struct store *s, bool only_due, int64_t from, int64_t to,
    size_t max, struct arena *a, struct store_tls_report **out, size_t *n,
    struct err *err)
{
	struct store_tls_report *rows = arena_array(a, max, sizeof(*rows));
	size_t found = 0;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = only_due ? db_stmt(d, "SELECT day, domain, state, next_ms FROM"
	    " tls_report WHERE state = 0 AND next_ms BETWEEN ?1 AND ?2"
	    " ORDER BY next_ms LIMIT ?3") :
	    db_stmt(d, "SELECT day, domain, state, next_ms FROM tls_report"
	    " WHERE day BETWEEN ?1 AND ?2 ORDER BY day, domain LIMIT ?3");
	db_bind_int(st, 1, from);
	db_bind_int(st, 2, to);
	db_bind_int(st, 3, (int64_t)max);
	while ((rc = db_step(d, st, err)) == 1)
		rows[found++] = (struct store_tls_report){
			.day = db_int(st, 0), .domain = db_str(st, 1, a),
			.state = (enum store_tls_state)db_int(st, 2),
			.next_ms = db_int(st, 3) };
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*out = rows;
	*n = found;
	return (0);
}

int
store_tls_due(struct store *s, int64_t now_ms, size_t max, struct arena *a,
    struct store_tls_report **out, size_t *n, struct err *err)
{
	return (read_reports(s, true, 0, now_ms, max, a, out, n, err));
}

int
store_tls_reports(struct store *s, int64_t from_day, int64_t to_day,
    size_t max, struct arena *a, struct store_tls_report **out, size_t *n,
    struct err *err)
{
	return (read_reports(s, false, from_day, to_day, max, a, out, n,
	    err));
}

struct settle_arg {
	enum store_tls_state from;
	const struct store_tls_report *report;
	const struct store_accept *mail;
	const char *owner;
	bool is_ours;
};

static int
settle_write(struct db *d, void *arg, struct err *err)
{
	struct settle_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "UPDATE tls_report SET state = ?,"
	    " next_ms = ? WHERE day = ? AND domain = ? AND state = ?");

	db_bind_int(st, 1, w->report->state);
	db_bind_int(st, 2, w->report->next_ms);
	db_bind_int(st, 3, w->report->day);
	db_bind_str(st, 4, w->report->domain);
	db_bind_int(st, 5, w->from);
	if (db_run(d, st, err) == -1)
		return (-1);
	w->is_ours = sqlite3_changes(d->handle) > 0;
	if (FAULT_HERE("store.tls_settle") == -1)
		return (err_set(err, ERR_TEMP, "store: tls_settle"));
	if (!w->is_ours || w->mail == NULL)
		return (0);
	return (acceptance_put(d, w->mail, w->owner, err));
}

int
store_tls_settle(struct store *s, enum store_tls_state from,
    const struct store_tls_report *r, const struct store_accept *mail,
    bool *is_ours, struct err *err)
{
	struct settle_arg w = { .from = from, .report = r, .mail = mail,
		.owner = group_owner(s) };

	/* Small enough to be a row: there is no file to write first. */
	for (size_t i = 0; mail != NULL && i < mail->n_payloads; i++)
		if (mail->payloads[i].sealed.len >= BLOB_BYTES_MIN)
			return (err_set(err, ERR_LIMIT, "a TLS report is too "
			    "large"));
	if (group_do(s, settle_write, &w, err) == -1)
		return (-1);
	*is_ours = w.is_ours;
	return (0);
}
