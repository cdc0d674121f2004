/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsreceived: what others report about TLS to our servers, and forgetting
 * what is old.
 *
 * Runs in the gateway and behind `letterlock tls`. Security: what is kept was
 * read by transport/tlsread within its limits; who sends reports may say
 * anything, so each is shown with the name it gives itself.
 */
#include "base/clock.h"
#include "base/fault.h"
#include "store/group.h"
#include "store/tlsrows.h"

struct put_arg {
	const struct store_tls_received *report;
	bool is_new;
};

static int
put_row(struct db *d, int64_t report, const struct store_tls_row *r,
    struct err *err)
{
	sqlite3_stmt *st;
	int64_t policy;

	if (tlsrows_policy(d, r, &policy, err) == -1)
		return (-1);
	st = db_stmt(d, "INSERT INTO tls_received_row"
	    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	db_bind_int(st, 1, report);
	db_bind_int(st, 2, r->day);
	db_bind_str(st, 3, r->domain);
	db_bind_int(st, 4, policy);
	db_bind_str(st, 5, r->result);
	db_bind_str(st, 6, r->mx);
	db_bind_str(st, 7, r->receiving_ip);
	db_bind_str(st, 8, r->sending_ip);
	db_bind_str(st, 9, r->reason);
	db_bind_int(st, 10, (int64_t)r->count);
	return (db_run(d, st, err));
}

static int
put_write(struct db *d, void *arg, struct err *err)
{
	struct put_arg *w = arg;
	const struct store_tls_received *r = w->report;
	sqlite3_stmt *st = db_stmt(d, "INSERT OR IGNORE INTO tls_received("
	    "organisation, report_id, contact, start_ms, end_ms, at_ms)"
	    " VALUES(?, ?, ?, ?, ?, ?)");
	int64_t id;

	db_bind_str(st, 1, r->organisation);
	db_bind_str(st, 2, r->report_id);
	db_bind_str(st, 3, r->contact);
	db_bind_int(st, 4, r->start_ms);
	db_bind_int(st, 5, r->end_ms);
	db_bind_int(st, 6, r->at_ms);
	if (db_run(d, st, err) == -1)
		return (-1);
	w->is_new = sqlite3_changes(d->handle) > 0;
	if (!w->is_new)
		return (0);
	id = sqlite3_last_insert_rowid(d->handle);
	for (size_t i = 0; i < r->n_rows; i++)
		if (put_row(d, id, &r->rows[i], err) == -1)
			return (-1);
	if (FAULT_HERE("store.tls_received") == -1)
		return (err_set(err, ERR_TEMP, "store: tls_received"));
	return (0);
}

int
store_tls_received_put(struct store *s, const struct store_tls_received *r,
    bool *is_new, struct err *err)
{
	struct put_arg w = { .report = r };

	if (group_do(s, put_write, &w, err) == -1)
		return (-1);
	*is_new = w.is_new;
	return (0);
}

int
store_tls_received(struct store *s, struct str domain, int64_t from_day,
    size_t max, struct arena *a, struct store_tls_received_row **out,
    size_t *n, struct err *err)
{
	struct store_tls_received_row *rows =
	    arena_array(a, max, sizeof(*rows));
	size_t found = 0;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT t.organisation, t.report_id, t.contact,"
	    " r.day, r.domain, p.type, p.domain, p.text, p.mx, r.result,"
	    " r.mx, r.receiving_ip, r.sending_ip, r.reason, r.n"
	    " FROM tls_received_row r JOIN tls_received t ON t.id = r.report"
	    " JOIN tls_policy p ON p.id = r.policy WHERE r.day >= ?1"
	    " AND (?2 = '' OR r.domain = ?2)"
	    " ORDER BY r.day DESC, t.id, r.domain, p.type, r.policy, r.result"
	    " LIMIT ?3");
	db_bind_int(st, 1, from_day);
	db_bind_str(st, 2, domain);
	db_bind_int(st, 3, (int64_t)max);
	while ((rc = db_step(d, st, err)) == 1)
		rows[found++] = (struct store_tls_received_row){
			.organisation = db_str(st, 0, a),
			.report_id = db_str(st, 1, a),
			.contact = db_str(st, 2, a),
			.row = tlsrows_row(st, 3, a) };
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*out = rows;
	*n = found;
	return (0);
}

/* ---- forgetting -------------------------------------------------------- */

static int
expire_write(struct db *d, void *arg, struct err *err)
{
	const int64_t *before = arg;
	sqlite3_stmt *st[] = {
		db_stmt(d, "DELETE FROM tls_count WHERE day < ?1"),
		db_stmt(d, "DELETE FROM tls_report WHERE day < ?1"),
		db_stmt(d, "DELETE FROM tls_received_row WHERE day < ?1"),
		db_stmt(d, "DELETE FROM tls_received WHERE end_ms <"
		    " ?1 * 86400000 AND id NOT IN (SELECT report FROM"
		    " tls_received_row)"),
		db_stmt(d, "DELETE FROM tls_policy WHERE ?1 IS NOT NULL AND"
		    " id NOT IN (SELECT policy FROM tls_count) AND id NOT IN"
		    " (SELECT policy FROM tls_received_row)"),
	};

	for (size_t i = 0; i < COUNT_OF(st); i++) {
		db_bind_int(st[i], 1, *before);
		if (db_run(d, st[i], err) == -1)
			return (-1);
	}
	return (0);
}

int
store_tls_expire(struct store *s, int64_t before_day, struct err *err)
{
	return (group_do(s, expire_write, &before_day, err));
}
