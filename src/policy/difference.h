/* SPDX-License-Identifier: Apache-2.0 */
/*
 * difference: what another policy would change, as people think of it: rule
 * by rule, and within a rule key by key.
 *
 * The files are compared as trees, not as lines: order of keys, quotes and
 * comments do not count; a list is a set, and a text alone a list of one.
 * Rules are the same rule when they have the same name, templates likewise.
 * A default that is written out differs from one that is not. Threads: any.
 */
#ifndef POLICY_DIFFERENCE_H
#define POLICY_DIFFERENCE_H

#include "conf/yaml.h"

enum difference_kind {
	DIFFERENCE_ADDED,
	DIFFERENCE_REMOVED,
	DIFFERENCE_CHANGED,
	DIFFERENCE_MOVED,	/* a rule: tried earlier or later than others */
};

struct difference {
	enum difference_kind kind;
	struct str what;	/* "rule", "template", or a key at the top */
	struct str name;	/* of the rule or template; else empty */
	struct str key;		/* in it: "when.sender_is"; empty: the whole */
	/* Values as YAML in one line, of what was added to or removed from a
	 * list only that; MOVED: the place in which it is tried, from 1. */
	struct str old_text, new_text;
	unsigned old_line, new_line;	/* 0: it is not there */
};

/*
 * Call take with every difference: first what stands at the top, then
 * templates, then rules, the removed ones first. Texts live in the arena.
 * Fails    ERR_INPUT one of them has not the form of a policy
 *          ERR_LIMIT more rules than a policy may have
 */
int difference_each(const struct yaml_node *old, const struct yaml_node *new,
    struct arena *a, void (*take)(void *ctx, const struct difference *d),
    void *ctx, struct err *err) FALLIBLE;

/* "added", "removed", "changed", "moved". */
const char *difference_name(enum difference_kind kind);

#endif
