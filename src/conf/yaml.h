/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml: a YAML file as a small tree in which every node knows where it stands.
 *
 * A careful subset: one document, UTF-8, no anchors, aliases, tags or repeated
 * keys, so that a file means one thing and cannot blow up. Errors read
 * "file:line:column: what". Threads: one at a time; the tree is read-only.
 */
#ifndef CONF_YAML_H
#define CONF_YAML_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define YAML_MAX_BYTES (1u << 20)	/* of a file somebody writes by hand */
#define YAML_MAX_DEPTH 32
#define YAML_MAX_NODES 100000
#define YAML_SHOWN_SIZE 44	/* of a name in a message */

enum yaml_kind {
	YAML_NULL,	/* "key:" and nothing behind it, "~" or "null" */
	YAML_TEXT,
	YAML_LIST,
	YAML_MAP,
};

struct yaml_node {
	const char *file;	/* borrowed from yaml_read's caller */
	unsigned line, column;	/* from 1; columns are characters */
	enum yaml_kind kind;
	struct str text;	/* YAML_TEXT, NUL behind it */
	struct str key;		/* where the parent is a map, NUL behind it */
	unsigned key_line, key_column;
	size_t n;		/* children */
	const struct yaml_node *child;	/* first, or NULL */
	const struct yaml_node *next;	/* in the parent, or NULL */
};

/*
 * Read text into a tree. text is borrowed during the call, file as long as the
 * tree lives, all memory is in the arena.
 * Fails ERR_INPUT "file:line:column: what", ERR_LIMIT naming the limit.
 * Source  YAML 1.1, as libyaml reads it
 */
int yaml_read(struct str text, const char *file, struct arena *a,
    const struct yaml_node **root, struct err *err) FALLIBLE;

/* ERR_INPUT at a node's value, or at its key. Returns -1. */
int yaml_fail(const struct yaml_node *at, struct err *err, const char *fmt,
    ...) PRINTF_LIKE(3, 4);
int yaml_fail_key(const struct yaml_node *at, struct err *err,
    const char *fmt, ...) PRINTF_LIKE(3, 4);

/* "unknown WHAT 'word'; did you mean 'name'?" at a node's value or key, with
 * the nearest of names where one is near. Returns -1. */
int yaml_fail_unknown(const struct yaml_node *at, const char *what,
    const char *const *names, size_t n, struct err *err);
int yaml_fail_unknown_key(const struct yaml_node *at,
    const char *const *names, size_t n, struct err *err);

/* The child of a map under that key, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* Each key of a map is one of names. A null node counts as an empty map. */
int yaml_check_keys(const struct yaml_node *map, const char *const *names,
    size_t n, struct err *err) FALLIBLE;

/* The node is of that kind; else "needs WHAT" at its place. */
int yaml_need(const struct yaml_node *node, enum yaml_kind kind,
    const char *what, struct err *err) FALLIBLE;

/* A text fit for a message: cut, control bytes as '?'. */
const char *yaml_shown(struct str text, char out[static YAML_SHOWN_SIZE]);

#endif
