/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reviewing: mails about mail that somebody decides about, and what becomes of
 * decisions. Inside gateway/ only.
 */
#ifndef GATEWAY_REVIEWING_H
#define GATEWAY_REVIEWING_H

#include "gateway/journey.h"
#include "queue/note.h"
#include "queue/review.h"

/* Words for one who may decide, with the link; and for the sender of what was
 * refused or ran out (reviewtext.c). subject: of the sender's own message, to
 * him alone; else empty. */
void reviewtext_ask(const struct store_review_facts *f, struct str subject,
    struct str link, struct note *n);
void reviewtext_ended(const struct store_review_facts *f, struct note *n);

/* End reviews past their time, and tell senders what was decided: a few at
 * once; called every second or so (reviewtend.c). */
void reviewing_tend(struct gateway *g);

#endif
