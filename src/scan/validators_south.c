/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_south: Italy, Spain, Portugal, Greece, Malta, Cyprus, Turkey and
 * Israel.
 */
#include "scan/checksum.h"
#include "scan/validators_tables.h"

/* Two people with the same code get letters for digits, from the right. */
static const char homonym[] = "LMNPQRSTUV";

/* The digits of a codice fiscale stand at these places. */
static const uint8_t italian_digits[] = { 6, 7, 9, 10, 12, 13, 14 };

/* Year, letter of the month, day (a woman's counts 40 more), place. */
static bool
has_birth_date(struct code c)
{
	static const char months[] = "ABCDEHLMPRST";
	const char *month = strchr(months, c.c[8]);
	unsigned day;

	for (size_t i = 0; i < COUNT_OF(italian_digits); i++) {
		char *p = &c.c[italian_digits[i]];
		const char *letter = strchr(homonym, *p);

		if (letter != NULL)
			*p = (char)('0' + (letter - homonym));
		if (!ascii_is_digit(*p))
			return (false);
	}
	day = checksum_number(&c, 9, 2);
	return (month != NULL && checksum_is_date(2000 +
	    checksum_number(&c, 6, 2), (unsigned)(month - months) + 1,
	    day > 40 ? day - 40 : day));
}

static bool
is_italy(struct str match)
{
	/* What a character in an odd place counts: '0'.. and 'A'.. alike. */
	static const uint8_t odd[36] = { 1, 0, 5, 7, 9, 13, 15, 17, 19, 21,
	    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12,
	    14, 16, 10, 22, 25, 24, 23 };
	struct code c;
	unsigned sum = 0;

	if (!checksum_read(match, 16, 16, &c))
		return (false);
	for (size_t i = 0; i < 15; i++) {
		unsigned v = checksum_value(c.c[i]);

		sum += i % 2 == 0 ? odd[v] : v > 9 ? v - 10 : v;
	}
	return (c.c[15] == (char)('A' + sum % 26) && has_birth_date(c));
}

static bool
is_spanish_person(struct str match, bool is_foreigner)
{
	static const char foreign[] = "XYZ";
	struct code c;
	const char *kind;

	if (!checksum_read(match, 9, 9, &c))
		return (false);
	kind = strchr(foreign, c.c[0]);
	if ((kind != NULL) != is_foreigner)
		return (false);
	if (kind != NULL)
		c.c[0] = (char)('0' + (kind - foreign));
	return (checksum_is_digits(&c, 0, 8) && c.c[8] ==
	    "TRWAGMYFPDXBNJZSQVHLCKE"[checksum_number(&c, 0, 8) % 23]);
}

static bool
is_dni(struct str match)
{
	return (is_spanish_person(match, false));
}

static bool
is_nie(struct str match)
{
	return (is_spanish_person(match, true));
}

static bool
is_dni_or_nie(struct str match)
{
	return (is_dni(match) || is_nie(match));
}

/* Province, serial, and both by 97; a short serial is not padded for it. */
static bool
is_spanish_social(struct str match)
{
	struct code c;
	unsigned province, serial, r;

	if (!checksum_digits(match, 12, 12, &c))
		return (false);
	province = checksum_number(&c, 0, 2);
	serial = checksum_number(&c, 2, 8);
	r = serial < 10000000 ? (province * 10000000 + serial) % 97 :
	    checksum_mod(c.c, 10, 97);
	return (province >= 1 && province <= 66 &&
	    r == checksum_number(&c, 10, 2));
}

static bool
is_portugal_tax(struct str match)
{
	struct code c;

	return (checksum_digits(match, 9, 9, &c) && c.c[0] != '0' &&
	    !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "98765432", "00987654321"));
}

/* The citizen card: number, check digit, version; Luhn, letters from 10. */
static bool
is_portugal_card(struct str match)
{
	struct code c;
	unsigned sum = 0;

	if (!checksum_read(match, 12, 12, &c) ||
	    !checksum_is_digits(&c, 0, 9) || !ascii_is_digit(c.c[11]))
		return (false);
	for (size_t i = 0; i < c.n; i++) {
		unsigned v = checksum_value(c.c[i]);

		if (i % 2 == 0)
			v = v * 2 > 9 ? v * 2 - 9 : v * 2;
		sum += v;
	}
	return (sum % 10 == 0);
}

static bool
is_amka(struct str match)
{
	struct code c;

	return (checksum_digits(match, 11, 11, &c) && checksum_is_date(2000 +
	    checksum_number(&c, 4, 2), checksum_number(&c, 2, 2),
	    checksum_number(&c, 0, 2)) && checksum_luhn(c.c, 11));
}

