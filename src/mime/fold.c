/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold: Unicode case folding and compatibility decomposition, one character at
 * a time.
 *
 * Runs in the gateway. Security: reads subjects and other header text, which
 * is plaintext: only libunistring's tables are asked, not its converters, which
 * would leave unwiped copies on the heap. Everything stays in wiped buffers.
 * Standards: Unicode 3.13, UAX #15 NFKD, UAX #29 (simplified).
 */
#include "mime/fold.h"

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/buf.h"
#include "base/enc.h"

#define FOLD_GROWTH 18	/* at most, of NFKD in UTF-8 (UAX #15, U+FDFA) */
#define FOLD_MARKS 32	/* in one run to put in order (UAX #15 stream-safe) */

/* Marks behind one base character, waiting for their order. */
struct folding {
	struct buf *out;
	ucs4_t marks[FOLD_MARKS];
	size_t n_marks;
};

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

static void
put_character(struct buf *out, ucs4_t c)
{
	uint8_t bytes[6];
	int n = u8_uctomb(bytes, c, sizeof(bytes));

	if (n > 0)
		buf_append(out, bytes, (size_t)n);
}

static void
put_marks(struct folding *f)
{
	for (size_t i = 0; i < f->n_marks; i++)
		put_character(f->out, f->marks[i]);
	f->n_marks = 0;
}

/* Canonical order: by combining class, equal ones as they came. */
static void
add_mark(struct folding *f, ucs4_t mark, int class)
{
	size_t at;

	if (f->n_marks == FOLD_MARKS)
		put_marks(f);
	at = f->n_marks++;
	while (at > 0 && uc_combining_class(f->marks[at - 1]) > class) {
		f->marks[at] = f->marks[at - 1];
		at--;
	}
	f->marks[at] = mark;
}

/* Up and down again: final sigma, long s and their like become the usual. */
static void
fold_character(struct folding *f, ucs4_t c)
{
	int class;

	c = uc_tolower(uc_toupper(c));
	class = uc_combining_class(c);
	if (class != 0) {
		add_mark(f, c, class);
		return;
	}
	put_marks(f);
	if (uc_is_property_white_space(c))
		put_blank(f->out);
	else if (c == 0xdf)	/* sharp s */
		buf_z(f->out, "ss");
	else
		put_character(f->out, c);
}

/* Decompositions nest four deep at most. */
static void
decompose(struct folding *f, ucs4_t c)
{
	ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
	int tag;
	int n = uc_decomposition(c, &tag, parts);

	if (uc_is_property_default_ignorable_code_point(c))
		return;
	if (n <= 0) {
		fold_character(f, c);
		return;
	}
	for (int i = 0; i < n; i++)
		decompose(f, parts[i]);
}

static void
fold_unicode(struct str text, struct buf *out)
{
	struct folding f = { .out = out };
	const uint8_t *p = (const uint8_t *)text.p;

	for (size_t i = 0; i < text.len;) {
		ucs4_t c;

		i += (size_t)u8_mbtouc(&c, p + i, text.len - i);
		decompose(&f, c);
	}
	put_marks(&f);
	explicit_bzero(&f, sizeof(f));
}

bool
fold_text(struct str text, struct arena *a, struct str *out)
{
	AUTO_BUF struct buf folded = BUF_INIT(text.len * FOLD_GROWTH + 1);

	if (!enc_is_utf8(text))
		return (false);
	if (enc_is_ascii(text))
		fold_ascii(text, &folded);
	else
		fold_unicode(text, &folded);
	if (folded.over)
		return (false);
	*out = arena_str(a, str_trim(buf_view(&folded)));
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
