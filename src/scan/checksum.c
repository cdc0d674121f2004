/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checksum: the arithmetic of identity, tax, card and account numbers.
 *
 * Runs in the gateway. Security: reads hostile text of bounded length, keeps
 * nothing. Standards: ISO/IEC 7064, ISO/IEC 7812-1 annex B, ISO 13616.
 */
#include "scan/checksum.h"

bool
checksum_read(struct str s, size_t min, size_t max, struct code *out)
{
	size_t n = 0;

	must(max <= CODE_MAX);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (ascii_is_digit(c) || ascii_is_alpha(c)) {
			if (n == max)
				return (false);
			out->c[n++] = c;
		}
	}
	out->c[n] = '\0';
	out->n = n;
	return (n >= min);
}

bool
checksum_digits(struct str s, size_t min, size_t max, struct code *out)
{
	return (checksum_read(s, min, max, out) &&
	    checksum_is_digits(out, 0, out->n));
}

bool
checksum_is_digits(const struct code *c, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		if (i >= c->n || !ascii_is_digit(c->c[i]))
			return (false);
	return (true);
}

bool
checksum_is_repeated(const struct code *c)
{
	for (size_t i = 1; i < c->n; i++)
		if (c->c[i] != c->c[0])
			return (false);
	return (true);
}

unsigned
checksum_value(char c)
{
	if (ascii_is_digit(c))
		return ((unsigned)(c - '0'));
	return (c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A') + 10 : 0);
}

unsigned
checksum_number(const struct code *c, size_t at, size_t n)
{
	unsigned v = 0;

	for (size_t i = at; i < at + n && i < c->n; i++)
		v = v * 10 + checksum_value(c->c[i]);
	return (v);
}

unsigned
checksum_sum(const char *c, const char *weights)
{
	unsigned sum = 0;

	for (size_t i = 0; weights[i] != '\0' && c[i] != '\0'; i++)
		sum += checksum_value(c[i]) * checksum_value(weights[i]);
	return (sum);
}

unsigned
checksum_sum_of_digits(const char *c, const char *weights)
{
	unsigned sum = 0;

	for (size_t i = 0; weights[i] != '\0' && c[i] != '\0'; i++) {
		unsigned v = checksum_value(c[i]) * checksum_value(weights[i]);

		sum += v / 100 + v / 10 % 10 + v % 10;
	}
	return (sum);
}

bool
checksum_fits(const char *c, const char *weights, const char *checks)
{
	size_t n = strlen(weights);
	unsigned m = (unsigned)strlen(checks);
	char wanted = checks[checksum_sum(c, weights) % m];

	return (strnlen(c, n + 1) > n && wanted != '-' && c[n] == wanted);
}

unsigned
checksum_mod(const char *c, size_t n, unsigned m)
{
	unsigned r = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned v = checksum_value(c[i]);

		r = (r * (v > 9 ? 100 : 10) + v) % m;
	}
	return (r);
}

bool
checksum_luhn(const char *c, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned v = checksum_value(c[n - 1 - i]);

		if (i % 2 == 1)
			v = v * 2 > 9 ? v * 2 - 9 : v * 2;
		sum += v;
	}
	return (sum % 10 == 0);
}

bool
checksum_ean(const char *c, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += checksum_value(c[n - 1 - i]) * (i % 2 == 1 ? 3 : 1);
	return (sum % 10 == 0);
}

/* Multiplication in the dihedral group D5: 0-4 turn, 5-9 turn and flip. */
static unsigned
dihedral(unsigned a, unsigned b)
{
	unsigned turn = a < 5 ? a + b % 5 : a - 5 + 5 - b % 5;

	return (turn % 5 + ((a < 5) == (b < 5) ? 0 : 5));
}

bool
checksum_verhoeff(const char *c, size_t n)
{
	/* The permutation of Verhoeff's scheme, applied once per place. */
	static const uint8_t permuted[10] = { 1, 5, 7, 6, 2, 8, 3, 0, 9, 4 };
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned v = checksum_value(c[n - 1 - i]) % 10;

		for (size_t k = 0; k < i % 8; k++)
			v = permuted[v];
		sum = dihedral(sum, v);
	}
	return (sum == 0);
}

bool
checksum_damm(const char *c, size_t n)
{
	/* Damm's quasigroup of order 10. */
	static const uint8_t table[10][10] = {
		{ 0, 3, 1, 7, 5, 9, 8, 6, 4, 2 },
		{ 7, 0, 9, 2, 1, 5, 4, 8, 6, 3 },
		{ 4, 2, 0, 6, 8, 7, 1, 3, 5, 9 },
		{ 1, 7, 5, 0, 9, 8, 3, 4, 2, 6 },
		{ 6, 1, 2, 3, 0, 4, 5, 9, 7, 8 },
		{ 3, 6, 7, 4, 2, 0, 9, 5, 8, 1 },
		{ 5, 8, 6, 9, 7, 2, 0, 1, 3, 4 },
		{ 8, 9, 4, 5, 3, 6, 2, 0, 1, 7 },
		{ 9, 4, 3, 8, 6, 1, 7, 2, 0, 5 },
		{ 2, 5, 8, 1, 4, 3, 6, 7, 9, 0 },
	};
	unsigned state = 0;

	for (size_t i = 0; i < n; i++)
		state = table[state][checksum_value(c[i]) % 10];
	return (state == 0);
}

bool
checksum_iso7064_pure(const char *c, size_t n, unsigned modulus,
    unsigned radix)
{
	unsigned p = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned v = checksum_value(c[i]);

		/* The last place may hold the modulus' extra character. */
		if (i + 1 == n && modulus == 11 && c[i] == 'X')
			v = 10;
		else if (i + 1 == n && modulus == 37 && c[i] == '*')
			v = 36;
		p = (p * radix + v) % modulus;
	}
	return (p == 1);
}

bool
checksum_iso7064_hybrid(const char *c, size_t n, unsigned m)
{
	unsigned p = m;

	for (size_t i = 0; i + 1 < n; i++) {
		unsigned v = (p + checksum_value(c[i])) % m;

		p = (v == 0 ? m : v) * 2 % (m + 1);
	}
	return (n > 0 && (p + checksum_value(c[n - 1])) % m == 1);
}

bool
checksum_is_date(unsigned year, unsigned month, unsigned day)
{
	static const uint8_t days[12] = { 31, 29, 31, 30, 31, 30, 31, 31, 30,
	    31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
		return (false);
	return (month != 2 || day < 29 || leap);
}
