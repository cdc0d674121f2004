/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note: blocks as plain text and as HTML, and the mail around them.
 *
 * Runs in the gateway. Security: values come from the mail of others: each is
 * one clean line, escaped for HTML here and nowhere else; header fields go
 * through mime/compose. An original goes only where its caller says, byte by
 * byte; no sender can write a boundary of ours. Standards: RFC 3834 3 and 5
 * (no answer to it), RFC 5322 3.6.4 (threads), RFC 2046 5.1 and 5.2.1,
 * RFC 6532 3.7 (message/global).
 */
#include "queue/note.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/id.h"
#include "mime/charset.h"
#include "mime/compose.h"
#include "mime/mailstyle.h"

#define TEXT_COLUMNS 72
#define NAME_COLUMNS 22		/* a longer name has a line of its own */
#define MESSAGE_ID_MAX 900	/* longer cannot be folded: RFC 5322 2.1.1 */
#define SEED_BYTES 16
#define BODY_MAX (8u << 20)	/* NOTE_BLOCKS_MAX values, escaped */

/* ---- blocks ----------------------------------------------------------- */

/* One line of UTF-8 of at most NOTE_VALUE_BYTES. */
static struct str
clean(struct str s, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(NOTE_VALUE_BYTES * 3 + 8);
	size_t n = NOTE_VALUE_BYTES;

	charset_to_utf8(STR_LIT("utf-8"), str_sub(s, 0, n), &b);
	for (size_t i = 0; i < b.len; i++)
		if (b.p[i] < ' ' || b.p[i] == 0x7f)
			b.p[i] = ' ';
	if (b.len > n || s.len > n) {
		for (n = MIN_OF(n, b.len); n > 0 &&
		    (b.p[n - 1] & 0xc0) == 0x80;)
			n--;
		b.len = n > 0 ? n - 1 : 0;
		buf_z(&b, "…");
	}
	return (arena_str(a, str_trim(buf_view(&b))));
}

void
note_add(struct note *n, enum note_kind kind, struct str name,
    struct str value)
{
	struct note_block *b;

	if (n->n_blocks == NOTE_BLOCKS_MAX)
		return;
	b = arena_alloc(n->arena, sizeof(*b));
	b->kind = kind;
	b->name = kind == NOTE_PAGE ? arena_str(n->arena, name) :
	    clean(name, n->arena);
	b->value = kind == NOTE_PAGE ? arena_str(n->arena, value) :
	    clean(value, n->arena);
	if (n->last != NULL)
		n->last->next = b;
	else
		n->first = b;
	n->last = b;
	n->n_blocks++;
}

void
note_say(struct note *n, enum note_kind kind, const char *fmt, ...)
{
	char text[NOTE_VALUE_BYTES + 1];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	note_add(n, kind, STR_NULL, str_of(text));
	explicit_bzero(text, sizeof(text));
}

/* ---- as text ---------------------------------------------------------- */

static size_t
columns(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((uint8_t)s.p[i] & 0xc0) != 0x80;
	return (n);
}

static void
blanks(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_char(out, ' ');
}

/* Words in lines that begin at `indent`; the first one stands at `column`. */
static void
fill_lines(struct buf *out, struct str s, size_t column, size_t indent)
{
	struct str word;
	bool is_first = true;

	while (str_next(&s, ' ', &word)) {
		size_t n = columns(word);

		if (word.len == 0)
			continue;
		if (!is_first && column + 1 + n > TEXT_COLUMNS) {
			buf_char(out, '\n');
			blanks(out, indent);
			column = indent;
		} else if (!is_first) {
			buf_char(out, ' ');
			column++;
		}
		buf_str(out, word);
		column += n;
		is_first = false;
	}
	buf_char(out, '\n');
}

static size_t
name_width(const struct note *n)
{
	size_t width = 0, one;

	for (const struct note_block *b = n->first; b != NULL; b = b->next) {
		one = columns(b->name);
		if (b->kind == NOTE_FACT && one <= NAME_COLUMNS)
			width = MAX_OF(width, one);
	}
	return (width + 3);
}

static void
text_fact(const struct note_block *b, size_t width, struct buf *out)
{
	size_t n = columns(b->name);

	buf_str(out, b->name);
	if (n > 0)
		buf_char(out, ':');
	if (n + 3 > width) {
		buf_char(out, '\n');
		blanks(out, width);
	} else
		blanks(out, width - n - (n > 0));
	fill_lines(out, b->value, width, width);
}

