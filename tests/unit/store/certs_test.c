/* SPDX-License-Identifier: Apache-2.0 */
/* certs_test: certificates, keys, orders and answers, kept and found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "opened.h"
#include "store/certs.h"

#define DAY (INT64_C(24) * 3600 * 1000)
#define OWNERS 10000		/* two certificates each */

#define FAILS(call, what) \
	do { \
		assert_int_equal((call), -1); \
		assert_int_equal(err.kind, what); \
	} while (0)

/* In memory, where there is such a place: many certificates are kept. */
static int
begin_in_memory(void **state UNUSED)
{
	open_in("/dev/shm");
	return (0);
}

static const struct id workspace = { { 7, 7, 7 } };

/* Certificate n of somebody, valid a year from from_ms on. */
static struct store_cert
sample(unsigned n, const char *address, int64_t from_ms)
{
	struct store_cert c = { .workspace = workspace,
		.role = STORE_CERT_OWN, .state = STORE_CERT_ACTIVE,
		.source = STORE_CERT_ISSUED,
		.uses = STORE_CERT_SIGNS | STORE_CERT_ENCRYPTS,
		.der = STR_LIT("\x30\x00 as it is"),
		.address = str_of(address),
		.subject = str_of(arena_printf(a, "CN=Person %u", n)),
		.issuer = STR_LIT("CN=Our authority"),
		.serial = str_of(arena_printf(a, "%08x", n)),
		.issuer_der = STR_LIT("issuer\0der"),
		.key_id = str_of(arena_printf(a, "key %u", n)),
		.from_ms = from_ms, .until_ms = from_ms + 365 * DAY,
		.key = { { 1, 2, 3 } }, .seen_ms = from_ms,
		.last_ms = from_ms, .seen_n = 1 };

	c.serial_der = c.serial;
	memcpy(c.sha256, &n, sizeof(n));
	c.sha256[31] = 1;
	return (c);
}

static void
assert_same(const struct store_cert *x, const struct store_cert *y)
{
	assert_memory_equal(x->sha256, y->sha256, STORE_HASH_BYTES);
	assert_true(id_eq(&x->workspace, &y->workspace));
	assert_int_equal(x->role, y->role);
	assert_int_equal(x->state, y->state);
	assert_int_equal(x->source, y->source);
	assert_int_equal(x->uses, y->uses);
	assert_true(str_eq(x->der, y->der));
	assert_true(str_eq(x->address, y->address));
	assert_true(str_eq(x->subject, y->subject));
	assert_true(str_eq(x->issuer, y->issuer));
	assert_true(str_eq(x->serial, y->serial));
	assert_true(str_eq(x->issuer_der, y->issuer_der));
	assert_true(str_eq(x->serial_der, y->serial_der));
	assert_true(str_eq(x->key_id, y->key_id));
	assert_int_equal(x->from_ms, y->from_ms);
	assert_int_equal(x->until_ms, y->until_ms);
	assert_true(id_eq(&x->key, &y->key));
	assert_int_equal(x->last_ms, y->last_ms);
	assert_int_equal(x->seen_n, y->seen_n);
	assert_true(str_eq(x->published, y->published));
	assert_int_equal(x->revoked_ms, y->revoked_ms);
	assert_int_equal(x->reason, y->reason);
	assert_true(str_eq(x->note, y->note));
}

static struct store_cert
got(const struct store_cert *c)
{
	struct store_cert out;
	bool found = false;

	OK(store_cert_get(store, c->sha256, a, &out, &found, &err));
	assert_true(found);
	return (out);
}

