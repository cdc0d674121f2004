/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsrows: columns to counted TLS sessions and back. Inside store/ only.
 */
#ifndef STORE_TLSROWS_H
#define STORE_TLSROWS_H

#include "store/db.h"
#include "store/tlsreports.h"

/* The number of a row's policy, which is kept once. */
int tlsrows_policy(struct db *d, const struct store_tls_row *r, int64_t *id,
    struct err *err) FALLIBLE;

/* Twelve columns from `at` on: day, domain, of the policy type, domain, text
 * and mx, then result, mx, receiving_ip, sending_ip, reason, n. */
struct store_tls_row tlsrows_row(sqlite3_stmt *st, int at, struct arena *a);

#endif
