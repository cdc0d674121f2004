/* SPDX-License-Identifier: Apache-2.0 */
/*
 * review: items that wait until somebody has decided: who may, what was
 * decided, and letting them go or giving them up.
 *
 * An item goes when every review of it is approved. One refusal, or one that
 * runs out, cancels it and erases what would open it. Threads: any.
 */
#ifndef STORE_REVIEW_H
#define STORE_REVIEW_H

#include "store/store.h"

enum store_review_state {
	STORE_REVIEW_OPEN,
	STORE_REVIEW_APPROVED,
	STORE_REVIEW_REFUSED,
	STORE_REVIEW_EXPIRED,
	STORE_REVIEW_CLOSED,	/* nothing waits any more: another review was
				   refused, or the message was withdrawn */
};

struct store_review_facts {
	struct store_review review;	/* without items */
	enum store_review_state state;
	bool waits;		/* something of it is held still */
	int64_t decided_ms;
	struct str decided_by, justification;
	/* Of the message: who wrote to whom of those it is about. */
	struct str sender, sender_name, message_id;
	int64_t received_ms;
	const struct str *recipients;
	size_t n_recipients;
	size_t n_recipients_in_all;	/* recipients has a few at most */
};

/* One review. A review past its time is EXPIRED. Fails ERR_INPUT "no such
 * review". */
int store_review_find(struct store *s, const struct id *review,
    int64_t now_ms, struct arena *a, struct store_review_facts *out,
    struct err *err) FALLIBLE;

/* Reviews, newest first: those that are open, or all. */
int store_reviews(struct store *s, bool only_open, int64_t now_ms, size_t max,
    struct arena *a, struct store_review_facts **out, size_t *n,
    struct err *err) FALLIBLE;

/* What is decided, by whom and why. */
struct store_decision {
	enum store_review_state state;	/* APPROVED, REFUSED or EXPIRED */
	struct str by, justification;
	int64_t now_ms;
	bool tells_sender;	/* a mail is to say so */
};

/*
 * Decide an open review: items whose reviews are all approved are queued, due
 * at once and with a new lease of life; at a refusal they are cancelled.
 * *before is the state it was found in: where that is not OPEN nothing was
 * changed and nothing recorded. Past its time a review can only be EXPIRED.
 * Fails ERR_INPUT "no such review", or "not past its time" for EXPIRED.
 */
int store_review_decide(struct store *s, const struct id *review,
    const struct store_decision *d, const struct store_event *event,
    enum store_review_state *before, struct err *err) FALLIBLE;

/* Let a held item go. Where reviews of it are open it must be meant to go all
 * the same; those that then have nothing to decide are approved by `by`, and
 * that is recorded too. Fails ERR_INPUT where no such item is held, ERR_DENIED
 * where reviews are open and is_meant is not set. */
int store_review_override(struct store *s, const struct id *item,
    bool is_meant, struct str by, int64_t now_ms,
    const struct store_event *event, struct err *err) FALLIBLE;

/* Mail that only the administrator can decide about. */
#define STORE_WAITING_RULES 20

struct store_waiting {
	bool is_due;		/* something is there that he was not told of,
				   and it is time; the rest is empty else */
	size_t n_messages;
	int64_t oldest_ms;
	/* The rules that hold most of it, at most STORE_WAITING_RULES. */
	struct store_waiting_rule {
		struct str name;
		size_t n_messages;
	} rules[STORE_WAITING_RULES];
	size_t n_rules;
};

/* Sum up what waits for him. */
int store_reviews_waiting(struct store *s, int64_t now_ms, struct arena *a,
    struct store_waiting *out, struct err *err) FALLIBLE;

/* He is told of all that came until now by this mail, kept in the same
 * transaction, and not again for so long. Nothing is kept where somebody else
 * told him meanwhile. */
int store_reviews_waiting_told(struct store *s, int64_t now_ms,
    int64_t quiet_ms, const struct store_accept *mail, struct err *err)
    FALLIBLE;

/* Open reviews past their time; and decided ones whose sender is to be told:
 * at most max. */
int store_reviews_due(struct store *s, int64_t now_ms, size_t max,
    struct arena *a, struct store_review_facts **out, size_t *n,
    struct err *err) FALLIBLE;
int store_reviews_untold(struct store *s, size_t max, struct arena *a,
    struct store_review_facts **out, size_t *n, struct err *err) FALLIBLE;

/* The sender is told by this mail, kept in the same transaction; NULL: there
 * is nobody to tell. */
int store_review_told(struct store *s, const struct id *review,
    const struct store_accept *mail, struct err *err) FALLIBLE;

#endif
