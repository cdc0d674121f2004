/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reviews: keeping reviews with their message, and deciding them.
 *
 * Runs in the gateway, in the portal and behind `letterlock review`. Security:
 * the state is looked at and changed in one transaction, so that of two people
 * who decide at once one is the second; what is refused can be opened by
 * nobody any more.
 */
#include "base/enc.h"
#include "base/fault.h"
#include "store/acceptance.h"
#include "store/erase.h"
#include "store/events.h"
#include "store/group.h"
#include "store/review.h"
#include "store/rows.h"

#define ITEMS_MAX 10000		/* the largest smtp.max_recipients */
#define REVIEWS_MAX 5000	/* of one item: one of each kind per rule */
#define DETAIL_MAX 8192

/* ---- keeping ---------------------------------------------------------- */

static int
put_one(struct db *d, const struct store_review *r, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "INSERT INTO review"
	    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '', '', ?)");

	db_bind_id(st, 1, &r->id);
	db_bind_id(st, 2, &r->message);
	db_bind_int(st, 3, r->kind);
	db_bind_str(st, 4, r->rule);
	db_bind_str(st, 5, r->reason);
	db_bind_str(st, 6, r->severity);
	db_bind_str(st, 7, r->evidence);
	db_bind_int(st, 8, r->created_ms);
	db_bind_int(st, 9, r->expires_ms);
	/* Nobody hears of it but the administrator (reviewwaiting.c). */
	db_bind_int(st, 10, r->n_who == 0);
	return (db_run(d, st, err));
}

int
acceptance_reviews(struct db *d, const struct store_accept *a,
    struct err *err)
{
	sqlite3_stmt *st;

	for (size_t i = 0; i < a->n_reviews; i++) {
		const struct store_review *r = &a->reviews[i];

		if (put_one(d, r, err) == -1)
			return (-1);
		for (size_t k = 0; k < r->n_items; k++) {
			st = db_stmt(d, "INSERT INTO review_item VALUES(?, ?)");
			db_bind_id(st, 1, &r->id);
			db_bind_id(st, 2, &r->items[k]);
			if (db_run(d, st, err) == -1)
				return (-1);
		}
		for (size_t k = 0; k < r->n_who; k++) {
			st = db_stmt(d,
			    "INSERT INTO reviewer VALUES(?, ?, ?, ?)");
			db_bind_id(st, 1, &r->id);
			db_bind_int(st, 2, (int64_t)k);
			db_bind_str(st, 3, r->who[k].address);
			db_bind_blob(st, 4, r->who[k].token,
			    STORE_HASH_BYTES);
			if (db_run(d, st, err) == -1)
				return (-1);
		}
		if (r->event.name.len > 0 &&
		    events_append(d, &r->event, err) == -1)
			return (-1);
	}
	return (0);
}

/* ---- deciding --------------------------------------------------------- */

struct decide_arg {
	const struct id *review;
	const struct store_decision *decision;
	const struct store_event *event;
	struct arena *arena;
	enum store_review_state before;
};

static int
read_state(struct db *d, struct decide_arg *w, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "SELECT state, expires_ms,"
	    " EXISTS(SELECT 1 FROM review_item ri JOIN item i"
	    " ON i.id = ri.item WHERE ri.review = review.id AND i.state = 1)"
	    " FROM review WHERE id = ?");
	bool is_over, waits;
	int rc;

	db_bind_id(st, 1, w->review);
	rc = db_step(d, st, err);
	if (rc != 1)
		return (rc == -1 ? -1 :
		    err_set(err, ERR_INPUT, "no such review"));
	w->before = (enum store_review_state)db_int(st, 0);
	is_over = db_int(st, 1) > 0 && db_int(st, 1) <= w->decision->now_ms;
	waits = db_int(st, 2) != 0;
	(void)sqlite3_reset(st);
	if (w->before != STORE_REVIEW_OPEN)
		return (0);
	if (!waits)
		w->before = STORE_REVIEW_CLOSED;
	else if (is_over && w->decision->state != STORE_REVIEW_EXPIRED)
		w->before = STORE_REVIEW_EXPIRED;
	else if (!is_over && w->decision->state == STORE_REVIEW_EXPIRED)
		return (err_set(err, ERR_INPUT, "not past its time"));
	return (0);
}

static int
set_state(struct db *d, const struct id *review,
    const struct store_decision *decision, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "UPDATE review SET state = ?,"
	    " decided_ms = ?, decided_by = ?, justification = ?, tell = ?"
	    " WHERE id = ?");

	db_bind_int(st, 1, decision->state);
	db_bind_int(st, 2, decision->now_ms);
	db_bind_str(st, 3, decision->by);
	db_bind_str(st, 4, decision->justification);
	db_bind_int(st, 5, decision->tells_sender);
	db_bind_id(st, 6, review);
	return (db_run(d, st, err));
}

