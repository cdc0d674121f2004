/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scanner: where header fields and multipart delimiters stand in the bytes.
 *
 * Runs in the gateway. Security: reads what anybody sent; every loop moves
 * forward, so its time is linear in the bytes whatever they are, and header
 * blocks have limits. Bytes may hold NUL.
 * Standards: RFC 5322 2.2, RFC 2046 5.1.1.
 */
#include "mime/scanner.h"

size_t
scanner_next_line(struct str bytes, size_t at)
{
	const char *hit = memchr(bytes.p + at, '\n', bytes.len - at);

	return (hit != NULL ? (size_t)(hit - bytes.p) + 1 : bytes.len);
}

/* [at, next) without its CRLF or LF. */
static struct str
line_text(struct str bytes, size_t at, size_t next)
{
	struct str line = str_make(bytes.p + at, next - at);

	if (line.len > 0 && line.p[line.len - 1] == '\n')
		line.len--;
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return (line);
}

/* Does "--" text ["--"] blanks stand here? */
static bool
is_delimiter(struct str line, struct str text, bool *is_close)
{
	size_t at = 2 + text.len;

	if (line.len < at || memcmp(line.p + 2, text.p, text.len) != 0)
		return (false);
	*is_close = line.len >= at + 2 && line.p[at] == '-' &&
	    line.p[at + 1] == '-';
	if (*is_close)
		at += 2;
	while (at < line.len && (line.p[at] == ' ' || line.p[at] == '\t'))
		at++;
	return (at == line.len);
}

/* Is the line at `at`, which begins with "--", a delimiter? Fills out. */
static bool
match_line(struct str bytes, size_t at, const struct scanner_boundary *inner,
    struct scanner_stop *out)
{
	size_t next = scanner_next_line(bytes, at);
	struct str line = line_text(bytes, at, next);

	for (; inner != NULL; inner = inner->up) {
		bool is_close;

		if (!is_delimiter(line, inner->text, &is_close))
			continue;
		*out = (struct scanner_stop){ inner, is_close, at, next };
		return (true);
	}
	return (false);
}

static bool
is_dashes(struct str bytes, size_t at)
{
	return (at + 2 <= bytes.len && bytes.p[at] == '-' &&
	    bytes.p[at + 1] == '-');
}

void
scanner_stop(struct str bytes, size_t at, const struct scanner_boundary *inner,
    struct scanner_stop *out)
{
	bool at_start = true;

	*out = (struct scanner_stop){ NULL, false, bytes.len, bytes.len };
	if (inner == NULL)
		return;
	/* Base64 has no hyphen, so most attachments are one memchr(). */
	while (at < bytes.len) {
		const char *hit;

		if (at_start && is_dashes(bytes, at)) {
			if (match_line(bytes, at, inner, out))
				return;
			at = scanner_next_line(bytes, at);
			continue;
		}
		hit = memchr(bytes.p + at, '-', bytes.len - at);
		if (hit == NULL)
			return;
		at = (size_t)(hit - bytes.p);
		at_start = at > 0 && hit[-1] == '\n' && is_dashes(bytes, at);
		if (!at_start) {
			at = scanner_next_line(bytes, at);
			at_start = true;
		}
	}
}

size_t
scanner_body_end(struct str bytes, size_t from, const struct scanner_stop *stop)
{
	size_t end = stop->line;

	if (stop->boundary == NULL)
		return (end);
	if (end > from && bytes.p[end - 1] == '\n')
		end--;
	if (end > from && bytes.p[end - 1] == '\r')
		end--;
	return (end);
}

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t');
}

/* Length of a field name, blanks in front of the colon not counted; 0 when
 * the line is no field. RFC 5322 3.6.8: printable ASCII but the colon. */
static size_t
field_name(struct str line, size_t *colon)
{
	size_t n = 0;

	while (n < line.len && line.p[n] > ' ' && line.p[n] < 0x7f &&
	    line.p[n] != ':')
		n++;
	*colon = n;
	while (*colon < line.len && is_blank(line.p[*colon]))
		(*colon)++;
	return (*colon < line.len && line.p[*colon] == ':' ? n : 0);
}

