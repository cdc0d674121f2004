/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certfound: what was found out about certificates and kept for a while, what
 * correspondents' programs read, whom people of ours write to, and the bytes
 * that the portal hands out.
 *
 * Runs in the gateway, the portal and the CLI. Security: answers come from
 * directories, DNS and other people's servers, and are parsed by who reads
 * them, each time.
 */
#include "base/fault.h"
#include "store/certrows.h"
#include "store/group.h"

/* A name, bytes, and a time. */
struct named_arg {
	struct str name, bytes;
	int64_t at_ms;
};

static void
bind_named(sqlite3_stmt *st, const struct named_arg *w)
{
	db_bind_str(st, 1, w->name);
	certrows_bind_blob(st, 2, w->bytes);
	db_bind_int(st, 3, w->at_ms);
}

/* Step a query of bytes and a time, and the reader goes back. 1: a row. */
static int
take_named(struct store *s, struct db **d, sqlite3_stmt *st, struct buf *out,
    int64_t *at_ms, struct err *err)
{
	int rc = db_step(*d, st, err);

	if (rc == 1) {
		buf_append(out, sqlite3_column_blob(st, 0),
		    (size_t)sqlite3_column_bytes(st, 0));
		*at_ms = db_int(st, 1);
		(void)sqlite3_reset(st);
		if (buf_check(out, "what the store keeps", err) == -1)
			rc = -1;
	}
	group_reader_back(s, d);
	return (rc);
}

/* ---- documents --------------------------------------------------------- */

static int
document_write(struct db *d, void *arg, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d,
	    "INSERT OR REPLACE INTO document VALUES(?, ?, ?)");

	if (FAULT_HERE("store.document") == -1)
		return (err_set(err, ERR_TEMP, "store: document"));
	bind_named(st, arg);
	return (db_run(d, st, err));
}

int
store_document_put(struct store *s, struct str name, struct str bytes,
    int64_t until_ms, struct err *err)
{
	struct named_arg w = { name, bytes, until_ms };

	return (group_do(s, document_write, &w, err));
}

int
store_document_get(struct store *s, struct str name, struct buf *out,
    int64_t *until_ms, bool *found, struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT bytes, until_ms FROM document WHERE name = ?");
	db_bind_str(st, 1, name);
	rc = take_named(s, &d, st, out, until_ms, err);
	if (rc == -1)
		return (-1);
	*found = rc == 1;
	return (0);
}

struct expire_arg {
	struct str prefix;
	int64_t until_ms, rows_max, bytes_max;
	size_t max, n;
};

static int
forget_write(struct db *d, sqlite3_stmt *st, struct expire_arg *w,
    struct err *err)
{
	if (db_run(d, st, err) == -1)
		return (-1);
	w->n = (size_t)sqlite3_changes(d->handle);
	return (0);
}

static int
documents_expire_write(struct db *d, void *arg, struct err *err)
{
	struct expire_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "DELETE FROM document WHERE name IN"
	    " (SELECT name FROM document WHERE substr(name, 1,"
	    " length(?1)) = ?1 AND until_ms <= ?2 LIMIT ?3)");

	db_bind_str(st, 1, w->prefix);
	db_bind_int(st, 2, w->until_ms);
	db_bind_int(st, 3, (int64_t)w->max);
	return (forget_write(d, st, w, err));
}

int
store_documents_expire(struct store *s, struct str prefix, int64_t now_ms,
    size_t max, size_t *n, struct err *err)
{
	struct expire_arg w = { .prefix = prefix, .until_ms = now_ms,
		.max = max };

	if (group_do(s, documents_expire_write, &w, err) == -1)
		return (-1);
	*n = w.n;
	return (0);
}

/* ---- answers ----------------------------------------------------------- */

int
store_lookup_get(struct store *s, struct str name, int64_t now_ms,
    struct buf *out, bool *found, struct err *err)
{
	int64_t until_ms;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT bytes, until_ms FROM lookup WHERE name = ?"
	    " AND until_ms > ?");
	db_bind_str(st, 1, name);
	db_bind_int(st, 2, now_ms);
	rc = take_named(s, &d, st, out, &until_ms, err);
	if (rc == -1)
		return (-1);
	*found = rc == 1;
	return (0);
}

static int
lookup_write(struct db *d, void *arg, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d,
	    "INSERT OR REPLACE INTO lookup VALUES(?, ?, ?)");

	if (FAULT_HERE("store.lookup") == -1)
		return (err_set(err, ERR_TEMP, "store: lookup"));
	bind_named(st, arg);
	return (db_run(d, st, err));
}

