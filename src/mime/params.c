/* SPDX-License-Identifier: Apache-2.0 */
/*
 * params: the parameters of Content-Type and Content-Disposition.
 *
 * Runs in the gateway. Security: reads what anybody sent; what two readers
 * could read differently is reported, not chosen silently.
 * Standards: RFC 2045 5.1, RFC 2231, RFC 2183.
 */
#include "mime/params.h"

#include "mime/charset.h"
#include "mime/decode.h"
#include "mime/words.h"

/* One "name=value" as it stands: "filename*0*" is its name. */
struct param {
	struct str name;
	struct str value;
	bool is_quoted;
};

/* A walk over a value. From `unclosed` on '(' begins no comment: one that is
 * never closed was seen there, and looking again would be quadratic. */
struct walk {
	struct str s;
	size_t at;
	size_t unclosed;
};

/* What was found under one name. */
struct found {
	struct str plain;
	struct str segments[PARAMS_MAX_SEGMENTS];
	bool is_extended[PARAMS_MAX_SEGMENTS];
	size_t n;	/* one more than the highest segment seen */
	bool has_plain;
	bool differs;
};

static bool
is_space(char c)
{
	return (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/* Behind the comment at `at` (RFC 5322 3.2.2), which may nest; 0: none. */
static size_t
comment_end(struct walk *w, size_t at)
{
	size_t depth = 0;

	if (w->s.p[at] != '(' || at >= w->unclosed)
		return (0);
	for (size_t i = at; i < w->s.len; i++) {
		if (w->s.p[i] == '\\')
			i++;
		else if (w->s.p[i] == '(')
			depth++;
		else if (w->s.p[i] == ')' && --depth == 0)
			return (i + 1);
	}
	w->unclosed = at;
	return (0);
}

/* Behind blanks and comments. */
static size_t
skip_blank(struct walk *w, size_t at)
{
	while (at < w->s.len) {
		size_t end = comment_end(w, at);

		if (end == 0 && !is_space(w->s.p[at]))
			break;
		at = end > 0 ? end : at + 1;
	}
	return (at);
}

struct str
params_head(struct str raw, struct arena *a)
{
	struct walk w = { raw, 0, SIZE_MAX };
	char *p = arena_alloc(a, raw.len + 1);
	size_t n = 0, at = skip_blank(&w, 0);

	while (at < raw.len && raw.p[at] != ';') {
		size_t next = skip_blank(&w, at);

		if (next == at) {
			p[n++] = raw.p[at++];
			continue;
		}
		if (next < raw.len && raw.p[next] != ';' &&
		    raw.p[next] != '/' && (n == 0 || p[n - 1] != '/'))
			break;
		at = next;
	}
	return (str_make(p, n));
}

static size_t
find_char(struct str s, size_t at, char c)
{
	const char *hit = at < s.len ? memchr(s.p + at, c, s.len - at) : NULL;

	return (hit != NULL ? (size_t)(hit - s.p) : s.len);
}

/* Offset of the quote that ends a quoted string whose content is at `at`. */
static size_t
quoted_end(struct str s, size_t at)
{
	while (at < s.len && s.p[at] != '"')
		at += s.p[at] == '\\' ? 2 : 1;
	return (MIN_OF(at, s.len));
}

/* The value at `at`, and w->at behind it. */
static void
take_value(struct walk *w, size_t at, struct param *out)
{
	size_t end;

	out->is_quoted = at < w->s.len && w->s.p[at] == '"';
	if (out->is_quoted) {
		end = quoted_end(w->s, ++at);
		w->at = MIN_OF(end + 1, w->s.len);
	} else {
		w->at = end = find_char(w->s, at, ';');
	}
	out->value = str_sub(w->s, at, end - at);
	if (!out->is_quoted)
		out->value = str_trim(out->value);
}

/* The next parameter; w->at is at or in front of a ';'. */
static bool
next_param(struct walk *w, struct param *out)
{
	for (;;) {
		size_t at = find_char(w->s, w->at, ';'), equals;

		if (at == w->s.len)
			return (false);
		at = skip_blank(w, at + 1);
		equals = at;
		while (equals < w->s.len && w->s.p[equals] != '=' &&
		    w->s.p[equals] != ';')
			equals++;
		w->at = equals;
		if (equals == w->s.len || w->s.p[equals] == ';')
			continue;
		out->name = str_trim(str_sub(w->s, at, equals - at));
		take_value(w, skip_blank(w, equals + 1), out);
		return (true);
	}
}

/* The value without backslashes and line ends. Only '"' and '\\' are taken
 * as quoted: readers agree that "C:\temp" has its backslash. */
static struct str
unquote(const struct param *param, struct arena *a)
{
	struct str s = param->value;
	char *p;
	size_t n = 0;

	if (!param->is_quoted)
		return (s);
	p = arena_alloc(a, s.len + 1);
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\' && i + 1 < s.len &&
		    (s.p[i + 1] == '"' || s.p[i + 1] == '\\'))
			i++;
		else if (s.p[i] == '\r' || s.p[i] == '\n')
			continue;
		p[n++] = s.p[i];
	}
	return (str_make(p, n));
}

