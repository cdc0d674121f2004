/* SPDX-License-Identifier: Apache-2.0 */
/* Slices, errors and time as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"

static void
tokens(void **state UNUSED)
{
	struct str rest = STR_LIT("a,,b,"), t;
	const char *const expect[] = { "a", "", "b", "" };
	size_t n = 0;

	while (str_next(&rest, ',', &t)) {
		assert_true(n < 4);
		assert_true(str_eq(t, str_of(expect[n])));
		n++;
	}
	assert_int_equal(n, 4);
}

static void
numbers(void **state UNUSED)
{
	uint64_t v = 7;

	assert_true(str_to_u64(STR_LIT("18446744073709551615"), UINT64_MAX,
	    &v));
	assert_true(v == UINT64_MAX);
	assert_false(str_to_u64(STR_LIT("18446744073709551616"), UINT64_MAX,
	    &v));
	assert_false(str_to_u64(STR_LIT("101"), 100, &v));
	assert_false(str_to_u64(STR_LIT(""), 100, &v));
	assert_false(str_to_u64(STR_LIT("-1"), 100, &v));
	assert_false(str_to_u64(STR_LIT("1 "), 100, &v));
}

static void
finding(void **state UNUSED)
{
	struct str s = STR_LIT("Hello World");

	assert_int_equal(str_find_nocase(s, STR_LIT("WORLD")), 6);
	assert_int_equal(str_find_nocase(s, STR_LIT("worlds")), -1);
	assert_int_equal(str_rindex(s, 'o'), 7);
	assert_true(str_starts_nocase(s, STR_LIT("hELLO")));
	assert_true(str_ends_nocase(s, STR_LIT("ORLD")));
	assert_true(str_eq(str_trim(STR_LIT(" \t x y\r\n")), STR_LIT("x y")));
}

static void
errors_read_from_outside_in(void **state UNUSED)
{
	struct err err = ERR_INIT;

	errno = ENOSPC;
	assert_int_equal(err_sys(&err, ERR_PERM, "cannot write %s", "a\nb"),
	    -1);
	assert_int_equal(err.kind, ERR_TEMP);
	(void)err_in(&err, "message %d", 7);
	assert_string_equal(err.msg,
	    "message 7: cannot write a?b: No space left on device");
}

static void
dates(void **state UNUSED)
{
	char a[CLOCK_RFC5322_SIZE], b[CLOCK_RFC3339_SIZE];

	clock_rfc5322(INT64_C(1795472520123), a);
	clock_rfc3339(INT64_C(1795472520123), b);
	assert_string_equal(a, "Mon, 23 Nov 2026 22:22:00 +0000");
	assert_string_equal(b, "2026-11-23T22:22:00.123Z");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens),
		cmocka_unit_test(numbers),
		cmocka_unit_test(finding),
		cmocka_unit_test(errors_read_from_outside_in),
		cmocka_unit_test(dates),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
