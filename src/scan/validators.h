/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators: the functions that rule packages name, "Func_credit_card".
 *
 * A function is a pattern that finds candidates and, where the number has a
 * checksum, a date or a range, a check of the candidate. Names are Microsoft's
 * where Microsoft has the function; others begin with Func_letterlock_.
 *
 * Security: match is text of a hostile mail, at most a few hundred bytes; a
 * check reads it, keeps nothing and takes time linear in it. Threads: any.
 */
#ifndef SCAN_VALIDATORS_H
#define SCAN_VALIDATORS_H

#include <stdbool.h>

#include "base/str.h"

/* One built-in function of rule packages: Func_NAME. */
struct validator {
	const char *name;	/* "Func_credit_card" */
	/* What to look for: what Hyperscan and PCRE2 both know (no look-around,
	 * no back-references, groups repeat boundedly), case-sensitive unless
	 * it says (?i:...), fit to stand between other expressions. The
	 * caller sees to boundaries: a match may not be preceded or followed
	 * by a letter or digit. */
	const char *pattern;
	/* Is this text, found by the pattern or by a rule's own expression, a
	 * real one? NULL: the pattern alone decides. match is the normalised
	 * UTF-8 text of the match. */
	bool (*is_valid)(struct str match);
};

/* By name, ASCII case ignored; NULL: not built in. */
const struct validator *validator_find(struct str name);

/* Does it look for payment cards, of which the text around has a say? */
bool validator_is_card(const struct validator *v);

/* All of them in the order of their names, for lists and nearest-name
 * errors. */
const struct validator *validators_all(size_t *n);

#endif
