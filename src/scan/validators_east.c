/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_east: Poland, Czechia, Slovakia, Hungary, Romania, Bulgaria,
 * Slovenia, Croatia, Serbia, Ukraine and Russia.
 */
#include "scan/checksum.h"
#include "scan/validators_tables.h"

/* The century is part of the month: +20 is 2000, +40 2100, +80 1800. */
static bool
is_pesel(struct str match)
{
	static const uint16_t centuries[] = { 1900, 2000, 2100, 2200, 1800 };
	struct code c;
	unsigned month;

	if (!checksum_digits(match, 11, 11, &c))
		return (false);
	month = checksum_number(&c, 2, 2);
	return (checksum_is_date(centuries[month / 20] +
	    checksum_number(&c, 0, 2), month % 20, checksum_number(&c, 4, 2))
	    && checksum_fits(c.c, "1379137913", "0987654321"));
}

static bool
is_nip(struct str match)
{
	struct code c;

	return (checksum_digits(match, 10, 10, &c) &&
	    !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "657234567", "0123456789-"));
}

static bool
is_polish_tax(struct str match)
{
	return (is_pesel(match) || is_nip(match));
}

/* Identity card: the first digit checks, so it weighs nine (minus one). */
static bool
is_polish_card(struct str match)
{
	struct code c;

	return (checksum_read(match, 9, 9, &c) &&
	    checksum_is_digits(&c, 3, 6) && !checksum_is_digits(&c, 0, 1) &&
	    !checksum_is_digits(&c, 1, 1) && !checksum_is_digits(&c, 2, 1) &&
	    checksum_sum(c.c, "731973173") % 10 == 0);
}

static bool
is_polish_passport(struct str match)
{
	struct code c;

	return (checksum_read(match, 9, 9, &c) &&
	    checksum_is_digits(&c, 2, 7) && !checksum_is_digits(&c, 0, 1) &&
	    !checksum_is_digits(&c, 1, 1) &&
	    checksum_sum(c.c, "739173173") % 10 == 0);
}

static bool
is_regon(struct str match)
{
	struct code c;

	return (checksum_digits(match, 9, 14, &c) &&
	    (c.n == 9 || c.n == 14) && !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "89234567", "01234567890") && (c.n == 9 ||
	    checksum_fits(c.c, "2485097361248", "01234567890")));
}

/* Women's months count 50 more, and from 2004 on both may count 20 more. Nine
 * digits were given until 1953; a remainder of ten was written 0 until 1985. */
static bool
is_czech(struct str match)
{
	struct code c;
	unsigned year, month, r;

	if (!checksum_digits(match, 9, 10, &c))
		return (false);
	month = checksum_number(&c, 2, 2) % 50;
	year = 1900 + checksum_number(&c, 0, 2);
	if (c.n == 9)
		return (year <= 1953 && checksum_is_date(year, month,
		    checksum_number(&c, 4, 2)));
	if (year < 1954)
		year += 100;
	if (year > 2003 && month > 20)
		month -= 20;
	r = checksum_mod(c.c, 9, 11);
	return (checksum_is_date(year, month, checksum_number(&c, 4, 2)) &&
	    (r == 10 && year < 1985 ? 0 : r) == checksum_value(c.c[9]));
}

/* Sex and century, birth date, serial; who was born until 1996 is weighted
 * from the left, who came later from the right. */
static bool
is_hungary(struct str match)
{
	struct code c;
	bool is_late;
	unsigned year;

	if (!checksum_digits(match, 11, 11, &c) || c.c[0] == '0' ||
	    c.c[0] == '9')
		return (false);
	year = checksum_number(&c, 1, 2);
	is_late = c.c[0] == '3' || c.c[0] == '4' ||
	    ((c.c[0] == '1' || c.c[0] == '2') && year > 96);
	return (checksum_is_date(2000 + year, checksum_number(&c, 3, 2),
	    checksum_number(&c, 5, 2)) && checksum_fits(c.c,
	    is_late ? "A987654321" : "123456789A", "0123456789-"));
}

static bool
is_hungary_social(struct str match)
{
	struct code c;

	return (checksum_digits(match, 9, 9, &c) && !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "37373737", "0123456789"));
}

static bool
is_hungary_tax(struct str match)
{
	struct code c;

	return (checksum_digits(match, 10, 10, &c) && c.c[0] == '8' &&
	    checksum_fits(c.c, "123456789", "0123456789-"));
}

/* Sex and century, birth date, county, serial, check. */
static bool
is_romania(struct str match)
{
	static const uint16_t centuries[10] = { 0, 1900, 1900, 1800, 1800,
	    2000, 2000, 2000, 2000, 2000 };
	struct code c;
	unsigned county;

	if (!checksum_digits(match, 13, 13, &c) || c.c[0] == '0')
		return (false);
	county = checksum_number(&c, 7, 2);
	return (checksum_is_date(centuries[checksum_value(c.c[0])] +
	    checksum_number(&c, 1, 2), checksum_number(&c, 3, 2),
	    checksum_number(&c, 5, 2)) && ((county >= 1 && county <= 48) ||
	    county == 51 || county == 52 || county == 70 ||
	    (county >= 80 && county <= 83)) &&
	    checksum_fits(c.c, "279146358279", "01234567891"));
}

