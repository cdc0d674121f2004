/* SPDX-License-Identifier: Apache-2.0 */
/*
 * psvalue: the literal values of a PowerShell line.
 *
 * Runs in the CLI. Security: the line comes from an export file. What is not
 * a literal is refused, so nothing is guessed about what it would have been.
 */
#include "import/psread.h"

static int
take_value(struct psread *r)
{
	if (++r->n_values > INPUT_MAX_VALUES)
		return (err_set(r->err, ERR_LIMIT, "more than %d values",
		    INPUT_MAX_VALUES));
	return (0);
}

static int
read_text(struct psread *r, struct input_value **out)
{
	struct str text;
	size_t len;
	enum sign sign = psread_sign_here(r, &len);
	int rc = sign == SIGN_SINGLE ? psread_single(r, &text) :
	    sign == SIGN_DOUBLE ? psread_double(r, &text) :
	    psread_bare(r, false, &text);

	if (rc != 0)
		return (-1);
	if (!psread_ends_word(r))
		return (psread_refuse(r, "text directly behind a text is not "
		    "read"));
	*out = input_text(r->arena, text);
	return (0);
}

static int
read_constant(struct psread *r, struct input_value **out)
{
	struct str word;
	size_t start = r->at, end = r->at + 1;

	while (end < r->s.len && ascii_is_alpha(r->s.p[end]))
		end++;
	word = str_sub(r->s, start, end - start);
	r->at = end;
	if (psread_ends_word(r)) {
		if (str_eq_nocase(word, STR_LIT("$null")))
			*out = input_new(r->arena, INPUT_NULL);
		else if (str_eq_nocase(word, STR_LIT("$true")))
			*out = input_truth(r->arena, true);
		else if (str_eq_nocase(word, STR_LIT("$false")))
			*out = input_truth(r->arena, false);
		if (*out != NULL)
			return (0);
	}
	r->at = start;
	return (psread_refuse(r, psread_peek(r, 1) == '(' ?
	    "$( ) is not evaluated" : "a variable is not evaluated"));
}

/* Behind the opening parenthesis. */
static int
read_array(struct psread *r, struct input_value **out)
{
	struct input_value *list = input_new(r->arena, INPUT_LIST);

	(void)psread_skip_blanks(r, true);
	while (psread_peek(r, 0) != ')') {
		struct input_value *some = NULL;
		bool crossed;

		if (psread_is_end(r))
			return (psread_refuse(r, "a parenthesis has no end"));
		if (psread_list(r, &some) != 0)
			return (-1);
		if (some->kind == INPUT_LIST && some->child != NULL) {
			for (struct input_value *c = some->child, *next;
			    c != NULL; c = next) {
				next = c->next;
				c->next = NULL;
				input_add(list, c);
			}
		} else if (some->kind != INPUT_LIST) {
			input_add(list, some);
		}
		crossed = psread_skip_blanks(r, true);
		if (!crossed && psread_peek(r, 0) != ')')
			return (psread_refuse(r, "only literal values are read "
			    "in a list"));
	}
	r->at++;
	*out = list;
	return (0);
}

static int
read_key(struct psread *r, struct str *out)
{
	size_t len;
	enum sign sign = psread_sign_here(r, &len);

	if (psread_is_end(r))
		return (psread_refuse(r, "@{ has no end"));
	if (sign == SIGN_SINGLE)
		return (psread_single(r, out));
	if (sign == SIGN_DOUBLE)
		return (psread_double(r, out));
	return (psread_bare(r, true, out));
}

static void
skip_between(struct psread *r)
{
	(void)psread_skip_blanks(r, true);
	while (psread_peek(r, 0) == ';') {
		r->at++;
		(void)psread_skip_blanks(r, true);
	}
}

/* Behind "@{". */
static int
read_table(struct psread *r, struct input_value **out)
{
	struct input_value *table = input_new(r->arena, INPUT_TABLE);

	for (skip_between(r); psread_peek(r, 0) != '}'; skip_between(r)) {
		struct input_value *v = NULL;
		struct str key;
		size_t before;

		if (read_key(r, &key) != 0)
			return (-1);
		(void)psread_skip_blanks(r, false);
		if (psread_peek(r, 0) != '=')
			return (psread_refuse(r, "= expected in @{ }"));
		r->at++;
		(void)psread_skip_blanks(r, true);
		if (input_get(table, key.p) != NULL)
			return (psread_refuse(r, "a key of @{ } comes twice"));
		if (psread_list(r, &v) != 0)
			return (-1);
		input_put(r->arena, table, key, v);
		before = r->at;
		skip_between(r);
		if (r->at == before && psread_peek(r, 0) != '}')
			return (psread_refuse(r, "; or } expected in @{ }"));
	}
	r->at++;
	*out = table;
	return (0);
}

static int
read_group(struct psread *r, struct input_value **out)
{
	bool is_table = psread_peek(r, 0) == '@' && psread_peek(r, 1) == '{';
	int rc;

	if (psread_peek(r, 0) == '@' && !is_table && psread_peek(r, 1) != '(') {
		size_t len;
		enum sign sign = psread_sign_at(r->s, r->at + 1, &len);

		return (psread_refuse(r, sign == SIGN_SINGLE ||
		    sign == SIGN_DOUBLE ? "a here-string is not read" :
		    "splatting (@name) is not evaluated"));
	}
	if (++r->depth > INPUT_MAX_DEPTH)
		return (err_set(r->err, ERR_LIMIT, "values are nested too "
		    "deep"));
	r->at += psread_peek(r, 0) == '@' ? 2 : 1;
	rc = is_table ? read_table(r, out) : read_array(r, out);
	r->depth--;
	return (rc);
}

static int
read_item(struct psread *r, struct input_value **out)
{
	if (take_value(r) != 0)
		return (-1);
	switch (psread_peek(r, 0)) {
	case '@':
	case '(':
		return (read_group(r, out));
	case '$':
		return (read_constant(r, out));
	case '{':
		return (psread_refuse(r, "a script block is not run"));
	case ';':
		return (psread_refuse(r, "; begins another command"));
	case '#':
		return (psread_refuse(r, "a comment is not read"));
	default:
		return (read_text(r, out));
	}
}

/* One value, or several with commas between them. */
int
psread_list(struct psread *r, struct input_value **out)
{
	struct input_value *first = NULL, *list = NULL;

	if (read_item(r, &first) != 0)
		return (-1);
	for (;;) {
		struct input_value *more = NULL;
		size_t before = r->at;

		(void)psread_skip_blanks(r, false);
		if (psread_peek(r, 0) != ',') {
			r->at = before;
			break;
		}
		r->at++;
		(void)psread_skip_blanks(r, true);
		if (read_item(r, &more) != 0)
			return (-1);
		if (list == NULL) {
			list = input_new(r->arena, INPUT_LIST);
			input_add(list, first);
		}
		input_add(list, more);
	}
	*out = list != NULL ? list : first;
	return (0);
}
