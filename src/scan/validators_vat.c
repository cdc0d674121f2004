/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_vat: value added tax numbers of Europe, by country.
 *
 * Each country's number is checked on the characters behind its two letters.
 * Standards: the algorithms the member states gave to the Commission's VIES.
 */
#include "scan/checksum.h"
#include "scan/validators_tables.h"

/* Do the first characters, weighted, give a multiple of m? */
static bool
is_multiple(const char *c, const char *weights, unsigned m)
{
	return (checksum_sum(c, weights) % m == 0);
}

static bool
is_at(const struct code *c)
{
	unsigned sum = checksum_sum_of_digits(c->c + 1, "1212121") + 4;

	return (c->c[0] == 'U' && checksum_is_digits(c, 1, 8) &&
	    checksum_value(c->c[8]) == (100 - sum) % 10);
}

static bool
is_be(const struct code *c)
{
	/* Until 2007 they were written without the zero in front. */
	return (checksum_is_digits(c, 0, c->n) &&
	    (c->n == 9 || c->c[0] < '2') && checksum_mod(c->c, c->n - 2, 97) +
	    checksum_number(c, c->n - 2, 2) == 97);
}

/* Companies have nine digits; people their own ten-digit number. */
static bool
is_bg(const struct code *c)
{
	unsigned sum = checksum_sum(c->c, "12345678") % 11;

	if (!checksum_is_digits(c, 0, c->n))
		return (false);
	if (c->n == 10)
		return (checksum_fits(c->c, "2485A9736", "01234567890") ||
		    checksum_fits(c->c, "LJHDB9731", "0123456789") ||
		    checksum_fits(c->c, "432765432", "0-987654321"));
	if (sum == 10)
		sum = checksum_sum(c->c, "3456789A") % 11 % 10;
	return (sum == checksum_value(c->c[8]));
}

static bool
is_cy(const struct code *c)
{
	/* What the digit in an odd place counts; a letter names the sum. */
	static const char odd[] = "10579DFHJL";
	unsigned sum = 0;

	if (!checksum_is_digits(c, 0, 8) || memcmp(c->c, "12", 2) == 0)
		return (false);
	for (size_t i = 0; i < 8; i++)
		sum += checksum_value(i % 2 == 1 ? c->c[i] :
		    odd[checksum_value(c->c[i])]);
	return ((unsigned)(c->c[8] - 'A') == sum % 26);
}

/* A person's in Czechia and Slovakia: nine digits (before 1954, without a
 * check) or ten. */
static bool
is_birth_number(const struct code *c)
{
	unsigned month = checksum_number(c, 2, 2) % 50 % 20;
	unsigned day = checksum_number(c, 4, 2);

	return (month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
	    (c->n == 9 || checksum_mod(c->c, 9, 11) % 10 ==
	    checksum_value(c->c[9])));
}

static bool
is_cz(const struct code *c)
{
	if (!checksum_is_digits(c, 0, c->n))
		return (false);
	if (c->n == 8)
		return (c->c[0] != '9' && checksum_fits(c->c, "8765432",
		    "10987654321"));
	if (c->n == 9 && c->c[0] == '6')
		return (checksum_fits(c->c + 1, "8765432", "89012345678"));
	return (is_birth_number(c));
}

static bool
is_de(const struct code *c)
{
	return (c->c[0] != '0' && checksum_is_digits(c, 0, 9) &&
	    checksum_iso7064_hybrid(c->c, 9, 10));
}

static bool
is_dk(const struct code *c)
{
	return (checksum_is_digits(c, 0, 8) && c->c[0] != '0' &&
	    is_multiple(c->c, "27654321", 11));
}

static bool
is_ee(const struct code *c)
{
	return (checksum_is_digits(c, 0, 9) &&
	    is_multiple(c->c, "371371371", 10));
}

/* Weights are powers of two, larger than a base-36 weight can be. */
static bool
is_el(const struct code *c)
{
	unsigned sum = 0;

	if (!checksum_is_digits(c, 0, 9))
		return (false);
	for (size_t i = 0; i < 8; i++)
		sum = sum * 2 + checksum_value(c->c[i]);
	return (sum * 2 % 11 % 10 == checksum_value(c->c[8]));
}

/* People: a number and its letter. Companies: a letter, seven digits and a
 * check that is a digit or a letter by the kind of company. */
