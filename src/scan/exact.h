/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exact: tables of real values that are recognised by their salted hashes.
 *
 * A value is its letters and digits without case, so that 123-45-6789 is
 * 123456789. Table (integers in network order):
 *
 *	"LLEXACT1"  salt (16)  columns (u32)  rows (u32)
 *	shape of the first column (48)  shape of the others (48)
 *	column names: length (u16) and bytes, the matched column first
 *	rows, sorted: 8 bytes of SHA-256(salt || value) per column, 0: empty
 *
 * A shape says which lengths there are of digits, letters and both; what fits
 * none is not hashed. Security: the table has no values, but who has it can
 * try all card numbers: it is as confidential as what it was made from.
 * Threads: a table is read-only.
 */
#ifndef SCAN_EXACT_H
#define SCAN_EXACT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define EXACT_LEVELS 3		/* confidences: 85, 75, 65 */
#define EXACT_MAX_COLUMNS 32
#define EXACT_MAX_ROWS 1000000
#define EXACT_MIN_VALUE 3	/* letters and digits of a matched value */
#define EXACT_MAX_VALUE 127	/* bytes without case; longer: not matched */
#define EXACT_SALT 16
#define EXACT_KINDS 3		/* digits, letters, both */
#define EXACT_MAGIC "LLEXACT1"

struct exact;
struct exact_memo;
struct scan_context;

/* Which values there are: a bit per kind and length. */
struct exact_shape {
	uint8_t bits[EXACT_KINDS][16];
};

/* Different values found with so many other values of their row near. */
struct exact_found {
	unsigned confidence;
	unsigned count;
	uint32_t at, end;	/* of the first */
};

/* A value as it is hashed. */
struct exact_value {
	char text[EXACT_MAX_VALUE + 1];
	size_t len;
	unsigned n_digits, n_others;
	bool is_long;		/* longer than EXACT_MAX_VALUE */
};

/* Append the letters and digits of a normal text, without case. */
void exact_value_add(struct exact_value *v, struct str text);

/* The hash; never 0. */
uint64_t exact_hash(const uint8_t salt[static EXACT_SALT],
    const struct exact_value *v);

/* Note a value in a shape; is one like it in there? */
void exact_shape_add(struct exact_shape *s, const struct exact_value *v);
bool exact_shape_has(const struct exact_shape *s,
    const struct exact_value *v);

/* Read a table; its rows are borrowed. Fails ERR_INPUT. */
int exact_read(struct str table, struct arena *a, struct exact **out,
    struct err *err) FALLIBLE;

/* Find a table's values in the context's words, surest first. */
void exact_match(const struct exact *e, struct scan_context *c,
    struct exact_found found[static EXACT_LEVELS]);

/* Memory for hashes already computed; *m NULL is empty. */
void exact_memo_free(struct exact_memo **m);

#endif
