/* SPDX-License-Identifier: Apache-2.0 */
/*
 * builder: what is collected until a set is compiled; only scan/ includes it.
 * Threads: one at a time.
 */
#ifndef SCAN_BUILDER_H
#define SCAN_BUILDER_H

#include "scan/exact.h"
#include "scan/fingerprint.h"
#include "scan/rulepack.h"
#include "scan/set.h"
#include "scan/validators.h"

#define BUILDER_MAX_TERM 512	/* bytes of one word or string */

struct needle_user {
	struct set_user user;
	struct needle_user *next;
};

/* A needle and who wants it. */
struct building_needle {
	struct needle needle;
	struct str text;	/* as it was asked for; the key */
	struct needle_user *users;
};

struct building_list {
	enum scan_style style;
	bool is_case_sensitive;
	struct str *terms;
	size_t n;
	uint64_t hash;
	uint32_t finder;
};

struct building_exact {
	const char *name;
	struct exact *table;
	struct building_exact *next;
};

struct building_print {
	const char *name;
	struct fingerprint print;
	struct building_print *next;
};

/* A function that is used, and its finder. */
struct building_function {
	const struct validator *validator;
	uint32_t finder;
	struct building_function *next;
};

struct scan_builder {
	struct arena *arena;
	struct normal normal;
	struct lexicon *lexicon;
	struct building_needle *needles;
	size_t n_needles, cap_needles;
	uint32_t *slots;	/* hash table of needles: number + 1 */
	size_t n_slots;		/* a power of two */
	uint32_t n_finders;
	struct building_list *lists;
	size_t n_lists, cap_lists;
	struct rulepack *packs;
	struct building_exact *exacts;
	struct building_print *prints;
	struct building_function *functions;
	struct set_type *types;		/* wanted */
	size_t n_types, cap_types;
	struct scan_type *known;
	size_t n_known, cap_known;
};

/* One word or string for a finder. Fails ERR_INPUT what is wrong with it. */
int needles_add_term(struct scan_builder *b, enum scan_style style,
    bool is_case_sensitive, struct str term, uint32_t finder,
    struct err *err) FALLIBLE;

/* One expression for a finder, and what its matches must pass. Fails
 * ERR_INPUT. */
int needles_add_regex(struct scan_builder *b, struct str regex,
    bool is_case_sensitive, struct set_user user, struct err *err) FALLIBLE;

/* One function for a finder. */
int needles_add_function(struct scan_builder *b, const struct validator *v,
    uint32_t finder, struct err *err) FALLIBLE;

/* Turn a package's type into one of the set, with all it needs. Fails
 * ERR_INPUT naming the type and what is not there. */
int wanted_resolve(struct scan_builder *b, const struct rulepack *p,
    const struct rule_type *t, struct set_type *out, struct err *err)
    FALLIBLE;

/* An array with room for one more element: p moves, the old one is freed. */
void *builder_grow(void *p, size_t n, size_t *cap, size_t size_bytes);

#endif
