/* SPDX-License-Identifier: Apache-2.0 */
/*
 * translate: one rule's parameters, each to its place in a draft, each with a
 * line in the report.
 *
 * A rule that would apply to more, except less or protect less without what
 * could not be carried over is disabled, with the reason. Threads: one at a
 * time.
 */
#ifndef IMPORT_TRANSLATE_H
#define IMPORT_TRANSLATE_H

#include "import/outcome.h"
#include "import/parameter.h"

struct translation {
	enum parameter_source source;
	struct draft_policy policy;
	struct outcomes *outcomes;
	bool judges_sender;	/* some rule has FromScope */
};

/* A draft for a rule; its fault, if it has one, disables it. */
struct draft *translate_begin(struct translation *t,
    const struct input_rule *rule);

/* One parameter of the rule; what is empty is passed over. */
void translate_parameter(struct translation *t, const struct input_rule *rule,
    struct draft *d, const struct input_value *v);

/*
 * A condition inside of an expression: its item, or NULL where it cannot be
 * said, which disables the draft. path names it in the report.
 */
struct draft_item *translate_condition(struct translation *t,
    const struct input_rule *rule, struct draft *d, struct str name,
    const struct input_value *value, const char *path);

/* Note what must keep a rule disabled, and for which parameter. */
void translate_disable(struct translation *t, struct draft *d,
    struct str parameter, const char *why);

/* The draft is complete: put it into the policy and report its reasons. */
void translate_end(struct translation *t, struct draft *d);

#endif
