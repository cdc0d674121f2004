/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_west: Germany, Austria, Switzerland, France, Belgium, the
 * Netherlands, Luxembourg and Ireland.
 *
 * Standards: ICAO 9303 (document numbers and their 7-3-1 check digit).
 */
#include "scan/checksum.h"
#include "scan/validators_tables.h"

/* Of the first ten digits exactly one stands there twice or three times. */
static bool
is_german_tax_id(struct str match)
{
	struct code c;
	unsigned seen[10] = { 0 }, more = 0, most = 0;

	if (!checksum_digits(match, 11, 11, &c) || c.c[0] == '0')
		return (false);
	for (size_t i = 0; i < 10; i++)
		seen[checksum_value(c.c[i])]++;
	for (size_t i = 0; i < 10; i++) {
		more += seen[i] > 1;
		most = MAX_OF(most, seen[i]);
	}
	return (more == 1 && most <= 3 &&
	    checksum_iso7064_hybrid(c.c, 11, 10));
}

static bool
is_document_letter(char x, const char *letters)
{
	return (ascii_is_digit(x) || strchr(letters, x) != NULL);
}

/* An identity card: nine characters and the check digit of the zone that
 * machines read. */
static bool
is_german_id_card(struct str match)
{
	struct code c;

	if (!checksum_read(match, 10, 10, &c) ||
	    strchr("CFGHJKLMNPRTVWXYZ", c.c[0]) == NULL)
		return (false);
	for (size_t i = 0; i < 9; i++)
		if (!is_document_letter(c.c[i], "CFGHJKLMNPRTVWXYZ"))
			return (false);
	return (checksum_fits(c.c, "731731731", "0123456789"));
}

/* A passport, often written without the check digit. At least one digit: a
 * word of nine letters is no passport. */
static bool
is_german_passport(struct str match)
{
	struct code c;
	size_t n_digits = 0;

	if (!checksum_read(match, 9, 10, &c) ||
	    strchr("CFGHJK", c.c[0]) == NULL)
		return (false);
	for (size_t i = 0; i < 9; i++)
		n_digits += ascii_is_digit(c.c[i]);
	return (n_digits >= 3 && (c.n == 9 ||
	    checksum_fits(c.c, "731731731", "0123456789")));
}

/* Area, birth date, first letter of the name, serial, check digit. */
static bool
is_german_pension(struct str match)
{
	struct code c;
	char digits[CODE_MAX] = { 0 };
	unsigned letter, day;

	if (!checksum_read(match, 12, 12, &c) || !ascii_is_alpha(c.c[8]) ||
	    !checksum_is_digits(&c, 0, 8) || !checksum_is_digits(&c, 9, 3))
		return (false);
	day = checksum_number(&c, 2, 2);
	/* Numbers given out anew count 50 more on the day. */
	if (!checksum_is_date(2000 + checksum_number(&c, 6, 2),
	    checksum_number(&c, 4, 2), day > 50 ? day - 50 : day) ||
	    checksum_number(&c, 0, 2) < 2)
		return (false);
	letter = (unsigned)(c.c[8] - 'A') + 1;
	memcpy(digits, c.c, 8);
	digits[8] = (char)('0' + letter / 10);
	digits[9] = (char)('0' + letter % 10);
	memcpy(digits + 10, c.c + 9, 2);
	return (checksum_sum_of_digits(digits, "212571212121") % 10 ==
	    checksum_value(c.c[11]));
}

/* Health insurance: a letter as two digits, eight digits, their check. */
static bool
is_german_health(struct str match)
{
	struct code c;
	char digits[CODE_MAX] = { 0 };
	unsigned letter;

	if (!checksum_read(match, 10, 10, &c) || !ascii_is_alpha(c.c[0]) ||
	    !checksum_is_digits(&c, 1, 9))
		return (false);
	letter = (unsigned)(c.c[0] - 'A') + 1;
	digits[0] = (char)('0' + letter / 10);
	digits[1] = (char)('0' + letter % 10);
	memcpy(digits + 2, c.c + 1, 8);
	return (checksum_sum_of_digits(digits, "1212121212") % 10 ==
	    checksum_value(c.c[9]));
}

static bool
is_german_licence(struct str match)
{
	struct code c;

	return (checksum_read(match, 11, 11, &c) &&
	    checksum_is_digits(&c, 1, 2) &&
	    checksum_fits(c.c, "987654321", "0123456789X"));
}

static bool
is_german_doctor(struct str match)
{
	struct code c;

	return (checksum_digits(match, 9, 9, &c) &&
	    checksum_fits(c.c, "494949", "0987654321") &&
	    !checksum_is_repeated(&c));
}

