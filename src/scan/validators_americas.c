/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_americas: Canada and Latin America.
 */
#include "scan/checksum.h"
#include "scan/validators_tables.h"

/* 8 was never given to people; 0 is for tests and treaties. */
static bool
is_sin(struct str match)
{
	struct code c;

	return (checksum_digits(match, 9, 9, &c) && c.c[0] != '0' &&
	    c.c[0] != '8' && checksum_luhn(c.c, 9));
}

static bool
is_ontario_health(struct str match)
{
	struct code c;

	return (checksum_read(match, 10, 12, &c) &&
	    checksum_is_digits(&c, 0, 10) && c.c[0] != '0' &&
	    checksum_luhn(c.c, 10));
}

static bool
is_columbia_health(struct str match)
{
	struct code c;

	return (checksum_digits(match, 10, 10, &c) && c.c[0] == '9' &&
	    checksum_fits(c.c + 1, "2485A973", "--987654321"));
}

/* Letters of the name, then year, month (+50 for women) and day of birth. */
static bool
is_quebec_health(struct str match)
{
	struct code c;
	unsigned month;

	if (!checksum_read(match, 12, 12, &c) || !checksum_is_digits(&c, 4, 8))
		return (false);
	for (size_t i = 0; i < 4; i++)
		if (!ascii_is_alpha(c.c[i]))
			return (false);
	month = checksum_number(&c, 6, 2);
	return (checksum_is_date(2000 + checksum_number(&c, 4, 2),
	    month > 50 ? month - 50 : month, checksum_number(&c, 8, 2)));
}

static bool
is_canada_business(struct str match)
{
	struct code c;

	return (checksum_read(match, 9, 15, &c) &&
	    checksum_is_digits(&c, 0, 9) && checksum_luhn(c.c, 9) &&
	    !checksum_is_repeated(&c));
}

static bool
is_cpf(struct str match)
{
	struct code c;

	return (checksum_digits(match, 11, 11, &c) &&
	    !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "A98765432", "00987654321") &&
	    checksum_fits(c.c, "BA98765432", "00987654321"));
}

/* Since 2026 the first twelve may be letters, which count as their distance
 * from '0' in ASCII: seven more than in base 36. */
static bool
is_cnpj(struct str match)
{
	static const char weights[] = "6543298765432";
	struct code c;
	unsigned extra[2] = { 0, 0 };

	if (!checksum_read(match, 14, 14, &c) || checksum_is_repeated(&c) ||
	    !checksum_is_digits(&c, 12, 2))
		return (false);
	for (size_t i = 0; i < 12; i++) {
		if (ascii_is_digit(c.c[i]))
			continue;
		extra[0] += 7 * checksum_value(weights[i + 1]);
		extra[1] += 7 * checksum_value(weights[i]);
	}
	for (size_t i = 0; i < 2; i++)
		if (c.c[12 + i] != "00987654321"[(checksum_sum(c.c,
		    i == 0 ? weights + 1 : weights) + extra[i]) % 11])
			return (false);
	return (true);
}

/* The voter's title: serial, state, two check digits. */
static bool
is_brazil_voter(struct str match)
{
	struct code c;
	unsigned state, first, second;

	if (!checksum_digits(match, 12, 12, &c))
		return (false);
	state = checksum_number(&c, 8, 2);
	first = checksum_sum(c.c, "23456789") % 11 % 10;
	/* Sao Paulo and Minas Gerais count a remainder of nought as one. */
	if (state <= 2 && checksum_sum(c.c, "23456789") % 11 == 0)
		first = 1;
	second = (checksum_sum(c.c + 8, "78") + first * 9) % 11;
	if (state <= 2 && second == 0)
		second = 1;
	return (state >= 1 && state <= 28 &&
	    checksum_value(c.c[10]) == first &&
	    checksum_value(c.c[11]) == second % 10);
}

