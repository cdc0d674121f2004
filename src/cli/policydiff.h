/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policydiff: showing what another policy would change.
 */
#ifndef CLI_POLICYDIFF_H
#define CLI_POLICYDIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* Print every difference between two policies' texts, as a table or as JSON
 * lines; *n is how many. Fails ERR_INPUT where one cannot be read. */
int policydiff_print(struct str old, const char *old_name, struct str new,
    const char *new_name, bool json, size_t *n, struct err *err) FALLIBLE;

#endif
