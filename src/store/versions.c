/* SPDX-License-Identifier: Apache-2.0 */
/*
 * versions: the policies that were applied, one behind the other. They are only
 * ever added to.
 *
 * Runs behind `letterlock policy`. Security: who can write the file can change
 * a text here; the hash is in the audit record as well.
 */
#include "base/fault.h"
#include "store/events.h"
#include "store/group.h"

struct put_arg {
	const struct store_policy *policy;
	struct str text;
	const struct store_event *event;
};

static int
newest(struct db *d, int64_t *version, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d,
	    "SELECT coalesce(max(version), 0) FROM policy");

	if (db_step(d, st, err) != 1)
		return (-1);
	*version = db_int(st, 0);
	(void)sqlite3_reset(st);
	return (0);
}

static int
put_write(struct db *d, void *arg, struct err *err)
{
	const struct put_arg *w = arg;
	const struct store_policy *p = w->policy;
	sqlite3_stmt *st;
	int64_t last = 0;

	if (newest(d, &last, err) == -1)
		return (-1);
	if (p->version != last + 1)
		return (err_set(err, ERR_TEMP, "version %lld of the policy "
		    "was kept by somebody else meanwhile; look at the "
		    "history and try again", (long long)p->version));
	st = db_stmt(d, "INSERT INTO policy VALUES(?, ?, ?, ?, ?, ?, ?)");
	db_bind_int(st, 1, p->version);
	db_bind_int(st, 2, p->at_ms);
	db_bind_str(st, 3, p->author);
	db_bind_str(st, 4, p->comment);
	db_bind_int(st, 5, p->n_rules);
	db_bind_blob(st, 6, p->hash, sizeof(p->hash));
	db_bind_blob(st, 7, w->text.p, w->text.len);
	if (db_run(d, st, err) == -1)
		return (-1);
	if (FAULT_HERE("store.policy") == -1)
		return (err_set(err, ERR_TEMP, "store: policy"));
	return (events_append(d, w->event, err));
}

int
store_policy_put(struct store *s, const struct store_policy *p,
    struct str text, const struct store_event *event, struct err *err)
{
	struct put_arg w = { p, text, event };

	return (group_do(s, put_write, &w, err));
}

static struct store_policy
policy_row(sqlite3_stmt *st, struct arena *a)
{
	struct store_policy p = {
		.version = db_int(st, 0), .at_ms = db_int(st, 1),
		.author = db_str(st, 2, a), .comment = db_str(st, 3, a),
		.n_rules = (unsigned)db_int(st, 4) };

	db_blob(st, 5, p.hash, sizeof(p.hash));
	return (p);
}

int
store_policies(struct store *s, size_t max, struct arena *a,
    struct store_policy **out, size_t *n, struct err *err)
{
	struct store_policy *rows = arena_array(a, max, sizeof(*rows));
	size_t found = 0;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT version, at_ms, author, comment, rules, hash"
	    " FROM policy ORDER BY version DESC LIMIT ?");
	db_bind_int(st, 1, (int64_t)max);
	while ((rc = db_step(d, st, err)) == 1)
		rows[found++] = policy_row(st, a);
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*out = rows;
	*n = found;
	return (0);
}

int
store_policy_get(struct store *s, int64_t version, struct buf *out,
    struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT text FROM policy WHERE version = ?");
	db_bind_int(st, 1, version);
	rc = db_step(d, st, err);
	if (rc == 1) {
		buf_append(out, sqlite3_column_blob(st, 0),
		    (size_t)sqlite3_column_bytes(st, 0));
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	if (rc == 0)
		return (err_set(err, ERR_INPUT, "the policy has no version "
		    "%lld", (long long)version));
	return (rc == -1 ? -1 : buf_check(out, "this version", err));
}
