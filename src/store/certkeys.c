/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certkeys: private keys as the keeper sealed them, and our own authority.
 *
 * Runs in the gateway and the CLI. Security: sealed is ciphertext that the
 * keeper opens (doc/formats/keeper.md); a key that is destroyed is overwritten
 * where it lay, in the file and in its log.
 */
#include "base/fault.h"
#include "store/certrows.h"
#include "store/events.h"
#include "store/group.h"

/* ---- keys -------------------------------------------------------------- */

struct key_arg {
	const struct store_key *key;
	const struct store_event *event;
};

static int
key_write(struct db *d, void *arg, struct err *err)
{
	const struct key_arg *w = arg;
	const struct store_key *k = w->key;
	sqlite3_stmt *st = db_stmt(d, "INSERT INTO mail_key"
	    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");

	if (FAULT_HERE("store.key") == -1)
		return (err_set(err, ERR_TEMP, "store: key"));
	db_bind_id(st, 1, &k->id);
	db_bind_blob(st, 2, k->workspace.b, ID_BYTES);
	db_bind_int(st, 3, k->kind);
	db_bind_int(st, 4, k->use);
	db_bind_int(st, 5, k->is_in_token);
	certrows_bind_blob(st, 6, k->public_der);
	certrows_bind_blob(st, 7, k->sealed);
	db_bind_int(st, 8, k->created_ms);
	db_bind_int(st, 9, k->destroyed_ms);
	if (db_run(d, st, err) == -1)
		return (-1);
	return (events_append(d, w->event, err));
}

int
store_key_put(struct store *s, const struct store_key *k,
    const struct store_event *event, struct err *err)
{
	struct key_arg w = { k, event };

	return (group_do(s, key_write, &w, err));
}

static void
take_key(sqlite3_stmt *st, struct arena *a, struct store_key *out)
{
	*out = (struct store_key){
		.id = db_id(st, 0),
		.workspace = db_id(st, 1),
		.kind = (unsigned)db_int(st, 2),
		.use = (unsigned)db_int(st, 3),
		.is_in_token = db_int(st, 4) != 0,
		.public_der = certrows_blob(st, 5, a),
		.created_ms = db_int(st, 7),
		.destroyed_ms = db_int(st, 8),
	};
	if (out->destroyed_ms == 0)
		out->sealed = certrows_blob(st, 6, a);
}

int
store_key_get(struct store *s, const struct id *key, struct arena *a,
    struct store_key *out, bool *found, struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT id, workspace, kind, use, in_token, public,"
	    " sealed, created_ms, destroyed_ms FROM mail_key WHERE id = ?");
	db_bind_id(st, 1, key);
	rc = db_step(d, st, err);
	if (rc == 1) {
		take_key(st, a, out);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*found = rc == 1;
	return (0);
}

struct destroy_arg {
	const struct id *key;
	int64_t at_ms;
	const struct store_event *event;
};

/* Zeros of the same length take the place of what was there. */
static int
destroy_write(struct db *d, void *arg, struct err *err)
{
	const struct destroy_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "UPDATE mail_key SET destroyed_ms = ?2,"
	    " sealed = zeroblob(length(sealed)) WHERE id = ?1"
	    " AND destroyed_ms = 0");

	db_bind_id(st, 1, w->key);
	db_bind_int(st, 2, w->at_ms);
	if (db_run(d, st, err) == -1)
		return (-1);
	if (sqlite3_changes(d->handle) == 0)
		return (err_set(err, ERR_INPUT, "there is no such key, or it "
		    "was destroyed before"));
	if (FAULT_HERE("store.key_destroy") == -1)
		return (err_set(err, ERR_TEMP, "store: key_destroy"));
	return (events_append(d, w->event, err));
}

int
store_key_destroy(struct store *s, const struct id *key, int64_t at_ms,
    const struct store_event *event, struct err *err)
{
	struct destroy_arg w = { key, at_ms, event };

	if (group_do(s, destroy_write, &w, err) == -1)
		return (-1);
	return (group_truncate_log(s, err));
}

/* ---- our own authority ------------------------------------------------- */

struct authority_arg {
	const struct store_authority *authority;
	const struct store_event *event;
};

static int
authority_write(struct db *d, void *arg, struct err *err)
{
	const struct authority_arg *w = arg;
	const struct store_authority *a = w->authority;
	sqlite3_stmt *st = db_stmt(d, "INSERT INTO authority"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
	    " ON CONFLICT(id) DO UPDATE SET workspace = ?2, name = ?3,"
	    " root = ?4, issuer = ?5, responder = ?6, crl_number = ?7,"
	    " crl_next_ms = ?8, settings = ?9");

	if (FAULT_HERE("store.authority") == -1)
		return (err_set(err, ERR_TEMP, "store: authority"));
	db_bind_id(st, 1, &a->id);
	db_bind_blob(st, 2, a->workspace.b, ID_BYTES);
	db_bind_str(st, 3, a->name);
	db_bind_blob(st, 4, a->root, STORE_HASH_BYTES);
	db_bind_blob(st, 5, a->issuer, STORE_HASH_BYTES);
	db_bind_blob(st, 6, a->responder, STORE_HASH_BYTES);
	db_bind_int(st, 7, a->crl_number);
	db_bind_int(st, 8, a->crl_next_ms);
	db_bind_str(st, 9, a->settings);
	if (db_run(d, st, err) == -1)
		return (-1);
	return (events_append(d, w->event, err));
}

int
store_authority_put(struct store *s, const struct store_authority *a,
    const struct store_event *event, struct err *err)
{
	struct authority_arg w = { a, event };

	return (group_do(s, authority_write, &w, err));
}

static void
take_authority(sqlite3_stmt *st, struct arena *a, struct store_authority *out)
{
	*out = (struct store_authority){
		.id = db_id(st, 0),
		.workspace = db_id(st, 1),
		.name = db_str(st, 2, a),
		.crl_number = db_int(st, 6),
		.crl_next_ms = db_int(st, 7),
		.settings = db_str(st, 8, a),
	};
	db_blob(st, 3, out->root, STORE_HASH_BYTES);
	db_blob(st, 4, out->issuer, STORE_HASH_BYTES);
	db_blob(st, 5, out->responder, STORE_HASH_BYTES);
}

int
store_authority_get(struct store *s, const struct id *workspace,
    struct arena *a, struct store_authority *out, bool *found,
    struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT id, workspace, name, root, issuer, responder,"
	    " crl_number, crl_next_ms, settings FROM authority"
	    " WHERE workspace = ?");
	db_bind_blob(st, 1, workspace->b, ID_BYTES);
	rc = db_step(d, st, err);
	if (rc == 1) {
		take_authority(st, a, out);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*found = rc == 1;
	return (0);
}
