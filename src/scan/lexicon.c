/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lexicon: a tree over words, kept in one hash table whose keys are (place in
 * the tree, what stands between, next word).
 *
 * Runs where a policy is compiled. Security: phrases come from strangers'
 * packages; a hash never decides, lexiconscan.c compares characters.
 */
#include "scan/lexicontree.h"

#include <string.h>

#include "scan/letters.h"

#define SLACK 8				/* readable behind what is hashed */

/* ---- hashing ---------------------------------------------------------- */

uint64_t
lexicon_key(uint32_t node, uint64_t gap, uint64_t word)
{
	return (lexicon_mix(lexicon_mix(word, gap), node) | 1);
}

/* What stands between two words; a run of blanks is one. */
uint64_t
lexicon_hash_gap(const char *p, size_t len)
{
	uint64_t h = 1;

	for (size_t i = 0; i < len; i++) {
		if (!lexicon_is_blank(p[i]))
			h = lexicon_mix(h, (uint8_t)p[i]);
		else if (i == 0 || !lexicon_is_blank(p[i - 1]))
			h = lexicon_mix(h, ' ');
	}
	return (h);
}

/* ---- words and folding ------------------------------------------------- */

/* Without case, at most twice as long; the length. */
static size_t
fold(struct str s, char *out, size_t cap)
{
	size_t n = 0, len;

	for (size_t at = 0; at < s.len && n + 5 <= cap; at += len) {
		unsigned c = letters_get(s.p + at, s.p + s.len, &len);

		n += letters_put(letters_fold(c), out + n);
		if (letters_is_sharp_s(c))
			out[n++] = 's';
	}
	return (n);
}

/* The hash of a word of a text with whatever characters. */
uint64_t
lexicon_hash_word(struct str word)
{
	char folded[LEXICON_WORD_MAX * 2 + SLACK];
	uint64_t h;
	size_t n;

	if (word.len > LEXICON_WORD_MAX)
		return (0);
	if (lexicon_is_ascii(word.p, word.len))
		return (lexicon_hash_ascii(word.p, word.len));
	n = fold(word, folded, LEXICON_WORD_MAX * 2);
	memset(folded + n, 0, SLACK);
	h = lexicon_hash_ascii(folded, n);
	explicit_bzero(folded, n);
	return (h);
}

/* The first word at or behind `at`: false: there is none. */
bool
lexicon_next_word(struct str s, size_t at, size_t *from, size_t *to)
{
	size_t len;

	while (at < s.len && !letters_is_word(letters_get(s.p + at,
	    s.p + s.len, &len)))
		at += len;
	*from = at;
	while (at < s.len && letters_is_word(letters_get(s.p + at,
	    s.p + s.len, &len)))
		at += len;
	*to = at;
	return (*to > *from);
}

uint64_t
lexicon_value(struct str text)
{
	uint64_t h = LEXICON_K;
	bool is_empty = true;
	size_t len;

	for (size_t at = 0; at < text.len; at += len) {
		unsigned c = letters_get(text.p + at, text.p + text.len, &len);

		if (!letters_is_word(c))
			continue;
		h = lexicon_mix(h, letters_fold(c));
		if (letters_is_sharp_s(c))
			h = lexicon_mix(h, 's');
		is_empty = false;
	}
	for (size_t i = 0; is_empty && i < text.len; i++)
		h = lexicon_mix(h, (uint8_t)text.p[i]);
	return (h);
}

/* ---- building --------------------------------------------------------- */

/* Room for one more element; the old array stays in the arena, which is at
 * most as much again. */
static void *
grown(struct arena *a, void *old, size_t n, size_t *cap, size_t size)
{
	void *fresh;

	if (n < *cap)
		return (old);
	*cap = *cap == 0 ? 64 : *cap * 2;
	fresh = arena_array(a, *cap, size);
	if (n > 0)
		memcpy(fresh, old, n * size);
	return (fresh);
}

struct lexicon *
lexicon_new(struct arena *a)
{
	struct lexicon *l = arena_alloc(a, sizeof(*l));

	l->arena = a;
	l->cap_nodes = 64;
	l->nodes = arena_array(a, l->cap_nodes, sizeof(*l->nodes));
	l->n_nodes = 1;
	l->cap_edges = 64;
	l->edges = arena_array(a, l->cap_edges, sizeof(*l->edges));
	l->cap_terms = 64;
	l->by_text = arena_array(a, l->cap_terms, sizeof(*l->by_text));
	return (l);
}

size_t
lexicon_count(const struct lexicon *l)
{
	return (l->n_terms);
}

struct lexicon_edge *
lexicon_edge(const struct lexicon *l, uint64_t key)
{
	size_t at = (key >> 8) & (l->cap_edges - 1);

	while (l->edges[at].child != 0 && l->edges[at].key != key)
		at = (at + 1) & (l->cap_edges - 1);
	return (&l->edges[at]);
}

