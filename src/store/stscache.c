/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stscache: the table of MTA-STS policies.
 *
 * Runs in the gateway. Security: texts come from other domains and are parsed
 * by who reads them, each time; who can write the file can weaken transport.
 */
#include "store/stscache.h"

#include "base/fault.h"
#include "store/group.h"

#define COLUMNS "domain, id, text, note, fetched_ms, expires_ms, refresh_ms," \
    " used_ms, tried_id, tried_ms, failure, reason"

static struct str
blob_of(sqlite3_stmt *st, int i, struct arena *a)
{
	return (arena_str(a, str_make(sqlite3_column_blob(st, i),
	    (size_t)sqlite3_column_bytes(st, i))));
}

static void
take_row(sqlite3_stmt *st, struct arena *a, struct store_sts *out)
{
	out->domain = db_str(st, 0, a);
	out->id = db_str(st, 1, a);
	out->text = blob_of(st, 2, a);
	out->note = db_str(st, 3, a);
	out->fetched_ms = db_int(st, 4);
	out->expires_ms = db_int(st, 5);
	out->refresh_ms = db_int(st, 6);
	out->used_ms = db_int(st, 7);
	out->tried_id = db_str(st, 8, a);
	out->tried_ms = db_int(st, 9);
	out->failure = db_str(st, 10, a);
	out->reason = db_str(st, 11, a);
}

int
store_sts_get(struct store *s, struct str domain, struct arena *a,
    struct store_sts *out, bool *found, struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT " COLUMNS " FROM sts WHERE domain = ?");
	db_bind_str(st, 1, domain);
	rc = db_step(d, st, err);
	if (rc == 1) {
		take_row(st, a, out);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*found = rc == 1;
	return (0);
}

static int
put_write(struct db *d, void *arg, struct err *err)
{
	const struct store_sts *row = arg;
	sqlite3_stmt *st = db_stmt(d, "INSERT OR REPLACE INTO sts(" COLUMNS
	    ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

	if (FAULT_HERE("store.sts") == -1)
		return (err_set(err, ERR_TEMP, "store: sts"));
	db_bind_str(st, 1, row->domain);
	db_bind_str(st, 2, row->id);
	db_bind_blob(st, 3, row->text.p, row->text.len);
	db_bind_str(st, 4, row->note);
	db_bind_int(st, 5, row->fetched_ms);
	db_bind_int(st, 6, row->expires_ms);
	db_bind_int(st, 7, row->refresh_ms);
	db_bind_int(st, 8, row->used_ms);
	db_bind_str(st, 9, row->tried_id);
	db_bind_int(st, 10, row->tried_ms);
	db_bind_str(st, 11, row->failure);
	db_bind_str(st, 12, row->reason);
	return (db_run(d, st, err));
}

int
store_sts_put(struct store *s, const struct store_sts *row, struct err *err)
{
	struct store_sts copy = *row;

	return (group_do(s, put_write, &copy, err));
}

static int
failed_write(struct db *d, void *arg, struct err *err)
{
	const struct store_sts *row = arg;
	sqlite3_stmt *st = db_stmt(d, "INSERT INTO sts(" COLUMNS ") VALUES("
	    "?1, '', x'', '', 0, 0, ?2, 0, ?3, ?4, ?5, ?6)"
	    " ON CONFLICT(domain) DO UPDATE SET refresh_ms = ?2,"
	    " tried_id = ?3, tried_ms = ?4, failure = ?5, reason = ?6");

	db_bind_str(st, 1, row->domain);
	db_bind_int(st, 2, row->refresh_ms);
	db_bind_str(st, 3, row->tried_id);
	db_bind_int(st, 4, row->tried_ms);
	db_bind_str(st, 5, row->failure);
	db_bind_str(st, 6, row->reason);
	return (db_run(d, st, err));
}

int
store_sts_failed(struct store *s, const struct store_sts *row,
    struct err *err)
{
	struct store_sts copy = *row;

	return (group_do(s, failed_write, &copy, err));
}

static int
used_write(struct db *d, void *arg, struct err *err)
{
	const struct store_sts *row = arg;
	sqlite3_stmt *st = db_stmt(d,
	    "UPDATE sts SET used_ms = ? WHERE domain = ?");

	db_bind_int(st, 1, row->used_ms);
	db_bind_str(st, 2, row->domain);
	return (db_run(d, st, err));
}

int
store_sts_used(struct store *s, struct str domain, int64_t now_ms,
    struct err *err)
{
	struct store_sts row = { .domain = domain, .used_ms = now_ms };

	return (group_do(s, used_write, &row, err));
}

int
store_sts_due(struct store *s, int64_t now_ms, int64_t used_ms, size_t max,
    struct arena *a, struct store_sts **out, size_t *n, struct err *err)
{
	struct store_sts *rows = arena_array(a, max, sizeof(*rows));
	size_t found = 0;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT " COLUMNS " FROM sts WHERE refresh_ms <= ?1"
	    " AND expires_ms > ?1 AND used_ms >= ?2 ORDER BY expires_ms"
	    " LIMIT ?3");
	db_bind_int(st, 1, now_ms);
	db_bind_int(st, 2, used_ms);
	db_bind_int(st, 3, (int64_t)max);
	while ((rc = db_step(d, st, err)) == 1)
		take_row(st, a, &rows[found++]);
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*out = rows;
	*n = found;
	return (0);
}

static int
expire_write(struct db *d, void *arg, struct err *err)
{
	const int64_t *before_ms = arg;
	sqlite3_stmt *st = db_stmt(d,
	    "DELETE FROM sts WHERE expires_ms < ?1 AND tried_ms < ?1");

	db_bind_int(st, 1, *before_ms);
	return (db_run(d, st, err));
}

int
store_sts_expire(struct store *s, int64_t before_ms, struct err *err)
{
	return (group_do(s, expire_write, &before_ms, err));
}
