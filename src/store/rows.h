/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rows: columns to structs and back, shared by the verbs. Inside store/ only.
 */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/db.h"

/* The columns every item query selects, in this order. */
#define ROWS_ITEM "id, message, payload, spool, kind, sender, recipient," \
    " route, orcpt, envid, notify, flags, created_ms, expires_ms, next_ms," \
    " attempts, state, last_reply, fallback, owner IS NOT NULL"

/* At the end of a change of items: the payload, and the message it may be
 * shared in. */
#define ROWS_RETURNING_PAYLOAD \
	" RETURNING iif(kind IN ('mail', 'unmet'), message, NULL), payload"

/* The columns every message query selects, in this order. */
#define ROWS_MESSAGE "id, workspace, received_ms, sender, sender_name," \
    " message_id, client, size_bytes"

/* The booleans of an item as one column, and all columns as an item. */
int64_t rows_item_flags(const struct store_item *it);

/* The current row of a query over ROWS_ITEM. */
void rows_item(sqlite3_stmt *st, struct arena *a, struct store_item *out);

/* From column `at` on. */
void rows_message(sqlite3_stmt *st, int at, struct arena *a,
    struct store_message *out);

/* Is the payload for another open item still? message zero: no. */
int rows_is_payload_needed(struct db *d, const struct id *message,
    const struct id *payload, bool *needed, struct err *err) FALLIBLE;

/* Delete a payload, in all its rows. */
int rows_drop_payload(struct db *d, const struct id *payload, struct err *err)
    FALLIBLE;

#endif
