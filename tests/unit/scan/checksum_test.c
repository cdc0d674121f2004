/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of numbers, against published examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan/checksum.h"

/* A check must take the number and refuse it with any one digit changed. */
static void
is_checked(bool (*check)(const char *c, size_t n), const char *number)
{
	char wrong[CODE_MAX + 1];
	size_t n = strlen(number);

	assert_true(check(number, n));
	for (size_t i = 0; i < n; i++) {
		memcpy(wrong, number, n + 1);
		wrong[i] = (char)('0' + (number[i] - '0' + 1) % 10);
		assert_false(check(wrong, n));
	}
}

static bool
is_11_10(const char *c, size_t n)
{
	return (checksum_iso7064_hybrid(c, n, 10));
}

static void
single_errors(void **state UNUSED)
{
	is_checked(checksum_luhn, "79927398713");
	is_checked(checksum_ean, "4006381333931");
	is_checked(checksum_verhoeff, "2363");
	is_checked(checksum_verhoeff, "1234567890120");
	is_checked(checksum_damm, "5724");
	is_checked(is_11_10, "07945");
}

/* Verhoeff and Damm see neighbours exchanged, which Luhn does not always. */
static void
exchanged(void **state UNUSED)
{
	assert_false(checksum_verhoeff("3263", 4));
	assert_false(checksum_damm("7524", 4));
	assert_true(checksum_luhn("091", 3));
	assert_true(checksum_luhn("901", 3));
}

static void
iso7064(void **state UNUSED)
{
	assert_true(checksum_iso7064_pure("079X", 4, 11, 2));
	assert_false(checksum_iso7064_pure("0795", 4, 11, 2));
	assert_true(checksum_iso7064_hybrid("A12425GABC1234002M", 18, 36));
	assert_false(checksum_iso7064_hybrid("A12425GABC1234002N", 18, 36));
	assert_int_equal(checksum_mod("3214282912345698765432161182", 28, 97),
	    1);
	assert_int_equal(checksum_mod("WEST12345698765432GB82", 22, 97), 1);
}

static void
fits(void **state UNUSED)
{
	assert_true(checksum_fits("9434765919", "A98765432", "0-987654321"));
	assert_false(checksum_fits("9434765918", "A98765432", "0-987654321"));
	/* A remainder that no number has. */
	assert_false(checksum_fits("000000001-", "A98765432", "0-987654321"));
	/* Too short to have a check character. */
	assert_false(checksum_fits("943", "A98765432", "0-987654321"));
	assert_false(checksum_fits("", "A98765432", "0-987654321"));
}

static void
reading(void **state UNUSED)
{
	struct code c;

	assert_true(checksum_read(STR_LIT(" ab-12.3 "), 5, 5, &c));
	assert_string_equal(c.c, "AB123");
	assert_false(checksum_read(STR_LIT("ab-12.3"), 6, 8, &c));
	assert_false(checksum_read(STR_LIT("ab-12.3"), 1, 4, &c));
	assert_false(checksum_digits(STR_LIT("ab-12.3"), 1, 9, &c));
	assert_true(checksum_digits(STR_LIT("1 2\xc2\xa0" "3"), 3, 3, &c));
	assert_true(checksum_read(STR_NULL, 0, 4, &c));
	assert_int_equal(c.n, 0);
	assert_true(checksum_digits(STR_LIT("0042"), 4, 4, &c));
	assert_int_equal(checksum_number(&c, 1, 3), 42);
	assert_false(checksum_is_digits(&c, 2, 3));
}

static void
dates(void **state UNUSED)
{
	assert_true(checksum_is_date(2024, 2, 29));
	assert_false(checksum_is_date(2023, 2, 29));
	assert_false(checksum_is_date(1900, 2, 29));
	assert_true(checksum_is_date(2000, 2, 29));
	assert_false(checksum_is_date(2024, 13, 1));
	assert_false(checksum_is_date(2024, 0, 1));
	assert_false(checksum_is_date(2024, 4, 31));
	assert_false(checksum_is_date(2024, 4, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_errors),
		cmocka_unit_test(exchanged),
		cmocka_unit_test(iso7064),
		cmocka_unit_test(fits),
		cmocka_unit_test(reading),
		cmocka_unit_test(dates),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
