/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table: rows for people (aligned columns) or for programs (a JSON object per
 * line), from the same calls.
 *
 *	struct table *t = table_new(columns, COUNT_OF(columns), in->json);
 *	table_text(t, sender);
 *	table_time(t, received_ms);
 *	table_end_row(t);
 *	table_print(&t);
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct table;

struct table_column {
	const char *key;	/* JSON member */
	const char *title;	/* heading; NULL: JSON only */
};

/* columns is borrowed until table_print. */
struct table *table_new(const struct table_column *columns, size_t n,
    bool json);

/* The next cell of the current row. Times are RFC 3339 in JSON and "3 min
 * ago" for people, 0 is empty; sizes are bytes in JSON, IEC units for people.
 */
void table_text(struct table *t, struct str text);
void table_number(struct table *t, int64_t number);
void table_time(struct table *t, int64_t wall_ms);
void table_due(struct table *t, int64_t wall_ms);	/* what was, is "now" */
void table_size(struct table *t, uint64_t size_bytes);
void table_day(struct table *t, int64_t day);	/* since 1970, in UTC */

/* Every column of the row was given. */
void table_end_row(struct table *t);

/* Write it all to stdout and free it. People get `empty` for no rows. */
void table_print(struct table **t, const char *empty);

#endif
