/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hinge: see the header.
 *
 * Runs where a policy is compiled. Security: expressions are strangers'; their
 * depth is bounded where they are read.
 */
#include "scan/hinge.h"

/* The first two pieces of a sequence, which hangs together on the left. */
static void
first_two(const struct syntax *s, const struct syntax **first,
    const struct syntax **second)
{
	while (s != NULL && s->kind == SYNTAX_SEQUENCE && s->left != NULL) {
		if (s->left->left == NULL && s->left->right == NULL &&
		    s->left->kind == SYNTAX_SEQUENCE) {
			*first = s->right;
			return;
		}
		*second = s->right;
		s = s->left;
	}
}

/* The one character of a set, or -1. */
static int
only_one(const struct syntax_set *s)
{
	int found = -1;

	for (unsigned c = 0; c < 128; c++) {
		if (!syntax_has(s, c))
			continue;
		if (found >= 0)
			return (-1);
		found = (int)c;
	}
	return (found);
}

bool
hinge_read(struct str expression, bool is_caseless, struct hinge *out)
{
	AUTO_ARENA struct arena *a = arena_new();
	const struct syntax *first = NULL, *second = NULL;
	int c;

	first_two(syntax_read(expression, is_caseless, a), &first, &second);
	if (first == NULL || second == NULL || second->kind != SYNTAX_SET ||
	    first->kind != SYNTAX_REPEAT || first->min == 0 ||
	    first->max != SYNTAX_NO_MAX || first->left == NULL ||
	    first->left->kind != SYNTAX_SET)
		return (false);
	c = only_one(&second->set);
	if (c <= 0 || syntax_has(&first->left->set, (unsigned)c))
		return (false);
	out->before = first->left->set;
	out->min = first->min;
	out->at = (char)c;
	return (true);
}
