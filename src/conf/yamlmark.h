/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yamlmark: where in a text a byte stands. Inside conf only; for messages, so
 * it may be slow. Threads: any.
 */
#ifndef CONF_YAMLMARK_H
#define CONF_YAMLMARK_H

#include "base/str.h"

/* Line and column, both from 0, columns in characters, of a byte. */
void yaml_mark_of(struct str text, size_t offset, size_t *line,
    size_t *column);

/* The byte at a line and column from 0, or NUL past the end of the line. */
char yaml_char_at(struct str text, size_t line, size_t column);

/* Offset of the first byte that is not UTF-8 text; text.len if there is
 * none. */
size_t yaml_first_bad(struct str text);

#endif
