/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certrows: columns of certificates to structs and back, and blobs that may be
 * empty. Inside store/ only.
 */
#ifndef STORE_CERTROWS_H
#define STORE_CERTROWS_H

#include "store/certs.h"
#include "store/db.h"

/* The columns every query of certificates selects, in this order. */
#define CERTROWS_COLUMNS "sha256, workspace, role, state, source, uses," \
    " address, subject, issuer, serial, issuer_der, serial_der, key_id," \
    " from_ms, until_ms, key, seen_ms, last_ms, seen_n, published," \
    " revoked_ms, reason, note, der"

/* The current row. */
void certrows_take(sqlite3_stmt *st, struct arena *a, struct store_cert *out);

/* Column i (from 0), copied. */
struct str certrows_blob(sqlite3_stmt *st, int i, struct arena *a);

/* Parameter i (from 1); empty is empty, not NULL. */
void certrows_bind_blob(sqlite3_stmt *st, int i, struct str s);

#endif
