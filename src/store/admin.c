/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin: what an administrator asks about messages, and revoking them.
 *
 * Runs behind `letterlock message`. Security: the
 * log is emptied behind an erasing, so that the old bytes are in no file any
 * more.
 */
#include "base/clock.h"
#include "store/erase.h"
#include "store/events.h"
#include "store/group.h"
#include "store/rows.h"

int
store_messages(struct store *s, struct str sender, struct str recipient,
    size_t max, struct arena *a, struct store_message_row **out, size_t *n,
    struct err *err)
{
	struct store_message_row *rows = arena_array(a, max, sizeof(*rows));
	size_t found = 0;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT m.*,"
	    " (SELECT count(*) FROM recipient r WHERE r.message = m.id),"
	    " count(g.id), count(iif(g.opened_n > 0, 1, NULL)),"
	    " count(iif(g.state = 1, 1, NULL)),"
	    " count(iif(i.state < 2, 1, NULL))"
	    " FROM (SELECT " ROWS_MESSAGE " FROM message mm"
	    " WHERE (?1 = '' OR sender = ?1 COLLATE NOCASE) AND (?2 = '' OR"
	    " EXISTS(SELECT 1 FROM recipient rr WHERE rr.message = mm.id"
	    " AND rr.address = ?2 COLLATE NOCASE))"
	    " ORDER BY id DESC LIMIT ?3) m"
	    " LEFT JOIN recipient q ON q.message = m.id"
	    " LEFT JOIN grants g ON g.id = q.grant_id"
	    " LEFT JOIN item i ON i.id = q.item"
	    " GROUP BY m.id ORDER BY m.id DESC");
	db_bind_str(st, 1, sender);
	db_bind_str(st, 2, recipient);
	db_bind_int(st, 3, (int64_t)max);
	while ((rc = db_step(d, st, err)) == 1) {
		struct store_message_row *r = &rows[found++];

		rows_message(st, 0, a, &r->message);
		r->n_recipients = (unsigned)db_int(st, 8);
		r->n_grants = (unsigned)db_int(st, 9);
		r->n_opened = (unsigned)db_int(st, 10);
		r->n_revoked = (unsigned)db_int(st, 11);
		r->n_open_items = (unsigned)db_int(st, 12);
	}
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*out = rows;
	*n = found;
	return (0);
}

int
store_message_find(struct store *s, struct str key, struct arena *a,
    struct store_message *out, struct err *err)
{
	struct id id;
	bool by_id = id_parse(key, &id);
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, by_id ?
	    "SELECT " ROWS_MESSAGE " FROM message WHERE id = ?" :
	    "SELECT " ROWS_MESSAGE " FROM message WHERE message_id = ?"
	    " ORDER BY id DESC LIMIT 1");
	if (by_id)
		db_bind_id(st, 1, &id);
	else
		db_bind_str(st, 1, key);
	rc = db_step(d, st, err);
	if (rc == 1) {
		rows_message(st, 0, a, out);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	if (rc == 0)
		return (err_set(err, ERR_INPUT, "no message %.*s",
		    STR_FMT(key)));
	return (rc == -1 ? -1 : 0);
}

static void
recipient_columns(sqlite3_stmt *st, struct arena *a,
    struct store_recipient_row *out)
{
	*out = (struct store_recipient_row){
		.recipient = {
			.address = db_str(st, 0, a), .action = db_str(st, 1, a),
			.rule = db_str(st, 2, a), .reason = db_str(st, 3, a),
			.template = db_str(st, 4, a), .grant = db_id(st, 5),
			.item = db_id(st, 6),
		},
		.grant_state = (enum store_grant_state)db_int(st, 7),
		.expires_ms = db_int(st, 8),
		.opened_first_ms = db_int(st, 9),
		.opened_n = (unsigned)db_int(st, 10),
	};
	if (out->grant_state == STORE_GRANT_ACTIVE && out->expires_ms != 0 &&
	    out->expires_ms <= clock_wall_ms())
		out->grant_state = STORE_GRANT_EXPIRED;
}

#define RECIPIENTS_MAX 10000	/* the largest smtp.max_recipients */

int
store_message_recipients(struct store *s, const struct id *message,
    struct arena *a, struct store_recipient_row **out, size_t *n,
    struct err *err)
{
	struct store_recipient_row *rows =
	    arena_array(a, RECIPIENTS_MAX, sizeof(*rows));
	size_t found = 0;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT r.address, r.action, r.rule, r.reason,"
	    " r.template, r.grant_id, r.item, g.state, g.expires_ms,"
	    " g.opened_first_ms, g.opened_n FROM recipient r"
	    " LEFT JOIN grants g ON g.id = r.grant_id"
	    " WHERE r.message = ? ORDER BY r.n LIMIT ?");
	db_bind_id(st, 1, message);
	db_bind_int(st, 2, RECIPIENTS_MAX);
	while ((rc = db_step(d, st, err)) == 1)
		recipient_columns(st, a, &rows[found++]);
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*out = rows;
	*n = found;
	return (0);
}

