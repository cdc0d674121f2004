/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disclaimer: a sentence added to the bodies of a message.
 *
 * Runs in the gateway. Security: the body is the sender's and may try to hide
 * what is added; the sentence is the administrator's. What is signed or
 * encrypted is never touched.
 * Standards: RFC 2045 6, RFC 3676 (flowed text), RFC 1847, RFC 4880 7.
 */
#include "mime/disclaimer.h"

#include "base/enc.h"
#include "mime/charset.h"
#include "mime/compose.h"
#include "mime/hypertext.h"
#include "mime/params.h"
#include "mime/words.h"

#define LINE_MAX_BYTES 998	/* RFC 5322 2.1.1 */
#define GROWTH 12	/* bytes at most that one of a text becomes */

/* One body on its way. */
struct body {
	const struct letter_part *part;
	const struct edit *e;
	struct patches *p;
	struct str sentence;	/* as it is given, for this kind of body */
	bool is_html;
	bool is_flowed;
	struct buf decoded;	/* of another encoding than "as it is" */
	struct str bytes;	/* the body, decoded */
	struct buf added;	/* what is put in, in the body's charset */
	size_t at;		/* in bytes */
};

bool
disclaimer_is_text(struct str s)
{
	if (!enc_is_utf8(s))
		return (false);
	for (size_t i = 0; i < s.len; i++)
		if (((uint8_t)s.p[i] < ' ' && strchr("\t\r\n", s.p[i]) ==
		    NULL) || s.p[i] == '\0' || s.p[i] == 0x7f)
			return (false);
	return (true);
}

void
disclaimer_read(const struct edit *e, struct arena *a, struct str *text,
    struct str *html)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_OF(e->disclaimer_text.len,
	    e->disclaimer_html.len) * GROWTH + 64);

	*text = e->disclaimer_text;
	*html = e->disclaimer_html;
	if (text->len == 0)
		hypertext_to_text(*html, &b);
	else if (html->len == 0)
		hypertext_from_text(*text, &b);
	if (text->len == 0)
		*text = arena_str(a, buf_view(&b));
	else if (html->len == 0)
		*html = arena_str(a, buf_view(&b));
}

/* Inside multipart/signed or multipart/encrypted, or itself one. */
static bool
is_sealed(const struct letter_part *part)
{
	for (; part != NULL; part = part->parent)
		if (str_eq(part->type, STR_LIT("multipart/signed")) ||
		    str_eq(part->type, STR_LIT("multipart/encrypted")))
			return (true);
	return (false);
}

/* PGP in the text itself; what is quoted has a sign in front of it. */
static bool
has_pgp(const struct body *b)
{
	static const char mark[] = "-----BEGIN PGP ";
	struct str rest = b->bytes;

	while (rest.len > 0) {
		const char *hit = memmem(rest.p, rest.len, mark,
		    sizeof(mark) - 1);

		if (hit == NULL)
			return (false);
		rest = str_sub(b->bytes, (size_t)(hit - b->bytes.p) +
		    sizeof(mark) - 1, b->bytes.len);
		if ((b->is_html || hit == b->bytes.p || hit[-1] == '\n') &&
		    (str_starts_nocase(rest, STR_LIT("MESSAGE")) ||
		    str_starts_nocase(rest, STR_LIT("SIGNED"))))
			return (true);
	}
	return (false);
}

/* Can anybody say what the body's bytes mean, and may we change them? */
static bool
can_change(const struct body *b)
{
	const struct letter_part *part = b->part;

	if (is_sealed(part) || part->encoding == LETTER_UUENCODE)
		return (false);
	/* Declared as a multipart whose delimiters nobody finds. */
	if ((part->ambiguous & LETTER_AMBIGUOUS_BOUNDARY) != 0)
		return (false);
	if (part->charset.len > 0 && (!charset_is_known(part->charset) ||
	    str_starts_nocase(part->charset, STR_LIT("hz-"))))
		return (false);
	return (!has_pgp(b));
}

static struct str
content_field(const struct letter_part *part, const char *name)
{
	const struct letter_field *f = letter_find(part, str_of(name));

	return (f != NULL ? f->raw : STR_NULL);
}

static void
open_body(struct body *b)
{
	struct str raw = content_field(b->part, "Content-Type");
	struct err err;
	bool differs;

	b->bytes = b->part->body;
	if (b->part->encoding != LETTER_7BIT) {
		/* Decoding makes no body of these encodings larger. */
		must(letter_decode(b->part, &b->decoded, &err) == 0);
		b->bytes = buf_view(&b->decoded);
	}
	b->is_flowed = !b->is_html && str_eq_nocase(params_get(raw,
	    STR_LIT("format"), b->p->a, &differs), STR_LIT("flowed"));
}

/* Without the blanks at its end, which would join it to the next line where
 * text flows; but in front of a signature one belongs (RFC 3676 4.3). */
