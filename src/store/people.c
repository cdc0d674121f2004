/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people: passcodes, sessions and budgets of readers.
 *
 * Runs in the portal. Security: keeps a MAC of the passcode and a hash of the
 * token, never either one; a try is counted before it is compared, in one
 * transaction, so that racing tries cannot exceed the limit.
 */
#include "base/enc.h"
#include "store/events.h"
#include "store/group.h"

static int
passcode_put(struct db *d, void *arg, struct err *err)
{
	const struct store_passcode *p = arg;
	sqlite3_stmt *st = db_stmt(d,
	    "INSERT OR REPLACE INTO passcode VALUES(?, ?, ?, ?, ?)");

	db_bind_id(st, 1, &p->grant);
	db_bind_str(st, 2, str_of(p->reference));
	db_bind_blob(st, 3, p->mac, sizeof(p->mac));
	db_bind_int(st, 4, p->expires_ms);
	db_bind_int(st, 5, p->tries);
	return (db_run(d, st, err));
}

int
store_passcode_put(struct store *s, const struct store_passcode *p,
    struct err *err)
{
	struct store_passcode copy = *p;

	return (group_do(s, passcode_put, &copy, err));
}

int
store_passcode_reference(struct store *s, const struct id *grant,
    char reference[static 8], struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT reference FROM passcode WHERE grant_id = ?");
	db_bind_id(st, 1, grant);
	rc = db_step(d, st, err);
	if (rc == 1) {
		(void)snprintf(reference, 8, "%s",
		    (const char *)sqlite3_column_text(st, 0));
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	if (rc == 0)
		return (err_set(err, ERR_INPUT, "no passcode was sent"));
	return (rc == -1 ? -1 : 0);
}

struct try_arg {
	const struct id *grant;
	const uint8_t *mac;
	int64_t now_ms;
	enum store_try result;
	unsigned left;
};

static int
drop_passcode(struct db *d, const struct id *grant, struct err *err)
{
	sqlite3_stmt *st =
	    db_stmt(d, "DELETE FROM passcode WHERE grant_id = ?");

	db_bind_id(st, 1, grant);
	return (db_run(d, st, err));
}

static int
passcode_try(struct db *d, void *arg, struct err *err)
{
	struct try_arg *t = arg;
	uint8_t mac[STORE_HASH_BYTES];
	sqlite3_stmt *st = db_stmt(d, "UPDATE passcode SET tries = tries - 1"
	    " WHERE grant_id = ? AND tries > 0 AND expires_ms > ?"
	    " RETURNING mac, tries");
	int rc;

	db_bind_id(st, 1, t->grant);
	db_bind_int(st, 2, t->now_ms);
	t->result = STORE_TRY_NONE;
	t->left = 0;
	rc = db_step(d, st, err);
	if (rc != 1)
		return (rc);
	db_blob(st, 0, mac, sizeof(mac));
	t->left = (unsigned)db_int(st, 1);
	(void)sqlite3_reset(st);
	if (!enc_const_eq(mac, t->mac, sizeof(mac))) {
		t->result = STORE_TRY_WRONG;
		return (0);
	}
	t->result = STORE_TRY_RIGHT;
	return (drop_passcode(d, t->grant, err));
}

int
store_passcode_try(struct store *s, const struct id *grant,
    const uint8_t mac[static STORE_HASH_BYTES], int64_t now_ms,
    enum store_try *result, unsigned *left, struct err *err)
{
	struct try_arg t = { .grant = grant, .mac = mac, .now_ms = now_ms };

	if (group_do(s, passcode_try, &t, err) == -1)
		return (-1);
	*result = t.result;
	*left = t.left;
	return (0);
}

/* ---- sessions --------------------------------------------------------- */

struct session_arg {
	const uint8_t *token;
	const struct id *workspace;
	struct str recipient;
	int64_t expires_ms;
	const struct store_event *event;
};

static int
session_put(struct db *d, void *arg, struct err *err)
{
	const struct session_arg *w = arg;
	sqlite3_stmt *st =
	    db_stmt(d, "INSERT INTO session VALUES(?, ?, ?, ?)");

	db_bind_blob(st, 1, w->token, STORE_HASH_BYTES);
	db_bind_blob(st, 2, w->workspace->b, ID_BYTES);
	db_bind_str(st, 3, w->recipient);
	db_bind_int(st, 4, w->expires_ms);
	if (db_run(d, st, err) == -1)
		return (-1);
	return (events_append(d, w->event, err));
}

int
store_session_put(struct store *s,
    const uint8_t token_hash[static STORE_HASH_BYTES],
    const struct id *workspace, struct str recipient, int64_t expires_ms,
    const struct store_event *event, struct err *err)
{
	struct session_arg w = { token_hash, workspace, recipient, expires_ms,
	    event };

	return (group_do(s, session_put, &w, err));
}

int
store_session_find(struct store *s,
    const uint8_t token_hash[static STORE_HASH_BYTES], int64_t now_ms,
    struct arena *a, struct id *workspace, struct str *recipient,
    struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT workspace, recipient FROM session"
	    " WHERE token = ? AND expires_ms > ?");
	db_bind_blob(st, 1, token_hash, STORE_HASH_BYTES);
	db_bind_int(st, 2, now_ms);
	rc = db_step(d, st, err);
	if (rc == 1) {
		*workspace = db_id(st, 0);
		*recipient = db_str(st, 1, a);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	if (rc == 0)
		return (err_set(err, ERR_DENIED, "no such session"));
	return (rc == -1 ? -1 : 0);
}

static int
session_end(struct db *d, void *arg, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "DELETE FROM session WHERE token = ?");

	db_bind_blob(st, 1, arg, STORE_HASH_BYTES);
	return (db_run(d, st, err));
}

int
store_session_end(struct store *s,
    const uint8_t token_hash[static STORE_HASH_BYTES], struct err *err)
{
	uint8_t copy[STORE_HASH_BYTES];

	memcpy(copy, token_hash, sizeof(copy));
	return (group_do(s, session_end, copy, err));
}

/* ---- budgets ---------------------------------------------------------- */

struct limit_arg {
	const char *key;
	int64_t window_ms, now_ms, retry_ms;
	unsigned max;
};

/* A new window begins with the first take after the old one ended. */
static int
limit_take(struct db *d, void *arg, struct err *err)
{
	struct limit_arg *l = arg;
	sqlite3_stmt *st = db_stmt(d, "INSERT INTO counter VALUES(?1, ?2, 1)"
	    " ON CONFLICT(key) DO UPDATE SET"
	    " n = iif(until_ms <= ?3, 1, n + 1),"
	    " until_ms = iif(until_ms <= ?3, ?2, until_ms)"
	    " RETURNING n, until_ms");
	int rc;

	db_bind_str(st, 1, str_of(l->key));
	db_bind_int(st, 2, l->now_ms + l->window_ms);
	db_bind_int(st, 3, l->now_ms);
	rc = db_step(d, st, err);
	if (rc != 1)
		return (-1);
	l->retry_ms = db_int(st, 0) <= l->max ? 0 :
	    MAX_OF(db_int(st, 1) - l->now_ms, 1);
	(void)sqlite3_reset(st);
	return (0);
}

int
store_limit_take(struct store *s, const char *key, int64_t window_ms,
    unsigned max, int64_t now_ms, int64_t *retry_ms, struct err *err)
{
	struct limit_arg l = { .key = key, .window_ms = window_ms,
	    .now_ms = now_ms, .max = max };

	if (group_do(s, limit_take, &l, err) == -1)
		return (-1);
	*retry_ms = l.retry_ms;
	return (0);
}
