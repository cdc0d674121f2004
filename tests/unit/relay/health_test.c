/* SPDX-License-Identifier: Apache-2.0 */
/* Feedback from attempts, by a clock of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "relay/health.h"

static const struct health_limits limits = { .window_max = 10,
	.pause_first_ms = 1000, .pause_max_ms = 5000 };

static void
a_new_one_starts_with_one_and_grows(void **state)
{
	struct health h;

	(void)state;
	health_init(&h);
	assert_int_equal(h.window, 1);
	assert_int_equal(health_class(&h), HEALTH_NEW);
	for (unsigned i = 0; i < 20; i++)
		health_answered(&h, &limits, 100, 1000);
	assert_int_equal(h.window, 10);
	assert_int_equal(health_class(&h), HEALTH_GOOD);
}

static void
failures_halve_and_then_it_is_left_alone(void **state)
{
	struct health h;

	(void)state;
	health_init(&h);
	for (unsigned i = 0; i < 7; i++)
		health_answered(&h, &limits, 100, 1000);
	assert_int_equal(h.window, 8);
	for (unsigned left = 4; left > 0; left /= 2) {
		assert_false(health_failed(&h, &limits, 0));
		assert_int_equal(h.window, left);
		assert_int_equal(health_class(&h), HEALTH_SICK);
	}
	assert_true(health_failed(&h, &limits, 100));
	assert_int_equal(h.until_ms, 1100);
	/* Others that were on their way add nothing. */
	assert_false(health_failed(&h, &limits, 200));
	assert_int_equal(h.until_ms, 1100);
	assert_true(health_is_backing_off(&h, 1099));
	assert_false(health_is_backing_off(&h, 1100));
}

static void
pauses_double_up_to_a_limit_and_end_with_an_answer(void **state)
{
	static const int64_t pauses[] = { 1000, 2000, 4000, 5000, 5000 };
	int64_t now_ms = 0;
	struct health h;

	(void)state;
	health_init(&h);
	for (size_t i = 0; i < sizeof(pauses) / sizeof(*pauses); i++) {
		assert_true(health_failed(&h, &limits, now_ms));
		assert_int_equal(h.until_ms - now_ms, pauses[i]);
		assert_int_equal(h.window, 1);
		now_ms = h.until_ms;
	}
	health_answered(&h, &limits, 100, 1000);
	assert_int_equal(health_class(&h), HEALTH_GOOD);
	assert_int_equal(h.window, 2);
	assert_false(health_failed(&h, &limits, now_ms));
	assert_true(health_failed(&h, &limits, now_ms));
	assert_int_equal(h.until_ms - now_ms, 1000);
}

static void
a_person_may_ask_for_an_attempt(void **state)
{
	struct health h;

	(void)state;
	health_init(&h);
	assert_true(health_failed(&h, &limits, 0));
	health_probe(&h);
	assert_false(health_is_backing_off(&h, 1));
	/* And the pause goes on growing. */
	assert_true(health_failed(&h, &limits, 1));
	assert_int_equal(h.until_ms, 2001);
}

static void
slow_is_by_size(void **state)
{
	struct health h;

	(void)state;
	health_init(&h);
	health_answered(&h, &limits, HEALTH_SLOW_MS + 100, 1000);
	assert_int_equal(health_class(&h), HEALTH_SICK);
	health_answered(&h, &limits, HEALTH_SLOW_MS + 100, 1 << 20);
	assert_int_equal(health_class(&h), HEALTH_GOOD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_one_starts_with_one_and_grows),
		cmocka_unit_test(failures_halve_and_then_it_is_left_alone),
		cmocka_unit_test(
		    pauses_double_up_to_a_limit_and_end_with_an_answer),
		cmocka_unit_test(a_person_may_ask_for_an_attempt),
		cmocka_unit_test(slow_is_by_size),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
