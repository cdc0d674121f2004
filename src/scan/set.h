/* SPDX-License-Identifier: Apache-2.0 */
/*
 * set: what a compiled set and a context hold; only scan/ includes it.
 *
 * A finder is one thing with a name that results are about: a list, a keyword
 * group, an expression, a function. Needles (expressions) and terms (words)
 * are what is looked for; each is looked for once, however many finders use
 * it. An occurrence is one finder found at one place.
 */
#ifndef SCAN_SET_H
#define SCAN_SET_H

#include <hs/hs.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "scan/anchored.h"
#include "scan/classes.h"
#include "scan/hinge.h"
#include "scan/lexicon.h"
#include "scan/normal.h"
#include "scan/pattern.h"
#include "scan/rulecheck.h"

#define SET_UNBOUNDED UINT32_MAX
#define SET_MAX_OCCURRENCES (1u << 18)	/* in one item, all finders */
#define SET_NUMBER_DIGITS 4	/* a numeric rule has at least so many … */
#define SET_NUMBER_BYTES CLASSES_BLOCK	/* … in at most so many bytes */
#define SET_FEW_BYTES (2 * CLASSES_BLOCK)	/* one with a digit or more */
#define SET_PROXIMITY 300	/* characters, where nothing is said */

/* Which database an expression went into. */
enum set_kind {
	SET_LITERAL,	/* plain ASCII strings */
	SET_TOKEN,	/* has letters in a row, which the matcher jumps to */
	SET_ANCHORED,	/* short, begins where a word does: no database */
	SET_NUMBER,	/* short and digits: only looked for near digits */
	SET_FEW,	/* longer, and at least a digit */
	SET_OTHER,
	SET_HINGE,	/* turns on one character: no database */
	SET_ALONE,	/* Hyperscan does not compile it: PCRE2 alone */
	SET_KINDS,
};

/* Where a needle counts. */
struct set_user {
	uint32_t finder;
	bool (*is_valid)(struct str match);	/* NULL: always */
	const struct rule_check *check;		/* the same */
	bool is_card;		/* validators_is_no_card() counts */
};

struct needle {
	bool is_function;	/* not beside a letter or digit, and any
				   beginning may be the right one */
	bool is_caseless;
	struct pattern p;
	enum set_kind kind;
	bool is_prefilter;	/* the database finds too much */
	bool is_fixed;		/* its end tells its beginning, for sure */
	uint32_t min, max;	/* bytes of a match; max SET_UNBOUNDED */
	struct hinge hinge;	/* of SET_HINGE */
	pcre2_code *code;	/* NULL where is_fixed */
	uint32_t first_user, n_users;
};

/* A part of a pattern's evidence. */
struct clause {
	bool is_any;
	uint32_t finder;	/* of a match */
	unsigned min, max;	/* of Any; min of a match: minCount */
	bool is_unique;
	struct clause *child;	/* of Any */
	struct clause *next;
};

struct set_pattern {
	unsigned confidence;
	uint32_t finder;	/* of the IdMatch; unused in an affinity */
	struct clause *clauses;
	struct set_pattern *next;	/* of equal or lower confidence */
};

struct set_type {
	struct scan_type about;
	bool is_affinity;
	unsigned threshold;	/* of an affinity */
	uint32_t proximity;	/* characters, or SET_UNBOUNDED */
	struct set_pattern *patterns;
	const struct fingerprint *print;	/* instead of patterns */
	const struct exact *exact;	/* the same */
	uint32_t exact_finder;
};

struct exact;
struct exact_memo;
struct fingerprint;
struct tally;

struct set_databases {
	hs_database_t **dbs;
	size_t n;
};

struct scan_set {
	struct arena *arena;
	struct needle *needles;
	size_t n_needles;
	struct set_user *users;
	size_t n_users;
	size_t n_finders;
	struct set_databases all;	/* over the whole text */
	struct set_databases number, few;	/* over windows with digits */
	struct anchored **anchored;
	size_t n_anchored;
	uint32_t *hinges;	/* needles that turn on one character */
	size_t n_hinges;
	uint32_t *alone;	/* needles of PCRE2 alone */
	size_t n_alone;
	struct lexicon *lexicon;
	hs_scratch_t *scratch;	/* to be cloned */
	struct set_type *types;
	size_t n_types;
	uint32_t *list_finders;	/* of scan_add_list's numbers */
	size_t n_lists;
	const struct scan_type *known;
	size_t n_known;
	bool has_exact;
};

