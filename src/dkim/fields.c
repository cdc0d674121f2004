/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields: one pass over the header, by line.
 *
 * Runs in the gateway and the command line. Security: strangers write
 * headers; their number and size are bounded. Standards: RFC 5322 2.2.
 */
#include "dkim/fields.h"

/* Cut a line off *rest. end is where its line end starts. */
static struct str
take_line(struct str *rest)
{
	const char *nl = memchr(rest->p, '\n', rest->len);
	size_t whole = nl == NULL ? rest->len : (size_t)(nl - rest->p) + 1;
	struct str line = str_make(rest->p, whole);

	*rest = str_sub(*rest, whole, rest->len);
	if (nl != NULL)
		line.len--;
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return (line);
}

static bool
goes_on(struct str line)
{
	return (line.len > 0 && (line.p[0] == ' ' || line.p[0] == '\t'));
}

/* RFC 5322 3.6.8: printable ASCII but the colon; blanks may stand in front of
 * the colon (4.5.8). */
static bool
start_field(struct str line, struct field *out)
{
	ptrdiff_t colon = str_index(line, ':');
	struct str name;

	if (colon <= 0)
		return (false);
	name = str_trim(str_sub(line, 0, (size_t)colon));
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~')
			return (false);
	out->name = name;
	out->whole = line;
	out->value = str_sub(line, (size_t)colon + 1, line.len);
	return (name.len > 0);
}

static size_t
count_lines(struct str bytes)
{
	size_t n = 0;

	while (bytes.len > 0 && take_line(&bytes).len > 0)
		n++;
	return (n);
}

int
fields_parse(struct str bytes, struct arena *a, struct fields *out,
    struct err *err)
{
	struct fields f = { .bytes = bytes };
	struct str rest = bytes;
	struct field *last = NULL;
	size_t lines = count_lines(bytes);

	if (lines > 10 * FIELDS_MAX)
		return (err_set(err, ERR_LIMIT, "the header has more than %d "
		    "lines", 10 * FIELDS_MAX));
	f.field = arena_array(a, MIN_OF(lines, (size_t)FIELDS_MAX) + 1,
	    sizeof(*f.field));
	while (rest.len > 0) {
		struct str line = take_line(&rest);

		if (line.len == 0)
			break;
		if (goes_on(line)) {
			if (last == NULL)
				continue;
			last->whole.len = (size_t)(line.p + line.len -
			    last->whole.p);
			last->value.len = (size_t)(line.p + line.len -
			    last->value.p);
			continue;
		}
		if (f.n == FIELDS_MAX)
			return (err_set(err, ERR_LIMIT, "the header has more "
			    "than %d fields", FIELDS_MAX));
		last = start_field(line, &f.field[f.n]) ?
		    &f.field[f.n++] : NULL;
	}
	if (bytes.len - rest.len > FIELDS_HEADER_MAX)
		return (err_set(err, ERR_LIMIT, "the header is larger than "
		    "%u bytes", FIELDS_HEADER_MAX));
	f.body = rest;
	*out = f;
	return (0);
}

const struct field *
fields_find(const struct fields *f, struct str name)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq_nocase(f->field[i].name, name))
			return (&f->field[i]);
	return (NULL);
}

const struct field *
fields_from_bottom(const struct fields *f, struct str name, size_t k)
{
	for (size_t i = f->n; i > 0; i--)
		if (str_eq_nocase(f->field[i - 1].name, name) && k-- == 0)
			return (&f->field[i - 1]);
	return (NULL);
}
