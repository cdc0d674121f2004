/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sax: one pass over a hostile XML text: names, attributes, text.
 *
 * For documents inside attachments, where only the text is wanted and a tree
 * would cost memory. Names come without their prefix: who writes the document
 * chooses the prefix, and two namespaces with the same local name are told
 * apart by the element around them. Threads: any.
 */
#ifndef XML_SAX_H
#define XML_SAX_H

#include "base/err.h"
#include "base/str.h"

#define SAX_MAX_DEPTH 200	/* elements in elements */
#define SAX_MAX_ATTRIBUTES 200	/* of one element */

/* Called in document order. name is the local name; attributes are for
 * sax_attribute(). Texts are UTF-8 and may come in pieces. NULL: not wanted. */
struct sax_calls {
	void (*start)(void *ctx, struct str name,
	    const char *const *attributes);
	void (*end)(void *ctx, struct str name);
	void (*text)(void *ctx, struct str text);
};

/*
 * Read one document. UTF-8, UTF-16, ISO-8859-1 and US-ASCII, by byte order
 * mark or declaration. What was read before a failure has been called.
 * Fails  ERR_DENIED  it has a DOCTYPE: nothing of it is expanded
 *        ERR_LIMIT   deeper than SAX_MAX_DEPTH, or larger than 2 GiB
 *        ERR_INPUT   not well-formed
 * Source XML 1.0 (5th edition)
 */
int sax_read(struct str xml, const struct sax_calls *calls, void *ctx,
    struct err *err) FALLIBLE;

/* The value of the attribute with that local name; p is NULL without one. */
struct str sax_attribute(const char *const *attributes, const char *name);

/* The i-th attribute, by local name; false past the last one. */
bool sax_attribute_at(const char *const *attributes, size_t i,
    struct str *name, struct str *value);

#endif
