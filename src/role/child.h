/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child: one process that plays a role: forked, waited for until it is ready,
 * restarted with back-off when it dies.
 *
 * Threads: the supervisor's only one.
 */
#ifndef ROLE_CHILD_H
#define ROLE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define CHILD_READY_MS 30000	/* migrating a large store takes a while */
#define CHILD_BACKOFF_FIRST_MS 100
#define CHILD_BACKOFF_MAX_MS 30000
#define CHILD_STABLE_MS 60000	/* after that a crash starts over at FIRST */

/* What a role is handed when it starts. */
struct child_start {
	int stop_fd;	/* readable once the supervisor wants it to drain */
	int ready_fd;	/* for child_ready() */
};

/* Runs in the new process until it is told to stop. 0: a clean end. On
 * failure err is shown by the supervisor. */
typedef int child_main(const void *arg, const struct child_start *start,
    struct err *err);

struct child {
	const char *name;
	child_main *run;
	const void *arg;	/* borrowed */
	pid_t pid;		/* 0: not running */
	bool is_draining;	/* told to stop, not replaced when it ends */
	int64_t started_ms;
	int64_t restart_ms;	/* when pid is 0: when to start again */
	int64_t backoff_ms;
};

/*
 * In the role's process, first: close every inherited descriptor but the three
 * standard ones, the two of `start` and the n in `fds`. What another role
 * serves is not this one's to hold: a port stays taken for as long as any
 * process has it, and a draining role outlives its supervisor.
 */
void child_keep_only(const struct child_start *start, const int *fds,
    size_t n);

/* In the role's process: everything is open, the sandbox is closed. */
void child_ready(const struct child_start *start);

/* Fork and wait until the role says it is ready. On failure the sentence is
 * the role's own, the kind too; pid stays 0. */
int child_spawn(struct child *c, struct err *err) FALLIBLE;

/* Tell it to drain (SIGTERM). */
void child_drain(struct child *c);

/* It has ended: note when to start it again. */
void child_ended(struct child *c);

#endif
