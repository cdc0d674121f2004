/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certs: certificates, kept and changed one by one; lists of them are in
 * certlist.c.
 *
 * Runs in the gateway, the portal and the CLI. Security: of other people's
 * certificates nothing is believed here: state says what was decided about
 * them, pki/path judges them each time.
 */
#include "store/certs.h"

#include "base/fault.h"
#include "store/certrows.h"
#include "store/events.h"
#include "store/group.h"

void
certrows_take(sqlite3_stmt *st, struct arena *a, struct store_cert *out)
{
	*out = (struct store_cert){
		.workspace = db_id(st, 1),
		.role = (enum store_cert_role)db_int(st, 2),
		.state = (enum store_cert_state)db_int(st, 3),
		.source = (enum store_cert_source)db_int(st, 4),
		.uses = (unsigned)db_int(st, 5),
		.address = db_str(st, 6, a),
		.subject = db_str(st, 7, a),
		.issuer = db_str(st, 8, a),
		.serial = db_str(st, 9, a),
		.issuer_der = certrows_blob(st, 10, a),
		.serial_der = certrows_blob(st, 11, a),
		.key_id = certrows_blob(st, 12, a),
		.from_ms = db_int(st, 13),
		.until_ms = db_int(st, 14),
		.key = db_id(st, 15),
		.seen_ms = db_int(st, 16),
		.last_ms = db_int(st, 17),
		.seen_n = (unsigned)db_int(st, 18),
		.published = db_str(st, 19, a),
		.revoked_ms = db_int(st, 20),
		.reason = (unsigned)db_int(st, 21),
		.note = db_str(st, 22, a),
		.der = certrows_blob(st, 23, a),
	};
	db_blob(st, 0, out->sha256, STORE_HASH_BYTES);
}

struct str
certrows_blob(sqlite3_stmt *st, int i, struct arena *a)
{
	return (arena_str(a, str_make(sqlite3_column_blob(st, i),
	    (size_t)sqlite3_column_bytes(st, i))));
}

void
certrows_bind_blob(sqlite3_stmt *st, int i, struct str s)
{
	db_bind_blob(st, i, s.p != NULL ? s.p : "", s.len);
}

/* ---- keeping ----------------------------------------------------------- */

struct put_arg {
	const struct store_cert *cert;
	const struct store_event *event;
};

static void
bind_cert(sqlite3_stmt *st, const struct store_cert *c)
{
	db_bind_blob(st, 1, c->sha256, STORE_HASH_BYTES);
	db_bind_blob(st, 2, c->workspace.b, ID_BYTES);
	db_bind_int(st, 3, c->role);
	db_bind_int(st, 4, c->state);
	db_bind_int(st, 5, c->source);
	db_bind_int(st, 6, c->uses);
	db_bind_str(st, 7, c->address);
	db_bind_str(st, 8, c->subject);
	db_bind_str(st, 9, c->issuer);
	db_bind_str(st, 10, c->serial);
	certrows_bind_blob(st, 11, c->issuer_der);
	certrows_bind_blob(st, 12, c->serial_der);
	certrows_bind_blob(st, 13, c->key_id);
	db_bind_int(st, 14, c->from_ms);
	db_bind_int(st, 15, c->until_ms);
	db_bind_id(st, 16, &c->key);
	db_bind_int(st, 17, c->seen_ms);
	db_bind_int(st, 18, c->last_ms);
	db_bind_int(st, 19, c->seen_n);
	db_bind_str(st, 20, c->published);
	db_bind_int(st, 21, c->revoked_ms);
	db_bind_int(st, 22, c->reason);
	db_bind_str(st, 23, c->note);
	certrows_bind_blob(st, 24, c->der);
}

static int
put_write(struct db *d, void *arg, struct err *err)
{
	const struct put_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "INSERT INTO cert(" CERTROWS_COLUMNS
	    ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
	    " ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)"
	    " ON CONFLICT(sha256) DO UPDATE SET workspace = ?2, role = ?3,"
	    " state = ?4, source = ?5, uses = ?6, address = ?7,"
	    " subject = ?8, issuer = ?9, serial = ?10, issuer_der = ?11,"
	    " serial_der = ?12, key_id = ?13, from_ms = ?14, until_ms = ?15,"
	    " key = ?16, last_ms = ?18, seen_n = ?19, published = ?20,"
	    " revoked_ms = ?21, reason = ?22, note = ?23");

	if (FAULT_HERE("store.cert") == -1)
		return (err_set(err, ERR_TEMP, "store: cert"));
	bind_cert(st, w->cert);
	if (db_run(d, st, err) == -1)
		return (-1);
	return (events_append(d, w->event, err));
}

int
store_cert_put(struct store *s, const struct store_cert *c,
    const struct store_event *event, struct err *err)
{
	struct put_arg w = { c, event };

	return (group_do(s, put_write, &w, err));
}

/* ---- finding one ------------------------------------------------------- */

/* Step, take the row and give the reader back. */
static int
take_one(struct store *s, struct db **d, sqlite3_stmt *st, struct arena *a,
    struct store_cert *out, bool *found, struct err *err)
{
	int rc = db_step(*d, st, err);

	if (rc == 1) {
		certrows_take(st, a, out);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, d);
	if (rc == -1)
		return (-1);
	*found = rc == 1;
	return (0);
}

