/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checksum: the arithmetic of identity, tax, card and account numbers.
 *
 * A number is read into a struct code (its letters and digits only), then
 * checked by one or two of the functions below. Character values are base 36:
 * '0'..'9' are 0..9, 'A'..'Z' are 10..35; weights are written the same way, so
 * "A98765432" means 10, 9, 8 ... 2.
 *
 * Security: reads hostile text; every length is bounded by CODE_MAX.
 * Standards: ISO/IEC 7064, ISO/IEC 7812-1 annex B (Luhn), ISO 13616 (IBAN).
 */
#ifndef SCAN_CHECKSUM_H
#define SCAN_CHECKSUM_H

#include <stdbool.h>

#include "base/str.h"

#define CODE_MAX 40	/* the longest number we know, an IBAN, has 34 */

/* The letters and digits of a number, upper case, ended by NUL. */
struct code {
	char c[CODE_MAX + 1];
	size_t n;
};

/* Read the ASCII letters and digits of s, leaving out what separates them.
 * False: fewer than min, more than max, or letters beyond ASCII. */
bool checksum_read(struct str s, size_t min, size_t max, struct code *out);

/* The same where a letter is a fault. */
bool checksum_digits(struct str s, size_t min, size_t max, struct code *out);

/* Are all of c[at..at+n) digits? */
bool checksum_is_digits(const struct code *c, size_t at, size_t n);

/* Is the whole code one character repeated? */
bool checksum_is_repeated(const struct code *c);

/* Value in base 36; of anything else 0. */
unsigned checksum_value(char c);

/* c[at..at+n) as a decimal number; n at most 9. */
unsigned checksum_number(const struct code *c, size_t at, size_t n);

/* Sum of value times weight over as many characters as there are weights,
 * from c on. */
unsigned checksum_sum(const char *c, const char *weights);

/* The same, adding the digits of each product instead of the product. */
unsigned checksum_sum_of_digits(const char *c, const char *weights);

/*
 * Is the character behind the weighted ones the one its sum asks for?
 * checks has one character per remainder, '-' where no number has it; its
 * length is the modulus: the Dutch 11-test would be "0-987654321".
 */
bool checksum_fits(const char *c, const char *weights, const char *checks);

/* c[0..n) as one number, letters as two digits, modulo m. */
unsigned checksum_mod(const char *c, size_t n, unsigned m);

/* Luhn over c[0..n), the last one being the check digit. */
bool checksum_luhn(const char *c, size_t n);

/* EAN: weights 1 and 3 from the left, the last one being the check digit. */
bool checksum_ean(const char *c, size_t n);

/* Verhoeff and Damm over c[0..n), check digit last. */
bool checksum_verhoeff(const char *c, size_t n);
bool checksum_damm(const char *c, size_t n);

/* ISO 7064 pure systems: modulus 11 and radix 2 (check character 0-9, X), or
 * modulus 37 and radix 2 (check character 0-9, A-Z, *). */
bool checksum_iso7064_pure(const char *c, size_t n, unsigned modulus,
    unsigned radix);

/* ISO 7064 hybrid systems: m = 10 (MOD 11,10) or m = 36 (MOD 37,36). */
bool checksum_iso7064_hybrid(const char *c, size_t n, unsigned m);

/* Is there such a day? year is full; year 0: any year, leap or not. */
bool checksum_is_date(unsigned year, unsigned month, unsigned day);

#endif
