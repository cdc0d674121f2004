/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose: writing mail of our own: notices, passcode mails, delivery reports.
 *
 * Runs in the gateway and the portal. Security: values come from users and
 * from the mail of others; no byte of them can end a line or a field.
 * Standards: RFC 5322 2.1.1 and 3.4, RFC 2045 6.7, RFC 2046 5.1.4, RFC 2047.
 */
#include "mime/compose.h"

#include "base/enc.h"
#include "mime/charset.h"

#define LINE_MAX_BYTES 76	/* RFC 2047 2; and below RFC 5322's 78 */
#define WORD_MAX_BYTES 45	/* 60 letters of base64, and 12 around them */
#define TOKEN_MAX_BYTES 900	/* longer cannot be folded: RFC 5322 2.1.1 */

/* Well-formed UTF-8 on one line: control bytes become blanks. */
static void
clean(struct str value, struct buf *out)
{
	AUTO_BUF struct buf b = BUF_INIT(value.len * 3 + 8);

	charset_to_utf8(STR_LIT("utf-8"), value, &b);
	for (size_t i = 0; i < b.len; i++) {
		uint8_t c = b.p[i];

		buf_char(out, (char)(c < ' ' || c == 0x7f ? ' ' : c));
	}
}

static size_t
longest_token(struct str s)
{
	struct str token;
	size_t max = 0;

	while (str_next(&s, ' ', &token))
		max = MAX_OF(max, token.len);
	return (max);
}

static bool
needs_words(struct str s)
{
	return (!enc_is_ascii(s) || (s.len > 0 &&
	    memmem(s.p, s.len, "=?", 2) != NULL) ||
	    longest_token(s) > TOKEN_MAX_BYTES);
}

/* Encoded words, B encoding, folded; column is where the line stands. */
static size_t
write_words(struct buf *out, struct str s, size_t column)
{
	const size_t around = sizeof("=?utf-8?B?" "?=") - 1;

	while (s.len > 0) {
		size_t room = LINE_MAX_BYTES - 1 -
		    MIN_OF(column, LINE_MAX_BYTES - 1);
		size_t n = room > around + 8 ? (room - around) / 4 * 3 : 0;
		size_t before;

		n = MIN_OF(MIN_OF(n, WORD_MAX_BYTES), s.len);
		/* A word holds whole characters (RFC 2047 5). */
		while (n > 0 && n < s.len &&
		    ((uint8_t)s.p[n] & 0xc0) == 0x80)
			n--;
		if (n == 0) {
			buf_z(out, "\r\n ");
			column = 1;
			continue;
		}
		before = out->len;
		buf_z(out, "=?utf-8?B?");
		enc_base64(s.p, n, out);
		buf_z(out, "?=");
		column += out->len - before;
		s = str_sub(s, n, s.len);
		if (s.len > 0)
			column = LINE_MAX_BYTES;
	}
	return (column);
}

/* ASCII, folded in front of blanks. */
static size_t
write_folded(struct buf *out, struct str s, size_t column)
{
	while (s.len > 0) {
		size_t n = 0;

		while (n < s.len && s.p[n] == ' ')
			n++;
		while (n < s.len && s.p[n] != ' ')
			n++;
		if (column + n > LINE_MAX_BYTES && s.p[0] == ' ') {
			buf_z(out, "\r\n");
			column = 0;
		}
		buf_append(out, s.p, n);
		column += n;
		s = str_sub(s, n, s.len);
	}
	return (column);
}

void
compose_header(struct buf *out, const char *name, struct str value)
{
	AUTO_BUF struct buf b = BUF_INIT(value.len * 3 + 8);
	size_t column = strlen(name) + 2;
	struct str s;

	clean(value, &b);
	s = str_trim(buf_view(&b));
	buf_z(out, name);
	buf_z(out, ": ");
	if (needs_words(s))
		(void)write_words(out, s, column);
	else
		(void)write_folded(out, s, column);
	buf_z(out, "\r\n");
}

/* RFC 5322 3.2.3: atoms and blanks need no quotes. */
static bool
is_phrase(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) &&
		    strchr(" !#$%&'*+-/=?^_`{|}~", s.p[i]) == NULL)
			return (false);
	return (true);
}

static size_t
write_name(struct buf *out, struct str raw, size_t column)
{
	AUTO_BUF struct buf b = BUF_INIT(raw.len * 3 + 8);
	size_t before = out->len;
	struct str s;

	clean(raw, &b);
	s = str_trim(buf_view(&b));
	if (s.len == 0)
		return (column);
	/* A long quoted string could not be folded without changing it. */
	if (needs_words(s) || s.len > LINE_MAX_BYTES - 8) {
		column = write_words(out, s, column);
		buf_char(out, ' ');
		return (column + 1);
	}
	if (!is_phrase(s))
		buf_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_char(out, '\\');
		buf_char(out, s.p[i]);
	}
	buf_z(out, is_phrase(s) ? " " : "\" ");
	return (column + out->len - before);
}

