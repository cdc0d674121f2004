/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lexicontree: the inside of a lexicon, for building it and for searching.
 * Threads: read-only after lexicon_finish().
 */
#ifndef SCAN_LEXICONTREE_H
#define SCAN_LEXICONTREE_H

#include "scan/lexicon.h"

#define LEXICON_WORD_MAX 512	/* bytes; no phrase is longer */

struct lexicon_edge {
	uint64_t key;
	uint32_t child;			/* 0: empty */
};

struct lexicon_node {
	struct lexicon_term *terms;
	bool has_children;
};

struct lexicon {
	struct arena *arena;
	struct lexicon_edge *edges;
	size_t n_edges, cap_edges;	/* cap: a power of two */
	struct lexicon_node *nodes;	/* 0 is the root */
	uint32_t n_nodes, cap_nodes;
	struct lexicon_term **by_text;
	size_t n_terms, cap_terms;
	uint64_t *filter;
	unsigned filter_shift;
	uint64_t *firsts;		/* hashes of first words */
	size_t n_firsts, cap_firsts;
};

/* The hash of a word that is ASCII; 8 bytes behind it are readable. */
uint64_t lexicon_hash_ascii(const char *p, size_t len);

/* The hash of any word. */
uint64_t lexicon_hash_word(struct str word);

/* The hash of what stands between two words; a run of blanks is one. */
uint64_t lexicon_hash_gap(const char *p, size_t len);

/* The key of (place, what stands between, next word). */
uint64_t lexicon_key(uint32_t node, uint64_t gap, uint64_t word);

/* The edge of that key, or the empty one where it would be. */
struct lexicon_edge *lexicon_edge(const struct lexicon *l, uint64_t key);

/* The bits of a first word in its part of the filter. */
uint64_t lexicon_filter_bits(uint64_t hash);

/* The first word at or behind `at`. False: there is none. */
bool lexicon_next_word(struct str s, size_t at, size_t *from, size_t *to);

/* What blanks are in a phrase and in a text. */
static inline bool
lexicon_is_blank(char c)
{
	return (c == ' ' || (c >= '\t' && c <= '\r'));
}

#endif
