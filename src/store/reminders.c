/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reminders: names of mails that were sent, and people who were seen.
 *
 * Runs in the gateway, in the thread that tends, and in the CLI. Security:
 * addresses and numbers of people inside.
 */
#include "store/reminders.h"

#include "base/fault.h"
#include "store/acceptance.h"
#include "store/blobs.h"
#include "store/group.h"

#define PEOPLE_BYTES_MAX (1u << 30)

/* ---- reminders -------------------------------------------------------- */

static int
is_taken(struct db *d, struct str name, bool *out, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "SELECT 1 FROM reminder WHERE name = ?");
	int rc;

	db_bind_str(st, 1, name);
	rc = db_step(d, st, err);
	*out = rc == 1;
	(void)sqlite3_reset(st);
	return (rc == -1 ? -1 : 0);
}

int
store_reminders_new(struct store *s, const struct str *names, size_t n,
    bool *is_new, struct err *err)
{
	struct db *d;
	int rc = 0;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		bool taken;

		rc = is_taken(d, names[i], &taken, err);
		is_new[i] = !taken;
	}
	group_reader_back(s, &d);
	return (rc);
}

struct take_arg {
	const struct str *names;
	size_t n;
	int64_t at_ms;
	const struct store_accept *mail;
	const char *owner;
	bool first;
};

static int
take_write(struct db *d, void *arg, struct err *err)
{
	struct take_arg *w = arg;
	bool taken = false;

	w->first = false;
	for (size_t i = 0; !taken && i < w->n; i++)
		if (is_taken(d, w->names[i], &taken, err) == -1)
			return (-1);
	/* Another gateway was faster. */
	if (taken)
		return (0);
	for (size_t i = 0; i < w->n; i++) {
		sqlite3_stmt *st = db_stmt(d, "INSERT INTO reminder(name,"
		    " at_ms) VALUES(?, ?)");

		db_bind_str(st, 1, w->names[i]);
		db_bind_int(st, 2, w->at_ms);
		if (db_run(d, st, err) == -1)
			return (-1);
	}
	if (FAULT_HERE("store.reminders") == -1)
		return (err_set(err, ERR_TEMP, "store: reminders"));
	w->first = true;
	return (w->mail == NULL ? 0 : acceptance_put(d, w->mail, w->owner,
	    err));
}

int
store_reminders_take(struct store *s, const struct str *names, size_t n,
    int64_t at_ms, const struct store_accept *accept, bool *first,
    struct err *err)
{
	struct take_arg w = { .names = names, .n = n, .at_ms = at_ms,
		.mail = accept, .owner = group_owner(s) };

	/* Small enough to be a row: there is no file to write first. */
	for (size_t i = 0; accept != NULL && i < accept->n_payloads; i++)
		if (accept->payloads[i].sealed.len >= BLOB_BYTES_MIN)
			return (err_set(err, ERR_LIMIT,
			    "a reminder is too large"));
	if (group_do(s, take_write, &w, err) == -1)
		return (-1);
	*first = w.first;
	return (0);
}

/* ---- people ----------------------------------------------------------- */

int
store_people(struct store *s, struct arena *a, struct store_person **out,
    size_t *n, struct err *err)
{
	AUTO_BUF struct buf rows = BUF_INIT(PEOPLE_BYTES_MAX);
	sqlite3_stmt *st;
	struct db *d;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT address, employee, seen_ms, gone_ms,"
	    " manager FROM person ORDER BY address");
	while ((rc = db_step(d, st, err)) == 1) {
		struct store_person p = { db_str(st, 0, a), db_str(st, 1, a),
			db_int(st, 2), db_int(st, 3), db_str(st, 4, a) };

		buf_append(&rows, &p, sizeof(p));
	}
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*n = rows.len / sizeof(**out);
	*out = arena_array(a, *n + 1, sizeof(**out));
	if (rows.len > 0)
		memcpy(*out, rows.p, rows.len);
	return (0);
}

struct people_arg {
	const struct store_person *p;
	size_t n;
};

static int
people_write(struct db *d, void *arg, struct err *err)
{
	const struct people_arg *w = arg;

	for (size_t i = 0; i < w->n; i++) {
		sqlite3_stmt *st = db_stmt(d, "INSERT OR REPLACE INTO person("
		    "address, employee, seen_ms, gone_ms, manager)"
		    " VALUES(?, ?, ?, ?, ?)");

		db_bind_str(st, 1, w->p[i].address);
		db_bind_str(st, 2, w->p[i].employee);
		db_bind_int(st, 3, w->p[i].seen_ms);
		db_bind_int(st, 4, w->p[i].gone_ms);
		db_bind_str(st, 5, w->p[i].manager);
		if (db_run(d, st, err) == -1)
			return (-1);
	}
	return (0);
}

int
store_people_put(struct store *s, const struct store_person *p, size_t n,
    struct err *err)
{
	struct people_arg w = { p, n };

	return (n == 0 ? 0 : group_do(s, people_write, &w, err));
}

static int
forget_write(struct db *d, void *arg, struct err *err)
{
	const struct str *address = arg;
	sqlite3_stmt *st = db_stmt(d, "DELETE FROM person WHERE address = ?");

	db_bind_str(st, 1, *address);
	return (db_run(d, st, err));
}

int
store_people_forget(struct store *s, struct str address, struct err *err)
{
	return (group_do(s, forget_write, &address, err));
}