int
store_cert_get(struct store *s, const uint8_t sha256[static 32],
    struct arena *a, struct store_cert *out, bool *found, struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT " CERTROWS_COLUMNS " FROM cert"
	    " WHERE sha256 = ?");
	db_bind_blob(st, 1, sha256, STORE_HASH_BYTES);
	return (take_one(s, &d, st, a, out, found, err));
}

int
store_cert_named(struct store *s, struct str issuer_der,
    struct str serial_der, struct str key_id, struct arena *a,
    struct store_cert *out, bool *found, struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;

	if (key_id.len == 0 && serial_der.len == 0) {
		*found = false;
		return (0);
	}
	if (group_reader(s, &d, err) == -1)
		return (-1);
	if (key_id.len > 0) {
		/* A key may have been certified more than once. */
		st = db_stmt(d, "SELECT " CERTROWS_COLUMNS " FROM cert"
		    " WHERE role = 0 AND key_id = ? ORDER BY from_ms DESC"
		    " LIMIT 1");
		certrows_bind_blob(st, 1, key_id);
	} else {
		st = db_stmt(d, "SELECT " CERTROWS_COLUMNS " FROM cert"
		    " WHERE role = 0 AND issuer_der = ? AND serial_der = ?"
		    " LIMIT 1");
		certrows_bind_blob(st, 1, issuer_der);
		certrows_bind_blob(st, 2, serial_der);
	}
	return (take_one(s, &d, st, a, out, found, err));
}

/* ---- changing ---------------------------------------------------------- */

struct change_arg {
	const uint8_t *sha256;
	enum store_cert_state state;
	struct str text;	/* note, or where it was published */
	int64_t at_ms;
	unsigned reason;
	const struct store_event *event;
};

static int
no_such(struct err *err)
{
	return (err_set(err, ERR_INPUT, "there is no such certificate"));
}

/* Run it; there was one to change, and the event tells of it. */
static int
changed(struct db *d, sqlite3_stmt *st, const struct store_event *event,
    struct err *err)
{
	if (db_run(d, st, err) == -1)
		return (-1);
	if (sqlite3_changes(d->handle) == 0)
		return (no_such(err));
	return (events_append(d, event, err));
}

static int
set_write(struct db *d, void *arg, struct err *err)
{
	const struct change_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "UPDATE cert SET state = ?2, note = ?3"
	    " WHERE sha256 = ?1");

	db_bind_blob(st, 1, w->sha256, STORE_HASH_BYTES);
	db_bind_int(st, 2, w->state);
	db_bind_str(st, 3, w->text);
	return (changed(d, st, w->event, err));
}

int
store_cert_set(struct store *s, const uint8_t sha256[static 32],
    enum store_cert_state state, struct str note,
    const struct store_event *event, struct err *err)
{
	struct change_arg w = { .sha256 = sha256, .state = state,
		.text = note, .event = event };

	return (group_do(s, set_write, &w, err));
}

static int
revoke_write(struct db *d, void *arg, struct err *err)
{
	const struct change_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "UPDATE cert SET state = ?2,"
	    " revoked_ms = ?3, reason = ?4 WHERE sha256 = ?1");

	if (FAULT_HERE("store.cert_revoke") == -1)
		return (err_set(err, ERR_TEMP, "store: cert_revoke"));
	db_bind_blob(st, 1, w->sha256, STORE_HASH_BYTES);
	db_bind_int(st, 2, STORE_CERT_REVOKED);
	db_bind_int(st, 3, w->at_ms);
	db_bind_int(st, 4, w->reason);
	return (changed(d, st, w->event, err));
}

int
store_cert_revoke(struct store *s, const uint8_t sha256[static 32],
    int64_t at_ms, unsigned reason, const struct store_event *event,
    struct err *err)
{
	struct change_arg w = { .sha256 = sha256, .at_ms = at_ms,
		.reason = reason, .event = event };

	return (group_do(s, revoke_write, &w, err));
}

static int
published_write(struct db *d, void *arg, struct err *err)
{
	const struct change_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d,
	    "UPDATE cert SET published = ?2 WHERE sha256 = ?1");

	db_bind_blob(st, 1, w->sha256, STORE_HASH_BYTES);
	db_bind_str(st, 2, w->text);
	return (changed(d, st, NULL, err));
}

int
store_cert_published(struct store *s, const uint8_t sha256[static 32],
    struct str where, struct err *err)
{
	struct change_arg w = { .sha256 = sha256, .text = where };

	return (group_do(s, published_write, &w, err));
}

static int
seen_write(struct db *d, void *arg, struct err *err)
{
	const struct change_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "UPDATE cert SET seen_n = seen_n + 1,"
	    " last_ms = max(last_ms, ?2) WHERE sha256 = ?1");

	db_bind_blob(st, 1, w->sha256, STORE_HASH_BYTES);
	db_bind_int(st, 2, w->at_ms);
	return (changed(d, st, NULL, err));
}

int
store_cert_seen(struct store *s, const uint8_t sha256[static 32],
    int64_t at_ms, struct err *err)
{
	struct change_arg w = { .sha256 = sha256, .at_ms = at_ms };

	return (group_do(s, seen_write, &w, err));
}
