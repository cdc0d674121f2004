/* SPDX-License-Identifier: Apache-2.0 */
/* What is due goes route by route, and what has to wait is moved at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/lines.h"

#define MANY 500
#define NOW INT64_C(1000000000)
#define UNTIL (NOW + CLOCK_MINUTE_MS)

static struct store *store;
static char dir[64];
static struct err err;

#define OK(call) \
	do { \
		if ((call) == -1) \
			fail_msg("%s: %s", #call, err.msg); \
	} while (0)

static int
begin(void **state)
{
	char path[128];

	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/letterlock-claim-XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/store", dir);
	OK(store_open(path, "test", &store, &err));
	return (0);
}

static int
end(void **state)
{
	static const char *const files[] = { "store", "store-wal",
		"store-shm", "store.parts" };
	char path[128];

	(void)state;
	store_close(&store);
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		if (unlink(path) == -1)
			(void)rmdir(path);
	}
	(void)rmdir(dir);
	return (0);
}

/* So many for a route, due since the beginning. */
static struct id
put(const char *route, size_t n, int64_t created_ms, int64_t expires_ms)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_payload payload = { id_new(), id_new(),
		STR_LIT("sealed") };
	struct store_item *items = arena_array(a, n, sizeof(*items));
	struct store_accept accept = { .payloads = &payload, .n_payloads = 1,
		.items = items, .n_items = n };

	for (size_t i = 0; i < n; i++)
		items[i] = (struct store_item){ .id = id_new(),
			.payload = payload.id, .spool = payload.spool,
			.kind = STR_LIT("mail"), .sender = STR_LIT("s@us.example"),
			.recipient = STR_LIT("r@them.example"),
			.route = str_of(route), .created_ms = created_ms,
			.next_ms = NOW - 1000, .expires_ms = expires_ms };
	OK(store_accept(store, &accept, &err));
	return (items[0].id);
}

static size_t
count(const struct store_item *items, size_t n, const char *route)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += str_eq(items[i].route, str_of(route));
	return (found);
}

/* dead.example is left alone; the others take ten at a time. */
static void
ask(void *ctx, struct str route, struct store_room *room)
{
	(void)ctx;
	room->n = 10;
	if (str_eq(route, STR_LIT("dead.example"))) {
		room->not_before_ms = UNTIL;
		(void)snprintf(room->reply, sizeof(room->reply), "no answer");
	}
}

static struct store_claim
wish(void)
{
	return ((struct store_claim){ .now_ms = NOW,
	    .lease_ms = CLOCK_HOUR_MS, .max = 64,
	    .report_after_ms = 4 * CLOCK_HOUR_MS, .ask = ask,
	    .after = BUF_INIT(1024) });
}

static void
many_for_one_do_not_delay_the_others(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_claim w = wish();
	struct store_item *items;
	size_t n;

	(void)state;
	put("busy.example", MANY, NOW, NOW + CLOCK_DAY_MS);
	put("zoo.example", 2, NOW, NOW + CLOCK_DAY_MS);
	put("a.example", 1, NOW, NOW + CLOCK_DAY_MS);
	OK(store_claim(store, &w, a, &items, &n, &err));
	assert_int_equal(n, 13);
	assert_int_equal(count(items, n, "busy.example"), 10);
	assert_int_equal(count(items, n, "zoo.example"), 2);
	assert_int_equal(count(items, n, "a.example"), 1);
	assert_int_equal(w.after.len, 0);
	/* Where a call ends, the next goes on. */
	w.max = 5;
	OK(store_claim(store, &w, a, &items, &n, &err));
	assert_int_equal(n, 5);
	put("zoo.example", 1, NOW, NOW + CLOCK_DAY_MS);
	OK(store_claim(store, &w, a, &items, &n, &err));
	assert_int_equal(count(items, n, "zoo.example"), 1);
	buf_done(&w.after);
}

static void
those_left_alone_are_moved_at_once(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_claim w = wish();
	struct store_event event = { STR_LIT("queue.retried"), STR_LIT("{}") };
	struct store_item *items, item;
	struct store_line *lines;
	struct id wanted;
	int64_t due;
	size_t n;

	(void)state;
	wanted = put("dead.example", MANY, NOW, NOW + CLOCK_DAY_MS);
	put("dead.example", 1, NOW, UNTIL - 1);
	put("dead.example", 1, UNTIL - 4 * CLOCK_HOUR_MS, NOW + CLOCK_DAY_MS);
	OK(store_claim(store, &w, a, &items, &n, &err));
	assert_int_equal(n, 0);
	assert_int_equal(w.n_moved, MANY);
	/* One expires before, and one sender has to be told before. */
	OK(store_claim(store, &w, a, &items, &n, &err));
	assert_int_equal(n, 2);
	assert_int_equal(w.n_moved, 0);
	OK(store_next_due(store, &due, &err));
	assert_int_equal(due, UNTIL);
	OK(store_item_find(store, &wanted, a, &item, &err));
	assert_int_equal(item.next_ms, UNTIL);
	assert_int_equal(item.attempts, 0);
	assert_true(str_eq(item.last_reply, STR_LIT("no answer")));
	/* A person wants one tried. */
	OK(store_item_set(store, &wanted, STORE_ITEM_QUEUED, &event, &err));
	OK(store_claim(store, &w, a, &items, &n, &err));
	assert_int_equal(n, 1);
	assert_true(id_eq(&items[0].id, &wanted));
	assert_int_equal(items[0].next_ms, 0);
	OK(store_lines(store, 10, a, &lines, &n, &err));
	assert_int_equal(n, 1);
	assert_int_equal(lines[0].n_queued, MANY + 2);
	assert_int_equal(lines[0].n_leased, 3);
	assert_int_equal(lines[0].next_ms, UNTIL);
	assert_true(str_eq(lines[0].last_reply, STR_LIT("no answer")));
	buf_done(&w.after);
}

static void
the_sick_are_remembered_until_they_are_well(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	const struct store_sick one = { .name = STR_LIT("dead.example"),
		.failures = 3, .pause_ms = 1000, .until_ms = UNTIL,
		.noted_ms = NOW, .reply = STR_LIT("no answer") };
	struct store_sick *list;
	size_t n;

	(void)state;
	store_sick_put(store, &one);
	store_flush(store);
	OK(store_sick_all(store, 10, a, &list, &n, &err));
	assert_int_equal(n, 1);
	assert_int_equal(list[0].failures, 3);
	assert_int_equal(list[0].until_ms, UNTIL);
	store_sick_drop(store, one.name);
	store_flush(store);
	OK(store_sick_all(store, 10, a, &list, &n, &err));
	assert_int_equal(n, 0);
	store_sick_put(store, &one);
	OK(store_sick_forget(store, NOW + 1, &err));
	OK(store_sick_all(store, 10, a, &list, &n, &err));
	assert_int_equal(n, 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(many_for_one_do_not_delay_the_others),
		T(those_left_alone_are_moved_at_once),
		T(the_sick_are_remembered_until_they_are_well),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
