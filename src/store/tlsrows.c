/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsrows: what counts of TLS sessions and reports of others share.
 *
 * Runs in the gateway and behind `letterlock tls`.
 */
#include "store/tlsrows.h"

int
tlsrows_policy(struct db *d, const struct store_tls_row *r, int64_t *id,
    struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "INSERT INTO tls_policy(type, domain,"
	    " text, mx) VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
	    " type = type RETURNING id");

	db_bind_str(st, 1, r->policy_type);
	db_bind_str(st, 2, r->policy_domain);
	db_bind_str(st, 3, r->policy);
	db_bind_str(st, 4, r->mx_patterns);
	if (db_step(d, st, err) != 1)
		return (-1);
	*id = db_int(st, 0);
	(void)sqlite3_reset(st);
	return (0);
}

struct store_tls_row
tlsrows_row(sqlite3_stmt *st, int at, struct arena *a)
{
	return ((struct store_tls_row){ .day = db_int(st, at),
	    .domain = db_str(st, at + 1, a),
	    .policy_type = db_str(st, at + 2, a),
	    .policy_domain = db_str(st, at + 3, a),
	    .policy = db_str(st, at + 4, a),
	    .mx_patterns = db_str(st, at + 5, a),
	    .result = db_str(st, at + 6, a), .mx = db_str(st, at + 7, a),
	    .receiving_ip = db_str(st, at + 8, a),
	    .sending_ip = db_str(st, at + 9, a),
	    .reason = db_str(st, at + 10, a),
	    .count = (uint64_t)db_int(st, at + 11) });
}
