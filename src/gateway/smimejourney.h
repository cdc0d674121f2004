/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimejourney: what a message's journey knows of S/MIME, and its steps in
 * both directions. Inside gateway/ only. Threads: one at a time.
 */
#ifndef GATEWAY_SMIMEJOURNEY_H
#define GATEWAY_SMIMEJOURNEY_H

#include "cms/smimein.h"
#include "gateway/smimekit.h"

struct journey;
struct journey_variant;
struct journey_payload;
struct verdict;

/* What the sender's own program did. */
enum smime_as_sent {
	SMIME_AS_SENT_PLAIN,
	SMIME_AS_SENT_SIGNED,
	SMIME_AS_SENT_ENCRYPTED,	/* whatever is inside */
};

/* A recipient's certificate, looked for once. */
struct smime_found {
	struct smime_found *next;
	struct str address;
	struct find_result result;
};

/* What was done for a recipient, for the record. */
struct smime_sealed {
	const char *cipher;	/* NULL: not encrypted */
	const struct cert *certificate;	/* encrypted to */
	bool is_signed;
};

struct journey_smime {
	struct smimekit_view *view;	/* NULL: not asked for yet */
	enum smime_as_sent as_sent;

	/* Who signs; asked for once. */
	bool is_asked, can_sign;
	bool has_exception, is_excepted;
	const char *cannot_sign;	/* a clause */
	const char *doubt;	/* why nobody may; NULL: none */
	struct str address;		/* whose certificate */
	struct signer signer;		/* opened when it is first used */
	bool has_signer;

	struct smime_found *found;
	struct smime_sealed *sealed;	/* by recipient; NULL: nothing was */

	/* What came in. */
	bool is_judged;			/* in has a verdict */
	struct smimein_result in;
	struct buf opened;		/* the message that goes on */
	const struct letter *as_came;	/* before; NULL: nothing opened */
	struct str bytes_as_came;
	struct letter_view view_as_came;
	struct str *named;		/* whose certificates it is for */
	size_t n_named;
	bool is_split;			/* not for all recipients */
	struct str recalled;		/* what was found when it first came */
};

/* Trust and finder, held for the whole journey. -1 also where the policy has
 * no S/MIME: ERR_PERM. */
int smime_hold(struct journey *j, struct err *err) FALLIBLE;

/* ---- out --------------------------------------------------------------- */

/* What the sender's program did, when somebody inside sends, and whether it is
 * certain who did (smimemeans.c). */
void smime_look(struct journey *j);

/* Fill in has_certificate, can_sign and why not, for the ladder. */
void smime_means(struct journey *j, const struct address *recipient,
    struct ladder_means *out);

/* What was decided asks for a signature, and another authority has to make the
 * sender's certificate first: order it. */
void smime_order(struct journey *j);

/* Is the copy for recipient i signed, which is not encrypted? */
bool smime_signs(struct journey *j, size_t i);

/* The certificate of a recipient, as it was found before or is now. Fails
 * ERR_TEMP there is none any more. */
int smime_certificate(struct journey *j, struct str address,
    const struct find_result **out, struct err *err) FALLIBLE;

/* Who signs, with a key. Fails ERR_TEMP. */
int smime_signer(struct journey *j, const struct smimeout_signer **out,
    struct err *err) FALLIBLE;

/* The copy is encrypted here (smimeseal.c). */
bool smime_is_for(const struct journey *j, const struct verdict *v);

/* A variant signed, with our fields on top; appended. */
int smime_write_signed(struct journey *j, const struct journey_variant *v,
    struct str above, struct buf *out, struct err *err) FALLIBLE;

/* How many payloads all who get it encrypted need at most; and make them. */
size_t smime_payloads(const struct journey *j);
int smime_seal(struct journey *j, struct err *err) FALLIBLE;

/* ---- in (smimeopen.c) -------------------------------------------------- */

/* Open and judge what comes in for people inside. Fails ERR_TEMP. */
int smime_open(struct journey *j, struct err *err) FALLIBLE;

/* Verdicts that refuse an opened message, where the rules would take it as it
 * came, keep it instead: the dialogue does not tell what is inside
 * (smimespare.c). */
void smime_spare(struct journey *j);

/* Does this recipient get it as it came, since it was not encrypted to him, or
 * since he is outside? */
bool smime_stays_closed(const struct journey *j, const struct address *to);

/* Remember the certificate of a valid signature. */
void smime_harvest(struct journey *j);

/* ---- the record (smimerecord.c) ---------------------------------------- */

/* Members for recipient i, and for the message, of the event. */
void smime_record_out(const struct journey *j, size_t i, struct buf *b);
void smime_record_in(const struct journey *j, struct buf *b);

/* Give back and free what is not in the arena. */
void smime_done(struct journey *j);

#endif
