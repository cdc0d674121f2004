/* SPDX-License-Identifier: Apache-2.0 */
/*
 * must: the abort path of assertions, and allocation that cannot fail.
 *
 * Runs in every role. Security: prints the source text of a condition, never
 * data.
 */
#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
must_failed(const char *cond, const char *file, int line)
{
	char msg[256];
	int n;

	n = snprintf(msg, sizeof(msg), "letterlock: bug: %s (%s:%d)\n", cond,
	    file, line);
	if (n > 0) {
		ssize_t w = write(STDERR_FILENO, msg,
		    MIN_OF((size_t)n, sizeof(msg) - 1));
		(void)w;
	}
	abort();
}

void *
must_calloc(size_t n, size_t size_bytes)
{
	void *p;

	p = calloc(n ? n : 1, size_bytes ? size_bytes : 1);
	must(p != NULL);
	return (p);
}

char *
must_strdup(const char *s)
{
	size_t len = strlen(s) + 1;
	char *p = must_calloc(1, len);

	memcpy(p, s, len);
	return (p);
}
