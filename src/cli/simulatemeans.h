/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulatemeans: what is known beside the policy about recipients and senders
 * of many messages, asked of a process that lives as long as the simulation.
 * Threads: any.
 */
#ifndef CLI_SIMULATEMEANS_H
#define CLI_SIMULATEMEANS_H

#include "cli/command.h"
#include "policy/policy.h"

struct simulatemeans;

/* To be started before there are threads; the policies are borrowed. */
int simulatemeans_start(const struct invocation *in, const struct policy *old,
    const struct policy *new, struct simulatemeans **out, struct err *err)
    FALLIBLE;

/* NULL is accepted. */
void simulatemeans_stop(struct simulatemeans **m);

/* One message of one policy: the ctx of simulatemeans_find. */
struct simulatemeans_asker {
	struct simulatemeans *means;	/* NULL: nothing is known */
	const struct policy *policy;	/* old or new */
	const struct policy_question *question;
	const struct letter *letter;	/* NULL: it is long gone */
};
void simulatemeans_find(void *ctx, const struct address *recipient,
    struct ladder_means *out);

#endif
