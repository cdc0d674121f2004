/* SPDX-License-Identifier: Apache-2.0 */
/*
 * items: payloads, what became of an attempt, leases, and changes by hand.
 *
 * Runs in the gateway and behind `letterlock queue`. An item is leased by
 * moving its time ahead and naming the process; a lease that is not given back
 * ends by itself.
 */
#include "base/clock.h"
#include "base/fault.h"
#include "store/events.h"
#include "store/group.h"
#include "store/rows.h"

static int
read_file(struct blobs *b, const struct id *payload, struct buf *out,
    struct err *err)
{
	uint64_t at = 0;
	size_t got;

	do {
		uint8_t *to = buf_reserve(out, STORE_CHUNK_BYTES);

		if (to == NULL)
			return (buf_check(out, "payload", err));
		if (blob_read(b, payload, 0, at, to, STORE_CHUNK_BYTES, &got,
		    err) == -1)
			return (-1);
		out->len += got;
		at += got;
	} while (got > 0);
	return (0);
}

int
store_payload_read(struct store *s, const struct id *payload, struct buf *out,
    struct err *err)
{
	size_t before = out->len;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d,
	    "SELECT data, seq FROM payload WHERE id = ? ORDER BY seq");
	db_bind_id(st, 1, payload);
	while ((rc = db_step(d, st, err)) == 1)
		if (db_int(st, 1) != DB_SEQ_FILE)
			buf_append(out, sqlite3_column_blob(st, 0),
			    (size_t)sqlite3_column_bytes(st, 0));
		else if (read_file(d->blobs, payload, out, err) == -1) {
			(void)sqlite3_reset(st);
			rc = -1;
			break;
		}
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	if (out->len == before)
		return (err_set(err, ERR_PERM, "the payload is gone"));
	return (buf_check(out, "payload", err));
}

/* ---- what became of an attempt ---------------------------------------- */

struct attempt {
	struct id item;
	enum store_outcome outcome;
	int64_t next_ms;
	struct str reply;
	struct store_event event;
	bool has_event;
	char text[];	/* what the texts point to */
};

static struct str
keep_text(char **at, struct str s)
{
	struct str kept = { *at, s.len };

	if (s.len > 0)
		memcpy(*at, s.p, s.len);
	*at += s.len;
	return (kept);
}

static int
close_item(struct db *d, const struct attempt *t, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "UPDATE item SET state = ?,"
	    " last_reply = ?, next_ms = ?, attempts = attempts + 1,"
	    " owner = NULL WHERE id = ? AND state < 2"
	    ROWS_RETURNING_PAYLOAD);
	struct id message, payload;
	bool needed;
	int rc;

	db_bind_int(st, 1, t->outcome == STORE_DELIVERED ?
	    STORE_ITEM_DELIVERED : STORE_ITEM_FAILED);
	db_bind_str(st, 2, t->reply);
	db_bind_int(st, 3, clock_wall_ms());
	db_bind_id(st, 4, &t->item);
	rc = db_step(d, st, err);
	if (rc != 1)
		return (rc);	/* cancelled or revoked meanwhile */
	message = db_id(st, 0);
	payload = db_id(st, 1);
	(void)sqlite3_reset(st);
	if (rows_is_payload_needed(d, &message, &payload, &needed, err) == -1)
		return (-1);
	return (needed ? 0 : rows_drop_payload(d, &payload, err));
}

static int
reopen_item(struct db *d, const struct attempt *t, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "UPDATE item SET next_ms = ?1,"
	    " last_reply = iif(?5, ?2, last_reply),"
	    " attempts = attempts + ?3, owner = NULL WHERE id = ?4");
	bool tried = t->outcome == STORE_DEFERRED;

	db_bind_int(st, 1, t->next_ms);
	db_bind_str(st, 2, t->reply);
	db_bind_int(st, 3, tried);
	db_bind_id(st, 4, &t->item);
	db_bind_int(st, 5, tried || t->outcome == STORE_POSTPONED);
	return (db_run(d, st, err));
}

