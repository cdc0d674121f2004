/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest: edit distance with swapped neighbours (optimal string alignment),
 * which is how people mistype names.
 *
 * Runs wherever a configuration or policy file is read. Security: the word is
 * what the file says; its length is bounded before anything is computed.
 */
#include "conf/nearest.h"

#define NEAREST_MAX 48	/* no name of ours is longer */

static size_t
min3(size_t a, size_t b, size_t c)
{
	return (MIN_OF(a, MIN_OF(b, c)));
}

static bool
is_swap(struct str a, struct str b, size_t i, size_t j)
{
	return (i > 1 && j > 1 &&
	    ascii_lower(a.p[i - 1]) == ascii_lower(b.p[j - 2]) &&
	    ascii_lower(a.p[i - 2]) == ascii_lower(b.p[j - 1]));
}

static size_t
distance(struct str a, struct str b)
{
	size_t rows[3][NEAREST_MAX + 1];	/* two before, before, now */

	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *now = rows[i % 3];
		const size_t *before = rows[(i + 2) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t differs = ascii_lower(a.p[i - 1]) !=
			    ascii_lower(b.p[j - 1]);

			now[j] = min3(before[j] + 1, now[j - 1] + 1,
			    before[j - 1] + differs);
			if (is_swap(a, b, i, j))
				now[j] = MIN_OF(now[j],
				    rows[(i + 1) % 3][j - 2] + 1);
		}
	}
	return (rows[a.len % 3][b.len]);
}

const char *
nearest_name(struct str word, const char *const *names, size_t n)
{
	const char *best = NULL;
	size_t limit, least;

	if (word.len == 0 || word.len > NEAREST_MAX)
		return (NULL);
	/* A third of the letters wrong still looks like a slip; one always. */
	limit = MAX_OF((size_t)1, word.len / 3);
	least = limit + 1;
	for (size_t i = 0; i < n; i++) {
		struct str name = str_of(names[i]);
		size_t d;

		if (name.len > NEAREST_MAX)
			continue;
		d = distance(word, name);
		if (d < least) {
			least = d;
			best = names[i];
		}
	}
	/* "tsl_cert" for "tls_cert", but "sender" for "sender_is" as well: what
	 * starts the same is near however long the rest is. */
	for (size_t i = 0; best == NULL && word.len > 3 && i < n; i++)
		if (str_starts_nocase(str_of(names[i]), word))
			best = names[i];
	return (best);
}
