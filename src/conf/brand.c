/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brand: colours that can be read, and a brand as bytes.
 *
 * Runs in the gateway and the portal. Security: a logo is what its first bytes
 * say, never a format that can hold scripts; packed brands come from the store.
 * Standards: WCAG 2.2, 1.4.3 and 1.4.11 (contrast).
 */
#include "conf/brand.h"

#include "base/enc.h"

#define PACKED_VERSION 1
#define BLACK 0x000000u
#define WHITE 0xffffffu
#define EVEN_LUMINANCE 0.1791	/* as far from black as from white */
#define BUTTON_LUMINANCE 0.30	/* 3 : 1 against white: 1.05 / 3 - 0.05 */

bool
brand_colour_parse(struct str text, uint32_t *out)
{
	uint8_t rgb[3];

	if (text.len != 7 || text.p[0] != '#' ||
	    !enc_hex_parse(str_sub(text, 1, text.len), rgb, sizeof(rgb)))
		return (false);
	*out = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
	return (true);
}

/* sRGB to light; a polynomial that is right to 0.002. */
static double
linear(uint32_t channel)
{
	double c = channel / 255.0;

	return (c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878));
}

static double
luminance(uint32_t rgb)
{
	return (0.2126 * linear(rgb >> 16 & 0xff) +
	    0.7152 * linear(rgb >> 8 & 0xff) + 0.0722 * linear(rgb & 0xff));
}

uint32_t
brand_ink(uint32_t background)
{
	return (luminance(background) > EVEN_LUMINANCE ? BLACK : WHITE);
}

bool
brand_stands_out(uint32_t background)
{
	return (luminance(background) <= BUTTON_LUMINANCE);
}

const char *
brand_logo_type(struct str b)
{
	if (b.len > 8 && memcmp(b.p, "\x89PNG\r\n\x1a\n", 8) == 0)
		return ("image/png");
	if (b.len > 3 && memcmp(b.p, "\xff\xd8\xff", 3) == 0)
		return ("image/jpeg");
	return (NULL);
}

/* ---- as bytes --------------------------------------------------------- */

static void
pack_text(struct str s, struct buf *out)
{
	buf_u32be(out, (uint32_t)s.len);
	buf_str(out, s);
}

void
brand_pack(const struct brand *b, struct buf *out)
{
	buf_char(out, PACKED_VERSION);
	buf_u32be(out, b->has_background ? b->background : UINT32_MAX);
	for (size_t i = 0; i < BRAND_TEXTS; i++)
		pack_text(b->texts[i], out);
	pack_text(b->logo, out);
}

static bool
take_number(struct str *rest, uint32_t *out)
{
	const uint8_t *b = (const uint8_t *)rest->p;

	if (rest->len < 4)
		return (false);
	*out = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	    (uint32_t)b[2] << 8 | b[3];
	*rest = str_sub(*rest, 4, rest->len);
	return (true);
}

static bool
take_text(struct str *rest, struct str *out)
{
	uint32_t len;

	if (!take_number(rest, &len) || len > rest->len)
		return (false);
	*out = str_sub(*rest, 0, len);
	*rest = str_sub(*rest, len, rest->len);
	return (true);
}

int
brand_unpack(struct str packed, struct brand *out, struct err *err)
{
	struct str rest = str_sub(packed, 1, packed.len);
	struct brand b = { .has_background = false };
	bool is_good = packed.len > 0 && packed.p[0] == PACKED_VERSION &&
	    take_number(&rest, &b.background);

	for (size_t i = 0; is_good && i < BRAND_TEXTS; i++)
		is_good = take_text(&rest, &b.texts[i]);
	if (!is_good || !take_text(&rest, &b.logo) || rest.len != 0)
		return (err_set(err, ERR_PERM, "the brand is damaged"));
	b.has_background = b.background <= WHITE;
	*out = b;
	return (0);
}
