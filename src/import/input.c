/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input: building and asking the tables that exports become.
 *
 * Runs in the CLI. Security: what is in them is whatever a file said.
 */
#include "import/input.h"

struct input_value *
input_new(struct arena *a, enum input_kind kind)
{
	struct input_value *v = arena_alloc(a, sizeof(*v));

	v->kind = kind;
	v->text = STR_LIT("");
	v->key = STR_LIT("");
	return (v);
}

struct input_value *
input_text(struct arena *a, struct str text)
{
	struct input_value *v = input_new(a, INPUT_TEXT);

	v->text = arena_str(a, text);
	return (v);
}

struct input_value *
input_truth(struct arena *a, bool truth)
{
	struct input_value *v = input_new(a, INPUT_TRUTH);

	v->truth = truth;
	return (v);
}

void
input_add(struct input_value *parent, struct input_value *child)
{
	if (parent->last != NULL)
		parent->last->next = child;
	else
		parent->child = child;
	parent->last = child;
	parent->n++;
}

void
input_put(struct arena *a, struct input_value *table, struct str key,
    struct input_value *child)
{
	child->key = arena_str(a, key);
	input_add(table, child);
}

const struct input_value *
input_get(const struct input_value *table, const char *key)
{
	if (table == NULL || table->kind != INPUT_TABLE)
		return (NULL);
	for (const struct input_value *c = table->child; c != NULL;
	    c = c->next)
		if (str_eq_nocase(c->key, str_of(key)))
			return (c);
	return (NULL);
}

struct str
input_get_text(const struct input_value *table, const char *key)
{
	return (input_word(input_get(table, key)));
}

bool
input_is_empty(const struct input_value *v)
{
	if (v == NULL)
		return (true);
	switch (v->kind) {
	case INPUT_NULL:
		return (true);
	case INPUT_TRUTH:
		return (!v->truth);
	case INPUT_TEXT:
		return (str_trim(v->text).len == 0);
	case INPUT_LIST:
	case INPUT_TABLE:
		break;
	}
	for (const struct input_value *c = v->child; c != NULL; c = c->next)
		if (!input_is_empty(c))
			return (false);
	return (true);
}

bool
input_is_true(const struct input_value *v)
{
	struct str word = input_word(v);

	return ((v != NULL && v->kind == INPUT_TRUTH && v->truth) ||
	    str_eq_nocase(word, STR_LIT("true")) ||
	    str_eq_nocase(word, STR_LIT("$true")) ||
	    str_eq(word, STR_LIT("1")));
}

const struct input_value *
input_first(const struct input_value *v)
{
	return (v != NULL && v->kind == INPUT_LIST ? v->child : v);
}

const struct input_value *
input_next(const struct input_value *v, const struct input_value *item)
{
	return (v->kind == INPUT_LIST ? item->next : NULL);
}

/* An enumeration may come as { value: 1, Value: "Disabled" }: of the two the
 * word counts. */
static const struct input_value *
inner_text(const struct input_value *v)
{
	v = input_first(v);
	if (v == NULL || v->kind != INPUT_TABLE)
		return (v);
	for (const struct input_value *c = v->child; c != NULL; c = c->next)
		if (str_eq(c->key, STR_LIT("Value")))
			return (c);
	return (input_get(v, "Value"));
}

struct str
input_word(const struct input_value *v)
{
	v = inner_text(v);
	if (v == NULL || v->kind != INPUT_TEXT)
		return (STR_LIT(""));
	return (str_trim(v->text));
}

struct str
input_prose(const struct input_value *v, struct arena *a)
{
	size_t n = 0;
	char *to;

	v = inner_text(v);
	if (v == NULL || v->kind != INPUT_TEXT ||
	    str_trim(v->text).len == 0)
		return (STR_LIT(""));
	to = arena_array(a, v->text.len + 1, 1);
	for (size_t i = 0; i < v->text.len; i++)
		if (v->text.p[i] != '\r')
			to[n++] = v->text.p[i];
	return (str_make(to, n));
}

bool
input_is_lost(const struct input_value *v)
{
	struct str s = input_word(v);

	if (!str_starts_nocase(s, STR_LIT("System.")) &&
	    !str_starts_nocase(s, STR_LIT("Microsoft.Exchange.")))
		return (false);
	return (str_ends_nocase(s, STR_LIT("[]")) ||
	    str_ends_nocase(s, STR_LIT("]")) ||
	    str_ends_nocase(s, STR_LIT("ArrayList")) ||
	    str_ends_nocase(s, STR_LIT("PSCustomObject")) ||
	    str_ends_nocase(s, STR_LIT("Hashtable")));
}
