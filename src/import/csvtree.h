/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csvtree: what Export-Csv writes, to input values: a list of tables.
 *
 * Threads: any.
 */
#ifndef IMPORT_CSVTREE_H
#define IMPORT_CSVTREE_H

#include "import/input.h"

#define CSVTREE_MAX_COLUMNS 1000

/* Read all rows; the first line names the columns, a line "#TYPE …" before it
 * is skipped, the comma may be a semicolon. text is UTF-8.
 * Fails ERR_INPUT "line N: what", ERR_LIMIT naming the limit. */
int csvtree_read(struct str text, struct arena *a, struct input_value **root,
    struct err *err) FALLIBLE;

#endif
