/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syntax: recursive descent over the simple part of the expression language:
 * ASCII characters, classes, groups, alternatives, greedy and lazy repeats.
 * Anything else is not simple, and Hyperscan or PCRE2 take it.
 *
 * Runs where a policy is compiled. Security: expressions are strangers'; depth
 * and length are limited by pattern.c, which has read them before.
 */
#include "scan/syntax.h"

#define DEPTH_MAX 40

struct reader {
	struct str in;
	size_t at;
	struct arena *arena;
	bool is_caseless, has_failed;
	unsigned depth;
};

static struct syntax *read_choice(struct reader *r);

static int
peek(const struct reader *r)
{
	return (r->at < r->in.len ? (uint8_t)r->in.p[r->at] : -1);
}

static struct syntax *
fail(struct reader *r)
{
	r->has_failed = true;
	r->at = r->in.len;
	return (NULL);
}

static struct syntax *
node(struct reader *r, enum syntax_kind kind, struct syntax *left,
    struct syntax *right)
{
	struct syntax *s = arena_alloc(r->arena, sizeof(*s));

	s->kind = kind;
	s->left = left;
	s->right = right;
	return (s);
}

static void
put(struct syntax_set *s, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++)
		s->bits[c >> 6] |= 1ull << (c & 63);
}

/* Upper and lower case of what is in the set. */
static void
add_cases(struct syntax_set *s)
{
	for (unsigned c = 'a'; c <= 'z'; c++) {
		if (syntax_has(s, c) || syntax_has(s, c - 32)) {
			put(s, c, c);
			put(s, c - 32, c - 32);
		}
	}
}

/* An escape into the set; its character, or -1 where it is a class. */
static int
read_escape(struct reader *r, struct syntax_set *s)
{
	int c;

	r->at++;
	c = peek(r);
	r->at++;
	if (c == 'd') {
		put(s, '0', '9');
		return (-1);
	}
	if (c == 's') {
		put(s, '\t', '\r');
		put(s, ' ', ' ');
		return (-1);
	}
	/* A letter or digit means something, another character itself. */
	if (c <= ' ' || c >= 127 || ascii_is_alpha((char)c) ||
	    ascii_is_digit((char)c)) {
		(void)fail(r);
		return (-1);
	}
	put(s, (unsigned)c, (unsigned)c);
	return (c);
}

/* One item of a class; its character, or -1. */
static int
read_item(struct reader *r, struct syntax_set *s)
{
	int c = peek(r);

	if (c == '\\')
		return (read_escape(r, s));
	if (c == '[' || c >= 128 || c <= 0) {
		(void)fail(r);
		return (-1);
	}
	r->at++;
	put(s, (unsigned)c, (unsigned)c);
	return (c);
}

static struct syntax *
read_class(struct reader *r)
{
	struct syntax *s = node(r, SYNTAX_SET, NULL, NULL);
	size_t from = ++r->at;

	if (peek(r) == '^')
		return (fail(r));
	while (!r->has_failed && (peek(r) != ']' || r->at == from)) {
		int low = read_item(r, &s->set), high;

		if (peek(r) != '-' || r->at + 1 >= r->in.len ||
		    r->in.p[r->at + 1] == ']' || low < 0)
			continue;
		r->at++;
		high = read_item(r, &s->set);
		if (high < low)
			return (fail(r));
		put(&s->set, (unsigned)low, (unsigned)high);
	}
	r->at++;
	return (s);
}

static struct syntax *
read_group(struct reader *r)
{
	bool was_caseless = r->is_caseless;
	struct syntax *s;

	r->at++;
	if (peek(r) == '?') {
		struct str mode = str_sub(r->in, r->at, 3);

		if (str_eq(str_sub(mode, 0, 2), STR_LIT("?:")))
			r->at += 2;
		else if (str_eq(mode, STR_LIT("?i:")))
			r->at += 3;
		else
			return (fail(r));
		r->is_caseless |= mode.p[1] == 'i';
	}
	if (++r->depth > DEPTH_MAX)
		return (fail(r));
	s = read_choice(r);
	r->depth--;
	r->is_caseless = was_caseless;
	if (peek(r) != ')')
		return (fail(r));
	r->at++;
	return (s);
}

static struct syntax *
read_atom(struct reader *r)
{
	struct syntax *s;
	int c = peek(r);

	if (c == '(')
		return (read_group(r));
	if (c == '[') {
		s = read_class(r);
	} else if (c == '\\') {
		s = node(r, SYNTAX_SET, NULL, NULL);
		(void)read_escape(r, &s->set);
	} else if (c <= 0 || c >= 128 || strchr("^$.*+?{", c) != NULL) {
		return (fail(r));
	} else {
		s = node(r, SYNTAX_SET, NULL, NULL);
		put(&s->set, (unsigned)c, (unsigned)c);
		r->at++;
	}
	if (s != NULL && r->is_caseless)
		add_cases(&s->set);
	return (s);
}

static uint32_t
read_number(struct reader *r, uint32_t otherwise)
{
	uint32_t n = 0;

	if (!ascii_is_digit((char)peek(r)))
		return (otherwise);
	for (; ascii_is_digit((char)peek(r)); r->at++)
		n = MIN_OF(n * 10 + (uint32_t)(peek(r) - '0'), 100000u);
	return (n);
}

static struct syntax *
read_braces(struct reader *r, struct syntax *s)
{
	r->at++;
	s->min = s->max = read_number(r, SYNTAX_NO_MAX);
	if (s->min == SYNTAX_NO_MAX)
		return (fail(r));
	if (peek(r) == ',') {
		r->at++;
		s->max = read_number(r, SYNTAX_NO_MAX);
	}
	if (peek(r) != '}' || s->max < s->min)
		return (fail(r));
	r->at++;
	return (s);
}

/* The atom with its repeat, if it has one. */
static struct syntax *
read_repeat(struct reader *r, struct syntax *atom)
{
	int c = peek(r);
	struct syntax *s;

	if (c != '*' && c != '+' && c != '?' && c != '{')
		return (atom);
	s = node(r, SYNTAX_REPEAT, atom, NULL);
	if (c == '{') {
		s = read_braces(r, s);
	} else {
		s->min = c == '+';
		s->max = c == '?' ? 1 : SYNTAX_NO_MAX;
		r->at++;
	}
	if (peek(r) == '+')
		return (fail(r));
	if (peek(r) == '?')
		r->at++;
	return (s);
}

static struct syntax *
read_sequence(struct reader *r)
{
	struct syntax *s = node(r, SYNTAX_SEQUENCE, NULL, NULL);

	while (peek(r) >= 0 && peek(r) != '|' && peek(r) != ')') {
		struct syntax *atom = read_atom(r);

		if (r->has_failed)
			return (NULL);
		s = node(r, SYNTAX_SEQUENCE, s, read_repeat(r, atom));
	}
	return (s);
}

static struct syntax *
read_choice(struct reader *r)
{
	struct syntax *s = read_sequence(r);

	while (peek(r) == '|') {
		r->at++;
		s = node(r, SYNTAX_CHOICE, s, read_sequence(r));
	}
	return (s);
}

struct syntax *
syntax_read(struct str expression, bool is_caseless, struct arena *a)
{
	struct reader r = { .in = expression, .arena = a,
		.is_caseless = is_caseless };
	struct syntax *s = read_choice(&r);

	return (r.has_failed || r.at != r.in.len ? NULL : s);
}
