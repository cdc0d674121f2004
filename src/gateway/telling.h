/* SPDX-License-Identifier: Apache-2.0 */
/*
 * telling: the notes that a message causes, and their words (telltext.c).
 * Inside gateway/ only. Threads: one at a time.
 */
#ifndef GATEWAY_TELLING_H
#define GATEWAY_TELLING_H

#include "gateway/journey.h"
#include "queue/note.h"

/* A rule that tells somebody, and the recipients it applies to. */
struct told_rule {
	struct told_rule *next;
	const struct policy_hit *hit;	/* for the first of them */
	size_t *recipients;
	size_t n;
};

/* A note on its way into the spool. */
struct journey_note {
	struct journey_note *next;
	const char *kind;	/* "noticed", "tried", "incident",
				   "notification", "held", "review",
				   "recommended" */
	struct str rule;	/* that causes it, or empty */
	struct str reason;	/* of "held" */
	struct note note;
};

/* A new note to somebody, which journey_tell() seals; kind is for the audit
 * record. The caller fills it. */
struct note *telling_note(struct journey *j, const char *kind,
    struct str rule, struct str to);

/* Fill notes with words. To the sender: a rule noticed something, a rule that
 * is tried out would have acted, the message is held for a recipient. */
void telltext_noticed(const struct journey *j, const struct told_rule *t,
    struct note *n);
void telltext_tried(const struct journey *j, const struct told_rule *t,
    struct note *n);
void telltext_held(const struct journey *j, size_t i, struct str reason,
    struct note *n);

/* To the sender: the label that mail to these recipients should have. t has
 * no hit (telllabel.c). */
void telltext_recommended(const struct journey *j, const struct told_rule *t,
    struct note *n);

/* Pieces of these: About your message "Our offer"; what became of it, for each
 * recipient; what was found and where, as senders may see it. */
struct str telltext_about(const struct journey *j, const char *what);
void telltext_which(const struct journey *j, const struct told_rule *t,
    struct note *n);
void telltext_found(const struct journey *j,
    const struct policy_evidence *found, struct note *n);

/* To those who look after incidents, also of what is refused. */
void telltext_incident(const struct journey *j, const struct told_rule *t,
    bool is_refused, struct note *n);

/* To recipient i of the message. */
void telltext_notification(const struct journey *j, const struct told_rule *t,
    size_t i, struct note *n);

#endif
