/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list: the mailboxes of To, Cc and their like, as leniently as readers do.
 *
 * Runs in the gateway. Security: reads what anybody sent, in one pass; every
 * address of the result went through address_parse(). The list is for showing
 * people who wrote to whom, never for routing.
 * Standards: RFC 5322 3.4 and 4.4, RFC 2047 5, RFC 6532.
 */
#include "mime/address.h"
#include "mime/words.h"

/* What stands between two commas: parts of the text, comments left out. */
struct entry {
	char *phrase;		/* what stands in front of the bracket */
	size_t phrase_len;
	char *angle;		/* what stands inside it */
	size_t angle_len;
	bool has_angle;
	struct str comment;	/* the last one: old mailers' display name */
};

struct reader {
	struct str s;
	size_t at;
	struct arena *a;
	struct mailbox *list;
	size_t n;
	struct entry e;
};

/* Behind the comment at s.p[at], or at + 1 when it is never closed. */
static size_t
skip_comment(struct str s, size_t at, size_t *unclosed)
{
	size_t depth = 0;

	if (at >= *unclosed)
		return (at + 1);
	for (size_t i = at; i < s.len; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return (i + 1);
	}
	/* Nothing from here on closes either: look only once. */
	*unclosed = at;
	return (at + 1);
}

static void
put(struct reader *r, char c)
{
	if (r->e.has_angle)
		r->e.angle[r->e.angle_len++] = c;
	else
		r->e.phrase[r->e.phrase_len++] = c;
}

/* A quoted string: its content in the phrase, as it stands in an address. */
static void
take_quoted(struct reader *r)
{
	size_t i = r->at + 1;
	const char *end = memchr(r->s.p + i, '"', r->s.len - i);
	/* Content followed by '@' is a local part and keeps its quotes. */
	size_t from = r->e.phrase_len;
	bool keep = r->e.has_angle;

	if (end == NULL) {
		put(r, ' ');
		r->at++;
		return;
	}
	put(r, '"');
	for (; i < r->s.len && r->s.p[i] != '"'; i++) {
		if (r->s.p[i] == '\\' && i + 1 < r->s.len) {
			put(r, '\\');
			i++;
		}
		put(r, r->s.p[i]);
	}
	put(r, '"');
	r->at = MIN_OF(i + 1, r->s.len);
	keep = keep || (r->at < r->s.len && r->s.p[r->at] == '@');
	if (keep)
		return;
	/* Take the quotes and backslashes out again. */
	i = from;
	for (size_t k = from + 1; k + 1 < r->e.phrase_len; k++) {
		if (r->e.phrase[k] == '\\' && k + 2 < r->e.phrase_len)
			k++;
		r->e.phrase[i++] = r->e.phrase[k];
	}
	r->e.phrase_len = i;
}

static bool
is_joint(char c)
{
	return (c == '@' || c == '.');
}

/* Old mailers wrote blanks around '@' and '.' (RFC 5322 4.4): s without
 * them, written to `to`. Quoted text stays. */
static struct str
drop_blanks(struct str s, char *to)
{
	size_t n = 0, i = 0;
	bool quoted = false;

	while (i < s.len) {
		size_t k = i;

		while (!quoted && k < s.len && s.p[k] == ' ')
			k++;
		if (k == i) {
			quoted ^= s.p[i] == '"' && (i == 0 ||
			    s.p[i - 1] != '\\');
			to[n++] = s.p[i++];
			continue;
		}
		/* s is trimmed: something follows and something precedes. */
		if (!is_joint(s.p[k]) && !is_joint(to[n - 1]))
			to[n++] = ' ';
		i = k;
	}
	return (str_make(to, n));
}

/* The address in [p, p+len): of several words the first with an '@'. */
static struct str
find_spec(const char *p, size_t len, struct arena *a)
{
	struct str rest, word;

	rest = drop_blanks(str_trim(str_make(p, len)), arena_alloc(a, len + 1));
	if (rest.len > 0 && rest.p[0] == '"')
		return (rest);
	while (str_next(&rest, ' ', &word))
		if (str_index(word, '@') >= 0)
			return (word);
	return (STR_LIT(""));
}

