/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redirects: one row for each address whose mail somebody else gets.
 *
 * Runs in the gateway and the CLI. Security: where mail goes; every change is
 * in the audit record.
 */
#include "store/redirects.h"

#include "base/fault.h"
#include "store/events.h"
#include "store/group.h"

#define STEPS_MAX 8		/* from one to the next */
#define ROWS_BYTES_MAX (64u << 20)

/* One step further. */
static int
next(struct db *d, struct str address, struct arena *a, struct str *out,
    bool *found, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "SELECT target FROM redirect"
	    " WHERE address = ?");
	int rc;

	db_bind_str(st, 1, address);
	rc = db_step(d, st, err);
	*found = rc == 1;
	if (rc == 1)
		*out = db_str(st, 0, a);
	(void)sqlite3_reset(st);
	return (rc == -1 ? -1 : 0);
}

/* From *at on to the last one. *is_loop: it comes to `start`, or takes more
 * than so many steps. */
static int
follow(struct db *d, struct str start, int steps, struct arena *a,
    struct str *at, bool *is_loop, struct err *err)
{
	for (int i = 0;; i++) {
		bool is_more;

		if (next(d, *at, a, at, &is_more, err) == -1)
			return (-1);
		*is_loop = is_more && (i == steps ||
		    str_eq_nocase(*at, start));
		if (!is_more || *is_loop)
			return (0);
	}
}

struct put_arg {
	const struct store_redirect *r;
	const struct store_event *event;
};

static int
put_write(struct db *d, void *arg, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	const struct put_arg *w = arg;
	struct str last = w->r->target;
	sqlite3_stmt *st;
	bool is_loop;

	if (FAULT_HERE("store.redirect") == -1)
		return (err_set(err, ERR_TEMP, "store: redirect"));
	/* This one is a step, too. */
	if (follow(d, w->r->address, STEPS_MAX - 1, a, &last, &is_loop,
	    err) == -1)
		return (-1);
	if (is_loop || str_eq_nocase(w->r->target, w->r->address))
		return (err_set(err, ERR_INPUT, "mail of %.*s would come back "
		    "to it", STR_FMT(w->r->address)));
	st = db_stmt(d, "INSERT OR REPLACE INTO redirect(address, target,"
	    " by, at_ms) VALUES(?, ?, ?, ?)");
	db_bind_str(st, 1, w->r->address);
	db_bind_str(st, 2, w->r->target);
	db_bind_str(st, 3, w->r->by);
	db_bind_int(st, 4, w->r->at_ms);
	if (db_run(d, st, err) == -1)
		return (-1);
	return (events_append(d, w->event, err));
}

int
store_redirect_put(struct store *s, const struct store_redirect *r,
    const struct store_event *event, struct err *err)
{
	struct put_arg w = { r, event };

	return (group_do(s, put_write, &w, err));
}

struct drop_arg {
	struct str address;
	const struct store_event *event;
	bool found;
};

static int
drop_write(struct db *d, void *arg, struct err *err)
{
	struct drop_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "DELETE FROM redirect"
	    " WHERE address = ?");

	db_bind_str(st, 1, w->address);
	if (db_run(d, st, err) == -1)
		return (-1);
	w->found = sqlite3_changes(d->handle) > 0;
	return (w->found ? events_append(d, w->event, err) : 0);
}

int
store_redirect_drop(struct store *s, struct str address,
    const struct store_event *event, bool *found, struct err *err)
{
	struct drop_arg w = { .address = address, .event = event };
	int rc = group_do(s, drop_write, &w, err);

	*found = w.found;
	return (rc);
}

int
store_redirect_of(struct store *s, struct str address, struct arena *a,
    struct str *target, bool *found, struct err *err)
{
	bool is_loop = false;
	struct db *d;
	int rc;

	*found = false;
	if (group_reader(s, &d, err) == -1)
		return (-1);
	*target = address;
	rc = follow(d, address, STEPS_MAX, a, target, &is_loop, err);
	group_reader_back(s, &d);
	/* A loop somebody made beside us: it stays with the first. */
	*found = rc == 0 && !is_loop && !str_eq_nocase(*target, address);
	return (rc);
}

int
store_redirects(struct store *s, struct arena *a,
    struct store_redirect **out, size_t *n, struct err *err)
{
	AUTO_BUF struct buf rows = BUF_INIT(ROWS_BYTES_MAX);
	sqlite3_stmt *st;
	struct db *d;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT address, target, by, at_ms FROM redirect"
	    " ORDER BY address");
	while ((rc = db_step(d, st, err)) == 1) {
		struct store_redirect r = { db_str(st, 0, a),
			db_str(st, 1, a), db_str(st, 2, a), db_int(st, 3) };

		buf_append(&rows, &r, sizeof(r));
	}
	group_reader_back(s, &d);
	if (rc == -1 || buf_check(&rows, "redirects", err) == -1)
		return (-1);
	*n = rows.len / sizeof(**out);
	*out = arena_array(a, *n + 1, sizeof(**out));
	if (rows.len > 0)
		memcpy(*out, rows.p, rows.len);
	return (0);
}
