/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accept: everything one message becomes, in one transaction.
 *
 * Runs in the gateway (and in the portal for mail of our own). Security: takes
 * ciphertext and facts only.
 */
#include "base/fault.h"
#include "store/acceptance.h"
#include "store/events.h"
#include "store/group.h"
#include "store/remembered.h"
#include "store/rows.h"

static int
put_message(struct db *d, const struct store_accept *a, struct err *err)
{
	const struct store_message *m = a->message;
	sqlite3_stmt *st;

	if (m == NULL || a->is_there)
		return (0);
	st = db_stmt(d,
	    "INSERT INTO message VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
	db_bind_id(st, 1, &m->id);
	db_bind_blob(st, 2, m->workspace.b, ID_BYTES);
	db_bind_int(st, 3, m->received_ms);
	db_bind_str(st, 4, m->sender);
	db_bind_str(st, 5, m->sender_name);
	db_bind_str(st, 6, m->message_id);
	db_bind_str(st, 7, m->client);
	db_bind_int(st, 8, (int64_t)m->size_bytes);
	return (db_run(d, st, err));
}

static int
change_recipients(struct db *d, const struct store_accept *a,
    struct err *err)
{
	for (size_t i = 0; i < a->n_recipients; i++) {
		const struct store_recipient *r = &a->recipients[i];
		sqlite3_stmt *st = db_stmt(d, "UPDATE recipient SET"
		    " action = ?3, reason = reason || '; ' || ?4,"
		    " template = ?5, grant_id = ?6, item = ?7"
		    " WHERE message = ?1 AND address = ?2");

		db_bind_id(st, 1, &a->message->id);
		db_bind_str(st, 2, r->address);
		db_bind_str(st, 3, r->action);
		db_bind_str(st, 4, r->reason);
		db_bind_str(st, 5, r->template);
		db_bind_id(st, 6, &r->grant);
		db_bind_id(st, 7, &r->item);
		if (db_run(d, st, err) == -1)
			return (-1);
	}
	return (0);
}

/* Who of ours writes to whom (store_correspondents), to the day: mail to the
 * same people mostly costs a look. */
static int
put_correspondent(struct db *d, const struct store_message *m,
    struct str recipient, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "INSERT INTO correspondent"
	    " VALUES(?1, ?2, ?3) ON CONFLICT(inside, outside) DO UPDATE"
	    " SET last_ms = ?3 WHERE last_ms < ?3 - 86400000");

	db_bind_str(st, 1, m->sender);
	db_bind_str(st, 2, recipient);
	db_bind_int(st, 3, m->received_ms);
	return (db_run(d, st, err));
}

static int
put_correspondents(struct db *d, const struct store_accept *a,
    struct err *err)
{
	if (a->message == NULL || a->is_there || a->is_from_outside ||
	    a->message->sender.len == 0)
		return (0);
	for (size_t i = 0; i < a->n_recipients; i++)
		if (put_correspondent(d, a->message, a->recipients[i].address,
		    err) == -1)
			return (-1);
	return (0);
}

static int
put_recipients(struct db *d, const struct store_accept *a, struct err *err)
{
	if (a->is_there)
		return (change_recipients(d, a, err));
	for (size_t i = 0; i < a->n_recipients; i++) {
		const struct store_recipient *r = &a->recipients[i];
		sqlite3_stmt *st = db_stmt(d,
		    "INSERT INTO recipient VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");

		db_bind_id(st, 1, &a->message->id);
		db_bind_int(st, 2, (int64_t)i);
		db_bind_str(st, 3, r->address);
		db_bind_str(st, 4, r->action);
		db_bind_str(st, 5, r->rule);
		db_bind_str(st, 6, r->reason);
		db_bind_str(st, 7, r->template);
		db_bind_id(st, 8, &r->grant);
		db_bind_id(st, 9, &r->item);
		if (db_run(d, st, err) == -1)
			return (-1);
	}
	return (0);
}

/* Rows of STORE_CHUNK_BYTES; an empty part is one empty row. */
static int
put_part(struct db *d, const struct id *parcel, size_t part, struct str bytes,
    struct err *err)
{
	bool in_file = bytes.len >= BLOB_BYTES_MIN;
	int64_t seq = in_file ? DB_SEQ_FILE : 0;

