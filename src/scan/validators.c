/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators: card numbers and U.S. social security numbers.
 *
 * Runs wherever texts are scanned. Security: a match is at most as long as
 * its pattern. Standards: ISO/IEC 7812-1 (Luhn), 20 CFR 422.
 */
#include "scan/validators.h"

#define CARD_MIN_DIGITS 14
#define CARD_MAX_DIGITS 19
#define SSN_DIGITS 9

static size_t
digits_of(struct str s, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len && n < cap; i++)
		if (ascii_is_digit(s.p[i]))
			out[n++] = s.p[i];
	return (n);
}

static bool
is_luhn(const char *digits, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned d = (unsigned)(digits[n - 1 - i] - '0');

		if (i % 2 == 1)
			d = d * 2 > 9 ? d * 2 - 9 : d * 2;
		sum += d;
	}
	return (sum % 10 == 0);
}

static bool
is_card(struct str match)
{
	char digits[CARD_MAX_DIGITS];
	size_t n = digits_of(match, digits, sizeof(digits));

	return (n >= CARD_MIN_DIGITS && is_luhn(digits, n));
}

static bool
is_ssn(struct str match)
{
	char d[SSN_DIGITS];

	if (digits_of(match, d, sizeof(d)) != SSN_DIGITS)
		return (false);
	if (d[0] == '9' || memcmp(d, "000", 3) == 0 ||
	    memcmp(d, "666", 3) == 0)
		return (false);
	return (memcmp(d + 3, "00", 2) != 0 && memcmp(d + 5, "0000", 4) != 0);
}

static const struct validator validators[] = {
	{ "Func_credit_card", "\\d{4}(?:[ -]?\\d{4}){2}[ -]?\\d{2,7}",
	    is_card },
	{ "Func_ssn", "\\d{3}[- ]\\d{2}[- ]\\d{4}", is_ssn },
};

const struct validator *
validator_find(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(validators); i++)
		if (str_eq_nocase(name, str_of(validators[i].name)))
			return (&validators[i]);
	return (NULL);
}

const struct validator *
validators_all(size_t *n)
{
	*n = COUNT_OF(validators);
	return (validators);
}
