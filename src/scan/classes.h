/* SPDX-License-Identifier: Apache-2.0 */
/*
 * classes: which bytes of a text are of words and which are digits, 64 at a
 * time. Threads: one at a time.
 */
#ifndef SCAN_CLASSES_H
#define SCAN_CLASSES_H

#include "base/must.h"

#define CLASSES_BLOCK 64

struct classes {
	uint64_t *words;	/* a bit per byte: ASCII letter or digit, or
				   part of any other character */
	uint64_t *ascii;	/* only the ASCII ones of them */
	uint64_t *lower;	/* only a to z */
	uint64_t *digits;	/* only 0 to 9 */
	uint64_t *tails;	/* second and later bytes of a character */
	uint8_t *n_digits;	/* how many a block has */
	uint32_t *chars;	/* characters before the block */
	size_t n;		/* blocks */
	size_t cap;
};

/* Zeroed is empty. */
void classes_done(struct classes *c);

/* How many bits are set. */
static inline unsigned
classes_count(uint64_t m)
{
	m -= m >> 1 & 0x5555555555555555ull;
	m = (m & 0x3333333333333333ull) + (m >> 2 & 0x3333333333333333ull);
	m = (m + (m >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return ((unsigned)(m * 0x0101010101010101ull >> 56));
}

/* Classify len bytes; CLASSES_BLOCK more must be readable. */
void classes_set(struct classes *c, const char *text, size_t len);

/* The number of characters before byte `at` of the text that was set. */
uint32_t classes_char_index(const struct classes *c, size_t at);

#endif
