/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draft: rules as policy.yaml will have them, and writing them there.
 *
 * Values are kept as YAML text, quoted where it is needed, so that what is in
 * an export can never become a key or a comment's next line. Threads: one at
 * a time.
 */
#ifndef IMPORT_DRAFT_H
#define IMPORT_DRAFT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define DRAFT_NAME_MAX 64	/* characters, as policy.yaml has it */
#define DRAFT_PRIORITY_MAX 10000

/* One condition or action: "key: open [value, …] close". */
struct draft_item {
	const char *key;
	struct str open, close;	/* around the values, mostly empty */
	struct str *values;	/* YAML */
	size_t n_values;
	bool is_list;		/* in brackets; may take more values */
	struct draft_item *also;	/* must hold too: all_of */
	struct draft_item *next;
};

struct draft_note {
	struct str text;
	struct draft_note *next;
};

struct draft {
	struct str name;
	struct str origin;	/* comment above the rule */
	struct str comment;
	struct str valid_from, valid_until;	/* "2026-01-31" or empty */
	const char *mode;	/* NULL: enforce */
	const char *on_error;	/* NULL: not said */
	const char *location;	/* of the sender's address; Exchange's default
				   is not the one of policy.yaml */
	int priority;		/* -1: not said */
	bool is_enabled, is_stop;
	struct draft_item *when, *except, *then;
	struct draft_note *says;	/* what is the same in other words */
	struct draft_note *notes;	/* what is not quite the same */
	struct draft_note *reasons;	/* why it must stay disabled */
	struct draft *next;
};

/* All rules of one import, and what else policy.yaml needs for them. */
struct draft_policy {
	struct arena *arena;
	struct draft *first, *last;
	struct draft_note *templates;	/* names that are not built in */
};

/* An enabled rule without conditions and actions. */
struct draft *draft_new(struct arena *a, struct str name);

/* A new item; values are added as they are, as YAML, or as quoted text. */
struct draft_item *draft_item(struct arena *a, const char *key, bool is_list);
void draft_value(struct arena *a, struct draft_item *item, struct str yaml);
void draft_text(struct arena *a, struct draft_item *item, struct str text);

/* Same key, same wrapping, same values. */
bool draft_item_eq(const struct draft_item *x, const struct draft_item *y);

/* Add the values of a list to a list of the same kind. False: they are not. */
bool draft_item_merge(struct arena *a, struct draft_item *into,
    const struct draft_item *from);

/* A copy, so that one item can be in several rules. */
struct draft_item *draft_item_copy(struct arena *a,
    const struct draft_item *item);

/* Put at the end of a list of items; the same item is there once only. False:
 * the key is taken by another one. */
bool draft_add(struct draft_item **list, struct draft_item *item);
const struct draft_item *draft_find(const struct draft_item *list,
    const char *key);

/* Append a line that is not there yet. */
void draft_note(struct arena *a, struct draft_note **list, struct str text);

/* At most so many characters, not bytes. */
struct str draft_cut(struct str s, size_t max);

/* Put at the end; the name is cut, and made one that no other rule has. */
void draft_policy_add(struct draft_policy *p, struct draft *d);

/* A text as YAML: plain where that is safe, else in double quotes. */
struct str draft_yaml(struct str text, struct arena *a);

struct draft_head {
	const char *source;	/* "exchange-rules rules.xml" for a comment */
	bool is_whole;		/* version, domains and default, too */
	const char *domains;	/* "a.example,b.example" */
	const char *otherwise;	/* the default action */
};

/* The policy, or the fragment of one, appended. */
void draft_write(const struct draft_policy *p, const struct draft_head *head,
    struct buf *out);

#endif
