/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logic: the disjunctive normal form of an expression.
 *
 * Runs in the CLI. Security: how many rules may come of an expression has a
 * limit; what cannot be said is an error, never left out.
 */
#include "import/logic.h"

struct former {
	struct arena *arena;
	const char *why;
};

struct logic *
logic_new(struct arena *a, enum logic_kind kind)
{
	struct logic *l = arena_alloc(a, sizeof(*l));

	l->kind = kind;
	return (l);
}

void
logic_add(struct logic *parent, struct logic *child)
{
	if (parent->last != NULL)
		parent->last->next = child;
	else
		parent->child = child;
	parent->last = child;
}

static struct draft_item *
find(struct draft_item *list, const char *key)
{
	for (; list != NULL; list = list->next)
		if (strcmp(list->key, key) == 0)
			return (list);
	return (NULL);
}

static bool
refuse(struct former *f, const char *key)
{
	f->why = arena_printf(f->arena, "one rule cannot have two different "
	    "%s", key);
	return (false);
}

/* Sensitive information is the one condition that can ask for two things. */
static bool
and_also(struct former *f, struct draft_item *have, struct draft_item *more)
{
	if (strcmp(have->key, "sensitive_information") != 0)
		return (refuse(f, have->key));
	for (;; have = have->also) {
		struct draft_item alone = *have;

		alone.also = NULL;
		if (draft_item_eq(&alone, more))
			return (true);
		if (have->also == NULL)
			break;
	}
	have->also = more;
	return (true);
}

static bool
add_when(struct former *f, struct logic_rule *r, const struct draft_item *item)
{
	struct draft_item *have = find(r->when, item->key);
	struct draft_item *copy = draft_item_copy(f->arena, item), *next;

	if (have == NULL)
		return (draft_add(&r->when, copy));
	if (draft_item_eq(have, copy))
		return (true);
	for (; copy != NULL; copy = next) {
		next = copy->also;
		copy->also = NULL;
		if (!and_also(f, have, copy))
			return (false);
	}
	return (true);
}

/* Neither of two exceptions may hold: their values are one list. */
static bool
add_except(struct former *f, struct logic_rule *r,
    const struct draft_item *item)
{
	struct draft_item *have = find(r->except, item->key);

	if (have == NULL)
		return (draft_add(&r->except, draft_item_copy(f->arena,
		    item)));
	return (draft_item_eq(have, item) ||
	    draft_item_merge(f->arena, have, item) || refuse(f, item->key));
}

static struct logic_rule *
both(struct former *f, const struct logic_rule *x, const struct logic_rule *y)
{
	struct logic_rule *r = arena_alloc(f->arena, sizeof(*r));
	const struct logic_rule *of[] = { x, y };

	for (size_t i = 0; i < COUNT_OF(of); i++) {
		for (const struct draft_item *w = of[i]->when; w != NULL;
		    w = w->next)
			if (!add_when(f, r, w))
				return (NULL);
		for (const struct draft_item *e = of[i]->except; e != NULL;
		    e = e->next)
			if (!add_except(f, r, e))
				return (NULL);
	}
	return (r);
}

struct logic_rule *
logic_both(struct arena *a, const struct logic_rule *x,
    const struct logic_rule *y, const char **why)
{
	struct former f = { .arena = a };
	struct logic_rule *r = both(&f, x, y);

	*why = f.why;
	return (r);
}

static size_t
count(const struct logic_rule *r)
{
	size_t n = 0;

	for (; r != NULL; r = r->next)
		n++;
	return (n);
}

/* Every rule of one with every rule of the other. */
static bool
multiply(struct former *f, struct logic_rule **list,
    const struct logic_rule *by)
{
	struct logic_rule *all = NULL, **tail = &all;

	if (count(*list) * count(by) > LOGIC_MAX_RULES) {
		f->why = "its logic would need more than 32 rules";
		return (false);
	}
	for (const struct logic_rule *x = *list; x != NULL; x = x->next) {
		for (const struct logic_rule *y = by; y != NULL;
		    y = y->next) {
			*tail = both(f, x, y);
			if (*tail == NULL)
				return (false);
			tail = &(*tail)->next;
		}
	}
	*list = all;
	return (true);
}

/* Nothing but one condition. */
static bool
is_single(const struct logic_rule *r)
{
	return (r->when != NULL && r->when->next == NULL &&
	    r->except == NULL);
}

/* Put behind the others, or into one that asks for another value of the same
 * condition. */
static bool
append(struct former *f, struct logic_rule **list, struct logic_rule *r)
{
	size_t n = 0;

	for (; *list != NULL; list = &(*list)->next) {
		if (is_single(*list) && is_single(r) && draft_item_merge(
		    f->arena, (*list)->when, r->when))
			return (true);
		n++;
	}
	r->next = NULL;
	*list = r;
	if (n < LOGIC_MAX_RULES)
		return (true);
	f->why = "its logic would need more than 32 rules";
	return (false);
}

static bool form(struct former *f, const struct logic *l, bool negated,
    struct logic_rule **out);

static bool
form_all(struct former *f, const struct logic *l, bool negated,
    struct logic_rule **out)
{
	struct logic_rule *list = arena_alloc(f->arena, sizeof(*list));

	for (const struct logic *c = l->child; c != NULL; c = c->next) {
		struct logic_rule *more = NULL;

		if (!form(f, c, negated, &more) || !multiply(f, &list, more))
			return (false);
	}
	*out = list;
	return (true);
}

static bool
form_any(struct former *f, const struct logic *l, bool negated,
    struct logic_rule **out)
{
	for (const struct logic *c = l->child; c != NULL; c = c->next) {
		struct logic_rule *more = NULL, *next;

		if (!form(f, c, negated, &more))
			return (false);
		for (; more != NULL; more = next) {
			next = more->next;
			if (!append(f, out, more))
				return (false);
		}
	}
	return (true);
}

static bool
form(struct former *f, const struct logic *l, bool negated,
    struct logic_rule **out)
{
	struct logic_rule *r;

	switch (l->kind) {
	case LOGIC_NOT:
		return (form(f, l->child, !negated, out));
	case LOGIC_AND:
		return (negated ? form_any(f, l, negated, out) :
		    form_all(f, l, negated, out));
	case LOGIC_OR:
		return (negated ? form_all(f, l, negated, out) :
		    form_any(f, l, negated, out));
	case LOGIC_LEAF:
		break;
	}
	r = arena_alloc(f->arena, sizeof(*r));
	*(negated ? &r->except : &r->when) = draft_item_copy(f->arena,
	    l->item);
	*out = r;
	return (true);
}

struct logic_rule *
logic_rules(struct arena *a, const struct logic *root, const char **why)
{
	struct former f = { .arena = a };
	struct logic_rule *out = NULL;

	*why = NULL;
	if (!form(&f, root, false, &out)) {
		*why = f.why;
		return (NULL);
	}
	if (out == NULL)
		*why = "its conditions can never hold";
	return (out);
}