	do {
		struct str chunk = str_sub(bytes, 0, in_file ? bytes.len :
		    STORE_CHUNK_BYTES);
		sqlite3_stmt *st = db_stmt(d,
		    "INSERT INTO part VALUES(?, ?, ?, ?, ?)");

		if (FAULT_HERE("store.part") == -1)
			return (err_set(err, ERR_TEMP, "store: part"));
		db_bind_id(st, 1, parcel);
		db_bind_int(st, 2, (int64_t)part);
		db_bind_int(st, 3, seq++);
		db_bind_int(st, 4, (int64_t)chunk.len);
		db_bind_blob(st, 5, chunk.p != NULL ? chunk.p : "",
		    in_file ? 0 : chunk.len);
		if (db_run(d, st, err) == -1)
			return (-1);
		bytes = str_sub(bytes, chunk.len, bytes.len);
	} while (bytes.len > 0);
	return (0);
}

static int
put_parcel(struct db *d, const struct store_parcel *p, struct err *err)
{
	for (size_t i = 0; i < p->n_parts; i++)
		if (put_part(d, &p->id, i, p->parts[i], err) == -1)
			return (-1);
	return (0);
}

static int
put_brand(struct db *d, const struct store_grant *g, struct err *err)
{
	sqlite3_stmt *st;

	if (g->brand.len == 0)
		return (0);
	st = db_stmt(d, "INSERT OR IGNORE INTO brand VALUES(?, ?)");
	db_bind_blob(st, 1, g->brand_hash, sizeof(g->brand_hash));
	db_bind_blob(st, 2, g->brand.p, g->brand.len);
	return (db_run(d, st, err));
}

static int
put_grants(struct db *d, const struct store_accept *a, struct err *err)
{
	for (size_t i = 0; i < a->n_grants; i++) {
		const struct store_grant *g = &a->grants[i];
		sqlite3_stmt *st = db_stmt(d, "INSERT INTO grants"
		    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 0, 0, ?)");

		db_bind_id(st, 1, &g->id);
		db_bind_id(st, 2, &g->parcel);
		db_bind_id(st, 3, &g->message);
		db_bind_blob(st, 4, g->workspace.b, ID_BYTES);
		db_bind_str(st, 5, g->recipient);
		db_bind_str(st, 6, g->template);
		db_bind_int(st, 7, g->rights);
		db_bind_int(st, 8, g->expires_ms);
		db_bind_blob(st, 9, g->wrapped_s, sizeof(g->wrapped_s));
		db_bind_blob(st, 10, g->wck, sizeof(g->wck));
		if (g->brand.len > 0)
			db_bind_blob(st, 11, g->brand_hash,
			    sizeof(g->brand_hash));
		if (db_run(d, st, err) == -1 || put_brand(d, g, err) == -1)
			return (-1);
	}
	return (0);
}

static int
put_payload(struct db *d, const struct store_payload *p, struct err *err)
{
	struct str rest = p->sealed;
	bool in_file = rest.len >= BLOB_BYTES_MIN;
	int64_t seq = in_file ? DB_SEQ_FILE : 0;

	do {
		struct str chunk = str_sub(rest, 0, in_file ? rest.len :
		    STORE_CHUNK_BYTES);
		sqlite3_stmt *st = db_stmt(d,
		    "INSERT INTO payload VALUES(?, ?, ?)");

		db_bind_id(st, 1, &p->id);
		db_bind_int(st, 2, seq++);
		db_bind_blob(st, 3, chunk.p != NULL ? chunk.p : "",
		    in_file ? 0 : chunk.len);
		if (db_run(d, st, err) == -1)
			return (-1);
		rest = str_sub(rest, chunk.len, rest.len);
	} while (rest.len > 0);
	return (0);
}

static int
put_item(struct db *d, const struct store_item *it, int64_t next_ms,
    const char *owner, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "INSERT INTO item"
	    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
	    " ?)");

	db_bind_id(st, 1, &it->id);
	db_bind_id(st, 2, &it->message);
	db_bind_blob(st, 3, it->payload.b, ID_BYTES);
	db_bind_blob(st, 4, it->spool.b, ID_BYTES);
	db_bind_str(st, 5, it->kind);
	db_bind_str(st, 6, it->sender);
	db_bind_str(st, 7, it->recipient);
	db_bind_str(st, 8, it->route);
	db_bind_str(st, 9, it->orcpt);
	db_bind_str(st, 10, it->envid);
	db_bind_int(st, 11, it->notify);
	db_bind_int(st, 12, rows_item_flags(it));
	db_bind_int(st, 13, it->created_ms);
	db_bind_int(st, 14, it->expires_ms);
	db_bind_int(st, 15, next_ms);
	db_bind_int(st, 16, it->attempts);
	db_bind_int(st, 17, it->state);
	db_bind_str(st, 18, it->last_reply);
	if (owner != NULL)
		db_bind_str(st, 19, str_of(owner));
	db_bind_str(st, 20, it->fallback);
	return (db_run(d, st, err));
}