static void
grow_edges(struct lexicon *l)
{
	struct lexicon_edge *old = l->edges;
	size_t n = l->cap_edges;

	l->cap_edges *= 2;
	l->edges = arena_array(l->arena, l->cap_edges, sizeof(*l->edges));
	for (size_t i = 0; i < n; i++)
		if (old[i].child != 0)
			*lexicon_edge(l, old[i].key) = old[i];
}

/* The place behind (node, gap, word), made when it is not there. */
static uint32_t
child_of(struct lexicon *l, uint32_t node, uint64_t gap, uint64_t word)
{
	uint64_t key = lexicon_key(node, gap, word);
	struct lexicon_edge *e = lexicon_edge(l, key);
	size_t cap = l->cap_nodes;

	if (e->child != 0)
		return (e->child);
	l->nodes = grown(l->arena, l->nodes, l->n_nodes, &cap,
	    sizeof(*l->nodes));
	l->cap_nodes = (uint32_t)cap;
	e->key = key;
	e->child = l->n_nodes++;
	l->nodes[node].has_children = true;
	if (node == 0) {
		l->firsts = grown(l->arena, l->firsts, l->n_firsts,
		    &l->cap_firsts, sizeof(*l->firsts));
		l->firsts[l->n_firsts++] = word;
	}
	if (++l->n_edges * 2 > l->cap_edges) {
		uint32_t child = e->child;

		grow_edges(l);
		return (child);
	}
	return (e->child);
}

/* Put a new phrase into the tree. */
static void
plant(struct lexicon *l, struct lexicon_term *t)
{
	uint32_t node = 0;
	uint64_t gap = 0;
	size_t from, to, behind;

	must(lexicon_next_word(t->text, 0, &from, &to));
	t->prefix = (uint32_t)from;
	for (;;) {
		node = child_of(l, node, gap, lexicon_hash_word(
		    str_sub(t->text, from, to - from)));
		behind = to;
		if (!lexicon_next_word(t->text, behind, &from, &to))
			break;
		gap = lexicon_hash_gap(t->text.p + behind, from - behind);
	}
	t->same_node = l->nodes[node].terms;
	l->nodes[node].terms = t;
}

static size_t
text_slot(const struct lexicon *l, struct str text, bool is_case_sensitive)
{
	uint64_t h = is_case_sensitive;

	for (size_t i = 0; i < text.len; i++)
		h = lexicon_mix(h, (uint8_t)text.p[i]);
	return ((size_t)(h >> 8) & (l->cap_terms - 1));
}

static void
grow_texts(struct lexicon *l)
{
	struct lexicon_term **old = l->by_text, *t, *next;
	size_t n = l->cap_terms, slot;

	l->cap_terms *= 2;
	l->by_text = arena_array(l->arena, l->cap_terms, sizeof(*l->by_text));
	for (size_t i = 0; i < n; i++) {
		for (t = old[i]; t != NULL; t = next) {
			next = t->same_hash;
			slot = text_slot(l, t->text, t->is_case_sensitive);
			t->same_hash = l->by_text[slot];
			l->by_text[slot] = t;
		}
	}
}

static struct lexicon_term *
find_or_make(struct lexicon *l, struct str text, bool is_case_sensitive)
{
	size_t slot = text_slot(l, text, is_case_sensitive);
	struct lexicon_term *t;

	for (t = l->by_text[slot]; t != NULL; t = t->same_hash)
		if (t->is_case_sensitive == is_case_sensitive &&
		    str_eq(t->text, text))
			return (t);
	if (l->n_terms >= l->cap_terms) {
		grow_texts(l);
		slot = text_slot(l, text, is_case_sensitive);
	}
	t = arena_alloc(l->arena, sizeof(*t));
	t->text = text;
	t->is_case_sensitive = is_case_sensitive;
	t->value = lexicon_value(text);
	t->same_hash = l->by_text[slot];
	l->by_text[slot] = t;
	l->n_terms++;
	plant(l, t);
	return (t);
}

void
lexicon_add(struct lexicon *l, struct str text, bool is_case_sensitive,
    uint32_t finder)
{
	struct lexicon_user *u;
	struct lexicon_term *t;

	if (!is_case_sensitive) {
		size_t cap = text.len * 2 + 8;
		char *folded = arena_array(l->arena, cap, 1);

		text = str_make(folded, fold(text, folded, cap));
	}
	t = find_or_make(l, text, is_case_sensitive);
	for (const struct lexicon_user *o = t->users; o != NULL; o = o->next)
		if (o->finder == finder)
			return;
	u = arena_alloc(l->arena, sizeof(*u));
	u->finder = finder;
	u->next = t->users;
	t->users = u;
}

void
lexicon_finish(struct lexicon *l)
{
	size_t n = 64;

	l->filter_shift = 58;
	/* Sixteen bits for each first word: one in fifty passes by chance. */
	while (n * 4 < l->n_firsts) {
		n *= 2;
		l->filter_shift--;
	}
	l->filter = arena_array(l->arena, n, sizeof(*l->filter));
	for (size_t i = 0; i < l->n_firsts; i++)
		l->filter[l->firsts[i] >> l->filter_shift] |=
		    lexicon_filter_bits(l->firsts[i]);
}