static struct str
trim_end(struct str line)
{
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (str_eq(line, STR_LIT("-- ")))
		return (line);
	while (line.len > 0 && (line.p[line.len - 1] == ' ' ||
	    line.p[line.len - 1] == '\t'))
		line.len--;
	return (line);
}

/* One line of the sentence, stuffed where text flows (RFC 3676 4.4). */
static void
put_line(const struct body *b, struct str line, struct buf *out)
{
	line = trim_end(line);
	if (b->is_flowed && line.len > 0 && (line.p[0] == ' ' ||
	    line.p[0] == '>' || str_starts_nocase(line, STR_LIT("From "))))
		buf_char(out, ' ');
	for (size_t i = 0; i < line.len; i++)
		buf_char(out, line.p[i] == '\r' ? ' ' : line.p[i]);
	buf_z(out, "\r\n");
}

static void
put_lines(const struct body *b, struct buf *out)
{
	struct str line, rest = b->sentence;

	while (rest.len > 0 && strchr("\r\n", rest.p[rest.len - 1]) != NULL)
		rest.len--;
	while (str_next(&rest, '\n', &line))
		put_line(b, line, out);
}

/* Where in this text (UTF-8 or an extension of ASCII) it goes, and what: the
 * sentence and the line ends around it, UTF-8. */
static size_t
find_place(const struct body *b, struct str text, struct buf *out)
{
	struct hypertext_place place = { 0, text.len, "", "" };
	bool has_end = text.len == 0 || text.p[text.len - 1] == '\n';

	if (b->is_html) {
		hypertext_find(text, &place);
		if (!b->e->at_start)
			buf_printf(out, "%s%s", place.closer,
			    place.closer_name);
		buf_z(out, "\r\n");
		put_lines(b, out);
		return (b->e->at_start ? place.start : place.end);
	}
	if (b->e->at_start) {
		put_lines(b, out);
		if (text.len > 0)
			buf_z(out, "\r\n");
		return (str_starts_nocase(text, STR_LIT("\xef\xbb\xbf")) ?
		    3 : 0);
	}
	if (!has_end)
		buf_z(out, "\r\n");
	if (text.len > 0)
		buf_z(out, "\r\n");
	put_lines(b, out);
	return (text.len);
}

/* Find b->at and b->added in the body's own charset; false: it cannot. */
static bool
place_in_own_charset(struct body *b)
{
	AUTO_BUF struct buf utf8 = BUF_INIT(b->added.max);

	if (!charset_extends_ascii(b->part->charset))
		return (false);
	b->at = find_place(b, b->bytes, &utf8);
	if (b->is_html) {
		hypertext_references(buf_view(&utf8), &b->added);
		return (true);
	}
	return (charset_from_utf8(b->part->charset, buf_view(&utf8),
	    &b->added));
}

/* May it stand there without a transfer encoding? */
static bool
fits_plain(const struct body *b)
{
	struct str line, rest = buf_view(&b->added);
	struct str how = params_head(content_field(b->part,
	    "Content-Transfer-Encoding"), b->p->a);

	if (!enc_is_ascii(rest) && !str_eq_nocase(how, STR_LIT("8bit")) &&
	    !str_eq_nocase(how, STR_LIT("binary")))
		return (false);
	while (str_next(&rest, '\n', &line))
		if (line.len > LINE_MAX_BYTES)
			return (false);
	return (true);
}

static size_t
body_offset(const struct body *b)
{
	return ((size_t)(b->part->body.p - b->p->bytes.p));
}

/* Replace the first field of that name, remove others, or add one. */
static void
set_field(struct body *b, const char *name, struct str text)
{
	const struct letter_part *part = b->part;
	bool is_set = false;

	for (size_t i = 0; i < part->n_fields; i++) {
		if (!str_eq_nocase(part->fields[i].name, str_of(name)))
			continue;
		patch_field(b->p, part, i, is_set ? STR_NULL : text);
		is_set = true;
	}
	if (!is_set)
		patch_new_field(b->p, part, text);
}

static void
set_charset(struct body *b)
{
	struct str raw = content_field(b->part, "Content-Type");
	AUTO_BUF struct buf field = BUF_INIT(raw.len * 2 + 256);
	struct arena *a = b->p->a;

	if (raw.p == NULL && b->part->parent == NULL)
		set_field(b, "MIME-Version", STR_LIT("MIME-Version: 1.0\r\n"));
	buf_z(&field, "Content-Type:");
	if (!str_eq_nocase(params_head(raw, a), b->part->type) ||
	    !params_set(raw, "charset", "utf-8", a, &field))
		buf_printf(&field, " %s; charset=utf-8", b->is_html ?
		    "text/html" : "text/plain");
	buf_z(&field, "\r\n");
	set_field(b, "Content-Type", buf_view(&field));
}

