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

#include "base/enc.h"
#include "extract/plain.h"
#include "extract/readers.h"

#define NAME_MAX_BYTES 32	/* of a character reference or element */
#define ATTRIBUTE_MAX_BYTES 4096
#define MARKUP_MAX_BYTES 256	/* of a DOCTYPE that is passed over */

struct html {
	struct str s;
	size_t at;
	struct buf *out;	/* one of the next two */
	struct buf *shown;
	struct buf *aside;	/* what is not shown where it stands: between
				   digits it must not part them */
	bool is_space;		/* a blank is due before the next letter */
	bool in_comment;
	bool tag_hides;		/* the tag that is being read says so */
	struct str hidden;	/* the inline element that hides, or empty */
	size_t hidden_depth;	/* of elements of its name */
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

/* Inline ones that have no end; the others are in the list above. */
static const char *const void_elements[] = { "area", "base", "col", "embed",
	"source", "track", "wbr" };

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

/* A line of text that is not shown where it stands. */
static void
put_aside(struct html *h, struct str s)
{
	struct buf *out = h->out;
	bool is_space = h->is_space;

	h->out = h->aside;
	end_line(h);
	put_text(h, s);
	end_line(h);
	h->out = out;
	h->is_space = is_space;
}

/* An element that opens in a browser as a text of its own. */
static void
put_data_url(struct html *h, struct str url)
{
	AUTO_BUF struct buf text = BUF_INIT(url.len + 4);
	ptrdiff_t at = str_find_nocase(url, STR_LIT(";base64,"));

	if (at < 0 || !str_starts_nocase(url, STR_LIT("data:text/")))
		return;
	(void)enc_base64_parse(str_sub(url, (size_t)at + 8, url.len),
	    &text);
	put_aside(h, buf_view(&text));
}

static void
put_attribute(struct html *h, struct str name, struct str value)
{
	if (html_hides(name, value))
		h->tag_hides = true;
	if (value.len == 0)
		return;
	if (str_starts_nocase(value, STR_LIT("data:")))
		put_data_url(h, value);
	else if (is_one_of(name, worded_attributes,
	    COUNT_OF(worded_attributes)) ||
	    str_starts_nocase(name, STR_LIT("data-")))
		put_aside(h, str_sub(value, 0, ATTRIBUTE_MAX_BYTES));
}

/* ---- what is hidden --------------------------------------------------- */

/* Where text goes now. */
static void
choose_output(struct html *h)
{
	bool is_aside = h->in_comment || h->hidden.len > 0;
	struct buf *wanted = is_aside ? h->aside : h->shown;

	if (wanted == h->out)
		return;
	if (is_aside) {
		h->out = wanted;
		end_line(h);
	} else {
		end_line(h);
		h->out = wanted;
	}
}

/* Only what stands in a line is followed: blocks end lines anyway, and they end
 * what hides, so that a tag that is not closed takes nothing with it. */
static void
follow_hidden(struct html *h, struct str name, bool is_end, bool is_block)
{
	if (h->hidden.len > 0 && str_eq_nocase(name, h->hidden))
		h->hidden_depth += is_end ? (size_t)-1 : 1;
	if (is_block || h->hidden_depth == 0)
		h->hidden = STR_NULL;
	if (h->hidden.len == 0 && h->tag_hides && !is_end && !is_block &&
	    !is_one_of(name, void_elements, COUNT_OF(void_elements))) {
		h->hidden = name;
		h->hidden_depth = 1;
	}
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

/* From behind the element's name to behind its '>'. */
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
		} else {
			put_attribute(h, name, STR_LIT(""));
		}
	}
	return (at);
}

/* A style sheet's words go aside. Where "</style" is behind `at`, or `at` when
 * there is none. */
static size_t
skip_style(struct html *h, size_t at)
{
	struct str rest = str_sub(h->s, at, h->s.len);
	ptrdiff_t end = -1;

	if (!h->no_style_end)
		end = str_find_nocase(rest, STR_LIT("</style"));
	h->no_style_end = end < 0;
	if (end >= 0)
		html_style_words(str_sub(rest, 0, (size_t)end), h->aside);
	return (end < 0 ? at : at + (size_t)end);
}

static bool
is_cell(struct str name)
{
	return (str_eq_nocase(name, STR_LIT("td")) ||
	    str_eq_nocase(name, STR_LIT("th")));
}

/* What a tag does to what follows it. */
static void
end_tag(struct html *h, struct str name, bool is_end)
{
	if (is_cell(name)) {
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
	bool is_end = at < s.len && s.p[at] == '/', is_block;
	struct str name;

	at += is_end;
	/* A tag that never ends is text to be on the safe side; ask that
	 * first, or each of many such tags looks for the end of its name. */
	if (at >= s.len || !ascii_is_alpha(s.p[at]) ||
	    find(h, at, '>', &h->no_end) == NULL)
		return (false);
	name = name_at(s, at);
	at += name.len;
	is_block = is_one_of(name, line_elements, COUNT_OF(line_elements));
	if (is_block)
		end_line(h);
	if (is_block && !h->in_comment)
		reading_line(h->shown);
	h->tag_hides = false;
	h->at = read_attributes(h, at);
	follow_hidden(h, name, is_end, is_block || is_cell(name));
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
	AUTO_BUF struct buf aside = BUF_INIT(out->max);
	struct html h = { .s = html, .out = out, .shown = out,
	    .aside = &aside };

	while (h.at < html.len && !out->over && !aside.over) {
		size_t end = text_end(&h);

		choose_output(&h);
		put_text(&h, str_sub(html, h.at, end - h.at));
		h.at = end;
		if (end == html.len)
			break;
		if (html.p[end] == '-') {
			h.at = end + 3;
			h.in_comment = false;
		} else if (!read_tag(&h) && !read_markup(&h)) {
			put_char(&h, '<');
			h.at++;
		}
	}
	h.out = out;
	if (aside.len > 0)
		end_line(&h);
	buf_str(out, buf_view(&aside));
	out->over = out->over || aside.over;
}