static void
a_certificate_comes_back_whole(void **state UNUSED)
{
	struct store_event event = { STR_LIT("cert.kept"), STR_LIT("{}") };
	struct store_cert c = sample(1, "Alice@example.org", 10), out;
	bool found = true;
	int64_t rows;

	OK(store_cert_get(store, c.sha256, a, &out, &found, &err));
	assert_false(found);
	OK(store_cert_put(store, &c, &event, &err));
	/* Also by another process. */
	store_close(&store);
	OK(store_open(path, "test", &store, &err));
	out = got(&c);
	assert_same(&out, &c);
	assert_int_equal(out.seen_ms, 10);
	OK(store_audit_verify(store, &rows, &err));
	assert_int_equal(rows, 1);
}

static void
it_is_first_seen_once(void **state UNUSED)
{
	struct store_cert c = sample(1, "alice@example.org", 10), out;

	OK(store_cert_put(store, &c, NULL, &err));
	c.seen_ms = 99;
	c.last_ms = 100;
	c.seen_n = 5;
	c.state = STORE_CERT_REPLACED;
	c.source = STORE_CERT_IMPORTED;
	c.published = STR_LIT("ldap");
	c.note = STR_LIT("a note");
	c.key = (struct id){ { 0 } };
	OK(store_cert_put(store, &c, NULL, &err));
	out = got(&c);
	assert_same(&out, &c);
	assert_int_equal(out.seen_ms, 10);
}

/* The certificate a recipient info names; its number, or -1. */
static int
named(struct str issuer, struct str serial, struct str key_id)
{
	struct store_cert out;
	bool found = true;
	unsigned n;

	OK(store_cert_named(store, issuer, serial, key_id, a, &out, &found,
	    &err));
	if (!found)
		return (-1);
	memcpy(&n, out.sha256, sizeof(n));
	return ((int)n);
}

static void
ours_are_found_by_what_a_mail_names(void **state UNUSED)
{
	struct store_cert c = sample(1, "a@example.org", 10);
	struct store_cert later = sample(2, "a@example.org", 20);
	struct store_cert theirs = sample(3, "b@example.net", 10);

	theirs.role = STORE_CERT_PARTNER;
	later.key_id = c.key_id;	/* the same key once more */
	c.state = STORE_CERT_REVOKED;
	OK(store_cert_put(store, &c, NULL, &err));
	OK(store_cert_put(store, &later, NULL, &err));
	OK(store_cert_put(store, &theirs, NULL, &err));
	assert_int_equal(named(c.issuer_der, c.serial_der, STR_NULL), 1);
	assert_int_equal(named(c.issuer_der, later.serial_der, STR_NULL), 2);
	assert_int_equal(named(STR_NULL, STR_NULL, c.key_id), 2);
	assert_int_equal(named(STR_LIT("issuer"), c.serial_der, STR_NULL), -1);
	assert_int_equal(named(c.issuer_der, theirs.serial_der, STR_NULL), -1);
	assert_int_equal(named(STR_NULL, STR_NULL, theirs.key_id), -1);
	assert_int_equal(named(STR_NULL, STR_NULL, STR_NULL), -1);
}

static void
its_state_changes(void **state UNUSED)
{
	struct store_event event = { STR_LIT("cert.revoked"), STR_LIT("{}") };
	struct store_cert c = sample(1, "a@example.org", 10), out;
	int64_t rows;

	OK(store_cert_put(store, &c, NULL, &err));
	OK(store_cert_set(store, c.sha256, STORE_CERT_REFUSED,
	    STR_LIT("Bob refused it"), NULL, &err));
	out = got(&c);
	assert_int_equal(out.state, STORE_CERT_REFUSED);
	assert_true(str_eq(out.note, STR_LIT("Bob refused it")));
	OK(store_cert_revoke(store, c.sha256, 77, 4, &event, &err));
	OK(store_cert_published(store, c.sha256, STR_LIT("x"), &err));
	OK(store_cert_seen(store, c.sha256, 50, &err));
	OK(store_cert_seen(store, c.sha256, 40, &err));
	out = got(&c);
	assert_int_equal(out.state, STORE_CERT_REVOKED);
	assert_int_equal(out.revoked_ms, 77);
	assert_int_equal(out.reason, 4);
	assert_true(str_eq(out.published, STR_LIT("x")));
	assert_int_equal(out.last_ms, 50);
	assert_int_equal(out.seen_n, 3);
	OK(store_audit_verify(store, &rows, &err));
	assert_int_equal(rows, 1);
}

