/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: what a role gives up before it serves.
 *
 * In this order, because each step needs what the next one takes away: the
 * user id, the file system outside its own paths (Landlock), the system calls
 * it does not need (seccomp). Called once per process, before any thread.
 */
#ifndef ROLE_SANDBOX_H
#define ROLE_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define SANDBOX_PATHS_MAX 24

struct sandbox {
	const char *role;
	uid_t uid;		/* both 0: stay who we are */
	gid_t gid;
	const char *writable[SANDBOX_PATHS_MAX];	/* ended by NULL */
	const char *readable[SANDBOX_PATHS_MAX];
	bool may_connect;	/* connect(2) to other hosts and sockets */
};

/*
 * Enter the sandbox. What the kernel does not have (Landlock) is left out and
 * named in `left_out` (a static text, empty when everything is in force);
 * what it has and refuses is an error: a role never runs with less than it
 * could have.
 * Fails  ERR_PERM naming the step
 */
int sandbox_enter(const struct sandbox *box, const char **left_out,
    struct err *err) FALLIBLE;

#endif
