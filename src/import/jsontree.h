/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsontree: JSON as people and PowerShell write it, to input values.
 *
 * Commas behind the last value are accepted; a member that comes twice is
 * not, because readers differ about which one counts. Threads: any.
 */
#ifndef IMPORT_JSONTREE_H
#define IMPORT_JSONTREE_H

#include "import/input.h"

/* Read one object or list. text is UTF-8. Fails ERR_INPUT "line N: what",
 * ERR_LIMIT naming the limit. */
int jsontree_read(struct str text, struct arena *a, struct input_value **root,
    struct err *err) FALLIBLE;

#endif