/* What it waited is not taken from the time there is to deliver it. */
static int
release_items(struct db *d, const struct id *review, int64_t now_ms,
    struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "UPDATE item SET state = 0, next_ms = ?1,"
	    " expires_ms = expires_ms + ?1 - created_ms, owner = NULL"
	    " WHERE state = 1 AND id IN"
	    " (SELECT item FROM review_item WHERE review = ?2) AND NOT EXISTS"
	    " (SELECT 1 FROM review_item o JOIN review r ON r.id = o.review"
	    " WHERE o.item = item.id AND r.state <> 1)");

	db_bind_int(st, 1, now_ms);
	db_bind_id(st, 2, review);
	return (db_run(d, st, err));
}

struct cancelled {
	struct id message, payload, grant;
	bool is_mail;
};

static int
cancel_rows(struct db *d, struct decide_arg *w, struct cancelled *out,
    size_t *n, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "UPDATE item SET state = 4, next_ms = ?,"
	    " owner = NULL WHERE state = 1 AND id IN"
	    " (SELECT item FROM review_item WHERE review = ?)"
	    " RETURNING message, payload, kind = 'mail', (SELECT r.grant_id"
	    " FROM recipient r WHERE r.message = item.message"
	    " AND r.item = item.id)");
	int rc;

	db_bind_int(st, 1, w->decision->now_ms);
	db_bind_id(st, 2, w->review);
	*n = 0;
	while ((rc = db_step(d, st, err)) == 1) {
		must(*n < ITEMS_MAX);
		out[(*n)++] = (struct cancelled){ .message = db_id(st, 0),
			.payload = db_id(st, 1), .is_mail = db_int(st, 2) != 0,
			.grant = db_id(st, 3) };
	}
	return (rc);
}

/* The payload goes with the last item it was for, the ciphertext with the last
 * grant. */
static int
cancel_items(struct db *d, struct decide_arg *w, struct err *err)
{
	struct cancelled *c = arena_array(w->arena, ITEMS_MAX, sizeof(*c));
	const struct id none = { { 0 } };
	size_t n;

	if (cancel_rows(d, w, c, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++) {
		bool needed;

		if (rows_is_payload_needed(d, c[i].is_mail ? &c[i].message :
		    &none, &c[i].payload, &needed, err) == -1 ||
		    (!needed && rows_drop_payload(d, &c[i].payload,
		    err) == -1))
			return (-1);
		if (!id_is_zero(&c[i].grant) && erase_grant(d, &c[i].grant,
		    STORE_GRANT_REVOKED, err) == -1)
			return (-1);
	}
	return (n > 0 ? erase_parcels(d, &c[0].message, err) : 0);
}

static int
decide_write(struct db *d, void *arg, struct err *err)
{
	struct decide_arg *w = arg;

	if (FAULT_HERE("store.review") == -1)
		return (err_set(err, ERR_TEMP, "store: review"));
	if (read_state(d, w, err) == -1)
		return (-1);
	if (w->before != STORE_REVIEW_OPEN)
		return (0);
	if (set_state(d, w->review, w->decision, err) == -1)
		return (-1);
	if ((w->decision->state == STORE_REVIEW_APPROVED ?
	    release_items(d, w->review, w->decision->now_ms, err) :
	    cancel_items(d, w, err)) == -1)
		return (-1);
	return (events_append(d, w->event, err));
}

int
store_review_decide(struct store *s, const struct id *review,
    const struct store_decision *d, const struct store_event *event,
    enum store_review_state *before, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct decide_arg w = { review, d, event, a, STORE_REVIEW_OPEN };

	must(d->state == STORE_REVIEW_APPROVED ||
	    d->state == STORE_REVIEW_REFUSED ||
	    d->state == STORE_REVIEW_EXPIRED);
	if (group_do(s, decide_write, &w, err) == -1 ||
	    (w.before == STORE_REVIEW_OPEN &&
	    d->state != STORE_REVIEW_APPROVED &&
	    group_truncate_log(s, err) == -1))
		return (-1);
	*before = w.before;
	return (0);
}

/* ---- by the administrator, item by item ------------------------------- */

struct override_arg {
	const struct id *item;
	bool is_meant;
	struct store_decision decision;
	const struct store_event *event;
	struct arena *arena;
};

static int
refuse_open(struct db *d, const struct override_arg *w, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "SELECT 1 FROM review_item o"
	    " JOIN review r ON r.id = o.review JOIN item i ON i.id = o.item"
	    " WHERE o.item = ? AND r.state = 0 AND i.state = 1");
	int rc;

	if (w->is_meant)
		return (0);
	db_bind_id(st, 1, w->item);
	rc = db_step(d, st, err);
	(void)sqlite3_reset(st);
	return (rc != 1 ? rc : err_set(err, ERR_DENIED, "the item waits for "
	    "somebody's decision"));
}

