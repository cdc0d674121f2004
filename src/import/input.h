/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input: a rule as its export wrote it, whatever the export's format: a table
 * of parameters, whose values are texts, truths, lists and tables.
 *
 * All memory is in the arena that built it. Names and keys compare without
 * regard to ASCII case, as PowerShell does. Threads: one at a time.
 */
#ifndef IMPORT_INPUT_H
#define IMPORT_INPUT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define INPUT_MAX_BYTES (16u << 20)	/* of an export */
#define INPUT_MAX_DEPTH 32		/* lists and tables in each other */
#define INPUT_MAX_VALUES 500000		/* of one export */

enum input_kind {
	INPUT_NULL,
	INPUT_TRUTH,
	INPUT_TEXT,	/* also numbers, as they were written */
	INPUT_LIST,
	INPUT_TABLE,
};

struct input_value {
	enum input_kind kind;
	bool truth;
	struct str text;	/* NUL behind it */
	struct str key;		/* in a table; NUL behind it */
	size_t n;		/* children */
	struct input_value *child, *last;
	struct input_value *next;
};

/* One rule of an export. */
struct input_rule {
	struct str name;	/* as the file says it, may be empty */
	struct str id;		/* GUID, or empty */
	struct str fault;	/* why it cannot be read, or empty */
	const struct input_value *parameters;	/* a table, never NULL */
	struct input_rule *next;
};

/* New values. */
struct input_value *input_new(struct arena *a, enum input_kind kind);
struct input_value *input_text(struct arena *a, struct str text);
struct input_value *input_truth(struct arena *a, bool truth);

/* Put a child at the end of a list or, under its key, of a table. */
void input_add(struct input_value *parent, struct input_value *child);
void input_put(struct arena *a, struct input_value *table, struct str key,
    struct input_value *child);

/* The value under a key, or NULL; a missing table has none. */
const struct input_value *input_get(const struct input_value *table,
    const char *key);

/* Its text under a key, or empty. */
struct str input_get_text(const struct input_value *table, const char *key);

/* Nothing is said: missing, null, false, an empty text, list or table. */
bool input_is_empty(const struct input_value *v);

/* True, "True", "$true", "1". */
bool input_is_true(const struct input_value *v);

/* The first or only value: lists are walked from here with ->next. A single
 * value is its own list: stop after it (input_next). */
const struct input_value *input_first(const struct input_value *v);
const struct input_value *input_next(const struct input_value *v,
    const struct input_value *item);

/* The text of a value: of { Value: "x" } what is inside; empty for others. */
struct str input_word(const struct input_value *v);

/* The same as it was written, blanks and all, with LF line ends. */
struct str input_prose(const struct input_value *v, struct arena *a);

/* A .NET type's name stands where a list should: the export lost it. */
bool input_is_lost(const struct input_value *v);

#endif
