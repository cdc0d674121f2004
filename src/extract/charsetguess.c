/* SPDX-License-Identifier: Apache-2.0 */
/*
 * charsetguess: read the text in each candidate and see which reading is one.
 *
 * Runs in the scanner's workers. Security: a wrong guess garbles letters
 * beyond ASCII; digits, addresses and English words are the same in all
 * candidates.
 */
#include "extract/charsetguess.h"

#include "base/buf.h"
#include "mime/charset.h"

#define SAMPLE_BYTES ((size_t)2 << 10)

/* Scripts, by ranges of characters. */
enum script {
	SCRIPT_NONE,		/* ASCII and spaces: says nothing */
	SCRIPT_LATIN,
	SCRIPT_CYRILLIC,
	SCRIPT_KANA,
	SCRIPT_HAN,
	SCRIPT_HANGUL,
	SCRIPT_ODD,		/* symbols, controls, rarities */
};

/* In the order of preference where two fit equally. */
static const struct {
	struct str label;
	enum script native;	/* what a text in it is mostly made of */
} candidates[] = {
	{ STR_LIT("windows-1252"), SCRIPT_LATIN },
	{ STR_LIT("shift_jis"), SCRIPT_KANA },
	{ STR_LIT("euc-jp"), SCRIPT_KANA },
	{ STR_LIT("euc-kr"), SCRIPT_HANGUL },
	{ STR_LIT("gb18030"), SCRIPT_HAN },
	{ STR_LIT("big5"), SCRIPT_HAN },
	{ STR_LIT("windows-1251"), SCRIPT_CYRILLIC },
	{ STR_LIT("koi8-r"), SCRIPT_CYRILLIC },
	{ STR_LIT("windows-1250"), SCRIPT_LATIN },
};

static enum script
script_of(uint32_t c)
{
	static const struct {
		uint32_t first, last;
		enum script script;
	} ranges[] = {
		{ 0, 0x7f, SCRIPT_NONE }, { 0xa0, 0xa0, SCRIPT_NONE },
		{ 0xc0, 0x17f, SCRIPT_LATIN },
		{ 0x2013, 0x2026, SCRIPT_LATIN }, { 0x20ac, 0x20ac,
		    SCRIPT_LATIN },
		{ 0x410, 0x451, SCRIPT_CYRILLIC },
		{ 0x3000, 0x30ff, SCRIPT_KANA },
		{ 0x4e00, 0x9fff, SCRIPT_HAN },
		{ 0xac00, 0xd7a3, SCRIPT_HANGUL },
		{ 0xff01, 0xff5e, SCRIPT_HAN },
	};

	for (size_t i = 0; i < COUNT_OF(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return (ranges[i].script);
	return (SCRIPT_ODD);
}

/* One character off valid UTF-8. */
static uint32_t
next_char(struct str *s)
{
	uint8_t c = (uint8_t)s->p[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	uint32_t v = n == 1 ? c : c & (0xffu >> (n + 1));

	n = MIN_OF(n, s->len);
	for (size_t i = 1; i < n; i++)
		v = v << 6 | ((uint8_t)s->p[i] & 0x3f);
	*s = str_sub(*s, n, s->len);
	return (v);
}

static bool
is_upper_cyrillic(uint32_t c)
{
	return (c >= 0x410 && c <= 0x42f);
}

/* Letters of the native script speak for the reading, odd characters against
 * it; so does a capital behind a small letter, which is how KOI8 and 1251
 * look in each other's clothes. Japanese is written with Chinese too. */
static long
score(struct str text, enum script native)
{
	long good = 0, bad = 0, n = 0;
	uint32_t before = 0;

	while (text.len > 0) {
		uint32_t c = next_char(&text);
		enum script is = script_of(c);

		n += is != SCRIPT_NONE;
		good += is == native || (native == SCRIPT_KANA &&
		    is == SCRIPT_HAN && good > 0);
		bad += is != native && is != SCRIPT_NONE &&
		    !(is == SCRIPT_HAN && native >= SCRIPT_KANA);
		bad += is_upper_cyrillic(c) && before >= 0x430 &&
		    before <= 0x44f;
		before = c;
	}
	if (n == 0)
		return (0);
	return (1000 * (good - 4 * bad) / n);
}

/* Letters between letters of ASCII: that is how Latin text has its accents,
 * and no other script does. */
static long
accents(struct str head)
{
	long alone = 0, n = 0;

	for (size_t i = 1; i + 1 < head.len; i++) {
		if (((uint8_t)head.p[i] & 0x80) == 0)
			continue;
		n++;
		alone += ascii_is_alpha(head.p[i - 1]) ||
		    ascii_is_alpha(head.p[i + 1]);
	}
	return (n == 0 ? 0 : 1000 * alone / n);
}

struct str
charset_guess(struct str head)
{
	struct str best = candidates[0].label;
	long highest = -1000000, latin;

	head = str_sub(head, 0, SAMPLE_BYTES);
	if (str_find_nocase(head, STR_LIT("\x1b$")) >= 0)
		return (STR_LIT("iso-2022-jp"));
	latin = accents(head);
	for (size_t i = 0; i < COUNT_OF(candidates); i++) {
		AUTO_BUF struct buf b = BUF_INIT(SAMPLE_BYTES * 4);
		long points;

		charset_to_utf8(candidates[i].label, head, &b);
		points = score(buf_view(&b), candidates[i].native);
		if (candidates[i].native == SCRIPT_LATIN)
			points += latin - 500;
		if (points > highest) {
			highest = points;
			best = candidates[i].label;
		}
	}
	return (best);
}
