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

#define SANDBOX_PATHS_MAX 160	/* with files of next hops, directories */

struct sandbox {
	const char *role;
	uid_t uid;		/* both 0: stay who we are */
	gid_t gid;
	const char *writable[SANDBOX_PATHS_MAX];	/* ended by NULL */
	const char *readable[SANDBOX_PATHS_MAX];
	const char *executable[SANDBOX_PATHS_MAX];	/* needs may_execute */
	bool may_connect;	/* connect(2) to other hosts and sockets */
	bool may_breed;		/* make, confine and collect processes */
	bool may_execute;	/* start the files of `executable` */
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

/*
 * Give up all but memory, time and open descriptors: no path, no socket, no
 * process. For a process forked from one that is in its sandbox, and to be
 * taken down with it.
 * Fails  ERR_PERM naming the step
 */
int sandbox_enter_strict(struct err *err) FALLIBLE;

/* False: built with a sanitizer, which needs what a sandbox forbids. */
bool sandbox_is_real(void);

#endif