static bool
is_es(const struct code *c)
{
	static const char people[] = "TRWAGMYFPDXBNJZSQVHLCKE";
	const char *kind = strchr("XYZ", c->c[0]);
	struct code own = *c;
	unsigned check;

	if (kind != NULL)
		own.c[0] = (char)('0' + (kind - "XYZ"));
	if (strchr("KLM", c->c[0]) != NULL)
		own.c[0] = '0';
	if (checksum_is_digits(&own, 0, 8))
		return (c->c[8] == people[checksum_number(&own, 0, 8) % 23]);
	if (strchr("ABCDEFGHJNPQRSUVW", c->c[0]) == NULL ||
	    !checksum_is_digits(c, 1, 7))
		return (false);
	check = (100 - checksum_sum_of_digits(c->c + 1, "2121212")) % 10;
	return ((c->c[8] == "JABCDEFGHI"[check] &&
	    strchr("ABEH", c->c[0]) == NULL) ||
	    (checksum_value(c->c[8]) == check &&
	    strchr("PQSW", c->c[0]) == NULL));
}

static bool
is_fi(const struct code *c)
{
	return (checksum_is_digits(c, 0, 8) &&
	    is_multiple(c->c, "79A58421", 11));
}

/* The key in front is two digits, or has letters (never I or O). */
static bool
is_fr(const struct code *c)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	const char *a = strchr(alphabet, c->c[0]);
	const char *b = strchr(alphabet, c->c[1]);
	unsigned first, second, key;

	if (!checksum_is_digits(c, 2, 9) || a == NULL || b == NULL)
		return (false);
	if (checksum_is_digits(c, 0, 2))
		/* Monaco's begin with zeros and have no check of their own. */
		return ((memcmp(c->c + 2, "000", 3) == 0 ||
		    checksum_luhn(c->c + 2, 9)) &&
		    (checksum_mod(c->c + 2, 9, 97) * 3 + 12) % 97 ==
		    checksum_number(c, 0, 2));
	first = (unsigned)(a - alphabet);
	second = (unsigned)(b - alphabet);
	key = first < 10 ? first * 24 + second - 10 :
	    first * 34 + second - 100;
	return ((checksum_number(c, 2, 9) + 1 + key / 11) % 11 == key % 11);
}

static bool
is_gb(const struct code *c)
{
	unsigned sum;

	if (c->n == 5)
		return (checksum_is_digits(c, 2, 3) &&
		    ((memcmp(c->c, "GD", 2) == 0 && c->c[2] < '5') ||
		    (memcmp(c->c, "HA", 2) == 0 && c->c[2] >= '5')));
	if (!checksum_is_digits(c, 0, c->n) || (c->n != 9 && c->n != 12))
		return (false);
	sum = checksum_sum(c->c, "8765432A1") % 97;
	return (sum == 0 || (sum == 42 && c->c[0] != '0'));
}

static bool
is_hr(const struct code *c)
{
	return (checksum_is_digits(c, 0, 11) &&
	    checksum_iso7064_hybrid(c->c, 11, 10));
}

static bool
is_hu(const struct code *c)
{
	return (checksum_is_digits(c, 0, 8) &&
	    is_multiple(c->c, "97319731", 10) && c->c[0] != '0');
}

/* Seven digits, a letter that checks them, perhaps a letter that counts too;
 * before 2013 the second place could be a letter. */
static bool
is_ie(const struct code *c)
{
	static const char checks[] = "WABCDEFGHIJKLMNOPQRSTUV";
	struct code own = *c;
	unsigned sum, extra = 0;

	if (checksum_is_digits(c, 0, 7)) {
		if (c->n == 9 && c->c[8] >= 'A' && c->c[8] <= 'I')
			extra = (unsigned)(c->c[8] - 'A' + 1);
		else if (c->n == 9 && c->c[8] != 'W')
			return (false);
		sum = checksum_sum(c->c, "8765432") + 9 * extra;
		return (c->c[7] == checks[sum % 23]);
	}
	if (c->n != 8 || !checksum_is_digits(c, 0, 1) ||
	    !checksum_is_digits(c, 2, 5))
		return (false);
	memcpy(own.c + 1, c->c + 2, 5);
	own.c[0] = '0';
	own.c[6] = c->c[0];
	return (c->c[7] == checks[checksum_sum(own.c, "8765432") % 23]);
}

/* Digits 8 to 10 are the office: a province, or one for all of Italy. */
static bool
is_it(const struct code *c)
{
	unsigned office = checksum_number(c, 7, 3);

	return (checksum_is_digits(c, 0, 11) && checksum_luhn(c->c, 11) &&
	    checksum_number(c, 0, 7) != 0 && ((office >= 1 && office <= 100) ||
	    office == 120 || office == 121 || office == 888 || office == 999));
}