static bool
is_greek_tax(struct str match)
{
	struct code c;
	unsigned sum = 0;

	if (!checksum_digits(match, 9, 9, &c) || checksum_is_repeated(&c))
		return (false);
	for (size_t i = 0; i < 8; i++)
		sum = sum * 2 + checksum_value(c.c[i]);
	return (sum * 2 % 11 % 10 == checksum_value(c.c[8]));
}

/* Seven digits and the letter of the place the card belongs to. */
static bool
is_malta(struct str match)
{
	struct code c;

	return (checksum_read(match, 8, 8, &c) && checksum_is_digits(&c, 0, 7)
	    && strchr("MGAPLHBZ", c.c[7]) != NULL &&
	    checksum_number(&c, 0, 7) > 0);
}

static bool
is_cyprus(struct str match)
{
	static const char odd[] = "10579DFHJL";
	struct code c;
	unsigned sum = 0;

	if (!checksum_read(match, 9, 9, &c) || !checksum_is_digits(&c, 0, 8))
		return (false);
	for (size_t i = 0; i < 8; i++)
		sum += checksum_value(i % 2 == 1 ? c.c[i] :
		    odd[checksum_value(c.c[i])]);
	return (c.c[8] == (char)('A' + sum % 26));
}

/* Seven times the odd places less the even ones (nine times them, by ten);
 * the sum of ten is the last. */
static bool
is_turkey(struct str match)
{
	struct code c;
	unsigned tenth, sum;

	if (!checksum_digits(match, 11, 11, &c) || c.c[0] == '0')
		return (false);
	tenth = checksum_sum(c.c, "797979797");
	sum = checksum_sum(c.c, "1111111111");
	return (tenth % 10 == checksum_value(c.c[9]) &&
	    sum % 10 == checksum_value(c.c[10]));
}

/* Nine places, doubled by place; short numbers have leading zeros. */
static bool
is_israel(struct str match)
{
	struct code c;

	return (checksum_digits(match, 9, 9, &c) && !checksum_is_repeated(&c) &&
	    checksum_luhn(c.c, 9));
}

#define DNI "(?i:[0-9]{2}\\.?[0-9]{3}\\.?[0-9]{3}[ -]?[A-HJ-NP-TV-Z])"
#define NIE "(?i:[XYZ][ -]?[0-9]{7}[ -]?[A-HJ-NP-TV-Z])"

static const struct validator rows[] = {
	{ "Func_cyprus_eu_tax_file_number", "[0-9]{8}[A-Z]", is_cyprus },
	{ "Func_greece_eu_ssn",
	    "(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{7}", is_amka },
	{ "Func_israeli_national_id_number",
	    "(?:[0-9]{9}|[0-9]-[0-9]{7}-[0-9]|[0-9]{8}-[0-9])", is_israel },
	{ "Func_italy_eu_national_id_card",
	    "(?i:[A-Z]{6} ?[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2} ?"
	    "[A-Z][0-9LMNP-V]{3}[A-Z])", is_italy },
	{ "Func_letterlock_greece_tax", "[0-9]{9}", is_greek_tax },
	{ "Func_letterlock_malta_id_card", "[0-9]{7}[MGAPLHBZ]", is_malta },
	{ "Func_letterlock_portugal_citizen_card",
	    "[0-9]{8} ?[0-9] ?[A-Za-z0-9]{2}[0-9]", is_portugal_card },
	{ "Func_letterlock_spain_dni_or_nie", "(?:" DNI "|" NIE ")",
	    is_dni_or_nie },
	{ "Func_portugal_eu_tax_file_number",
	    "[1-9][0-9]{2}[ .-]?[0-9]{3}[ .-]?[0-9]{3}", is_portugal_tax },
	{ "Func_spain_eu_DL_and_NI_number_citizen", DNI, is_dni },
	{ "Func_spain_eu_DL_and_NI_number_foreigner", NIE, is_nie },
	{ "Func_spain_eu_driver's_license_number", "(?:" DNI "|" NIE ")",
	    is_dni_or_nie },
	{ "Func_spanish_social_security_number",
	    "[0-6][0-9][ /-]?[0-9]{7,8}[ /-]?[0-9]{2}", is_spanish_social },
	{ "Func_Turkish_National_Id", "[1-9][0-9]{10}", is_turkey },
};

const struct validator_table validators_south = { rows, COUNT_OF(rows) };
