/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_pacific: Australia, New Zealand, South Africa and the rest of
 * Africa.
 */
#include "scan/checksum.h"
#include "scan/validators_tables.h"

static bool
is_tfn(struct str match)
{
	struct code c;

	if (!checksum_digits(match, 8, 9, &c) || checksum_is_repeated(&c))
		return (false);
	return (checksum_sum(c.c, c.n == 9 ? "14375869A" : "A7846351") % 11 ==
	    0);
}

/* The first digit counts one less, and weighs ten. */
static bool
is_abn(struct str match)
{
	struct code c;

	return (checksum_digits(match, 11, 11, &c) && c.c[0] != '0' &&
	    !checksum_is_repeated(&c) &&
	    (checksum_sum(c.c, "A13579BDFHJ") + 79) % 89 == 0);
}

static bool
is_acn(struct str match)
{
	struct code c;

	return (checksum_digits(match, 9, 9, &c) && !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "87654321", "0987654321"));
}

/* Card number, check digit, issue, and perhaps the person on the card. */
static bool
is_medicare(struct str match)
{
	struct code c;

	return (checksum_digits(match, 10, 11, &c) && c.c[0] >= '2' &&
	    c.c[0] <= '6' && c.c[9] != '0' &&
	    checksum_fits(c.c, "13791379", "0123456789"));
}

static bool
is_ird(struct str match)
{
	struct code c;
	char nine[10] = "0";
	unsigned n, r;

	if (!checksum_digits(match, 8, 9, &c))
		return (false);
	n = checksum_number(&c, 0, c.n);
	if (n < 10000000 || n > 150000000)
		return (false);
	memcpy(nine + (9 - c.n), c.c, c.n);
	r = checksum_sum(nine, "32765432") % 11;
	/* Ten has no digit: the second weights decide then. */
	if (r == 1)
		r = checksum_sum(nine, "74325276") % 11;
	return (r != 1 && nine[8] == "0-987654321"[r]);
}

/* Three letters (never I or O), then four digits checked by 11 or, since
 * 2022, two digits and two letters checked by 23. */
static bool
is_nhi(struct str match)
{
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ";
	struct code c;
	unsigned sum = 0;

	if (!checksum_read(match, 7, 7, &c))
		return (false);
	for (unsigned i = 0; i < 6; i++) {
		const char *letter = strchr(letters, c.c[i]);
		unsigned v = checksum_value(c.c[i]);

		if ((i < 3 || v > 9) && letter == NULL)
			return (false);
		if (letter != NULL)
			v = (unsigned)(letter - letters) + 1;
		sum += v * (7 - i);
	}
	if (checksum_is_digits(&c, 3, 4))
		return (sum % 11 != 0 && (11 - sum % 11) % 10 ==
		    checksum_value(c.c[6]));
	return (c.c[6] == letters[22 - sum % 23]);
}

/* The bank says how its account is weighted. Most use one of two schemes, by
 * the size of the number; one its own; those of few customers are taken
 * unchecked. */
static bool
is_nz_account(struct str match)
{
	static const uint8_t unchecked[] = { 9, 25, 26, 28, 29, 31, 33 };
	struct code c;
	char whole[18];
	unsigned bank, branch;
	bool is_high;

	if (!checksum_digits(match, 15, 16, &c))
		return (false);
	/* Bank 2, branch 4, account 7 (as 8), suffix 2 or 3 (as 4). */
	memcpy(whole, c.c, 6);
	whole[6] = '0';
	memcpy(whole + 7, c.c + 6, 7);
	whole[14] = '\0';
	bank = checksum_number(&c, 0, 2);
	branch = checksum_number(&c, 2, 4);
	is_high = checksum_number(&c, 6, 7) >= 990000;
	if (bank < 1 || (bank > 38 && bank != 88) || branch == 0)
		return (false);
	if (bank == 8)
		return (checksum_sum(whole + 6, "07654321") % 11 == 0);
	if (memchr(unchecked, (int)bank, sizeof(unchecked)) != NULL)
		return (true);
	return (checksum_sum(whole, is_high ? "00000000A58421" :
	    "00637900A58421") % 11 == 0);
}

static bool
is_south_africa(struct str match)
{
	struct code c;

	return (checksum_digits(match, 13, 13, &c) && checksum_is_date(2000 +
	    checksum_number(&c, 0, 2), checksum_number(&c, 2, 2),
	    checksum_number(&c, 4, 2)) && c.c[10] <= '2' &&
	    checksum_luhn(c.c, 13));
}

#define THREE "[0-9]{3}"

static const struct validator rows[] = {
	{ "Func_australian_business_number", "[1-9][0-9] ?" THREE " ?" THREE
	    " ?" THREE, is_abn },
	{ "Func_Australian_Company_Number", THREE " ?" THREE " ?" THREE,
	    is_acn },
	{ "Func_australian_medical_account_number",
	    "[2-6][0-9]{3}[ -]?[0-9]{5}[ -]?[0-9](?:[ /-]?[0-9])?",
	    is_medicare },
	{ "Func_australian_tax_file_number", "(?:" THREE "[ -]?" THREE "[ -]?"
	    THREE "|" THREE " " THREE " [0-9]{2}|[0-9]{8})", is_tfn },
	{ "Func_letterlock_australia_passport", "[A-Za-z]{1,2}[0-9]{7}", NULL },
	{ "Func_new_zealand_bank_account_number",
	    "[0-9]{2}[ -]?[0-9]{4}[ -]?[0-9]{7}[ -]?[0-9]{2,3}",
	    is_nz_account },
	{ "Func_new_zealand_inland_revenue_number",
	    "[0-9]{2,3}[ -]?[0-9]{3}[ -]?[0-9]{3}", is_ird },
	{ "Func_new_zealand_ministry_of_health_number",
	    "(?i:[A-HJ-NP-Z]{3} ?[0-9]{2}(?:[0-9]{2}|[A-HJ-NP-Z]{2}))",
	    is_nhi },
	{ "Func_newzealand_driver_license_number", "[A-Za-z]{2}[0-9]{6}",
	    NULL },
	{ "Func_newzealand_social_welfare_number", THREE "[ -]?" THREE "[ -]?"
	    THREE, NULL },
	{ "Func_south_africa_identification_number",
	    "[0-9]{6} ?[0-9]{4} ?[0-2][0-9] ?[0-9]", is_south_africa },
};

const struct validator_table validators_pacific = { rows, COUNT_OF(rows) };
