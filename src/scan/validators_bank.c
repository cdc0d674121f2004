/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_bank: account and bank numbers, securities, legal entities.
 *
 * Standards: ISO 13616 (IBAN; lengths from its registry), ISO 9362 (BIC),
 * ISO 6166 (ISIN), ISO 17442 (LEI).
 */
#include "scan/checksum.h"
#include "scan/validators_tables.h"

#define IBAN_GROUP 4u		/* characters, as IBANs are written */
#define IBAN_MAX_GROUPS 9u	/* of the longest */

/* Length of a country's IBAN. */
static const struct iban_country {
	char code[3];
	uint8_t n;
} iban_countries[] = {
	{ "AD", 24 }, { "AE", 23 }, { "AL", 28 }, { "AO", 25 }, { "AT", 20 },
	{ "AZ", 28 }, { "BF", 28 }, { "BJ", 28 }, { "CF", 27 }, { "CG", 27 },
	{ "CI", 28 }, { "CM", 27 }, { "CV", 25 }, { "DZ", 26 }, { "GA", 27 },
	{ "GQ", 27 }, { "GW", 25 }, { "IR", 26 }, { "KM", 27 }, { "MA", 28 },
	{ "MG", 27 }, { "ML", 28 }, { "MZ", 25 }, { "NE", 28 }, { "SN", 28 },
	{ "TD", 27 }, { "TG", 28 },
	{ "BA", 20 }, { "BE", 16 }, { "BG", 22 }, { "BH", 22 }, { "BI", 27 },
	{ "BR", 29 }, { "BY", 28 }, { "CH", 21 }, { "CR", 22 }, { "CY", 28 },
	{ "CZ", 24 }, { "DE", 22 }, { "DJ", 27 }, { "DK", 18 }, { "DO", 28 },
	{ "EE", 20 }, { "EG", 29 }, { "ES", 24 }, { "FI", 18 }, { "FK", 18 },
	{ "FO", 18 }, { "FR", 27 }, { "GB", 22 }, { "GE", 22 }, { "GI", 23 },
	{ "GL", 18 }, { "GR", 27 }, { "GT", 28 }, { "HN", 28 }, { "HR", 21 },
	{ "HU", 28 }, { "IE", 22 }, { "IL", 23 }, { "IQ", 23 }, { "IS", 26 },
	{ "IT", 27 }, { "JO", 30 }, { "KW", 30 }, { "KZ", 20 }, { "LB", 28 },
	{ "LC", 32 }, { "LI", 21 }, { "LT", 20 }, { "LU", 20 }, { "LV", 21 },
	{ "LY", 25 }, { "MC", 27 }, { "MD", 24 }, { "ME", 22 }, { "MK", 19 },
	{ "MN", 20 }, { "MR", 27 }, { "MT", 31 }, { "MU", 30 }, { "NI", 28 },
	{ "NL", 18 }, { "NO", 15 }, { "OM", 23 }, { "PK", 24 }, { "PL", 28 },
	{ "PS", 29 }, { "PT", 25 }, { "QA", 29 }, { "RO", 24 }, { "RS", 22 },
	{ "RU", 33 }, { "SA", 24 }, { "SC", 31 }, { "SD", 18 }, { "SE", 24 },
	{ "SI", 19 }, { "SK", 24 }, { "SM", 27 }, { "SO", 23 }, { "ST", 25 },
	{ "SV", 28 }, { "TL", 23 }, { "TN", 24 }, { "TR", 26 }, { "UA", 29 },
	{ "VA", 22 }, { "VG", 24 }, { "XK", 20 }, { "YE", 30 },
};

/* Every country there is, two letters each, and XK (Kosovo), EU, and XS for
 * international securities. */
static const char countries[] =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZ"
    "CACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFO"
    "FRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJE"
    "JMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMO"
    "MPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPW"
    "PYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTM"
    "TNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZWXKEUXS";

static bool
is_country(const char *c)
{
	for (size_t i = 0; i + 1 < sizeof(countries); i += 2)
		if (countries[i] == c[0] && countries[i + 1] == c[1])
			return (true);
	return (false);
}

/* Of this country; 0: it has none. */
static size_t
iban_length(const char *country)
{
	for (size_t i = 0; i < COUNT_OF(iban_countries); i++)
		if (memcmp(iban_countries[i].code, country, 2) == 0)
			return (iban_countries[i].n);
	return (0);
}

/* The four characters in front move to the end; then 97 leaves one. */
static bool
is_iban(struct str match)
{
	struct code c;
	char moved[CODE_MAX];
	size_t n;

	if (!checksum_read(match, 15, 34, &c) || !checksum_is_digits(&c, 2, 2))
		return (false);
	n = iban_length(c.c);
	if (c.n != n || (c.c[2] == '0' && c.c[3] < '2'))
		return (false);
	memcpy(moved, c.c + 4, n - 4);
	memcpy(moved + n - 4, c.c, 4);
	return (checksum_mod(moved, n, 97) == 1);
}

/* ---- numbers inside an IBAN ------------------------------------------- */

static bool
is_code_char(char c)
{
	return (ascii_is_digit(c) || (c >= 'A' && c <= 'Z'));
}

static bool
is_between(char c)
{
	return (c == ' ' || c == '-' || c == '.');
}

