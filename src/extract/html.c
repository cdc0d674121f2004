/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html: a tokenizer that keeps the words and forgets the rest.
 *
 * Runs in the scanner's workers. Security: reads what anybody sent. Where a
 * construct has no end (a comment, a style sheet, a tag) what follows counts
 * as text, since hiding text behind it would be the reason to leave it open.
 * Standards: WHATWG HTML 13.2.5.
 */
#include "extract/html.h"

#include "extract/plain.h"
#include "extract/readers.h"
#include "mime/charset.h"

#define NAME_MAX_BYTES 32	/* of a character reference or element */
#define ATTRIBUTE_MAX_BYTES 4096
#define META_BYTES 4096
#define MARKUP_MAX_BYTES 256	/* of a DOCTYPE that is passed over */

struct html {
	struct str s;
	size_t at;
	struct buf *out;
	bool is_space;		/* a blank is due before the next letter */
	bool in_comment;
	/* Looked for once and not there: not looked for again, so that time
	 * stays linear. */
	bool no_end, no_quote, no_double_quote, no_style_end;
};

static const char *const line_elements[] = { "address", "article", "aside",
	"blockquote", "body", "br", "button", "caption", "center", "dd",
	"div", "dl", "dt", "fieldset", "figure", "footer", "form", "frame",
	"h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html",
	"iframe", "img", "input", "label", "legend", "li", "link", "main",
	"meta", "nav", "ol", "option", "p", "pre", "script", "section",
	"select", "summary", "table", "tbody", "textarea", "tfoot", "thead",
	"title", "tr", "ul", "o:p" };

static const char *const worded_attributes[] = { "alt", "title", "href",
	"content", "value", "placeholder", "label", "aria-label", "summary",
	"srcdoc", "action", "data-content" };

static bool
is_one_of(struct str name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(name, str_of(list[i])))
			return (true);
	return (false);
}

static bool
is_blank(char c)
{
	return (c == ' ' || (c >= '\t' && c <= '\r'));
}

/* The blank that is due. */
static void
put_space(struct html *h)
{
	if (h->is_space && h->out->len > 0 &&
	    h->out->p[h->out->len - 1] > ' ')
		buf_char(h->out, ' ');
	h->is_space = false;
}

static void
put_char(struct html *h, uint32_t c)
{
	if (c < 0x80 && is_blank((char)c)) {
		h->is_space = true;
		return;
	}
	put_space(h);
	plain_append_char(h->out, c);
}

static uint32_t
numeric_reference(struct str digits)
{
	bool is_hex = digits.len > 0 && (digits.p[0] | 0x20) == 'x';
	uint32_t c = 0;

	for (size_t i = is_hex; i < digits.len; i++) {
		char d = ascii_lower(digits.p[i]);
		uint32_t v = (uint32_t)(ascii_is_digit(d) ? d - '0' :
		    d - 'a' + 10);

		c = MIN_OF(c * (is_hex ? 16 : 10) + v, 0x110000u);
	}
	return (c);
}

static size_t
reference_length(struct str s, bool is_numeric)
{
	bool is_hex = is_numeric && s.len > 0 && (s.p[0] | 0x20) == 'x';
	size_t n = is_hex;

	while (n < s.len && n < NAME_MAX_BYTES) {
		char c = ascii_lower(s.p[n]);

		if (!ascii_is_digit(c) && (is_numeric ? !is_hex || c < 'a' ||
		    c > 'f' : !ascii_is_alpha(c)))
			break;
		n++;
	}
	return (n);
}

/* The longest name that is one, as "&ampx" is "&x": readers do not insist on
 * the semicolon. Returns its length. */
static size_t
named_reference(struct str name, uint32_t *c)
{
	for (size_t n = name.len; n > 1; n--)
		if ((*c = html_named_char(str_sub(name, 0, n))) != 0)
			return (n);
	return (0);
}

/* At '&'. */
static void
put_reference(struct html *h, struct str s, size_t *at)
{
	struct str rest = str_sub(s, *at + 1, NAME_MAX_BYTES + 2);
	bool is_numeric = rest.len > 0 && rest.p[0] == '#';
	uint32_t c = 0;
	size_t n;

	if (is_numeric)
		rest = str_sub(rest, 1, rest.len);
	n = reference_length(rest, is_numeric);
	if (!is_numeric)
		n = named_reference(str_sub(rest, 0, n), &c);
	else if (n > 0)
		c = numeric_reference(str_sub(rest, 0, n));
	if (c == 0) {
		put_char(h, '&');
		(*at)++;
		return;
	}
	*at += 1 + is_numeric + n;
	if (*at < s.len && s.p[*at] == ';')
		(*at)++;
	put_char(h, c);
}

