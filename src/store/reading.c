/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading: what the portal asks for a recipient who reads: the grant, the
 * sealed parts.
 *
 * Runs in the portal. Security: hands out ciphertext and wrapped keys only;
 * the portal asks only after it knows who the reader is.
 */
#include "store/events.h"
#include "store/group.h"
#include "store/rows.h"

static void
grant_columns(sqlite3_stmt *st, int64_t now_ms, struct arena *a,
    struct store_grant_facts *out)
{
	struct store_grant *g = &out->grant;

	g->id = db_id(st, 0);
	g->parcel = db_id(st, 1);
	g->message = db_id(st, 2);
	g->workspace = db_id(st, 3);
	g->recipient = db_str(st, 4, a);
	g->template = db_str(st, 5, a);
	g->rights = (uint32_t)db_int(st, 6);
	g->expires_ms = db_int(st, 7);
	out->state = (enum store_grant_state)db_int(st, 8);
	db_blob(st, 9, g->wrapped_s, sizeof(g->wrapped_s));
	db_blob(st, 10, g->wck, sizeof(g->wck));
	out->opened_first_ms = db_int(st, 11);
	out->opened_n = (unsigned)db_int(st, 12);
	rows_message(st, 13, a, &out->message);
	if (out->state == STORE_GRANT_ACTIVE && g->expires_ms != 0 &&
	    g->expires_ms <= now_ms)
		out->state = STORE_GRANT_EXPIRED;
}

int
store_grant_find(struct store *s, const struct id *grant, int64_t now_ms,
    struct arena *a, struct store_grant_facts *out, struct err *err)
{
	struct store_grant_facts facts;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	memset(&facts, 0, sizeof(facts));
	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT g.id, g.parcel, g.message, g.workspace,"
	    " g.recipient, g.template, g.rights, g.expires_ms, g.state,"
	    " g.wrapped, g.wck, g.opened_first_ms, g.opened_n, m.id,"
	    " m.workspace, m.received_ms, m.sender, m.sender_name,"
	    " m.message_id, m.client, m.size_bytes FROM grants g"
	    " JOIN message m ON m.id = g.message WHERE g.id = ?");
	db_bind_id(st, 1, grant);
	rc = db_step(d, st, err);
	if (rc == 1) {
		grant_columns(st, now_ms, a, &facts);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	if (rc == 0)
		return (err_set(err, ERR_INPUT, "no such grant"));
	if (rc == -1)
		return (-1);
	*out = facts;
	return (0);
}

int
store_grant_brand(struct store *s, const struct id *grant, struct arena *a,
    struct str *out, struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT b.data FROM grants g"
	    " JOIN brand b ON b.hash = g.brand WHERE g.id = ?");
	db_bind_id(st, 1, grant);
	rc = db_step(d, st, err);
	if (rc != -1)
		*out = rc == 1 ? db_str(st, 0, a) : STR_NULL;
	if (rc == 1)
		(void)sqlite3_reset(st);
	group_reader_back(s, &d);
	return (rc == -1 ? -1 : 0);
}

int
store_parts(struct store *s, const struct id *parcel, uint64_t *lengths,
    size_t max, size_t *n, struct err *err)
{
	size_t found = 0;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT sum(bytes) FROM part WHERE parcel = ?"
	    " GROUP BY part ORDER BY part LIMIT ?");
	db_bind_id(st, 1, parcel);
	db_bind_int(st, 2, (int64_t)max);
	while ((rc = db_step(d, st, err)) == 1)
		lengths[found++] = (uint64_t)db_int(st, 0);
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*n = found;
	return (0);
}

int
store_part_read(struct store *s, const struct id *parcel, uint32_t part,
    uint64_t offset, uint8_t *out, size_t cap, size_t *got, struct err *err)
{
	size_t in_chunk = (size_t)(offset % STORE_CHUNK_BYTES), take = 0;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT data, seq FROM part"
	    " WHERE parcel = ? AND part = ? AND seq IN (-1, ?)");
	db_bind_id(st, 1, parcel);
	db_bind_int(st, 2, part);
	db_bind_int(st, 3, (int64_t)(offset / STORE_CHUNK_BYTES));
	rc = db_step(d, st, err);
	if (rc == 1 && db_int(st, 1) == DB_SEQ_FILE) {
		(void)sqlite3_reset(st);
		rc = blob_read(d->blobs, parcel, part, offset, out, cap, &take,
		    err);
	} else if (rc == 1) {
		size_t len = (size_t)sqlite3_column_bytes(st, 0);
		const uint8_t *p = sqlite3_column_blob(st, 0);

		if (in_chunk < len) {
			take = MIN_OF(len - in_chunk, cap);
			memcpy(out, p + in_chunk, take);
		}
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*got = take;
	return (0);
}

struct opened_arg {
	const struct id *grant;
	int64_t now_ms;
	const struct store_event *event;
};

static int
opened_write(struct db *d, void *arg, struct err *err)
{
	const struct opened_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "UPDATE grants SET"
	    " opened_n = opened_n + 1, opened_first_ms ="
	    " iif(opened_first_ms = 0, ?, opened_first_ms)"
	    " WHERE id = ? AND state = 0");

	db_bind_int(st, 1, w->now_ms);
	db_bind_id(st, 2, w->grant);
	if (db_run(d, st, err) == -1)
		return (-1);
	if (sqlite3_changes(d->handle) == 0)
		return (err_set(err, ERR_INPUT, "the grant is gone"));
	return (events_append(d, w->event, err));
}

int
store_grant_opened(struct store *s, const struct id *grant, int64_t now_ms,
    const struct store_event *event, struct err *err)
{
	struct opened_arg w = { grant, now_ms, event };

	return (group_do(s, opened_write, &w, err));
}
