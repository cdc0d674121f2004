/* SPDX-License-Identifier: Apache-2.0 */
/*
 * running: `supervisor` in state_dir: which process serves this installation,
 * and how its last reload ended. The supervisor writes it, commands read it
 * and ask for a reload.
 *
 * The supervisor holds a lock on the file as long as it lives, and the kernel
 * says who holds it: the number in the file is for people, no signal is ever
 * sent by it. (fcntl locks, because they end with the process and its
 * children do not inherit them.)
 *
 *	4711
 *	2 refused 9f86d0… /etc/letterlock/policy.yaml:3:1: unknown key 'rulez'
 *
 * The second line has the number of reloads since the start, "taken" or
 * "refused", the SHA-256 of the policy in use, and why it was refused.
 */
#ifndef ROLE_RUNNING_H
#define ROLE_RUNNING_H

#include <stdbool.h>
#include <sys/types.h>

#include "policy/policy.h"

struct running;

/*
 * Say that this process serves it. Fails ERR_TEMP when another one does,
 * ERR_PERM when the file cannot be made.
 * Threads  the process's only claim: closing any descriptor of the file ends
 *          the lock
 */
int running_claim(const char *state_dir, struct running **out,
    struct err *err) FALLIBLE;

/* Write down how a start or a reload ended; reason NULL: it was taken. */
void running_note(struct running *r, const struct policy *policy,
    const char *reason);

/* Remove the file and let go; NULL is accepted. */
void running_release(struct running **r);

/* What a command finds. */
struct running_facts {
	pid_t pid;		/* 0: nobody, or nobody we can see */
	uint64_t reloads;
	bool is_refused;
	uint8_t policy[POLICY_HASH_BYTES];
	char reason[ERR_MSG_MAX];
};

/* pid 0 and false where no process runs, or where the file belongs to
 * somebody who is neither root nor us. */
bool running_find(const char *state_dir, struct running_facts *out);

enum running_answer {
	RUNNING_NOBODY,		/* it is not running */
	RUNNING_TAKEN,
	RUNNING_REFUSED,	/* reason in the facts; the old one stays */
	RUNNING_SILENT,		/* told, and no answer in time */
};

/* Ask it to read its files and wait until it uses the policy of this hash, or
 * says why not. Fails ERR_DENIED when we may not signal it. */
int running_reload(const char *state_dir,
    const uint8_t policy[static POLICY_HASH_BYTES], int64_t deadline_ms,
    enum running_answer *answer, struct running_facts *out, struct err *err)
    FALLIBLE;

#endif