static void
text_block(const struct note_block *b, const struct note_block *before,
    size_t width, struct buf *out)
{
	if (before != NULL && (b->kind != before->kind ||
	    b->kind == NOTE_TEXT) && before->kind != NOTE_TITLE)
		buf_char(out, '\n');
	switch (b->kind) {
	case NOTE_FACT:
		text_fact(b, width, out);
		break;
	case NOTE_STEP:
		buf_z(out, "- ");
		fill_lines(out, b->value, 2, 2);
		break;
	case NOTE_LINK:
		buf_str(out, b->name);
		buf_z(out, ":\n");
		buf_str(out, b->value);
		buf_char(out, '\n');
		break;
	case NOTE_PAGE:
		buf_str(out, b->name);
		buf_char(out, '\n');
		break;
	case NOTE_TITLE:
		buf_str(out, b->value);
		buf_z(out, ":\n");
		break;
	default:
		fill_lines(out, b->value, 0, 0);
		break;
	}
}

static void
text_of(const struct note *n, struct buf *out)
{
	const struct note_block *before = NULL;
	size_t width = name_width(n);

	for (const struct note_block *b = n->first; b != NULL; b = b->next) {
		text_block(b, before, width, out);
		before = b;
	}
	buf_z(out, "\n-- \n");
	buf_str(out, clean(n->organisation, n->arena));
	buf_z(out, "\nQuestions? Answer this mail, or write to ");
	buf_str(out, clean(n->postmaster, n->arena));
	buf_char(out, '\n');
}

/* ---- as HTML ---------------------------------------------------------- */

#define H2 "<h2 class=\"ink\" style=\"margin:4px 0 10px;" FONT \
    "font-size:16px;line-height:1.4;font-weight:600;color:#1d2530\">"
#define CELL "<td valign=\"top\" class=\"%s\" style=\"" FONT \
    "font-size:14px;line-height:1.5;word-break:break-word;%s\">"
#define ITEM "<li class=\"ink\" style=\"margin:0 0 6px;" FONT \
    "font-size:14px;line-height:1.5;color:#1d2530\">"

static void
tagged(struct buf *out, const char *tag, struct str value, const char *end)
{
	buf_z(out, tag);
	enc_html(value, out);
	buf_z(out, end);
}

/* A list or a table goes around all of its kind that follow each other. */
static void
html_around(const struct note_block *before, const struct note_block *b,
    struct buf *out)
{
	if (before != NULL && (b == NULL || b->kind != before->kind)) {
		if (before->kind == NOTE_FACT)
			buf_z(out, "</table>\n");
		if (before->kind == NOTE_STEP)
			buf_z(out, "</ul>\n");
	}
	if (b != NULL && (before == NULL || b->kind != before->kind)) {
		if (b->kind == NOTE_FACT)
			buf_z(out, TABLE " width=\"100%\""
			    " style=\"margin:0 0 18px\">\n");
		if (b->kind == NOTE_STEP)
			buf_z(out, "<ul style=\"margin:0 0 18px;"
			    "padding:0 0 0 20px\">\n");
	}
}

static void
html_fact(const struct note_block *b, struct buf *out)
{
	buf_z(out, "<tr>");
	buf_printf(out, CELL, "soft", "width:34%;color:#56606d;"
	    "padding:0 14px 6px 0");
	enc_html(b->name, out);
	buf_z(out, "</td>\n");
	buf_printf(out, CELL, "ink", "color:#1d2530;padding:0 0 6px");
	enc_html(b->value, out);
	buf_z(out, "</td></tr>\n");
}

static void
html_link(const struct note_block *b, struct buf *out)
{
	buf_z(out, TABLE " style=\"margin:0 0 20px\"><tr>"
	    "<td bgcolor=\"#0b5cad\" style=\"border-radius:8px\">"
	    "<a href=\"");
	enc_html(b->value, out);
	buf_z(out, "\" style=\"display:inline-block;padding:12px 22px;" FONT
	    "font-size:16px;font-weight:600;color:#ffffff;"
	    "text-decoration:none;border-radius:8px;background:#0b5cad\">");
	tagged(out, "", b->name, "</a></td></tr></table>\n");
}

static void
html_block(const struct note_block *b, struct buf *out)
{
	switch (b->kind) {
	case NOTE_HEAD:
		tagged(out, H1, b->value, "</h1>\n");
		break;
	case NOTE_TITLE:
		tagged(out, H2, b->value, "</h2>\n");
		break;
	case NOTE_FACT:
		html_fact(b, out);
		break;
	case NOTE_STEP:
		tagged(out, ITEM, b->value, "</li>\n");
		break;
	case NOTE_LINK:
		html_link(b, out);
		break;
	case NOTE_PAGE:
		buf_z(out, "<div class=\"ink\" style=\"margin:0 0 20px;" FONT
		    "font-size:16px;line-height:1.5;color:#1d2530\">");
		buf_str(out, b->value);
		buf_z(out, "</div>\n");
		break;
	default:
		tagged(out, P, b->value, "</p>\n");
		break;
	}
}