int
store_lookup_put(struct store *s, struct str name, struct str bytes,
    int64_t until_ms, struct err *err)
{
	struct named_arg w = { name, bytes, until_ms };

	return (group_do(s, lookup_write, &w, err));
}

static int
lookups_expire_write(struct db *d, void *arg, struct err *err)
{
	struct expire_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "DELETE FROM lookup WHERE rowid IN"
	    " (SELECT rowid FROM lookup WHERE until_ms <= ? LIMIT ?)");

	db_bind_int(st, 1, w->until_ms);
	db_bind_int(st, 2, (int64_t)w->max);
	return (forget_write(d, st, w, err));
}

int
store_lookups_expire(struct store *s, int64_t now_ms, size_t max, size_t *n,
    struct err *err)
{
	struct expire_arg w = { .until_ms = now_ms, .max = max };

	if (group_do(s, lookups_expire_write, &w, err) == -1)
		return (-1);
	*n = w.n;
	return (0);
}

/* From the newest on, as many as there is room for. */
static int
lookups_limit_write(struct db *d, void *arg, struct err *err)
{
	struct expire_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "DELETE FROM lookup WHERE rowid IN"
	    " (SELECT id FROM (SELECT rowid AS id, until_ms,"
	    " row_number() OVER newest AS rows,"
	    " sum(length(name) + length(bytes)) OVER newest AS size"
	    " FROM lookup WHERE substr(name, 1, length(?1)) = ?1"
	    " WINDOW newest AS (ORDER BY until_ms DESC, rowid DESC))"
	    " WHERE rows > ?2 OR size > ?3 ORDER BY until_ms LIMIT ?4)");

	db_bind_str(st, 1, w->prefix);
	db_bind_int(st, 2, w->rows_max);
	db_bind_int(st, 3, w->bytes_max);
	db_bind_int(st, 4, (int64_t)w->max);
	return (forget_write(d, st, w, err));
}

int
store_lookups_limit(struct store *s, struct str prefix, size_t rows_max,
    size_t bytes_max, size_t max, size_t *n, struct err *err)
{
	struct expire_arg w = { .prefix = prefix,
		.rows_max = (int64_t)rows_max,
		.bytes_max = (int64_t)bytes_max, .max = max };

	if (group_do(s, lookups_limit_write, &w, err) == -1)
		return (-1);
	*n = w.n;
	return (0);
}

/* ---- what correspondents' programs read -------------------------------- */

static int
capabilities_write(struct db *d, void *arg, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "INSERT INTO capabilities"
	    " VALUES(?1, ?2, ?3) ON CONFLICT(address) DO UPDATE"
	    " SET der = ?2, at_ms = ?3 WHERE at_ms <= ?3");

	bind_named(st, arg);
	return (db_run(d, st, err));
}

int
store_capabilities_put(struct store *s, struct str address, struct str der,
    int64_t at_ms, struct err *err)
{
	struct named_arg w = { address, der, at_ms };

	return (group_do(s, capabilities_write, &w, err));
}

int
store_capabilities_get(struct store *s, struct str address, struct arena *a,
    struct str *der, int64_t *at_ms, bool *found, struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d,
	    "SELECT der, at_ms FROM capabilities WHERE address = ?");
	db_bind_str(st, 1, address);
	rc = db_step(d, st, err);
	if (rc == 1) {
		*der = certrows_blob(st, 0, a);
		*at_ms = db_int(st, 1);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*found = rc == 1;
	return (0);
}

/* ---- whom people write to ---------------------------------------------- */

static sqlite3_stmt *
count_of(struct db *d, struct str address)
{
	if (address.len > 0 && address.p[0] == '@')
		return (db_stmt(d, "SELECT count(DISTINCT outside)"
		    " FROM correspondent WHERE last_ms >= ?2"
		    " AND substr(inside, -length(?1)) = ?1 COLLATE NOCASE"
		    " AND substr(outside, -length(?1)) <> ?1"
		    " COLLATE NOCASE"));
	return (db_stmt(d, "SELECT count(*) FROM correspondent"
	    " WHERE inside = ?1 AND last_ms >= ?2"
	    " AND substr(outside, instr(outside, '@')) <>"
	    " substr(?1, instr(?1, '@')) COLLATE NOCASE"));
}

int
store_correspondents(struct store *s, struct str address, int64_t since_ms,
    uint64_t *n, struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = count_of(d, address);
	db_bind_str(st, 1, address);
	db_bind_int(st, 2, since_ms);
	rc = db_step(d, st, err);
	if (rc == 1) {
		*n = (uint64_t)db_int(st, 0);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	return (rc == 1 ? 0 : -1);
}
