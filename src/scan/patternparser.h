/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patternparser: the inside of pattern_read(): what stands for one character.
 * Threads: one at a time.
 */
#ifndef SCAN_PATTERNPARSER_H
#define SCAN_PATTERNPARSER_H

#include "base/buf.h"
#include "scan/pattern.h"

struct pattern_parser {
	struct str in;
	size_t at;
	struct buf out;
	struct pattern *facts;
	unsigned depth;
	bool has_atom;		/* something stands before, at the top */
	size_t n_branches;	/* at the top */
	size_t first_edge, last_edge;	/* offset + 1 in out; 0: none */
	const char *refused;
};

/* What the piece just read means for every match. */
struct pattern_shape {
	unsigned digits;
	unsigned literal;	/* the longest run of letters */
	unsigned tail;		/* the run that is still open at the end */
	bool is_letter;		/* one ordinary character */
};

/* The text goes on with this. */
bool parser_has(const struct pattern_parser *p, const char *what);

/* The next byte; 0 at the end. */
char parser_peek(const struct pattern_parser *p);

/* Copy n bytes to the output, or what is left. */
void parser_take(struct pattern_parser *p, size_t n);

/* One character, made normal, to the output. */
unsigned parser_take_char(struct pattern_parser *p);

/* An escape, and a class in brackets. */
struct pattern_shape parser_take_escape(struct pattern_parser *p);
struct pattern_shape parser_take_class(struct pattern_parser *p);

#endif
