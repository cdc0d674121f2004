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
 * and 1. */
unsigned letters_get(const char *p, const char *end, size_t *len);

/* The code point that ends before `at`; 0 at the beginning. Well-formed. */
unsigned letters_before(const char *text, size_t at);

/* UTF-8 of c, at most 4 bytes; the length. */
size_t letters_put(unsigned c, char *out);

/* A letter, a digit, or a mark that belongs to one: what words are made of. */
bool letters_is_word(unsigned c);

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
