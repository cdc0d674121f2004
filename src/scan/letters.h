/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letters: code points: reading and writing them, and what kind they are.
 * Threads: any.
 */
#ifndef SCAN_LETTERS_H
#define SCAN_LETTERS_H

#include <stdbool.h>

#include "base/str.h"

#define LETTERS_BAD 0xfffdu	/* what malformed bytes stand for */

/* The code point at p (before end) and its length; malformed: LETTERS_BAD
 * and 1. The second for what is not ASCII. */
static inline unsigned letters_get(const char *p, const char *end,
    size_t *len);
unsigned letters_get_wide(const char *p, const char *end, size_t *len);

static inline unsigned
letters_get(const char *p, const char *end, size_t *len)
{
	if ((uint8_t)*p >= 0x80)
		return (letters_get_wide(p, end, len));
	*len = 1;
	return ((uint8_t)*p);
}

/* The code point that ends before `at`; 0 at the beginning. Well-formed. */
unsigned letters_before(const char *text, size_t at);

/* UTF-8 of c, at most 4 bytes; the length. */
size_t letters_put(unsigned c, char *out);

/* A letter, a digit, or a mark that belongs to one: what words are made of;
 * the second for what is not ASCII. */
static inline bool letters_is_word(unsigned c);
bool letters_is_word_wide(unsigned c);

/* One bit for each ASCII letter and digit. */
static inline bool
letters_is_ascii_word(unsigned c)
{
	static const uint64_t bits[2] = { 0x03ff000000000000ull,
		0x07fffffe07fffffeull };

	return ((bits[c >> 6 & 1] >> (c & 63) & 1) != 0);
}

static inline bool
letters_is_word(unsigned c)
{
	return (c < 0x80 ? letters_is_ascii_word(c) : letters_is_word_wide(c));
}

/* As \w and \b mean it: letter, digit or underscore, no mark. */
bool letters_is_regex_word(unsigned c);

/* Has no width of its own and says nothing: zero-width, soft hyphen, … */
bool letters_is_invisible(unsigned c);

/* Goes on top of the character before it or joins with it. */
bool letters_is_extender(unsigned c);

/* Digits of all scripts are 0 to 9, dashes '-', quotes ' and ", blanks ' '. */
unsigned letters_plain(unsigned c);

/* Without case (simple folding); sharp s becomes 's', which stands twice. */
unsigned letters_fold(unsigned c);

/* Is it two letters without case? */
static inline bool
letters_is_sharp_s(unsigned c)
{
	return (c == 0xdf || c == 0x1e9e);
}

/* Is there a word character just before / just behind? */
bool letters_word_before(const char *text, size_t at);
bool letters_word_at(const char *text, size_t len, size_t at);

#endif
