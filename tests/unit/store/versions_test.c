/* SPDX-License-Identifier: Apache-2.0 */
/*
 * versions_test: kept policies, and a store of the first schema, which knew
 * none of them, taken over with all that is in it.
 */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "store/certs.h"

#define TEXT_MAX (2u << 20)

static struct err err;	/* of the last call */
static char folder[] = "/tmp/letterlock-versions-XXXXXX";
static char path[sizeof(folder) + 16];

#define OK(call) \
	do { \
		if ((call) == -1) \
			fail_msg("%s: %s", #call, err.msg); \
	} while (0)

/* What schema.c made as version 1. */
static const char version_1[] =
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

static int
begin(void **state UNUSED)
{
	memset(folder + sizeof(folder) - 7, 'X', 6);
	must(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/s.db", folder);
	return (0);
}

static int
end(void **state UNUSED)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	char name[sizeof(path) + 8];

	for (size_t i = 0; i < COUNT_OF(tails); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		(void)unlink(name);
	}
	(void)snprintf(name, sizeof(name), "%s/blobs", folder);
	(void)rmdir(name);
	(void)rmdir(folder);
	return (0);
}

static struct store *
open_store(void)
{
	struct store *s;

	if (store_open(path, "test:1:1", &s, &err) == -1)
		fail_msg("%s", err.msg);
	return (s);
}

static int
put(struct store *s, int64_t version, const char *text)
{
	const struct store_event event = { STR_LIT("policy.applied"),
	    STR_LIT("{}") };
	struct store_policy p = { .version = version, .at_ms = 1000 + version,
	    .author = STR_LIT("eva"), .comment = STR_LIT("why not"),
	    .n_rules = (unsigned)version * 2 };

	memset(p.hash, (int)version, sizeof(p.hash));
	return (store_policy_put(s, &p, str_of(text), &event, &err));
}

static void
versions_come_back_newest_first(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX), small = BUF_INIT(3);
	struct store *s = open_store();
	struct store_policy *rows;
	int64_t events;
	size_t n;

	OK(store_policies(s, 10, a, &rows, &n, &err));
	assert_int_equal(n, 0);
	OK(put(s, 1, "version: 1\n"));
	OK(put(s, 2, "\xef\xbb\xbf# two\r\n"));
	OK(put(s, 3, "three"));
	OK(store_policies(s, 2, a, &rows, &n, &err));
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].version, 3);
	assert_int_equal(rows[1].version, 2);
	assert_int_equal(rows[1].at_ms, 1002);
	assert_int_equal(rows[1].n_rules, 4);
	assert_int_equal(rows[1].hash[31], 2);
	assert_true(str_eq(rows[1].author, STR_LIT("eva")));
	assert_true(str_eq(rows[1].comment, STR_LIT("why not")));
	OK(store_policy_get(s, 2, &text, &err));
	assert_string_equal(buf_cstr(&text), "\xef\xbb\xbf# two\r\n");
	assert_int_equal(store_policy_get(s, 4, &text, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(store_policy_get(s, 3, &small, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	OK(store_audit_verify(s, &events, &err));
	assert_int_equal(events, 3);
	store_close(&s);
}

static void
a_number_is_given_once(void **state UNUSED)
{
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);
	struct store *s = open_store();
	int64_t events;

	assert_int_equal(put(s, 2, "a gap"), -1);
	OK(put(s, 1, "mine"));
	assert_int_equal(put(s, 1, "somebody else's"), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	OK(store_policy_get(s, 1, &text, &err));
	assert_string_equal(buf_cstr(&text), "mine");
	/* What was not kept is not on record either. */
	OK(store_audit_verify(s, &events, &err));
	assert_int_equal(events, 1);
	store_close(&s);
}

static void
make_version_1(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, version_1, NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO message VALUES("
	    "x'000102030405060708090a0b0c0d0e0f', zeroblob(16), 5,"
	    " 'a@own.example', 'A', '<1@own.example>', '127.0.0.1', 7);"
	    "INSERT INTO recipient(message, n, address, action, rule,"
	    " reason, template) VALUES"
	    "(x'000102030405060708090a0b0c0d0e0f', 0, 'x@theirs.example',"
	    " '', '', '', '');"
	    "PRAGMA user_version = 1", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
a_store_of_version_1_is_taken_over(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_message found;
	struct store_policy *rows;
	uint64_t n_correspondents;
	struct store *s;
	size_t n;

	make_version_1();
	s = open_store();
	OK(store_message_find(s, STR_LIT("<1@own.example>"), a, &found, &err));
	assert_int_equal(found.received_ms, 5);
	OK(store_correspondents(s, STR_LIT("a@own.example"), 5,
	    &n_correspondents, &err));
	assert_int_equal(n_correspondents, 1);
	OK(put(s, 1, "one"));
	store_close(&s);
	/* And the second time there is nothing to do. */
	s = open_store();
	OK(store_policies(s, 10, a, &rows, &n, &err));
	assert_int_equal(n, 1);
	store_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    versions_come_back_newest_first, begin, end),
		cmocka_unit_test_setup_teardown(a_number_is_given_once,
		    begin, end),
		cmocka_unit_test_setup_teardown(
		    a_store_of_version_1_is_taken_over, begin, end),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
