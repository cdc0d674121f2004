/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convertletter: actions that change the message: subject, header fields,
 * disclaimers.
 *
 * Runs in the CLI. Security: see convert.c.
 */
#include "import/convert.h"

static bool
is_field_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == ':')
			return (false);
	return (s.len > 0);
}

static int
add_field(struct conversion *c, struct str name, struct str value)
{
	if (!is_field_name(name))
		return (convert_refuse(c, "'%.*s' is no name of a header "
		    "field", STR_FMT(name)));
	draft_value(c->arena, c->item, str_of(arena_printf(c->arena,
	    "%.*s: %.*s", STR_FMT(draft_yaml(name, c->arena)),
	    STR_FMT(draft_yaml(value, c->arena)))));
	return (0);
}

/* "Name:Value" */
static int
add_line(struct conversion *c, const struct input_value *v)
{
	struct str line;
	ptrdiff_t colon;

	if (convert_line(c, v, &line) != 0)
		return (-1);
	colon = str_index(line, ':');
	return (add_field(c, str_trim(str_sub(line, 0, colon > 0 ?
	    (size_t)colon : 0)), str_trim(str_sub(line, (size_t)(colon + 1),
	    line.len))));
}

int
convert_set_header(struct conversion *c)
{
	struct str name, value;

	c->item = draft_item(c->arena, c->parameter->key, false);
	c->item->open = STR_LIT("{");
	c->item->close = STR_LIT("}");
	if (c->parameter->with != NULL) {
		const struct input_value *v = convert_partner(c,
		    c->parameter->with);

		if (v == NULL)
			return (convert_refuse(c, "%s is missing",
			    c->parameter->with));
		if (convert_line(c, c->value, &name) != 0 ||
		    convert_line(c, v, &value) != 0)
			return (-1);
		return (add_field(c, name, value));
	}
	for (const struct input_value *i = c->value->kind == INPUT_TABLE ?
	    c->value->child : input_first(c->value); i != NULL;
	    i = c->value->kind == INPUT_TEXT ? NULL : i->next)
		if ((c->value->kind == INPUT_TABLE ? add_field(c, i->key,
		    input_word(i)) : add_line(c, i)) != 0)
			return (-1);
	return (0);
}

/* ---- disclaimers ------------------------------------------------------ */

static const struct parameter_word positions[] = { { "Append", "append" },
	{ "Prepend", "prepend" }, { NULL, NULL } };
static const struct parameter_word fallbacks[] = { { "Wrap", "wrap" },
	{ "Ignore", "ignore" }, { "Reject", "reject" }, { NULL, NULL } };

static int
word_or(struct conversion *c, const struct parameter_word *words,
    struct str from, const char *otherwise, const char **out)
{
	*out = from.len == 0 ? otherwise : convert_word(words, from);
	if (*out == NULL)
		return (convert_refuse(c, "'%.*s' is not known",
		    STR_FMT(from)));
	return (0);
}

/* Exchange has three parameters, Purview a table. */
int
convert_disclaimer(struct conversion *c)
{
	bool is_table = c->value->kind == INPUT_TABLE;
	struct str text = input_prose(is_table ? input_get(c->value,
	    "Text") : c->value, c->arena);
	struct str position = is_table ? input_get_text(c->value,
	    "Position") : input_get_text(c->rule,
	    "ApplyHtmlDisclaimerLocation");
	struct str fallback = is_table ? input_get_text(c->value,
	    "FallbackAction") : input_get_text(c->rule,
	    "ApplyHtmlDisclaimerFallbackAction");
	const char *where, *how;

	if (text.len == 0)
		return (convert_refuse(c, "a text is missing"));
	if (word_or(c, positions, position, "append", &where) != 0 ||
	    word_or(c, fallbacks, fallback, "wrap", &how) != 0)
		return (-1);
	c->item = draft_item(c->arena, c->parameter->key, false);
	draft_value(c->arena, c->item, str_of(arena_printf(c->arena,
	    "{html: %.*s, position: %s, fallback: %s}",
	    STR_FMT(draft_yaml(text, c->arena)), where, how)));
	return (0);
}

/* @{Patterns; SubjectText; ReplaceStrategy}: text can only go in front. */
int
convert_modify_subject(struct conversion *c)
{
	struct str text = input_prose(input_get(c->value, "SubjectText"),
	    c->arena);
	struct str strategy = input_get_text(c->value, "ReplaceStrategy");

	if (text.len == 0)
		return (convert_nearly(c, "the subject stays as it is: "
		    "nothing can be cut out of it"));
	c->item = draft_item(c->arena, c->parameter->key, false);
	draft_text(c->arena, c->item, text);
	if (!str_eq_nocase(strategy, STR_LIT("Prepend")))
		return (convert_nearly(c, "the text is put in front of the "
		    "subject, nothing is cut out of it"));
	return (0);
}