struct occurrence {
	uint32_t finder;
	uint32_t at, end;	/* bytes of the normal text */
	uint32_t char_at, char_end;
	uint64_t value;		/* equal: the same instance */
};

/* How far a needle has been followed in this text. */
struct needle_state {
	uint32_t from;		/* behind its last match */
	uint32_t tried;		/* no match begins before this */
	uint32_t at, end;	/* anchored: a match not yet reported; end 0:
				   none */
	bool has_many_ends;	/* PCRE2 must say which */
};

/* The best match of a function so far, until another cannot extend it. */
struct user_state {
	uint32_t at, end;	/* end 0: none */
	uint32_t from;		/* behind the one before */
};

struct word {
	uint32_t at, len;
};

struct scan_context {
	const struct scan_set *set;
	struct normal normal;
	struct classes classes;
	hs_scratch_t *scratch;
	pcre2_match_data *match_data;
	pcre2_match_context *match_context;
	pcre2_jit_stack *jit_stack;
	struct needle_state *needles;
	struct user_state *users;
	struct occurrence *found, *sorted;
	size_t n_found, cap_found;
	uint32_t *first;	/* of each finder in sorted; n_finders + 1 */
	uint32_t *longest;	/* characters, of each finder */
	struct word *words;	/* where exact data is looked for */
	size_t n_words, cap_words;
	uint32_t offset;	/* of the window being scanned */
	bool has_given_up;	/* a limit cut the search short */
	bool has_given_up_time;
	unsigned n_searches;	/* by PCRE2 in this text */
	int64_t deadline_ms;
	size_t n_steps;		/* of match.c */
	struct tally *tally;
	struct exact_memo *memo;
	uint64_t *prints;	/* of the text, for fingerprints */
	size_t n_prints, cap_prints;
	bool has_prints;
};

/* ---- vector.c: databases ---------------------------------------------- */

/* Classify and compile all needles of a set. Fails ERR_INPUT never (the
 * builder has tried each), ERR_LIMIT when the compiler gives up. */
int vector_compile(struct scan_set *s, struct err *err) FALLIBLE;

/* Try one needle: its widths and kind, and its code. Fails ERR_INPUT. */
int vector_prepare(struct needle *n, struct err *err) FALLIBLE;

/* ---- vectorscan.c ----------------------------------------------------- */

/* Find all needles in the context's normal text. */
void vector_scan(struct scan_context *c);

/* ---- confirm.c: from reported ends to matches -------------------------- */

/* A needle may end at `end` of the normal text. */
void confirm_end(struct scan_context *c, uint32_t needle, uint32_t end);

/* An anchored needle may match [at, end); beginnings rise, then ends. */
void confirm_span(struct scan_context *c, uint32_t needle, uint32_t at,
    uint32_t end);

/* A needle is looked for wherever its one character is. */
void confirm_hinge(struct scan_context *c, uint32_t needle);

/* A needle is looked for in the whole text. */
void confirm_alone(struct scan_context *c, uint32_t needle);

/* The last pending matches. */
void confirm_finish(struct scan_context *c);

/* ---- context.c -------------------------------------------------------- */

/* Remember one occurrence. */
void context_add(struct scan_context *c, uint32_t finder, uint32_t at,
    uint32_t end, uint64_t value);

/* What makes [at, end) of the text the same instance as another: its letters
 * and digits without case, or all of it where there are none. */
uint64_t context_value(const char *text, size_t at, size_t end);

/* ---- match.c: proximity, counts, confidence --------------------------- */

/* Evaluate every wanted type on the sorted occurrences. */
void match_types(struct scan_context *c, struct arena *a,
    struct scan_result *out);

#endif
