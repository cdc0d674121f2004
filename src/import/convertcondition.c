/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convertcondition: conditions with a shape of their own.
 *
 * Runs in the CLI. Security: see convert.c.
 */
#include "import/convert.h"

#include "conf/network.h"

/* ---- attributes and properties: 'Name:word,word' ---------------------- */

static int
split_pair(struct conversion *c, const struct input_value *v,
    struct str *name, struct str *rest)
{
	struct str line;
	ptrdiff_t colon;

	if (convert_line(c, v, &line) != 0)
		return (-1);
	colon = str_index(line, ':');
	*name = str_trim(str_sub(line, 0, colon > 0 ? (size_t)colon : 0));
	*rest = str_trim(str_sub(line, (size_t)(colon + 1), line.len));
	if (colon <= 0 || name->len == 0 || rest->len == 0)
		return (convert_refuse(c, "'%.*s' is not of the form "
		    "name:words", STR_FMT(line)));
	return (0);
}

/* "[a, b]" of what commas separate, or of the whole. */
static struct str
bracketed(struct conversion *c, struct str words, bool at_commas)
{
	AUTO_BUF struct buf b = BUF_INIT(1u << 20);
	struct str word, rest = at_commas ? words : STR_NULL;
	const char *comma = "";

	buf_char(&b, '[');
	if (!at_commas)
		buf_str(&b, draft_yaml(words, c->arena));
	while (str_next(&rest, ',', &word)) {
		if (str_trim(word).len == 0)
			continue;
		buf_printf(&b, "%s%.*s", comma, STR_FMT(draft_yaml(
		    str_trim(word), c->arena)));
		comma = ", ";
	}
	buf_char(&b, ']');
	return (arena_str(c->arena, buf_view(&b)));
}

static int
check_pattern(struct conversion *c, struct str text)
{
	struct input_value v = { .kind = INPUT_TEXT, .text = text };

	return (convert_check_patterns(c, &v));
}

static int
attributes(struct conversion *c, bool at_commas)
{
	struct draft_item *item = draft_item(c->arena, c->parameter->key,
	    false);
	struct str *names = arena_array(c->arena, c->value->n + 1,
	    sizeof(*names));
	size_t n = 0;

	item->open = STR_LIT("{");
	item->close = STR_LIT("}");
	for (const struct input_value *i = input_first(c->value); i != NULL;
	    i = input_next(c->value, i)) {
		struct str name, rest;

		if (split_pair(c, i, &name, &rest) != 0 || (!at_commas &&
		    check_pattern(c, rest) != 0))
			return (-1);
		for (size_t k = 0; k < n; k++)
			if (str_eq_nocase(names[k], name))
				return (convert_refuse(c, "'%.*s' is there "
				    "twice: write one rule for each",
				    STR_FMT(name)));
		names[n++] = name;
		draft_value(c->arena, item, str_of(arena_printf(c->arena,
		    "%.*s: %.*s", STR_FMT(draft_yaml(name, c->arena)),
		    STR_FMT(bracketed(c, rest, at_commas)))));
	}
	/* Any of them is enough, for Exchange and for policy.yaml. */
	c->item = item;
	return (0);
}

int
convert_attribute_words(struct conversion *c)
{
	return (attributes(c, true));
}

int
convert_attribute_patterns(struct conversion *c)
{
	return (attributes(c, false));
}

/* {name: NAME, FIELD: [ … ]}; the list may still grow. */
static struct draft_item *
named_item(struct conversion *c, struct str name, const char *field)
{
	struct draft_item *item = draft_item(c->arena, c->parameter->key,
	    true);

	item->open = str_of(arena_printf(c->arena, "{name: %.*s, %s: ",
	    STR_FMT(draft_yaml(name, c->arena)), field));
	item->close = STR_LIT("}");
	return (item);
}

int
convert_property_words(struct conversion *c)
{
	struct draft_item *item = NULL;
	struct str first = STR_LIT("");

	for (const struct input_value *i = input_first(c->value); i != NULL;
	    i = input_next(c->value, i)) {
		struct str name, rest, word;

		if (split_pair(c, i, &name, &rest) != 0)
			return (-1);
		if (item == NULL) {
			first = name;
			item = named_item(c, name, "words");
		}
		if (!str_eq_nocase(name, first))
			return (convert_refuse(c, "several properties in one "
			    "condition: write one rule for each"));
		while (str_next(&rest, ',', &word))
			if (str_trim(word).len > 0)
				draft_text(c->arena, item, str_trim(word));
	}
	c->item = item;
	return (0);
}

/* ---- pairs of parameters ---------------------------------------------- */