/* The check digit is the fourth; the other nine are weighted. */
static bool
is_austria_ssn(struct str match)
{
	struct code c;

	/* Months 13 to 15 serve when a day's numbers ran out. */
	return (checksum_digits(match, 10, 10, &c) && c.c[0] != '0' &&
	    checksum_sum(c.c, "3790584216") % 11 == checksum_value(c.c[3]) &&
	    checksum_number(&c, 4, 2) >= 1 && checksum_number(&c, 4, 2) <= 31 &&
	    checksum_number(&c, 6, 2) >= 1 && checksum_number(&c, 6, 2) <= 15);
}

static bool
is_austria_tax(struct str match)
{
	struct code c;

	return (checksum_digits(match, 9, 9, &c) && !checksum_is_repeated(&c) &&
	    (checksum_sum_of_digits(c.c, "12121212") +
	    checksum_value(c.c[8])) % 10 == 0);
}

static bool
is_swiss_ahv(struct str match)
{
	struct code c;

	return (checksum_digits(match, 13, 13, &c) &&
	    checksum_number(&c, 0, 3) == 756 && checksum_ean(c.c, 13));
}

static bool
is_swiss_uid(struct str match)
{
	struct code c;

	return (checksum_read(match, 12, 16, &c) &&
	    memcmp(c.c, "CHE", 3) == 0 && checksum_is_digits(&c, 3, 9) &&
	    checksum_fits(c.c + 3, "54327654", "0-987654321"));
}

/* Corsica's departments 2A and 2B count as 19 and 18. */
bool
validators_is_french_insee(struct str match)
{
	struct code c;
	unsigned month;
	bool has_month;

	if (!checksum_read(match, 15, 15, &c))
		return (false);
	if (memcmp(c.c + 5, "2A", 2) == 0)
		memcpy(c.c + 5, "19", 2);
	else if (memcmp(c.c + 5, "2B", 2) == 0)
		memcpy(c.c + 5, "18", 2);
	if (!checksum_is_digits(&c, 0, 15) || c.c[0] == '0' || c.c[0] == '9')
		return (false);
	/* Months over 12 stand for births whose date is not known. */
	month = checksum_number(&c, 3, 2);
	has_month = (month >= 1 && month <= 12) ||
	    (month >= 20 && month <= 42) || month >= 50;
	return (has_month && checksum_mod(c.c, 13, 97) +
	    checksum_number(&c, 13, 2) == 97);
}

static bool
is_french_tax(struct str match)
{
	struct code c;

	return (checksum_digits(match, 13, 13, &c) && c.c[0] <= '3' &&
	    !checksum_is_repeated(&c) && checksum_mod(c.c, 10, 511) ==
	    checksum_number(&c, 10, 3));
}

/* La Poste's offices break the rule of the long number: a plain sum by 5. */
static bool
is_french_company(struct str match)
{
	struct code c;
	unsigned sum = 0;

	if (!checksum_digits(match, 9, 14, &c) || (c.n != 9 && c.n != 14) ||
	    checksum_is_repeated(&c) || !checksum_luhn(c.c, 9))
		return (false);
	for (size_t i = 0; i < c.n; i++)
		sum += checksum_value(c.c[i]);
	return (c.n == 9 || checksum_luhn(c.c, 14) ||
	    (checksum_number(&c, 0, 9) == 356000000 && sum % 5 == 0));
}

/* Two check digits; births since 2000 count as if a 2 stood in front. */
static bool
is_belgium(struct str match)
{
	struct code c;
	char after[12] = "2";
	unsigned month, check;

	if (!checksum_digits(match, 11, 11, &c) || checksum_is_repeated(&c))
		return (false);
	month = checksum_number(&c, 2, 2) % 20;
	check = 97 - checksum_number(&c, 9, 2);
	memcpy(after + 1, c.c, 9);
	/* An unknown birth date is zeros; a bis number adds 20 or 40. */
	return (month <= 12 && checksum_number(&c, 2, 2) <= 52 &&
	    checksum_number(&c, 4, 2) <= 31 &&
	    (checksum_mod(c.c, 9, 97) == check ||
	    checksum_mod(after, 10, 97) == check));
}

static bool
is_netherlands(struct str match)
{
	struct code c;

	return (checksum_digits(match, 9, 9, &c) && !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "98765432", "0123456789-"));
}

/* Birth date, serial, a Luhn digit, then a Verhoeff digit over the same. */
static bool
is_luxembourg(struct str match)
{
	struct code c;
	char other[12];

	if (!checksum_digits(match, 13, 13, &c))
		return (false);
	memcpy(other, c.c, 11);
	other[11] = c.c[12];
	return (checksum_is_date(checksum_number(&c, 0, 4),
	    checksum_number(&c, 4, 2), checksum_number(&c, 6, 2)) &&
	    checksum_number(&c, 0, 4) >= 1850 && checksum_luhn(c.c, 12) &&
	    checksum_verhoeff(other, 12));
}

