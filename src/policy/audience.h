/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audience: who gets a message in the end: the recipients of its envelope but
 * for those it is redirected from, and those whom rules add.
 *
 * A rule adds people while a recipient of the envelope is judged; once all are
 * judged, those added are gathered and judged by the same policy, where no rule
 * adds or redirects any more: there are no loops. Who gets the message anyway
 * is not added. Threads: as policy_decide.
 */
#ifndef POLICY_AUDIENCE_H
#define POLICY_AUDIENCE_H

#include "policy/policy.h"

enum policy_way {
	POLICY_TO,	/* and named in the To field of all copies */
	POLICY_CC,
	POLICY_BCC,	/* named nowhere */
	POLICY_INSTEAD,	/* of the recipient it is redirected from */
};

/* Whom a rule adds, said for one recipient. */
struct policy_addition {
	struct policy_addition *next;
	enum policy_way way;
	struct address address;
	struct str rule;
	struct str reason;	/* `rule "X" (line 3): …` */
};

/* Somebody who was added. Where his verdict is POLICY_REJECT or
 * POLICY_DISCARD he is left out, and the message goes to all others. */
struct audience_member {
	struct address address;
	enum policy_way way;
	size_t from;		/* the recipient for whom he was added */
	struct verdict verdict;	/* its reason says who added him first */
};

/*
 * Gather and judge whom the verdicts on q->recipients add.
 *
 * q        as it was for policy_decide; its recipient changes
 * verdicts by recipient; none of them refuses the message
 * max      how many may get the message, in all
 * Fails    ERR_LIMIT
 */
int audience_gather(const struct policy *p, struct policy_question *q,
    const struct verdict *verdicts, size_t max, struct audience_member **out,
    size_t *n, struct err *err) FALLIBLE;

/*
 * Beside the rules: have somebody else get it instead of a recipient who would
 * get it. reason: a sentence. He is judged like those whom rules add.
 */
void audience_redirect(struct policy_question *q, const struct address *to,
    struct str rule, struct str reason, struct verdict *v);

/* Is he to get the message, at once or when there is a way to protect it? */
bool audience_gets(const struct audience_member *m);

/* "to", "cc", "bcc", "redirect". */
const char *audience_way_name(enum policy_way way);

#endif