static int
attempt_write(struct db *d, void *arg, struct err *err)
{
	const struct attempt *t = arg;
	bool closes = t->outcome == STORE_DELIVERED ||
	    t->outcome == STORE_FAILED;

	if (FAULT_HERE("store.attempt") == -1)
		return (err_set(err, ERR_TEMP, "store: attempt"));
	if ((closes ? close_item(d, t, err) : reopen_item(d, t, err)) == -1)
		return (-1);
	return (t->has_event ? events_append(d, &t->event, err) : 0);
}

void
store_attempt(struct store *s, const struct id *item,
    enum store_outcome outcome, int64_t next_ms, struct str reply,
    const struct store_event *event)
{
	struct str name = event != NULL ? event->name : STR_NULL;
	struct str detail = event != NULL ? event->detail : STR_NULL;
	struct attempt *t = must_calloc(1,
	    sizeof(*t) + reply.len + name.len + detail.len + 1);
	char *at = t->text;

	t->item = *item;
	t->outcome = outcome;
	t->next_ms = next_ms;
	t->reply = keep_text(&at, reply);
	t->event.name = keep_text(&at, name);
	t->event.detail = keep_text(&at, detail);
	t->has_event = event != NULL;
	group_later(s, attempt_write, t, free);
}

void
store_flush(struct store *s)
{
	group_flush(s);
}

/* ---- when, whose, which ----------------------------------------------- */

int
store_next_due(struct store *s, int64_t *next_ms, struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT min(next_ms) FROM item WHERE state = 0");
	rc = db_step(d, st, err);
	if (rc == 1) {
		*next_ms = sqlite3_column_type(st, 0) == SQLITE_NULL ?
		    INT64_MAX : db_int(st, 0);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	return (rc == -1 ? -1 : 0);
}

struct recover_arg {
	const char *owner;
	size_t n;
};

static int
recover_write(struct db *d, void *arg, struct err *err)
{
	struct recover_arg *r = arg;
	sqlite3_stmt *st = db_stmt(d, "UPDATE item SET next_ms = ?,"
	    " owner = NULL WHERE state = 0 AND owner = ?");

	db_bind_int(st, 1, clock_wall_ms());
	db_bind_str(st, 2, str_of(r->owner));
	if (db_run(d, st, err) == -1)
		return (-1);
	r->n = (size_t)sqlite3_changes(d->handle);
	return (0);
}

#define OWNERS_MAX 1024

static int
find_owners(struct store *s, struct arena *a, const char **owners, size_t *n,
    struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT DISTINCT owner FROM item WHERE state = 0"
	    " AND owner IS NOT NULL LIMIT ?");
	db_bind_int(st, 1, OWNERS_MAX);
	*n = 0;
	while ((rc = db_step(d, st, err)) == 1)
		owners[(*n)++] = db_str(st, 0, a).p;
	group_reader_back(s, &d);
	return (rc);
}

static bool
is_known(void *ctx, const struct id *id)
{
	struct db *d = ctx;
	struct err err = ERR_INIT;
	sqlite3_stmt *st = db_stmt(d, "SELECT 1 FROM part WHERE parcel = ?1"
	    " UNION SELECT 1 FROM payload WHERE id = ?1 LIMIT 1");
	int rc;

	db_bind_id(st, 1, id);
	rc = db_step(d, st, &err);
	if (rc == 1)
		(void)sqlite3_reset(st);
	return (rc != 0);
}

int
store_sweep(struct store *s, struct err *err)
{
	struct db *d;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	blobs_sweep(group_blobs(s), is_known, d);
	group_reader_back(s, &d);
	return (0);
}

int
store_leases_recover(struct store *s, bool (*is_alive)(const char *owner),
    size_t *n, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	const char **owners = arena_array(a, OWNERS_MAX, sizeof(*owners));
	size_t n_owners, total = 0;

	if (find_owners(s, a, owners, &n_owners, err) == -1)
		return (-1);
	for (size_t i = 0; i < n_owners; i++) {
		struct recover_arg r = { .owner = owners[i] };

		if (is_alive(owners[i]))
			continue;
		if (group_do(s, recover_write, &r, err) == -1)
			return (-1);
		total += r.n;
	}
	*n = total;
	return (0);
}