/* {"review":…,"message":…,"rule":…,"item":…,"by":…} of the current row. */
static struct str
approved_detail(sqlite3_stmt *st, const struct override_arg *w)
{
	AUTO_BUF struct buf b = BUF_INIT(DETAIL_MAX);
	struct id review = db_id(st, 0), message = db_id(st, 1);
	char text[ID_TEXT_SIZE];

	buf_printf(&b, "{\"review\":\"%s\"", id_text(&review, text));
	buf_printf(&b, ",\"message\":\"%s\",\"rule\":",
	    id_text(&message, text));
	enc_json(db_str(st, 2, w->arena), &b);
	buf_printf(&b, ",\"item\":\"%s\",\"by\":", id_text(w->item, text));
	enc_json(w->decision.by, &b);
	buf_char(&b, '}');
	return (arena_str(w->arena, buf_view(&b)));
}

/* Reviews of this item that have no other to decide about. */
static int
approve_rest(struct db *d, const struct override_arg *w, struct err *err)
{
	struct store_event *events =
	    arena_array(w->arena, REVIEWS_MAX, sizeof(*events));
	size_t n = 0;
	int rc;
	sqlite3_stmt *st = db_stmt(d, "UPDATE review SET state = 1,"
	    " decided_ms = ?1, decided_by = ?2, tell = 0"
	    " WHERE state = 0 AND id IN"
	    " (SELECT review FROM review_item WHERE item = ?3) AND NOT EXISTS"
	    " (SELECT 1 FROM review_item o JOIN item i ON i.id = o.item"
	    " WHERE o.review = review.id AND i.state = 1)"
	    " RETURNING id, message, rule");

	db_bind_int(st, 1, w->decision.now_ms);
	db_bind_str(st, 2, w->decision.by);
	db_bind_id(st, 3, w->item);
	while ((rc = db_step(d, st, err)) == 1) {
		must(n < REVIEWS_MAX);
		events[n++] = (struct store_event){
			STR_LIT("review.approved"), approved_detail(st, w) };
	}
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = events_append(d, &events[i], err);
	return (rc);
}

static int
override_write(struct db *d, void *arg, struct err *err)
{
	struct override_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "UPDATE item SET state = 0, next_ms = ?1,"
	    " expires_ms = expires_ms + ?1 - created_ms, owner = NULL"
	    " WHERE id = ?2 AND state = 1");

	if (refuse_open(d, w, err) == -1)
		return (-1);
	db_bind_int(st, 1, w->decision.now_ms);
	db_bind_id(st, 2, w->item);
	if (db_run(d, st, err) == -1)
		return (-1);
	if (sqlite3_changes(d->handle) == 0)
		return (err_set(err, ERR_INPUT, "no such item is held"));
	if (events_append(d, w->event, err) == -1)
		return (-1);
	return (approve_rest(d, w, err));
}

int
store_review_override(struct store *s, const struct id *item, bool is_meant,
    struct str by, int64_t now_ms, const struct store_event *event,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct override_arg w = { item, is_meant,
		{ .by = by, .now_ms = now_ms }, event, a };

	return (group_do(s, override_write, &w, err));
}

/* ---- telling the sender ----------------------------------------------- */

struct told_arg {
	const struct id *review;
	const struct store_accept *mail;
	const char *owner;
};

static int
told_write(struct db *d, void *arg, struct err *err)
{
	const struct told_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d,
	    "UPDATE review SET tell = 0 WHERE id = ? AND tell = 1"
	    " AND state <> 0");

	db_bind_id(st, 1, w->review);
	if (db_run(d, st, err) == -1)
		return (-1);
	/* Another gateway was faster. */
	if (sqlite3_changes(d->handle) == 0 || w->mail == NULL)
		return (0);
	return (acceptance_put(d, w->mail, w->owner, err));
}

int
store_review_told(struct store *s, const struct id *review,
    const struct store_accept *mail, struct err *err)
{
	struct told_arg w = { review, mail, group_owner(s) };

	/* Small enough to be a row: there is no file to write first. */
	for (size_t i = 0; mail != NULL && i < mail->n_payloads; i++)
		must(mail->payloads[i].sealed.len < BLOB_BYTES_MIN);
	return (group_do(s, told_write, &w, err));
}
