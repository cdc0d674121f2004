/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explainmeans: what is known about a recipient beside the policy, as the
 * gateway would find it out; for `policy explain`.
 */
#ifndef CLI_EXPLAINMEANS_H
#define CLI_EXPLAINMEANS_H

#include "cli/command.h"
#include "policy/policy.h"

struct explainmeans {
	const struct invocation *in;
	const struct policy *policy;
	const struct letter *letter;
	const struct address *sender;
	struct arena *arena;
};

/* Without an installation nothing is known: *out stays. */
void explainmeans_find(const struct explainmeans *e,
    const struct address *recipient, struct ladder_means *out);

#endif