static void
what_is_not_there_cannot_change(void **state UNUSED)
{
	struct store_event event = { STR_LIT("cert.revoked"), STR_LIT("{}") };
	struct store_cert c = sample(1, "a@example.org", 10);
	struct id key = id_new();
	int64_t rows;

	FAILS(store_cert_set(store, c.sha256, STORE_CERT_ACTIVE, STR_NULL,
	    &event, &err), ERR_INPUT);
	FAILS(store_cert_revoke(store, c.sha256, 1, 1, &event, &err),
	    ERR_INPUT);
	FAILS(store_cert_published(store, c.sha256, STR_NULL, &err),
	    ERR_INPUT);
	FAILS(store_cert_seen(store, c.sha256, 1, &err), ERR_INPUT);
	FAILS(store_key_destroy(store, &key, 1, &event, &err), ERR_INPUT);
	OK(store_audit_verify(store, &rows, &err));
	assert_int_equal(rows, 0);
}

/* ---- lists ------------------------------------------------------------- */

/* The numbers of what is found: "3 1 2". */
static const char *
list(const struct store_cert_query *q)
{
	const char *out = "";
	struct store_cert *rows;
	uint64_t count;
	size_t n;

	OK(store_certs(store, q, a, &rows, &n, &err));
	for (size_t i = 0; i < n; i++) {
		unsigned number;

		memcpy(&number, rows[i].sha256, sizeof(number));
		out = arena_printf(a, "%s%s%u", out, i > 0 ? " " : "",
		    number);
	}
	OK(store_certs_count(store, q, &count, &err));
	if (!q->has_after && n < q->max)
		assert_int_equal(count, n);
	return (out);
}

static struct store_cert_query
any(void)
{
	return ((struct store_cert_query){ .role = -1, .state = -1,
	    .max = 100 });
}

static void
lists_are_narrowed(void **state UNUSED)
{
	struct store_cert c[] = { sample(0, "carol@example.org", 1 * DAY),
		sample(1, "alice@example.org", 1 * DAY),
		sample(2, "ALICE@example.org", 3 * DAY),
		sample(3, "bob@example.net", 2 * DAY) };
	struct store_cert_query q;

	c[3].role = STORE_CERT_PARTNER;
	c[3].workspace = (struct id){ { 8 } };
	c[3].issuer = STR_LIT("CN=100% theirs");
	c[1].state = STORE_CERT_REPLACED;
	for (size_t i = 0; i < COUNT_OF(c); i++)
		OK(store_cert_put(store, &c[i], NULL, &err));
	q = any();
	assert_string_equal(list(&q), "2 1 3 0");
	q.workspace = workspace;
	assert_string_equal(list(&q), "2 1 0");
	q = any();
	q.role = STORE_CERT_PARTNER;
	assert_string_equal(list(&q), "3");
	q = any();
	q.state = STORE_CERT_REPLACED;
	assert_string_equal(list(&q), "1");
	q = any();
	q.address = STR_LIT("Alice@Example.org");
	assert_string_equal(list(&q), "2 1");
	q.state = STORE_CERT_ACTIVE;
	assert_string_equal(list(&q), "2");
	q = any();
	q.match = STR_LIT("OUR auth");
	assert_string_equal(list(&q), "2 1 0");
	q.match = STR_LIT("100% t");
	assert_string_equal(list(&q), "3");
	q.match = STR_LIT("%");
	assert_string_equal(list(&q), "3");
	q.match = STR_LIT("_");
	assert_string_equal(list(&q), "");
	q = any();
	q.until_from_ms = 366 * DAY;
	q.until_before_ms = 368 * DAY;
	assert_string_equal(list(&q), "1 3 0");
	q.until_before_ms = 0;
	assert_string_equal(list(&q), "2 1 3 0");
	q.until_from_ms = 367 * DAY;
	assert_string_equal(list(&q), "2 3");
}