static void
keep_plain(struct found *f, struct str value)
{
	if (f->has_plain && !str_eq(f->plain, value))
		f->differs = true;
	if (!f->has_plain)
		f->plain = value;
	f->has_plain = true;
}

/* "*", "*0", "*0*": rest is what follows the name. */
static void
keep_segment(struct found *f, struct str rest, struct str value)
{
	bool is_extended = rest.p[rest.len - 1] == '*';
	uint64_t i = 0;

	rest = str_sub(rest, 1, rest.len);
	if (is_extended && rest.len > 0)
		rest.len--;
	if (rest.len > 0 && !str_to_u64(rest, PARAMS_MAX_SEGMENTS - 1, &i))
		return;
	if (f->segments[i].p != NULL) {
		f->differs = f->differs || !str_eq(f->segments[i], value);
		return;
	}
	f->segments[i] = str_make(value.p != NULL ? value.p : "", value.len);
	f->is_extended[i] = is_extended;
	f->n = MAX_OF(f->n, (size_t)i + 1);
}

static void
find(struct str raw, struct str name, struct arena *a, struct found *f)
{
	struct walk w = { raw, 0, SIZE_MAX };
	struct param p;

	*f = (struct found){ 0 };
	while (next_param(&w, &p)) {
		if (str_eq_nocase(p.name, name))
			keep_plain(f, unquote(&p, a));
		else if (str_starts_nocase(p.name, name) &&
		    p.name.p[name.len] == '*')
			keep_segment(f, str_sub(p.name, name.len, p.name.len),
			    unquote(&p, a));
	}
}

static void
percent_decode(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		int v = s.p[i] == '%' ? decode_hex_pair(s, i + 1) : -1;

		buf_char(out, (char)(v >= 0 ? v : s.p[i]));
		if (v >= 0)
			i += 2;
	}
}

/* "charset'language'text" of a first segment: cut the front off. */
static struct str
cut_charset(struct str *value)
{
	ptrdiff_t first = str_index(*value, '\''), second;
	struct str charset, rest;

	if (first < 0)
		return (STR_NULL);
	rest = str_sub(*value, (size_t)first + 1, value->len);
	second = str_index(rest, '\'');
	if (second < 0)
		return (STR_NULL);
	charset = str_sub(*value, 0, (size_t)first);
	*value = str_sub(rest, (size_t)second + 1, rest.len);
	return (charset);
}

static struct str
join_segments(const struct found *f, size_t max, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(max + 64);
	struct str charset = STR_NULL;

	for (size_t i = 0; i < f->n && f->segments[i].p != NULL; i++) {
		struct str value = f->segments[i];

		if (!f->is_extended[i]) {
			buf_str(&b, value);
			continue;
		}
		if (i == 0)
			charset = cut_charset(&value);
		percent_decode(value, &b);
	}
	/* words_decode also drops control bytes; an encoded word inside an
	 * RFC 2231 value is another thing mailers really send. */
	return (words_decode(charset_to_arena(charset, buf_view(&b), a), a));
}

struct str
params_get(struct str raw, struct str name, struct arena *a, bool *differs)
{
	struct found found, *f = &found;
	struct str plain, joined;

	find(raw, name, a, f);
	plain = words_decode(f->plain, a);
	*differs = f->differs;
	if (f->n == 0 || f->segments[0].p == NULL)
		return (plain);
	joined = join_segments(f, raw.len, a);
	if (f->has_plain && !str_eq(plain, joined))
		*differs = true;
	return (joined);
}

struct str
params_get_raw(struct str raw, struct str name, struct arena *a, bool *differs)
{
	struct found found, *f = &found;

	find(raw, name, a, f);
	*differs = f->differs;
	if (!f->has_plain && f->n > 0 && f->segments[0].p != NULL)
		return (join_segments(f, raw.len, a));
	return (f->plain);
}

bool
params_set(struct str raw, const char *name, const char *value,
    struct arena *a, struct buf *out)
{
	struct walk w = { raw, 0, SIZE_MAX };
	size_t before = out->len, done = 0;
	struct str wanted = str_of(name);
	struct param p;
	bool differs;

	while (next_param(&w, &p)) {
		size_t from = (size_t)(p.name.p - raw.p);

		if (!str_starts_nocase(p.name, wanted) ||
		    (p.name.len > wanted.len && p.name.p[wanted.len] != '*'))
			continue;
		/* Given twice it says twice the same. */
		buf_append(out, raw.p + done, from - done);
		buf_printf(out, "%s=%s", name, value);
		done = w.at;
	}
	buf_str(out, str_sub(raw, done, raw.len));
	if (done == 0)
		buf_printf(out, ";\r\n %s=%s", name, value);
	raw = str_sub(buf_view(out), before, out->len);
	if (!out->over && str_eq(params_get(raw, wanted, a, &differs),
	    str_of(value)) && !differs)
		return (true);
	out->len = before;
	return (false);
}
