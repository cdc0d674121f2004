/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journey: one message on its way through the gateway, and the steps of it.
 * Inside gateway/ only. Threads: one at a time.
 */
#ifndef GATEWAY_JOURNEY_H
#define GATEWAY_JOURNEY_H

#include "gateway/smimejourney.h"
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
	const struct policy_hit *hits;	/* whose edits made it, */
	const struct policy_label_edits *label_edits;	/* and these */
	bool is_closed;			/* as it came (smimeopen.c) */
	struct buf edited;		/* empty: nothing was changed */
	struct str bytes;
	const struct letter *letter;
	struct letter_view view;
};

struct journey_note;

struct journey {
	struct gateway *gateway;
	struct smtp_envelope *envelope;
	struct str bytes;
	struct smtp_reply *reply;
	struct arena *arena;
	int64_t now_ms;
	/* Decided about once more; audience: whom it was sent to then. */
	bool is_again;
	bool is_from_outside;	/* by smtp.outside_listen */
	unsigned passes;	/* how often it was here before (loop.h) */
	struct buf cleaned;	/* what is left of it then; empty: all */
	struct buf judged;	/* with our results on top (judging.c) */
	/* Already accepted, and now protected in another way (climb.c). */
	bool is_climbing;
	struct address *audience;
	size_t n_audience;

	const struct letter *letter;
	struct letter_view view;
	struct policy_question question;
	struct verdict *verdicts;	/* by recipient */
	const struct edit *addressing;	/* of all copies; NULL: none */
	struct journey_variant *variants;
	size_t n_variants;
	size_t *variant_of;		/* by recipient */

	struct journey_smime smime;
	struct parcel *parcels;		/* one per template used */
	size_t n_parcels;
	struct journey_payload *payloads;
	size_t n_payloads;
	struct journey_note *notes, *last_note;	/* telling.h */
	size_t n_notes;
	uint64_t attached_bytes;	/* to them */

	/* What the store is given. */
	struct store_message message;
	struct store_recipient *recipients;
	struct store_parcel *store_parcels;
	struct store_grant *grants;
	size_t n_grants;
	struct store_payload *store_payloads;
	struct store_item *items;
	size_t n_items;
	struct store_review *reviews;
	size_t n_reviews;
	struct store_event event;
	bool has_features;
	struct store_features features;
	struct store_accept accept;
};

/* Take out of a message what only we may say, and of one from outside also what
 * only people inside may (outsiders.c). Fails as journey_read(). */
int journey_clean(struct journey *j, struct err *err) FALLIBLE;

/* Find out whose signatures a message from outside has, and put what was found
 * on top of it (judging.c). Fails as journey_read(). */
int journey_judge(struct journey *j, struct err *err) FALLIBLE;

/* All of it, up to the reply; then journey_done(). */
void journey_travel(struct journey *j);

/* The same with verdicts that were made before: read it; then change, seal and
 * commit it, and promise. */
int journey_read(struct journey *j, struct err *err) FALLIBLE;
int journey_fulfil(struct journey *j, struct err *err) FALLIBLE;

/* How to protect what was to go by verified TLS, where no server proves
 * itself: for the item (climb.c). Empty: nothing else may. */
struct str climb_fallback(struct journey *j, size_t i);
/* Mail to who left goes to whom is named for it (leavers.c). Fails ERR_TEMP. */
int journey_redirect(struct journey *j, struct err *err) FALLIBLE;
/* Add those whom rules add to the envelope (gather.c), which is a copy then.
 * Fails ERR_LIMIT, ERR_TEMP. */
int journey_gather(struct journey *j, struct err *err) FALLIBLE;

/* Change the message as the rules say, once for all recipients who get the
 * same (variants.c). Fails ERR_DENIED where a body takes no disclaimer. */
int journey_change(struct journey *j, struct err *err) FALLIBLE;

/* Seal what is to be protected, and encrypt what waits in clear (sealing.c).
 * Fails ERR_TEMP when the keeper does not answer, ERR_LIMIT. */
int journey_seal(struct journey *j, struct err *err) FALLIBLE;

/* Nothing this program can do meets the verdict's demand: keep it, and try
 * again later (unmet.c). */
bool journey_is_unmet(const struct verdict *v);
int journey_keep_unmet(struct journey *j, struct err *err) FALLIBLE;

/* The next item, for recipient i. */
struct store_item *journey_item(struct journey *j, size_t i, struct str kind);
/* Encrypt what p's items deliver; they and the payload's row are there, or
 * have room (sealing.c). */
int journey_spool(struct journey *j, struct journey_payload *p,
    struct str plain, struct err *err) FALLIBLE;

/* Ask whom the rules want to decide about held items: reviews, and mails to
 * those people, which journey_tell() seals (reviewing.c). */
void journey_review(struct journey *j);

/*
 * Tell whom the rules want to be told, in mails of our own (telling.c). They
 * become items beside those of the message: call it when that is sealed, and
 * before it is described.
 */
int journey_tell(struct journey *j, struct err *err) FALLIBLE;

/* The same for a message that is refused: reports of incidents, kept at once,
 * and nothing else. Without any nothing is stored. */
int journey_tell_refused(struct journey *j, struct str why, struct err *err)
    FALLIBLE;

/*
 * Tell the sender that his message is not sent to recipient i, but held:
 * "Your message is waiting …". Before journey_tell(); one note for all
 * recipients with the same reason, and none where nobody would read it (the
 * sender is a program, or outside).
 *
 * reason   a sentence for the sender: what could not be done, and what he can
 *          do; never what the message says
 */
void journey_tell_held(struct journey *j, size_t i, struct str reason);

/* Append ,"notes":[…] to an event, where there are any. */
void journey_told(const struct journey *j, struct buf *out);

/* Write down what the policy knew of the message (remember.c): for the commit,
 * or at once where it is refused. */
void journey_remember(struct journey *j, struct policy_question *q);
void journey_remember_refusal(struct journey *j, struct policy_question *q);

/* Gather everything for the store (describe.c). */
void journey_describe(struct journey *j);

/* One line per message. */
void journey_log_accepted(const struct journey *j);
void journey_log_refusal(const struct journey *j, const struct verdict *v);
void journey_log_error(const struct journey *j, const struct err *err);

/* Wipe and free what is not in the arena. */
void journey_done(struct journey *j);

#endif
