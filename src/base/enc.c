/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enc: hex, base64, base32, JSON and HTML text, UTF-8. Runs in every role.
 *
 * Security: parses bytes from outside; every parser checks lengths first.
 * Standards: RFC 4648, RFC 3629, RFC 8259 7.
 */
#include "base/enc.h"

#include <endian.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base64_std[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char base32_letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

void
enc_hex(const void *p, size_t len, char *out)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < len; i++) {
		*out++ = hex_digits[b[i] >> 4];
		*out++ = hex_digits[b[i] & 15];
	}
	*out = '\0';
}

static int
hex_value(char c)
{
	if (ascii_is_digit(c))
		return (c - '0');
	c = ascii_lower(c);
	return (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
}

bool
enc_hex_parse(struct str s, void *out, size_t len)
{
	uint8_t *b = out;

	if (s.len != 2 * len)
		return (false);
	for (size_t i = 0; i < len; i++) {
		int hi = hex_value(s.p[2 * i]);
		int lo = hex_value(s.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return (false);
		b[i] = (uint8_t)(hi << 4 | lo);
	}
	return (true);
}

/* Encode len bytes with an alphabet; pad is '=' or 0. Returns the end. */
static uint8_t *
base64_run(const uint8_t *b, size_t len, const char *alphabet, char pad,
    uint8_t *o)
{
	size_t i;

	for (i = 0; i + 3 <= len; i += 3) {
		uint32_t v = (uint32_t)b[i] << 16 | (uint32_t)b[i + 1] << 8 |
		    b[i + 2];

		*o++ = (uint8_t)alphabet[v >> 18];
		*o++ = (uint8_t)alphabet[v >> 12 & 63];
		*o++ = (uint8_t)alphabet[v >> 6 & 63];
		*o++ = (uint8_t)alphabet[v & 63];
	}
	if (i < len) {
		uint32_t v = (uint32_t)b[i] << 16;

		if (i + 1 < len)
			v |= (uint32_t)b[i + 1] << 8;
		*o++ = (uint8_t)alphabet[v >> 18];
		*o++ = (uint8_t)alphabet[v >> 12 & 63];
		if (i + 1 < len)
			*o++ = (uint8_t)alphabet[v >> 6 & 63];
		else if (pad != 0)
			*o++ = (uint8_t)pad;
		if (pad != 0)
			*o++ = (uint8_t)pad;
	}
	return (o);
}

static void
base64_append(const void *p, size_t len, const char *alphabet, char pad,
    struct buf *out)
{
	uint8_t *o = buf_reserve(out, (len + 2) / 3 * 4);

	if (o != NULL)
		out->len += (size_t)(base64_run(p, len, alphabet, pad, o) - o);
}

void
enc_base64(const void *p, size_t len, struct buf *out)
{
	base64_append(p, len, base64_std, '=', out);
}

void
enc_base64url(const void *p, size_t len, struct buf *out)
{
	base64_append(p, len, base64_url, 0, out);
}

/* 57 bytes make a line of 76 characters. */
#define LINE_BYTES 57u
#define LINE_CHARS 76u

/* Sixteen characters at once, in whatever vectors the machine has. */
typedef int8_t lanes __attribute__((vector_size(16)));

/* Six bytes, the first on top, as eight of six bits each. */
static uint64_t
spread(uint64_t x)
{
	x = (x & UINT64_C(0xffffff000000)) << 8 | (x & 0xffffff);
	x = (x & UINT64_C(0x00fff00000fff000)) << 4 |
	    (x & UINT64_C(0x00000fff00000fff));
	return ((x & UINT64_C(0x0fc00fc00fc00fc0)) << 2 |
	    (x & UINT64_C(0x003f003f003f003f)));
}

/* The characters of values 0 to 63: A-Z, a-z, 0-9, + and / are five runs. */
static lanes
letters_of(lanes v)
{
	return (v + 'A' + ((v > 25) & 6) - ((v > 51) & 75) - ((v > 61) & 15) +
	    ((v > 62) & 3));
}

static void
base64_line(const uint8_t *b, uint8_t *out)
{
	union {
		uint64_t eight[10];
		lanes sixteen[5];
		uint8_t b[80];
	} u;
	uint64_t x;

	for (size_t i = 0; i < 9; i++) {
		memcpy(&x, b + 6 * i, sizeof(x));
		u.eight[i] = htobe64(spread(be64toh(x) >> 16));
	}
	x = (uint64_t)b[54] << 40 | (uint64_t)b[55] << 32 |
	    (uint64_t)b[56] << 24;
	u.eight[9] = htobe64(spread(x));
	for (size_t i = 0; i < COUNT_OF(u.sixteen); i++)
		u.sixteen[i] = letters_of(u.sixteen[i]);
	memcpy(out, u.b, LINE_CHARS);
	memcpy(out + LINE_CHARS, "\r\n", 2);
}

size_t
enc_base64_lines_len(size_t len)
{
	size_t rest = len % LINE_BYTES;

	return (len / LINE_BYTES * (LINE_CHARS + 2) +
	    (rest > 0 ? (rest + 2) / 3 * 4 + 2 : 0));
}

void
enc_base64_lines_to(const void *p, size_t len, uint8_t *out)
{
	const uint8_t *b = p;

	for (; len >= LINE_BYTES; len -= LINE_BYTES) {
		base64_line(b, out);
		b += LINE_BYTES;
		out += LINE_CHARS + 2;
	}
	if (len > 0)
		memcpy(base64_run(b, len, base64_std, '=', out), "\r\n", 2);
}

void
enc_base64_lines(const void *p, size_t len, struct buf *out)
{
	size_t n = enc_base64_lines_len(len);
	uint8_t *o = buf_reserve(out, n);

	if (o == NULL)
		return;
	enc_base64_lines_to(p, len, o);
	out->len += n;
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (c - 'A');
	if (c >= 'a' && c <= 'z')
		return (c - 'a' + 26);
	if (ascii_is_digit(c))
		return (c - '0' + 52);
	if (c == '+' || c == '-')
		return (62);
	return (c == '/' || c == '_' ? 63 : -1);
}

bool
enc_base64_parse(struct str s, struct buf *out)
{
	size_t start = out->len;
	uint32_t acc = 0;
	int bits = 0;

	for (int pad = 0; pad < 2 && s.len > 0 && s.p[s.len - 1] == '='; pad++)
		s.len--;
	if (s.len % 4 == 1)
		return (false);
	for (size_t i = 0; i < s.len; i++) {
		int v = base64_value(s.p[i]);

		if (v < 0) {
			out->len = start;
			return (false);
		}
		acc = acc << 6 | (uint32_t)v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_char(out, (char)(acc >> bits & 0xff));
		}
	}
	return (!out->over);
}

size_t
enc_base32_len(size_t len)
{
	return ((len * 8 + 4) / 5);
}

void
enc_base32(const void *p, size_t len, char *out)
{
	const uint8_t *b = p;
	uint32_t acc = 0;
	int bits = 0;

	for (size_t i = 0; i < len; i++) {
		acc = acc << 8 | b[i];
		bits += 8;
		while (bits >= 5) {
			bits -= 5;
			*out++ = base32_letters[acc >> bits & 31];
		}
	}
	if (bits > 0)
		*out++ = base32_letters[acc << (5 - bits) & 31];
	*out = '\0';
}

static int
base32_value(char c)
{
	const char *hit;

	c = ascii_lower(c);
	if (c == 'i' || c == 'l')
		return (1);
	if (c == 'o')
		return (0);
	if (c == '\0')
		return (-1);
	hit = strchr(base32_letters, c);
	return (hit != NULL ? (int)(hit - base32_letters) : -1);
}

bool
enc_base32_parse(struct str s, void *out, size_t len)
{
	uint8_t *b = out;
	size_t n = 0, letters = 0;
	uint32_t acc = 0;
	int bits = 0;

	for (size_t i = 0; i < s.len; i++) {
		int v;

		if (s.p[i] == ' ' || s.p[i] == '-')
			continue;
		v = base32_value(s.p[i]);
		if (v < 0 || ++letters > enc_base32_len(len))
			return (false);
		acc = acc << 5 | (uint32_t)v;
		bits += 5;
		if (bits >= 8 && n < len) {
			bits -= 8;
			b[n++] = (uint8_t)(acc >> bits);
		}
	}
	return (n == len && letters == enc_base32_len(len) &&
	    (acc & ((1u << bits) - 1)) == 0);
}

/*
 * One row per lead byte class of RFC 3629 4: the length, and the range of the
 * second byte that excludes overlong forms and surrogates.
 */
static const struct {
	uint8_t from, to, len, second_min, second_max;
} utf8_forms[] = {
	{ 0x00, 0x7f, 1, 0x00, 0x00 },
	{ 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f },
	{ 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};

/* Length of the well-formed sequence at p, or 0. */
static size_t
utf8_len(const uint8_t *p, size_t left)
{
	size_t f = 0, n;

	while (f < COUNT_OF(utf8_forms) &&
	    (p[0] < utf8_forms[f].from || p[0] > utf8_forms[f].to))
		f++;
	if (f == COUNT_OF(utf8_forms) || utf8_forms[f].len > left)
		return (0);
	n = utf8_forms[f].len;
	if (n > 1 && (p[1] < utf8_forms[f].second_min ||
	    p[1] > utf8_forms[f].second_max))
		return (0);
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return (0);
	return (n);
}

/* How many bytes from p on are ASCII, at least; eight at a time. */
static size_t
ascii_run(const char *p, size_t left)
{
	size_t n = 0;

	for (uint64_t v; left - n >= sizeof(v); n += sizeof(v)) {
		memcpy(&v, p + n, sizeof(v));
		if ((v & UINT64_C(0x8080808080808080)) != 0)
			break;
	}
	return (n);
}

bool
enc_is_utf8(struct str s)
{
	for (size_t i = 0; i < s.len;) {
		size_t n = ascii_run(s.p + i, s.len - i);

		if (n == 0)
			n = utf8_len((const uint8_t *)s.p + i, s.len - i);
		if (n == 0)
			return (false);
		i += n;
	}
	return (true);
}

bool
enc_is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= 0)
			return (false);
	return (true);
}

