/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern: one pass over an expression by recursive descent. It finds what
 * every match must contain, so that the vector can put the expression into
 * the right database, and makes its characters those of the normal text.
 *
 * Runs where a policy is compiled. Security: expressions come in rule packages
 * that strangers made; depth and length are limited. What is not understood
 * makes the expression strange, which costs speed and never a match.
 */
#include "scan/patternparser.h"

#include "base/enc.h"
#include "scan/scan.h"

#define PATTERN_MAX_DEPTH 40
#define PATTERN_MAX_BYTES (SCAN_MAX_PATTERN * 8)
#define REPEAT_MAX 1000000u

static struct pattern_shape read_branches(struct pattern_parser *p);

/* \b: the first and the last thing at the top can be checked by us. */
static void
take_edge(struct pattern_parser *p)
{
	if (p->depth == 0 && !p->has_atom && p->first_edge == 0)
		p->first_edge = p->out.len + 1;
	else if (p->depth == 0 && p->at + 2 == p->in.len)
		p->last_edge = p->out.len + 1;
	else
		p->facts->has_anchor = true;
	parser_take(p, 2);
}

/* ---- groups ----------------------------------------------------------- */

/* Behind "(?", "(?P" or "(?'": the name and what ends it. */
static bool
take_name(struct pattern_parser *p)
{
	char open = p->in.p[p->at - 1];
	ptrdiff_t end = str_index(str_sub(p->in, p->at, 34),
	    open == '\'' ? '\'' : '>');

	if (end < 0)
		return (false);
	parser_take(p, (size_t)end + 1);
	return (true);
}

/* Behind "(?": ":" or flags or a name. False: not understood. */
static bool
take_group_head(struct pattern_parser *p, bool *is_flags)
{
	size_t from = p->at;

	if (parser_has(p, "<=") || parser_has(p, "<!"))
		return (false);
	if (parser_has(p, "P<") || parser_has(p, "<") ||
	    parser_has(p, "'")) {
		parser_take(p, parser_has(p, "P<") ? 2 : 1);
		return (take_name(p));
	}
	while (parser_peek(p) != '\0' &&
	    strchr("ims-", parser_peek(p)) != NULL)
		parser_take(p, 1);
	*is_flags = parser_peek(p) == ')' && p->at > from;
	if (*is_flags)
		return (true);
	if (parser_peek(p) != ':')
		return (false);
	parser_take(p, 1);
	return (true);
}

static struct pattern_shape
take_group(struct pattern_parser *p)
{
	struct pattern_shape s = { 0 };
	bool is_flags = false, is_known = true;

	if (parser_has(p, "(*"))
		p->refused = "uses a verb";
	parser_take(p, 1);
	if (parser_peek(p) == '?') {
		parser_take(p, 1);
		is_known = take_group_head(p, &is_flags);
	}
	if (is_flags) {
		parser_take(p, 1);
		return (s);
	}
	if (!is_known)
		p->facts->is_strange = true;
	if (p->depth == PATTERN_MAX_DEPTH) {
		p->refused = "is nested too deep";
		return (s);
	}
	p->depth++;
	s = read_branches(p);
	p->depth--;
	parser_take(p, 1);
	p->has_atom = true;
	s.tail = 0;
	return (s);
}

/* ---- sequences -------------------------------------------------------- */

static unsigned
number_at(const struct pattern_parser *p, size_t *at)
{
	unsigned n = 0;

	while (*at < p->in.len && ascii_is_digit(p->in.p[*at])) {
		n = MIN_OF(n * 10 + (unsigned)(p->in.p[*at] - '0'),
		    REPEAT_MAX);
		(*at)++;
	}
	return (n);
}

/* "{m}", "{m,}", "{m,n}" at `at`: its length, or 0; *min is m. */
static size_t
braces(const struct pattern_parser *p, unsigned *min)
{
	size_t at = p->at + 1, from = at;

	*min = number_at(p, &at);
	if (at == from)
		return (0);
	if (at < p->in.len && p->in.p[at] == ',') {
		at++;
		(void)number_at(p, &at);
	}
	if (at == p->in.len || p->in.p[at] != '}')
		return (0);
	return (at + 1 - p->at);
}

/* The least number of times the piece before stands there; 1: no sign. */
static unsigned
take_repeat(struct pattern_parser *p, bool *is_there)
{
	unsigned min = 1;
	size_t len = 0;

	switch (parser_peek(p)) {
	case '*':
	case '?':
		min = 0;
		len = 1;
		break;
	case '+':
		len = 1;
		break;
	case '{':
		len = braces(p, &min);
		break;
	default:
		break;
	}
	*is_there = len > 0;
	if (len == 0)
		return (1);
	parser_take(p, len);
	if (parser_peek(p) == '?')
		parser_take(p, 1);
	else if (parser_peek(p) == '+') {
		p->facts->is_strange = true;	/* possessive */
		parser_take(p, 1);
	}
	return (min);
}

