/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patternpiece: characters, escapes and classes of an expression.
 *
 * Runs where a policy is compiled. Security: see pattern.c. Standards: the
 * common subset of Boost.Regex, PCRE2 and Hyperscan.
 */
#include "scan/letters.h"
#include "scan/normal.h"
#include "scan/patternparser.h"

bool
parser_has(const struct pattern_parser *p, const char *what)
{
	size_t len = strlen(what);

	return (p->at + len <= p->in.len &&
	    memcmp(p->in.p + p->at, what, len) == 0);
}

char
parser_peek(const struct pattern_parser *p)
{
	return (p->at < p->in.len ? p->in.p[p->at] : '\0');
}

void
parser_take(struct pattern_parser *p, size_t n)
{
	struct str s = str_sub(p->in, p->at, n);

	buf_str(&p->out, s);
	p->at += s.len;
}

/* One character of the text, made normal. */
unsigned
parser_take_char(struct pattern_parser *p)
{
	char bytes[4];
	size_t len;
	unsigned raw = letters_get(p->in.p + p->at, p->in.p + p->in.len, &len);
	unsigned c = normal_char(raw);

	p->at += len;
	/* A dash of another kind may stand in a class. */
	if (c == '-' && raw != '-')
		buf_char(&p->out, '\\');
	buf_append(&p->out, bytes, letters_put(c, bytes));
	if (c >= 0x80)
		p->facts->needs_utf = true;
	return (c);
}

/* ---- escapes ---------------------------------------------------------- */

/* \xHH and \x{H…}; behind the x. */
static unsigned
take_hex(struct pattern_parser *p)
{
	unsigned c = 0;
	size_t max = 2;
	bool in_braces = parser_peek(p) == '{';
	char bytes[4];

	if (in_braces) {
		p->at++;
		max = 6;
	}
	for (; max > 0; max--, p->at++) {
		char h = ascii_lower(parser_peek(p));

		if (ascii_is_digit(h))
			c = c << 4 | (unsigned)(h - '0');
		else if (h >= 'a' && h <= 'f')
			c = c << 4 | (unsigned)(h - 'a' + 10);
		else
			break;
	}
	if (in_braces && parser_peek(p) == '}')
		p->at++;
	else if (in_braces)
		p->refused = "has a malformed \\x{…}";
	c = normal_char(c);
	if (c < 0x80) {
		buf_printf(&p->out, "\\x%02x", c);
	} else {
		p->facts->needs_utf = true;
		buf_append(&p->out, bytes, letters_put(c, bytes));
	}
	return (c);
}

/* What a class escape stands for; `is_class`: inside brackets. */
static struct pattern_shape
take_class_escape(struct pattern_parser *p, char c)
{
	struct pattern_shape s = { 0 };

	if (c == 'd')
		s.digits = 1;
	else if (c != 's')
		p->facts->needs_utf = true;
	parser_take(p, 2);
	if ((c == 'p' || c == 'P') && parser_peek(p) == '{') {
		ptrdiff_t end = str_index(str_sub(p->in, p->at, 64), '}');

		if (end < 0)
			p->facts->is_strange = true;
		else
			parser_take(p, (size_t)end + 1);
	} else if (c == 'p' || c == 'P') {
		parser_take(p, 1);
	}
	return (s);
}

/* What an escape says about the whole expression. */
static void
note_escape(struct pattern_parser *p, char c)
{
	if (c == 'K')
		p->refused = "uses \\K";
	if (c != '\0' && strchr("AZzB", c) != NULL)
		p->facts->has_anchor = true;
	else if (ascii_is_alpha(c) && strchr("tnrfea", c) == NULL)
		p->facts->is_strange = true;	/* \Q \R \X \G \g \k … */
	else if (c >= '1' && c <= '9')
		p->facts->is_strange = true;	/* refers back */
}

struct pattern_shape
parser_take_escape(struct pattern_parser *p)
{
	struct pattern_shape s = { 0 };
	char c = p->at + 1 < p->in.len ? p->in.p[p->at + 1] : '\0';

	if (c != '\0' && strchr("dDsSwWpPhHvVN", c) != NULL)
		return (take_class_escape(p, c));
	if (c == 'x') {
		p->at += 2;
		(void)take_hex(p);
		return (s);
	}
	note_escape(p, c);
	if ((uint8_t)c >= 0x80) {
		p->at++;
		(void)parser_take_char(p);
		return (s);
	}
	parser_take(p, 2);
	s.is_letter = c != '\0' && !ascii_is_alpha(c) && !ascii_is_digit(c);
	return (s);
}

/* ---- classes ---------------------------------------------------------- */

/* [:alpha:] and such. */
static bool
take_posix(struct pattern_parser *p, struct pattern_shape *s)
{
	ptrdiff_t end;

	if (!parser_has(p, "[:") && !parser_has(p, "[.") &&
	    !parser_has(p, "[="))
		return (false);
	if (parser_has(p, "[:digit:]"))
		s->digits = 1;
	else if (!parser_has(p, "[:space:]"))
		p->facts->needs_utf = true;
	end = str_index(str_sub(p->in, p->at, 32), ']');
	if (end < 0)
		p->facts->is_strange = true;
	parser_take(p, end < 0 ? 2 : (size_t)end + 1);
	return (true);
}

static struct pattern_shape
take_class_item(struct pattern_parser *p)
{
	struct pattern_shape s = { 0 };
	unsigned c;

	if (take_posix(p, &s))
		return (s);
	if (parser_peek(p) == '\\') {
		if (parser_has(p, "\\b")) {
			parser_take(p, 2);
			return (s);
		}
		return (parser_take_escape(p));
	}
	c = parser_take_char(p);
	s.digits = c >= '0' && c <= '9';
	return (s);
}

/* A class is all digits when all its items are, and each dash is between two
 * of them: "0-9", but not "0-9-" or "-5". */
static bool
class_is_digits(struct pattern_parser *p, size_t from)
{
	enum { NOTHING, ONE, RANGE, OPEN } last = NOTHING;
	bool all = true;

	while (p->at < p->in.len && (parser_peek(p) != ']' || p->at == from)) {
		if (parser_peek(p) == '-') {
			all = all && last == ONE;
			last = OPEN;
			parser_take(p, 1);
			continue;
		}
		if (take_class_item(p).digits == 0)
			all = false;
		last = last == OPEN ? RANGE : ONE;
	}
	return (all && last != OPEN && last != NOTHING);
}

struct pattern_shape
parser_take_class(struct pattern_parser *p)
{
	struct pattern_shape all = { 0 };
	bool is_negated;

	parser_take(p, 1);
	is_negated = parser_peek(p) == '^';
	if (is_negated) {
		parser_take(p, 1);
		p->facts->needs_utf = true;
	}
	all.digits = class_is_digits(p, p->at) && !is_negated;
	if (p->at == p->in.len)
		p->facts->is_strange = true;
	parser_take(p, 1);
	return (all);
}
