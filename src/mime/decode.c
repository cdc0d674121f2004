/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode: base64, quoted-printable and uuencode as lenient readers read them.
 *
 * Runs in the gateway. Security: reads what anybody sent, and what it yields
 * is plaintext. It looks ahead in the part's body instead of keeping state, so
 * reading byte by byte and reading at once give the same bytes.
 * Standards: RFC 2045 6.7 and 6.8; uuencode as in POSIX.
 */
#include "mime/decode.h"

#include "mime/charset.h"
#include "mime/scanner.h"

#define BAD 0x80	/* not of the base64 alphabet */
#define UU_LINE_MAX 63	/* what one uuencoded line can hold */

enum reader_state { READER_PLAIN, READER_UU, READER_END };

static const uint8_t base64_value[256] = {
	[0 ... '+' - 1] = BAD,
	62, BAD, BAD, BAD, 63,	/* + , - . / */
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61,
	['9' + 1 ... 'A' - 1] = BAD,
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
	20, 21, 22, 23, 24, 25,
	['Z' + 1 ... 'a' - 1] = BAD,
	26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
	44, 45, 46, 47, 48, 49, 50, 51,
	['z' + 1 ... 255] = BAD,
};

/* Eight letters to six bytes at a time while they are all of the alphabet. */
static size_t
base64_run(const uint8_t **in, const uint8_t *end, uint8_t *out, size_t cap)
{
	const uint8_t *p = *in;
	uint8_t *to = out;

	while (end - p >= 8 && cap - (size_t)(to - out) >= 8) {
		uint64_t v;
		uint8_t a = base64_value[p[0]], b = base64_value[p[1]],
		    c = base64_value[p[2]], d = base64_value[p[3]],
		    e = base64_value[p[4]], f = base64_value[p[5]],
		    g = base64_value[p[6]], h = base64_value[p[7]];

		if (((a | b | c | d | e | f | g | h) & BAD) != 0)
			break;
		v = (uint64_t)a << 58 | (uint64_t)b << 52 | (uint64_t)c << 46 |
		    (uint64_t)d << 40 | (uint64_t)e << 34 | (uint64_t)f << 28 |
		    (uint64_t)g << 22 | (uint64_t)h << 16;
		v = __builtin_bswap64(v);
		memcpy(to, &v, 8);	/* two bytes more than count */
		to += 6;
		p += 8;
	}
	while (end - p >= 4 && cap - (size_t)(to - out) >= 3) {
		uint8_t a = base64_value[p[0]], b = base64_value[p[1]],
		    c = base64_value[p[2]], d = base64_value[p[3]];

		if (((a | b | c | d) & BAD) != 0)
			break;
		*to++ = (uint8_t)(a << 2 | b >> 4);
		*to++ = (uint8_t)(b << 4 | c >> 2);
		*to++ = (uint8_t)(c << 6 | d);
		p += 4;
	}
	*in = p;
	return ((size_t)(to - out));
}

