/* SPDX-License-Identifier: Apache-2.0 */
/*
 * branded: a brand's words, colours and logo in the notice.
 *
 * Runs in the gateway. Security: the administrator's texts, escaped as all are
 * (wording.c); the logo goes with the mail, since what a mail program fetches
 * tells who reads. Standards: RFC 2387 (related), RFC 2392 (cid).
 */
#include "seal/branded.h"

#include <stdio.h>

#include "base/enc.h"

#define BASE64_LINE_BYTES 57	/* 76 letters */
#define OUR_INK "#1d2530"
#define OUR_BUTTON "#0b5cad"

static void
write_colour(uint32_t rgb, char out[static BRANDED_COLOUR_SIZE])
{
	(void)snprintf(out, BRANDED_COLOUR_SIZE, "#%06x", rgb & 0xffffff);
}

bool
branded_read(struct str packed, const struct id *id, struct str hostname,
    struct branded *out)
{
	struct branded b = { .id = *id, .background = "#ffffff",
	    .ink = OUR_INK };
	char text[ID_TEXT_SIZE];

	if (packed.len == 0 || brand_unpack(packed, &b.brand, NULL) == -1)
		return (false);
	if (b.brand.has_background) {
		write_colour(b.brand.background, b.background);
		write_colour(brand_ink(b.brand.background), b.ink);
	}
	if (brand_logo_type(b.brand.logo) != NULL)
		(void)snprintf(b.logo, sizeof(b.logo), "logo.%s@%.*s",
		    id_text(id, text), STR_FMT(hostname));
	*out = b;
	return (true);
}

static struct str
or_ours(struct str text, const char *ours)
{
	return (text.len > 0 ? text : str_of(ours));
}

void
branded_fill(const struct branded *b, struct str v[static WORDING_PLACES])
{
	const struct str *texts = b->brand.texts;
	bool is_coloured = b->brand.has_background;

	v[WORDING_INTRODUCTION] = or_ours(texts[BRAND_INTRODUCTION],
	    "has sent you a protected message.");
	v[WORDING_BUTTON] = or_ours(texts[BRAND_BUTTON], "Read the message");
	v[WORDING_BELOW_BUTTON] = texts[BRAND_BELOW_BUTTON];
	v[WORDING_DISCLAIMER] = texts[BRAND_DISCLAIMER];
	v[WORDING_PRIVACY_URL] = texts[BRAND_PRIVACY_URL];
	v[WORDING_BACKGROUND] = str_of(b->background);
	v[WORDING_INK] = str_of(b->ink);
	v[WORDING_BUTTON_BACK] = str_of(is_coloured ? b->background :
	    OUR_BUTTON);
	v[WORDING_BUTTON_INK] = str_of(is_coloured ? b->ink : "#ffffff");
	/* A light one is told from the page by its edge. */
	v[WORDING_BUTTON_EDGE] = !is_coloured ||
	    brand_stands_out(b->brand.background) ? v[WORDING_BUTTON_BACK] :
	    str_of(OUR_INK);
	v[WORDING_LOGO] = str_of(b->logo);
	v[WORDING_NAME] = b->logo[0] == '\0' ? v[WORDING_ORGANISATION] :
	    STR_NULL;
}

static void
write_boundary(const struct branded *b, const char *end, struct buf *out)
{
	char text[ID_TEXT_SIZE];

	/* No line of the parts begins so: that of the texts has no "logo". */
	buf_printf(out, "--=_logo_%s%s\r\n", id_text(&b->id, text), end);
}

static void
write_logo(const struct branded *b, struct buf *out)
{
	struct str logo = b->brand.logo;
	const char *type = brand_logo_type(logo);

	buf_printf(out, "Content-Type: %s\r\nContent-Transfer-Encoding: "
	    "base64\r\nContent-ID: <%s>\r\nContent-Disposition: inline\r\n"
	    "\r\n", type, b->logo);
	for (size_t at = 0; at < logo.len; at += BASE64_LINE_BYTES) {
		size_t n = MIN_OF(logo.len - at, (size_t)BASE64_LINE_BYTES);

		enc_base64(logo.p + at, n, out);
		buf_z(out, "\r\n");
	}
}

void
branded_write(const struct branded *b,
    const struct str values[static WORDING_PLACES], struct buf *out)
{
	char text[ID_TEXT_SIZE];

	if (b->logo[0] == '\0') {
		wording_write(WORDING_BRANDED, values, out);
		return;
	}
	buf_printf(out, "MIME-Version: 1.0\r\nContent-Type: multipart/related;"
	    " type=\"multipart/alternative\";\r\n\tboundary=\"=_logo_%s\"\r\n"
	    "\r\n", id_text(&b->id, text));
	write_boundary(b, "", out);
	wording_write_part(WORDING_BRANDED, values, out);
	buf_z(out, "\r\n");
	write_boundary(b, "", out);
	write_logo(b, out);
	write_boundary(b, "--", out);
}
