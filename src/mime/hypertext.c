/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypertext: a walk over the tags of a page, and what is made of it.
 *
 * Runs in the gateway. Security: reads pages that anybody sent. Every step
 * moves forward and what is never closed ends the walk, so time is linear. A
 * page must not be able to hide what is added to it in a comment or script
 * that it left open: the place says what closes it.
 * Standards: WHATWG HTML 13.2.5 (tokens), 13.1.2.6 (raw text).
 */
#include "mime/hypertext.h"

#include <unistr.h>

#include "base/enc.h"

#define REFERENCE_MAX_BYTES 12	/* "&#x10ffff;" and the longest name */

enum token_kind { TOKEN_TEXT, TOKEN_TAG, TOKEN_OTHER, TOKEN_RAW };

struct token {
	enum token_kind kind;
	size_t from, to;
	struct str name;	/* of a tag or declaration */
	bool is_end;
};

/* Elements whose content has no tags. */
static const struct raw_element {
	const char *name;
	const char *closer;
} raw_elements[] = {
	{ "script", "script>" }, { "style", "style>" }, { "title", "title>" },
	{ "textarea", "textarea>" }, { "xmp", "xmp>" },
	{ "iframe", "iframe>" }, { "noembed", "noembed>" },
	{ "noframes", "noframes>" },
};

struct walk {
	struct str s;
	size_t at;
	const struct raw_element *raw;	/* its content is next, or NULL */
	const char *closer;	/* of what the end of the page left open */
	const char *closer_name;
};

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f');
}

static bool
is_name_end(struct str s, size_t at)
{
	return (at >= s.len || is_blank(s.p[at]) || s.p[at] == '/' ||
	    s.p[at] == '>');
}

/* Nothing closes it: the rest of the page is of this token. */
static size_t
left_open(struct walk *w, const char *closer, const char *name)
{
	w->closer = closer;
	w->closer_name = name;
	return (w->s.len);
}

/* Behind the comment whose "<!--" is at `at`. */
static size_t
comment_end(struct walk *w, size_t at)
{
	/* "<!-->" and "<!--->" are whole comments: begin at the hyphens. */
	for (at += 2; at < w->s.len; at++) {
		const char *hit = memmem(w->s.p + at, w->s.len - at, "--", 2);
		struct str rest;

		if (hit == NULL)
			break;
		at = (size_t)(hit - w->s.p);
		rest = str_sub(w->s, at + 2, 2);
		if (rest.len > 0 && rest.p[0] == '>')
			return (at + 3);
		if (rest.len == 2 && memcmp(rest.p, "!>", 2) == 0)
			return (at + 4);
	}
	return (left_open(w, "-->", ""));
}

static size_t
behind(struct walk *w, size_t at, char c, const char *closer)
{
	const char *hit = at < w->s.len ? memchr(w->s.p + at, c,
	    w->s.len - at) : NULL;

	return (hit != NULL ? (size_t)(hit - w->s.p) + 1 :
	    left_open(w, closer, ""));
}

/* Behind an attribute's value that begins at `at`. */
static size_t
value_end(struct walk *w, size_t at)
{
	if (w->s.p[at] == '"')
		return (behind(w, at + 1, '"', "\">"));
	if (w->s.p[at] == '\'')
		return (behind(w, at + 1, '\'', "'>"));
	while (at < w->s.len && !is_blank(w->s.p[at]) && w->s.p[at] != '>')
		at++;
	return (at);
}

/* Behind the tag whose name ends at `at`. */
static size_t
tag_end(struct walk *w, size_t at)
{
	bool has_name = false, wants_value = false;

	while (at < w->s.len) {
		char c = w->s.p[at];

		if (c == '>')
			return (at + 1);
		if (wants_value && !is_blank(c)) {
			at = value_end(w, at);
			has_name = wants_value = false;
			continue;
		}
		/* Without a name in front '=' is the name's first letter. */
		if (c == '=' && has_name)
			wants_value = true;
		else if (c == '/')
			has_name = false;
		else if (!is_blank(c))
			has_name = true;
		at++;
	}
	return (w->closer[0] != '\0' ? at : left_open(w, ">", ""));
}

/* The end tag of w->raw at or behind w->at. */
static size_t
raw_end(struct walk *w, const struct raw_element *raw)
{
	struct str name = str_of(raw->name);
	size_t at = w->at;

	while (at < w->s.len) {
		const char *hit = memmem(w->s.p + at, w->s.len - at, "</", 2);

		if (hit == NULL)
			break;
		at = (size_t)(hit - w->s.p);
		if (str_eq_nocase(str_sub(w->s, at + 2, name.len), name) &&
		    is_name_end(w->s, at + 2 + name.len))
			return (at);
		at += 2;
	}
	return (left_open(w, "</", raw->closer));
}

