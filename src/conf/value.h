/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: one text of the file, checked and in the form the program keeps.
 * Inside conf. Threads: any; memory in the arena.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "base/arena.h"
#include "conf/catalog.h"

/* Check and copy a text of a type that is kept as text, also an item of a
 * list. path is the configuration file's, for relative paths.
 * NULL: *why says what is needed, "needs a host name". */
const char *value_text(enum setting_type type, struct str text,
    const char *path, struct arena *a, const char **why);

/* A number of a type that is kept as int64_t, within the definition's limits.
 * False: *why. */
bool value_number(const struct setting *def, struct str text, int64_t *out,
    struct arena *a, const char **why);

/* Append a text as YAML: bare where that is safe, else in double quotes. */
void value_quote(struct str text, struct buf *out);

#endif
