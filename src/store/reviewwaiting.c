/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reviewwaiting: reviews that nobody but the administrator can decide, and
 * whether he was told of them.
 *
 * Runs in the gateway. An open review whose `tell` is set is one he has not
 * been told of; at its decision the same mark comes to mean its sender
 * (reviews.c). Security: names of rules and numbers, nothing of messages.
 */
#include "store/acceptance.h"
#include "store/blobs.h"
#include "store/group.h"
#include "store/review.h"

#define QUIET_KEY "administrator"	/* of the counter */

/* Nobody was asked, and something of it is held still (?1: now). */
#define WAITING "r.state = 0 AND (r.expires_ms = 0 OR r.expires_ms > ?1)" \
    " AND NOT EXISTS(SELECT 1 FROM reviewer w WHERE w.review = r.id)" \
    " AND EXISTS(SELECT 1 FROM review_item ri JOIN item i ON i.id = ri.item" \
    " WHERE ri.review = r.id AND i.state = 1)"

/* ---- reading ---------------------------------------------------------- */

/* Asked every second: one look at an index that is nearly always empty. */
static int
is_due(struct db *d, int64_t now_ms, bool *out, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "SELECT 1 FROM review r WHERE r.tell = 1"
	    " AND " WAITING " AND NOT EXISTS(SELECT 1 FROM counter"
	    " WHERE key = '" QUIET_KEY "' AND until_ms > ?1) LIMIT 1");
	int rc;

	db_bind_int(st, 1, now_ms);
	rc = db_step(d, st, err);
	*out = rc == 1;
	(void)sqlite3_reset(st);
	return (rc == -1 ? -1 : 0);
}

static int
read_sum(struct db *d, int64_t now_ms, struct store_waiting *out,
    struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "SELECT count(DISTINCT r.message),"
	    " coalesce(min(r.created_ms), 0) FROM review r WHERE " WAITING);

	db_bind_int(st, 1, now_ms);
	if (db_step(d, st, err) != 1)
		return (-1);
	out->n_messages = (size_t)db_int(st, 0);
	out->oldest_ms = db_int(st, 1);
	(void)sqlite3_reset(st);
	return (0);
}

static int
read_rules(struct db *d, int64_t now_ms, struct arena *a,
    struct store_waiting *out, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "SELECT r.rule,"
	    " count(DISTINCT r.message) FROM review r WHERE " WAITING
	    " GROUP BY r.rule ORDER BY 2 DESC, 1 LIMIT ?2");
	int rc;

	db_bind_int(st, 1, now_ms);
	db_bind_int(st, 2, STORE_WAITING_RULES);
	while ((rc = db_step(d, st, err)) == 1)
		out->rules[out->n_rules++] = (struct store_waiting_rule){
			db_str(st, 0, a), (size_t)db_int(st, 1) };
	return (rc);
}

int
store_reviews_waiting(struct store *s, int64_t now_ms, struct arena *a,
    struct store_waiting *out, struct err *err)
{
	struct store_waiting found = { .n_rules = 0 };
	struct db *d;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	rc = is_due(d, now_ms, &found.is_due, err);
	if (rc == 0 && found.is_due &&
	    (read_sum(d, now_ms, &found, err) == -1 ||
	    read_rules(d, now_ms, a, &found, err) == -1))
		rc = -1;
	group_reader_back(s, &d);
	if (rc == 0)
		*out = found;
	return (rc);
}

/* ---- told ------------------------------------------------------------- */

struct told_arg {
	int64_t now_ms, quiet_ms;
	const struct store_accept *mail;
	const char *owner;
};

static int
told_write(struct db *d, void *arg, struct err *err)
{
	const struct told_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "INSERT INTO counter"
	    " VALUES('" QUIET_KEY "', ?1, 1) ON CONFLICT(key) DO UPDATE"
	    " SET until_ms = ?1 WHERE until_ms <= ?2");

	db_bind_int(st, 1, w->now_ms + w->quiet_ms);
	db_bind_int(st, 2, w->now_ms);
	if (db_run(d, st, err) == -1)
		return (-1);
	/* Another gateway was faster. */
	if (sqlite3_changes(d->handle) == 0)
		return (0);
	st = db_stmt(d, "UPDATE review SET tell = 0 WHERE tell = 1"
	    " AND state = 0 AND created_ms <= ?");
	db_bind_int(st, 1, w->now_ms);
	if (db_run(d, st, err) == -1)
		return (-1);
	return (acceptance_put(d, w->mail, w->owner, err));
}

int
store_reviews_waiting_told(struct store *s, int64_t now_ms, int64_t quiet_ms,
    const struct store_accept *mail, struct err *err)
{
	struct told_arg w = { now_ms, quiet_ms, mail, group_owner(s) };

	/* Small enough to be a row: there is no file to write first. */
	for (size_t i = 0; i < mail->n_payloads; i++)
		must(mail->payloads[i].sealed.len < BLOB_BYTES_MIN);
	return (group_do(s, told_write, &w, err));
}