static bool
is_plain(char c)
{
	return (c != '&' && c != '\0' && !is_blank(c));
}

/* Text or an attribute's value. */
static void
put_text(struct html *h, struct str s)
{
	size_t at = 0;

	while (at < s.len && !h->out->over) {
		size_t n = 0;

		while (at + n < s.len && is_plain(s.p[at + n]))
			n++;
		if (n > 0) {
			put_space(h);
			plain_append(h->out, str_sub(s, at, n));
			at += n;
		} else if (s.p[at] == '&') {
			put_reference(h, s, &at);
		} else {
			h->is_space = true;
			at++;
		}
	}
}

static void
end_line(struct html *h)
{
	h->is_space = false;
	reading_line(h->out);
}

static void
put_attribute(struct html *h, struct str name, struct str value)
{
	if (value.len == 0 || str_starts_nocase(value, STR_LIT("data:")) ||
	    !is_one_of(name, worded_attributes, COUNT_OF(worded_attributes)))
		return;
	h->is_space = true;
	put_text(h, str_sub(value, 0, ATTRIBUTE_MAX_BYTES));
	h->is_space = true;
}

/* The next c from `at` on, or NULL; *none remembers that there is no more. */
static const char *
find(const struct html *h, size_t at, char c, bool *none)
{
	const char *hit = NULL;

	if (!*none && at < h->s.len)
		hit = memchr(h->s.p + at, c, h->s.len - at);
	*none = hit == NULL;
	return (hit);
}

static size_t
skip_blanks(struct str s, size_t at)
{
	while (at < s.len && (is_blank(s.p[at]) || s.p[at] == '/'))
		at++;
	return (at);
}

/* The value behind '='; *at moves behind it. A quote that is never closed is
 * none. */
static struct str
attribute_value(struct html *h, size_t *at)
{
	struct str s = h->s;
	size_t from = skip_blanks(s, *at), end;
	char quote = from < s.len ? s.p[from] : '\0';
	const char *hit = NULL;

	if (quote == '"')
		hit = find(h, from + 1, quote, &h->no_double_quote);
	else if (quote == '\'')
		hit = find(h, from + 1, quote, &h->no_quote);
	if (hit != NULL) {
		end = (size_t)(hit - s.p);
		*at = end + 1;
		return (str_sub(s, from + 1, end - from - 1));
	}
	end = from;
	while (end < s.len && !is_blank(s.p[end]) && s.p[end] != '>')
		end++;
	*at = end;
	return (str_sub(s, from, end - from));
}

/* An attribute's or element's name: up to what cannot be in one. */
static struct str
name_at(struct str s, size_t at)
{
	size_t n = 0;

	while (at + n < s.len && !is_blank(s.p[at + n]) &&
	    s.p[at + n] != '=' && s.p[at + n] != '>' && s.p[at + n] != '/')
		n++;
	return (str_sub(s, at, n));
}

/* From behind the element's name to behind its '>'. An attribute's words go
 * behind the text so far. */
static size_t
read_attributes(struct html *h, size_t at)
{
	struct str s = h->s;

	while ((at = skip_blanks(s, at)) < s.len) {
		struct str name = name_at(s, at), value;

		if (name.len == 0 && s.p[at] == '>')
			return (at + 1);
		at = skip_blanks(s, at + name.len);
		if (at < s.len && s.p[at] == '=') {
			at++;
			value = attribute_value(h, &at);
			put_attribute(h, name, value);
		}
	}
	return (at);
}

/* Where "</style" is behind `at`, or `at` when there is none. */
static size_t
skip_style(struct html *h, size_t at)
{
	struct str rest = str_sub(h->s, at, h->s.len);
	ptrdiff_t end = -1;

	if (!h->no_style_end)
		end = str_find_nocase(rest, STR_LIT("</style"));
	h->no_style_end = end < 0;
	return (end < 0 ? at : at + (size_t)end);
}

/* What a tag does to what follows it. */
static void
end_tag(struct html *h, struct str name, bool is_end)
{
	if (str_eq_nocase(name, STR_LIT("td")) ||
	    str_eq_nocase(name, STR_LIT("th"))) {
		h->is_space = false;
		if (is_end)
			reading_tab(h->out);
	} else if (!is_end && !h->in_comment &&
	    str_eq_nocase(name, STR_LIT("style"))) {
		h->at = skip_style(h, h->at);
	}
}

