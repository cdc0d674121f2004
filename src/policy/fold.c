/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold: Unicode case folding and normalisation, word by word.
 *
 * Runs in the gateway. Security: reads subjects and other header text, which
 * is plaintext: the result lives in the message's arena, and words are short
 * enough that libunistring keeps them on the stack, so that no unwiped copy
 * stays on the heap. ASCII never reaches the library.
 * Standards: Unicode 3.13, UAX #15, UAX #29 (simplified).
 */
#include "policy/fold.h"

#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/buf.h"
#include "base/enc.h"

#define FOLD_STEP_BYTES 128	/* of one call into libunistring */
/* Case folding and NFKC make at most 18 times as much (UAX #15, U+FDFA). */
#define FOLD_GROWTH 18

static void
put_blank(struct buf *out)
{
	if (out->len > 0 && out->p[out->len - 1] != ' ')
		buf_char(out, ' ');
}

static void
fold_ascii(struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		if (strchr(" \t\r\n\v\f", text.p[i]) != NULL)
			put_blank(out);
		else
			buf_char(out, ascii_lower(text.p[i]));
	}
}

/* What came out of the library, without invisible characters. */
static void
take_folded(const uint8_t *p, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len;) {
		ucs4_t c;
		int n = u8_mbtouc(&c, p + i, len - i);

		if (uc_is_property_white_space(c))
			put_blank(out);
		else if (!uc_is_property_default_ignorable_code_point(c))
			buf_append(out, p + i, (size_t)n);
		i += (size_t)n;
	}
}

static bool
fold_step(struct str word, struct buf *out)
{
	uint8_t room[FOLD_STEP_BYTES * FOLD_GROWTH];
	size_t len = sizeof(room);
	uint8_t *folded = u8_casefold((const uint8_t *)word.p, word.len, NULL,
	    UNINORM_NFKC, room, &len);

	if (folded == NULL)
		return (false);
	take_folded(folded, len, out);
	explicit_bzero(folded, len);
	if (folded != room)
		free(folded);
	return (true);
}

/* The next piece: up to a blank, or so long, never inside a character. */
static struct str
next_step(struct str text)
{
	size_t n = 0;

	while (n < text.len && n < FOLD_STEP_BYTES && text.p[n] != ' ')
		n++;
	if (n < text.len && text.p[n] == ' ')
		return (str_sub(text, 0, n + 1));
	while (n > 1 && n < text.len && ((uint8_t)text.p[n] & 0xc0) == 0x80)
		n--;
	return (str_sub(text, 0, n));
}

bool
fold_text(struct str text, struct arena *a, struct str *out)
{
	AUTO_BUF struct buf folded = BUF_INIT(text.len * FOLD_GROWTH + 1);

	if (!enc_is_utf8(text))
		return (false);
	if (enc_is_ascii(text)) {
		fold_ascii(text, &folded);
		text = STR_NULL;
	}
	while (text.len > 0) {
		struct str step = next_step(text);

		if (!fold_step(step, &folded))
			return (false);
		text = str_sub(text, step.len, text.len);
	}
	*out = str_trim(arena_str(a, str_trim(buf_view(&folded))));
	return (true);
}

/* A letter, digit or mark of a script that separates its words. */
static bool
is_word_character(ucs4_t c)
{
	if (c < 0x80)
		return (ascii_is_alpha((char)c) || ascii_is_digit((char)c) ||
		    c == '_');
	if (uc_is_property_ideographic(c) || (c >= 0x3040 && c <= 0x30ff) ||
	    (c >= 0x0e00 && c <= 0x0eff))
		return (false);
	return (uc_is_general_category_withtable(c,
	    UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_M));
}

static bool
is_edge(struct str text, size_t at)
{
	const uint8_t *p = (const uint8_t *)text.p;
	ucs4_t before, after;

	if (at == 0 || at == text.len)
		return (true);
	if (u8_prev(&before, p + at, p) == NULL)
		return (true);
	(void)u8_mbtouc(&after, p + at, text.len - at);
	return (!is_word_character(before) || !is_word_character(after));
}

bool
fold_has_words(struct str text, struct str phrase)
{
	size_t at = 0;

	if (phrase.len == 0)
		return (false);
	while (text.len - at >= phrase.len) {
		const char *hit = memmem(text.p + at, text.len - at, phrase.p,
		    phrase.len);

		if (hit == NULL)
			return (false);
		at = (size_t)(hit - text.p);
		if (is_edge(text, at) && is_edge(text, at + phrase.len))
			return (true);
		at++;
	}
	return (false);
}
