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

/* For the administrator, of what only he can decide (reviewremind.c). */
void reviewtext_waiting(const struct store_waiting *w, struct note *n);
int reviewing_remind(struct gateway *g, struct arena *a, struct err *err)
    FALLIBLE;

/* A note that is no part of a message on its way, and the mail it becomes, as
 * the store keeps it; payload borrows sealed, which has room for twice
 * NOTE_MAIL_BYTES (reviewtend.c). */
struct note reviewing_note(const struct gateway *g, struct str to,
    struct arena *a);
int reviewing_mail(struct gateway *g, const struct note *n,
    const struct id *message, struct buf *sealed,
    struct store_payload *payload, struct store_item *item, struct err *err)
    FALLIBLE;

/* The same about no message; gateway is a struct gateway. */
int reviewing_seal(void *gateway, const struct note *n, struct buf *sealed,
    struct store_payload *payload, struct store_item *item, struct err *err)
    FALLIBLE;

/* End reviews past their time, and tell senders what was decided, and the
 * administrator what waits for him: a few at
 * once; called every second or so (reviewtend.c). */
void reviewing_tend(struct gateway *g);

/* Tell the administrator of partners whose servers ceased to prove themselves,
 * once a day; called every minute or so (partnertend.c). */
void partners_tend(struct gateway *g);

#endif
