/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is: inside a line, and among destinations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "relay/destination.h"
#include "relay/line.h"

static int64_t now_ms;

static int64_t
clock_of_the_test(void)
{
	return (now_ms);
}

/* Its recipient is a number, to know it by. */
static struct relay_job *
job(const char *route, const char *sender, unsigned number)
{
	char to[16];
	struct store_item item = { .kind = STR_LIT("mail"),
		.sender = str_of(sender), .payload = { { (uint8_t)number } } };

	(void)snprintf(to, sizeof(to), "%u", number);
	item.recipient = str_of(to);
	return (relay_job_new(&item, str_of(route), INT64_MAX, NULL));
}

static unsigned
number_of(struct relay_job **take)
{
	unsigned number = (*take)->item.payload.b[0];

	relay_job_free(take);
	return (number);
}

static void
put(struct line *l, const char *sender, unsigned number)
{
	struct relay_job *one = job("x.example", sender, number);

	line_add(l, &one);
	assert_null(one);
}

static void
a_mailing_delays_nobody(void **state)
{
	struct line l = { .n = 0 };
	struct relay_job *one;
	unsigned at[256] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 200; i++)
		put(&l, "mailing@us.example", i);
	put(&l, "boss@us.example", 200);
	put(&l, "other@tenant.example", 201);
	put(&l, "other@tenant.example", 202);
	assert_int_equal(l.n, 203);
	for (unsigned i = 0; (one = line_pop(&l)) != NULL; i++)
		at[number_of(&one)] = i;
	assert_int_equal(l.n, 0);
	assert_null(l.first);
	assert_true(at[200] <= 4);
	assert_true(at[201] <= 2);
	assert_true(at[202] <= 4);
	/* One sender's jobs stay in their order. */
	for (unsigned i = 1; i < 200; i++)
		assert_true(at[i] > at[i - 1]);
}

static void
siblings_are_found(void **state)
{
	struct line l = { .n = 0 };
	struct relay_job *first, *next;

	(void)state;
	put(&l, "a@us.example", 7);
	put(&l, "b@us.example", 8);
	put(&l, "a@us.example", 7);
	put(&l, "a@us.example", 9);
	first = line_pop(&l);
	next = line_pop_sibling(&l, first);
	assert_int_equal(number_of(&next), 7);
	assert_null(line_pop_sibling(&l, first));
	relay_job_free(&first);
	first = line_pop(&l);
	assert_null(line_pop_sibling(&l, first));
	assert_int_equal(number_of(&first), 8);
	next = line_pop(&l);
	assert_int_equal(number_of(&next), 9);
	assert_null(line_pop(&l));
}

/* ---- destinations ----------------------------------------------------- */

#define WORKERS 8

static unsigned noted;

static void
note(void *ctx, const char *name, const struct health *now, const char *reply)
{
	(void)ctx;
	(void)name;
	(void)reply;
	noted += health_class(now) == HEALTH_SICK;
}

static struct destinations *
make(void)
{
	const struct destinations_config config = {
		.health = { 4, 1000, 8000 }, .workers = WORKERS,
		.wall_ms = clock_of_the_test, .note = note };

	now_ms = 1000000;
	noted = 0;
	return (destinations_new(&config));
}

static bool
add(struct destinations *d, const char *route, unsigned number,
    struct destination_wait *wait)
{
	struct relay_job *one = job(route, "s@us.example", number);
	bool taken = destinations_add(d, &one, false, wait);

	relay_job_free(&one);
	return (taken);
}

static void
release(struct destinations *d, struct destination *dest)
{
	struct smtp_client *none = NULL;

	destination_release(d, dest, &none);
}

/* Six of eight workers hang in servers nobody knows: the seventh is for the
 * one that is known to answer, and no unknown one gets it. */
static void
the_unknown_leave_workers_to_the_healthy(void **state)
{
	struct destinations *d = make();
	struct destination *at[WORKERS], *dest;
	struct destination_wait wait;
	struct relay_job *one;
	char route[32];

	(void)state;
	assert_true(add(d, "well.example", 1, &wait));
	dest = destinations_next(d, &one);
	(void)number_of(&one);
	destination_answered(d, dest, 5, 100);
	release(d, dest);
	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(route, sizeof(route), "dead%u.example", i);
		assert_true(add(d, route, 100 + i, &wait));
	}
	for (unsigned i = 0; i < WORKERS * 3 / 4; i++) {
		at[i] = destinations_next(d, &one);
		assert_true(number_of(&one) >= 100);
	}
	assert_false(destinations_wants_worker(d));
	assert_true(add(d, "well.example", 2, &wait));
	assert_true(destinations_wants_worker(d));
	dest = destinations_next(d, &one);
	assert_int_equal(number_of(&one), 2);
	release(d, dest);
	assert_false(destinations_wants_worker(d));
	for (unsigned i = 0; i < WORKERS * 3 / 4; i++)
		release(d, at[i]);
	destinations_free(&d);
}

static void
one_that_fails_is_left_alone_then_probed(void **state)
{
	struct destinations *d = make();
	struct destination *dest;
	struct destination_wait wait;
	struct relay_job *one;

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_true(add(d, "dead.example", i, &wait));
	dest = destinations_next(d, &one);
	relay_job_free(&one);
	/* One connection until it has answered. */
	assert_false(destinations_wants_worker(d));
	assert_int_equal(destination_failed(d, dest, "no answer"),
	    now_ms + 1000);
	assert_int_equal(noted, 1);
	relay_job_free_all(destination_take_all(d, dest));
	release(d, dest);
	assert_false(add(d, "dead.example", 9, &wait));
	assert_int_equal(wait.until_ms, now_ms + 1000);
	assert_string_equal(wait.reply, "no answer");
	destinations_ask(d, STR_LIT("dead.example"), &wait);
	assert_int_equal(wait.until_ms, now_ms + 1000);
	/* After the pause one job is enough. */
	now_ms += 1000;
	destinations_ask(d, STR_LIT("dead.example"), &wait);
	assert_int_equal(wait.until_ms, 0);
	assert_int_equal(wait.room, 1);
	assert_true(add(d, "dead.example", 10, &wait));
	destinations_ask(d, STR_LIT("dead.example"), &wait);
	assert_int_equal(wait.room, 0);
	dest = destinations_next(d, &one);
	relay_job_free(&one);
	assert_int_equal(destination_failed(d, dest, "no answer"),
	    now_ms + 2000);
	release(d, dest);
	destinations_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mailing_delays_nobody),
		cmocka_unit_test(siblings_are_found),
		cmocka_unit_test(the_unknown_leave_workers_to_the_healthy),
		cmocka_unit_test(one_that_fails_is_left_alone_then_probed),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
