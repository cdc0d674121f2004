/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema: numbered migrations, forward only, counted in PRAGMA user_version.
 *
 * Runs in every role, first come first served. What the columns mean is in
 * doc/formats/store.md. Security: nothing of a message's content has a column.
 */
#include "store/schema.h"

#include "base/fault.h"

/* Keys begin with a time (base/id.h), so rows go to the right edge. */
static const char first[] =
    "CREATE TABLE message(id BLOB PRIMARY KEY, workspace BLOB NOT NULL,"
    " received_ms INTEGER NOT NULL, sender TEXT NOT NULL,"
    " sender_name TEXT NOT NULL, message_id TEXT NOT NULL,"
    " client TEXT NOT NULL, size_bytes INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE recipient(message BLOB, n INTEGER, address TEXT NOT NULL,"
    " action TEXT NOT NULL, rule TEXT NOT NULL, reason TEXT NOT NULL,"
    " template TEXT NOT NULL, grant_id BLOB, item BLOB,"
    " PRIMARY KEY(message, n)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE part(parcel BLOB, part INTEGER, seq INTEGER,"
    " bytes INTEGER NOT NULL, data BLOB NOT NULL,"
    " PRIMARY KEY(parcel, part, seq)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE grants(id BLOB PRIMARY KEY, parcel BLOB NOT NULL,"
    " message BLOB NOT NULL, workspace BLOB NOT NULL, recipient TEXT NOT NULL,"
    " template TEXT NOT NULL, rights INTEGER NOT NULL,"
    " expires_ms INTEGER NOT NULL, state INTEGER NOT NULL, wrapped BLOB,"
    " wck BLOB, opened_first_ms INTEGER NOT NULL, opened_n INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX grants_due ON grants(expires_ms)"
    " WHERE state = 0 AND expires_ms > 0;"
    "CREATE TABLE payload(id BLOB, seq INTEGER, data BLOB NOT NULL,"
    " PRIMARY KEY(id, seq)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE item(id BLOB PRIMARY KEY, message BLOB,"
    " payload BLOB NOT NULL, spool BLOB NOT NULL, kind TEXT NOT NULL,"
    " sender TEXT NOT NULL, recipient TEXT NOT NULL, route TEXT NOT NULL,"
    " orcpt TEXT NOT NULL, envid TEXT NOT NULL, notify INTEGER NOT NULL,"
    " flags INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
    " expires_ms INTEGER NOT NULL, next_ms INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL, state INTEGER NOT NULL,"
    " last_reply TEXT NOT NULL, owner TEXT) STRICT, WITHOUT ROWID;"
    "CREATE INDEX item_due ON item(next_ms) WHERE state = 0;"
    "CREATE INDEX item_held ON item(id) WHERE state = 1;"
    "CREATE TABLE spool(id BLOB PRIMARY KEY, wrapped BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE passcode(grant_id BLOB PRIMARY KEY, reference TEXT NOT NULL,"
    " mac BLOB NOT NULL, expires_ms INTEGER NOT NULL, tries INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE session(token BLOB PRIMARY KEY, workspace BLOB NOT NULL,"
    " recipient TEXT NOT NULL, expires_ms INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE counter(key TEXT PRIMARY KEY, until_ms INTEGER NOT NULL,"
    " n INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE audit(seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL,"
    " event TEXT NOT NULL, detail TEXT NOT NULL, hash BLOB NOT NULL) STRICT;";

/* Applied policies, in the order they were applied. */
static const char second[] =
    "CREATE TABLE policy(version INTEGER PRIMARY KEY,"
    " at_ms INTEGER NOT NULL, author TEXT NOT NULL, comment TEXT NOT NULL,"
    " rules INTEGER NOT NULL, hash BLOB NOT NULL, text BLOB NOT NULL)"
    " STRICT;";

static const char third[] =
    "CREATE TABLE question(hash BLOB PRIMARY KEY, text BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE feature(message BLOB PRIMARY KEY, at_ms INTEGER NOT NULL,"
    " refused INTEGER NOT NULL, question BLOB NOT NULL, record BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;";

/* Who decides about held items, and what was decided. */
static const char reviews[] =
    "CREATE TABLE review(id BLOB PRIMARY KEY, message BLOB NOT NULL,"
    " kind INTEGER NOT NULL, rule TEXT NOT NULL, reason TEXT NOT NULL,"
    " severity TEXT NOT NULL, evidence TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
    " state INTEGER NOT NULL, decided_ms INTEGER NOT NULL,"
    " decided_by TEXT NOT NULL, justification TEXT NOT NULL,"
    " tell INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX review_open ON review(expires_ms) WHERE state = 0;"
    "CREATE INDEX review_tell ON review(id) WHERE tell = 1;"
    "CREATE TABLE review_item(review BLOB, item BLOB,"
    " PRIMARY KEY(review, item)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX review_of_item ON review_item(item);"
    "CREATE TABLE reviewer(review BLOB, n INTEGER, address TEXT NOT NULL,"
    " token BLOB NOT NULL, PRIMARY KEY(review, n)) STRICT, WITHOUT ROWID;";

