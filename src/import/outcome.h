/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome: what became of each parameter of each rule, for the report.
 *
 * Threads: one at a time.
 */
#ifndef IMPORT_OUTCOME_H
#define IMPORT_OUTCOME_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum outcome {
	OUTCOME_MAPPED,		/* means the same */
	OUTCOME_APPROXIMATED,	/* means nearly the same; the note says how */
	OUTCOME_IGNORED,	/* not carried over; the note says why that is
				   harmless, or what to do */
	OUTCOME_DISABLED,	/* of a rule: written, but switched off */
};

struct outcome_line {
	struct str rule;
	struct str parameter;	/* empty: the rule or file as a whole */
	enum outcome outcome;
	struct str note;
	struct outcome_line *next;
};

struct outcomes {
	struct arena *arena;	/* of all texts */
	struct outcome_line *first, *last;
	size_t n[4];		/* by outcome */
};

/* Note one outcome; texts are copied, control characters become blanks. */
void outcome_add(struct outcomes *o, struct str rule, struct str parameter,
    enum outcome outcome, struct str note);

/* "RULE: PARAMETER: mapped: note" lines, or one JSON object per line. */
void outcome_write(const struct outcomes *o, bool json, struct buf *out);

/* "mapped", "approximated", "ignored", "disabled". */
const char *outcome_name(enum outcome outcome);

/* The code point at `at` of well-formed UTF-8 and how many bytes it is. */
uint32_t outcome_code_at(struct str s, size_t at, size_t *len);

/* What YAML or an eye cannot see. */
bool outcome_is_hidden(uint32_t code);

/* Append with a question mark for what is hidden: for comments and a terminal.
 */
void outcome_put_visible(struct str s, struct buf *out);

/* A text fit for one line: runs of blanks and control characters become one
 * blank. */
struct str outcome_line_text(struct str s, struct arena *a);

#endif