int
convert_between(struct conversion *c)
{
	const struct input_value *other = convert_partner(c,
	    c->parameter->with);

	if (other == NULL)
		return (convert_refuse(c, "%s is missing",
		    c->parameter->with));
	if ((c->value->kind == INPUT_LIST && c->value->n > 1) ||
	    (other->kind == INPUT_LIST && other->n > 1))
		return (convert_refuse(c, "more than one group on a side: "
		    "write one rule for each pair"));
	c->item = draft_item(c->arena, c->parameter->key, true);
	if (convert_add_lines(c, c->item, c->value) != 0)
		return (-1);
	return (convert_add_lines(c, c->item, other));
}

int
convert_manager(struct conversion *c)
{
	static const struct parameter_word ofs[] = { { "Sender", "sender" },
		{ "Recipient", "recipient" }, { NULL, NULL } };
	const char *of = convert_word(ofs, input_word(convert_partner(c,
	    c->parameter->with)));
	struct draft_item *item = draft_item(c->arena, c->parameter->key,
	    true);

	if (of == NULL)
		return (convert_refuse(c, "%s is neither Sender nor "
		    "Recipient", c->parameter->with));
	item->open = str_of(arena_printf(c->arena, "{of: %s, addresses: ",
	    of));
	item->close = STR_LIT("}");
	c->item = item;
	return (convert_add_addresses(c, item, c->value));
}

int
convert_comparison(struct conversion *c)
{
	static const struct parameter_word operators[] = {
		{ "Equal", "equal" }, { "NotEqual", "not_equal" },
		{ NULL, NULL } };
	struct str word = input_word(convert_partner(c, c->parameter->with));
	/* Exchange's default. */
	const char *operator = word.len == 0 ? "equal" :
	    convert_word(operators, word);
	struct str attribute;

	if (operator == NULL)
		return (convert_refuse(c, "'%.*s' is not known",
		    STR_FMT(word)));
	if (convert_line(c, c->value, &attribute) != 0)
		return (-1);
	c->item = draft_item(c->arena, c->parameter->key, false);
	draft_value(c->arena, c->item, str_of(arena_printf(c->arena,
	    "{attribute: %.*s, operator: %s}", STR_FMT(draft_yaml(attribute,
	    c->arena)), operator)));
	return (0);
}

/* ---- header fields ---------------------------------------------------- */

static int
check_field_name(struct conversion *c, struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == ':')
			return (convert_refuse(c, "'%.*s' is no name of a "
			    "header field", STR_FMT(name)));
	return (name.len > 0 ? 0 : convert_refuse(c, "%s is missing",
	    c->parameter->with));
}

/* Exchange has the name beside it; Purview writes { name: words }. */
static int
header_field(struct conversion *c, const char *field)
{
	const struct input_value *words = c->value;
	struct str name = input_word(convert_partner(c,
	    c->parameter->with));

	if (c->value->kind == INPUT_TABLE) {
		words = c->value->child;
		if (c->value->n != 1)
			return (convert_refuse(c, "several header fields in "
			    "one condition: write one rule for each"));
		name = words->key;
	}
	if (check_field_name(c, name) != 0)
		return (-1);
	c->item = named_item(c, name, field);
	return (convert_add_lines(c, c->item, words));
}

int
convert_header_words(struct conversion *c)
{
	return (header_field(c, "words"));
}

int
convert_header_patterns(struct conversion *c)
{
	const struct input_value *patterns = c->value->kind == INPUT_TABLE ?
	    c->value->child : c->value;

	if (patterns != NULL && convert_check_patterns(c, patterns) != 0)
		return (-1);
	return (header_field(c, "patterns"));
}

/* ---- the rest --------------------------------------------------------- */

int
convert_networks(struct conversion *c)
{
	c->item = draft_item(c->arena, c->parameter->key, true);
	for (const struct input_value *i = input_first(c->value); i != NULL;
	    i = input_next(c->value, i)) {
		const char *why = "";
		struct str line;

		if (convert_line(c, i, &line) != 0)
			return (-1);
		if (!network_is_valid(line, &why))
			return (convert_refuse(c, "'%.*s' is no address or "
			    "network such as 192.0.2.0/24: %s",
			    STR_FMT(line), why));
		draft_text(c->arena, c->item, line);
	}
	return (0);
}

int
convert_false(struct conversion *c)
{
	if (!input_is_true(c->value))
		return (convert_refuse(c, "neither true nor false"));
	c->item = draft_item(c->arena, c->parameter->key, false);
	draft_value(c->arena, c->item, STR_LIT("false"));
	return (0);
}
