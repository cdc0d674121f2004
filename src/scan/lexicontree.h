/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lexicontree: the inside of a lexicon, for building it and for searching.
 * Threads: read-only after lexicon_finish().
 */
#ifndef SCAN_LEXICONTREE_H
#define SCAN_LEXICONTREE_H

#include <string.h>

#include "scan/lexicon.h"

#define LEXICON_K 0x9e3779b97f4a7c15ull
#define LEXICON_CASE_BITS 0x2020202020202020ull	/* letters lower, digits as
						   they are */
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

/* One step of hashing. */
static inline uint64_t
lexicon_mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * LEXICON_K;
	return (h ^ h >> 32);
}

/* The hash of a word that is ASCII; 8 bytes behind it are readable. */
static inline uint64_t
lexicon_hash_ascii(const char *p, size_t len)
{
	uint64_t h = len, v;

	for (; len > 8; len -= 8, p += 8) {
		memcpy(&v, p, 8);
		h = lexicon_mix(h, v | LEXICON_CASE_BITS);
	}
	memcpy(&v, p, 8);
	v |= LEXICON_CASE_BITS;
	return (lexicon_mix(h, len == 0 ? 0 : v & ~0ull >> (64 - 8 * len)));
}

/* Only ASCII; 8 bytes behind it are readable. */
static inline bool
lexicon_is_ascii(const char *p, size_t len)
{
	uint64_t any = 0, v;

	for (; len > 8; len -= 8, p += 8) {
		memcpy(&v, p, 8);
		any |= v;
	}
	memcpy(&v, p, 8);
	any |= len == 0 ? 0 : v & ~0ull >> (64 - 8 * len);
	return ((any & 0x8080808080808080ull) == 0);
}

/* The hash of any word; 8 bytes behind it are readable. */
uint64_t lexicon_hash_word(struct str word);

/* The hash of what stands between two words; a run of blanks is one. */
uint64_t lexicon_hash_gap(const char *p, size_t len);

/* The key of (place, what stands between, next word). */
uint64_t lexicon_key(uint32_t node, uint64_t gap, uint64_t word);

/* The edge of that key, or the empty one where it would be. */
struct lexicon_edge *lexicon_edge(const struct lexicon *l, uint64_t key);

/* The bits of a first word in its part of the filter. */
static inline uint64_t
lexicon_filter_bits(uint64_t h)
{
	return (1ull << (h & 63) | 1ull << (h >> 6 & 63));
}

/* The first word at or behind `at`. False: there is none. */
bool lexicon_next_word(struct str s, size_t at, size_t *from, size_t *to);

/* What blanks are in a phrase and in a text. */
static inline bool
lexicon_is_blank(char c)
{
	return (c == ' ' || (c >= '\t' && c <= '\r'));
}

#endif
