/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reviewread: reviews as the portal, the command line and the gateway read
 * them.
 *
 * Runs in every role that opens the store. Security: hashes of tokens, never
 * the tokens.
 */
#include "store/group.h"
#include "store/review.h"

#define SHOWN_RECIPIENTS 20
#define WHO_MAX 64

/* What a review comes to, its items and its time looked at (?1: now). */
#define COLUMNS "r.id, r.message, r.kind, r.rule, r.reason, r.severity," \
    " r.evidence, r.created_ms, r.expires_ms, CASE WHEN r.state <> 0" \
    " THEN r.state WHEN NOT EXISTS(SELECT 1 FROM review_item ri" \
    " JOIN item i ON i.id = ri.item WHERE ri.review = r.id AND i.state = 1)" \
    " THEN 4 WHEN r.expires_ms > 0 AND r.expires_ms <= ?1 THEN 3 ELSE 0 END" \
    " AS now_state, r.decided_ms, r.decided_by, r.justification, m.sender," \
    " m.sender_name, m.message_id, m.received_ms, EXISTS(SELECT 1" \
    " FROM review_item wi JOIN item w ON w.id = wi.item" \
    " WHERE wi.review = r.id AND w.state = 1)" \
    " FROM review r JOIN message m ON m.id = r.message "

static void
columns(sqlite3_stmt *st, struct arena *a, struct store_review_facts *out)
{
	*out = (struct store_review_facts){
		.review = {
			.id = db_id(st, 0), .message = db_id(st, 1),
			.kind = (enum store_review_kind)db_int(st, 2),
			.rule = db_str(st, 3, a), .reason = db_str(st, 4, a),
			.severity = db_str(st, 5, a),
			.evidence = db_str(st, 6, a),
			.created_ms = db_int(st, 7),
			.expires_ms = db_int(st, 8),
		},
		.state = (enum store_review_state)db_int(st, 9),
		.decided_ms = db_int(st, 10), .decided_by = db_str(st, 11, a),
		.justification = db_str(st, 12, a), .sender = db_str(st, 13, a),
		.sender_name = db_str(st, 14, a),
		.message_id = db_str(st, 15, a),
		.received_ms = db_int(st, 16), .waits = db_int(st, 17) != 0,
	};
}

static int
read_who(struct db *d, struct store_review *r, struct arena *a,
    struct err *err)
{
	struct store_reviewer *who = arena_array(a, WHO_MAX, sizeof(*who));
	sqlite3_stmt *st = db_stmt(d, "SELECT address, token FROM reviewer"
	    " WHERE review = ? ORDER BY n LIMIT ?");
	int rc;

	db_bind_id(st, 1, &r->id);
	db_bind_int(st, 2, WHO_MAX);
	while ((rc = db_step(d, st, err)) == 1) {
		who[r->n_who].address = db_str(st, 0, a);
		db_blob(st, 1, who[r->n_who++].token, STORE_HASH_BYTES);
	}
	r->who = who;
	return (rc);
}

static int
read_recipients(struct db *d, struct store_review_facts *f, struct arena *a,
    struct err *err)
{
	struct str *to = arena_array(a, SHOWN_RECIPIENTS, sizeof(*to));
	sqlite3_stmt *st = db_stmt(d, "SELECT i.recipient, count(*) OVER ()"
	    " FROM review_item ri JOIN item i ON i.id = ri.item"
	    " WHERE ri.review = ? ORDER BY i.id LIMIT ?");
	int rc;

	db_bind_id(st, 1, &f->review.id);
	db_bind_int(st, 2, SHOWN_RECIPIENTS);
	while ((rc = db_step(d, st, err)) == 1) {
		to[f->n_recipients++] = db_str(st, 0, a);
		f->n_recipients_in_all = (size_t)db_int(st, 1);
	}
	f->recipients = to;
	return (rc);
}

/* Rows of a query over COLUMNS whose parameters are bound, with all that
 * belongs to them. */
static int
read_rows(struct db *d, sqlite3_stmt *st, size_t max, struct arena *a,
    struct store_review_facts **out, size_t *n, struct err *err)
{
	struct store_review_facts *rows =
	    arena_array(a, max, sizeof(*rows));
	size_t found = 0;
	int rc;

	while ((rc = db_step(d, st, err)) == 1)
		columns(st, a, &rows[found++]);
	for (size_t i = 0; rc == 0 && i < found; i++)
		if (read_who(d, &rows[i].review, a, err) == -1 ||
		    read_recipients(d, &rows[i], a, err) == -1)
			rc = -1;
	if (rc == -1)
		return (-1);
	*out = rows;
	*n = found;
	return (0);
}

static int
read_all(struct store *s, const char *sql, const struct id *review,
    int64_t now_ms, size_t max, struct arena *a,
    struct store_review_facts **out, size_t *n, struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, sql);
	db_bind_int(st, 1, now_ms);
	db_bind_int(st, 2, (int64_t)max);
	if (review != NULL)
		db_bind_id(st, 3, review);
	rc = read_rows(d, st, max, a, out, n, err);
	group_reader_back(s, &d);
	return (rc);
}

int
store_review_find(struct store *s, const struct id *review, int64_t now_ms,
    struct arena *a, struct store_review_facts *out, struct err *err)
{
	struct store_review_facts *one;
	size_t n;

	if (read_all(s, "SELECT " COLUMNS "WHERE r.id = ?3 LIMIT ?2", review,
	    now_ms, 1, a, &one, &n, err) == -1)
		return (-1);
	if (n == 0)
		return (err_set(err, ERR_INPUT, "no such review"));
	*out = one[0];
	return (0);
}

int
store_reviews(struct store *s, bool only_open, int64_t now_ms, size_t max,
    struct arena *a, struct store_review_facts **out, size_t *n,
    struct err *err)
{
	return (read_all(s, only_open ? "SELECT " COLUMNS
	    "WHERE r.state = 0 AND now_state = 0 ORDER BY r.id DESC LIMIT ?2" :
	    "SELECT " COLUMNS "WHERE 1 ORDER BY r.id DESC LIMIT ?2", NULL,
	    now_ms, max, a, out, n, err));
}

int
store_reviews_due(struct store *s, int64_t now_ms, size_t max,
    struct arena *a, struct store_review_facts **out, size_t *n,
    struct err *err)
{
	return (read_all(s, "SELECT " COLUMNS "WHERE r.state = 0"
	    " AND r.expires_ms > 0 AND r.expires_ms <= ?1 AND now_state = 3"
	    " ORDER BY r.expires_ms LIMIT ?2", NULL, now_ms, max, a, out, n,
	    err));
}

int
store_reviews_untold(struct store *s, size_t max, struct arena *a,
    struct store_review_facts **out, size_t *n, struct err *err)
{
	return (read_all(s, "SELECT " COLUMNS "WHERE r.tell = 1"
	    " AND r.state <> 0 ORDER BY r.id LIMIT ?2", NULL, 0, max, a,
	    out, n, err));
}
