/* SPDX-License-Identifier: Apache-2.0 */
/* stscache_test: policies of other domains, kept, used, due and forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "opened.h"
#include "store/stscache.h"

#define DAY (INT64_C(24) * 3600 * 1000)

static struct store_sts
sample(const char *domain, int64_t fetched_ms)
{
	return ((struct store_sts){ .domain = str_of(domain),
	    .id = STR_LIT("1"), .text = STR_LIT("version: STSv1\r\n"),
	    .note = STR_LIT("odd"), .fetched_ms = fetched_ms,
	    .expires_ms = fetched_ms + 10 * DAY,
	    .refresh_ms = fetched_ms + DAY, .used_ms = fetched_ms,
	    .tried_id = STR_LIT("1"), .tried_ms = fetched_ms });
}

static void
a_policy_comes_back_whole(void **state UNUSED)
{
	struct store_sts row = sample("a.example", 5), got;
	bool found = true;

	OK(store_sts_get(store, row.domain, a, &got, &found, &err));
	assert_false(found);
	OK(store_sts_put(store, &row, &err));
	/* Also by another process. */
	store_close(&store);
	OK(store_open(path, "test", &store, &err));
	OK(store_sts_get(store, row.domain, a, &got, &found, &err));
	assert_true(found);
	assert_true(str_eq(got.domain, row.domain));
	assert_true(str_eq(got.id, row.id));
	assert_true(str_eq(got.text, row.text));
	assert_true(str_eq(got.note, row.note));
	assert_int_equal(got.fetched_ms, 5);
	assert_int_equal(got.expires_ms, row.expires_ms);
	assert_int_equal(got.refresh_ms, row.refresh_ms);
	assert_int_equal(got.used_ms, 5);
	assert_true(str_eq(got.tried_id, STR_LIT("1")));
	assert_int_equal(got.failure.len, 0);
	row.text = STR_LIT("another");
	OK(store_sts_put(store, &row, &err));
	OK(store_sts_get(store, row.domain, a, &got, &found, &err));
	assert_true(str_eq(got.text, STR_LIT("another")));
}

static void
a_failure_leaves_the_policy(void **state UNUSED)
{
	struct store_sts row = sample("a.example", 5), got;
	struct store_sts bad = { .domain = row.domain,
		.tried_id = STR_LIT("2"), .tried_ms = 7, .refresh_ms = 8,
		.failure = STR_LIT("sts-policy-invalid"),
		.reason = STR_LIT("no mx") };
	bool found = false;

	OK(store_sts_failed(store, &bad, &err));
	OK(store_sts_get(store, row.domain, a, &got, &found, &err));
	assert_true(found);
	assert_int_equal(got.text.len, 0);
	assert_int_equal(got.expires_ms, 0);
	assert_true(str_eq(got.failure, bad.failure));
	OK(store_sts_put(store, &row, &err));
	OK(store_sts_failed(store, &bad, &err));
	OK(store_sts_get(store, row.domain, a, &got, &found, &err));
	assert_true(str_eq(got.text, row.text));
	assert_true(str_eq(got.id, STR_LIT("1")));
	assert_int_equal(got.expires_ms, row.expires_ms);
	assert_int_equal(got.refresh_ms, 8);
	assert_true(str_eq(got.tried_id, STR_LIT("2")));
	assert_int_equal(got.tried_ms, 7);
	assert_true(str_eq(got.failure, bad.failure));
	assert_true(str_eq(got.reason, bad.reason));
}

/* "late.example,early.example" */
static const char *
due(int64_t now_ms, int64_t used_ms, size_t max)
{
	struct store_sts *rows;
	const char *out = "";
	size_t n;

	OK(store_sts_due(store, now_ms, used_ms, max, a, &rows, &n, &err));
	for (size_t i = 0; i < n; i++)
		out = arena_printf(a, "%s%s%.*s", out, i > 0 ? "," : "",
		    STR_FMT(rows[i].domain));
	return (out);
}

static void
what_is_used_is_due(void **state UNUSED)
{
	struct store_sts one = sample("one.example", 10 * DAY);
	struct store_sts two = sample("two.example", 9 * DAY);

	OK(store_sts_put(store, &one, &err));
	OK(store_sts_put(store, &two, &err));
	assert_string_equal(due(10 * DAY - 1, 0, 9), "");
	assert_string_equal(due(10 * DAY, 0, 9), "two.example");
	assert_string_equal(due(11 * DAY, 0, 9), "two.example,one.example");
	assert_string_equal(due(11 * DAY, 0, 1), "two.example");
	/* Nobody writes to the second one any more. */
	assert_string_equal(due(11 * DAY, 10 * DAY, 9), "one.example");
	OK(store_sts_used(store, two.domain, 11 * DAY, &err));
	assert_string_equal(due(11 * DAY, 11 * DAY, 9), "two.example");
	/* What has expired waits for the next mail. */
	assert_string_equal(due(19 * DAY, 0, 9), "one.example");
	assert_string_equal(due(20 * DAY, 0, 9), "");
}

static void
the_old_is_forgotten(void **state UNUSED)
{
	struct store_sts one = sample("one.example", 10 * DAY), got;
	struct store_sts bad = { .domain = STR_LIT("bad.example"),
		.tried_ms = 15 * DAY, .failure = STR_LIT("x") };
	bool found = false;

	OK(store_sts_put(store, &one, &err));
	OK(store_sts_failed(store, &bad, &err));
	OK(store_sts_expire(store, 15 * DAY, &err));
	OK(store_sts_get(store, bad.domain, a, &got, &found, &err));
	assert_true(found);
	OK(store_sts_expire(store, 15 * DAY + 1, &err));
	OK(store_sts_get(store, bad.domain, a, &got, &found, &err));
	assert_false(found);
	OK(store_sts_get(store, one.domain, a, &got, &found, &err));
	assert_true(found);
	OK(store_sts_expire(store, 20 * DAY + 1, &err));
	OK(store_sts_get(store, one.domain, a, &got, &found, &err));
	assert_false(found);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(a_policy_comes_back_whole),
		T(a_failure_leaves_the_policy),
		T(what_is_used_is_due),
		T(the_old_is_forgotten),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