static bool
is_bulgaria(struct str match)
{
	static const uint16_t centuries[] = { 1900, 1800, 2000 };
	struct code c;
	unsigned month;

	if (!checksum_digits(match, 10, 10, &c))
		return (false);
	month = checksum_number(&c, 2, 2);
	return (month < 60 && checksum_is_date(centuries[month / 20] +
	    checksum_number(&c, 0, 2), month % 20, checksum_number(&c, 4, 2))
	    && checksum_fits(c.c, "2485A9736", "01234567890"));
}

/* The number of all of former Yugoslavia; three digits of the year. */
static bool
is_yugoslav(struct str match)
{
	struct code c;
	unsigned year;

	if (!checksum_digits(match, 13, 13, &c))
		return (false);
	year = checksum_number(&c, 4, 3);
	return ((year < 100 || year >= 850) &&
	    checksum_is_date(year < 100 ? 2000 + year : 1000 + year,
	    checksum_number(&c, 2, 2), checksum_number(&c, 0, 2)) &&
	    checksum_fits(c.c, "765432765432", "00987654321"));
}

static bool
is_slovenia_tax(struct str match)
{
	struct code c;

	return (checksum_digits(match, 8, 8, &c) && c.c[0] != '0' &&
	    !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "8765432", "-0987654321"));
}

static bool
is_oib(struct str match)
{
	struct code c;

	return (checksum_digits(match, 11, 11, &c) &&
	    !checksum_is_repeated(&c) &&
	    checksum_iso7064_hybrid(c.c, 11, 10));
}

/* Ten digits for companies, twelve for people. */
static bool
is_inn(struct str match)
{
	struct code c;

	if (!checksum_digits(match, 10, 12, &c) || checksum_is_repeated(&c))
		return (false);
	if (c.n == 10)
		return (checksum_fits(c.c, "24A359468", "01234567890"));
	return (c.n == 12 &&
	    checksum_fits(c.c, "724A359468", "01234567890") &&
	    checksum_fits(c.c, "3724A359468", "01234567890"));
}

static bool
is_snils(struct str match)
{
	struct code c;

	return (checksum_digits(match, 11, 11, &c) &&
	    !checksum_is_repeated(&c) &&
	    checksum_sum(c.c, "987654321") % 101 % 100 ==
	    checksum_number(&c, 9, 2));
}

static bool
is_ukraine_tax(struct str match)
{
	struct code c;

	/* The first weight is minus one, which by eleven is ten. */
	return (checksum_digits(match, 10, 10, &c) &&
	    !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "A57946A57", "01234567890"));
}

#define PESEL "[0-9]{2}[0-9]{2}[0-3][0-9]{6}"
#define JMBG "(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[09][0-9]{8}"
#define RC "[0-9]{2}(?:[0156][0-9]|[278][0-9]|3[0-2])[0-3][0-9]/?[0-9]{3,4}"

static const struct validator rows[] = {
	{ "Func_bulgaria_eu_national_id_card",
	    "[0-9]{2}[0-5][0-9][0-3][0-9]{5}", is_bulgaria },
	{ "Func_croatia_id_card", "[0-9]{9}", NULL },
	{ "Func_croatia_oib_number", "(?:HR)?[0-9]{11}", is_oib },
	{ "Func_czech_id_card", RC, is_czech },
	{ "Func_czech_id_card_new_format", RC, is_czech },
	{ "Func_hungary_eu_national_id_card",
	    "[1-8][ -]?[0-9]{2}[01][0-9][0-3][0-9][ -]?[0-9]{4}", is_hungary },
	{ "Func_hungary_eu_ssn_or_equivalent",
	    "[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}", is_hungary_social },
	{ "Func_hungary_eu_tax_file_number", "8[0-9]{9}", is_hungary_tax },
	{ "Func_letterlock_russia_inn", "(?:[0-9]{12}|[0-9]{10})", is_inn },
	{ "Func_letterlock_russia_snils",
	    "[0-9]{3}-?[0-9]{3}-?[0-9]{3}[ -]?[0-9]{2}", is_snils },
	{ "Func_letterlock_serbia_jmbg", JMBG, is_yugoslav },
	{ "Func_letterlock_ukraine_tax", "[0-9]{10}", is_ukraine_tax },
	{ "Func_pesel_identification_number", PESEL, is_pesel },
	{ "Func_poland_eu_tax_file_number", "(?:[0-9]{3}[ -]?[0-9]{3}[ -]?"
	    "[0-9]{2}[ -]?[0-9]{2}|[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}[ -]?"
	    "[0-9]{3}|[0-9]{11})", is_polish_tax },
	{ "Func_polish_national_id", "[A-Za-z]{3} ?[0-9]{6}", is_polish_card },
	{ "Func_polish_passport_number", "[A-Za-z]{2} ?[0-9]{7}",
	    is_polish_passport },
	{ "Func_polish_regon_number", "(?:[0-9]{14}|[0-9]{9})", is_regon },
	{ "Func_romania_eu_national_id_card",
	    "[1-9][0-9]{2}[01][0-9][0-3][0-9]{7}", is_romania },
	{ "Func_slovakia_eu_national_id_card", RC, is_czech },
	{ "Func_slovenia_eu_national_id_card", JMBG, is_yugoslav },
	{ "Func_slovenia_eu_tax_file_number", "[1-9][0-9]{7}",
	    is_slovenia_tax },
};

const struct validator_table validators_east = { rows, COUNT_OF(rows) };
