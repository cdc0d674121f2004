/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines: the queue by route, and which destinations do not answer.
 *
 * Runs in the gateway and behind `letterlock queue`.
 */
#include "base/clock.h"
#include "store/group.h"
#include "store/lines.h"
#include "store/rows.h"

int
store_lines(struct store *s, size_t max, struct arena *a,
    struct store_line **out, size_t *n, struct err *err)
{
	struct store_line *lines = arena_array(a, max, sizeof(*lines));
	struct db *d;
	sqlite3_stmt *st;
	size_t found = 0;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	/* The reply is that of an item that was tried most often. */
	st = db_stmt(d, "SELECT route, sum(state = 0), sum(state = 1),"
	    " sum(state = 0 AND owner IS NOT NULL), min(created_ms),"
	    " min(next_ms) FILTER (WHERE state = 0 AND owner IS NULL),"
	    " substr(max(printf('%08d', attempts) || last_reply)"
	    " FILTER (WHERE last_reply <> ''), 9)"
	    " FROM item WHERE state < 2 GROUP BY route LIMIT ?");
	db_bind_int(st, 1, (int64_t)max);
	while ((rc = db_step(d, st, err)) == 1)
		lines[found++] = (struct store_line){
			.route = db_str(st, 0, a),
			.n_queued = (size_t)db_int(st, 1),
			.n_held = (size_t)db_int(st, 2),
			.n_leased = (size_t)db_int(st, 3),
			.oldest_ms = db_int(st, 4),
			.next_ms = db_int(st, 5),
			.last_reply = db_str(st, 6, a) };
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*out = lines;
	*n = found;
	return (0);
}

int
store_item_find(struct store *s, const struct id *item, struct arena *a,
    struct store_item *out, struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT " ROWS_ITEM " FROM item WHERE id = ?");
	db_bind_id(st, 1, item);
	rc = db_step(d, st, err);
	if (rc == 1) {
		rows_item(st, a, out);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	if (rc == 0)
		return (err_set(err, ERR_INPUT, "no such item"));
	return (rc == -1 ? -1 : 0);
}

/* ---- the sick --------------------------------------------------------- */

struct sick_arg {
	struct store_sick sick;
	bool is_well;
	char text[];		/* the name and the reply */
};

static int
sick_write(struct db *d, void *arg, struct err *err)
{
	const struct sick_arg *w = arg;
	const struct store_sick *k = &w->sick;
	sqlite3_stmt *st;

	if (w->is_well) {
		st = db_stmt(d, "DELETE FROM sick WHERE name = ?");
		db_bind_str(st, 1, k->name);
		return (db_run(d, st, err));
	}
	st = db_stmt(d,
	    "INSERT OR REPLACE INTO sick VALUES(?, ?, ?, ?, ?, ?, ?)");
	db_bind_str(st, 1, k->name);
	db_bind_int(st, 2, k->is_slow);
	db_bind_int(st, 3, k->failures);
	db_bind_int(st, 4, k->pause_ms);
	db_bind_int(st, 5, k->until_ms);
	db_bind_int(st, 6, k->noted_ms);
	db_bind_str(st, 7, k->reply);
	return (db_run(d, st, err));
}

static void
put(struct store *s, const struct store_sick *sick, bool is_well)
{
	size_t name = sick->name.len, reply = sick->reply.len;
	struct sick_arg *w = must_calloc(1, sizeof(*w) + name + reply + 1);

	w->sick = *sick;
	w->is_well = is_well;
	memcpy(w->text, sick->name.p, name);
	if (reply > 0)
		memcpy(w->text + name, sick->reply.p, reply);
	w->sick.name = str_make(w->text, name);
	w->sick.reply = str_make(w->text + name, reply);
	group_later(s, sick_write, w, free);
}

void
store_sick_put(struct store *s, const struct store_sick *sick)
{
	put(s, sick, false);
}

void
store_sick_drop(struct store *s, struct str name)
{
	const struct store_sick sick = { .name = name };

	put(s, &sick, true);
}

int
store_sick_all(struct store *s, size_t max, struct arena *a,
    struct store_sick **out, size_t *n, struct err *err)
{
	struct store_sick *list = arena_array(a, max, sizeof(*list));
	struct db *d;
	sqlite3_stmt *st;
	size_t found = 0;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT name, slow, failures, pause_ms, until_ms,"
	    " noted_ms, reply FROM sick LIMIT ?");
	db_bind_int(st, 1, (int64_t)max);
	while ((rc = db_step(d, st, err)) == 1)
		list[found++] = (struct store_sick){ .name = db_str(st, 0, a),
			.is_slow = db_int(st, 1) != 0,
			.failures = (unsigned)db_int(st, 2),
			.pause_ms = db_int(st, 3),
			.until_ms = db_int(st, 4),
			.noted_ms = db_int(st, 5),
			.reply = db_str(st, 6, a) };
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*out = list;
	*n = found;
	return (0);
}

static int
forget_write(struct db *d, void *arg, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "DELETE FROM sick WHERE noted_ms < ?");

	db_bind_int(st, 1, *(const int64_t *)arg);
	return (db_run(d, st, err));
}

int
store_sick_forget(struct store *s, int64_t before_ms, struct err *err)
{
	return (group_do(s, forget_write, &before_ms, err));
}