/* ---- erasing ---------------------------------------------------------- */

/* A notice that has not gone out is not sent any more. */
static int
drop_notices(struct db *d, const struct id *message, struct str recipient,
    struct err *err)
{
	/* Notices are small: there is no file to remove. */
	sqlite3_stmt *st = db_stmt(d, "DELETE FROM payload WHERE id IN"
	    " (SELECT i.payload FROM recipient r JOIN item i ON i.id = r.item"
	    " WHERE r.message = ?1 AND i.kind = 'notice' AND"
	    " (?2 = '' OR r.address = ?2 COLLATE NOCASE))");

	db_bind_id(st, 1, message);
	db_bind_str(st, 2, recipient);
	if (db_run(d, st, err) == -1)
		return (-1);
	st = db_stmt(d, "UPDATE item SET state = 4, owner = NULL"
	    " WHERE state < 2 AND kind = 'notice' AND id IN"
	    " (SELECT item FROM recipient WHERE message = ?1 AND"
	    " (?2 = '' OR address = ?2 COLLATE NOCASE))");
	db_bind_id(st, 1, message);
	db_bind_str(st, 2, recipient);
	return (db_run(d, st, err));
}

struct revoke_arg {
	const struct id *message;
	struct str recipient;
	const struct store_event *event;
	struct arena *arena;
	size_t n;
};

static int
revoke_write(struct db *d, void *arg, struct err *err)
{
	struct revoke_arg *w = arg;
	struct id *grants =
	    arena_array(w->arena, RECIPIENTS_MAX, sizeof(*grants));
	sqlite3_stmt *st = db_stmt(d, "SELECT g.id FROM recipient r"
	    " JOIN grants g ON g.id = r.grant_id WHERE r.message = ?1"
	    " AND g.state = 0 AND (?2 = '' OR r.address = ?2 COLLATE NOCASE)"
	    " LIMIT ?3");
	int rc;

	db_bind_id(st, 1, w->message);
	db_bind_str(st, 2, w->recipient);
	db_bind_int(st, 3, RECIPIENTS_MAX);
	w->n = 0;
	while ((rc = db_step(d, st, err)) == 1)
		grants[w->n++] = db_id(st, 0);
	if (rc == -1)
		return (-1);
	for (size_t i = 0; i < w->n; i++)
		if (erase_grant(d, &grants[i], STORE_GRANT_REVOKED, err) == -1)
			return (-1);
	if (drop_notices(d, w->message, w->recipient, err) == -1 ||
	    erase_parcels(d, w->message, err) == -1)
		return (-1);
	return (w->n > 0 ? events_append(d, w->event, err) : 0);
}

int
store_revoke(struct store *s, const struct id *message, struct str recipient,
    const struct store_event *event, size_t *n, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct revoke_arg w = { message, recipient, event, a, 0 };

	if (group_do(s, revoke_write, &w, err) == -1 ||
	    group_truncate_log(s, err) == -1)
		return (-1);
	*n = w.n;
	return (0);
}

struct expire_arg {
	int64_t now_ms;
	size_t max, n;
	struct arena *arena;
};

static int
expire_write(struct db *d, void *arg, struct err *err)
{
	struct expire_arg *w = arg;
	struct id *due = arena_array(w->arena, w->max * 2, sizeof(*due));
	sqlite3_stmt *st = db_stmt(d, "SELECT id, message FROM grants WHERE"
	    " state = 0 AND expires_ms > 0 AND expires_ms <= ? LIMIT ?");
	int rc;

	db_bind_int(st, 1, w->now_ms);
	db_bind_int(st, 2, (int64_t)w->max);
	w->n = 0;
	while ((rc = db_step(d, st, err)) == 1) {
		due[2 * w->n] = db_id(st, 0);
		due[2 * w->n++ + 1] = db_id(st, 1);
	}
	if (rc == -1)
		return (-1);
	for (size_t i = 0; i < w->n; i++)
		if (erase_grant(d, &due[2 * i], STORE_GRANT_EXPIRED, err) ==
		    -1 || erase_parcels(d, &due[2 * i + 1], err) == -1)
			return (-1);
	return (0);
}

int
store_expire(struct store *s, int64_t now_ms, size_t max, size_t *n,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct expire_arg w = { now_ms, max, 0, a };

	if (group_do(s, expire_write, &w, err) == -1 ||
	    (w.n > 0 && group_truncate_log(s, err) == -1))
		return (-1);
	*n = w.n;
	return (0);
}
