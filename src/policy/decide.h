/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide: the steps from a question to a verdict. Inside policy only.
 */
#ifndef POLICY_DECIDE_H
#define POLICY_DECIDE_H

#include "policy/rules.h"

/* How the trying of one rule ended, and the condition it hung on. */
struct trial {
	enum policy_result result;
	const struct condition *on;
};

/* Do its conditions hold, and none of its exceptions? */
struct trial decide_try(const struct rule *r, const struct policy *p,
    struct policy_question *q);

/* Why a rule that applies does, in the question's arena. */
struct str decide_reason(const struct rule *r, const struct policy *p,
    struct policy_question *q);

/* These conditions hold: in words, appended; never what the message says. */
void decide_conditions(const struct condition *when, size_t n,
    const struct policy *p, struct policy_question *q, struct buf *out);

/* How the rule protects. A template is for the portal where its rule says
 * nothing else. */
void decide_protect(const struct rule *r, struct verdict *v);

/* Could not be looked at now, and the rule must not be passed over. */
void decide_defer(const struct rule *r, struct policy_question *q,
    struct verdict *v);

/* Behind the rules (finish.c): the label, the default, the sender's wish, and
 * the rung. */
void finish(const struct policy *p, struct policy_question *q,
    bool is_decided, struct verdict *v);

#endif
