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

/* Where a character of the folded text begins in the text as it was. */
struct edge {
	size_t folded;
	size_t at;
};

/* Marks behind one base character, waiting for their order. */
struct folding {
	struct buf *out;
	struct edge *edges;	/* NULL: nobody asks for them */
	size_t n_edges;
	size_t at;		/* the character that is folded now */
	bool is_first;		/* of what that character becomes */
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

	bool is_first = f->is_first;

	f->is_first = false;
	c = uc_tolower(uc_toupper(c));
	class = uc_combining_class(c);
	if (class != 0) {
		add_mark(f, c, class);
		return;
	}
	put_marks(f);
	if (is_first && f->edges != NULL)
		f->edges[f->n_edges++] = (struct edge){ f->out->len, f->at };
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

/* edges: NULL, or room for one more than text has bytes; their number. */
static size_t
fold_unicode(struct str text, struct buf *out, struct edge *edges)
{
	struct folding f = { .out = out, .edges = edges };
	const uint8_t *p = (const uint8_t *)text.p;
	size_t n;

	while (f.at < text.len) {
		ucs4_t c;
		int len = u8_mbtouc(&c, p + f.at, text.len - f.at);

		f.is_first = true;
		decompose(&f, c);
		f.at += (size_t)len;
	}
	put_marks(&f);
	n = f.n_edges;
	if (edges != NULL)
		edges[n++] = (struct edge){ out->len, text.len };
	explicit_bzero(&f, sizeof(f));
	return (n);
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
		(void)fold_unicode(text, &folded, NULL);
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

/* Offset of the phrase as whole words at or behind `at`, or -1. */
static ptrdiff_t
find_words(struct str text, struct str phrase, size_t at)
{
	while (phrase.len > 0 && text.len - at >= phrase.len) {
		const char *hit = memmem(text.p + at, text.len - at, phrase.p,
		    phrase.len);

		if (hit == NULL)
			return (-1);
		at = (size_t)(hit - text.p);
		if (is_edge(text, at) && is_edge(text, at + phrase.len))
			return ((ptrdiff_t)at);
		at++;
	}
	return (-1);
}

bool
fold_has_words(struct str text, struct str phrase)
{
	return (find_words(text, phrase, 0) >= 0);
}

bool
fold_starts_with(struct str text, struct str phrase)
{
	return (phrase.len > 0 && text.len >= phrase.len &&
	    memcmp(text.p, phrase.p, phrase.len) == 0 &&
	    is_edge(text, phrase.len));
}

/* Text with pieces of it left out. */
struct cutting {
	struct str text;
	size_t done;
	size_t n_cuts;
	struct buf out;
};

/* Keep what stands in front of `from` and leave out [from, to). */
static void
cut(struct cutting *c, size_t from, size_t to)
{
	struct str piece = str_trim(str_sub(c->text, c->done, from - c->done));

	if (piece.len > 0 && c->out.len > 0)
		buf_char(&c->out, ' ');
	buf_str(&c->out, piece);
	c->done = to;
	c->n_cuts++;
}

/* Cut one folded phrase out of c->text, whose folded form is given. */
static void
cut_phrase(struct cutting *c, struct str folded, const struct edge *edges,
    size_t n, struct str phrase)
{
	size_t from = 0, to, k = 0;
	ptrdiff_t hit;

	while ((hit = find_words(folded, phrase, from)) >= 0) {
		size_t end = (size_t)hit + phrase.len;

		from = (size_t)hit + 1;
		while (k < n && edges[k].folded < (size_t)hit)
			k++;
		/* Blanks that became one with the one before stay outside. */
		while (k + 1 < n && edges[k + 1].folded == (size_t)hit)
			k++;
		for (to = k; to < n && edges[to].folded < end;)
			to++;
		if (k == n || edges[k].folded != (size_t)hit || to == n ||
		    edges[to].folded != end)
			continue;	/* within a character */
		cut(c, edges[k].at, edges[to].at);
		from = end;
		k = to;
	}
}

/* One phrase; false when text has it nowhere. */
static bool
cut_everywhere(struct str text, struct str phrase, struct arena *a,
    struct str *out)
{
	AUTO_BUF struct buf folded = BUF_INIT(text.len * FOLD_GROWTH + 1);
	struct cutting c = { text, 0, 0, BUF_INIT(text.len + 1) };
	struct edge *edges = arena_array(a, text.len + 1, sizeof(*edges));
	size_t n = fold_unicode(text, &folded, edges);

	cut_phrase(&c, buf_view(&folded), edges, n, phrase);
	if (c.n_cuts > 0) {
		cut(&c, text.len, text.len);
		*out = arena_str(a, buf_view(&c.out));
	}
	buf_done(&c.out);
	return (c.n_cuts > 0);
}

bool
fold_cut_words(struct str text, const struct str *phrases, size_t n,
    struct arena *a, struct str *out)
{
	bool is_cut = false;

	for (size_t i = 0; i < n; i++) {
		struct str phrase;

		if (!enc_is_utf8(text) || !fold_text(phrases[i], a, &phrase) ||
		    !cut_everywhere(text, phrase, a, &text))
			continue;
		is_cut = true;
	}
	if (is_cut)
		*out = text;
	return (is_cut);
}