static struct pattern_shape
take_piece(struct pattern_parser *p)
{
	struct pattern_shape s = { 0 };
	unsigned c;

	switch (parser_peek(p)) {
	case '(':
		return (take_group(p));
	case '[':
		s = parser_take_class(p);
		break;
	case '\\':
		s = parser_take_escape(p);
		break;
	case '.':
		p->facts->needs_utf = true;
		parser_take(p, 1);
		break;
	case '^':
	case '$':
		p->facts->has_anchor = true;
		parser_take(p, 1);
		break;
	default:
		c = parser_take_char(p);
		s.is_letter = true;
		s.digits = c >= '0' && c <= '9';
		break;
	}
	p->has_atom = true;
	return (s);
}

static struct pattern_shape
read_sequence(struct pattern_parser *p)
{
	struct pattern_shape all = { 0 };

	while (p->at < p->in.len && parser_peek(p) != '|' &&
	    parser_peek(p) != ')' && p->refused == NULL) {
		struct pattern_shape s;
		bool is_repeated;
		unsigned min;

		if (parser_has(p, "\\b")) {
			take_edge(p);
			continue;
		}
		s = take_piece(p);
		min = take_repeat(p, &is_repeated);
		all.digits = MIN_OF(all.digits + s.digits * MIN_OF(min, 1000u),
		    REPEAT_MAX);
		if (min > 0)
			all.literal = MAX_OF(all.literal, s.literal);
		if (s.is_letter && min > 0)
			all.tail++;
		all.literal = MAX_OF(all.literal, all.tail);
		if (!s.is_letter || is_repeated)
			all.tail = 0;
	}
	return (all);
}

static struct pattern_shape
read_branches(struct pattern_parser *p)
{
	struct pattern_shape least = read_sequence(p);

	while (parser_has(p, "|") && p->refused == NULL) {
		struct pattern_shape s;

		parser_take(p, 1);
		s = read_sequence(p);
		least.digits = MIN_OF(least.digits, s.digits);
		least.literal = MIN_OF(least.literal, s.literal);
		if (p->depth == 0)
			p->n_branches++;
	}
	return (least);
}

/* ---- the whole -------------------------------------------------------- */

/* `out` without the two bytes at each edge that was found. */
static struct str
without_edges(const struct pattern_parser *p, struct arena *a)
{
	struct str all = buf_view(&p->out);
	AUTO_BUF struct buf b = BUF_INIT(PATTERN_MAX_BYTES);
	size_t from = 0, to = all.len;

	if (p->last_edge > 0)
		to = p->last_edge - 1;
	if (p->first_edge > 0) {
		buf_str(&b, str_sub(all, 0, p->first_edge - 1));
		from = p->first_edge + 1;
	}
	buf_str(&b, str_sub(all, from, to - from));
	return (arena_str(a, buf_view(&b)));
}

static void
finish(struct pattern_parser *p, const struct pattern_shape *s, struct arena *a)
{
	struct pattern *f = p->facts;

	f->full = f->body = arena_str(a, buf_view(&p->out));
	f->digits = s->digits;
	f->literal = s->literal;
	/* With alternatives \b belongs to one of them only. */
	if (p->n_branches > 0 && (p->first_edge > 0 || p->last_edge > 0)) {
		p->first_edge = p->last_edge = 0;
		f->has_anchor = true;
	}
	if (f->is_strange) {
		f->needs_utf = f->has_anchor = true;
		f->digits = f->literal = 0;
		return;
	}
	f->has_first_edge = p->first_edge > 0;
	f->has_last_edge = p->last_edge > 0;
	f->body = without_edges(p, a);
}

int
pattern_read(struct str expression, struct arena *a, struct pattern *out,
    struct err *err)
{
	struct pattern facts = { .is_strange = false };
	struct pattern_parser p = { .in = expression, .facts = &facts,
		.out = BUF_INIT(PATTERN_MAX_BYTES) };
	struct pattern_shape s;

	if (!enc_is_utf8(expression))
		return (err_set(err, ERR_INPUT, "is not UTF-8"));
	s = read_branches(&p);
	/* What is left is a ')' too much: the compilers will say so. */
	parser_take(&p, p.in.len);
	if (p.out.over)
		p.refused = "is too long";
	if (p.refused == NULL)
		finish(&p, &s, a);
	buf_done(&p.out);
	if (p.refused != NULL)
		return (err_set(err, ERR_INPUT, "%s", p.refused));
	*out = facts;
	return (0);
}

struct str
pattern_escape(struct str text, struct arena *a)
{
	char *to = arena_array(a, text.len * 2 + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if ((uint8_t)c < 0x80 && c > ' ' && !ascii_is_alpha(c) &&
		    !ascii_is_digit(c) && c != '_')
			to[n++] = '\\';
		to[n++] = c;
	}
	return (str_make(to, n));
}
