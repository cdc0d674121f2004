/* SPDX-License-Identifier: Apache-2.0 */
/*
 * powershell: a reader of one command line that has no way to run anything.
 *
 * Runs in the CLI. Security: the line comes from an export file. What is not
 * a literal is refused, so nothing is guessed about what it would have been.
 * Standards: none; PowerShell's own rules of quoting.
 */
#include "import/powershell.h"

#include "base/enc.h"
#include "import/psread.h"

#define NAME_MAX_BYTES 128	/* of a parameter */

static int
check_line(struct str line, struct err *err)
{
	if (line.len > POWERSHELL_MAX_BYTES)
		return (err_set(err, ERR_LIMIT, "a command is longer than %u "
		    "bytes", POWERSHELL_MAX_BYTES));
	if (!enc_is_utf8(line) || str_index(line, '\0') >= 0)
		return (err_set(err, ERR_INPUT, "the command is not a text"));
	return (0);
}

/* A dash and a letter: "-1" is a value. */
static bool
is_parameter(const struct psread *r, size_t *dash)
{
	char c;

	if (psread_sign_here(r, dash) != SIGN_DASH)
		return (false);
	c = psread_peek(r, *dash);
	return (ascii_is_alpha(c) || c == '_');
}

static int
read_name(struct psread *r, size_t dash, struct str *out)
{
	size_t start = r->at + dash, end = start;

	while (end < r->s.len && (ascii_is_alpha(r->s.p[end]) ||
	    ascii_is_digit(r->s.p[end]) || r->s.p[end] == '_'))
		end++;
	if (end - start > NAME_MAX_BYTES)
		return (psread_refuse(r, "a parameter's name is too long"));
	*out = arena_str(r->arena, str_sub(r->s, start, end - start));
	r->at = end;
	return (0);
}

static int
read_parameter(struct psread *r, size_t dash, struct input_value *table)
{
	struct input_value *v = NULL;
	struct str name;
	bool has_colon;

	if (read_name(r, dash, &name) != 0)
		return (-1);
	if (input_get(table, name.p) != NULL)
		return (psread_refuse(r, "a parameter comes twice"));
	has_colon = psread_peek(r, 0) == ':';
	if (has_colon)
		r->at++;
	else if (!psread_ends_word(r))
		return (psread_refuse(r, "a parameter's name ends oddly"));
	(void)psread_skip_blanks(r, false);
	if (!has_colon && (psread_is_end(r) || is_parameter(r, &dash) ||
	    psread_line_end(r->s, r->at) > 0))
		v = input_truth(r->arena, true);
	else if (psread_list(r, &v) != 0)
		return (-1);
	input_put(r->arena, table, name, v);
	return (0);
}

/* Nothing may follow a line end but line ends: it would be a command. */
static int
skip_to_next(struct psread *r)
{
	(void)psread_skip_blanks(r, false);
	if (psread_line_end(r->s, r->at) == 0)
		return (0);
	(void)psread_skip_blanks(r, true);
	if (!psread_is_end(r))
		return (psread_refuse(r, "another command on a line of its "
		    "own"));
	return (0);
}

int
powershell_parse(struct str line, struct arena *a,
    struct powershell_command *out, struct err *err)
{
	struct psread r = { .s = line, .arena = a, .err = err };
	struct powershell_command c;
	size_t dash;

	if (check_line(line, err) != 0)
		return (-1);
	c.parameters = input_new(a, INPUT_TABLE);
	(void)psread_skip_blanks(&r, true);
	if (psread_bare(&r, false, &c.cmdlet) != 0)
		return (-1);
	for (;;) {
		if (skip_to_next(&r) != 0)
			return (-1);
		if (psread_is_end(&r))
			break;
		if (!is_parameter(&r, &dash)) {
			struct input_value *stray = NULL;

			/* Say what it is where it is something to run. */
			if (psread_list(&r, &stray) != 0)
				return (-1);
			return (psread_refuse(&r, "a value without a "
			    "parameter"));
		}
		if (read_parameter(&r, dash, c.parameters) != 0)
			return (-1);
	}
	*out = c;
	return (0);
}

int
powershell_value(struct str text, struct arena *a, struct input_value **out,
    struct err *err)
{
	struct psread r = { .s = text, .arena = a, .err = err };
	struct input_value *v = NULL;

	if (check_line(text, err) != 0)
		return (-1);
	(void)psread_skip_blanks(&r, true);
	if (psread_list(&r, &v) != 0)
		return (-1);
	(void)psread_skip_blanks(&r, true);
	if (!psread_is_end(&r))
		return (psread_refuse(&r, "something behind the value"));
	*out = v;
	return (0);
}

void
powershell_quote_single(struct str text, struct buf *out)
{
	buf_char(out, '\'');
	for (size_t i = 0, len; i < text.len; i += len) {
		enum sign sign = psread_sign_at(text, i, &len);

		if (sign == SIGN_SINGLE)
			buf_append(out, text.p + i, len);
		buf_append(out, text.p + i, len);
	}
	buf_char(out, '\'');
}

void
powershell_quote_double(struct str text, struct buf *out)
{
	buf_char(out, '"');
	for (size_t i = 0, len; i < text.len; i += len) {
		enum sign sign = psread_sign_at(text, i, &len);

		if (sign == SIGN_DOUBLE || text.p[i] == '$' ||
		    text.p[i] == '`') {
			/* A curly quote is escaped by itself. */
			if (sign == SIGN_DOUBLE)
				buf_append(out, text.p + i, len);
			else
				buf_char(out, '`');
		}
		buf_append(out, text.p + i, len);
	}
	buf_char(out, '"');
}
