/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hinge: expressions that begin with a run of characters of one kind and then
 * one character that is not of that kind, as mail addresses do: looking for
 * that character finds them. Threads: any.
 */
#ifndef SCAN_HINGE_H
#define SCAN_HINGE_H

#include "scan/syntax.h"

struct hinge {
	struct syntax_set before;	/* the run; unbounded */
	uint32_t min;			/* how long it is at least */
	char at;			/* the character behind it */
};

/* False: the expression does not begin so, or is not simple. */
bool hinge_read(struct str expression, bool is_caseless, struct hinge *out);

#endif
