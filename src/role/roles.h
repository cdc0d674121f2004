/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roles: what each role opens, gives up and serves.
 */
#ifndef ROLE_ROLES_H
#define ROLE_ROLES_H

#include "role/child.h"
#include "role/installation.h"

/* In the order they start: who is needed first comes first. */
enum role_index {
	ROLE_KEEPER,
	ROLE_SCANNER,
	ROLE_GATEWAY,
	ROLE_PORTAL,
	ROLE_COUNT,
};

struct role {
	const char *name;
	child_main *run;	/* arg is the struct installation */
};

extern const struct role roles[ROLE_COUNT];

#endif
