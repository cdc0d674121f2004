/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events: the audit record: rows chained by hash, appended in the transaction
 * of what they tell of, so that neither exists without the other.
 *
 * Runs in every role that writes the store. Security: what an auditor trusts
 * (audit/chain.h says what it can and cannot show).
 */
#include "store/events.h"

#include "audit/chain.h"
#include "base/clock.h"
#include "store/group.h"

#define CLOCK_SLACK_MS CLOCK_MINUTE_MS	/* how far a clock may step */

static int
find_end(struct db *d, struct err *err)
{
	sqlite3_stmt *st;
	int rc;

	if (d->is_chain_known)
		return (0);
	st = db_stmt(d,
	    "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
	rc = db_step(d, st, err);
	if (rc == -1)
		return (-1);
	chain_start(d->chain);
	d->chain_seq = 0;
	if (rc == 1) {
		d->chain_seq = db_int(st, 0);
		db_blob(st, 1, d->chain, CHAIN_HASH_BYTES);
		(void)sqlite3_reset(st);
	}
	d->is_chain_known = true;
	return (0);
}

int
events_append(struct db *d, const struct store_event *event, struct err *err)
{
	int64_t now = clock_wall_ms();
	sqlite3_stmt *st;

	if (event == NULL)
		return (0);
	if (find_end(d, err) == -1)
		return (-1);
	chain_next(d->chain, ++d->chain_seq, now, event->name, event->detail);
	st = db_stmt(d, "INSERT INTO audit VALUES(?, ?, ?, ?, ?)");
	db_bind_int(st, 1, d->chain_seq);
	db_bind_int(st, 2, now);
	db_bind_str(st, 3, event->name);
	db_bind_str(st, 4, event->detail);
	db_bind_blob(st, 5, d->chain, CHAIN_HASH_BYTES);
	return (db_run(d, st, err));
}

static int
append(struct db *d, void *arg, struct err *err)
{
	return (events_append(d, arg, err));
}

int
store_audit(struct store *s, const struct store_event *event, struct err *err)
{
	struct store_event copy = *event;

	return (group_do(s, append, &copy, err));
}

static struct store_audit_row
audit_row(sqlite3_stmt *st, struct arena *a)
{
	return ((struct store_audit_row){
		.seq = db_int(st, 0), .at_ms = db_int(st, 1),
		.event = db_str(st, 2, a), .detail = db_str(st, 3, a) });
}

#define AUDIT_ROWS_MAX 1000

int
store_audit_of(struct store *s, const struct id *message, struct arena *a,
    struct store_audit_row **out, size_t *n, struct err *err)
{
	struct store_audit_row *rows =
	    arena_array(a, AUDIT_ROWS_MAX, sizeof(*rows));
	char text[ID_TEXT_SIZE];
	struct db *d;
	sqlite3_stmt *st;
	size_t found = 0;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT seq, at_ms, event, detail FROM audit"
	    " WHERE at_ms >= (SELECT received_ms FROM message WHERE id = ?) - ?"
	    " AND instr(detail, ?) > 0 ORDER BY seq LIMIT ?");
	db_bind_id(st, 1, message);
	db_bind_int(st, 2, CLOCK_SLACK_MS);
	db_bind_str(st, 3, str_of(id_text(message, text)));
	db_bind_int(st, 4, AUDIT_ROWS_MAX);
	while ((rc = db_step(d, st, err)) == 1)
		rows[found++] = audit_row(st, a);
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*out = rows;
	*n = found;
	return (0);
}

static int
verify_row(sqlite3_stmt *st, uint8_t *hash, int64_t *last, struct err *err)
{
	uint8_t stored[CHAIN_HASH_BYTES];
	struct str event = str_make(sqlite3_column_text(st, 2),
	    (size_t)sqlite3_column_bytes(st, 2));
	struct str detail = str_make(sqlite3_column_text(st, 3),
	    (size_t)sqlite3_column_bytes(st, 3));
	int64_t seq = db_int(st, 0);

	if (seq != *last + 1)
		return (err_set(err, ERR_PERM, "audit record: row %lld is "
		    "missing", (long long)*last + 1));
	*last = seq;
	chain_next(hash, seq, db_int(st, 1), event, detail);
	db_blob(st, 4, stored, sizeof(stored));
	if (memcmp(stored, hash, sizeof(stored)) != 0)
		return (err_set(err, ERR_PERM, "audit record: row %lld was "
		    "changed", (long long)seq));
	return (0);
}

int
store_audit_verify(struct store *s, int64_t *rows, struct err *err)
{
	uint8_t hash[CHAIN_HASH_BYTES];
	int64_t last = 0;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	chain_start(hash);
	st = db_stmt(d,
	    "SELECT seq, at_ms, event, detail, hash FROM audit ORDER BY seq");
	while ((rc = db_step(d, st, err)) == 1)
		if (verify_row(st, hash, &last, err) == -1) {
			(void)sqlite3_reset(st);
			rc = -1;
			break;
		}
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*rows = last;
	return (0);
}