/* The whole body anew, in base64 if it was, else quoted-printable. */
static void
replace_body(struct body *b, struct str bytes)
{
	AUTO_BUF struct buf coded = BUF_INIT(bytes.len * 4 + 64);
	size_t at = body_offset(b);

	if (b->part->encoding == LETTER_BASE64)
		enc_base64_lines(bytes.p, bytes.len, &coded);
	else
		compose_quoted_lines(&coded, bytes);
	must(!coded.over);
	patch_add(b->p, PATCH_BODY, at, at + b->part->body.len,
	    buf_view(&coded));
	if (b->part->encoding == LETTER_7BIT)
		set_field(b, "Content-Transfer-Encoding", STR_LIT(
		    "Content-Transfer-Encoding: quoted-printable\r\n"));
}

/* bytes with what is added at `at`. */
static void
join(struct str bytes, size_t at, struct str added, struct buf *out)
{
	buf_str(out, str_sub(bytes, 0, at));
	buf_str(out, added);
	buf_str(out, str_sub(bytes, at, bytes.len));
}

/* Only what is added is encoded; the lines around it stay as they are. */
static void
insert_quoted(struct body *b)
{
	AUTO_BUF struct buf coded = BUF_INIT(b->added.len * 4 + 64);
	struct letter_reader r;
	struct str body = b->part->body, last;
	uint8_t piece[512];
	size_t left = b->at, n;

	letter_reader_init(&r, b->part);
	while (left > 0 && (n = letter_read(&r, piece,
	    MIN_OF(left, sizeof(piece)))) > 0)
		left -= n;
	explicit_bzero(piece, sizeof(piece));
	if (b->at == b->bytes.len)
		r.at = body.len;
	last = str_trim(body);
	/* A soft line break; at the end it may be half there already. */
	if (r.at > 0 && body.p[r.at - 1] != '\n')
		buf_z(&coded, r.at == body.len && last.len > 0 &&
		    last.p[last.len - 1] == '=' ? "\r\n" : "=\r\n");
	compose_quoted_lines(&coded, buf_view(&b->added));
	must(!coded.over);
	n = body_offset(b) + r.at;
	patch_add(b->p, PATCH_BODY, n, n, buf_view(&coded));
}

static void
insert(struct body *b)
{
	AUTO_BUF struct buf whole = BUF_INIT(b->bytes.len + b->added.len + 1);
	size_t at = body_offset(b) + b->at;

	if (b->part->encoding == LETTER_QUOTED_PRINTABLE) {
		insert_quoted(b);
	} else if (b->part->encoding == LETTER_7BIT && fits_plain(b)) {
		patch_add(b->p, PATCH_BODY, at, at, buf_view(&b->added));
	} else {
		join(b->bytes, b->at, buf_view(&b->added), &whole);
		replace_body(b, buf_view(&whole));
	}
}

/* The part becomes UTF-8. */
static void
insert_as_utf8(struct body *b)
{
	/* No charset grows a byte to more than three. */
	AUTO_BUF struct buf text = BUF_INIT(b->bytes.len * 4 + 64);
	AUTO_BUF struct buf whole = BUF_INIT(text.max + b->added.max);

	charset_to_utf8(b->part->charset, b->bytes, &text);
	buf_reset(&b->added);
	b->at = find_place(b, buf_view(&text), &b->added);
	join(buf_view(&text), b->at, buf_view(&b->added), &whole);
	set_charset(b);
	replace_body(b, buf_view(&whole));
}

/* Plan one body; with_patches false only asks whether it can be done. */
static bool
add_to(const struct letter_part *part, bool is_html, struct str sentence,
    const struct edit *e, struct patches *p, bool with_patches)
{
	struct body b = { .part = part, .e = e, .p = p, .is_html = is_html,
		.sentence = sentence };
	bool is_able;

	if (part == NULL)
		return (true);
	buf_init(&b.decoded, part->body.len + 64);
	buf_init(&b.added, sentence.len * GROWTH + 256);
	open_body(&b);
	is_able = can_change(&b);
	if (is_able && with_patches) {
		if (place_in_own_charset(&b))
			insert(&b);
		else
			insert_as_utf8(&b);
		must(!b.added.over);
		patch_close_header(p, part);
	}
	buf_done(&b.decoded);
	buf_done(&b.added);
	return (is_able);
}

bool
disclaimer_add(const struct letter_view *view, const struct edit *e,
    struct patches *p)
{
	struct str text, html;

	if (view->text == NULL && view->html == NULL)
		return (false);
	disclaimer_read(e, p->a, &text, &html);
	/* Both or none: a reader shows either. */
	for (int with_patches = 0; with_patches < 2; with_patches++)
		if (!add_to(view->text, false, text, e, p, with_patches) ||
		    !add_to(view->html, true, html, e, p, with_patches))
			return (false);
	return (true);
}