static void
a_list_goes_on_where_it_ended(void **state UNUSED)
{
	static const char *const whose[] = { "b@x.org", "a@x.org", "a@x.org",
		"c@x.org", "a@x.org" };
	struct store_cert_query q = any();
	const char *all = "";
	struct store_cert *rows;
	size_t n;

	for (unsigned i = 0; i < COUNT_OF(whose); i++) {
		struct store_cert c = sample(i, whose[i], i == 4 ? 2 : i);

		OK(store_cert_put(store, &c, NULL, &err));
	}
	q.max = 2;
	do {
		all = arena_printf(a, "%s[%s]", all, list(&q));
		OK(store_certs(store, &q, a, &rows, &n, &err));
		if (n > 0)
			memcpy(q.after, rows[n - 1].sha256, sizeof(q.after));
		q.has_after = true;
	} while (n > 0);
	/* 2 and 4 began at the same time. */
	assert_string_equal(all, "[2 4][1 0][3][]");
	q.address = STR_LIT("a@x.org");
	memset(q.after, 0, sizeof(q.after));
	q.after[0] = 2;
	q.after[31] = 1;
	assert_string_equal(list(&q), "4 1");
	q.address = STR_NULL;
	q.until_before_ms = 1000 * DAY;
	assert_string_equal(list(&q), "4 1");
}

static void
put_many(void)
{
	for (unsigned i = 0; i < 2 * OWNERS; i++) {
		struct store_cert c = sample(i, arena_printf(a,
		    "person%05u@example.org", i / 2), i * DAY / 100);
		static char der[1600];

		c.der = str_make(der, sizeof(der));
		c.state = i % 2 == 0 ? STORE_CERT_REPLACED :
		    STORE_CERT_ACTIVE;
		OK(store_cert_put(store, &c, NULL, &err));
	}
}

/* The list, and its count beside it, found so many; *slowest_ms for both. */
static void
finds(const struct store_cert_query *q, size_t expected, int64_t *slowest_ms)
{
	int64_t start = clock_mono_ms();
	struct store_cert *rows;
	uint64_t count;
	size_t n;

	OK(store_certs(store, q, a, &rows, &n, &err));
	OK(store_certs_count(store, q, &count, &err));
	*slowest_ms = MAX_OF(*slowest_ms, clock_mono_ms() - start);
	assert_int_equal(n, expected);
}

static void
twenty_thousand_are_searched(void **state UNUSED)
{
	struct store_cert_query q = any();
	int64_t slowest_ms = 0;

	put_many();
	finds(&q, 100, &slowest_ms);
	q.match = STR_LIT("nobody has this");
	finds(&q, 0, &slowest_ms);
	q.match = STR_LIT("person 1999");
	finds(&q, 11, &slowest_ms);
	q = any();
	q.address = STR_LIT("person05000@example.org");
	finds(&q, 2, &slowest_ms);
	q = any();
	q.role = STORE_CERT_OWN;
	q.state = STORE_CERT_ACTIVE;
	q.until_from_ms = 400 * DAY;
	q.until_before_ms = 401 * DAY;
	finds(&q, 50, &slowest_ms);
	q = any();
	q.state = STORE_CERT_WAITING;
	finds(&q, 0, &slowest_ms);
	q = any();
	q.has_after = true;
	memcpy(q.after, &(unsigned){ 19801 }, sizeof(unsigned));
	q.after[31] = 1;
	finds(&q, 100, &slowest_ms);
	printf("table the slowest search among %d took %lld ms\n", 2 * OWNERS,
	    (long long)slowest_ms);
}

