/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plain: texts without structure, and what their first lines say they are.
 *
 * Runs in the scanner's workers. Security: whether bytes are text decides
 * who reads them next, never whether they are read. Standards: RFC 3629,
 * RFC 2781, RFC 5322 2.2.
 */
#include "extract/plain.h"

#include "base/enc.h"
#include "extract/charsetguess.h"
#include "extract/readers.h"
#include "mime/charset.h"

#define LOOKED_AT ((size_t)8 << 10)
#define HEAD_BYTES ((size_t)4 << 10)

static const struct {
	struct str mark;
	struct str charset;
} byte_order_marks[] = {
	/* The longer ones first: UTF-32 begins like UTF-16. */
	{ { "\xff\xfe\0\0", 4 }, { "utf-32", 6 } },
	{ { "\0\0\xfe\xff", 4 }, { "utf-32", 6 } },
	{ { "\xef\xbb\xbf", 3 }, { "utf-8", 5 } },
	{ { "\xff\xfe", 2 }, { "utf-16le", 8 } },
	{ { "\xfe\xff", 2 }, { "utf-16be", 8 } },
};

static ptrdiff_t
find_mark(struct str bytes)
{
	for (size_t i = 0; i < COUNT_OF(byte_order_marks); i++) {
		struct str mark = byte_order_marks[i].mark;

		if (str_eq(str_sub(bytes, 0, mark.len), mark))
			return ((ptrdiff_t)i);
	}
	return (-1);
}

/* UTF-16 without a mark, by where the zeros of its ASCII letters are; the
 * empty string when it is not. */
static struct str
unmarked_utf16(struct str bytes)
{
	size_t pairs = MIN_OF(bytes.len, LOOKED_AT) / 2, even = 0, odd = 0;

	for (size_t i = 0; i < pairs; i++) {
		even += bytes.p[2 * i] == '\0' && bytes.p[2 * i + 1] != '\0';
		odd += bytes.p[2 * i + 1] == '\0' && bytes.p[2 * i] >= '\t';
	}
	if (pairs < 4)
		return (STR_NULL);
	if (odd * 10 >= pairs * 6 && even * 20 <= pairs)
		return (STR_LIT("utf-16le"));
	if (even * 10 >= pairs * 6 && odd * 20 <= pairs)
		return (STR_LIT("utf-16be"));
	return (STR_NULL);
}

static bool
is_odd_control(uint8_t c)
{
	return (c < 0x20 ? c < '\b' || c == 0x0b || (c > '\r' && c != 0x1b &&
	    c != 0x1a) : c == 0x7f);
}

bool
plain_is_text(struct str bytes)
{
	size_t n = MIN_OF(bytes.len, LOOKED_AT), odd = 0;

	if (find_mark(bytes) >= 0 || unmarked_utf16(bytes).len > 0)
		return (true);
	for (size_t i = 0; i < n; i++) {
		if (bytes.p[i] == '\0')
			return (false);
		odd += is_odd_control((uint8_t)bytes.p[i]);
	}
	/* A stray control byte in a long text does not make it binary. */
	return (odd * 500 <= n);
}

/* The charset parameter of a Content-Type. */
static struct str
declared_charset(struct str declared)
{
	ptrdiff_t at = str_find_nocase(declared, STR_LIT("charset="));
	struct str s;
	size_t n = 0;

	if (at < 0)
		return (STR_NULL);
	s = str_sub(declared, (size_t)at + 8, declared.len);
	if (s.len > 0 && (s.p[0] == '"' || s.p[0] == '\''))
		s = str_sub(s, 1, s.len);
	while (n < s.len && strchr("\"'; \t>", s.p[n]) == NULL)
		n++;
	s = str_sub(s, 0, n);
	return (charset_is_known(s) ? s : STR_NULL);
}

/* Valid UTF-8, but for a character that is cut off at the end of `s`. */
static bool
is_utf8_start(struct str s)
{
	for (size_t cut = 0; cut < 4 && cut <= s.len; cut++)
		if (enc_is_utf8(str_sub(s, 0, s.len - cut)))
			return (true);
	return (false);
}

struct str
plain_charset(struct str bytes, struct str declared)
{
	ptrdiff_t mark = find_mark(bytes);
	struct str head = str_sub(bytes, 0, LOOKED_AT), charset;

	if (mark >= 0)
		return (byte_order_marks[mark].charset);
	charset = declared_charset(declared);
	/* A declaration that cannot be true is a way to hide text. */
	if (charset.len > 0 && !charset_is_ascii(charset) &&
	    (!str_starts_nocase(charset, STR_LIT("utf-8")) ||
	    is_utf8_start(head)))
		return (charset);
	charset = unmarked_utf16(bytes);
	if (charset.len > 0)
		return (charset);
	return (enc_is_utf8(bytes) && str_index(head, '\x1b') < 0 ?
	    STR_LIT("utf-8") : charset_guess(head));
}

void
plain_append(struct buf *out, struct str text)
{
	size_t room = out->max - MIN_OF(out->len, out->max);
	bool fits = text.len <= room;

	if (out->over)
		return;
	text = str_sub(text, 0, room);
	buf_str(out, text);
	if (!fits)
		out->over = true;
}

void
plain_append_char(struct buf *out, uint32_t c)
{
	char t[4];
	size_t n = 1;

	if (c == 0)
		return;
	if (c >= 0x110000 || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	if (c < 0x80) {
		buf_char(out, (char)c);
		return;
	}
	n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		t[i] = (char)(0x80 | (c & 0x3f));
	t[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
	buf_append(out, t, n);
}

void
plain_append_utf16(struct buf *out, struct str utf16)
{
	for (size_t at = 0; at + 1 < utf16.len && !out->over; at += 2) {
		uint32_t c = reading_u16(utf16, at);
		uint32_t low = reading_u16(utf16, at + 2);

		if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 &&
		    low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			at += 2;
		}
		plain_append_char(out, c);
	}
}

/* CRLF and CR become LF, in place, from `from` on. */
static void
unify_lines(struct buf *b, size_t from)
{
	size_t to = from;

	if (from >= b->len || memchr(b->p + from, '\r', b->len - from) == NULL)
		return;
	for (size_t i = from; i < b->len; i++) {
		uint8_t c = b->p[i];

		if (c == '\r' && i + 1 < b->len && b->p[i + 1] == '\n')
			continue;
		b->p[to++] = c == '\r' ? '\n' : c;
	}
	b->len = to;
}

void
plain_to_utf8(struct str bytes, struct str charset, struct buf *out)
{
	ptrdiff_t mark = find_mark(bytes);
	size_t from = out->len;

	/* iconv's UTF-32 needs the mark to know the order. */
	if (mark >= 2)
		bytes = str_sub(bytes, byte_order_marks[mark].mark.len,
		    bytes.len);
	if (str_eq_nocase(charset, STR_LIT("utf-8")) && enc_is_utf8(bytes))
		plain_append(out, bytes);
	else
		charset_to_utf8(charset, str_sub(bytes, 0, out->max), out);
	unify_lines(out, from);
}

void
read_plain(struct source *s)
{
	plain_to_utf8(s->bytes, plain_charset(s->bytes, s->declared),
	    s->text);
	if (s->bytes.len > s->text->max)
		reading_fact(s, EXTRACT_CUT);
}