/* Birth date, sex, state and the check over an alphabet that has N-tilde. */
static bool
is_curp(struct str match)
{
	static const char states[] = "ASBCBSCCCLCMCSCHDFDGGTGRHGJCMCMNMSNTNL"
	    "OCPLQTQRSPSLSRTCTSTLVZYNZSNE";
	struct code c;
	unsigned sum = 0;
	bool known = false;

	if (!checksum_read(match, 18, 18, &c) ||
	    !checksum_is_digits(&c, 4, 6) || !checksum_is_digits(&c, 17, 1) ||
	    strchr("HMX", c.c[10]) == NULL)
		return (false);
	for (size_t i = 0; i + 1 < sizeof(states); i += 2)
		known = known || memcmp(states + i, c.c + 11, 2) == 0;
	for (unsigned i = 0; i < 17; i++) {
		unsigned v = checksum_value(c.c[i]);

		/* N-tilde stands between N (23) and O. */
		sum += (v > 23 ? v + 1 : v) * (18 - i);
	}
	return (known && checksum_is_date(2000 + checksum_number(&c, 4, 2),
	    checksum_number(&c, 6, 2), checksum_number(&c, 8, 2)) &&
	    checksum_value(c.c[17]) == (10 - sum % 10) % 10);
}

/* A tax number: three or four letters, a date, three more characters of which
 * the last checks the others. Names with & or N-tilde are not read. */
static bool
is_rfc(struct str match)
{
	struct code c;
	unsigned sum = 0;
	size_t shift;
	char check;

	if (!checksum_read(match, 11, 13, &c))
		return (false);
	shift = c.n == 12 ? 3 : 4;
	if (c.n == 11 || !checksum_is_digits(&c, shift, 6) ||
	    !checksum_is_date(2000 + checksum_number(&c, shift, 2),
	    checksum_number(&c, shift + 2, 2), checksum_number(&c,
	    shift + 4, 2)))
		return (false);
	/* A company's twelve count as thirteen with a blank (37) in front. */
	if (c.n == 12)
		sum = 37 * 13;
	for (unsigned i = 0; i + 1 < c.n; i++) {
		unsigned v = checksum_value(c.c[i]);

		/* & (24) stands between N and O. */
		sum += (v > 23 ? v + 1 : v) * (unsigned)(c.n - i);
	}
	check = "0A987654321"[sum % 11];
	return (c.c[c.n - 1] == check);
}

static bool
is_cuit(struct str match)
{
	static const uint8_t kinds[] = { 20, 23, 24, 25, 26, 27, 30, 33, 34,
	    50, 51, 55 };
	struct code c;

	return (checksum_digits(match, 11, 11, &c) &&
	    memchr(kinds, (int)checksum_number(&c, 0, 2), sizeof(kinds)) !=
	    NULL && checksum_fits(c.c, "5432765432", "09987654321"));
}

/* The weights run 2..7 from the right, again and again. */
static bool
is_rut(struct str match)
{
	static const char weights[] = "32765432";
	struct code c;

	return (checksum_read(match, 8, 9, &c) &&
	    checksum_is_digits(&c, 0, c.n - 1) && !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, weights + (9 - c.n), "0K987654321"));
}

static bool
is_colombia_tax(struct str match)
{
	/* Primes from the right: 3, 7, 13, 17, 19, 23, 29, 37, 41. */
	static const uint8_t primes[] = { 3, 7, 13, 17, 19, 23, 29, 37, 41,
	    43, 47, 53, 59, 67, 71 };
	struct code c;
	unsigned sum = 0;

	if (!checksum_digits(match, 8, 16, &c) || checksum_is_repeated(&c))
		return (false);
	for (size_t i = 0; i + 1 < c.n; i++)
		sum += checksum_value(c.c[c.n - 2 - i]) * primes[i];
	return (c.c[c.n - 1] == "01987654321"[sum % 11]);
}

static bool
is_peru_tax(struct str match)
{
	static const uint8_t kinds[] = { 10, 15, 17, 20 };
	struct code c;

	return (checksum_digits(match, 11, 11, &c) &&
	    memchr(kinds, (int)checksum_number(&c, 0, 2), sizeof(kinds)) !=
	    NULL && checksum_fits(c.c, "5432765432", "10987654321"));
}

