/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml: XML from strangers, as events or as a small tree, with line numbers.
 *
 * Security: documents are hostile. A DOCTYPE is refused, so there are no
 * entities but the five of XML itself and character references; depth,
 * attributes and size have limits; nothing outside the bytes is ever read.
 * Bytes are UTF-8 or UTF-16 by what they are, whatever they declare.
 * Standards: XML 1.0 fifth edition, Namespaces in XML 1.0.
 * Threads: any; one document belongs to one.
 */
#ifndef XML_XML_H
#define XML_XML_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define XML_MAX_BYTES (64u << 20)	/* of a document; callers ask for less */
#define XML_MAX_DEPTH 64
#define XML_MAX_ATTRS 64		/* of one element */
#define XML_MAX_NODES 1000000		/* of a tree */

struct xml_attr {
	struct str ns;		/* empty: none */
	struct str name;	/* without prefix */
	struct str value;
};

struct xml_element {
	struct str ns;		/* namespace name, or empty */
	struct str name;	/* without prefix */
	const struct xml_attr *attrs;
	size_t n_attrs;
	unsigned line;
};

/*
 * What a reader wants to hear; each may be NULL. Slices are valid during the
 * call only. Text comes in pieces, CDATA as text; comments and processing
 * instructions do not come. -1 stops the reading with the err it was given.
 */
struct xml_handler {
	int (*start)(void *context, const struct xml_element *e,
	    struct err *err);
	int (*text)(void *context, struct str text, struct err *err);
	int (*end)(void *context, struct str ns, struct str name,
	    struct err *err);
	void *context;
};

/*
 * Read one document.
 *
 * max_bytes  at most XML_MAX_BYTES
 * Fails      ERR_INPUT "line N: …" for what is not well-formed or not
 *            allowed, ERR_LIMIT "line N: …" past a limit, or what the
 *            handler said
 */
int xml_read(struct str bytes, size_t max_bytes, const struct xml_handler *h,
    struct err *err) FALLIBLE;

struct xml_node {
	struct str ns, name;
	struct xml_attr *attrs;
	size_t n_attrs;
	struct str text;	/* all text directly inside, joined */
	unsigned line;
	struct xml_node *child;	/* the first */
	struct xml_node *next;	/* sibling */
};

/* The whole document in the arena. Fails as xml_read does. */
int xml_tree(struct str bytes, size_t max_bytes, struct arena *a,
    struct xml_node **root, struct err *err) FALLIBLE;

/* The attribute without namespace, or STR_NULL. */
struct str xml_attr(const struct xml_node *n, const char *name);

/* The element's name is this, in whatever namespace. */
bool xml_is(const struct xml_node *n, const char *name);

/* The first child of that name, or NULL. */
const struct xml_node *xml_child(const struct xml_node *n, const char *name);

#endif
