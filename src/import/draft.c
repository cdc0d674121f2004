/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draft: putting rules together.
 *
 * Runs in the CLI. Security: an item that cannot be added is said, never
 * dropped in silence.
 */
#include "import/draft.h"

struct draft *
draft_new(struct arena *a, struct str name)
{
	struct draft *d = arena_alloc(a, sizeof(*d));

	d->name = name;
	d->priority = -1;
	d->is_enabled = true;
	d->location = "header";
	return (d);
}

struct draft_item *
draft_item(struct arena *a, const char *key, bool is_list)
{
	struct draft_item *item = arena_alloc(a, sizeof(*item));

	item->key = key;
	item->is_list = is_list;
	item->open = STR_LIT("");
	item->close = STR_LIT("");
	return (item);
}

static bool
has_value(const struct draft_item *item, struct str yaml)
{
	for (size_t i = 0; i < item->n_values; i++)
		if (str_eq(item->values[i], yaml))
			return (true);
	return (false);
}

void
draft_value(struct arena *a, struct draft_item *item, struct str yaml)
{
	size_t n = item->n_values;

	if (item->is_list && has_value(item, yaml))
		return;
	/* Room doubles each time the number reaches a power of two. */
	if ((n & (n - 1)) == 0) {
		struct str *more = arena_array(a, n * 2 + 1, sizeof(*more));

		if (n > 0)
			memcpy(more, item->values, n * sizeof(*more));
		item->values = more;
	}
	item->values[item->n_values++] = yaml;
}

void
draft_text(struct arena *a, struct draft_item *item, struct str text)
{
	draft_value(a, item, draft_yaml(text, a));
}

static bool
is_alike(const struct draft_item *x, const struct draft_item *y)
{
	return (strcmp(x->key, y->key) == 0 && str_eq(x->open, y->open) &&
	    str_eq(x->close, y->close) && x->is_list == y->is_list);
}

bool
draft_item_eq(const struct draft_item *x, const struct draft_item *y)
{
	if (!is_alike(x, y) || x->n_values != y->n_values ||
	    (x->also == NULL) != (y->also == NULL))
		return (false);
	for (size_t i = 0; i < x->n_values; i++)
		if (!str_eq(x->values[i], y->values[i]))
			return (false);
	return (x->also == NULL || draft_item_eq(x->also, y->also));
}

bool
draft_item_merge(struct arena *a, struct draft_item *into,
    const struct draft_item *from)
{
	if (!is_alike(into, from) || !into->is_list || into->also != NULL ||
	    from->also != NULL)
		return (false);
	for (size_t i = 0; i < from->n_values; i++)
		draft_value(a, into, from->values[i]);
	return (true);
}

struct draft_item *
draft_item_copy(struct arena *a, const struct draft_item *item)
{
	struct draft_item *copy = arena_alloc(a, sizeof(*copy));

	*copy = *item;
	copy->next = NULL;
	copy->values = NULL;
	copy->n_values = 0;
	for (size_t i = 0; i < item->n_values; i++)
		draft_value(a, copy, item->values[i]);
	if (item->also != NULL)
		copy->also = draft_item_copy(a, item->also);
	return (copy);
}

bool
draft_add(struct draft_item **list, struct draft_item *item)
{
	for (; *list != NULL; list = &(*list)->next)
		if (strcmp((*list)->key, item->key) == 0)
			return (draft_item_eq(*list, item));
	*list = item;
	return (true);
}

const struct draft_item *
draft_find(const struct draft_item *list, const char *key)
{
	for (; list != NULL; list = list->next)
		if (strcmp(list->key, key) == 0)
			return (list);
	return (NULL);
}

void
draft_note(struct arena *a, struct draft_note **list, struct str text)
{
	for (; *list != NULL; list = &(*list)->next)
		if (str_eq((*list)->text, text))
			return;
	*list = arena_alloc(a, sizeof(**list));
	(*list)->text = arena_str(a, text);
}

struct str
draft_cut(struct str s, size_t max)
{
	size_t at = 0, characters = 0;

	for (; at < s.len; at++) {
		if (((uint8_t)s.p[at] & 0xc0) == 0x80)
			continue;
		if (characters++ == max)
			break;
	}
	return (str_sub(s, 0, at));
}

static bool
is_taken(const struct draft_policy *p, struct str name)
{
	for (const struct draft *d = p->first; d != NULL; d = d->next)
		if (str_eq(d->name, name))
			return (true);
	return (false);
}

void
draft_policy_add(struct draft_policy *p, struct draft *d)
{
	struct str base = d->name.len > 0 ? d->name : STR_LIT("Unnamed");
	struct str name = str_trim(draft_cut(base, DRAFT_NAME_MAX));

	for (unsigned n = 2; is_taken(p, name); n++)
		name = str_of(arena_printf(p->arena, "%.*s (%u)",
		    STR_FMT(draft_cut(base, DRAFT_NAME_MAX - 8)), n));
	d->name = name;
	if (p->last != NULL)
		p->last->next = d;
	else
		p->first = d;
	p->last = d;
}