static int
put_items(struct db *d, const struct store_accept *a, const char *owner,
    struct err *err)
{
	bool leased = a->lease_ms > 0;

	for (size_t i = 0; i < a->n_payloads; i++)
		if (put_payload(d, &a->payloads[i], err) == -1)
			return (-1);
	for (size_t i = 0; i < a->n_items; i++) {
		const struct store_item *it = &a->items[i];
		bool is_ours = leased && it->state == STORE_ITEM_QUEUED &&
		    it->next_ms <= it->created_ms;

		if (put_item(d, it, is_ours ? it->created_ms + a->lease_ms :
		    it->next_ms, is_ours ? owner : NULL, err) == -1)
			return (-1);
	}
	return (0);
}

struct accept_arg {
	const struct store_accept *a;
	const char *owner;
};

int
acceptance_put(struct db *d, const struct store_accept *a, const char *owner,
    struct err *err)
{
	if (FAULT_HERE("store.accept") == -1)
		return (err_set(err, ERR_TEMP, "store: accept"));
	if (put_message(d, a, err) == -1 ||
	    put_recipients(d, a, err) == -1 ||
	    put_correspondents(d, a, err) == -1)
		return (-1);
	for (size_t i = 0; i < a->n_parcels; i++)
		if (put_parcel(d, &a->parcels[i], err) == -1)
			return (-1);
	if (put_grants(d, a, err) == -1 ||
	    put_items(d, a, owner, err) == -1 ||
	    events_append(d, a->event, err) == -1)
		return (-1);
	if (a->features != NULL && features_put(d, a->features, err) == -1)
		return (-1);
	return (acceptance_reviews(d, a, err));
}

static int
accept_write(struct db *d, void *arg, struct err *err)
{
	const struct accept_arg *w = arg;

	return (acceptance_put(d, w->a, w->owner, err));
}

/* ---- files ------------------------------------------------------------ */

/* Calls with every part and payload that is a file, in order, at most max of
 * them or until one fails; *n counts those that did not. */
typedef int file_call(struct blobs *b, const struct id *id, uint32_t part,
    struct str bytes, struct err *err);

static int
each_file(struct blobs *b, const struct store_accept *a, file_call *call,
    size_t max, size_t *n, struct err *err)
{
	*n = 0;
	for (size_t i = 0; i < a->n_parcels; i++)
		for (size_t j = 0; j < a->parcels[i].n_parts; j++) {
			struct str bytes = a->parcels[i].parts[j];

			if (bytes.len < BLOB_BYTES_MIN || *n == max)
				continue;
			if (call(b, &a->parcels[i].id, (uint32_t)j, bytes,
			    err) == -1)
				return (-1);
			(*n)++;
		}
	for (size_t i = 0; i < a->n_payloads; i++) {
		const struct store_payload *p = &a->payloads[i];

		if (p->sealed.len < BLOB_BYTES_MIN || *n == max)
			continue;
		if (call(b, &p->id, 0, p->sealed, err) == -1)
			return (-1);
		(*n)++;
	}
	return (0);
}

static int
drop_file(struct blobs *b, const struct id *id, uint32_t part,
    struct str bytes, struct err *err)
{
	(void)bytes;
	(void)err;
	blob_drop(b, id, part);
	return (0);
}

int
store_accept(struct store *s, const struct store_accept *a, struct err *err)
{
	struct accept_arg w = { a, group_owner(s) };
	struct blobs *b = group_blobs(s);
	size_t n, dropped;

	/* In the caller's thread, so that large messages do not wait for each
	 * other. */
	if (each_file(b, a, blob_put, SIZE_MAX, &n, err) == 0 &&
	    group_do(s, accept_write, &w, err) == 0)
		return (0);
	(void)each_file(b, a, drop_file, n, &dropped, NULL);
	return (-1);
}