static bool
is_lt(const struct code *c)
{
	size_t last = c->n - 1;
	unsigned sum;

	if (!checksum_is_digits(c, 0, c->n) || (c->n != 9 && c->n != 12) ||
	    c->c[last - 1] != '1')
		return (false);
	sum = checksum_sum(c->c, last == 8 ? "12345678" : "12345678912") % 11;
	if (sum == 10)
		sum = checksum_sum(c->c, last == 8 ? "34567891" :
		    "34567891234") % 11 % 10;
	return (sum == checksum_value(c->c[last]));
}

static bool
is_lu(const struct code *c)
{
	return (checksum_is_digits(c, 0, 8) &&
	    checksum_number(c, 0, 6) % 89 == checksum_number(c, 6, 2));
}

/* Companies begin with 4 or more; people use their personal code. */
static bool
is_lv(const struct code *c)
{
	if (!checksum_is_digits(c, 0, 11))
		return (false);
	if (c->c[0] > '3')
		return (checksum_sum(c->c, "91483A25761") % 11 == 3);
	return ((checksum_number(c, 0, 2) == 32 || checksum_is_date(2000 +
	    checksum_number(c, 4, 2), checksum_number(c, 2, 2),
	    checksum_number(c, 0, 2))) &&
	    checksum_fits(c->c, "A584216379", "12345678900"));
}

static bool
is_mt(const struct code *c)
{
	return (checksum_is_digits(c, 0, 8) && c->c[0] != '0' &&
	    is_multiple(c->c, "346789A1", 37));
}

/* Either the 11-test of the first nine, or 97 over everything. */
static bool
is_nl(const struct code *c)
{
	char whole[CODE_MAX + 3] = "NL";

	if (!checksum_is_digits(c, 0, 9) || c->c[9] != 'B' ||
	    !checksum_is_digits(c, 10, 2) || checksum_number(c, 10, 2) == 0)
		return (false);
	memcpy(whole + 2, c->c, 12);
	return (checksum_sum(c->c, "98765432") % 11 ==
	    checksum_value(c->c[8]) || checksum_mod(whole, 14, 97) == 1);
}

static bool
is_pl(const struct code *c)
{
	return (checksum_is_digits(c, 0, 10) && !checksum_is_repeated(c) &&
	    checksum_fits(c->c, "657234567", "0123456789-"));
}

static bool
is_pt(const struct code *c)
{
	return (checksum_is_digits(c, 0, 9) && c->c[0] != '0' &&
	    checksum_fits(c->c, "98765432", "00987654321"));
}

/* Two to ten digits, weighted from the right. */
static bool
is_ro(const struct code *c)
{
	static const char weights[] = "753217532";

	return (checksum_is_digits(c, 0, c->n) && c->c[0] != '0' &&
	    checksum_sum(c->c, weights + 10 - c->n) * 10 % 11 % 10 ==
	    checksum_value(c->c[c->n - 1]));
}

static bool
is_se(const struct code *c)
{
	return (checksum_is_digits(c, 0, 12) && checksum_luhn(c->c, 10) &&
	    checksum_number(c, 10, 2) >= 1);
}

static bool
is_si(const struct code *c)
{
	return (checksum_is_digits(c, 0, 8) && c->c[0] != '0' &&
	    checksum_fits(c->c, "8765432", "-0987654321"));
}

/* A company's third digit is its kind; people use their birth number. */
static bool
is_sk(const struct code *c)
{
	return (checksum_is_digits(c, 0, 10) && (is_birth_number(c) ||
	    (c->c[0] != '0' && strchr("234789", c->c[2]) != NULL &&
	    checksum_mod(c->c, 10, 11) == 0)));
}

static const struct country {
	char code[3];
	uint8_t min, max;	/* characters behind the code */
	bool (*is_valid)(const struct code *c);
} vat_countries[] = {
	{ "AT", 9, 9, is_at }, { "BE", 9, 10, is_be }, { "BG", 9, 10, is_bg },
	{ "CY", 9, 9, is_cy }, { "CZ", 8, 10, is_cz }, { "DE", 9, 9, is_de },
	{ "DK", 8, 8, is_dk }, { "EE", 9, 9, is_ee }, { "EL", 9, 9, is_el },
	{ "ES", 9, 9, is_es }, { "FI", 8, 8, is_fi }, { "FR", 11, 11, is_fr },
	{ "GB", 5, 12, is_gb }, { "GR", 9, 9, is_el },
	{ "HR", 11, 11, is_hr }, { "HU", 8, 8, is_hu }, { "IE", 8, 9, is_ie },
	{ "IT", 11, 11, is_it }, { "LT", 9, 12, is_lt }, { "LU", 8, 8, is_lu },
	{ "LV", 11, 11, is_lv }, { "MT", 8, 8, is_mt }, { "NL", 12, 12, is_nl },
	{ "PL", 10, 10, is_pl }, { "PT", 9, 9, is_pt }, { "RO", 2, 10, is_ro },
	{ "SE", 12, 12, is_se }, { "SI", 8, 8, is_si }, { "SK", 10, 10, is_sk },
	{ "XI", 5, 12, is_gb },
};

