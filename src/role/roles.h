/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roles: what each role opens, gives up and serves; and the installation they
 * share: settings, policy, listening sockets.
 */
#ifndef ROLE_ROLES_H
#define ROLE_ROLES_H

#include "base/err.h"
#include "role/child.h"

/* In the order they start: who is needed first comes first. */
enum role_index {
	ROLE_KEEPER,
	ROLE_GATEWAY,
	ROLE_PORTAL,
	ROLE_COUNT,
};

struct role {
	const char *name;
	child_main *run;	/* arg is the struct installation */
};

extern const struct role roles[ROLE_COUNT];

struct installation;

/*
 * Read and check the configuration and the policy, and open the listening
 * sockets; those that `older` (or NULL) already has are used again.
 * Fails with file:line:column, or the port that is in use.
 */
int installation_open(const char *config_path, const struct installation *older,
    struct installation **out, struct err *err) FALLIBLE;

/* Close and free; NULL is accepted. */
void installation_close(struct installation **i);

#endif
