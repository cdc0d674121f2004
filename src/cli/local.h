/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local: what commands on a running installation begin with: its
 * configuration and its store, opened as the user who owns the store.
 */
#ifndef CLI_LOCAL_H
#define CLI_LOCAL_H

#include "cli/command.h"
#include "role/installation.h"
#include "store/store.h"

struct local {
	struct installation *installation;
	struct store *store;
	struct arena *arena;
};

/* On failure it has been said; returns an exit code, else EX_OK. */
int local_open(const struct invocation *in, struct local *out);
void local_close(struct local *l);

/* An event of the audit record: what was done and by whom, with fields given
 * as `"name":"value"` JSON members or NULL. In the arena. */
struct store_event local_event(const struct local *l, const char *name,
    const char *members);

#endif
