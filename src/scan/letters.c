/* SPDX-License-Identifier: Apache-2.0 */
/*
 * letters: what kind a code point is, by the Unicode tables of libunistring.
 *
 * Runs wherever texts are scanned. Security: reads what anybody sent; every
 * read is bounded by `end`. Standards: RFC 3629, Unicode 3.13, UAX #44.
 */
#include "scan/letters.h"

#include <unicase.h>
#include <unictype.h>

static bool
is_tail(const char *p, const char *end, size_t n)
{
	if ((size_t)(end - p) <= n)
		return (false);
	for (size_t i = 1; i <= n; i++)
		if (((uint8_t)p[i] & 0xc0) != 0x80)
			return (false);
	return (true);
}

unsigned
letters_get_wide(const char *p, const char *end, size_t *len)
{
	static const unsigned least[] = { 0, 0x80, 0x800, 0x10000 };
	unsigned c = (uint8_t)*p;
	size_t n;

	*len = 1;
	if (c < 0x80)
		return (c);
	n = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	if (c < 0xc2 || c > 0xf4 || !is_tail(p, end, n))
		return (LETTERS_BAD);
	c &= 0x3fu >> n;
	for (size_t i = 1; i <= n; i++)
		c = c << 6 | ((uint8_t)p[i] & 0x3f);
	if (c < least[n] || c > 0x10ffff || (c & 0x1ff800) == 0xd800)
		return (LETTERS_BAD);
	*len = n + 1;
	return (c);
}

unsigned
letters_before(const char *text, size_t at)
{
	size_t from = at, len;

	if (at == 0)
		return (0);
	do
		from--;
	while (from > 0 && at - from < 4 &&
	    ((uint8_t)text[from] & 0xc0) == 0x80);
	return (letters_get(text + from, text + at, &len));
}

size_t
letters_put(unsigned c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return (1);
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return (2);
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return (3);
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return (4);
}

bool
letters_is_word_wide(unsigned c)
{
	return (uc_is_general_category_withtable(c,
	    UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_M));
}

bool
letters_is_regex_word(unsigned c)
{
	if (c < 0x80)
		return (letters_is_ascii_word(c) || c == '_');
	return (uc_is_general_category_withtable(c,
	    UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N));
}

bool
letters_is_invisible(unsigned c)
{
	return (c >= 0x80 && (uc_is_property_default_ignorable_code_point(c) ||
	    uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Cf)));
}

bool
letters_is_extender(unsigned c)
{
	if (c < 0x300)
		return (false);
	/* The second and third letter of a Hangul syllable. */
	if (c >= 0x1160 && c < 0x1200)
		return (true);
	return (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_M));
}

static bool
is_single_quote(unsigned c)
{
	return ((c >= 0x2018 && c <= 0x201b) || c == 0x2bc || c == 0x2032);
}

static bool
is_middle_dot(unsigned c)
{
	return (c == 0xb7 || c == 0x2022 || c == 0x2219 || c == 0x22c5);
}

unsigned
letters_plain(unsigned c)
{
	if (c < 0x80)
		return (c);
	if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Nd))
		return ('0' + (unsigned)uc_decimal_value(c));
	if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Pd) ||
	    c == 0x2212)
		return ('-');
	if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Z) ||
	    c == 0x85)
		return (' ');
	if (is_middle_dot(c))
		return ('.');
	if (is_single_quote(c))
		return ('\'');
	if (c >= 0x201c && c <= 0x201f)
		return ('"');
	return (c);
}

unsigned
letters_fold(unsigned c)
{
	if (c < 0x80)
		return ((unsigned)(uint8_t)ascii_lower((char)c));
	if (letters_is_sharp_s(c))
		return ('s');
	return (uc_tolower(uc_toupper(c)));
}

bool
letters_word_before(const char *text, size_t at)
{
	if (at == 0)
		return (false);
	if ((uint8_t)text[at - 1] < 0x80)
		return (letters_is_ascii_word((uint8_t)text[at - 1]));
	return (letters_is_word(letters_before(text, at)));
}

bool
letters_word_at(const char *text, size_t len, size_t at)
{
	size_t used;

	if (at >= len)
		return (false);
	if ((uint8_t)text[at] < 0x80)
		return (letters_is_ascii_word((uint8_t)text[at]));
	return (letters_is_word(letters_get(text + at, text + len, &used)));
}