static size_t
read_base64(struct letter_reader *r, uint8_t *out, size_t cap)
{
	const uint8_t *start = (const uint8_t *)r->part->body.p;
	const uint8_t *p = start + r->at, *end = start + r->part->body.len;
	size_t n = 0;

	while (p < end && n < cap) {
		uint8_t v;

		if (r->n_bits == 0) {
			n += base64_run(&p, end, out + n, cap - n);
			if (p == end || n == cap)
				break;
		}
		v = base64_value[*p];
		/* Padding ends a group, not the data: what follows counts. */
		if (*p == '=')
			r->n_bits = 0;
		p++;
		if (v == BAD)
			continue;
		r->bits = r->bits << 6 | v;
		r->n_bits += 6;
		if (r->n_bits >= 8) {
			r->n_bits -= 8;
			out[n++] = (uint8_t)(r->bits >> r->n_bits);
		}
	}
	r->at = (size_t)(p - start);
	return (n);
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	c = ascii_lower(c);
	return (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
}

int
decode_hex_pair(struct str s, size_t at)
{
	int high, low;

	if (at + 2 > s.len)
		return (-1);
	high = hex_value(s.p[at]);
	low = hex_value(s.p[at + 1]);
	return (high >= 0 && low >= 0 ? high << 4 | low : -1);
}

/* Offset behind a soft line break whose '=' is at `at`, or 0 when it is none.
 * Blanks between the '=' and the line end are forgiven. */
static size_t
soft_break(struct str s, size_t at)
{
	size_t i = at + 1;

	while (i < s.len && (s.p[i] == ' ' || s.p[i] == '\t'))
		i++;
	if (i == s.len)
		return (i);
	if (s.p[i] == '\r') {
		i++;
		return (i < s.len && s.p[i] == '\n' ? i + 1 : i);
	}
	return (s.p[i] == '\n' ? i + 1 : 0);
}

static size_t
read_quoted(struct letter_reader *r, uint8_t *out, size_t cap)
{
	struct str s = r->part->body;
	size_t n = 0;

	while (r->at < s.len && n < cap) {
		const char *p = s.p + r->at;
		size_t run = MIN_OF(s.len - r->at, cap - n), after;
		const char *hit = memchr(p, '=', run);
		int v;

		if (hit != NULL)
			run = (size_t)(hit - p);
		memcpy(out + n, p, run);
		n += run;
		r->at += run;
		if (hit == NULL || n == cap)
			continue;
		v = decode_hex_pair(s, r->at + 1);
		if (v < 0 && (after = soft_break(s, r->at)) > 0) {
			r->at = after;
			continue;
		}
		out[n++] = v >= 0 ? (uint8_t)v : '=';
		r->at += v >= 0 ? 3 : 1;
	}
	return (n);
}

/* Offset of the first data line of uuencoded text, or the end. */
static size_t
uu_begin(struct str s)
{
	for (size_t at = 0; at < s.len; at = scanner_next_line(s, at)) {
		struct str line = str_sub(s, at, 10);

		if (line.len == 10 && memcmp(line.p, "begin ", 6) == 0 &&
		    ascii_is_digit(line.p[6]) && ascii_is_digit(line.p[7]) &&
		    ascii_is_digit(line.p[8]))
			return (scanner_next_line(s, at));
	}
	return (s.len);
}

/* Byte k of the uuencoded data line at `at`; what is missing is zero. */
static uint8_t
uu_byte(struct str s, size_t at, unsigned k)
{
	size_t i = at + 1 + k / 3 * 4 + k % 3;
	unsigned a = i < s.len ? ((uint8_t)s.p[i] - 32u) & 63 : 0;
	unsigned b = i + 1 < s.len ? ((uint8_t)s.p[i + 1] - 32u) & 63 : 0;

	switch (k % 3) {
	case 0:
		return ((uint8_t)(a << 2 | b >> 4));
	case 1:
		return ((uint8_t)(a << 4 | b >> 2));
	default:
		return ((uint8_t)(a << 6 | b));
	}
}

/* How many bytes the line holds. Blanks at its end may be gone, which stand
 * for zeros; but a line that claims twice what it has is a bomb. */
static unsigned
uu_count(struct str line, uint8_t first)
{
	unsigned count = (first - 32u) & UU_LINE_MAX;
	size_t letters = line.len > 0 ? line.len - 1 : 0;

	if (letters * 2 < (count + 2) / 3 * 4)
		count = MIN_OF(count, (unsigned)letters * 3 / 4);
	return (count);
}

static size_t
read_uu(struct letter_reader *r, uint8_t *out, size_t cap)
{
	struct str s = r->part->body;
	size_t n = 0;

	while (r->at < s.len && n < cap) {
		size_t next = scanner_next_line(s, r->at);
		struct str line = str_trim(str_sub(s, r->at, next - r->at));
		unsigned count = ((uint8_t)s.p[r->at] - 32u) & UU_LINE_MAX;

		if (str_eq(line, STR_LIT("end")) || count == 0) {
			r->at = s.len;
			break;
		}
		count = uu_count(line, (uint8_t)s.p[r->at]);
		line = str_make(s.p, next);
		while (r->bits < count && n < cap)
			out[n++] = uu_byte(line, r->at, r->bits++);
		if (r->bits == count) {
			r->bits = 0;
			r->at = next;
		}
	}
	return (n);
}

static size_t
read_plain(struct letter_reader *r, uint8_t *out, size_t cap)
{
	size_t n = MIN_OF(r->part->body.len - r->at, cap);

	if (n > 0)
		memcpy(out, r->part->body.p + r->at, n);
	r->at += n;
	return (n);
}

void
letter_reader_init(struct letter_reader *r, const struct letter_part *part)
{
	*r = (struct letter_reader){ .part = part, .state = READER_PLAIN };
	if (part->encoding != LETTER_UUENCODE)
		return;
	/* Without a begin line it is text that somebody labelled wrongly. */
	r->at = uu_begin(part->body);
	if (r->at < part->body.len)
		r->state = READER_UU;
	else
		r->at = 0;
}

size_t
letter_read(struct letter_reader *r, uint8_t *out, size_t cap)
{
	switch (r->part->encoding) {
	case LETTER_BASE64:
		return (read_base64(r, out, cap));
	case LETTER_QUOTED_PRINTABLE:
		return (read_quoted(r, out, cap));
	case LETTER_UUENCODE:
		if (r->state == READER_UU)
			return (read_uu(r, out, cap));
		return (read_plain(r, out, cap));
	default:
		return (read_plain(r, out, cap));
	}
}

/* An upper bound of the decoded size. */
static size_t
decoded_max(const struct letter_part *part)
{
	if (part->encoding == LETTER_BASE64)
		return (part->body.len / 4 * 3 + 8);
	if (part->encoding == LETTER_UUENCODE)
		return (part->body.len * 2 + UU_LINE_MAX);	/* uu_count() */
	return (part->body.len);
}

int
letter_decode(const struct letter_part *part, struct buf *out, struct err *err)
{
	size_t before = out->len, left = out->max - MIN_OF(out->len, out->max);
	struct letter_reader r;
	uint8_t *to, one;
	size_t n, step = decoded_max(part);

	letter_reader_init(&r, part);
	for (;;) {
		n = MIN_OF(step, left);
		if (n == 0)
			break;
		to = buf_reserve(out, n);
		must(to != NULL);
		n = letter_read(&r, to, n);
		out->len += n;
		left -= n;
		if (n == 0 || r.at == part->body.len)
			return (0);
	}
	if (letter_read(&r, &one, 1) == 0)
		return (0);
	one = 0;
	explicit_bzero(out->p + before, out->len - before);
	out->len = before;
	return (err_set(err, ERR_LIMIT, "a decoded part is larger than %zu"
	    " bytes", out->max));
}

/* CRLF to LF in what was appended since `from`, a line at a time. */
static void
drop_cr(struct buf *b, size_t from)
{
	uint8_t *p = b->p + from, *to = p, *end = b->p + b->len, *cr;

	while (p < end &&
	    (cr = memchr(p, '\r', (size_t)(end - p))) != NULL) {
		memmove(to, p, (size_t)(cr - p));
		to += cr - p;
		if (cr + 1 == end || cr[1] != '\n')
			*to++ = '\r';
		p = cr + 1;
	}
	if (p < end)
		memmove(to, p, (size_t)(end - p));
	b->len = (size_t)(to - b->p) + (size_t)(end - p);
}

int
letter_text(const struct letter_part *part, struct buf *out, struct err *err)
{
	AUTO_BUF struct buf raw = BUF_INIT(decoded_max(part) + 64);
	struct str bytes = part->body;
	size_t before = out->len;

	if (part->encoding != LETTER_7BIT) {
		if (letter_decode(part, &raw, err) != 0)
			return (-1);
		bytes = buf_view(&raw);
	}
	charset_to_utf8(part->charset, bytes, out);
	if (buf_check(out, "a text part", err) != 0) {
		explicit_bzero(out->p + before, out->len - before);
		out->len = before;
		return (-1);
	}
	if (out->len > before)
		drop_cr(out, before);
	return (0);
}