static const struct raw_element *
find_raw(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(raw_elements); i++)
		if (str_eq_nocase(name, str_of(raw_elements[i].name)))
			return (&raw_elements[i]);
	return (NULL);
}

/* A tag whose name begins at `at`. */
static void
take_tag(struct walk *w, size_t at, struct token *t)
{
	size_t end = at;

	while (!is_name_end(w->s, end))
		end++;
	t->kind = TOKEN_TAG;
	t->name = str_sub(w->s, at, end - at);
	t->to = tag_end(w, end);
	w->raw = t->is_end ? NULL : find_raw(t->name);
}

/* What begins with the '<' at w->at. */
static void
take_markup(struct walk *w, struct token *t)
{
	size_t at = w->at + 1;

	t->is_end = at < w->s.len && w->s.p[at] == '/';
	at += t->is_end;
	t->kind = TOKEN_OTHER;
	if (at < w->s.len && ascii_is_alpha(w->s.p[at])) {
		take_tag(w, at, t);
	} else if (!t->is_end &&
	    str_eq(str_sub(w->s, at, 3), STR_LIT("!--"))) {
		t->to = comment_end(w, w->at);
	} else if (t->is_end || (at < w->s.len && (w->s.p[at] == '!' ||
	    w->s.p[at] == '?'))) {
		t->name = str_sub(w->s, at, sizeof("!doctype") - 1);
		t->to = behind(w, at, '>', ">");
	} else {
		t->kind = TOKEN_TEXT;
		t->to = at;
	}
}

/* The next token; false at the end of the page. */
static bool
next_token(struct walk *w, struct token *t)
{
	const char *hit;

	if (w->at >= w->s.len)
		return (false);
	*t = (struct token){ TOKEN_TEXT, w->at, w->at, STR_NULL, false };
	if (w->raw != NULL) {
		t->kind = TOKEN_RAW;
		t->to = raw_end(w, w->raw);
		w->raw = NULL;
	} else if (w->s.p[w->at] == '<') {
		take_markup(w, t);
	} else {
		hit = memchr(w->s.p + w->at, '<', w->s.len - w->at);
		t->to = hit != NULL ? (size_t)(hit - w->s.p) : w->s.len;
	}
	w->at = t->to;
	return (true);
}

static bool
is_tag(const struct token *t, const char *name)
{
	return (t->kind == TOKEN_TAG && str_eq_nocase(t->name, str_of(name)));
}

/* How good the place behind this token is to begin the body. */
static unsigned
start_rank(const struct token *t)
{
	if (t->is_end)
		return (is_tag(t, "head") ? 3 : 0);
	if (is_tag(t, "body"))
		return (4);
	if (is_tag(t, "html"))
		return (2);
	return (t->kind == TOKEN_OTHER &&
	    str_eq_nocase(t->name, STR_LIT("!doctype")));
}

void
hypertext_find(struct str page, struct hypertext_place *out)
{
	struct walk w = { page, 0, NULL, "", "" };
	unsigned start = 0, end = 0, rank;
	struct token t;

	*out = (struct hypertext_place){ 0, page.len, "", "" };
	/* A byte order mark stays in front. */
	if (str_starts_nocase(page, STR_LIT("\xef\xbb\xbf")))
		out->start = 3;
	while (next_token(&w, &t)) {
		rank = start_rank(&t);
		/* A tag that is never closed is no place. */
		if (rank > start && w.closer[0] == '\0') {
			start = rank;
			out->start = t.to;
		}
		rank = t.is_end ? is_tag(&t, "body") * 2u + is_tag(&t, "html") :
		    0;
		if (rank > 0 && rank >= end && w.closer[0] == '\0') {
			end = rank;
			out->end = t.from;
		}
	}
	if (end > 0)
		return;
	out->closer = w.closer;
	out->closer_name = w.closer_name;
}

