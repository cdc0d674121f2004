/* SPDX-License-Identifier: Apache-2.0 */
/* csv: fields of a CSV text. Source: RFC 4180. Threads: one at a time. */
#ifndef SCAN_CSV_H
#define SCAN_CSV_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct csv {
	struct str in;
	size_t at;
	char separator;		/* ',' ';' or tab: what the first line has */
	unsigned line;		/* of the record last read */
	unsigned next_line;
};

/* Begin at the first record. */
void csv_init(struct csv *c, struct str text);

/*
 * The next record; blank lines are skipped.
 * Returns 1 and the fields, 0 at the end, -1 ERR_INPUT (a quote that is not
 * closed) or ERR_LIMIT (more than max fields). Fields are trimmed.
 */
int csv_next(struct csv *c, struct arena *a, struct str *fields, size_t max,
    size_t *n, struct err *err) FALLIBLE;

#endif
