/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logic: conditions joined by and, or, not, taken apart until each piece is
 * what one rule can say: conditions that all hold and exceptions none of
 * which does.
 *
 * Threads: one at a time.
 */
#ifndef IMPORT_LOGIC_H
#define IMPORT_LOGIC_H

#include <stdbool.h>

#include "import/draft.h"

#define LOGIC_MAX_RULES 32	/* one expression may become */

enum logic_kind { LOGIC_LEAF, LOGIC_AND, LOGIC_OR, LOGIC_NOT };

struct logic {
	enum logic_kind kind;
	struct draft_item *item;	/* LOGIC_LEAF */
	struct logic *child, *last, *next;
};

/* What one rule says. */
struct logic_rule {
	struct draft_item *when, *except;
	struct logic_rule *next;
};

/* An expression, and putting it under another one. */
struct logic *logic_new(struct arena *a, enum logic_kind kind);
void logic_add(struct logic *parent, struct logic *child);

/*
 * The rules that together apply exactly where the expression holds; none
 * where it never does. NULL and *why where rules cannot say it.
 */
struct logic_rule *logic_rules(struct arena *a, const struct logic *root,
    const char **why);

/* Both at once, or NULL and *why. */
struct logic_rule *logic_both(struct arena *a, const struct logic_rule *x,
    const struct logic_rule *y, const char **why);

#endif
