/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journey: one message on its way through the gateway, and the steps of it.
 * Inside gateway/ only. Threads: one at a time.
 */
#ifndef GATEWAY_JOURNEY_H
#define GATEWAY_JOURNEY_H

#include "gateway/state.h"
#include "mime/letter.h"
#include "seal/parcel.h"

/* What goes into the queue once, and the items that carry it. */
struct journey_payload {
	struct id id;
	struct buf sealed;
	size_t first_item, n_items;
};

/* The message as some of its recipients get it. */
struct journey_variant {
	const struct policy_hit *hits;	/* whose edits made it */
	struct buf edited;		/* empty: nothing was changed */
	struct str bytes;
	const struct letter *letter;
	struct letter_view view;
};

struct journey {
	struct gateway *gateway;
	struct smtp_envelope *envelope;
	struct str bytes;
	struct smtp_reply *reply;
	struct arena *arena;
	int64_t now_ms;

	const struct letter *letter;
	struct letter_view view;
	struct policy_question question;
	struct verdict *verdicts;	/* by recipient */
	const struct edit *addressing;	/* of all copies; NULL: none */
	struct journey_variant *variants;
	size_t n_variants;
	size_t *variant_of;		/* by recipient */

	struct parcel *parcels;		/* one per template used */
	size_t n_parcels;
	struct journey_payload *payloads;
	size_t n_payloads;

	/* What the store is given. */
	struct store_message message;
	struct store_recipient *recipients;
	struct store_parcel *store_parcels;
	struct store_grant *grants;
	size_t n_grants;
	struct store_payload *store_payloads;
	struct store_item *items;
	size_t n_items;
	struct store_event event;
	struct store_accept accept;
};

/* Add those whom rules add to the envelope (gather.c), which is a copy then.
 * Fails ERR_LIMIT, ERR_TEMP. */
int journey_gather(struct journey *j, struct err *err) FALLIBLE;

/* Change the message as the rules say, once for all recipients who get the
 * same (variants.c). Fails ERR_DENIED where a body takes no disclaimer. */
int journey_change(struct journey *j, struct err *err) FALLIBLE;

/* Seal what is to be protected, and encrypt what waits in clear (sealing.c).
 * Fails ERR_TEMP when the keeper does not answer, ERR_LIMIT. */
int journey_seal(struct journey *j, struct err *err) FALLIBLE;

/* Gather everything for the store (describe.c). */
void journey_describe(struct journey *j);

/* One line per message. */
void journey_log_accepted(const struct journey *j);
void journey_log_refusal(const struct journey *j, const struct verdict *v);
void journey_log_error(const struct journey *j, const struct err *err);

/* Wipe and free what is not in the arena. */
void journey_done(struct journey *j);

#endif
