/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opened: a store in a folder of its own for each test, and an arena. Included
 * once, behind cmocka.h, by tests whose fixture this is.
 */
#ifndef TESTS_UNIT_STORE_OPENED_H
#define TESTS_UNIT_STORE_OPENED_H

#include <stdio.h>
#include <stdlib.h>

#include "store/store.h"

static struct err err;	/* of the last call */
static char folder[64];
static char path[sizeof(folder) + 16];
static struct store *store;
static struct arena *a;

#define OK(call) \
	do { \
		if ((call) == -1) \
			fail_msg("%s: %s", #call, err.msg); \
	} while (0)

/* In that place, or in /tmp where there is none. */
static void
open_in(const char *place)
{
	(void)snprintf(folder, sizeof(folder), "%s/letterlock-store-XXXXXX",
	    place);
	if (mkdtemp(folder) == NULL) {
		(void)snprintf(folder, sizeof(folder),
		    "/tmp/letterlock-store-XXXXXX");
		must(mkdtemp(folder) != NULL);
	}
	(void)snprintf(path, sizeof(path), "%s/s.db", folder);
	OK(store_open(path, "test", &store, &err));
	a = arena_new();
}

static int UNUSED
begin(void **state UNUSED)
{
	open_in("/tmp");
	return (0);
}

static int
end(void **state UNUSED)
{
	char command[sizeof(folder) + 16];

	arena_free(&a);
	store_close(&store);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return (system(command));
}

#endif
