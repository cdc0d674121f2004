/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields: a message as signatures see it: the header fields as they stand, and
 * the body. Everything points into the bytes. Threads: any.
 */
#ifndef DKIM_FIELDS_H
#define DKIM_FIELDS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define FIELDS_MAX 10000		/* as mime/letter.h */
#define FIELDS_HEADER_MAX (512u << 10)	/* bytes of a header */

struct field {
	struct str name;
	struct str whole;	/* name, colon and value, no line end behind */
	struct str value;	/* behind the colon */
};

struct fields {
	struct str bytes;	/* the message */
	struct field *field;	/* top to bottom; in the arena */
	size_t n;
	struct str body;	/* behind the empty line */
};

/* Find the fields. A line that is neither a field nor goes one on is passed
 * over. Fails ERR_LIMIT naming the limit. */
int fields_parse(struct str bytes, struct arena *a, struct fields *out,
    struct err *err) FALLIBLE;

/* The first field of that name, or NULL; case does not count. */
const struct field *fields_find(const struct fields *f, struct str name);

/* The k-th field of that name from the bottom, 0 being the last, or NULL. */
const struct field *fields_from_bottom(const struct fields *f,
    struct str name, size_t k);

#endif
