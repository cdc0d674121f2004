/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators: the functions of all files as one table, and finding one in it.
 *
 * Runs in the gateway and wherever a policy is checked. Security: a name is
 * from an administrator's rule package. Threads: the table is joined once.
 */
#include "scan/validators.h"

#include <pthread.h>
#include <stdlib.h>

#include "scan/validators_tables.h"

#define MAX_VALIDATORS 512

static const struct validator_table *const tables[] = {
	&validators_americas, &validators_asia, &validators_bank,
	&validators_card, &validators_coin, &validators_dates,
	&validators_east, &validators_health, &validators_licence,
	&validators_network, &validators_north, &validators_pacific,
	&validators_secret, &validators_south, &validators_uk,
	&validators_us, &validators_vat, &validators_west,
};
static struct validator all[MAX_VALIDATORS];
static size_t n_all;
static pthread_once_t joined = PTHREAD_ONCE_INIT;

/* Three-way, ASCII case ignored: Microsoft's own lists mix cases. */
static int
name_order(struct str a, struct str b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++) {
		int d = ascii_lower(a.p[i]) - ascii_lower(b.p[i]);

		if (d != 0)
			return (d);
	}
	return (a.len < b.len ? -1 : a.len > b.len);
}

static int
row_order(const void *a, const void *b)
{
	return (name_order(str_of(((const struct validator *)a)->name),
	    str_of(((const struct validator *)b)->name)));
}

static int
key_order(const void *key, const void *row)
{
	return (name_order(*(const struct str *)key,
	    str_of(((const struct validator *)row)->name)));
}

static void
join(void)
{
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		must(n_all + tables[i]->n <= MAX_VALIDATORS);
		memcpy(all + n_all, tables[i]->rows,
		    tables[i]->n * sizeof(all[0]));
		n_all += tables[i]->n;
	}
	qsort(all, n_all, sizeof(all[0]), row_order);
	for (size_t i = 1; i < n_all; i++)
		must(row_order(&all[i - 1], &all[i]) < 0);
}

const struct validator *
validators_all(size_t *n)
{
	must(pthread_once(&joined, join) == 0);
	*n = n_all;
	return (all);
}

const struct validator *
validator_find(struct str name)
{
	size_t n;
	const struct validator *rows = validators_all(&n);

	return (bsearch(&name, rows, n, sizeof(rows[0]), key_order));
}
