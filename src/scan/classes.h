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
	uint8_t *digits;	/* how many ASCII digits a block has */
	uint32_t *chars;	/* characters before the block */
	size_t n;		/* blocks */
	size_t cap;
};

/* Zeroed is empty. */
void classes_done(struct classes *c);

/* Classify len bytes; CLASSES_BLOCK more must be readable. */
void classes_set(struct classes *c, const char *text, size_t len);

/* The number of characters before byte `at` of the text that was set. */
uint32_t classes_char_index(const struct classes *c, const char *text,
    size_t at);

#endif