/* Characters that have names people use. */
static const struct {
	const char *name;
	uint32_t c;
} names[] = {
	{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
	{ "apos", '\'' }, { "nbsp", ' ' }, { "copy", 0xa9 }, { "reg", 0xae },
	{ "trade", 0x2122 }, { "euro", 0x20ac }, { "pound", 0xa3 },
	{ "sect", 0xa7 }, { "para", 0xb6 }, { "middot", 0xb7 },
	{ "bull", 0x2022 }, { "hellip", 0x2026 }, { "ndash", 0x2013 },
	{ "mdash", 0x2014 }, { "laquo", 0xab }, { "raquo", 0xbb },
	{ "lsquo", 0x2018 }, { "rsquo", 0x2019 }, { "sbquo", 0x201a },
	{ "ldquo", 0x201c }, { "rdquo", 0x201d }, { "bdquo", 0x201e },
	{ "auml", 0xe4 }, { "ouml", 0xf6 }, { "uuml", 0xfc },
	{ "Auml", 0xc4 }, { "Ouml", 0xd6 }, { "Uuml", 0xdc },
	{ "szlig", 0xdf }, { "agrave", 0xe0 }, { "aacute", 0xe1 },
	{ "acirc", 0xe2 }, { "atilde", 0xe3 }, { "aring", 0xe5 },
	{ "aelig", 0xe6 }, { "ccedil", 0xe7 }, { "egrave", 0xe8 },
	{ "eacute", 0xe9 }, { "ecirc", 0xea }, { "iacute", 0xed },
	{ "ntilde", 0xf1 }, { "oacute", 0xf3 }, { "ocirc", 0xf4 },
	{ "oslash", 0xf8 }, { "ugrave", 0xf9 }, { "uacute", 0xfa },
};

/* Digits to a character, or 0. */
static uint32_t
numeric_reference(struct str digits)
{
	bool is_hex = digits.len > 0 && ascii_lower(digits.p[0]) == 'x';
	uint32_t c = 0;

	for (size_t i = is_hex; i < digits.len; i++) {
		char d = ascii_lower(digits.p[i]);

		if (ascii_is_digit(d))
			c = c * (is_hex ? 16 : 10) + (uint32_t)(d - '0');
		else if (is_hex && d >= 'a' && d <= 'f')
			c = c * 16 + (uint32_t)(d - 'a') + 10;
		else
			return (0);
	}
	return (c < 0x20 || c > 0x10ffff ? 0 : c);
}

/* The character that &NAME; means, or 0. */
static uint32_t
reference(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_eq(name, str_of(names[i].name)))
			return (names[i].c);
	if (name.len < 2 || name.p[0] != '#')
		return (0);
	return (numeric_reference(str_sub(name, 1, name.len)));
}

static void
put_blank(struct buf *out)
{
	if (out->len > 0 && out->p[out->len - 1] != ' ' &&
	    out->p[out->len - 1] != '\n')
		buf_char(out, ' ');
}

static void
put_line_end(struct buf *out)
{
	while (out->len > 0 && out->p[out->len - 1] == ' ')
		out->len--;
	if (out->len > 0)
		buf_char(out, '\n');
}

static void
put_text(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		struct str ahead = str_sub(s, i + 1, REFERENCE_MAX_BYTES);
		ptrdiff_t end = s.p[i] == '&' ? str_index(ahead, ';') : -1;
		uint32_t c = end > 0 ? reference(str_sub(ahead, 0,
		    (size_t)end)) : 0;
		uint8_t bytes[6];
		int n = c > ' ' ? u8_uctomb(bytes, c, sizeof(bytes)) : 0;

		if (is_blank(s.p[i]) || c == ' ')
			put_blank(out);
		else if (n > 0)
			buf_append(out, bytes, (size_t)n);
		else
			buf_char(out, s.p[i]);
		if (n > 0 || c == ' ')
			i += (size_t)end + 1;
	}
}

static bool
is_block(const struct token *t)
{
	static const char *const blocks[] = { "p", "div", "tr", "li", "h1",
		"h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "hr",
		"blockquote", "pre" };

	for (size_t i = 0; i < COUNT_OF(blocks); i++)
		if (is_tag(t, blocks[i]))
			return (true);
	return (false);
}

void
hypertext_to_text(struct str page, struct buf *out)
{
	AUTO_BUF struct buf b = BUF_INIT(page.len * 4 + 16);
	struct walk w = { page, 0, NULL, "", "" };
	struct token t;

	while (next_token(&w, &t)) {
		if (t.kind == TOKEN_TEXT)
			put_text(str_sub(page, t.from, t.to - t.from), &b);
		else if (is_tag(&t, "br"))
			put_line_end(&b);
		else if (is_block(&t) && b.len > 0 && b.p[b.len - 1] != '\n')
			put_line_end(&b);
	}
	buf_str(out, str_trim(buf_view(&b)));
}

void
hypertext_references(struct str text, struct buf *out)
{
	const uint8_t *p = (const uint8_t *)text.p;

	for (size_t i = 0; i < text.len;) {
		ucs4_t c;
		int n = u8_mbtouc(&c, p + i, text.len - i);

		if (c < 0x80)
			buf_char(out, text.p[i]);
		else
			buf_printf(out, "&#%u;", (unsigned)c);
		i += (size_t)n;
	}
}

void
hypertext_from_text(struct str text, struct buf *out)
{
	struct str line, rest = str_trim(text);
	const char *between = "<p>";

	while (str_next(&rest, '\n', &line)) {
		buf_z(out, between);
		enc_html(str_trim(line), out);
		between = "<br>\r\n";
	}
	buf_z(out, "</p>");
}