/* How a notice and its page look: kept once, for the grants that name it. */
static const char brands[] =
    "CREATE TABLE brand(hash BLOB PRIMARY KEY, data BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "ALTER TABLE grants ADD COLUMN brand BLOB;";

/* How to protect what no server proves itself worthy of. */
static const char transport[] =
    "ALTER TABLE item ADD COLUMN fallback TEXT NOT NULL DEFAULT '';";

/* MTA-STS policies of other domains (store/stscache.h). */
static const char sts[] =
    "CREATE TABLE sts(domain TEXT PRIMARY KEY, id TEXT NOT NULL,"
    " text BLOB NOT NULL, note TEXT NOT NULL, fetched_ms INTEGER NOT NULL,"
    " expires_ms INTEGER NOT NULL, refresh_ms INTEGER NOT NULL,"
    " used_ms INTEGER NOT NULL, tried_id TEXT NOT NULL,"
    " tried_ms INTEGER NOT NULL, failure TEXT NOT NULL,"
    " reason TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX sts_due ON sts(refresh_ms);";

/* TLS sessions by day, the reports about them, and those of others. */
static const char tls_reports[] =
    "CREATE TABLE tls_policy(id INTEGER PRIMARY KEY, type TEXT NOT NULL,"
    " domain TEXT NOT NULL, text TEXT NOT NULL, mx TEXT NOT NULL,"
    " UNIQUE(type, domain, text, mx)) STRICT;"
    "CREATE TABLE tls_count(day INTEGER, domain TEXT, policy INTEGER,"
    " result TEXT, mx TEXT, receiving_ip TEXT, sending_ip TEXT, reason TEXT,"
    " n INTEGER NOT NULL, PRIMARY KEY(day, domain, policy, result, mx,"
    " receiving_ip, sending_ip, reason)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE tls_report(day INTEGER, domain TEXT,"
    " state INTEGER NOT NULL, next_ms INTEGER NOT NULL,"
    " PRIMARY KEY(day, domain)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX tls_report_due ON tls_report(next_ms) WHERE state = 0;"
    "CREATE TABLE tls_received(id INTEGER PRIMARY KEY,"
    " organisation TEXT NOT NULL, report_id TEXT NOT NULL,"
    " contact TEXT NOT NULL, start_ms INTEGER NOT NULL,"
    " end_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " UNIQUE(organisation, report_id)) STRICT;"
    "CREATE TABLE tls_received_row(report INTEGER NOT NULL,"
    " day INTEGER NOT NULL, domain TEXT NOT NULL, policy INTEGER NOT NULL,"
    " result TEXT NOT NULL, mx TEXT NOT NULL, receiving_ip TEXT NOT NULL,"
    " sending_ip TEXT NOT NULL, reason TEXT NOT NULL, n INTEGER NOT NULL)"
    " STRICT;"
    "CREATE INDEX tls_received_day ON tls_received_row(day);";
/* Whom mail waits for, and which of them do not answer. */
static const char lines[] =
    "CREATE INDEX item_line ON item(route, next_ms) WHERE state = 0;"
    "CREATE TABLE sick(name TEXT PRIMARY KEY, slow INTEGER NOT NULL,"
    " failures INTEGER NOT NULL, pause_ms INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL, noted_ms INTEGER NOT NULL,"
    " reply TEXT NOT NULL) STRICT, WITHOUT ROWID;";


/* Certificates, keys, what was issued and what was found (store/certs.h). Of a
 * certificate a list shows, and a search reads, what cert_list has: the rows
 * themselves are large. */
