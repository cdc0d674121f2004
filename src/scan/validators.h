/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators: the functions that rule packages call by name: what to look
 * for, and the arithmetic that tells a real number from a similar one.
 * Threads: any.
 */
#ifndef SCAN_VALIDATORS_H
#define SCAN_VALIDATORS_H

#include <stdbool.h>

#include "base/str.h"

/* One built-in function of rule packages: Func_NAME. */
struct validator {
	const char *name;	/* "Func_credit_card" */
	const char *pattern;	/* what to look for, Hyperscan/PCRE2 common
				   subset; boundaries are checked by the
				   caller: the match may not be preceded or
				   followed by a letter or digit */
	bool (*is_valid)(struct str match);	/* NULL: the pattern alone
				   decides; match is normalised ASCII/UTF-8
				   text of the match */
};

/* By name, ASCII case ignored; NULL: not built in. */
const struct validator *validator_find(struct str name);

/* All of them, for lists and nearest-name errors. */
const struct validator *validators_all(size_t *n);

#endif