/* A walk over the lines of one header block. */
struct walk {
	struct str bytes;
	const struct scanner_boundary *inner;
	size_t at;
	bool is_odd;	/* there was a line that is no field */
};

enum line_kind { LINE_FIELD, LINE_EMPTY, LINE_DELIMITER, LINE_ODD, LINE_NONE };

/* What stands at `at`; name and colon are set for a field. */
static enum line_kind
look(const struct walk *w, size_t at, struct str *line, size_t *name,
    size_t *colon)
{
	struct scanner_stop stop;

	if (at >= w->bytes.len)
		return (LINE_NONE);
	if (is_dashes(w->bytes, at) &&
	    match_line(w->bytes, at, w->inner, &stop))
		return (LINE_DELIMITER);
	*line = line_text(w->bytes, at, scanner_next_line(w->bytes, at));
	if (line->len == 0)
		return (LINE_EMPTY);
	*name = field_name(*line, colon);
	return (*name > 0 ? LINE_FIELD : LINE_ODD);
}

/* Behind the line at `at` and the lines that continue it. */
static size_t
next_unfolded(struct str bytes, size_t at)
{
	do
		at = scanner_next_line(bytes, at);
	while (at < bytes.len && is_blank(bytes.p[at]));
	return (at);
}

/*
 * The next field; false at the end of the block, with w->at at the body. One
 * line that is no field but has one behind it is damage, and is passed over
 * as mail programs do; else the empty line is missing and the body begins.
 */
static bool
next_field(struct walk *w, struct letter_field *out)
{
	size_t next, colon = 0, n = 0;
	struct str line;
	enum line_kind kind = look(w, w->at, &line, &n, &colon);

	if (kind == LINE_ODD) {
		w->is_odd = true;
		next = next_unfolded(w->bytes, w->at);
		kind = look(w, next, &line, &n, &colon);
		if (kind != LINE_FIELD)
			return (false);
		w->at = next;
	}
	if (kind == LINE_EMPTY)
		w->at = scanner_next_line(w->bytes, w->at);
	if (kind != LINE_FIELD)
		return (false);
	next = next_unfolded(w->bytes, w->at);
	out->name = str_sub(line, 0, n);
	out->raw = line_text(w->bytes, w->at + colon + 1, next);
	w->at = next;
	return (true);
}

size_t
scanner_preface(struct str bytes, size_t at)
{
	struct str rest = str_sub(bytes, at, bytes.len);

	if (str_starts_nocase(rest, STR_LIT("From ")) ||
	    str_starts_nocase(rest, STR_LIT(">From ")))
		at = scanner_next_line(bytes, at);
	return (at);
}

static int
check_limits(const struct walk *w, size_t start, size_t n,
    const struct letter_field *field, struct err *err)
{
	if (field->raw.len > LETTER_MAX_FIELD_BYTES)
		return (err_set(err, ERR_LIMIT,
		    "a header field is larger than %u bytes",
		    LETTER_MAX_FIELD_BYTES));
	if (w->at - start > LETTER_MAX_HEADER_BYTES)
		return (err_set(err, ERR_LIMIT,
		    "a header block is larger than %u bytes",
		    LETTER_MAX_HEADER_BYTES));
	if (n > LETTER_MAX_FIELDS)
		return (err_set(err, ERR_LIMIT,
		    "a header block has more than %d fields",
		    LETTER_MAX_FIELDS));
	return (0);
}

int
scanner_fields(struct str bytes, size_t *at,
    const struct scanner_boundary *inner, struct arena *a,
    struct letter_part *part, struct err *err)
{
	size_t start = scanner_preface(bytes, *at), n = 0;
	struct walk w = { bytes, inner, start, false };
	struct letter_field field, *fields;

	while (next_field(&w, &field))
		if (check_limits(&w, start, ++n, &field, err) != 0)
			return (-1);
	fields = arena_array(a, n, sizeof(*fields));
	w.at = start;
	for (size_t i = 0; i < n; i++)
		must(next_field(&w, &fields[i]));
	(void)next_field(&w, &field);
	if (w.is_odd)
		part->ambiguous |= LETTER_AMBIGUOUS_HEADER;
	part->fields = fields;
	part->n_fields = n;
	*at = w.at;
	return (0);
}
