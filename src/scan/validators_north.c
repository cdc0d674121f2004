/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_north: identity and tax numbers of the Nordic and Baltic states.
 *
 * All of them begin with a birth date, so most random numbers fail already
 * there.
 */
#include "scan/checksum.h"
#include "scan/validators_tables.h"

/* The last six digits of a year's date at `at`, in the given order; the
 * century is unknown, and 29 February is taken for a leap year's. */
static bool
is_short_date(const struct code *c, size_t year, size_t month, size_t day)
{
	return (checksum_is_date(checksum_number(c, year, 2) + 2000,
	    checksum_number(c, month, 2), checksum_number(c, day, 2)));
}

static bool
is_sweden(struct str match)
{
	struct code c;
	size_t at;
	unsigned day;

	if (!checksum_digits(match, 10, 12, &c) || c.n == 11)
		return (false);
	at = c.n - 10;
	if (at == 2 && checksum_number(&c, 0, 2) != 19 &&
	    checksum_number(&c, 0, 2) != 20)
		return (false);
	/* A coordination number adds 60 to the day. */
	day = checksum_number(&c, at + 4, 2);
	return (checksum_is_date(checksum_number(&c, at, 2) + 2000,
	    checksum_number(&c, at + 2, 2), day > 60 ? day - 60 : day) &&
	    checksum_luhn(c.c + at, 10));
}

static bool
is_sweden_company(struct str match)
{
	struct code c;

	return (checksum_digits(match, 10, 10, &c) && c.c[2] >= '2' &&
	    !checksum_is_repeated(&c) && checksum_luhn(c.c, 10));
}

/* The sign between date and number says the century; the last character is
 * the remainder by 31. A letter as sign is read as part of the code. */
static bool
is_finland(struct str match)
{
	static const char checks[] = "0123456789ABCDEFHJKLMNPRSTUVWXY";
	struct code c;
	char digits[10];

	if (!checksum_read(match, 10, 11, &c))
		return (false);
	if (c.n == 11) {
		if (strchr("ABCDEFYXWVU", c.c[6]) == NULL)
			return (false);
		memmove(c.c + 6, c.c + 7, 5);
		c.n = 10;
	}
	if (!checksum_is_digits(&c, 0, 9) || !is_short_date(&c, 4, 2, 0) ||
	    checksum_number(&c, 6, 3) < 2)
		return (false);
	memcpy(digits, c.c, sizeof(digits));
	return (c.c[9] == checks[checksum_mod(digits, 9, 31)]);
}

/* The 11-test ended in 2007 when its numbers ran out: the date decides. */
static bool
is_denmark(struct str match)
{
	struct code c;

	return (checksum_digits(match, 10, 10, &c) &&
	    is_short_date(&c, 4, 2, 0) && checksum_number(&c, 6, 4) != 0);
}

/* D-numbers add 40 to the day, H-numbers 40 to the month, synthetic ones 80. */
static bool
is_norway(struct str match)
{
	struct code c;
	unsigned day, month;

	if (!checksum_digits(match, 11, 11, &c))
		return (false);
	day = checksum_number(&c, 0, 2) % 40;
	month = checksum_number(&c, 2, 2) % 40;
	return (checksum_number(&c, 0, 2) < 72 &&
	    checksum_is_date(checksum_number(&c, 4, 2) + 2000, month, day) &&
	    checksum_fits(c.c, "376189452", "0-987654321") &&
	    checksum_fits(c.c, "5432765432", "0-987654321"));
}

static bool
is_norway_company(struct str match)
{
	struct code c;

	return (checksum_digits(match, 9, 9, &c) && !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "32765432", "0-987654321"));
}

static bool
is_iceland(struct str match)
{
	struct code c;
	unsigned day;

	if (!checksum_digits(match, 10, 10, &c))
		return (false);
	/* A company's number adds 40 to the day. */
	day = checksum_number(&c, 0, 2);
	return (checksum_is_date(checksum_number(&c, 4, 2) + 2000,
	    checksum_number(&c, 2, 2), day > 40 ? day - 40 : day) &&
	    (c.c[9] == '9' || c.c[9] == '0') &&
	    checksum_fits(c.c, "32765432", "0-987654321"));
}

/* Estonia and Lithuania share the scheme; the first digit is sex and
 * century. */
static bool
is_baltic(struct str match)
{
	struct code c;
	unsigned sum;

	if (!checksum_digits(match, 11, 11, &c))
		return (false);
	/* A Lithuanian number without a birth date begins with 9. */
	if (c.c[0] == '0' || (c.c[0] != '9' && !checksum_is_date(
	    checksum_number(&c, 1, 2) + (c.c[0] < '3' ? 1800 :
	    c.c[0] < '5' ? 1900 : c.c[0] < '7' ? 2000 : 2100),
	    checksum_number(&c, 3, 2), checksum_number(&c, 5, 2))))
		return (false);
	sum = checksum_sum(c.c, "1234567891") % 11;
	if (sum == 10)
		sum = checksum_sum(c.c, "3456789123") % 11 % 10;
	return (sum == checksum_value(c.c[10]));
}

/* Since 2017 a code begins with 32 and says nothing about its holder. */
static bool
is_latvia(struct str match)
{
	struct code c;

	return (checksum_digits(match, 11, 11, &c) &&
	    (checksum_number(&c, 0, 2) == 32 ||
	    (is_short_date(&c, 4, 2, 0) && c.c[6] <= '2')) &&
	    checksum_fits(c.c, "A584216379", "12345678900"));
}

#define DAY "(?:0[1-9]|[12][0-9]|3[01])"
#define MONTH "(?:0[1-9]|1[0-2])"

static const struct validator rows[] = {
	{ "Func_denmark_eu_tax_file_number",
	    DAY MONTH "[0-9]{2}[ -]?[0-9]{4}", is_denmark },
	{ "Func_estonia_eu_national_id_card",
	    "[1-8][0-9]{2}" MONTH DAY "[0-9]{4}", is_baltic },
	{ "Func_finnish_national_id",
	    DAY MONTH "[0-9]{2}[-+A-FU-Ya-fu-y][0-9]{3}[0-9A-FHJ-NPR-Ya-fhj-np"
	    "r-y]", is_finland },
	{ "Func_latvia_eu_national_id_card",
	    "(?:" DAY MONTH "[0-9]{2}|32[0-9]{4})-?[0-9]{5}", is_latvia },
	{ "Func_letterlock_iceland_kennitala",
	    "[0-7][0-9][01][0-9]{3}-?[0-9]{4}", is_iceland },
	{ "Func_letterlock_norway_organisation",
	    "[89][0-9]{2} ?[0-9]{3} ?[0-9]{3}", is_norway_company },
	{ "Func_letterlock_sweden_organisation",
	    "[1-9][0-9][2-9][0-9]{3}-[0-9]{4}", is_sweden_company },
	{ "Func_lithuania_eu_tax_file_number",
	    "[1-9][0-9]{2}[0-9]{2}[0-9]{2}[0-9]{4}", is_baltic },
	{ "Func_norway_id_number",
	    "[0-7][0-9][0-9]{4}[ -]?[0-9]{3}[ -]?[0-9]{2}", is_norway },
	{ "Func_sweden_eu_tax_file_number",
	    "(?:19|20)?[0-9]{2}" MONTH "[0-9]{2}[-+ ]?[0-9]{4}", is_sweden },
	{ "Func_swedish_national_identifier",
	    "(?:19|20)?[0-9]{2}" MONTH "[0-9]{2}[-+ ]?[0-9]{4}", is_sweden },
};

const struct validator_table validators_north = { rows, COUNT_OF(rows) };