static bool
is_ecuador(struct str match)
{
	struct code c;
	unsigned province;

	if (!checksum_digits(match, 10, 10, &c))
		return (false);
	province = checksum_number(&c, 0, 2);
	return (((province >= 1 && province <= 24) || province == 30 ||
	    province == 50) &&
	    c.c[2] < '7' && (checksum_sum_of_digits(c.c, "212121212") +
	    checksum_value(c.c[9])) % 10 == 0);
}

static bool
is_uruguay(struct str match)
{
	struct code c;

	return (checksum_digits(match, 8, 8, &c) && !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "2987634", "0987654321"));
}

static bool
is_dominican(struct str match)
{
	struct code c;

	return (checksum_digits(match, 11, 11, &c) &&
	    !checksum_is_repeated(&c) && checksum_luhn(c.c, 11));
}

#define CPF "[0-9]{3}\\.?[0-9]{3}\\.?[0-9]{3}-?[0-9]{2}"
#define SIN_WRITTEN "(?:[0-9]{3}-[0-9]{3}-[0-9]{3}|[0-9]{3} [0-9]{3} [0-9]{3})"
#define CUIT "[2-5][0-9][ -]?[0-9]{8}[ -]?[0-9]"

static const struct validator rows[] = {
	{ "Func_Argentina_Unique_Tax_Key", CUIT, is_cuit },
	{ "Func_brazil_cnpj", "[0-9A-Z]{2}\\.?[0-9A-Z]{3}\\.?[0-9A-Z]{3}/?"
	    "[0-9A-Z]{4}-?[0-9]{2}", is_cnpj },
	{ "Func_brazil_cpf", CPF, is_cpf },
	{ "Func_brazil_rg", "[0-9]{1,2}\\.?[0-9]{3}\\.?[0-9]{3}-?[0-9Xx]",
	    NULL },
	{ "Func_canadian_sin", SIN_WRITTEN, is_sin },
	{ "Func_chile_id_card", "(?:[0-9]{1,2}\\.[0-9]{3}\\.[0-9]{3}|"
	    "[0-9]{7,8})-?[0-9Kk]", is_rut },
	{ "Func_letterlock_argentina_dni",
	    "(?:[0-9]{1,2}\\.[0-9]{3}\\.[0-9]{3}|[0-9]{7,8})", NULL },
	{ "Func_letterlock_brazil_voter", "[0-9]{4} ?[0-9]{4} ?[0-9]{4}",
	    is_brazil_voter },
	{ "Func_letterlock_british_columbia_health",
	    "9[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}", is_columbia_health },
	{ "Func_letterlock_canada_business",
	    "[0-9]{9}(?: ?[A-Z]{2} ?[0-9]{4})?", is_canada_business },
	{ "Func_letterlock_colombia_nit",
	    "[0-9]{1,3}\\.?[0-9]{3}\\.?[0-9]{3}-?[0-9]", is_colombia_tax },
	{ "Func_letterlock_dominican_cedula", "[0-9]{3}-?[0-9]{7}-?[0-9]",
	    is_dominican },
	{ "Func_letterlock_ecuador_id", "[0-9]{9}-?[0-9]", is_ecuador },
	{ "Func_letterlock_mexico_rfc",
	    "[A-Za-z]{3,4}[ -]?[0-9]{6}[ -]?[A-Za-z0-9]{2}[0-9Aa]", is_rfc },
	{ "Func_letterlock_ontario_health",
	    "[1-9][0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}(?:[ -]?[A-Z]{1,2})?",
	    is_ontario_health },
	{ "Func_letterlock_peru_ruc", "[12][0-9]{10}", is_peru_tax },
	{ "Func_letterlock_quebec_health",
	    "[A-Za-z]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", is_quebec_health },
	{ "Func_letterlock_uruguay_ci", "[0-9]\\.?[0-9]{3}\\.?[0-9]{3}-?[0-9]",
	    is_uruguay },
	{ "Func_mexico_population_registry_code",
	    "(?i:[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[A-Z0-9][0-9])", is_curp },
	{ "Func_unformatted_canadian_sin", "[0-9]{9}", is_sin },
};

const struct validator_table validators_americas = { rows, COUNT_OF(rows) };
