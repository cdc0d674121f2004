/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wrap: a received message inside a new one, behind a disclaimer.
 *
 * Runs in the gateway. Security: the original is anybody's; the boundary is
 * random, so that it cannot hold a delimiter of the new message.
 * Standards: RFC 2046 5.1.3, 5.1.4 and 5.2.1.
 */
#include "mime/wrap.h"

#include "base/enc.h"
#include "mime/compose.h"
#include "mime/disclaimer.h"

bool
wrap_is_outside(struct str name)
{
	return (!str_starts_nocase(name, STR_LIT("Content-")) &&
	    !str_eq_nocase(name, STR_LIT("MIME-Version")) &&
	    !str_eq_nocase(name, STR_LIT("DKIM-Signature")));
}

/* Letters of "=_" HEX: no line of quoted-printable can hold them. */
static void
write_delimiter(const struct edit *e, const char *end, struct buf *out)
{
	char hex[33];

	enc_hex(e->boundary_seed, sizeof(e->boundary_seed), hex);
	buf_printf(out, "--=_%s%s\r\n", hex, end);
}

void
wrap_begin(const struct edit *e, struct str original, struct arena *a,
    struct buf *out)
{
	const char *encoding = "";
	struct str text, html;
	uint8_t inner[16];
	char hex[33];

	/* RFC 2046 5.2.1: what holds a message is never encoded. */
	if (!enc_is_ascii(original))
		encoding = "Content-Transfer-Encoding: 8bit\r\n";
	disclaimer_read(e, a, &text, &html);
	enc_hex(e->boundary_seed, sizeof(e->boundary_seed), hex);
	buf_printf(out, "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;"
	    "\r\n boundary=\"=_%s\"\r\n%s\r\n", hex, encoding);
	write_delimiter(e, "", out);
	memcpy(inner, e->boundary_seed, sizeof(inner));
	inner[0] ^= 0xff;
	compose_alternative(out, text, html, inner);
	buf_z(out, "\r\n");
	write_delimiter(e, "", out);
	buf_printf(out, "Content-Type: message/rfc822\r\n%s\r\n", encoding);
}

void
wrap_end(const struct edit *e, struct buf *out)
{
	buf_z(out, "\r\n");
	write_delimiter(e, "--", out);
}