static void
json_byte(uint8_t c, struct buf *out)
{
	if (c == '"' || c == '\\') {
		buf_char(out, '\\');
		buf_char(out, (char)c);
	} else if (c == '\n') {
		buf_z(out, "\\n");
	} else if (c == '\r') {
		buf_z(out, "\\r");
	} else if (c == '\t') {
		buf_z(out, "\\t");
	} else if (c < 0x20 || c == 0x7f || c == '<' || c == '>' || c == '&') {
		char esc[7] = { '\\', 'u', '0', '0', hex_digits[c >> 4],
			hex_digits[c & 15], '\0' };

		buf_append(out, esc, 6);
	} else {
		buf_char(out, (char)c);
	}
}

void
enc_json(struct str s, struct buf *out)
{
	const uint8_t *p = (const uint8_t *)s.p;

	buf_char(out, '"');
	for (size_t i = 0; i < s.len;) {
		size_t n = utf8_len(p + i, s.len - i);

		if (n == 1)
			json_byte(p[i], out);
		else if (n > 1)
			buf_append(out, p + i, n);
		else
			buf_z(out, "\xef\xbf\xbd");
		i += n > 0 ? n : 1;
	}
	buf_char(out, '"');
}

void
enc_html(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		switch (s.p[i]) {
		case '&':
			buf_z(out, "&amp;");
			break;
		case '<':
			buf_z(out, "&lt;");
			break;
		case '>':
			buf_z(out, "&gt;");
			break;
		case '"':
			buf_z(out, "&quot;");
			break;
		case '\'':
			buf_z(out, "&#39;");
			break;
		default:
			buf_char(out, s.p[i]);
		}
	}
}

bool
enc_const_eq(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < len; i++)
		diff |= (uint8_t)(x[i] ^ y[i]);
	return (diff == 0);
}
