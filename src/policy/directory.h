/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory: who belongs to which group, and what else is known of people:
 * the table that `people:` names, exported from the directory of the
 * organisation.
 *
 * CSV (RFC 4180), UTF-8. The first line names the columns; `address` must be
 * among them, `groups` holds group names separated by semicolons, `manager`
 * an address, any other column is an attribute by that name. Read-only once
 * read. Threads: any.
 */
#ifndef POLICY_DIRECTORY_H
#define POLICY_DIRECTORY_H

#include "base/arena.h"
#include "base/err.h"
#include "mime/address.h"

#define DIRECTORY_MAX_BYTES (64u << 20)
#define DIRECTORY_MAX_COLUMNS 64
#define DIRECTORY_MAX_CELL 4096	/* bytes */

struct directory;
struct person;

/*
 * Read the table's text; name stands for the file in messages. All memory is
 * in the arena; the text is borrowed during the call.
 * Fails ERR_INPUT "file:line: what", ERR_LIMIT.
 */
int directory_parse(struct str csv, const char *name, struct arena *a,
    struct directory **out, struct err *err) FALLIBLE;

/* The number of a column, or -1; ASCII case is ignored. */
int directory_column(const struct directory *d, struct str name);

/* The names of the columns, for messages. */
const char *const *directory_columns(const struct directory *d, size_t *n);

/* NULL: not in the table. d may be NULL: nobody is. */
const struct person *directory_find(const struct directory *d,
    const struct address *who);

/* Everybody in the table, in no order: at most max, and how many there are. */
size_t directory_people(const struct directory *d, const struct person **out,
    size_t max);

/* Whose line it is. */
struct str directory_address(const struct person *person);

/* A cell, empty where there is none; person may be NULL. */
struct str directory_value(const struct person *person, int column);

/* Is this, as directory_find_group gives it, one of the person's groups?
 * person may be NULL. */
bool directory_is_member(const struct directory *d,
    const struct person *person, struct str group);

/* A group by the name a rule gives, folded; memory in the arena. False: nobody
 * belongs to it, as where it is misspelt. */
bool directory_find_group(const struct directory *d, struct str name,
    struct arena *a, struct str *out);

#endif
