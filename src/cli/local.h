/* SPDX-License-Identifier: Apache-2.0 */
/*
 * local: what commands on a running installation begin with: its
 * configuration and its store, opened as the user who owns the store. The
 * policy is not read: they work while it is broken.
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
	const char *who;	/* local_who, before we became another */
};

/* On failure it has been said; returns an exit code, else EX_OK. */
int local_open(const struct invocation *in, struct local *out);
void local_close(struct local *l);

/* Who types this: SUDO_USER or the user's name; in the arena. */
const char *local_who(struct arena *a);

/*
 * Run work on the opened store in a process of its own, for a command that has
 * to stay who it is: as root it may write files of root's. What work appends
 * to out comes back. On failure it has been said; returns an exit code.
 */
int local_apart(const struct invocation *in, int (*work)(struct local *l,
    void *ctx, struct buf *out, struct err *err), void *ctx, struct buf *out);

/* An event of the audit record: what was done and by whom, with fields given
 * as `"name":"value"` JSON members or NULL. In the arena. */
struct store_event local_event(const struct local *l, const char *name,
    const char *members);

#endif
