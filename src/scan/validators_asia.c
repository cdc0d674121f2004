/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_asia: Asia and the Middle East.
 *
 * Standards: ISO 7064 (China, MOD 11-2), Verhoeff (India).
 */
#include "scan/checksum.h"
#include "scan/validators_tables.h"

/* No Aadhaar begins with 0 or 1, and none reads the same backwards. */
static bool
is_aadhaar(struct str match)
{
	struct code c;
	bool palindrome = true;

	if (!checksum_digits(match, 12, 12, &c) || c.c[0] < '2')
		return (false);
	for (size_t i = 0; i < 6; i++)
		palindrome = palindrome && c.c[i] == c.c[11 - i];
	return (!palindrome && checksum_verhoeff(c.c, 12));
}

/* The fourth letter says what the holder is: P a person. */
static bool
is_pan(struct str match)
{
	struct code c;

	if (!checksum_read(match, 10, 10, &c) || !checksum_is_digits(&c, 5, 4)
	    || strchr("ABCEFGHJKLPT", c.c[3]) == NULL)
		return (false);
	return (checksum_number(&c, 5, 4) > 0);
}

/* State, PAN, its how-manieth registration, Z, and a check by 36. */
static bool
is_gstin(struct str match)
{
	struct code c;
	unsigned sum = 0, state;

	if (!checksum_read(match, 15, 15, &c) ||
	    !checksum_is_digits(&c, 0, 2) ||
	    !is_pan(str_make(c.c + 2, 10)))
		return (false);
	for (size_t i = 0; i < 14; i++) {
		unsigned v = checksum_value(c.c[i]) * (i % 2 == 0 ? 1 : 2);

		sum += v / 36 + v % 36;
	}
	state = checksum_number(&c, 0, 2);
	return (((state >= 1 && state <= 38) || state >= 96) &&
	    c.c[12] != '0' && checksum_value(c.c[14]) == (36 - sum % 36) % 36);
}

static bool
is_my_number(struct str match)
{
	struct code c;

	return (checksum_digits(match, 12, 12, &c) &&
	    !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "65432765432", "00987654321"));
}

/* The check digit stands in front. */
static bool
is_corporate_number(struct str match)
{
	struct code c;

	return (checksum_digits(match, 13, 13, &c) && checksum_value(c.c[0]) ==
	    9 - checksum_sum(c.c + 1, "212121212121") % 9);
}

/* The code of the resident register. */
static bool
is_juminhyo(struct str match)
{
	struct code c;

	return (checksum_digits(match, 11, 11, &c) &&
	    !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "5432765432", "00987654321"));
}

/* Prefecture's commission, year, serial, check, how often it was lost. */
static bool
is_japanese_licence(struct str match)
{
	struct code c;
	unsigned place;

	if (!checksum_digits(match, 12, 12, &c))
		return (false);
	place = checksum_number(&c, 0, 2);
	return (((place >= 10 && place <= 97)) &&
	    checksum_fits(c.c, "5432765432", "00987654321"));
}

/* Birth date, sex and century, place, check. Numbers given out since October
 * 2020 have a random end, so for those born later the date has to do. */
static bool
is_korean(struct str match, const char *kinds, const char *checks)
{
	struct code c;
	unsigned year;

	if (!checksum_digits(match, 13, 13, &c) ||
	    strchr(kinds, c.c[6]) == NULL)
		return (false);
	year = checksum_number(&c, 0, 2) + (strchr("90", c.c[6]) != NULL ?
	    1800 : strchr("1256", c.c[6]) != NULL ? 1900 : 2000);
	return (checksum_is_date(year, checksum_number(&c, 2, 2),
	    checksum_number(&c, 4, 2)) && (year >= 2020 ||
	    (checksum_number(&c, 7, 2) <= 96 &&
	    checksum_fits(c.c, "234567892345", checks))));
}

static bool
is_korean_resident(struct str match)
{
	return (is_korean(match, "012349", "10987654321"));
}

static bool
is_korean_foreigner(struct str match)
{
	return (is_korean(match, "5678", "32109876543") ||
	    is_korean(match, "5678", "10987654321"));
}

static bool
is_korean_business(struct str match)
{
	struct code c;
	unsigned sum;

	if (!checksum_digits(match, 10, 10, &c) || checksum_is_repeated(&c))
		return (false);
	sum = checksum_sum(c.c, "137137135") +
	    checksum_value(c.c[8]) * 5 / 10;
	return ((sum + checksum_value(c.c[9])) % 10 == 0 && c.c[0] != '0');
}