static struct str
find_name(const struct entry *e, struct arena *a)
{
	struct str phrase = str_make(e->phrase, e->phrase_len);

	if (!e->has_angle || str_trim(phrase).len == 0)
		phrase = e->comment;
	return (str_trim(words_decode(phrase, a)));
}

static void
finish(struct reader *r)
{
	struct entry *e = &r->e;
	struct mailbox *m = &r->list[r->n];
	struct str spec;
	struct err err;

	if (r->n < ADDRESS_MAX_LIST) {
		spec = e->has_angle ?
		    find_spec(e->angle, e->angle_len, r->a) :
		    find_spec(e->phrase, e->phrase_len, r->a);
		if (spec.len > 0 && spec.len <= ADDRESS_MAX_PATH * 2 &&
		    address_parse(spec, r->a, &m->address, &err) == 0) {
			m->name = find_name(e, r->a);
			r->n++;
		}
	}
	e->phrase_len = e->angle_len = 0;
	e->has_angle = false;
	e->comment = STR_NULL;
}

/* A comment is a blank in the text, and perhaps the name. */
static void
take_comment(struct reader *r, size_t *unclosed)
{
	size_t end = skip_comment(r->s, r->at, unclosed);

	if (end > r->at + 2)
		r->e.comment = str_sub(r->s, r->at + 1, end - r->at - 2);
	r->at = end;
	put(r, ' ');
}

static void
step(struct reader *r, size_t *unclosed)
{
	char c = r->s.p[r->at];
	bool in_angle = r->e.has_angle;

	switch (c) {
	case '(':
		take_comment(r, unclosed);
		return;
	case '"':
		take_quoted(r);
		return;
	case '<':
		r->e.has_angle = true;
		r->e.angle_len = 0;
		break;
	case ';':
	case ',':
		finish(r);
		break;
	case ':':
		/* A group's name; inside brackets a route or IPv6. */
		if (in_angle || memchr(r->e.phrase, '[', r->e.phrase_len) !=
		    NULL)
			put(r, c);
		else
			r->e.phrase_len = 0;
		break;
	case '>':
		break;
	default:
		put(r, c);
	}
	r->at++;
}

/* Inside <...> up to its end; commas there are part of a route. */
static void
take_angle(struct reader *r, size_t *unclosed)
{
	const char *end = memchr(r->s.p + r->at, '>', r->s.len - r->at);
	size_t stop = end != NULL ? (size_t)(end - r->s.p) : r->s.len;

	while (r->at < stop && r->s.p[r->at] != ';') {
		char c = r->s.p[r->at];

		if (c == '"' || c == '(') {
			step(r, unclosed);
			continue;
		}
		if (c == ',' && (r->e.angle_len == 0 ||
		    r->e.angle[0] != '@'))
			return;
		if (c != '<')
			put(r, c);
		r->at++;
	}
}

size_t
address_list(struct str raw, struct arena *a, struct mailbox **out)
{
	struct reader r = { .s = words_unfold(raw, a), .a = a };
	size_t unclosed = SIZE_MAX, max = 1;

	for (size_t i = 0; i < r.s.len; i++)
		max += r.s.p[i] == ',' || r.s.p[i] == ';';
	r.list = arena_array(a, MIN_OF(max, ADDRESS_MAX_LIST) + 1,
	    sizeof(*r.list));
	/* A step puts at most the bytes it passed, and two quotes. */
	r.e.phrase = arena_alloc(a, r.s.len * 3 + 4);
	r.e.angle = arena_alloc(a, r.s.len * 3 + 4);
	while (r.at < r.s.len) {
		bool was_angle = r.e.has_angle;

		step(&r, &unclosed);
		if (!was_angle && r.e.has_angle)
			take_angle(&r, &unclosed);
	}
	finish(&r);
	*out = r.list;
	return (r.n);
}
