/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lexiconscan: the words of a text against the tree. A small filter on the
 * first word throws out nearly every word; what passes is followed, and
 * compared character by character.
 *
 * Runs wherever texts are scanned. Security: texts are anybody's; each word
 * is hashed once, and followed at most as deep as the longest phrase.
 */
#include <string.h>

#include "scan/classes.h"
#include "scan/letters.h"
#include "scan/lexicontree.h"

#define GAP_MAX 64			/* between two words of a phrase */

struct search {
	const struct lexicon *l;
	const struct lexicon_reader *r;
	struct str text;
	uint64_t blank;		/* the hash of one blank between two words */
};

/* 1 when there was a blank, 0 when not. */
static size_t
skip_blanks(struct str text, size_t *at)
{
	size_t from = *at;

	while (*at < text.len && lexicon_is_blank(text.p[*at]))
		(*at)++;
	return (*at > from);
}

/* Does the phrase have "ss" at `i`, for the text's sharp s? */
static size_t
double_s(const struct lexicon_term *t, size_t i)
{
	return (i + 1 < t->text.len && t->text.p[i] == 's' &&
	    t->text.p[i + 1] == 's' ? 2 : 0);
}

/* One character of the phrase at `i` against the text at *at. How many bytes
 * of the phrase it was; 0: they differ. */
static size_t
compare_char(const struct lexicon_term *t, size_t i, struct str text,
    size_t *at)
{
	size_t len, text_len;
	unsigned want, have;

	if (*at >= text.len)
		return (0);
	if (t->text.p[i] == ' ')
		return (skip_blanks(text, at));
	want = letters_get(t->text.p + i, t->text.p + t->text.len, &len);
	have = letters_get(text.p + *at, text.p + text.len, &text_len);
	*at += text_len;
	if (t->is_case_sensitive)
		return (want == have ? len : 0);
	if (letters_is_sharp_s(have))
		return (double_s(t, i));
	return (want == letters_fold(have) ? len : 0);
}

/* Compare a phrase whose first word is at `word`; report it if it is it. */
static void
confirm(const struct search *s, const struct lexicon_term *t, size_t word)
{
	size_t start = word - t->prefix, at, used;

	if (t->prefix > word)
		return;
	at = start;
	for (size_t i = 0; i < t->text.len; i += used) {
		used = compare_char(t, i, s->text, &at);
		if (used == 0)
			return;
	}
	/* The ends of words inside are in the tree; these two may not be. */
	if (letters_word_at(t->text.p, t->text.len, 0) &&
	    letters_word_before(s->text.p, start))
		return;
	if (letters_word_before(t->text.p, t->text.len) &&
	    letters_word_at(s->text.p, s->text.len, at))
		return;
	s->r->found(s->r->context, t, start, at);
}

/* One blank and an ASCII word are what mostly follows. Zeros end the text. */
static bool
next_simple(const char *text, size_t at, size_t *from, size_t *to)
{
	size_t end = at + 1;

	if (text[at] != ' ')
		return (false);
	while ((uint8_t)text[end] < 0x80 &&
	    letters_is_ascii_word((uint8_t)text[end]))
		end++;
	if (end == at + 1 || (uint8_t)text[end] >= 0x80)
		return (false);
	*from = at + 1;
	*to = end;
	return (true);
}

/* The filter let a word pass: follow the tree as far as the text goes. */
static void
follow(const struct search *s, size_t from, size_t to, uint64_t h)
{
	uint32_t node = 0;
	uint64_t gap = 0;
	size_t word = from, behind;

	for (;;) {
		node = lexicon_edge(s->l, lexicon_key(node, gap, h))->child;
		if (node == 0)
			return;
		for (const struct lexicon_term *t = s->l->nodes[node].terms;
		    t != NULL; t = t->same_node)
			confirm(s, t, word);
		if (!s->l->nodes[node].has_children)
			return;
		behind = to;
		if (next_simple(s->text.p, behind, &from, &to)) {
			gap = s->blank;
			h = lexicon_hash_ascii(s->text.p + from, to - from);
			continue;
		}
		if (!lexicon_next_word(str_make(s->text.p, MIN_OF(s->text.len,
		    behind + GAP_MAX + LEXICON_WORD_MAX)), behind, &from,
		    &to) || from - behind > GAP_MAX)
			return;
		gap = lexicon_hash_gap(s->text.p + behind, from - behind);
		h = lexicon_hash_word(str_sub(s->text, from, to - from));
	}
}

static bool
passes(const struct lexicon *l, uint64_t h)
{
	uint64_t bits = lexicon_filter_bits(h);

	return ((l->filter[h >> l->filter_shift] & bits) == bits);
}

/* A run of ASCII letters and digits and other characters: its words. */
static void
take_mixed_run(const struct search *s, size_t from, size_t to)
{
	struct str run = str_make(s->text.p, to);
	size_t start, end = from;

	while (lexicon_next_word(run, end, &start, &end)) {
		uint64_t h = lexicon_hash_word(str_sub(run, start,
		    end - start));

		if (s->r->word != NULL)
			s->r->word(s->r->context, start, end);
		if (passes(s->l, h))
			follow(s, start, end, h);
	}
}

static void
take_ascii_run(const struct search *s, size_t from, size_t to)
{
	uint64_t h = lexicon_hash_ascii(s->text.p + from, to - from);

	if (s->r->word != NULL)
		s->r->word(s->r->context, from, to);
	if (passes(s->l, h))
		follow(s, from, to, h);
}

/* Are the bytes [from, to) of words all ASCII? Blocks decide: a false no is
 * only slower. */
static bool
is_ascii_run(const struct classes *c, size_t from, size_t to)
{
	for (size_t b = from / CLASSES_BLOCK; b <= (to - 1) / CLASSES_BLOCK;
	    b++)
		if (c->words[b] != c->ascii[b])
			return (false);
	return (true);
}

void
lexicon_scan(const struct lexicon *l, const struct classes *c, struct str text,
    bool is_ascii, const struct lexicon_reader *r)
{
	const struct search s = { l, r, text, lexicon_hash_gap(" ", 1) };
	bool is_open = false;		/* a word began in a block before */
	size_t start = 0;

	/* Zeros behind the text end its last run, unless it fills its block. */
	for (size_t b = 0; b <= c->n; b++) {
		uint64_t m = b < c->n ? c->words[b] : 0;
		uint64_t before = m << 1 | is_open;
		uint64_t starts = m & ~before, ends = before & ~m;
		size_t base = b * CLASSES_BLOCK;

		for (; ends != 0; ends &= ends - 1) {
			size_t end = base + (unsigned)__builtin_ctzll(ends);

			if (!is_open) {
				start = base +
				    (unsigned)__builtin_ctzll(starts);
				starts &= starts - 1;
			}
			is_open = false;
			if (is_ascii || is_ascii_run(c, start, end))
				take_ascii_run(&s, start, end);
			else
				take_mixed_run(&s, start, end);
		}
		if (starts != 0) {
			start = base + (unsigned)__builtin_ctzll(starts);
			is_open = true;
		}
	}
}
