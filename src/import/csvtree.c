/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csvtree: comma-separated values with quotes and line ends inside them.
 *
 * Runs in the CLI. Security: the file is whatever somebody was sent; columns
 * and values are bounded.
 * Standards: RFC 4180, and the type line of PowerShell.
 */
#include "import/csvtree.h"

#include "base/buf.h"

struct cursor {
	struct str s;
	size_t at;
	unsigned line;
	unsigned row;		/* line where the row begins */
	char comma;
	size_t n_values;
	struct arena *arena;
	struct err *err;
};

static bool
is_end(const struct cursor *c)
{
	return (c->at >= c->s.len);
}

/* Take a line end, if one is here. */
static bool
take_line_end(struct cursor *c)
{
	size_t before = c->at;

	if (!is_end(c) && c->s.p[c->at] == '\r')
		c->at++;
	if (!is_end(c) && c->s.p[c->at] == '\n')
		c->at++;
	if (c->at == before)
		return (false);
	c->line++;
	return (true);
}

static int
read_quoted(struct cursor *c, struct buf *out)
{
	unsigned start = c->line;

	for (c->at++; !is_end(c); c->at++) {
		char letter = c->s.p[c->at];

		c->line += letter == '\n';
		if (letter == '"') {
			c->at++;
			if (is_end(c) || c->s.p[c->at] != '"')
				return (0);
		}
		buf_char(out, letter);
	}
	return (err_set(c->err, ERR_INPUT, "line %u: a quote has no end",
	    start));
}

static int
read_cell(struct cursor *c, struct str *out)
{
	AUTO_BUF struct buf b = BUF_INIT(INPUT_MAX_BYTES);

	if (++c->n_values > INPUT_MAX_VALUES)
		return (err_set(c->err, ERR_LIMIT, "more than %d values",
		    INPUT_MAX_VALUES));
	if (!is_end(c) && c->s.p[c->at] == '"' && read_quoted(c, &b) != 0)
		return (-1);
	while (!is_end(c) && c->s.p[c->at] != c->comma &&
	    c->s.p[c->at] != '\r' && c->s.p[c->at] != '\n')
		buf_char(&b, c->s.p[c->at++]);
	*out = arena_str(c->arena, buf_view(&b));
	return (0);
}

/* Cells up to the line's end; *n is how many. */
static int
read_row(struct cursor *c, struct str *cells, size_t *n)
{
	c->row = c->line;
	for (*n = 0;;) {
		if (*n == CSVTREE_MAX_COLUMNS)
			return (err_set(c->err, ERR_LIMIT, "line %u: more "
			    "than %d columns", c->line, CSVTREE_MAX_COLUMNS));
		if (read_cell(c, &cells[(*n)++]) != 0)
			return (-1);
		if (is_end(c) || take_line_end(c))
			return (0);
		c->at++;
	}
}

static void
skip_type_line(struct cursor *c)
{
	if (!str_starts_nocase(c->s, STR_LIT("#TYPE")) &&
	    !str_starts_nocase(c->s, STR_LIT("\"#TYPE")))
		return;
	while (!is_end(c) && c->s.p[c->at] != '\n')
		c->at++;
	(void)take_line_end(c);
}

/* What separates the names of the first line. */
static char
find_comma(const struct cursor *c)
{
	struct str rest = str_sub(c->s, c->at, c->s.len), line;
	ptrdiff_t comma, semicolon;

	if (!str_next(&rest, '\n', &line))
		return (',');
	comma = str_index(line, ',');
	semicolon = str_index(line, ';');
	return (semicolon >= 0 && (comma < 0 || semicolon < comma) ? ';' :
	    ',');
}

static int
add_row(struct cursor *c, const struct str *names, size_t n_names,
    const struct str *cells, size_t n, struct input_value *list)
{
	struct input_value *table = input_new(c->arena, INPUT_TABLE);

	if (n == 1 && cells[0].len == 0)
		return (0);	/* an empty line */
	if (n != n_names)
		return (err_set(c->err, ERR_INPUT, "line %u: %zu values for "
		    "%zu columns", c->row, n, n_names));
	for (size_t i = 0; i < n; i++)
		input_put(c->arena, table, names[i],
		    input_text(c->arena, cells[i]));
	input_add(list, table);
	return (0);
}

int
csvtree_read(struct str text, struct arena *a, struct input_value **root,
    struct err *err)
{
	struct cursor c = { .s = text, .line = 1, .arena = a, .err = err };
	struct str *names = arena_array(a, CSVTREE_MAX_COLUMNS,
	    sizeof(*names));
	struct str *cells = arena_array(a, CSVTREE_MAX_COLUMNS,
	    sizeof(*cells));
	struct input_value *list = input_new(a, INPUT_LIST);
	size_t n_names, n;

	if (text.len > INPUT_MAX_BYTES)
		return (err_set(err, ERR_LIMIT, "more than %u bytes",
		    INPUT_MAX_BYTES));
	skip_type_line(&c);
	c.comma = find_comma(&c);
	if (read_row(&c, names, &n_names) != 0)
		return (-1);
	while (!is_end(&c)) {
		if (read_row(&c, cells, &n) != 0 ||
		    add_row(&c, names, n_names, cells, n, list) != 0)
			return (-1);
	}
	*root = list;
	return (0);
}
