/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan: what a text contains: words, patterns and sensitive information types.
 *
 * A scan_set is everything one policy version looks for, compiled once into
 * few pattern databases, and read-only from then on. A text is normalised once
 * (NFKC, invisible characters, soft hyphens, entities, wrapped lines) and goes
 * through each database once; boundaries, checksums and proximity are checked
 * on what they report.
 *
 * Security: texts and rule packages are hostile; every limit is named here.
 * Evidence never leaves unmasked. Source: Microsoft's rule package schema
 * (namespace .../office/2011/mce). Threads: a set may be shared by any; a
 * scan_context belongs to one.
 */
#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define SCAN_MAX_TEXT_BYTES (1u << 20)	/* of one item; more is cut, and said */
#define SCAN_MAX_PATTERN 1024		/* characters of one expression */
#define SCAN_MAX_DICTIONARY 100000	/* terms */
#define SCAN_MAX_COUNT 500		/* unique instances that are counted */

struct scan_builder;
struct scan_set;
struct scan_context;

enum scan_style {
	SCAN_WORD,		/* no letter or digit touches an end of it that
				   is one itself ("SSN#" finds SSN#123); any
				   run of blanks for a blank */
	SCAN_STRING,		/* anywhere */
	SCAN_PATTERN,		/* a regular expression */
};

/* ---- what is looked for ----------------------------------------------- */

/* Empty; NULL is accepted by free. */
struct scan_builder *scan_builder_new(void);
void scan_builder_free(struct scan_builder **b);

/*
 * Add one list: words, strings or expressions, any of which may be found.
 * Equal lists share one number. name stands for the list in errors. In
 * expressions ^ and $ are the edges of the item and of paragraphs: wrapped
 * lines are joined.
 * Fails ERR_INPUT with the term, where it is and what is wrong with it.
 */
int scan_add_list(struct scan_builder *b, enum scan_style style,
    bool case_sensitive, const struct str *terms, size_t n, const char *name,
    size_t *number, struct err *err) FALLIBLE;

/* A list of words, one per line of a file's text; # begins a comment. */
int scan_add_dictionary(struct scan_builder *b, enum scan_style style,
    struct str text, const char *name, size_t *number, struct err *err)
    FALLIBLE;

/*
 * Add a rule package (XML: Entity, Affinity, Regex, Keyword, Fingerprint).
 * UTF-8 or UTF-16 by what the bytes are, whatever they declare. Of two with
 * one id under two engine versions the newer counts. A function that is named
 * but not there is an error of the type that needs it, and so are a
 * Fingerprint, filters and whatever else cannot be looked for; the types of
 * the package that are not wanted (scan_want_type) cost nothing.
 *
 * Proximity is the number of characters of the normalised text between
 * identifier and evidence, on either side, 0 where they overlap.
 */
int scan_add_package(struct scan_builder *b, struct str xml, const char *name,
    struct err *err) FALLIBLE;

/* Exact data: salted hashes of values, made by scan_hash_table(). A value
 * alone is found at confidence 65, with one other value of its row within 300
 * characters at 75, with two (or all there are) at 85. */
int scan_add_exact_data(struct scan_builder *b, struct str table,
    const char *name, struct err *err) FALLIBLE;

/* A document's fingerprint, made by scan_fingerprint(): texts that have this
 * many percent (1 to 100) of it are found, at confidence 85. */
int scan_add_fingerprint(struct scan_builder *b, struct str file,
    unsigned threshold, const char *name, struct err *err) FALLIBLE;

/*
 * Ask for a type by its name or its GUID, as found in a package, or by the
 * name of an exact-data table or a fingerprint. *number identifies it in
 * results.
 * Fails ERR_INPUT naming the nearest type there is.
 */
int scan_want_type(struct scan_builder *b, struct str name, size_t *number,
    struct err *err) FALLIBLE;

/* Compile everything that was asked for. The builder is used up. */
int scan_compile(struct scan_builder **b, struct scan_set **out,
    struct err *err) FALLIBLE;

/* NULL is accepted. */
void scan_set_free(struct scan_set **s);

/* ---- types there are -------------------------------------------------- */

struct scan_type {
	struct str id;		/* GUID, or empty */
	struct str name;	/* "U.S. Social Security Number (SSN)" */
	struct str package;
	int recommended;	/* confidence */
};

/* All types of all packages added; memory of the builder or set. */
const struct scan_type *scan_builder_types(const struct scan_builder *b,
    size_t *n);
const struct scan_type *scan_set_types(const struct scan_set *s, size_t *n);

/* ---- what was found --------------------------------------------------- */

/* One place in the text that was given (bytes, before normalising). */
struct scan_place {
	size_t at, len;
};

/* One wanted type that was found in one item. Two instances with the same
 * letters and digits are one, and count with their best confidence. */
struct scan_found {
	size_t type;		/* number from scan_want_type */
	unsigned count[3];	/* unique instances at confidence >= 65, 75, 85
				   ("low", "medium", "high") */
	unsigned best;		/* highest confidence, 1..100 */
	struct scan_place first;	/* of the best pattern's IdMatch */
	/* Unique instances by exact confidence, for rules that ask for other
	 * thresholds: pairs sorted by falling confidence. */
	const struct scan_tally {
		unsigned confidence, count;
	} *tallies;
	size_t n_tallies;
};

/* One list that was found in one item. */
struct scan_hit {
	size_t list;
	unsigned count;		/* unique terms or matches, up to the maximum */
	struct scan_place first;
};

struct scan_result {
	struct scan_found *types;
	size_t n_types;
	struct scan_hit *hits;
	size_t n_hits;
	bool is_cut;		/* not everything was looked at: the text is
				   longer than is scanned, or it was made to
				   take too long: policy must not call it
				   clean */
};

/* One thread's memory for a set, which must outlive it. ERR_TEMP: there is
 * none left. */
int scan_context_new(const struct scan_set *s, struct scan_context **out,
    struct err *err) FALLIBLE;
void scan_context_free(struct scan_context **c);

/*
 * Look for everything in one item (a body, one attachment, one header field).
 * text is UTF-8, malformed bytes are taken as U+FFFD; results are in the
 * arena. What is copied of the text is wiped.
 */
void scan_text(struct scan_context *c, struct str text, struct arena *a,
    struct scan_result *out);

/* The found text with all but its last characters hidden: "•••• •••• 0366". */
struct str scan_masked(struct str text, struct scan_place place,
    struct arena *a);

/* CSV (first line: column names) to a salted hash table for
 * scan_add_exact_data(). column is what counts as the match, the others are
 * supporting evidence. The values are not in the table. */
int scan_hash_table(struct str csv, struct str column, struct buf *out,
    struct err *err) FALLIBLE;

/* The fingerprint of a template's text; its words are not in it. Fails
 * ERR_INPUT where it has too few. */
int scan_fingerprint(struct str text, struct buf *out, struct err *err)
    FALLIBLE;

#endif