static bool
is_singapore(struct str match)
{
	struct code c;
	unsigned sum;

	if (!checksum_read(match, 9, 9, &c) || !checksum_is_digits(&c, 1, 7))
		return (false);
	sum = checksum_sum(c.c + 1, "2765432");
	switch (c.c[0]) {
	case 'S':
		return (c.c[8] == "JZIHGFEDCBA"[sum % 11]);
	case 'T':
		return (c.c[8] == "JZIHGFEDCBA"[(sum + 4) % 11]);
	case 'F':
		return (c.c[8] == "XWUTRQPNMLK"[sum % 11]);
	case 'G':
		return (c.c[8] == "XWUTRQPNMLK"[(sum + 4) % 11]);
	default:
		return (c.c[0] == 'M' &&
		    c.c[8] == "XWUTRQPNJLK"[(sum + 3) % 11]);
	}
}

/* One letter or two; where one is missing it counts as a blank, 36. */
static bool
is_hong_kong(struct str match)
{
	struct code c;
	unsigned sum;
	size_t at;

	if (!checksum_read(match, 8, 9, &c) || !ascii_is_alpha(c.c[0]) ||
	    !checksum_is_digits(&c, c.n - 7, 6))
		return (false);
	at = c.n - 7;
	if (at == 2 && !ascii_is_alpha(c.c[1]))
		return (false);
	sum = at == 2 ? checksum_value(c.c[0]) * 9 +
	    checksum_value(c.c[1]) * 8 :
	    36 * 9 + checksum_value(c.c[0]) * 8;
	sum += checksum_sum(c.c + at, "765432");
	return (c.c[at + 6] == "0A987654321"[sum % 11]);
}

/* A letter is the place of the first registration, counted as two digits. */
static bool
is_taiwan(struct str match)
{
	static const uint8_t places[26] = { 10, 11, 12, 13, 14, 15, 16, 17,
	    34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30,
	    31, 33 };
	struct code c;
	unsigned place;

	if (!checksum_read(match, 10, 10, &c) || !ascii_is_alpha(c.c[0]) ||
	    !checksum_is_digits(&c, 1, 9) || strchr("1289", c.c[1]) == NULL)
		return (false);
	place = places[c.c[0] - 'A'];
	return ((place / 10 + place % 10 * 9 +
	    checksum_sum(c.c + 1, "876543211")) % 10 == 0);
}

/* Eighteen characters; the fifteen of before 1999 have no check. */
static bool
is_china(struct str match)
{
	struct code c;
	unsigned province;

	if (!checksum_read(match, 18, 18, &c) || !checksum_is_digits(&c, 0, 17))
		return (false);
	province = checksum_number(&c, 0, 2);
	return (((province >= 11 && province <= 82) || province == 83) &&
	    checksum_number(&c, 6, 4) >= 1850 &&
	    checksum_is_date(checksum_number(&c, 6, 4),
	    checksum_number(&c, 10, 2), checksum_number(&c, 12, 2)) &&
	    (ascii_is_digit(c.c[17]) || c.c[17] == 'X') &&
	    checksum_iso7064_pure(c.c, 18, 11, 2));
}

static bool
is_thailand(struct str match)
{
	struct code c;

	return (checksum_digits(match, 13, 13, &c) && c.c[0] != '0' &&
	    c.c[0] != '9' && !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "DCBA98765432", "10987654321"));
}

/* Birth date and place of birth; there is no check digit. */
static bool
is_malaysia(struct str match)
{
	static const uint8_t never[] = { 0, 17, 18, 19, 20, 69, 70, 73, 80, 81,
	    94, 95, 96, 97 };
	struct code c;
	unsigned place;

	if (!checksum_digits(match, 12, 12, &c))
		return (false);
	place = checksum_number(&c, 6, 2);
	return (checksum_is_date(2000 + checksum_number(&c, 0, 2),
	    checksum_number(&c, 2, 2), checksum_number(&c, 4, 2)) &&
	    memchr(never, (int)place, sizeof(never)) == NULL);
}

/* District, birth date (women's day + 40), serial; no check digit. */
static bool
is_indonesia(struct str match)
{
	struct code c;
	unsigned day;

	if (!checksum_digits(match, 16, 16, &c))
		return (false);
	day = checksum_number(&c, 6, 2);
	return (checksum_number(&c, 0, 2) >= 11 &&
	    checksum_number(&c, 0, 2) <= 96 && checksum_is_date(2000 +
	    checksum_number(&c, 10, 2), checksum_number(&c, 8, 2),
	    day > 40 ? day - 40 : day) && checksum_number(&c, 12, 4) > 0);
}