/* Does the group of four before `at` belong to the same number? */
static bool
has_group_before(struct str text, size_t at)
{
	if (at < IBAN_GROUP + 1 || !is_between(text.p[at - 1]))
		return (false);
	for (size_t i = 2; i <= IBAN_GROUP + 1; i++)
		if (!is_code_char(text.p[at - i]))
			return (false);
	return (true);
}

/* Where the IBAN that begins at `at` ends; `at`: there is none. */
static size_t
iban_end(struct str text, size_t at)
{
	size_t end = at, n = 0, wanted;

	if (text.len - at < 2 ||
	    (at > 0 && is_code_char(text.p[at - 1])))
		return (at);
	wanted = iban_length(text.p + at);
	for (; end < text.len && n < wanted; end++) {
		if (is_code_char(text.p[end]))
			n++;
		else if (!is_between(text.p[end]))
			return (at);
	}
	return (n > 0 && n == wanted && is_iban(str_make(text.p + at,
	    end - at)) ? end : at);
}

bool
validators_in_iban(struct str text, size_t at, size_t end)
{
	for (size_t i = 0; i < IBAN_MAX_GROUPS && has_group_before(text, at);
	    i++) {
		at -= IBAN_GROUP + 1;
		if (iban_end(text, at) >= end)
			return (true);
	}
	return (false);
}

/* ---- banks and securities --------------------------------------------- */

static bool
is_swift(struct str match)
{
	struct code c;

	return (checksum_read(match, 8, 11, &c) && c.n != 9 && c.n != 10 &&
	    c.n == match.len && is_country(c.c + 4));
}

/* The first two digits are a Federal Reserve district or its thrifts. */
static bool
is_aba_routing(struct str match)
{
	struct code c;
	unsigned district;

	if (!checksum_digits(match, 9, 9, &c) || checksum_is_repeated(&c))
		return (false);
	district = checksum_number(&c, 0, 2);
	return ((district <= 12 || (district >= 21 && district <= 32) ||
	    (district >= 61 && district <= 72) || district == 80) &&
	    checksum_sum(c.c, "371371371") % 10 == 0);
}

/* Letters become two digits, then Luhn. */
static bool
is_isin(struct str match)
{
	struct code c;
	char digits[2 * CODE_MAX];
	size_t n = 0;

	if (!checksum_read(match, 12, 12, &c) || !is_country(c.c) ||
	    !ascii_is_digit(c.c[11]))
		return (false);
	for (size_t i = 0; i < c.n; i++) {
		unsigned v = checksum_value(c.c[i]);

		if (v > 9)
			digits[n++] = (char)('0' + v / 10);
		digits[n++] = (char)('0' + v % 10);
	}
	return (checksum_luhn(digits, n));
}

static bool
is_lei(struct str match)
{
	struct code c;

	return (checksum_read(match, 20, 20, &c) &&
	    checksum_is_digits(&c, 18, 2) && !checksum_is_repeated(&c) &&
	    checksum_mod(c.c, c.n, 97) == 1);
}

static bool
is_clabe(struct str match)
{
	struct code c;

	return (checksum_digits(match, 18, 18, &c) &&
	    !checksum_is_repeated(&c) && checksum_fits(c.c,
	    "37137137137137137", "0987654321"));
}

/* Argentine CBU: two blocks, each with its own check digit. */
static bool
is_cbu(struct str match)
{
	struct code c;

	return (checksum_digits(match, 22, 22, &c) &&
	    !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "7139713", "0987654321") &&
	    checksum_fits(c.c + 8, "3971397139713", "0987654321"));
}

/* Spanish account: the tenth digit checks bank and branch, the one before it
 * is written first. */
static bool
is_ccc(struct str match)
{
	struct code c;

	return (checksum_digits(match, 20, 20, &c) &&
	    !checksum_is_repeated(&c) &&
	    checksum_fits(c.c, "485A9736", "01987654321") &&
	    c.c[9] == "01987654321"[checksum_sum(c.c + 10, "1248" "5A9736")
	    % 11]);
}

static const struct validator rows[] = {
	{ "Func_aba_routing", "(?:[0-9]{9}|[0-9]{4}-[0-9]{4}-[0-9])",
	    is_aba_routing },
	{ "Func_iban", "(?:(?:[A-Z]{2} |[A-Za-z]{2})[0-9]{2}"
	    "(?:[A-Za-z0-9]{11,30}|"
	    "(?:[ -][A-Z0-9]{4}){2,7}(?:[ -][A-Z0-9]{1,4})?))",
	    is_iban },
	{ "Func_letterlock_argentina_cbu",
	    "[0-9]{7}[ -]?[0-9][ -]?[0-9]{13}[ -]?[0-9]", is_cbu },
	{ "Func_letterlock_isin", "[A-Z]{2}[A-Z0-9]{9}[0-9]", is_isin },
	{ "Func_letterlock_lei", "[A-Z0-9]{18}[0-9]{2}", is_lei },
	{ "Func_letterlock_mexico_clabe", "[0-9]{18}", is_clabe },
	{ "Func_letterlock_spain_bank_account",
	    "[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{2}[ -]?[0-9]{10}", is_ccc },
	{ "Func_swift", "[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?",
	    is_swift },
};

const struct validator_table validators_bank = { rows, COUNT_OF(rows) };
