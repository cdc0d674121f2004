/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows: one place that knows the order of columns. Runs in every role that
 * opens the store.
 */
#include "store/rows.h"

enum {
	FLAG_RET_HEADERS = 1,
	FLAG_8BIT = 2,
	FLAG_UTF8 = 4,
	FLAG_PROOF = 8,
	FLAG_REQUIRETLS = 16,
	FLAG_TLS_OPTIONAL = 32,
	FLAG_OUTSIDE = 64,
	FLAG_UNPROVEN = 128,
};

int64_t
rows_item_flags(const struct store_item *it)
{
	return ((it->ret_headers ? FLAG_RET_HEADERS : 0) |
	    (it->is_8bit ? FLAG_8BIT : 0) | (it->is_utf8 ? FLAG_UTF8 : 0) |
	    (it->needs_proof ? FLAG_PROOF : 0) |
	    (it->requires_tls ? FLAG_REQUIRETLS : 0) |
	    (it->is_tls_optional ? FLAG_TLS_OPTIONAL : 0) |
	    (it->is_from_outside ? FLAG_OUTSIDE : 0) |
	    (it->is_unproven ? FLAG_UNPROVEN : 0));
}

void
rows_item(sqlite3_stmt *st, struct arena *a, struct store_item *out)
{
	int64_t flags = db_int(st, 11);

	*out = (struct store_item){
		.id = db_id(st, 0),
		.message = db_id(st, 1),
		.payload = db_id(st, 2),
		.spool = db_id(st, 3),
		.kind = db_str(st, 4, a),
		.sender = db_str(st, 5, a),
		.recipient = db_str(st, 6, a),
		.route = db_str(st, 7, a),
		.orcpt = db_str(st, 8, a),
		.envid = db_str(st, 9, a),
		.notify = (uint32_t)db_int(st, 10),
		.ret_headers = (flags & FLAG_RET_HEADERS) != 0,
		.is_8bit = (flags & FLAG_8BIT) != 0,
		.is_utf8 = (flags & FLAG_UTF8) != 0,
		.needs_proof = (flags & FLAG_PROOF) != 0,
		.requires_tls = (flags & FLAG_REQUIRETLS) != 0,
		.is_tls_optional = (flags & FLAG_TLS_OPTIONAL) != 0,
		.is_from_outside = (flags & FLAG_OUTSIDE) != 0,
		.is_unproven = (flags & FLAG_UNPROVEN) != 0,
		.created_ms = db_int(st, 12),
		.expires_ms = db_int(st, 13),
		.next_ms = db_int(st, 14),
		.attempts = (unsigned)db_int(st, 15),
		.state = (enum store_item_state)db_int(st, 16),
		.last_reply = db_str(st, 17, a),
		.fallback = db_str(st, 18, a),
		.is_leased = db_int(st, 19) != 0,
	};
}

void
rows_message(sqlite3_stmt *st, int at, struct arena *a,
    struct store_message *out)
{
	*out = (struct store_message){
		.id = db_id(st, at),
		.workspace = db_id(st, at + 1),
		.received_ms = db_int(st, at + 2),
		.sender = db_str(st, at + 3, a),
		.sender_name = db_str(st, at + 4, a),
		.message_id = db_str(st, at + 5, a),
		.client = db_str(st, at + 6, a),
		.size_bytes = (uint64_t)db_int(st, at + 7),
	};
}

/* Mail in clear shares one payload; the last
 * recipient is asked first, being the last to be served. */
int
rows_is_payload_needed(struct db *d, const struct id *message,
    const struct id *payload, bool *needed, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "SELECT 1 FROM recipient r"
	    " JOIN item i ON i.id = r.item WHERE r.message = ?"
	    " AND i.payload = ? AND i.state < 2 ORDER BY r.n DESC LIMIT 1");
	int rc;

	*needed = false;
	if (id_is_zero(message))
		return (0);
	db_bind_id(st, 1, message);
	db_bind_id(st, 2, payload);
	rc = db_step(d, st, err);
	(void)sqlite3_reset(st);
	*needed = rc == 1;
	return (rc == -1 ? -1 : 0);
}

int
rows_drop_payload(struct db *d, const struct id *payload, struct err *err)
{
	sqlite3_stmt *st =
	    db_stmt(d, "DELETE FROM payload WHERE id = ? RETURNING seq");
	int rc;

	db_bind_id(st, 1, payload);
	while ((rc = db_step(d, st, err)) == 1)
		if (db_int(st, 0) == DB_SEQ_FILE)
			db_drop_file(d, payload, 0);
	return (rc);
}