static int
read_items(struct store *s, const char *sql, const struct id *message,
    int64_t state, size_t max, struct arena *a, struct store_item **out,
    size_t *n, struct err *err)
{
	struct store_item *items = arena_array(a, max, sizeof(*items));
	size_t found = 0;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, sql);
	if (message != NULL)
		db_bind_id(st, 1, message);
	else if (state >= 0)
		db_bind_int(st, 1, state);
	db_bind_int(st, 2, (int64_t)max);
	while ((rc = db_step(d, st, err)) == 1)
		rows_item(st, a, &items[found++]);
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*out = items;
	*n = found;
	return (0);
}

int
store_items(struct store *s, int state, size_t max, struct arena *a,
    struct store_item **out, size_t *n, struct err *err)
{
	const char *sql = state < 0 ? "SELECT " ROWS_ITEM " FROM item"
	    " WHERE state < 2 ORDER BY id DESC LIMIT ?2" :
	    "SELECT " ROWS_ITEM " FROM item"
	    " WHERE state = ?1 ORDER BY id DESC LIMIT ?2";

	return (read_items(s, sql, NULL, state, max, a, out, n, err));
}

#define MESSAGE_ITEMS_MAX 20000	/* recipients of a message, with reports */

int
store_message_items(struct store *s, const struct id *message,
    struct arena *a, struct store_item **out, size_t *n, struct err *err)
{
	return (read_items(s, "SELECT " ROWS_ITEM " FROM item WHERE id IN"
	    " (SELECT item FROM recipient WHERE message = ?1) ORDER BY id"
	    " LIMIT ?2", message, -1, MESSAGE_ITEMS_MAX, a, out, n, err));
}

struct set_arg {
	const struct id *item;
	enum store_item_state state;
	const struct store_event *event;
};

static int
set_write(struct db *d, void *arg, struct err *err)
{
	const struct set_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "UPDATE item SET state = ?, next_ms = ?,"
	    " owner = NULL WHERE id = ? AND state < 2"
	    ROWS_RETURNING_PAYLOAD);
	struct id message, payload;
	bool needed = true;
	int rc;

	db_bind_int(st, 1, w->state);
	/* Before all others, and though its destination may be left alone. */
	db_bind_int(st, 2, w->state == STORE_ITEM_QUEUED ? 0 :
	    clock_wall_ms());
	db_bind_id(st, 3, w->item);
	rc = db_step(d, st, err);
	if (rc != 1)
		return (rc == -1 ? -1 :
		    err_set(err, ERR_INPUT, "no such item waits"));
	message = db_id(st, 0);
	payload = db_id(st, 1);
	(void)sqlite3_reset(st);
	if (w->state == STORE_ITEM_CANCELLED &&
	    rows_is_payload_needed(d, &message, &payload, &needed, err) == -1)
		return (-1);
	if (!needed && rows_drop_payload(d, &payload, err) == -1)
		return (-1);
	return (events_append(d, w->event, err));
}

int
store_item_set(struct store *s, const struct id *item,
    enum store_item_state state, const struct store_event *event,
    struct err *err)
{
	struct set_arg w = { item, state, event };

	return (group_do(s, set_write, &w, err));
}

/* ---- spool keys ------------------------------------------------------- */

struct spool_arg {
	const struct id *spool;
	const uint8_t *wrapped;
};

static int
spool_write(struct db *d, void *arg, struct err *err)
{
	const struct spool_arg *w = arg;
	sqlite3_stmt *st = db_stmt(d, "INSERT INTO spool VALUES(?, ?)");

	db_bind_id(st, 1, w->spool);
	db_bind_blob(st, 2, w->wrapped, STORE_WRAPPED_BYTES);
	return (db_run(d, st, err));
}

int
store_spool_put(struct store *s, const struct id *spool,
    const uint8_t wrapped[static STORE_WRAPPED_BYTES], struct err *err)
{
	struct spool_arg w = { spool, wrapped };

	return (group_do(s, spool_write, &w, err));
}

int
store_spool_get(struct store *s, const struct id *spool,
    uint8_t wrapped[static STORE_WRAPPED_BYTES], struct err *err)
{
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, "SELECT wrapped FROM spool WHERE id = ?");
	db_bind_id(st, 1, spool);
	rc = db_step(d, st, err);
	if (rc == 1) {
		db_blob(st, 0, wrapped, STORE_WRAPPED_BYTES);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	if (rc == 0)
		return (err_set(err, ERR_PERM, "the spool key is gone"));
	return (rc == -1 ? -1 : 0);
}