static bool
is_emirates(struct str match)
{
	struct code c;
	unsigned year;

	if (!checksum_digits(match, 15, 15, &c))
		return (false);
	year = checksum_number(&c, 3, 4);
	return (checksum_number(&c, 0, 3) == 784 && year >= 1900 &&
	    year <= 2100 && checksum_luhn(c.c, 15));
}

/* 1 is a citizen, 2 a resident. */
static bool
is_saudi(struct str match)
{
	struct code c;

	return (checksum_digits(match, 10, 10, &c) && !checksum_is_repeated(&c)
	    && (c.c[0] == '1' || c.c[0] == '2') && checksum_luhn(c.c, 10));
}

static bool
is_iran(struct str match)
{
	struct code c;

	return (checksum_digits(match, 10, 10, &c) && !checksum_is_repeated(&c)
	    && checksum_fits(c.c, "A98765432", "01987654321"));
}

#define KOREAN "[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])-?"

static const struct validator rows[] = {
	{ "Func_china_resident_id", "[1-8][0-9]{5}(?:18|19|20)[0-9]{2}[01]"
	    "[0-9][0-3][0-9]{4}[0-9Xx]", is_china },
	{ "Func_hong_kong_id_card",
	    "[A-Za-z]{1,2}[0-9]{6} ?(?:\\([0-9Aa]\\)|[0-9Aa])", is_hong_kong },
	{ "Func_india_aadhaar", "[2-9][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}",
	    is_aadhaar },
	{ "Func_japanese_my_number_corporate",
	    "[1-9](?:-?[0-9]{4}){3}", is_corporate_number },
	{ "Func_japanese_my_number_personal",
	    "[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", is_my_number },
	{ "Func_jp_bank_account", "[0-9]{7,8}", NULL },
	{ "Func_jp_bank_account_branch_code",
	    "(?:[0-9]{4}-[0-9]{3}|[0-9]{3}-[0-9]{5})", NULL },
	{ "Func_jp_drivers_license_number", "[0-9]{12}", is_japanese_licence },
	{ "Func_jp_passport", "[A-Za-z]{2}[0-9]{7}", NULL },
	{ "Func_jp_resident_registration_number", "[0-9]{11}", is_juminhyo },
	{ "Func_jp_sin", "(?:[0-9]{4}-[0-9]{6}|[0-9]{10})", NULL },
	{ "Func_jp_sin_pre_1997", "(?:[0-9]{4}-[0-9]{8}|[0-9]{12})", NULL },
	{ "Func_letterlock_emirates_id",
	    "784[ -]?[12][0-9]{3}[ -]?[0-9]{7}[ -]?[0-9]", is_emirates },
	{ "Func_letterlock_india_gstin",
	    "(?i:[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z])", is_gstin },
	{ "Func_letterlock_india_pan", "(?i:[A-Z]{3}[ABCEFGHJKLPT][A-Z]"
	    "[0-9]{4}[A-Z])", is_pan },
	{ "Func_letterlock_india_passport",
	    "[A-PR-WYa-pr-wy][1-9][0-9] ?[0-9]{4}[1-9]", NULL },
	{ "Func_letterlock_india_voter", "[A-Za-z]{3}[0-9]{7}", NULL },
	{ "Func_letterlock_indonesia_nik", "[0-9]{16}", is_indonesia },
	{ "Func_letterlock_iran_id", "[0-9]{3}-?[0-9]{6}-?[0-9]", is_iran },
	{ "Func_letterlock_korea_business", "[0-9]{3}-?[0-9]{2}-?[0-9]{5}",
	    is_korean_business },
	{ "Func_letterlock_korea_foreigner", KOREAN "[5-8][0-9]{6}",
	    is_korean_foreigner },
	{ "Func_letterlock_korea_passport", "[MSRODGmsrodg]"
	    "(?:[0-9]{8}|[0-9]{3}[A-Za-z][0-9]{4})", NULL },
	{ "Func_letterlock_malaysia_mykad",
	    "[0-9]{6}-?[0-9]{2}-?[0-9]{4}", is_malaysia },
	{ "Func_letterlock_saudi_id", "[12][0-9]{9}", is_saudi },
	{ "Func_letterlock_singapore_nric", "(?i:[STFGM][0-9]{7}[A-Z])",
	    is_singapore },
	{ "Func_south_korea_resident_number", KOREAN "[0-49][0-9]{6}",
	    is_korean_resident },
	{ "Func_taiwanese_national_id", "[A-Za-z][1289][0-9]{8}", is_taiwan },
	{ "Func_Thai_Citizen_Id", "[1-8][ -]?[0-9]{4}[ -]?[0-9]{5}[ -]?"
	    "[0-9]{2}[ -]?[0-9]", is_thailand },
};

const struct validator_table validators_asia = { rows, COUNT_OF(rows) };
