/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certorders: certificates that were ordered somewhere, until they are there;
 * and reminders that went out, so that none goes out twice.
 *
 * Runs in the gateway and the CLI. Security: detail is what a way keeps between
 * two tries; a secret of it is the way's to seal.
 */
#include "base/fault.h"
#include "store/acceptance.h"
#include "store/certrows.h"
#include "store/events.h"
#include "store/group.h"

#define COLUMNS "id, workspace, key, address, way, state, created_ms," \
    " next_ms, attempts, detail, reason"

/* ---- orders ------------------------------------------------------------ */

struct order_arg {
	const struct store_order *order;
	struct str before;
	bool is_kept;
	const struct store_event *event;
};

static int
order_write(struct db *d, void *arg, struct err *err)
{
	const struct order_arg *w = arg;
	const struct store_order *o = w->order;
	sqlite3_stmt *st = db_stmt(d, "INSERT OR REPLACE INTO cert_order("
	    COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

	if (FAULT_HERE("store.order") == -1)
		return (err_set(err, ERR_TEMP, "store: order"));
	db_bind_id(st, 1, &o->id);
	db_bind_blob(st, 2, o->workspace.b, ID_BYTES);
	db_bind_id(st, 3, &o->key);
	db_bind_str(st, 4, o->address);
	db_bind_str(st, 5, o->way);
	db_bind_int(st, 6, o->state);
	db_bind_int(st, 7, o->created_ms);
	db_bind_int(st, 8, o->next_ms);
	db_bind_int(st, 9, o->attempts);
	db_bind_str(st, 10, o->detail);
	db_bind_str(st, 11, o->reason);
	if (db_run(d, st, err) == -1)
		return (-1);
	return (events_append(d, w->event, err));
}

static int
change_write(struct db *d, void *arg, struct err *err)
{
	struct order_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "SELECT 1 FROM cert_order"
	    " WHERE id = ? AND state = 0 AND detail = ?");
	int rc;

	db_bind_id(st, 1, &w->order->id);
	db_bind_str(st, 2, w->before);
	if ((rc = db_step(d, st, err)) == -1)
		return (-1);
	(void)sqlite3_reset(st);
	w->is_kept = rc == 1;
	return (w->is_kept ? order_write(d, w, err) : 0);
}

int
store_order_change(struct store *s, const struct store_order *o,
    struct str before, const struct store_event *event, bool *is_kept,
    struct err *err)
{
	struct order_arg w = { .order = o, .before = before, .event = event };
	int rc = group_do(s, change_write, &w, err);

	*is_kept = w.is_kept;
	return (rc);
}

/* Two processes may order for one sender at once. */
static int
place_write(struct db *d, void *arg, struct err *err)
{
	struct order_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "SELECT 1 FROM cert_order"
	    " WHERE address = ? AND workspace = ? AND state = 0");
	int rc;

	db_bind_str(st, 1, w->order->address);
	db_bind_blob(st, 2, w->order->workspace.b, ID_BYTES);
	if ((rc = db_step(d, st, err)) == -1)
		return (-1);
	(void)sqlite3_reset(st);
	w->is_kept = rc == 0;
	return (w->is_kept ? order_write(d, w, err) : 0);
}

int
store_order_place(struct store *s, const struct store_order *o,
    bool *is_kept, struct err *err)
{
	struct order_arg w = { .order = o };
	int rc = group_do(s, place_write, &w, err);

	*is_kept = w.is_kept;
	return (rc);
}

struct claim_arg {
	const struct store_order *order;
	int64_t until_ms;
	bool is_taken;
};

static int
claim_write(struct db *d, void *arg, struct err *err)
{
	struct claim_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "UPDATE cert_order SET next_ms = ?1"
	    " WHERE id = ?2 AND state = 0 AND next_ms = ?3 AND detail = ?4");

	db_bind_int(st, 1, w->until_ms);
	db_bind_id(st, 2, &w->order->id);
	db_bind_int(st, 3, w->order->next_ms);
	db_bind_str(st, 4, w->order->detail);
	if (db_run(d, st, err) == -1)
		return (-1);
	w->is_taken = sqlite3_changes(d->handle) == 1;
	return (0);
}

int
store_order_claim(struct store *s, const struct store_order *o,
    int64_t until_ms, bool *is_taken, struct err *err)
{
	struct claim_arg w = { .order = o, .until_ms = until_ms };
	int rc = group_do(s, claim_write, &w, err);

	*is_taken = w.is_taken;
	return (rc);
}

static void
take_order(sqlite3_stmt *st, struct arena *a, struct store_order *out)
{
	*out = (struct store_order){
		.id = db_id(st, 0),
		.workspace = db_id(st, 1),
		.key = db_id(st, 2),
		.address = db_str(st, 3, a),
		.way = db_str(st, 4, a),
		.state = (enum store_order_state)db_int(st, 5),
		.created_ms = db_int(st, 6),
		.next_ms = db_int(st, 7),
		.attempts = (unsigned)db_int(st, 8),
		.detail = db_str(st, 9, a),
		.reason = db_str(st, 10, a),
	};
}

/* All rows of a query, and the reader goes back. */
static int
take_orders(struct store *s, struct db **d, sqlite3_stmt *st, size_t max,
    struct arena *a, struct store_order **out, size_t *n, struct err *err)
{
	struct store_order *rows = arena_array(a, max, sizeof(*rows));
	size_t found = 0;
	int rc;

	while ((rc = db_step(*d, st, err)) == 1)
		take_order(st, a, &rows[found++]);
	group_reader_back(s, d);
	if (rc == -1)
		return (-1);
	*out = rows;
	*n = found;
	return (0);
}

int
store_orders_due(struct store *s, int64_t now_ms, size_t max,
    struct arena *a, struct store_order **out, size_t *n, struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT " COLUMNS " FROM cert_order WHERE state = 0"
	    " AND next_ms <= ? ORDER BY next_ms LIMIT ?");
	db_bind_int(st, 1, now_ms);
	db_bind_int(st, 2, (int64_t)max);
	return (take_orders(s, &d, st, max, a, out, n, err));
}

int
store_orders(struct store *s, struct str address, int state, size_t max,
    struct arena *a, struct store_order **out, size_t *n, struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	if (address.len > 0) {
		st = db_stmt(d, "SELECT " COLUMNS " FROM cert_order"
		    " WHERE address = ?1 AND (?2 < 0 OR state = ?2)"
		    " ORDER BY created_ms DESC LIMIT ?3");
		db_bind_str(st, 1, address);
	} else {
		st = db_stmt(d, "SELECT " COLUMNS " FROM cert_order"
		    " WHERE ?1 = '' AND (?2 < 0 OR state = ?2)"
		    " ORDER BY created_ms DESC LIMIT ?3");
		db_bind_str(st, 1, STR_LIT(""));
	}
	db_bind_int(st, 2, state);
	db_bind_int(st, 3, (int64_t)max);
	return (take_orders(s, &d, st, max, a, out, n, err));
}