static const char certificates[] =
    "CREATE TABLE cert(sha256 BLOB PRIMARY KEY, workspace BLOB NOT NULL,"
    " role INTEGER NOT NULL, state INTEGER NOT NULL,"
    " source INTEGER NOT NULL, uses INTEGER NOT NULL,"
    " address TEXT NOT NULL COLLATE NOCASE, subject TEXT NOT NULL,"
    " issuer TEXT NOT NULL, serial TEXT NOT NULL,"
    " issuer_der BLOB NOT NULL, serial_der BLOB NOT NULL,"
    " key_id BLOB NOT NULL, from_ms INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL, key BLOB, seen_ms INTEGER NOT NULL,"
    " last_ms INTEGER NOT NULL, seen_n INTEGER NOT NULL,"
    " published TEXT NOT NULL, revoked_ms INTEGER NOT NULL,"
    " reason INTEGER NOT NULL, note TEXT NOT NULL, der BLOB NOT NULL)"
    " STRICT;"
    "CREATE INDEX cert_list ON cert(address, from_ms DESC, sha256, role,"
    " state, workspace, until_ms, subject, issuer);"
    "CREATE INDEX cert_until ON cert(until_ms, role, state);"
    "CREATE INDEX cert_named ON cert(issuer_der, serial_der)"
    " WHERE role = 0;"
    "CREATE INDEX cert_key_id ON cert(key_id) WHERE role = 0;"
    "CREATE TABLE mail_key(id BLOB PRIMARY KEY, workspace BLOB NOT NULL,"
    " kind INTEGER NOT NULL, use INTEGER NOT NULL,"
    " in_token INTEGER NOT NULL, public BLOB NOT NULL,"
    " sealed BLOB NOT NULL, created_ms INTEGER NOT NULL,"
    " destroyed_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE authority(id BLOB PRIMARY KEY,"
    " workspace BLOB NOT NULL UNIQUE, name TEXT NOT NULL,"
    " root BLOB NOT NULL, issuer BLOB NOT NULL, responder BLOB NOT NULL,"
    " crl_number INTEGER NOT NULL, crl_next_ms INTEGER NOT NULL,"
    " settings TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE document(name TEXT PRIMARY KEY, bytes BLOB NOT NULL,"
    " until_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE cert_order(id BLOB PRIMARY KEY, workspace BLOB NOT NULL,"
    " key BLOB, address TEXT NOT NULL COLLATE NOCASE, way TEXT NOT NULL,"
    " state INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
    " next_ms INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " detail TEXT NOT NULL, reason TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX cert_order_due ON cert_order(next_ms) WHERE state = 0;"
    "CREATE INDEX cert_order_of ON cert_order(address, created_ms);"
    "CREATE TABLE lookup(name TEXT PRIMARY KEY, bytes BLOB NOT NULL,"
    " until_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX lookup_old ON lookup(until_ms);"
    "CREATE TABLE capabilities(address TEXT PRIMARY KEY COLLATE NOCASE,"
    " der BLOB NOT NULL, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE reminder(name TEXT PRIMARY KEY, at_ms INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE correspondent(inside TEXT COLLATE NOCASE,"
    " outside TEXT COLLATE NOCASE, last_ms INTEGER NOT NULL,"
    " PRIMARY KEY(inside, outside)) STRICT, WITHOUT ROWID;"
    "INSERT INTO correspondent SELECT m.sender, r.address,"
    " max(m.received_ms) FROM message m JOIN recipient r"
    " ON r.message = m.id WHERE m.sender <> ''"
    " GROUP BY m.sender COLLATE NOCASE, r.address COLLATE NOCASE;";

/* Who was in the table of people (store/reminders.h). */
static const char persons[] =
    "CREATE TABLE person(address TEXT PRIMARY KEY, employee TEXT NOT NULL,"
    " seen_ms INTEGER NOT NULL, gone_ms INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;";

/* Who does what must not be done twice (store/leases.h). */
static const char leases[] =
    "CREATE TABLE lease(name TEXT PRIMARY KEY, holder BLOB NOT NULL,"
    " until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

/* Whose mail somebody else gets (store/redirects.h), and whom the table of
 * people named last as somebody's manager. */
static const char redirects[] =
    "CREATE TABLE redirect(address TEXT PRIMARY KEY COLLATE NOCASE,"
    " target TEXT NOT NULL, by TEXT NOT NULL, at_ms INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "ALTER TABLE person ADD COLUMN manager TEXT NOT NULL DEFAULT '';";

static const char *const steps[] = {
	first,
	second,
	third,
	reviews,
	brands,
	transport,
	sts,
	tls_reports,
	lines,
	certificates,
	persons,
	leases,
	redirects,
};
#define VERSION ((int)COUNT_OF(steps))

static int
read_version(struct db *d, int *version, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "PRAGMA user_version");
	int rc = db_step(d, st, err);

	if (rc != 1)
		return (rc == 0 ? err_set(err, ERR_PERM, "no version") : -1);
	*version = (int)db_int(st, 0);
	(void)sqlite3_reset(st);
	return (0);
}

static int
run_steps(struct db *d, struct err *err)
{
	char sql[64];
	int version;

	if (read_version(d, &version, err) == -1)
		return (-1);
	if (version > VERSION)
		return (err_set(err, ERR_PERM, "the store is of version %d, "
		    "newer than this program's %d: run the newer letterlock",
		    version, VERSION));
	if (version == VERSION)
		return (0);
	for (int i = version; i < VERSION; i++) {
		if (FAULT_HERE("store.migrate") == -1)
			return (err_set(err, ERR_TEMP, "store: migration"));
		if (db_exec(d, steps[i], err) == -1)
			return (-1);
	}
	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", VERSION);
	return (db_exec(d, sql, err));
}

int
schema_migrate(struct db *d, struct err *err)
{
	int version;

	if (read_version(d, &version, err) == -1)
		return (-1);
	if (version == VERSION)
		return (0);
	if (db_exec(d, "BEGIN IMMEDIATE", err) == -1)
		return (-1);
	if (run_steps(d, err) == -1) {
		(void)sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL);
		return (-1);
	}
	return (db_exec(d, "COMMIT", err));
}