/* The number of one country, with or without its letters in front. */
static bool
is_vat_of(struct str match, const char *code, bool needs_code)
{
	struct code c, own = { .n = 0 };
	size_t at = 0;

	if (!checksum_read(match, 4, 16, &c))
		return (false);
	if (code == NULL || memcmp(c.c, code, 2) == 0)
		at = 2;
	else if (needs_code)
		return (false);
	own.n = c.n - at;
	memcpy(own.c, c.c + at, own.n + 1);
	for (size_t i = 0; i < COUNT_OF(vat_countries); i++) {
		const struct country *k = &vat_countries[i];

		if (memcmp(k->code, code != NULL ? code : c.c, 2) == 0)
			return (own.n >= k->min && own.n <= k->max &&
			    !checksum_is_repeated(&own) && k->is_valid(&own));
	}
	return (false);
}

static bool
is_eu_vat(struct str match)
{
	return (is_vat_of(match, NULL, true));
}

static bool
is_austria_vat(struct str match)
{
	return (is_vat_of(match, "AT", false));
}

static bool
is_belgium_vat(struct str match)
{
	return (is_vat_of(match, "BE", false));
}

static bool
is_france_vat(struct str match)
{
	return (is_vat_of(match, "FR", true));
}

static bool
is_germany_vat(struct str match)
{
	return (is_vat_of(match, "DE", true));
}

static bool
is_hungary_vat(struct str match)
{
	return (is_vat_of(match, "HU", true));
}

static bool
is_italy_vat(struct str match)
{
	return (is_vat_of(match, "IT", false));
}

static bool
is_netherlands_vat(struct str match)
{
	return (is_vat_of(match, "NL", true));
}

static bool
is_spain_nif(struct str match)
{
	return (is_vat_of(match, "ES", false));
}

#define SEP "[ .-]?"
#define THREE "[0-9]{3}"

static const struct validator rows[] = {
	{ "Func_Austria_Value_Added_Tax", "(?i:(?:AT" SEP ")?U" SEP "[0-9]{2}"
	    SEP THREE SEP THREE ")", is_austria_vat },
	{ "Func_belgium_value_added_tax_number", "(?i:(?:BE" SEP ")?[01]" THREE
	    SEP THREE SEP THREE ")", is_belgium_vat },
	{ "Func_france_value_added_tax_number", "(?i:FR" SEP "[0-9A-Z]{2}" SEP
	    THREE SEP THREE SEP THREE ")", is_france_vat },
	{ "Func_germany_value_added_tax_number", "(?i:DE" SEP THREE SEP THREE
	    SEP THREE ")", is_germany_vat },
	{ "Func_hungarian_value_added_tax_number", "(?i:HU" SEP "[0-9]{8})",
	    is_hungary_vat },
	{ "Func_italy_value_added_tax_number", "(?i:(?:IT" SEP ")?[0-9]{11})",
	    is_italy_vat },
	/* Capitals only: "it", "be" and "at" begin words everywhere. */
	{ "Func_letterlock_eu_vat", "(?:AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|"
	    "FR|GB|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI)"
	    "[ -]{0,2}[0-9A-Z]{1,12}(?:[ .-][0-9][0-9A-Z]+){0,3}"
	    "(?:[ .-]B[0-9]{2})?", is_eu_vat },
	{ "Func_netherlands_value_added_tax_number", "(?i:NL" SEP THREE SEP
	    THREE SEP THREE SEP "B" SEP "[0-9]{2})", is_netherlands_vat },
	{ "Func_spain_eu_tax_file_number", "(?i:[0-9A-HJ-NP-SUVWXYZ][ -]?"
	    "[0-9]{7}[ -]?[0-9A-Z])", is_spain_nif },
};

const struct validator_table validators_vat = { rows, COUNT_OF(rows) };
