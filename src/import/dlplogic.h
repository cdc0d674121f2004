/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dlplogic: AdvancedRule and grouped sensitive information as expressions.
 *
 * Threads: one at a time.
 */
#ifndef IMPORT_DLPLOGIC_H
#define IMPORT_DLPLOGIC_H

#include "import/logic.h"
#include "import/translate.h"

/* One DLP rule while its expressions are read. */
struct dlplogic {
	struct translation *t;
	const struct input_rule *rule;
	struct draft *draft;	/* disabled where something cannot be said */
	unsigned depth;
};

/* AdvancedRule's value: JSON in a text, or a table already. What cannot be
 * said is left out and disables the draft. */
struct logic *dlplogic_advanced(struct dlplogic *x,
    const struct input_value *v);

/* The value is a list of groups of types and labels. */
bool dlplogic_is_grouped(const struct input_value *v);

/* Such a list; path names it in the report. */
struct logic *dlplogic_groups(struct dlplogic *x, const struct input_value *v,
    const char *path);

#endif