/* At '<' of a tag. Returns false when it is none. */
static bool
read_tag(struct html *h)
{
	struct str s = h->s;
	size_t at = h->at + 1;
	bool is_end = at < s.len && s.p[at] == '/';
	struct str name;

	at += is_end;
	/* A tag that never ends is text to be on the safe side; ask that
	 * first, or each of many such tags looks for the end of its name. */
	if (at >= s.len || !ascii_is_alpha(s.p[at]) ||
	    find(h, at, '>', &h->no_end) == NULL)
		return (false);
	name = name_at(s, at);
	at += name.len;
	if (is_one_of(name, line_elements, COUNT_OF(line_elements)))
		end_line(h);
	h->at = read_attributes(h, at);
	end_tag(h, name, is_end);
	return (true);
}

/* At '<' of "<!--", "<!doctype", "<?xml", "<![CDATA[": only the signs go. */
static bool
read_markup(struct html *h)
{
	struct str rest = str_sub(h->s, h->at, h->s.len);
	ptrdiff_t end;

	if (str_starts_nocase(rest, STR_LIT("<!--"))) {
		h->at += 4;
		h->in_comment = true;
		h->is_space = true;
		return (true);
	}
	if (str_starts_nocase(rest, STR_LIT("<![CDATA["))) {
		h->at += 9;
		return (true);
	}
	if (rest.len < 2 || (rest.p[1] != '!' && rest.p[1] != '?'))
		return (false);
	end = str_index(str_sub(rest, 0, MARKUP_MAX_BYTES), '>');
	h->at += end > 0 && (rest.p[1] == '?' || str_starts_nocase(rest,
	    STR_LIT("<!doctype"))) ? (size_t)end + 1 : 2;
	h->is_space = true;
	return (true);
}

/* The next '<', or "-->" inside a comment. */
static size_t
text_end(const struct html *h)
{
	struct str s = h->s;
	size_t at = h->at;

	while (at < s.len && s.p[at] != '<' && !(h->in_comment &&
	    s.p[at] == '-' && s.len - at > 2 && s.p[at + 1] == '-' &&
	    s.p[at + 2] == '>'))
		at++;
	return (at);
}

void
html_text(struct str html, struct buf *out)
{
	struct html h = { .s = html, .out = out };

	while (h.at < html.len && !out->over) {
		size_t end = text_end(&h);

		put_text(&h, str_sub(html, h.at, end - h.at));
		h.at = end;
		if (end == html.len)
			break;
		if (html.p[end] == '-') {
			h.at = end + 3;
			h.in_comment = false;
			h.is_space = true;
		} else if (!read_tag(&h) && !read_markup(&h)) {
			put_char(&h, '<');
			h.at++;
		}
	}
}

struct str
html_declared_charset(struct str bytes)
{
	struct str head = str_sub(bytes, 0, META_BYTES), rest = head;

	for (;;) {
		ptrdiff_t at = str_find_nocase(rest, STR_LIT("charset="));
		size_t n = 0;
		struct str label;

		if (at < 0)
			return (STR_NULL);
		rest = str_sub(rest, (size_t)at + 8, rest.len);
		if (rest.len > 0 && (rest.p[0] == '"' || rest.p[0] == '\''))
			rest = str_sub(rest, 1, rest.len);
		while (n < rest.len && strchr("\"'; \t\r\n/>", rest.p[n]) ==
		    NULL)
			n++;
		label = str_sub(rest, 0, n);
		/* A text that is ASCII so far is in no UTF-16. */
		if (charset_is_known(label) && !charset_is_ascii(label) &&
		    !str_starts_nocase(label, STR_LIT("utf-16")))
			return (label);
	}
}

/* The declaration counts where it can be true; browsers believe it too. */
static struct str
charset_of(const struct source *s)
{
	struct str likely = plain_charset(s->bytes, s->declared);
	struct str meta = html_declared_charset(s->bytes);

	if (meta.len == 0 || str_starts_nocase(likely, STR_LIT("utf-16")) ||
	    str_starts_nocase(likely, STR_LIT("utf-32")))
		return (likely);
	if (str_eq_nocase(likely, STR_LIT("utf-8")) ||
	    str_eq_nocase(meta, STR_LIT("utf-8")))
		return (likely);
	return (meta);
}

void
read_html(struct source *s)
{
	AUTO_BUF struct buf utf8 = BUF_INIT(s->bytes.len * 4 + 64);

	plain_to_utf8(s->bytes, charset_of(s), &utf8);
	html_text(buf_view(&utf8), s->text);
}
