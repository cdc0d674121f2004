/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table: aligned columns or JSON lines on stdout.
 *
 * Runs in the CLI. Security: cells hold addresses and replies from outside;
 * control bytes are replaced so that nothing reaches the terminal as an escape.
 */
#include "cli/table.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/enc.h"

#define TABLE_CELLS_MAX 1000000u
#define TABLE_LINE_MAX (1u << 20)

struct cell {
	struct str shown;
	struct str json;
};

struct table {
	const struct table_column *columns;
	size_t n_columns;
	bool json;
	struct arena *arena;
	struct cell *row;	/* being filled */
	size_t at;
	struct buf rows;	/* array of struct cell pointers */
};

struct table *
table_new(const struct table_column *columns, size_t n, bool json)
{
	struct table *t = must_calloc(1, sizeof(*t));

	t->columns = columns;
	t->n_columns = n;
	t->json = json;
	t->arena = arena_new();
	buf_init(&t->rows, TABLE_CELLS_MAX * sizeof(struct cell *));
	return (t);
}

static void
put(struct table *t, struct str shown, struct str json)
{
	if (t->at == 0)
		t->row = arena_array(t->arena, t->n_columns,
		    sizeof(struct cell));
	must(t->at < t->n_columns);
	t->row[t->at].shown = arena_str(t->arena, shown);
	t->row[t->at].json = arena_str(t->arena, json);
	t->at++;
}

static void
put_string(struct table *t, struct str shown, struct str raw)
{
	AUTO_BUF struct buf json = BUF_INIT(TABLE_LINE_MAX);

	enc_json(raw, &json);
	put(t, shown, buf_view(&json));
}

void
table_text(struct table *t, struct str text)
{
	struct str shown = arena_str(t->arena, text);
	char *p = (char *)(uintptr_t)shown.p;

	for (size_t i = 0; i < shown.len; i++)
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
			p[i] = '?';
	put_string(t, shown, text);
}

void
table_number(struct table *t, int64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)number);
	put(t, str_of(text), str_of(text));
}

/* "3 min ago" or "in 2 h". */
static void
relative(int64_t wall_ms, char *out, size_t size)
{
	static const struct {
		int64_t unit_ms;
		const char *name;
	} units[] = { { CLOCK_DAY_MS, "d" }, { CLOCK_HOUR_MS, "h" },
		{ CLOCK_MINUTE_MS, "min" }, { CLOCK_SECOND_MS, "s" } };
	int64_t gap = clock_wall_ms() - wall_ms;
	int64_t size_ms = gap < 0 ? -gap : gap;
	size_t u = 0;

	while (u + 1 < COUNT_OF(units) && size_ms < 2 * units[u].unit_ms)
		u++;
	(void)snprintf(out, size, gap < 0 ? "in %lld %s" : "%lld %s ago",
	    (long long)(size_ms / units[u].unit_ms), units[u].name);
}

void
table_time(struct table *t, int64_t wall_ms)
{
	char shown[40], iso[CLOCK_RFC3339_SIZE];

	if (wall_ms == 0) {
		put(t, STR_LIT("-"), STR_LIT("null"));
		return;
	}
	relative(wall_ms, shown, sizeof(shown));
	clock_rfc3339(wall_ms, iso);
	put_string(t, str_of(shown), str_of(iso));
}

void
table_due(struct table *t, int64_t wall_ms)
{
	char iso[CLOCK_RFC3339_SIZE];

	if (wall_ms == 0 || wall_ms > clock_wall_ms()) {
		table_time(t, wall_ms);
		return;
	}
	clock_rfc3339(wall_ms, iso);
	put_string(t, STR_LIT("now"), str_of(iso));
}

void
table_day(struct table *t, int64_t day)
{
	char text[CLOCK_RFC3339_SIZE];

	clock_rfc3339(day * CLOCK_DAY_MS, text);
	table_text(t, str_make(text, sizeof("1970-01-01") - 1));
}

void
table_size(struct table *t, uint64_t size_bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double v = (double)size_bytes;
	char shown[32], raw[24];
	size_t u = 0;

	while (v >= 1024 && u + 1 < COUNT_OF(units)) {
		v /= 1024;
		u++;
	}
	(void)snprintf(shown, sizeof(shown), u == 0 ? "%.0f %s" : "%.1f %s", v,
	    units[u]);
	(void)snprintf(raw, sizeof(raw), "%llu",
	    (unsigned long long)size_bytes);
	put(t, str_of(shown), str_of(raw));
}

void
table_end_row(struct table *t)
{
	must(t->at == t->n_columns);
	buf_append(&t->rows, &t->row, sizeof(t->row));
	must(!t->rows.over);
	t->at = 0;
}

/* Columns a terminal needs, counting UTF-8 sequences, not bytes. */
static size_t
width(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return (n);
}

static void
print_json(const struct table *t, const struct cell *row)
{
	for (size_t c = 0; c < t->n_columns; c++)
		(void)printf("%s\"%s\":%.*s", c == 0 ? "{" : ",",
		    t->columns[c].key, STR_FMT(row[c].json));
	(void)printf("}\n");
}

static void
print_cell(struct str text, size_t wide, bool is_last)
{
	(void)printf("%.*s", STR_FMT(text));
	if (is_last)
		return;
	for (size_t pad = width(text); pad < wide + 2; pad++)
		(void)putchar(' ');
}

static size_t
last_shown(const struct table *t)
{
	size_t last = t->n_columns - 1;

	while (last > 0 && t->columns[last].title == NULL)
		last--;
	return (last);
}

static void
print_people(const struct table *t, struct cell *const *rows, size_t n)
{
	size_t *wide = arena_array(t->arena, t->n_columns, sizeof(*wide));
	size_t last = last_shown(t);

	for (size_t c = 0; c < t->n_columns; c++) {
		if (t->columns[c].title != NULL)
			wide[c] = strlen(t->columns[c].title);
		for (size_t r = 0; r < n; r++)
			wide[c] = MAX_OF(wide[c], width(rows[r][c].shown));
	}
	for (size_t r = 0; r <= n; r++) {
		for (size_t c = 0; c < t->n_columns; c++)
			if (t->columns[c].title != NULL)
				print_cell(r == 0 ? str_of(t->columns[c].title)
				    : rows[r - 1][c].shown, wide[c],
				    c == last);
		(void)putchar('\n');
	}
}

void
table_print(struct table **tp, const char *empty)
{
	struct table *t = *tp;
	struct cell *const *rows = (struct cell *const *)(void *)t->rows.p;
	size_t n = t->rows.len / sizeof(*rows);

	if (t->json)
		for (size_t r = 0; r < n; r++)
			print_json(t, rows[r]);
	else if (n == 0)
		(void)printf("%s\n", empty);
	else
		print_people(t, rows, n);
	buf_done(&t->rows);
	arena_free(&t->arena);
	free(t);
	*tp = NULL;
}
