/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exacttable: a CSV becomes a table of salted hashes (exact.h has the format).
 *
 * Runs in the command line. Security: reads the values themselves; they are
 * wiped with the arena and the buffers. Standards: RFC 4180, FIPS 180-4.
 */
#include <stdlib.h>

#include "base/id.h"
#include "scan/csv.h"
#include "scan/exact.h"
#include "scan/normal.h"

struct making {
	struct arena *arena;		/* of the record being read */
	struct arena *names_arena;
	struct normal normal;
	uint8_t salt[EXACT_SALT];
	struct str names[EXACT_MAX_COLUMNS];
	size_t n_columns, matched;
	struct exact_shape first, others;
	uint64_t *rows;
	size_t n_rows, cap_rows;
};

/* Where column i of the CSV stands in the table. */
static size_t
place_of(const struct making *m, size_t i)
{
	if (i == m->matched)
		return (0);
	return (i < m->matched ? i + 1 : i);
}

static uint64_t *
new_row(struct making *m)
{
	size_t row = m->n_columns;

	if (m->n_rows == m->cap_rows) {
		size_t cap = m->cap_rows == 0 ? 1024 : m->cap_rows * 2;
		uint64_t *fresh = must_calloc(cap * row, sizeof(*fresh));

		if (m->n_rows > 0)
			memcpy(fresh, m->rows, m->n_rows * row * 8);
		free(m->rows);
		m->rows = fresh;
		m->cap_rows = cap;
	}
	return (m->rows + m->n_rows * row);
}

static int
take_cell(struct making *m, struct str field, size_t place, uint64_t *row,
    unsigned line, struct err *err)
{
	struct exact_value v = { .len = 0 };

	normal_set(&m->normal, field);
	exact_value_add(&v, str_make(m->normal.text, m->normal.len));
	row[place] = 0;
	if (place == 0 && v.len > 0 && (v.len < EXACT_MIN_VALUE || v.is_long))
		return (err_set(err, ERR_INPUT, "line %u: '%.*s' has fewer"
		    " than %d or more than %d letters and digits", line,
		    STR_FMT(m->names[0]), EXACT_MIN_VALUE, EXACT_MAX_VALUE));
	if (v.len > 0 && !v.is_long) {
		row[place] = exact_hash(m->salt, &v);
		exact_shape_add(place == 0 ? &m->first : &m->others, &v);
	}
	explicit_bzero(&v, sizeof(v));
	return (0);
}

static int
take_record(struct making *m, const struct str *fields, size_t n,
    unsigned line, struct err *err)
{
	uint64_t *row = new_row(m);

	if (n != m->n_columns)
		return (err_set(err, ERR_INPUT, "line %u: %zu columns, the"
		    " first line has %zu", line, n, m->n_columns));
	if (m->n_rows == EXACT_MAX_ROWS)
		return (err_set(err, ERR_LIMIT, "more than %d rows",
		    EXACT_MAX_ROWS));
	for (size_t i = 0; i < n; i++)
		if (take_cell(m, fields[i], place_of(m, i), row, line,
		    err) != 0)
			return (-1);
	/* A row without the value that counts finds nothing. */
	if (row[0] != 0)
		m->n_rows++;
	return (0);
}

static int
take_header(struct making *m, const struct str *fields, size_t n,
    struct str column, struct err *err)
{
	m->n_columns = n;
	for (m->matched = 0; m->matched < n; m->matched++)
		if (str_eq_nocase(fields[m->matched], column))
			break;
	if (m->matched == n)
		return (err_set(err, ERR_INPUT, "line 1: no column '%.*s'",
		    STR_FMT(column)));
	for (size_t i = 0; i < n; i++)
		m->names[place_of(m, i)] = fields[i];
	return (0);
}

/* ---- sorting and writing ----------------------------------------------- */

static int
by_first(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y ? -1 : x > y);
}

static void
write_table(struct making *m, struct buf *out)
{
	size_t row = m->n_columns;

	buf_z(out, EXACT_MAGIC);
	buf_append(out, m->salt, EXACT_SALT);
	buf_u32be(out, (uint32_t)m->n_columns);
	buf_u32be(out, (uint32_t)m->n_rows);
	buf_append(out, &m->first, sizeof(m->first));
	buf_append(out, &m->others, sizeof(m->others));
	for (size_t i = 0; i < row; i++) {
		struct str name = str_sub(m->names[i], 0, UINT16_MAX);

		buf_char(out, (char)(name.len >> 8));
		buf_char(out, (char)name.len);
		buf_str(out, name);
	}
	if (m->n_rows > 0)
		qsort(m->rows, m->n_rows, row * 8, by_first);
	for (size_t i = 0; i < m->n_rows * row; i++)
		buf_u64be(out, m->rows[i]);
}

static int
read_csv(struct making *m, struct str csv, struct str column, struct err *err)
{
	struct str fields[EXACT_MAX_COLUMNS];
	struct csv c;
	size_t n;
	int more;

	csv_init(&c, csv);
	more = csv_next(&c, m->names_arena, fields, EXACT_MAX_COLUMNS, &n,
	    err);
	if (more < 0)
		return (-1);
	if (more == 0)
		return (err_set(err, ERR_INPUT, "there is no first line"));
	if (take_header(m, fields, n, column, err) != 0)
		return (-1);
	for (;;) {
		more = csv_next(&c, m->arena, fields, EXACT_MAX_COLUMNS, &n,
		    err);
		if (more <= 0)
			break;
		if (take_record(m, fields, n, c.line, err) != 0)
			return (-1);
		arena_reset(m->arena);
	}
	return (more);
}

int
scan_hash_table(struct str csv, struct str column, struct buf *out,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_ARENA struct arena *names = arena_new();
	struct making m = { .arena = a, .names_arena = names };
	int rc;

	id_random(m.salt, sizeof(m.salt));
	normal_init(&m.normal);
	rc = read_csv(&m, csv, column, err);
	if (rc == 0) {
		write_table(&m, out);
		rc = buf_check(out, "the table", err);
	}
	normal_done(&m.normal);
	free(m.rows);
	return (rc);
}
