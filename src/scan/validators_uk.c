/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_uk: the United Kingdom.
 */
#include "scan/checksum.h"
#include "scan/validators_tables.h"

static bool
is_nhs(struct str match)
{
	struct code c;

	return (checksum_digits(match, 10, 10, &c) &&
	    !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "A98765432", "0-987654321"));
}

/* Prefixes that are not given out, beside the letters the pattern leaves out:
 * administrative ones and those of Guernsey, the Isle of Man and others. */
static bool
is_nino(struct str match)
{
	static const char *const never[] = { "BG", "GB", "KN", "NK", "NT",
	    "TN", "ZZ" };
	struct code c;

	if (!checksum_read(match, 9, 9, &c) || !checksum_is_digits(&c, 2, 6) ||
	    strchr("DFIQUV", c.c[0]) != NULL ||
	    strchr("DFIOQUV", c.c[1]) != NULL || ascii_is_digit(c.c[0]) ||
	    ascii_is_digit(c.c[1]) || strchr("ABCD", c.c[8]) == NULL)
		return (false);
	for (size_t i = 0; i < COUNT_OF(never); i++)
		if (memcmp(c.c, never[i], 2) == 0)
			return (false);
	return (true);
}

/* The check digit stands first. */
static bool
is_utr(struct str match)
{
	struct code c;

	return (checksum_digits(match, 10, 10, &c) &&
	    !checksum_is_repeated(&c) && c.c[0] ==
	    "21987654321"[checksum_sum(c.c + 1, "6789A5432") % 11]);
}

/* Five of the surname (9 where it ends), the birth date around its month, two
 * initials. A woman's month counts 50 more. */
static bool
is_licence(struct str match)
{
	struct code c;
	bool ended = false;

	if (!checksum_read(match, 16, 18, &c) ||
	    !checksum_is_digits(&c, 5, 6) || ascii_is_digit(c.c[0]))
		return (false);
	for (size_t i = 1; i < 5; i++) {
		if (c.c[i] != '9' && (ended || ascii_is_digit(c.c[i])))
			return (false);
		ended = c.c[i] == '9';
	}
	return (checksum_is_date(2000, checksum_number(&c, 6, 2) % 50,
	    checksum_number(&c, 8, 2)) && checksum_number(&c, 6, 2) <= 62);
}

/* A pupil's number: its first character is the remainder by 23. */
static bool
is_upn(struct str match)
{
	struct code c;

	return (checksum_read(match, 13, 13, &c) &&
	    checksum_is_digits(&c, 1, 11) && c.c[0] ==
	    "ABCDEFGHJKLMNPQRTUVWXYZ"[checksum_sum(c.c + 1,
	    "23456789ABCD") % 23]);
}

static const struct validator rows[] = {
	{ "Func_letterlock_uk_passport", "[0-9]{9}", NULL },
	{ "Func_letterlock_uk_postcode", "(?i:(?:GIR ?0AA|(?:[A-PR-UWYZ]"
	    "(?:[0-9]{1,2}|[A-HK-Y][0-9]{1,2}|[0-9][A-HJKPSTUW]|"
	    "[A-HK-Y][0-9][ABEHMNPRV-Y])) ?[0-9][ABD-HJLNP-UW-Z]{2}))", NULL },
	{ "Func_letterlock_uk_pupil_number", "[A-Z][0-9]{11}[0-9A-Z]",
	    is_upn },
	{ "Func_uk_drivers_license", "(?i:[A-Z][A-Z9]{4} ?[0-9][0156][0-9]"
	    "[0-3][0-9][0-9] ?[A-Z][A-Z9][0-9A-Z] ?[0-9A-Z]{2}(?: ?[0-9]{2})?)",
	    is_licence },
	{ "Func_uk_eu_tax_file_number", "(?:[0-9]{10}|[0-9]{5} [0-9]{5})",
	    is_utr },
	{ "Func_uk_nhs_number", "(?:[0-9]{10}|[0-9]{3}[ -][0-9]{3}[ -]"
	    "[0-9]{4})", is_nhs },
	{ "Func_uk_nino", "(?i:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?[0-9]{2}"
	    "[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?[A-D])", is_nino },
};

const struct validator_table validators_uk = { rows, COUNT_OF(rows) };