/* The address without any control byte. */
static void
write_address(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((uint8_t)text.p[i] >= ' ' && text.p[i] != 0x7f)
			buf_char(out, text.p[i]);
}

/* Go to a new line when n more bytes do not fit on this one. */
static size_t
make_room(struct buf *out, size_t column, size_t n)
{
	if (column + n <= LINE_MAX_BYTES || column <= 1)
		return (column);
	/* A blank at the end becomes the fold's. */
	if (out->len > 0 && out->p[out->len - 1] == ' ')
		out->len--;
	buf_z(out, "\r\n ");
	return (1);
}

static size_t
write_mailbox(struct buf *out, const struct mailbox *m, size_t column)
{
	struct str text = m->address.text;
	size_t name_len = enc_is_ascii(m->name) ? m->name.len : 12;
	bool has_name = str_trim(m->name).len > 0;

	column = make_room(out, column, MIN_OF(name_len, 60) + 4);
	column = write_name(out, m->name, column);
	column = make_room(out, column, text.len + 3);
	if (has_name)
		buf_char(out, '<');
	write_address(out, text);
	if (has_name)
		buf_char(out, '>');
	return (column + text.len + 2);
}

void
compose_mailboxes(struct buf *out, const char *name,
    const struct mailbox *list, size_t n)
{
	size_t column = strlen(name) + 2;

	if (n == 0)
		return;		/* an empty address list is no field */
	buf_z(out, name);
	buf_z(out, ": ");
	for (size_t i = 0; i < n; i++) {
		if (i > 0) {
			buf_z(out, ", ");
			column += 2;
		}
		column = write_mailbox(out, &list[i], column);
	}
	buf_z(out, "\r\n");
}

/* Must this byte be written as =XX? s[i] stands at `column` of its line. */
static bool
needs_hex(struct str s, size_t i, size_t column)
{
	uint8_t c = (uint8_t)s.p[i];

	if (c == ' ' || c == '\t')
		return (i + 1 == s.len || s.p[i + 1] == '\n' ||
		    s.p[i + 1] == '\r');
	/* Relays add '>' to "From " and double dots, and a line of a text may
	 * look like a delimiter: give them no cause. */
	if (column == 0 && (c == '.' || c == 'F' || c == '-'))
		return (true);
	return (c < ' ' || c >= 0x7f || c == '=');
}

void
compose_quoted(struct buf *out, struct str s)
{
	size_t column = 0;

	for (size_t i = 0; i < s.len; i++) {
		bool is_crlf = s.p[i] == '\r' && i + 1 < s.len &&
		    s.p[i + 1] == '\n';
		bool hex;

		if (is_crlf || s.p[i] == '\n') {
			buf_z(out, "\r\n");
			column = 0;
			i += is_crlf;
			continue;
		}
		hex = needs_hex(s, i, column);
		if (column + (hex ? 3 : 1) > LINE_MAX_BYTES - 1) {
			buf_z(out, "=\r\n");
			column = 0;
			hex = needs_hex(s, i, 0);
		}
		if (hex)
			buf_printf(out, "=%02X", (uint8_t)s.p[i]);
		else
			buf_char(out, s.p[i]);
		column += hex ? 3 : 1;
	}
}

void
compose_quoted_lines(struct buf *out, struct str s)
{
	compose_quoted(out, s);
	if (s.len > 0 && s.p[s.len - 1] != '\n')
		buf_z(out, "\r\n");
}

void
compose_text_part(struct buf *out, const char *type, struct str body)
{
	buf_printf(out, "Content-Type: %s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n", type);
	compose_quoted_lines(out, body);
}

void
compose_alternative(struct buf *out, struct str text, struct str html,
    const uint8_t boundary_seed[static 16])
{
	char hex[33];

	enc_hex(boundary_seed, 16, hex);
	/* "=_" cannot occur in quoted-printable (RFC 2045 6.7). */
	buf_printf(out, "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative;\r\n"
	    " boundary=\"=_%s\"\r\n\r\n--=_%s\r\n", hex, hex);
	compose_text_part(out, "text/plain", text);
	buf_printf(out, "\r\n--=_%s\r\n", hex);
	compose_text_part(out, "text/html", html);
	buf_printf(out, "\r\n--=_%s--\r\n", hex);
}