/* ---- keys and the authority -------------------------------------------- */

static void
a_key_comes_back_and_is_destroyed(void **state UNUSED)
{
	struct store_key k = { .id = id_new(), .workspace = workspace,
		.kind = 3, .use = 1, .is_in_token = true,
		.public_der = STR_LIT("public"),
		.sealed = STR_LIT("sealed by the keeper, canary 5d41402a"),
		.created_ms = 5 };
	struct store_event event = { STR_LIT("key.destroyed"), STR_LIT("{}") };
	char command[2 * sizeof(path) + 64];
	struct store_key out;
	bool found = true;

	OK(store_key_get(store, &k.id, a, &out, &found, &err));
	assert_false(found);
	OK(store_key_put(store, &k, NULL, &err));
	FAILS(store_key_put(store, &k, NULL, &err), ERR_PERM);
	OK(store_key_get(store, &k.id, a, &out, &found, &err));
	assert_true(found);
	assert_true(id_eq(&out.id, &k.id) &&
	    id_eq(&out.workspace, &workspace));
	assert_int_equal(out.kind, 3);
	assert_int_equal(out.use, 1);
	assert_true(out.is_in_token);
	assert_true(str_eq(out.public_der, k.public_der));
	assert_true(str_eq(out.sealed, k.sealed));
	assert_int_equal(out.created_ms, 5);
	(void)snprintf(command, sizeof(command),
	    "cat %s* | grep -qa 'canary 5d41402a'", path);
	assert_int_equal(system(command), 0);
	OK(store_key_destroy(store, &k.id, 9, &event, &err));
	assert_int_not_equal(system(command), 0);
	OK(store_key_get(store, &k.id, a, &out, &found, &err));
	assert_int_equal(out.destroyed_ms, 9);
	assert_int_equal(out.sealed.len, 0);
	assert_true(str_eq(out.public_der, k.public_der));
	FAILS(store_key_destroy(store, &k.id, 10, &event, &err), ERR_INPUT);
}

static void
a_workspace_has_one_authority(void **state UNUSED)
{
	struct store_authority au = { .id = id_new(), .workspace = workspace,
		.name = STR_LIT("Ours"), .root = { 1 }, .issuer = { 2 },
		.responder = { 3 }, .crl_number = 4, .crl_next_ms = 5,
		.settings = STR_LIT("{}") }, out;
	bool found = true;

	OK(store_authority_get(store, &workspace, a, &out, &found, &err));
	assert_false(found);
	OK(store_authority_put(store, &au, NULL, &err));
	au.crl_number = 40;
	au.name = STR_LIT("Ours, too");
	OK(store_authority_put(store, &au, NULL, &err));
	OK(store_authority_get(store, &workspace, a, &out, &found, &err));
	assert_true(found && id_eq(&out.id, &au.id));
	assert_true(str_eq(out.name, au.name));
	assert_int_equal(out.root[0], 1);
	assert_int_equal(out.issuer[0], 2);
	assert_int_equal(out.responder[0], 3);
	assert_int_equal(out.crl_number, 40);
	assert_int_equal(out.crl_next_ms, 5);
	assert_true(str_eq(out.settings, STR_LIT("{}")));
	au.id = id_new();
	FAILS(store_authority_put(store, &au, NULL, &err), ERR_PERM);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin_in_memory, end)
	const struct CMUnitTest tests[] = {
		CASE(a_certificate_comes_back_whole),
		CASE(it_is_first_seen_once),
		CASE(ours_are_found_by_what_a_mail_names),
		CASE(its_state_changes),
		CASE(what_is_not_there_cannot_change),
		CASE(lists_are_narrowed),
		CASE(a_list_goes_on_where_it_ended),
		CASE(twenty_thousand_are_searched),
		CASE(a_key_comes_back_and_is_destroyed),
		CASE(a_workspace_has_one_authority),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
