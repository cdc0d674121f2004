/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv: records with quoted fields, as spreadsheets write them.
 *
 * Runs where a hash table is made. Security: the values are what the table
 * is to protect; they stay in the arena. Standards: RFC 4180.
 */
#include "scan/csv.h"

void
csv_init(struct csv *c, struct str text)
{
	ptrdiff_t end;
	struct str line;

	if (text.len >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		text = str_sub(text, 3, text.len);
	*c = (struct csv){ .in = text, .separator = ',', .next_line = 1 };
	end = str_index(text, '\n');
	line = end < 0 ? text : str_sub(text, 0, (size_t)end);
	if (str_index(line, ',') >= 0)
		return;
	if (str_index(line, ';') >= 0)
		c->separator = ';';
	else if (str_index(line, '\t') >= 0)
		c->separator = '\t';
}

static bool
is_end(const struct csv *c)
{
	return (c->at == c->in.len || c->in.p[c->at] == '\n' ||
	    c->in.p[c->at] == '\r');
}

/* Where the quoted field that begins at c->at ends; the end of the text: it
 * does not. */
static size_t
closing_quote(const struct csv *c)
{
	size_t at = c->at + 1;

	for (; at < c->in.len; at++) {
		if (c->in.p[at] != '"')
			continue;
		if (at + 1 == c->in.len || c->in.p[at + 1] != '"')
			break;
		at++;
	}
	return (at);
}

static int
quoted(struct csv *c, struct arena *a, struct str *out, struct err *err)
{
	size_t end = closing_quote(c), n = 0;
	char *to;

	if (end == c->in.len)
		return (err_set(err, ERR_INPUT, "line %u: a quote is not"
		    " closed", c->line));
	to = arena_array(a, end - c->at, 1);
	for (c->at++; c->at < end; c->at++) {
		if (c->in.p[c->at] == '\n')
			c->next_line++;
		if (c->in.p[c->at] == '"')
			c->at++;
		to[n++] = c->in.p[c->at];
	}
	c->at = end + 1;
	*out = str_trim(str_make(to, n));
	while (!is_end(c) && c->in.p[c->at] != c->separator)
		c->at++;
	return (0);
}

static struct str
plain(struct csv *c)
{
	size_t from = c->at;

	while (!is_end(c) && c->in.p[c->at] != c->separator)
		c->at++;
	return (str_trim(str_sub(c->in, from, c->at - from)));
}

static void
skip_blank_lines(struct csv *c)
{
	while (c->at < c->in.len && is_end(c)) {
		if (c->in.p[c->at] == '\n')
			c->next_line++;
		c->at++;
	}
}

int
csv_next(struct csv *c, struct arena *a, struct str *fields, size_t max,
    size_t *n, struct err *err)
{
	*n = 0;
	skip_blank_lines(c);
	c->line = c->next_line;
	if (c->at == c->in.len)
		return (0);
	for (;;) {
		if (*n == max)
			return (err_set(err, ERR_LIMIT, "line %u: more than"
			    " %zu columns", c->line, max));
		if (!is_end(c) && c->in.p[c->at] == '"') {
			if (quoted(c, a, &fields[*n], err) != 0)
				return (-1);
		} else {
			fields[*n] = plain(c);
		}
		(*n)++;
		if (is_end(c))
			return (1);
		c->at++;
	}
}