static bool
is_ireland(struct str match)
{
	struct code c;
	unsigned extra = 0;

	if (!checksum_read(match, 8, 9, &c) || !checksum_is_digits(&c, 0, 7))
		return (false);
	if (c.n == 9 && c.c[8] >= 'A' && c.c[8] <= 'I')
		extra = (unsigned)(c.c[8] - 'A' + 1);
	else if (c.n == 9 && strchr("TWX", c.c[8]) == NULL)
		return (false);
	return (c.c[7] == "WABCDEFGHIJKLMNOPQRSTUV"[(checksum_sum(c.c,
	    "8765432") + 9 * extra) % 23]);
}

#define SP " ?"
#define DOT "[ .-]?"
#define DE_CHAR "[0-9CFGHJKLMNPRTVWXYZ]"
#define INSEE "[1-478] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AaBb]) ?[0-9]{3} ?" \
	"[0-9]{3} ?[0-9]{2}"
#define BSN "[0-9]{4}[. -]?[0-9]{2}[. -]?[0-9]{3}"

static const struct validator rows[] = {
	{ "Func_austria_eu_ssn_or_equivalent", "[1-9][0-9]{3}[ -]?"
	    "(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-5])[0-9]{2}",
	    is_austria_ssn },
	{ "Func_austria_eu_tax_file_number", "[0-9]{2}[ -]?[0-9]{3}/?[0-9]{4}",
	    is_austria_tax },
	{ "Func_belgium_national_number", "[0-9]{2}[. -]?[0-9]{2}[. -]?"
	    "[0-9]{2}[. -]?[0-9]{3}[. -]?[0-9]{2}", is_belgium },
	{ "Func_fr_insee", INSEE, validators_is_french_insee },
	{ "Func_fr_passport", "[0-9]{2} ?[A-Za-z]{2} ?[0-9]{5}", NULL },
	{ "Func_france_eu_tax_file_number", "[0-3][0-9]" SP "[0-9]{2}" SP
	    "[0-9]{3}" SP "[0-9]{3}" SP "[0-9]{3}", is_french_tax },
	{ "Func_french_drivers_license", "[0-9]{12}", NULL },
	{ "Func_french_insee", INSEE, validators_is_french_insee },
	{ "Func_german_drivers_license", "[A-Z0-9][0-9]{2}[A-Z0-9]{6}[0-9X]"
	    "[A-Z0-9]", is_german_licence },
	{ "Func_german_passport", "[CFGHJK]" DE_CHAR "{8}[0-9]?",
	    is_german_passport },
	{ "Func_german_passport_data", "[CFGHJK]" DE_CHAR "{8}[0-9]?(?:D<<|D)",
	    NULL },
	{ "Func_germany_eu_tax_file_number",
	    "[1-9][0-9][ -/]?[0-9]{3}[ -/]?[0-9]{3}[ -/]?[0-9]{3}",
	    is_german_tax_id },
	{ "Func_ireland_pps", "[0-9]{7} ?[A-Wa-w](?:[A-IWTXa-iwtx])?",
	    is_ireland },
	{ "Func_letterlock_france_siren", "[0-9]{3}" DOT "[0-9]{3}" DOT
	    "[0-9]{3}(?:" DOT "[0-9]{5})?", is_french_company },
	{ "Func_letterlock_german_health_insurance", "[A-Za-z][0-9]{9}",
	    is_german_health },
	{ "Func_letterlock_german_id_card",
	    "[CFGHJKLMNPRTVWXYZ]" DE_CHAR "{8}[0-9]", is_german_id_card },
	{ "Func_letterlock_german_pension_insurance",
	    "[0-9]{2} ?[0-9]{6} ?[A-Za-z] ?[0-9]{3}", is_german_pension },
	{ "Func_letterlock_german_physician", "[0-9]{9}", is_german_doctor },
	{ "Func_letterlock_switzerland_uid", "CHE[- ]?[0-9]{3}" DOT "[0-9]{3}"
	    DOT "[0-9]{3}(?i: ?(?:MWST|TVA|IVA|TPV|VAT|HR))?", is_swiss_uid },
	{ "Func_luxemburg_eu_tax_file_number",
	    "(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{2} ?[0-9]{3} ?[0-9]{2}",
	    is_luxembourg },
	{ "Func_luxemburg_eu_tax_file_number_non_natural",
	    "(?:19|20)[0-9]{9}", NULL },
	{ "Func_netherlands_bsn", BSN, is_netherlands },
	{ "Func_netherlands_eu_tax_file_number", BSN, is_netherlands },
	{ "Func_swiss_social_security_number_ahv",
	    "756[. ]?[0-9]{4}[. ]?[0-9]{4}[. ]?[0-9]{2}", is_swiss_ahv },
};

const struct validator_table validators_west = { rows, COUNT_OF(rows) };
