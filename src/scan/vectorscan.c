/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectorscan: one text through the lexicon, the databases and the automata.
 *
 * Runs wherever texts are scanned. Security: texts are anybody's; Hyperscan is
 * linear in them, what it reports goes to confirm.c, which has limits.
 * Standards: none; doc/decisions/0006-scanning.md has the measurements.
 */
#include <stdlib.h>

#include "scan/set.h"

#define WINDOW_JOIN 2	/* blocks between two windows that make them one */

static int
on_end(unsigned id, unsigned long long from, unsigned long long to,
    unsigned flags, void *context)
{
	struct scan_context *c = context;

	(void)from;
	(void)flags;
	confirm_end(c, id, c->offset + (uint32_t)to);
	return (0);
}

static void
scan_range(struct scan_context *c, const struct set_databases *d,
    size_t from, size_t to)
{
	c->offset = (uint32_t)from;
	for (size_t i = 0; i < d->n; i++)
		if (hs_scan(d->dbs[i], c->normal.text + from,
		    (unsigned)(to - from), 0, c->scratch, on_end, c) !=
		    HS_SUCCESS)
			c->has_given_up = true;
}

/* Blocks, cut where characters end. */
static void
scan_blocks(struct scan_context *c, const struct set_databases *d,
    size_t from, size_t to)
{
	const char *text = c->normal.text;

	from *= CLASSES_BLOCK;
	to = MIN_OF(to * CLASSES_BLOCK, c->normal.len);
	while (from > 0 && ((uint8_t)text[from] & 0xc0) == 0x80)
		from--;
	while (to < c->normal.len && ((uint8_t)text[to] & 0xc0) == 0x80)
		to++;
	scan_range(c, d, from, to);
}

/* Where there are so many digits in so many neighbouring blocks, which a match
 * does not exceed. */
static void
scan_windows(struct scan_context *c, const struct set_databases *d,
    unsigned digits, size_t blocks)
{
	const struct classes *k = &c->classes;
	size_t from = 0, to = 0;	/* blocks of the window so far */
	unsigned n = 0;

	for (size_t b = 0; d->n > 0 && b < k->n; b++) {
		n += k->n_digits[b];
		if (b >= blocks)
			n -= k->n_digits[b - blocks];
		if (n < digits)
			continue;
		if (to > 0 && b + 1 > to + WINDOW_JOIN + blocks) {
			scan_blocks(c, d, from, to);
			to = 0;
		}
		if (to == 0)
			from = b + 1 > blocks ? b + 1 - blocks : 0;
		to = b + 1;
	}
	if (to > 0)
		scan_blocks(c, d, from, to);
}

static void
found_term(void *context, const struct lexicon_term *t, size_t at, size_t end)
{
	for (const struct lexicon_user *u = t->users; u != NULL; u = u->next)
		context_add(context, u->finder, (uint32_t)at, (uint32_t)end,
		    t->value);
}

static void
found_word(void *context, size_t at, size_t end)
{
	struct scan_context *c = context;
	struct word *fresh;

	if (c->n_words == c->cap_words) {
		size_t cap = c->cap_words == 0 ? 1024 : c->cap_words * 2;

		fresh = must_calloc(cap, sizeof(*fresh));
		if (c->n_words > 0)
			memcpy(fresh, c->words, c->n_words * sizeof(*fresh));
		free(c->words);
		c->words = fresh;
		c->cap_words = cap;
	}
	c->words[c->n_words++] = (struct word){ (uint32_t)at,
		(uint32_t)(end - at) };
}

static void
on_span(void *context, uint32_t id, uint32_t at, uint32_t end)
{
	confirm_span(context, id, at, end);
}

static void
scan_words(struct scan_context *c, struct str text)
{
	const struct scan_set *s = c->set;
	struct lexicon_reader r = { .found = found_term, .context = c,
		.word = s->has_exact ? found_word : NULL };

	c->n_words = 0;
	if (lexicon_count(s->lexicon) > 0 || s->has_exact)
		lexicon_scan(s->lexicon, &c->classes, text,
		    c->normal.is_ascii, &r);
}

void
vector_scan(struct scan_context *c)
{
	const struct scan_set *s = c->set;
	struct str text = str_make(c->normal.text, c->normal.len);

	scan_words(c, text);
	if (text.len > 0)
		scan_range(c, &s->all, 0, text.len);
	/* A match in a window begins and ends in neighbouring blocks, so one
	 * more than it is long. */
	scan_windows(c, &s->number, SET_NUMBER_DIGITS,
	    SET_NUMBER_BYTES / CLASSES_BLOCK + 1);
	scan_windows(c, &s->few, 1, SET_FEW_BYTES / CLASSES_BLOCK + 1);
	for (size_t i = 0; i < s->n_anchored; i++)
		anchored_scan(s->anchored[i], &c->classes, text, on_span, c);
	for (size_t i = 0; i < s->n_hinges; i++)
		confirm_hinge(c, s->hinges[i]);
	for (size_t i = 0; i < s->n_alone; i++)
		confirm_alone(c, s->alone[i]);
	confirm_finish(c);
}
