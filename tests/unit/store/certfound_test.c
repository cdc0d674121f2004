/* SPDX-License-Identifier: Apache-2.0 */
/* certfound_test: orders, reminders, answers, documents, correspondents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/certs.h"
#include "store/reminders.h"
#include "opened.h"

#define DAY (INT64_C(24) * 3600 * 1000)


/* ---- orders ------------------------------------------------------------ */

static struct store_order
order(uint8_t n, const char *address, int64_t next_ms)
{
	return ((struct store_order){ .id = { { n } },
	    .workspace = { { 7 } }, .key = { { n, n } },
	    .address = str_of(address), .way = STR_LIT("acme"),
	    .created_ms = n, .next_ms = next_ms, .attempts = n,
	    .detail = STR_LIT("{}"), .reason = STR_LIT("it was ordered") });
}

static const char *
numbers(const struct store_order *rows, size_t n)
{
	const char *out = "";

	for (size_t i = 0; i < n; i++)
		out = arena_printf(a, "%s%d ", out, rows[i].id.b[0]);
	return (out);
}

static const char *
due(int64_t now_ms, size_t max)
{
	struct store_order *rows;
	size_t n;

	OK(store_orders_due(store, now_ms, max, a, &rows, &n, &err));
	return (numbers(rows, n));
}

static const char *
of(const char *address, int state)
{
	struct store_order *rows;
	size_t n;

	OK(store_orders(store, str_of(address), state, 9, a, &rows, &n,
	    &err));
	return (numbers(rows, n));
}

static void
orders_come_when_they_are_due(void **state UNUSED)
{
	struct store_order o[] = { order(1, "a@x.org", 30),
		order(2, "b@x.org", 10), order(3, "A@x.org", 20) };
	struct store_order *rows;
	bool is_kept;
	size_t n;

	/* Of the same address, in another workspace. */
	o[2].workspace.b[0] = 8;
	for (size_t i = 0; i < COUNT_OF(o); i++) {
		OK(store_order_place(store, &o[i], &is_kept, &err));
		assert_true(is_kept);
		OK(store_order_place(store, &o[i], &is_kept, &err));
		assert_false(is_kept);
	}
	assert_string_equal(due(9, 9), "");
	assert_string_equal(due(20, 9), "2 3 ");
	assert_string_equal(due(99, 2), "2 3 ");
	o[1].state = STORE_ORDER_FAILED;
	o[1].reason = STR_LIT("nobody answered");
	OK(store_order_change(store, &o[1], o[1].detail, NULL, &is_kept,
	    &err));
	assert_true(is_kept);
	assert_string_equal(due(99, 9), "3 1 ");
	assert_string_equal(of("a@X.org", -1), "3 1 ");
	assert_string_equal(of("", -1), "3 2 1 ");
	assert_string_equal(of("", STORE_ORDER_WAITING), "3 1 ");
	assert_string_equal(of("b@x.org", STORE_ORDER_WAITING), "");
	OK(store_orders(store, STR_LIT("b@x.org"), -1, 1, a, &rows, &n, &err));
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].workspace.b[0], 7);
	assert_int_equal(rows[0].key.b[1], 2);
	assert_true(str_eq(rows[0].way, STR_LIT("acme")));
	assert_int_equal(rows[0].state, STORE_ORDER_FAILED);
	assert_int_equal(rows[0].created_ms, 2);
	assert_int_equal(rows[0].next_ms, 10);
	assert_int_equal(rows[0].attempts, 2);
	assert_true(str_eq(rows[0].detail, STR_LIT("{}")));
	assert_true(str_eq(rows[0].reason, o[1].reason));
}

/* ---- reminders --------------------------------------------------------- */

static size_t
queued(void)
{
	struct store_item *items;
	size_t n;

	OK(store_items(store, -1, 9, a, &items, &n, &err));
	return (n);
}

/* Two work on it at once: the later one sees that, and takes nothing back. */
static void
an_order_changes_under_one_hand(void **state UNUSED)
{
	struct store_order o = { .id = { { 5 } }, .workspace = { { 7 } },
		.address = STR_LIT("c@x.org"), .way = STR_LIT("acme"),
		.detail = STR_LIT("challenged") };
	struct store_order *rows;
	bool is_kept;
	size_t n;

	OK(store_order_place(store, &o, &is_kept, &err));
	o.detail = STR_LIT("replied");
	OK(store_order_change(store, &o, STR_LIT("challenged"), NULL,
	    &is_kept, &err));
	assert_true(is_kept);
	o.detail = STR_LIT("challenged");
	o.reason = STR_LIT("late");
	OK(store_order_change(store, &o, STR_LIT("challenged"), NULL,
	    &is_kept, &err));
	assert_false(is_kept);
	OK(store_orders(store, STR_LIT("c@x.org"), -1, 9, a, &rows, &n, &err));
	assert_int_equal(n, 1);
	assert_true(str_eq(rows[0].detail, STR_LIT("replied")));
	assert_int_equal(rows[0].reason.len, 0);
}

