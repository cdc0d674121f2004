/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remembered: what the policy knew of each message, for a time that is set; and
 * the lists of questions that the records answer, once each.
 *
 * Runs in the gateway; read behind `letterlock policy simulate`. Security: the
 * records have no content (policy/features.h).
 */
#include "store/remembered.h"

#include "base/fault.h"
#include "store/group.h"

int
features_put(struct db *d, const struct store_features *f, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d,
	    "INSERT OR IGNORE INTO question VALUES(?, ?)");

	if (FAULT_HERE("store.features") == -1)
		return (err_set(err, ERR_TEMP, "store: features"));
	db_bind_blob(st, 1, f->questions_hash, sizeof(f->questions_hash));
	db_bind_blob(st, 2, f->questions.p, f->questions.len);
	if (db_run(d, st, err) == -1)
		return (-1);
	st = db_stmt(d, "INSERT INTO feature VALUES(?, ?, ?, ?, ?)");
	db_bind_id(st, 1, &f->message);
	db_bind_int(st, 2, f->at_ms);
	db_bind_int(st, 3, f->is_refused);
	db_bind_blob(st, 4, f->questions_hash, sizeof(f->questions_hash));
	db_bind_blob(st, 5, f->record.p, f->record.len);
	return (db_run(d, st, err));
}

static int
put_write(struct db *d, void *arg, struct err *err)
{
	return (features_put(d, arg, err));
}

int
store_features_put(struct store *s, const struct store_features *f,
    struct err *err)
{
	struct store_features copy = *f;

	return (group_do(s, put_write, &copy, err));
}

/* ---- reading ----------------------------------------------------------- */

static struct str
blob_of(sqlite3_stmt *st, int i, struct arena *a)
{
	return (arena_str(a, str_make(sqlite3_column_blob(st, i),
	    (size_t)sqlite3_column_bytes(st, i))));
}

/* Ids begin with the time (base/id.h): where a time begins among them. */
static struct id
id_at(int64_t at_ms)
{
	uint64_t t = at_ms > 0 ? (uint64_t)at_ms : 0;
	struct id id = { { 0 } };

	for (int i = 0; i < 6; i++)
		id.b[i] = (uint8_t)(t >> (40 - 8 * i));
	return (id);
}

int
store_features_next(struct store *s, const struct id *after, int64_t from_ms,
    size_t max, struct arena *a, struct store_features **out, size_t *n,
    struct err *err)
{
	struct store_features *rows = arena_array(a, max, sizeof(*rows));
	struct id from = id_is_zero(after) ? id_at(from_ms) : *after;
	size_t found = 0;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT message, at_ms, refused, question, record"
	    " FROM feature WHERE message > ? ORDER BY message LIMIT ?");
	db_bind_blob(st, 1, from.b, ID_BYTES);
	db_bind_int(st, 2, (int64_t)max);
	while ((rc = db_step(d, st, err)) == 1) {
		struct store_features *f = &rows[found++];

		f->message = db_id(st, 0);
		f->at_ms = db_int(st, 1);
		f->is_refused = db_int(st, 2) != 0;
		db_blob(st, 3, f->questions_hash, sizeof(f->questions_hash));
		f->record = blob_of(st, 4, a);
	}
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*out = rows;
	*n = found;
	return (0);
}

int
store_features_count(struct store *s, int64_t from_ms, uint64_t *n,
    struct err *err)
{
	struct id from = id_at(from_ms);
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT count(*) FROM feature WHERE message > ?");
	db_bind_blob(st, 1, from.b, ID_BYTES);
	rc = db_step(d, st, err);
	if (rc == 1) {
		*n = (uint64_t)db_int(st, 0);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	return (rc == 1 ? 0 : -1);
}

int
store_questions_get(struct store *s,
    const uint8_t hash[static STORE_HASH_BYTES], struct buf *out,
    struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT text FROM question WHERE hash = ?");
	db_bind_blob(st, 1, hash, STORE_HASH_BYTES);
	rc = db_step(d, st, err);
	if (rc == 1) {
		buf_append(out, sqlite3_column_blob(st, 0),
		    (size_t)sqlite3_column_bytes(st, 0));
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	if (rc == 0)
		return (err_set(err, ERR_INPUT, "a record's questions are "
		    "not there"));
	return (rc == -1 ? -1 : buf_check(out, "a list of questions", err));
}

/* ---- expiry ------------------------------------------------------------ */

struct expire_arg {
	int64_t before_ms;
	size_t max, n;
};

/* The oldest ones only are looked at: there is no need for an index. */
static int
expire_write(struct db *d, void *arg, struct err *err)
{
	struct expire_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "DELETE FROM feature WHERE at_ms < ?"
	    " AND message IN (SELECT message FROM feature ORDER BY message"
	    " LIMIT ?)");

	db_bind_int(st, 1, w->before_ms);
	db_bind_int(st, 2, (int64_t)w->max);
	if (db_run(d, st, err) == -1)
		return (-1);
	w->n = (size_t)sqlite3_changes(d->handle);
	return (0);
}

int
store_features_expire(struct store *s, int64_t before_ms, size_t max,
    size_t *n, struct err *err)
{
	struct expire_arg w = { before_ms, max, 0 };

	if (group_do(s, expire_write, &w, err) == -1)
		return (-1);
	*n = w.n;
	return (0);
}
