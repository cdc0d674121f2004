/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory: a table of people, found by address through a hash.
 *
 * Runs where the policy is read, asked in the gateway. Security: the
 * administrator's file; a line that does not hold what it should is an error
 * of the whole, since somebody missing from a group may be mail unprotected.
 * Standards: RFC 4180.
 */
#include "policy/directory.h"

#include <stdlib.h>

#include "base/buf.h"
#include "mime/fold.h"

#define GROUPS_SEPARATOR ';'

struct person {
	const struct person *next;	/* in its bucket */
	struct address address;
	struct str *cells;
	size_t n_cells;
};

struct directory {
	const char **columns;
	size_t n_columns;
	int address, groups;		/* columns; groups may be -1 */
	const struct person **bucket;
	size_t n_buckets;		/* a power of two */
	struct str *group_names;	/* sorted */
	size_t n_groups;
};

struct reader {
	struct str rest;
	const char *name;
	unsigned line;
	struct arena *a;
	struct err *err;
	struct buf cell;
};

static int
fail(const struct reader *r, const char *what)
{
	return (err_set(r->err, ERR_INPUT, "%s:%u: %s", r->name, r->line,
	    what));
}

/* ---- CSV -------------------------------------------------------------- */

/* What stands between quotes, two of which are one; the first is consumed. */
static int
read_quoted(struct reader *r)
{
	while (r->rest.len > 0) {
		char c = r->rest.p[0];

		r->rest = str_sub(r->rest, 1, r->rest.len);
		if (c == '"') {
			if (r->rest.len == 0 || r->rest.p[0] != '"')
				return (0);
			r->rest = str_sub(r->rest, 1, r->rest.len);
		}
		r->line += c == '\n';
		buf_char(&r->cell, c);
	}
	return (fail(r, "a quoted cell does not end"));
}

static void
read_plain(struct reader *r)
{
	size_t n = 0;

	while (n < r->rest.len && r->rest.p[n] != ',' &&
	    r->rest.p[n] != '\n' && r->rest.p[n] != '\r')
		n++;
	buf_str(&r->cell, str_sub(r->rest, 0, n));
	r->rest = str_sub(r->rest, n, r->rest.len);
}

/* One cell and what ends it; *is_last: the line does. */
static int
read_cell(struct reader *r, struct str *out, bool *is_last)
{
	buf_reset(&r->cell);
	if (r->rest.len > 0 && r->rest.p[0] == '"') {
		r->rest = str_sub(r->rest, 1, r->rest.len);
		if (read_quoted(r) == -1)
			return (-1);
	} else {
		read_plain(r);
	}
	if (r->cell.over)
		return (fail(r, "a cell is too long"));
	*out = arena_str(r->a, str_trim(buf_view(&r->cell)));
	*is_last = r->rest.len == 0 || r->rest.p[0] != ',';
	if (!*is_last) {
		r->rest = str_sub(r->rest, 1, r->rest.len);
		return (0);
	}
	if (r->rest.len > 0 && r->rest.p[0] == '\r')
		r->rest = str_sub(r->rest, 1, r->rest.len);
	if (r->rest.len > 0 && r->rest.p[0] != '\n')
		return (fail(r, "a comma or the end of the line expected "
		    "behind a cell"));
	r->rest = str_sub(r->rest, 1, r->rest.len);
	return (0);
}

static int
read_line(struct reader *r, struct str *cells, size_t max, size_t *n)
{
	bool is_last = false;

	*n = 0;
	r->line++;
	while (!is_last) {
		if (*n == max)
			return (fail(r, "more cells than there are columns"));
		if (read_cell(r, &cells[(*n)++], &is_last) == -1)
			return (-1);
	}
	return (0);
}

/* ---- people ----------------------------------------------------------- */

/* FNV-1a without the case of ASCII letters. */
static size_t
hash(struct str s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (uint8_t)ascii_lower(s.p[i])) *
		    UINT64_C(1099511628211);
	return ((size_t)(h ^ h >> 32));
}

static const struct person **
bucket_of(const struct directory *d, const struct address *who)
{
	return (&d->bucket[hash(who->text) & (d->n_buckets - 1)]);
}

static int
read_columns(struct reader *r, struct directory *d)
{
	struct str cells[DIRECTORY_MAX_COLUMNS];

	if (read_line(r, cells, COUNT_OF(cells), &d->n_columns) == -1)
		return (-1);
	d->columns = arena_array(r->a, d->n_columns, sizeof(*d->columns));
	for (size_t i = 0; i < d->n_columns; i++)
		d->columns[i] = cells[i].p;
	d->address = directory_column(d, STR_LIT("address"));
	d->groups = directory_column(d, STR_LIT("groups"));
	if (d->address == -1)
		return (fail(r, "the first line names the columns, and one "
		    "of them must be 'address'"));
	return (0);
}

static int
read_person(struct reader *r, struct directory *d)
{
	struct person *p = arena_alloc(r->a, sizeof(*p));
	struct str cells[DIRECTORY_MAX_COLUMNS];
	const struct person **bucket;

	if (read_line(r, cells, d->n_columns, &p->n_cells) == -1)
		return (-1);
	if (p->n_cells == 1 && cells[0].len == 0)
		return (0);	/* an empty line */
	if (p->n_cells <= (size_t)d->address || address_parse(
	    cells[d->address], r->a, &p->address, NULL) == -1)
		return (fail(r, "no usable address in this line"));
	if (directory_find(d, &p->address) != NULL)
		return (fail(r, "this address is in an earlier line already"));
	/* In the form that groups are compared in. */
	if (d->groups >= 0 && p->n_cells > (size_t)d->groups &&
	    !fold_text(cells[d->groups], r->a, &cells[d->groups]))
		return (fail(r, "the groups are not UTF-8"));
	p->cells = arena_array(r->a, p->n_cells, sizeof(*p->cells));
	memcpy(p->cells, cells, p->n_cells * sizeof(*cells));
	bucket = bucket_of(d, &p->address);
	p->next = *bucket;
	*bucket = p;
	return (0);
}

