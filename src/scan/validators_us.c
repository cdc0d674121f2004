/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_us: numbers of people, employers and providers in the U.S.
 *
 * Security: a nine-digit number carries no check digit; ranges that were never
 * issued are all that tells a social security number from an order number.
 * Standards: SSA numbering before and after 25 June 2011, IRS, 21 CFR 1301,
 * 45 CFR 162.406 (NPI), CMS (MBI).
 */
#include "scan/checksum.h"
#include "scan/validators_tables.h"

#define AREA_LAST_RANDOM 899	/* 9xx are tax numbers */
#define AREA_LAST_GEOGRAPHIC 772	/* the last one given out by place */

/* Numbers that were printed on specimen cards and in advertisements. */
static const unsigned specimens[] = { 78051120, 219099999, 457555462 };

static bool
is_specimen(unsigned number)
{
	for (size_t i = 0; i < COUNT_OF(specimens); i++)
		if (number == specimens[i])
			return (true);
	return (false);
}

static bool
is_ssn(struct str match, bool by_place)
{
	struct code c;
	unsigned area;

	if (!checksum_digits(match, 9, 9, &c) || checksum_is_repeated(&c) ||
	    is_specimen(checksum_number(&c, 0, 9)))
		return (false);
	area = checksum_number(&c, 0, 3);
	if (by_place && (area > AREA_LAST_GEOGRAPHIC ||
	    (area >= 734 && area <= 749)))
		return (false);
	return (area != 0 && area != 666 && area <= AREA_LAST_RANDOM &&
	    checksum_number(&c, 3, 2) != 0 && checksum_number(&c, 5, 4) != 0);
}

static bool
is_placed_ssn(struct str match)
{
	return (is_ssn(match, true));
}

static bool
is_random_ssn(struct str match)
{
	return (is_ssn(match, false));
}

/* The fourth and fifth digit of taxpayer numbers that are not SSNs. */
static bool
is_itin(struct str match)
{
	struct code c;
	unsigned group;

	if (!checksum_digits(match, 9, 9, &c) || c.c[0] != '9')
		return (false);
	group = checksum_number(&c, 3, 2);
	return ((group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
	    (group >= 90 && group <= 92) || group >= 94);
}

/* An employer's number begins with the campus that gave it out. */
static bool
is_ein(struct str match)
{
	static const uint8_t never[] = { 0, 7, 8, 9, 17, 18, 19, 28, 29, 49,
	    69, 70, 78, 79, 89, 96, 97 };
	struct code c;

	return (checksum_digits(match, 9, 9, &c) && !checksum_is_repeated(&c) &&
	    memchr(never, (int)checksum_number(&c, 0, 2), sizeof(never)) ==
	    NULL);
}

static bool
is_dea(struct str match)
{
	struct code c;

	return (checksum_read(match, 9, 9, &c) &&
	    checksum_is_digits(&c, 2, 7) &&
	    checksum_fits(c.c + 2, "121212", "0123456789"));
}

/* Luhn, as if the number began with 80840. */
static bool
is_npi(struct str match)
{
	struct code c;
	char whole[16] = "80840";

	if (!checksum_digits(match, 10, 10, &c) ||
	    (c.c[0] != '1' && c.c[0] != '2') || checksum_is_repeated(&c))
		return (false);
	memcpy(whole + 5, c.c, 10);
	return (checksum_luhn(whole, 15));
}

/* No check digit, but each of eleven places has its own alphabet. */
static bool
is_mbi(struct str match)
{
	/* C: 1-9, N: digit, A: letter, X: letter or digit. */
	static const char kinds[] = "CAXNAXNAANN";
	struct code c;

	if (!checksum_read(match, 11, 11, &c))
		return (false);
	for (size_t i = 0; i < c.n; i++) {
		bool digit = ascii_is_digit(c.c[i]);

		if ((digit && kinds[i] == 'A') ||
		    (!digit && kinds[i] != 'A' && kinds[i] != 'X') ||
		    (c.c[i] == '0' && kinds[i] == 'C') ||
		    strchr("SLOIBZ", c.c[i]) != NULL)
			return (false);
	}
	return (true);
}

/* A vehicle's ninth character checks the other sixteen in North America;
 * elsewhere it is filling, so numbers made there are not found. */
static bool
is_vin(struct str match)
{
	/* I, O and Q are not used; '-' keeps their places. */
	static const char values[] = "12345678-12345-7-923456789";
	static const char weights[] = "8765432A098765432";
	struct code c;
	unsigned sum = 0;

	if (!checksum_read(match, 17, 17, &c) || checksum_is_repeated(&c))
		return (false);
	for (size_t i = 0; i < c.n; i++) {
		char v = ascii_is_digit(c.c[i]) ? c.c[i] :
		    values[c.c[i] - 'A'];

		if (v == '-')
			return (false);
		sum += checksum_value(v) * checksum_value(weights[i]);
	}
	return (c.c[8] == "0123456789X"[sum % 11]);
}

#define SSN_WRITTEN						\
	"(?:[0-9]{3}-[0-9]{2}-[0-9]{4}|"			\
	"[0-9]{3} [0-9]{2} [0-9]{4}|"				\
	"[0-9]{3}\\.[0-9]{2}\\.[0-9]{4})"
#define DEA "[A-HJ-MPR-UXa-hj-mpr-ux][A-Za-z9][0-9]{7}"

static const struct validator rows[] = {
	{ "Func_dea_number", DEA, is_dea },
	{ "Func_dea_number_v2", DEA, is_dea },
	{ "Func_formatted_itin", "(?:9[0-9]{2}[ -][0-9]{2}[ -]?[0-9]{4}|"
	    "9[0-9]{4}[ -][0-9]{4})", is_itin },
	{ "Func_letterlock_us_ein", "[0-9]{2}-[0-9]{7}", is_ein },
	{ "Func_letterlock_us_mbi",
	    "[1-9][A-Za-z][A-Za-z0-9][0-9]-?[A-Za-z][A-Za-z0-9][0-9]-?"
	    "[A-Za-z]{2}[0-9]{2}", is_mbi },
	{ "Func_letterlock_us_npi",
	    "(?:[12][0-9]{9}|[12][0-9]{3}[ -][0-9]{3}[ -][0-9]{3})", is_npi },
	{ "Func_letterlock_us_passport", "[A-Z][0-9]{8}", NULL },
	{ "Func_letterlock_vin", "[A-HJ-NPR-Za-hj-npr-z0-9]{8}[0-9Xx]"
	    "[A-HJ-NPR-Za-hj-npr-z0-9]{4}[0-9]{4}", is_vin },
	{ "Func_randomized_formatted_ssn", SSN_WRITTEN, is_random_ssn },
	{ "Func_randomized_unformatted_ssn", "[0-9]{9}", is_random_ssn },
	{ "Func_ssn", SSN_WRITTEN, is_placed_ssn },
	{ "Func_unformatted_itin", "9[0-9]{8}", is_itin },
	{ "Func_unformatted_ssn", "[0-9]{9}", is_placed_ssn },
	{ "Func_usa_uk_passport", "(?:[0-9]{9}|[A-Z][0-9]{8})", NULL },
};

const struct validator_table validators_us = { rows, COUNT_OF(rows) };