static void
html_of(const struct note *n, struct buf *out)
{
	const struct note_block *before = NULL;
	struct str postmaster = clean(n->postmaster, n->arena);

	buf_z(out, HEAD_BEGIN);
	if (n->first != NULL)
		enc_html(n->first->value, out);
	buf_z(out, HEAD_END TOP_BEGIN);
	tagged(out, "", clean(n->organisation, n->arena), TOP_END);
	for (const struct note_block *b = n->first; b != NULL; b = b->next) {
		html_around(before, b, out);
		html_block(b, out);
		before = b;
	}
	html_around(before, NULL, out);
	buf_z(out, "</td></tr>\n" BOTTOM);
	tagged(out, SMALL "Questions? Answer this mail, or write to "
	    LINK "\"mailto:", postmaster, "\">");
	tagged(out, "", postmaster, "</a>.</p>\n</td></tr>\n" TAIL);
}

/* ---- the mail --------------------------------------------------------- */

/* "<left@right>" as it is usual; anything else would not be found again. */
static bool
is_message_id(struct str s)
{
	if (s.len < 5 || s.len > MESSAGE_ID_MAX || s.p[0] != '<' ||
	    s.p[s.len - 1] != '>' || str_index(s, '@') < 0)
		return (false);
	for (size_t i = 1; i + 1 < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == '<' ||
		    s.p[i] == '>')
			return (false);
	return (true);
}

static void
headers(const struct note *n, struct buf *out)
{
	struct mailbox from = { n->organisation, { .text = n->postmaster } };
	struct mailbox to = { STR_NULL, { .text = n->to } };
	char date[CLOCK_RFC5322_SIZE], text[ID_TEXT_SIZE];
	struct str about = str_trim(n->message_id);
	struct id id = id_new();

	clock_rfc5322(n->now_ms, date);
	compose_header(out, "Date", str_of(date));
	compose_mailboxes(out, "From", &from, 1);
	compose_mailboxes(out, "To", &to, 1);
	compose_header(out, "Subject", n->subject);
	buf_printf(out, "Message-ID: <%s.note@%.*s>\r\n", id_text(&id, text),
	    STR_FMT(n->hostname));
	if (is_message_id(about)) {
		compose_header(out, "In-Reply-To", about);
		compose_header(out, "References", about);
	}
	buf_z(out, "Auto-Submitted: auto-generated\r\n");
	buf_str(out, n->fields);
	buf_z(out, "MIME-Version: 1.0\r\n");
}

static void
multipart(struct buf *out, const char *type, char boundary[static 35])
{
	uint8_t seed[SEED_BYTES];

	/* "=_" cannot occur in quoted-printable (RFC 2045 6.7); nobody knows
	 * the rest who writes what is attached. */
	id_random(seed, sizeof(seed));
	memcpy(boundary, "=_", 2);
	enc_hex(seed, sizeof(seed), boundary + 2);
	buf_printf(out, "Content-Type: multipart/%s;\r\n boundary=\"%s\"\r\n",
	    type, boundary);
}

static void
bodies(const struct note *n, struct buf *out)
{
	AUTO_BUF struct buf text = BUF_INIT(BODY_MAX);
	AUTO_BUF struct buf html = BUF_INIT(BODY_MAX);
	char boundary[2 + 2 * SEED_BYTES + 1];

	text_of(n, &text);
	html_of(n, &html);
	must(!text.over && !html.over);
	multipart(out, "alternative", boundary);
	buf_printf(out, "\r\n--%s\r\n", boundary);
	compose_text_part(out, "text/plain", buf_view(&text));
	buf_printf(out, "\r\n--%s\r\n", boundary);
	compose_text_part(out, "text/html", buf_view(&html));
	buf_printf(out, "\r\n--%s--\r\n", boundary);
}

bool
note_needs_smtputf8(const struct note *n)
{
	return (!enc_is_ascii(n->to) || !enc_is_ascii(n->postmaster) ||
	    (n->original.len > 0 && n->is_original_global));
}

bool
note_is_8bit(const struct note *n)
{
	return (note_needs_smtputf8(n) || !enc_is_ascii(n->original));
}

void
note_render(const struct note *n, struct buf *out)
{
	char boundary[2 + 2 * SEED_BYTES + 1];
	const char *encoding;

	headers(n, out);
	if (n->original.len == 0) {
		bodies(n, out);
		return;
	}
	encoding = enc_is_ascii(n->original) ? "" :
	    "Content-Transfer-Encoding: 8bit\r\n";
	multipart(out, "mixed", boundary);
	buf_printf(out, "%s\r\n--%s\r\n", encoding, boundary);
	bodies(n, out);
	buf_printf(out, "\r\n--%s\r\nContent-Type: message/%s\r\n"
	    "Content-Disposition: attachment; filename=\"message.eml\"\r\n"
	    "%s\r\n", boundary, n->is_original_global ? "global" : "rfc822",
	    encoding);
	buf_str(out, n->original);
	buf_printf(out, "\r\n--%s--\r\n", boundary);
}
