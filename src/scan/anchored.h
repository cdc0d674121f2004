/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anchored: expressions that begin where a word of a text begins, all of them
 * in one automaton that is started there and nearly always ends at once.
 *
 * Numbers of all countries are such expressions. Beginnings and all ends come
 * out exactly, with no window and no second look. Threads: read-only after
 * anchored_compile().
 */
#ifndef SCAN_ANCHORED_H
#define SCAN_ANCHORED_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

#define ANCHORED_BYTES 256	/* the longest match */

struct anchored;
struct classes;

struct anchored_rule {
	struct str expression;
	bool is_caseless;
	uint32_t id;
};

/* Is it made of ASCII characters, classes, groups and repeats only, and does
 * each match begin with a letter or digit? */
bool anchored_takes(struct str expression, bool is_caseless);

/* One automaton of rules that are taken; NULL: it would be too large. Every
 * match of each has at least so many digits in its first CLASSES_BLOCK bytes;
 * 0: nothing is known. */
struct anchored *anchored_compile(const struct anchored_rule *rules, size_t n,
    unsigned digits, struct arena *a);

/* Report every match of at most ANCHORED_BYTES that begins where a word does,
 * beginnings rising, then ends. The character before may still be a letter
 * that is not ASCII. */
void anchored_scan(const struct anchored *d, const struct classes *c,
    struct str text, void (*found)(void *context, uint32_t id, uint32_t at,
    uint32_t end), void *context);

#endif