static int
take(struct str name, int64_t at_ms, const struct store_accept *mail,
    bool *first)
{
	return (store_reminders_take(store, &name, 1, at_ms, mail, first,
	    &err));
}

static void
a_reminder_goes_out_once(void **state UNUSED)
{
	struct store_payload payload = { .id = id_new(), .spool = id_new(),
		.sealed = STR_LIT("ciphertext") };
	struct store_item item = { .id = id_new(), .payload = payload.id,
		.spool = payload.spool, .kind = STR_LIT("report") };
	struct store_accept mail = { .payloads = &payload, .n_payloads = 1,
		.items = &item, .n_items = 1 };
	bool first = false;

	OK(take(STR_LIT("expiry x 60"), 1, &mail, &first));
	assert_true(first);
	assert_int_equal(queued(), 1);
	item.id = id_new();
	OK(take(STR_LIT("expiry x 60"), 2, &mail, &first));
	assert_false(first);
	assert_int_equal(queued(), 1);
	OK(take(STR_LIT("expiry x 30"), 2, NULL, &first));
	assert_true(first);
}

/* What cannot be kept is not counted as sent. */
static void
a_reminder_that_failed_is_taken_again(void **state UNUSED)
{
	struct store_payload payload = { .id = id_new(), .spool = id_new(),
		.sealed = STR_LIT("ciphertext") };
	struct store_accept mail = { .payloads = &payload, .n_payloads = 1 };
	static char large[512 << 10];
	bool first = false;

	OK(store_accept(store, &mail, &err));
	/* That payload is there already. */
	assert_int_equal(take(STR_LIT("n"), 1, &mail, &first), -1);
	OK(take(STR_LIT("n"), 1, NULL, &first));
	assert_true(first);
	payload.sealed = str_make(large, sizeof(large));
	assert_int_equal(take(STR_LIT("m"), 1, &mail, &first), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

/* ---- what was found ---------------------------------------------------- */

static bool
asked(const char *name, int64_t now_ms, const char *expected)
{
	AUTO_BUF struct buf out = BUF_INIT(100);
	bool found;

	OK(store_lookup_get(store, str_of(name), now_ms, &out, &found, &err));
	if (found)
		assert_string_equal(buf_cstr(&out), expected);
	return (found);
}

static void
answers_hold_until_they_do_not(void **state UNUSED)
{
	size_t n;

	assert_false(asked("smimea a@x.org", 5, ""));
	OK(store_lookup_put(store, STR_LIT("smimea a@x.org"), STR_LIT("der"),
	    10, &err));
	OK(store_lookup_put(store, STR_LIT("ldap x a@x.org"), STR_NULL, 20,
	    &err));
	assert_true(asked("smimea a@x.org", 9, "der"));
	assert_false(asked("smimea a@x.org", 10, ""));
	assert_true(asked("ldap x a@x.org", 10, ""));
	OK(store_lookups_expire(store, 15, 9, &n, &err));
	assert_int_equal(n, 1);
	assert_false(asked("smimea a@x.org", 5, ""));
	OK(store_lookup_put(store, STR_LIT("ldap x a@x.org"), STR_LIT("now"),
	    30, &err));
	assert_true(asked("ldap x a@x.org", 25, "now"));
	OK(store_lookups_expire(store, 99, 0, &n, &err));
	assert_int_equal(n, 0);
}

static void
answers_have_a_limit(void **state UNUSED)
{
	static const char *const names[] = { "issuer a", "issuer b",
		"issuer c", "crl d" };
	size_t n;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		OK(store_lookup_put(store, str_of(names[i]), STR_LIT("0123"),
		    1000 + (int64_t)i, &err));
	OK(store_lookups_limit(store, STR_LIT("issuer "), 3, 36, 9, &n, &err));
	assert_int_equal(n, 0);
	OK(store_lookups_limit(store, STR_LIT("issuer "), 2, 36, 9, &n, &err));
	assert_int_equal(n, 1);
	assert_false(asked("issuer a", 5, ""));
	assert_true(asked("issuer b", 5, "0123"));
	OK(store_lookups_limit(store, STR_LIT("issuer "), 2, 23, 9, &n, &err));
	assert_int_equal(n, 1);
	assert_false(asked("issuer b", 5, ""));
	assert_true(asked("issuer c", 5, "0123"));
	assert_true(asked("crl d", 5, "0123"));
	OK(store_lookups_limit(store, STR_LIT(""), 0, 0, 1, &n, &err));
	assert_int_equal(n, 1);
	assert_true(asked("crl d", 5, "0123"));
	OK(store_lookups_limit(store, STR_LIT(""), 0, 0, 9, &n, &err));
	assert_int_equal(n, 1);
}

static bool
has_document(const char *name)
{
	AUTO_BUF struct buf out = BUF_INIT(9);
	int64_t until_ms;
	bool found;

	OK(store_document_get(store, str_of(name), &out, &until_ms, &found,
	    &err));
	return (found);
}

static void
documents_of_a_kind_expire(void **state UNUSED)
{
	size_t n;

	OK(store_document_put(store, STR_LIT("ocsp/a"), STR_LIT("a"), 5,
	    &err));
	OK(store_document_put(store, STR_LIT("ocsp/b"), STR_LIT("b"), 6,
	    &err));
	OK(store_document_put(store, STR_LIT("crl/y"), STR_LIT("y"), 1, &err));
	OK(store_documents_expire(store, STR_LIT("ocsp/"), 5, 9, &n, &err));
	assert_int_equal(n, 1);
	assert_false(has_document("ocsp/a"));
	assert_true(has_document("ocsp/b"));
	assert_true(has_document("crl/y"));
	OK(store_documents_expire(store, STR_LIT("ocsp/"), 9, 0, &n, &err));
	assert_int_equal(n, 0);
}

static void
documents_are_replaced(void **state UNUSED)
{
	AUTO_BUF struct buf out = BUF_INIT(3), small = BUF_INIT(2);
	int64_t until_ms = 0;
	bool found = true;

	OK(store_document_get(store, STR_LIT("crl/x"), &out, &until_ms,
	    &found, &err));
	assert_false(found);
	OK(store_document_put(store, STR_LIT("crl/x"), STR_LIT("o"), 5, &err));
	OK(store_document_put(store, STR_LIT("crl/x"), STR_LIT("n\0w"), 6,
	    &err));
	OK(store_document_get(store, STR_LIT("crl/x"), &out, &until_ms,
	    &found, &err));
	assert_true(found && str_eq(buf_view(&out), STR_LIT("n\0w")));
	assert_int_equal(until_ms, 6);
	assert_int_equal(store_document_get(store, STR_LIT("crl/x"), &small,
	    &until_ms, &found, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

static void
the_newest_capabilities_count(void **state UNUSED)
{
	struct str der = STR_NULL;
	int64_t at_ms = 0;
	bool found = true;

	OK(store_capabilities_get(store, STR_LIT("a@x.org"), a, &der, &at_ms,
	    &found, &err));
	assert_false(found);
	OK(store_capabilities_put(store, STR_LIT("a@x.org"), STR_LIT("one"),
	    10, &err));
	OK(store_capabilities_put(store, STR_LIT("A@x.org"), STR_LIT("two"),
	    20, &err));
	OK(store_capabilities_put(store, STR_LIT("a@x.org"), STR_LIT("old"),
	    15, &err));
	OK(store_capabilities_get(store, STR_LIT("a@X.org"), a, &der, &at_ms,
	    &found, &err));
	assert_true(found && str_eq(der, STR_LIT("two")));
	assert_int_equal(at_ms, 20);
}

/* ---- correspondents ---------------------------------------------------- */

static void
mail(const char *from, const char *to, int64_t at_ms, bool is_from_outside)
{
	struct store_message m = { .id = id_new(), .received_ms = at_ms,
		.sender = str_of(from) };
	struct store_recipient r[] = { { .address = str_of(to) },
		{ .address = STR_LIT("colleague@ours.org") } };
	struct store_accept accept = { .message = &m, .recipients = r,
		.n_recipients = 2, .is_from_outside = is_from_outside };

	OK(store_accept(store, &accept, &err));
	/* A second look at the same message changes nothing. */
	accept.is_there = true;
	m.received_ms += 1000 * DAY;
	OK(store_accept(store, &accept, &err));
}

static uint64_t
count(const char *address, int64_t since_ms)
{
	uint64_t n = 99;

	OK(store_correspondents(store, str_of(address), since_ms, &n, &err));
	return (n);
}

static void
whom_somebody_writes_to_is_counted(void **state UNUSED)
{
	mail("ann@ours.org", "x@theirs.net", 1 * DAY, false);
	mail("Ann@ours.org", "X@theirs.net", 5 * DAY, false);
	mail("ann@ours.org", "y@theirs.net", 2 * DAY, false);
	mail("bob@ours.org", "y@theirs.net", 3 * DAY, false);
	mail("z@theirs.net", "ann@ours.org", 3 * DAY, true);
	mail("", "ann@ours.org", 3 * DAY, false);
	assert_int_equal(count("ANN@ours.org", 0), 2);
	assert_int_equal(count("ann@ours.org", 3 * DAY), 1);
	assert_int_equal(count("ann@ours.org", 6 * DAY), 0);
	assert_int_equal(count("bob@ours.org", 0), 1);
	assert_int_equal(count("z@theirs.net", 0), 0);
	assert_int_equal(count("@ours.org", 0), 2);
	assert_int_equal(count("@Ours.org", 5 * DAY), 1);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		CASE(orders_come_when_they_are_due),
		CASE(an_order_changes_under_one_hand),
		CASE(a_reminder_goes_out_once),
		CASE(a_reminder_that_failed_is_taken_again),
		CASE(answers_hold_until_they_do_not),
		CASE(answers_have_a_limit),
		CASE(documents_of_a_kind_expire),
		CASE(documents_are_replaced),
		CASE(the_newest_capabilities_count),
		CASE(whom_somebody_writes_to_is_counted),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
