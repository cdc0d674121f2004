/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounce: telling a sender what became of a message (RFC 3464), without a
 * word of what was in it: no subject, no body.
 */
#ifndef QUEUE_BOUNCE_H
#define QUEUE_BOUNCE_H

#include "base/buf.h"
#include "store/store.h"

enum bounce_action {
	BOUNCE_FAILED,
	BOUNCE_DELAYED,
	BOUNCE_RELAYED,		/* delivered to a server without DSN */
};

struct bounce {
	enum bounce_action action;
	struct str hostname;		/* Reporting-MTA */
	struct str postmaster;		/* From, and whom to ask */
	struct str sender, recipient;	/* of the message */
	struct str orcpt, envid, message_id;	/* may be empty */
	struct str remote;		/* the server that answered, or empty */
	struct str reply;		/* its words, or ours */
	int64_t received_ms, now_ms;
	int64_t until_ms;		/* BOUNCE_DELAYED: we try until then */
};

/* Does the item's sender want to hear of this? (RFC 3461 4.1; never for the
 * null sender, RFC 5321 4.5.5) */
bool bounce_is_wanted(const struct store_item *item, enum bounce_action what);

/* One of its addresses is international: the report is one of RFC 6533 and has
 * 8-bit parts. */
bool bounce_is_global(const struct bounce *b);

/* Its own header has such an address: it needs SMTPUTF8 on its way. */
bool bounce_needs_smtputf8(const struct bounce *b);

/* The whole mail, multipart/report. */
void bounce_render(const struct bounce *b, struct buf *out);

#endif
