/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parameter: every parameter of Exchange's and Purview's rules, and what
 * becomes of it. One table drives conversion, report and manual page.
 *
 * Threads: any; the table is constant.
 */
#ifndef IMPORT_PARAMETER_H
#define IMPORT_PARAMETER_H

#include "import/draft.h"
#include "import/input.h"

enum parameter_part {
	PARAMETER_CONDITION,	/* its twin ExceptIf… is an exception */
	PARAMETER_ACTION,
	PARAMETER_PROPERTY,
};

enum parameter_fate {
	PARAMETER_MAPPED,
	PARAMETER_APPROXIMATED,	/* note: how */
	PARAMETER_IGNORED,	/* note: why that is harmless */
	PARAMETER_REFUSED,	/* note: why; the rule is disabled */
};

enum parameter_source {
	PARAMETER_EXCHANGE = 1,	/* New-TransportRule */
	PARAMETER_DLP = 2,	/* New-DlpComplianceRule */
	PARAMETER_BOTH = 3,
};

/* A value of an enumeration and its name in policy.yaml. */
struct parameter_word {
	const char *from, *to;
};

struct conversion;
typedef int parameter_convert(struct conversion *c);

struct parameter {
	const char *name;
	enum parameter_fate fate;
	enum parameter_source source;
	const char *key;	/* in policy.yaml, or NULL */
	parameter_convert *convert;
	const char *note;	/* or NULL */
	const char *with;	/* the parameter it makes sense with */
	const struct parameter_word *words;	/* up to one without from */
};

/* One parameter of one rule being converted. */
struct conversion {
	struct arena *arena;
	const struct input_value *rule;	/* all its parameters */
	const struct parameter *parameter;
	const struct input_value *value;	/* not empty */
	bool is_exception;
	struct draft *draft;		/* properties are put here */
	struct draft_policy *policy;
	struct draft_item *item;	/* the condition or action, or NULL */
	struct str how;			/* not empty: only approximated */
	struct str said;		/* not empty: the same in other words */
	struct str why;			/* where it failed: what is wrong */
};

/* All rows of a part. */
const struct parameter *parameter_rows(enum parameter_part part, size_t *n);

/*
 * The row for a name as an export writes it: any case, an old name, or a
 * beginning that is no other's. NULL: not known.
 */
const struct parameter *parameter_find(struct str name,
    enum parameter_source source, enum parameter_part *part,
    bool *is_exception);

/* "False" in a table of texts means that nothing was said. */
bool parameter_is_unsaid(const struct parameter *p,
    const struct input_value *v);

/* The table as mdoc(7) list items for the manual page, appended. */
void parameter_write_mdoc(struct buf *out);

#endif
