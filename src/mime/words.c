/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words: header text to UTF-8: folding, encoded words, undeclared 8-bit text.
 *
 * Runs in the gateway. Security: what it yields is shown to people and written
 * into other headers, so no control byte passes. Linear in its input.
 * Standards: RFC 2047, RFC 2231 5 (language), RFC 6532.
 */
#include "mime/words.h"

#include "mime/charset.h"
#include "mime/decode.h"

#define WORD_CHARSET_MAX 64	/* longest charset and language we look at */

/* One "=?charset?e?text?=". */
struct word {
	struct str charset;
	char encoding;		/* 'b' or 'q' */
	struct str text;
	size_t len;		/* of all of it */
};

/* Bytes of adjacent encoded words of one charset, not yet converted. */
struct pending {
	struct str charset;
	struct buf bytes;
};

struct str
words_unfold(struct str raw, struct arena *a)
{
	char *p = arena_alloc(a, raw.len + 1);
	size_t n = 0;

	raw = str_trim(raw);
	for (size_t i = 0; i < raw.len; i++)
		if (raw.p[i] != '\r' && raw.p[i] != '\n')
			p[n++] = raw.p[i];
	return (str_make(p, n));
}

/* Does an encoded word stand at s[at]? */
static bool
find_word(struct str s, size_t at, struct word *out)
{
	struct str rest = str_sub(s, at, s.len), head;
	ptrdiff_t q, star;
	const char *end;

	if (rest.len < 8 || rest.p[0] != '=' || rest.p[1] != '?')
		return (false);
	head = str_sub(rest, 2, WORD_CHARSET_MAX);
	q = str_index(head, '?');
	if (q <= 0 || (size_t)q + 5 >= rest.len ||
	    memchr(head.p, ' ', (size_t)q) != NULL)
		return (false);
	out->encoding = ascii_lower(head.p[q + 1]);
	if ((out->encoding != 'b' && out->encoding != 'q') ||
	    rest.p[q + 4] != '?')
		return (false);
	out->charset = str_sub(head, 0, (size_t)q);
	star = str_index(out->charset, '*');
	if (star >= 0)
		out->charset.len = (size_t)star;
	rest = str_sub(rest, (size_t)q + 5, rest.len);
	end = memmem(rest.p, rest.len, "?=", 2);
	if (end == NULL)
		return (false);
	out->text = str_make(rest.p, (size_t)(end - rest.p));
	out->len = (size_t)(end - (s.p + at)) + 2;
	return (true);
}

static void
decode_q(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		int v = s.p[i] == '=' ? decode_hex_pair(s, i + 1) : -1;

		if (v >= 0) {
			buf_char(out, (char)v);
			i += 2;
		} else {
			buf_char(out, (char)(s.p[i] == '_' ? ' ' : s.p[i]));
		}
	}
}

static void
decode_b(struct str s, struct buf *out)
{
	struct letter_part part = { .body = s, .encoding = LETTER_BASE64 };
	struct err err;

	/* out holds as much as the whole field; decoding only shrinks. */
	must(letter_decode(&part, out, &err) == 0);
}

static void
flush(struct pending *p, struct buf *out)
{
	if (p->bytes.len == 0)
		return;
	charset_to_utf8(p->charset, buf_view(&p->bytes), out);
	buf_reset(&p->bytes);
}

static bool
is_all_blank(struct str s)
{
	return (str_trim(s).len == 0);
}

/* Control bytes become blanks (tab) or go; a value stays one line. */
static struct str
drop_controls(struct str s, struct arena *a)
{
	char *p = arena_alloc(a, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c == '\t')
			p[n++] = ' ';
		else if (c >= ' ' && c != 0x7f)
			p[n++] = (char)c;
	}
	return (str_make(p, n));
}

struct str
words_decode(struct str raw, struct arena *a)
{
	struct str s = words_unfold(raw, a);
	AUTO_BUF struct buf out = BUF_INIT(s.len * 4 + 64);
	struct pending pending = { STR_NULL, BUF_INIT(s.len * 2 + 64) };
	size_t at = 0, plain = 0;
	bool after_word = false, is_open = true;
	struct word w;

	while (at < s.len) {
		const char *hit = memmem(s.p + at, s.len - at, "=?", 2);
		struct str between;

		if (hit == NULL || !is_open)
			break;
		at = (size_t)(hit - s.p);
		if (!find_word(s, at, &w)) {
			/* No end from here on: none further on either. */
			is_open = memmem(hit + 2, s.len - at - 2, "?=", 2) !=
			    NULL;
			at += 2;
			continue;
		}
		between = str_sub(s, plain, at - plain);
		if (!after_word || !is_all_blank(between)) {
			flush(&pending, &out);
			charset_to_utf8(STR_NULL, between, &out);
		}
		if (!str_eq_nocase(pending.charset, w.charset))
			flush(&pending, &out);
		pending.charset = w.charset;
		if (w.encoding == 'q')
			decode_q(w.text, &pending.bytes);
		else
			decode_b(w.text, &pending.bytes);
		at += w.len;
		plain = at;
		after_word = true;
	}
	flush(&pending, &out);
	buf_done(&pending.bytes);
	charset_to_utf8(STR_NULL, str_sub(s, plain, s.len), &out);
	return (drop_controls(buf_view(&out), a));
}
