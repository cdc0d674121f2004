/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tags: a list of "name=value;" as DKIM and ARC fields and key records have
 * it. Values point into the text. Threads: any.
 */
#ifndef DKIM_TAGS_H
#define DKIM_TAGS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define TAGS_MAX 32	/* in one list; DKIM knows fifteen */

struct tag {
	struct str name;
	struct str value;	/* without blanks around it */
	struct str whole;	/* all between "=" and ";", blanks too */
};

struct tags {
	struct tag tag[TAGS_MAX];
	size_t n;
};

/* Fails ERR_INPUT malformed, or a name twice; ERR_LIMIT too many.
 * Source  RFC 6376 3.2 */
int tags_parse(struct str text, struct tags *out, struct err *err) FALLIBLE;

/* The tag of that name, or NULL; names are case-sensitive. */
const struct tag *tags_find(const struct tags *tags, const char *name);

/* Its value, or `absent` where there is none. */
struct str tags_value(const struct tags *tags, const char *name,
    struct str absent);

/* Base64 with blanks and line ends anywhere in it, appended. False: it is
 * none, or empty. */
bool tags_base64(struct str value, struct buf *out);

/* The next word of a list with colons, without blanks. False at its end. */
bool tags_next(struct str *rest, struct str *word);

/* Is the word in a list with colons? ASCII case does not count. */
bool tags_has(struct str list, struct str word);

#endif
