/* SPDX-License-Identifier: Apache-2.0 */
/*
 * review: deciding about held mail, from wherever it is done: what a decision
 * needs, and what is recorded of it. Threads: any.
 */
#ifndef QUEUE_REVIEW_H
#define QUEUE_REVIEW_H

#include "store/review.h"

#define REVIEW_REASON_MIN 10	/* characters, where one is required */
#define REVIEW_REASON_MAX 1000

/* "moderation", "quarantine", "silent_override", "explicit_override",
 * "false_positive"; "open", "approved", "refused", "expired", "closed". */
const char *review_kind_name(enum store_review_kind kind);
const char *review_state_name(enum store_review_state state);

/* The sender decides. */
bool review_is_override(enum store_review_kind kind);

/* It cannot be approved without saying why. */
bool review_needs_reason(enum store_review_kind kind);

/* One decision. */
struct review_choice {
	enum store_review_state state;	/* APPROVED, REFUSED or EXPIRED */
	struct str by;		/* an address, or who the administrator is */
	struct str reason;	/* may be empty; kept without blanks around */
	const char *client;	/* the browser's address, or NULL */
	const char *typed_by;	/* who typed the command, or NULL */
	int64_t now_ms;
};

/*
 * Decide, and record who decided what about which message, and why.
 *
 * before   the state it was found in; not OPEN: nothing was changed
 * Fails    ERR_INPUT with a sentence for whoever decides: the reason is
 *          missing, too short or too long, or not text
 *          and as store_review_decide()
 */
int review_decide(struct store *s, const struct store_review_facts *f,
    const struct review_choice *c, struct arena *a,
    enum store_review_state *before, struct err *err) FALLIBLE;

/* {"review":…,"message":…,"rule":…,"kind":…} with further members, each
 * `,"name":value`, or NULL. In the arena. */
struct str review_detail(const struct store_review *r, const char *members,
    struct arena *a);

#endif
