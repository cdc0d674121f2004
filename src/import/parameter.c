/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parameter: finding the row of a name.
 *
 * Runs in the CLI. Security: a name that could mean two rows means none, so
 * its rule is disabled.
 */
#include "import/parameter.h"

#include "import/convert.h"
#include "import/parametertable.h"

static const char except_if[] = "ExceptIf";

/* Names that parameters had once, or have as properties. */
static const struct parameter_word aliases[] = {
	{ "SenderNotificationType", "NotifySender" },
};

const struct parameter *
parameter_rows(enum parameter_part part, size_t *n)
{
	switch (part) {
	case PARAMETER_CONDITION:
		return (parametertable_conditions(n));
	case PARAMETER_ACTION:
		return (parametertable_actions(n));
	case PARAMETER_PROPERTY:
		break;
	}
	return (parametertable_properties(n));
}

/* The row of that name in one part. Without one, *n_begin counts the rows
 * that begin with it, and *begin is the last of them. */
static const struct parameter *
find_in(enum parameter_part part, struct str name, unsigned source,
    const struct parameter **begin, size_t *n_begin)
{
	size_t n;
	const struct parameter *rows = parameter_rows(part, &n);

	for (size_t i = 0; i < n; i++) {
		if ((rows[i].source & source) == 0)
			continue;
		if (str_eq_nocase(str_of(rows[i].name), name))
			return (&rows[i]);
		if (str_starts_nocase(str_of(rows[i].name), name)) {
			*begin = &rows[i];
			(*n_begin)++;
		}
	}
	return (NULL);
}

static struct str
newest_name(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(aliases); i++)
		if (str_eq_nocase(name, str_of(aliases[i].from)))
			return (str_of(aliases[i].to));
	return (name);
}

const struct parameter *
parameter_find(struct str name, enum parameter_source source,
    enum parameter_part *part, bool *is_exception)
{
	const struct parameter *begin = NULL, *row;
	size_t n_begin = 0;

	name = newest_name(name);
	*is_exception = name.len > sizeof(except_if) - 1 &&
	    str_starts_nocase(name, STR_LIT(except_if));
	if (*is_exception)
		name = str_sub(name, sizeof(except_if) - 1, name.len);
	for (int p = PARAMETER_CONDITION; p <= PARAMETER_PROPERTY; p++) {
		size_t before = n_begin;

		if (*is_exception && p != PARAMETER_CONDITION)
			break;
		row = find_in((enum parameter_part)p, name, source, &begin,
		    &n_begin);
		if (row != NULL || n_begin > before)
			*part = (enum parameter_part)p;
		if (row != NULL)
			return (row);
	}
	return (n_begin == 1 ? begin : NULL);
}

bool
parameter_is_unsaid(const struct parameter *p, const struct input_value *v)
{
	bool takes_text = p != NULL && (p->convert == convert_texts ||
	    p->convert == convert_text || p->convert == convert_enabled);

	if (input_is_empty(v))
		return (v == NULL || v->kind != INPUT_TRUTH ||
		    !takes_text || p->convert != convert_enabled);
	return (!takes_text && v->kind == INPUT_TEXT &&
	    str_eq_nocase(str_trim(v->text), STR_LIT("False")));
}

/* ---- the manual page -------------------------------------------------- */

static void
write_row(const struct parameter *p, struct buf *out)
{
	static const char *const words[] = { "", "nearly: ", "ignored: ",
		"rule disabled: " };

	buf_printf(out, ".It Li %s\n", p->name);
	if (p->fate <= PARAMETER_APPROXIMATED && p->key != NULL)
		buf_printf(out, ".Li %s%s\n", p->key, p->note != NULL ?
		    " :" : "");
	if (p->note != NULL)
		buf_printf(out, "%s%s\n", words[p->fate], p->note);
	else if (p->key == NULL)
		buf_z(out, "see below\n");
}

void
parameter_write_mdoc(struct buf *out)
{
	static const char *const titles[] = {
		"Conditions, and exceptions with ExceptIf in front",
		"Actions", "Properties" };

	for (int part = PARAMETER_CONDITION; part <= PARAMETER_PROPERTY;
	    part++) {
		size_t n;
		const struct parameter *rows =
		    parameter_rows((enum parameter_part)part, &n);

		buf_printf(out, ".Ss %s\n.Bl -tag -width Ds -compact\n",
		    titles[part]);
		for (size_t i = 0; i < n; i++)
			write_row(&rows[i], out);
		buf_z(out, ".El\n");
	}
}