static size_t
count_lines(struct str s)
{
	size_t n = 1;
	const char *lf;

	while ((lf = memchr(s.p, '\n', s.len)) != NULL) {
		s = str_sub(s, (size_t)(lf - s.p) + 1, s.len);
		n++;
	}
	return (n);
}

/* ---- groups ----------------------------------------------------------- */

static int
compare_groups(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	size_t n = MIN_OF(x->len, y->len);

	for (size_t i = 0; i < n; i++) {
		if (x->p[i] != y->p[i])
			return (x->p[i] < y->p[i] ? -1 : 1);
	}
	return (x->len < y->len ? -1 : x->len > y->len);
}

/* Calls with every group of everybody. */
static size_t
each_group(const struct directory *d, struct str *out)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_buckets; i++)
		for (const struct person *p = d->bucket[i]; p != NULL;
		    p = p->next) {
			struct str rest = directory_value(p, d->groups), one;

			while (str_next(&rest, GROUPS_SEPARATOR, &one)) {
				one = str_trim(one);
				if (one.len > 0 && out != NULL)
					out[n] = one;
				n += one.len > 0;
			}
		}
	return (n);
}

static void
gather_groups(struct directory *d, struct arena *a)
{
	size_t n = each_group(d, NULL), kept = 0;

	d->group_names = arena_array(a, n + 1, sizeof(*d->group_names));
	(void)each_group(d, d->group_names);
	qsort(d->group_names, n, sizeof(*d->group_names), compare_groups);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || compare_groups(&d->group_names[kept - 1],
		    &d->group_names[i]) != 0)
			d->group_names[kept++] = d->group_names[i];
	d->n_groups = kept;
}

/* ---- the contract ----------------------------------------------------- */

int
directory_parse(struct str csv, const char *name, struct arena *a,
    struct directory **out, struct err *err)
{
	struct directory *d = arena_alloc(a, sizeof(*d));
	struct reader r = { .rest = csv, .name = name, .a = a, .err = err,
	    .cell = BUF_INIT(DIRECTORY_MAX_CELL) };
	int rc;

	if (csv.len > DIRECTORY_MAX_BYTES)
		return (err_set(err, ERR_LIMIT, "%s: larger than %u bytes",
		    name, DIRECTORY_MAX_BYTES));
	if (str_starts_nocase(csv, STR_LIT("\xef\xbb\xbf")))
		r.rest = str_sub(csv, 3, csv.len);
	for (d->n_buckets = 16; d->n_buckets < count_lines(csv);)
		d->n_buckets *= 2;
	d->bucket = arena_array(a, d->n_buckets, sizeof(*d->bucket));
	rc = read_columns(&r, d);
	while (rc == 0 && r.rest.len > 0)
		rc = read_person(&r, d);
	buf_done(&r.cell);
	if (rc == -1)
		return (-1);
	gather_groups(d, a);
	*out = d;
	return (0);
}

int
directory_column(const struct directory *d, struct str name)
{
	for (size_t i = 0; d != NULL && i < d->n_columns; i++)
		if (str_eq_nocase(str_of(d->columns[i]), name))
			return ((int)i);
	return (-1);
}

const char *const *
directory_columns(const struct directory *d, size_t *n)
{
	*n = d->n_columns;
	return (d->columns);
}

const struct person *
directory_find(const struct directory *d, const struct address *who)
{
	const struct person *p = NULL;

	if (d != NULL)
		p = *bucket_of(d, who);
	while (p != NULL && !address_eq(&p->address, who))
		p = p->next;
	return (p);
}

size_t
directory_people(const struct directory *d, const struct person **out,
    size_t max)
{
	size_t n = 0;

	for (size_t i = 0; d != NULL && i < d->n_buckets; i++)
		for (const struct person *p = d->bucket[i]; p != NULL;
		    p = p->next) {
			if (n < max)
				out[n] = p;
			n++;
		}
	return (n);
}

struct str
directory_address(const struct person *person)
{
	return (person->address.text);
}

struct str
directory_value(const struct person *person, int column)
{
	if (person == NULL || column < 0 || (size_t)column >= person->n_cells)
		return (STR_NULL);
	return (person->cells[column]);
}

bool
directory_is_member(const struct directory *d, const struct person *person,
    struct str group)
{
	struct str rest, one;

	if (d == NULL)
		return (false);
	rest = directory_value(person, d->groups);
	while (str_next(&rest, GROUPS_SEPARATOR, &one))
		if (str_eq(str_trim(one), group))
			return (true);
	return (false);
}

bool
directory_find_group(const struct directory *d, struct str name,
    struct arena *a, struct str *out)
{
	struct str group;

	if (d == NULL || !fold_text(name, a, &group))
		return (false);
	group = str_trim(group);
	if (bsearch(&group, d->group_names, d->n_groups,
	    sizeof(*d->group_names), compare_groups) == NULL)
		return (false);
	*out = group;
	return (true);
}
