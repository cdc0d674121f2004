/* SPDX-License-Identifier: Apache-2.0 */
/* syntax: the tree of a simple expression. Threads: any. */
#ifndef SCAN_SYNTAX_H
#define SCAN_SYNTAX_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

#define SYNTAX_NO_MAX UINT32_MAX

enum syntax_kind { SYNTAX_SET, SYNTAX_SEQUENCE, SYNTAX_CHOICE, SYNTAX_REPEAT };

struct syntax_set {
	uint64_t bits[2];	/* ASCII */
};

struct syntax {
	enum syntax_kind kind;
	struct syntax_set set;
	uint32_t min, max;	/* of a repeat */
	struct syntax *left, *right;	/* NULL: nothing there */
};

/* Is the character in the set? */
static inline bool
syntax_has(const struct syntax_set *s, unsigned c)
{
	return (c < 128 && (s->bits[c >> 6] >> (c & 63) & 1) != 0);
}

/* The tree, or NULL where the expression is not simple. */
struct syntax *syntax_read(struct str expression, bool is_caseless,
    struct arena *a);

#endif
