/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lexicon: any number of words and phrases, found in one pass over the words
 * of a text. The time does not depend on how many there are.
 *
 * A phrase matches where its characters stand one for one, case ignored unless
 * it is case-sensitive, any run of blanks for a blank, and where no letter or
 * digit touches an end of it that is a letter or digit. Threads: a lexicon is
 * read-only after lexicon_finish().
 */
#ifndef SCAN_LEXICON_H
#define SCAN_LEXICON_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct lexicon;
struct classes;

struct lexicon_user {
	uint32_t finder;
	const struct lexicon_user *next;
};

struct lexicon_term {
	struct str text;	/* normal, without blanks around */
	bool is_case_sensitive;
	uint64_t value;		/* what it counts as */
	const struct lexicon_user *users;
	/* private */
	uint32_t prefix;	/* bytes before the first word */
	struct lexicon_term *same_node, *same_hash;
};

/* An empty lexicon in the arena. */
struct lexicon *lexicon_new(struct arena *a);

/* Add a phrase for a finder; text must stay and have a letter or digit. */
void lexicon_add(struct lexicon *l, struct str text, bool is_case_sensitive,
    uint32_t finder);

/* Build the filter; nothing may be added from now on. */
void lexicon_finish(struct lexicon *l);

/* The letters and digits of a text without case, as a number: what makes two
 * finds the same instance. All bytes, where it has neither. */
uint64_t lexicon_value(struct str text);

/* How many different phrases there are. */
size_t lexicon_count(const struct lexicon *l);

/*
 * Find all phrases of a text that is padded and classified.
 *
 * found  told each match, ends in bytes
 * word   told each word; NULL: not wanted
 */
struct lexicon_reader {
	void (*found)(void *context, const struct lexicon_term *t, size_t at,
	    size_t end);
	void (*word)(void *context, size_t at, size_t end);
	void *context;
};
void lexicon_scan(const struct lexicon *l, const struct classes *c,
    struct str text, bool is_ascii, const struct lexicon_reader *r);

#endif
