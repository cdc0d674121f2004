/* SPDX-License-Identifier: Apache-2.0 */
/* Two processes on one store: what one has in hand, the other leaves alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "base/clock.h"
#include "store/certs.h"
#include "store/leases.h"
#include "opened.h"

#define NOW INT64_C(1000000000)
#define MINUTE CLOCK_MINUTE_MS
#define WHO STR_LIT("Anna@Example.org")
#define ROUNDS 40
#define ORDERS 30

static struct store *
another(void)
{
	struct store *s;

	OK(store_open(path, "test", &s, &err));
	return (s);
}

static bool
takes(struct store *s, int64_t now_ms, struct store_lease *out)
{
	bool is_taken;

	OK(store_lease_take(s, "certificate", WHO, now_ms, MINUTE, out,
	    &is_taken, &err));
	return (is_taken);
}

static void
one_has_it(void **state UNUSED)
{
	struct store *other = another();
	struct store_lease mine, others;
	bool is_taken;

	assert_true(takes(store, NOW, &mine));
	assert_string_equal(mine.name, "certificate anna@example.org");
	assert_false(takes(other, NOW + 1, &others));
	store_lease_give(&others);
	assert_false(takes(store, NOW + 1, &others));
	OK(store_lease_take(other, "certificate", STR_LIT("bob@example.org"),
	    NOW, MINUTE, &others, &is_taken, &err));
	assert_true(is_taken);
	store_lease_give(&mine);
	store_lease_give(&mine);
	assert_true(takes(other, NOW + 2, &others));
	store_lease_give(&others);
	store_close(&other);
}

static void
who_is_gone_holds_nobody_up(void **state UNUSED)
{
	struct store *other = another();
	struct store_lease mine, others;

	assert_true(takes(store, NOW, &mine));
	assert_false(takes(other, NOW + MINUTE - 1, &others));
	assert_true(takes(other, NOW + MINUTE, &others));
	/* The first one comes back: it learns of it, and takes nothing away. */
	assert_int_equal(store_lease_keep(&mine, NOW + MINUTE, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	store_lease_give(&mine);
	assert_false(takes(store, NOW + MINUTE, &mine));
	store_lease_give(&others);
	/* Of a clock that was years ahead. */
	assert_true(takes(store, NOW + 1000 * CLOCK_DAY_MS, &mine));
	assert_true(takes(other, NOW, &others));
	store_lease_give(&others);
	store_close(&other);
}

static void
who_goes_on_keeps_it(void **state UNUSED)
{
	struct store *other = another();
	struct store_lease mine, others;

	assert_true(takes(store, NOW, &mine));
	OK(store_lease_keep(&mine, NOW + MINUTE / 4, &err));
	assert_int_equal(mine.until_ms, NOW + MINUTE);
	OK(store_lease_keep(&mine, NOW + MINUTE - 1, &err));
	assert_int_equal(mine.until_ms, NOW + 2 * MINUTE - 1);
	assert_false(takes(other, NOW + MINUTE + 1, &others));
	store_lease_give(&mine);
	store_close(&other);
}

/* ---- at once ----------------------------------------------------------- */

static struct store_order orders[ORDERS];
static int inside, most, n_taken[ORDERS], n_placed;

static void
enter_and_leave(struct store *s)
{
	struct store_lease l;
	struct err e = ERR_INIT;
	int n;

	must(store_lease_wait(s, "alone", STR_NULL, clock_wall_ms(), &l,
	    &e) == 0);
	n = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
	if (n > most)
		most = n;
	(void)sched_yield();
	(void)__atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
	store_lease_give(&l);
}

static void *
work(void *arg)
{
	struct store *s = arg;
	struct err e = ERR_INIT;
	bool is;

	for (int i = 0; i < ROUNDS; i++)
		enter_and_leave(s);
	for (int i = 0; i < ORDERS; i++) {
		struct store_order mine = orders[i];

		mine.id = id_new();
		must(store_order_place(s, &mine, &is, &e) == 0);
		(void)__atomic_add_fetch(&n_placed, is, __ATOMIC_SEQ_CST);
	}
	return (NULL);
}

static void *
claim(void *arg)
{
	struct store *s = arg;
	struct err e = ERR_INIT;
	bool is;

	for (int i = 0; i < ORDERS; i++) {
		must(store_order_claim(s, &orders[i], NOW + MINUTE, &is,
		    &e) == 0);
		(void)__atomic_add_fetch(&n_taken[i], is, __ATOMIC_SEQ_CST);
	}
	return (NULL);
}

static void
both(void *(*run)(void *), struct store *other)
{
	pthread_t second;

	assert_int_equal(pthread_create(&second, NULL, run, other), 0);
	(void)run(store);
	assert_int_equal(pthread_join(second, NULL), 0);
}

static void
two_at_once(void **state UNUSED)
{
	struct store *other = another();
	struct store_order *rows;
	size_t n;

	for (int i = 0; i < ORDERS; i++)
		orders[i] = (struct store_order){ .workspace = { { 7 } },
			.address = str_of(arena_printf(a, "p%d@x.org", i)),
			.way = STR_LIT("cmp"), .next_ms = NOW,
			.detail = STR_LIT("{}") };
	both(work, other);
	assert_int_equal(most, 1);
	assert_int_equal(n_placed, ORDERS);
	OK(store_orders_due(store, NOW, 2 * ORDERS, a, &rows, &n, &err));
	assert_int_equal(n, ORDERS);
	memcpy(orders, rows, sizeof(orders));
	both(claim, other);
	for (int i = 0; i < ORDERS; i++)
		assert_int_equal(n_taken[i], 1);
	OK(store_orders_due(store, NOW, ORDERS, a, &rows, &n, &err));
	assert_int_equal(n, 0);
	OK(store_orders_due(store, NOW + MINUTE, ORDERS, a, &rows, &n, &err));
	assert_int_equal(n, ORDERS);
	store_close(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
		T(one_has_it),
		T(who_is_gone_holds_nobody_up),
		T(who_goes_on_keeps_it),
		T(two_at_once),
	};

	return (cmocka_run_group_tests_name("leases", tests, NULL, NULL));
}
