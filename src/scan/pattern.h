/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern: what can be said about a regular expression by reading it.
 * Threads: any.
 */
#ifndef SCAN_PATTERN_H
#define SCAN_PATTERN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct pattern {
	struct str full;	/* with its characters made normal */
	struct str body;	/* without \b at its ends */
	bool is_strange;	/* uses what was not understood: no promises */
	bool needs_utf;		/* may match other than ASCII */
	bool has_anchor;	/* ^ $ \A \Z \B, \b inside */
	bool has_first_edge;	/* \b at the beginning was taken off */
	bool has_last_edge;	/* and at the end */
	unsigned digits;	/* that every match has at least */
	unsigned literal;	/* letters in a row that every match has */
};

/*
 * Read an expression (common subset of Boost, PCRE2 and Hyperscan). Whether
 * it is well-formed is for the compilers to say.
 * Fails ERR_INPUT what would make results wrong: \K, verbs; not UTF-8.
 */
int pattern_read(struct str expression, struct arena *a, struct pattern *out,
    struct err *err) FALLIBLE;

/* The text as an expression that matches just that. */
struct str pattern_escape(struct str text, struct arena *a);

#endif
