/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulesfile: an export file to its rules, whatever its format and encoding.
 *
 * Threads: any.
 */
#ifndef IMPORT_RULESFILE_H
#define IMPORT_RULESFILE_H

#include "import/input.h"

/* The bytes as UTF-8, by a mark or by where the NULs stand, whatever they
 * declare; what is no UTF-8 is windows-1252. Memory in the arena or the
 * bytes themselves. */
struct str rulesfile_text(struct str bytes, struct arena *a);

/*
 * The rules of Export-TransportRuleCollection's XML, or of JSON or CSV with
 * one object or row per rule, in the order of the file. A rule that cannot be
 * read is there with its fault.
 * Fails ERR_INPUT, ERR_LIMIT: the file as a whole cannot be read.
 */
int rulesfile_read(struct str bytes, struct arena *a,
    struct input_rule **rules, struct err *err) FALLIBLE;

/* JSON only: a list of objects, one object, or { "value": [ … ] }. */
int rulesfile_read_json(struct str bytes, struct arena *a,
    struct input_rule **rules, struct err *err) FALLIBLE;

#endif
