/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ladder: the ways to protect a message, and which of them meets what is
 * demanded for one recipient.
 *
 * A demand is a least assurance, an order of preference, and what else has to
 * hold. The ladder takes the first rung in that order that meets all of it and
 * says why each one before it was passed over. It never takes a weaker one.
 * Threads: any; no state.
 */
#ifndef POLICY_LADDER_H
#define POLICY_LADDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* What is promised, weakest first. */
enum assurance {
	ASSURANCE_NONE,		/* opportunistic TLS only */
	ASSURANCE_TRANSIT,	/* on the way, to a server that has proven
				   whose it is */
	ASSURANCE_PORTAL,	/* where it lies, too, and who may read it */
	ASSURANCE_END_TO_END,	/* only the recipient's key opens it */
};

enum rung {
	RUNG_NONE,		/* nothing meets the demand */
	RUNG_CLEAR,
	RUNG_TLS,
	RUNG_PORTAL,
	RUNG_SMIME,
};
#define LADDER_RUNGS 3		/* that protect */

struct demand {
	enum assurance assurance;
	enum rung prefer[LADDER_RUNGS];	/* no others are taken */
	size_t n_prefer;	/* 0: the simplest for the recipient first */
	bool signs;		/* with the sender's certificate */
	bool second_factor;	/* a passphrase beside the link */
	bool restricts;		/* rights or an expiry */
};

/* What is known about one recipient, its domain and the sender. All false:
 * nothing is. */
struct ladder_means {
	bool has_certificate;	/* the recipient's, and it is usable */
	bool proves_tls;	/* the domain's servers can be verified */
	bool has_passphrase;	/* agreed with the recipient */
	bool can_sign;		/* there is a certificate for the sender */
	bool is_sealed;		/* the message is encrypted to somebody already:
				   it goes as it is */
	/* Why not, where it was found out: a clause, as long as the choice.
	 * NULL: the usual one. */
	const char *no_certificate, *cannot_sign;
};

struct ladder_choice {
	enum rung rung;
	struct ladder_pass {
		enum rung rung;
		const char *why;	/* a clause without a stop */
	} passed[LADDER_RUNGS + 1];	/* in the order they were tried */
	size_t n_passed;
};

/* Both hold from now on: the higher assurance, and the preference of what was
 * demanded first. */
void ladder_add(struct demand *d, const struct demand *more);

/* Does the choice depend on what is known about the recipient? Where it does
 * not, nobody need find that out. */
bool ladder_depends(const struct demand *d);

/* The first rung of the order that meets all of the demand. */
void ladder_pick(const struct demand *d, const struct ladder_means *m,
    struct ladder_choice *out);

/* "verified TLS", "portal", "S/MIME", "clear"; for people. */
const char *ladder_name(enum rung rung);

/* "transit", "portal", "end_to_end", as in policy.yaml. */
const char *ladder_assurance_name(enum assurance assurance);

/* "end_to_end, signed, second factor"; empty: nothing is demanded. */
void ladder_describe(const struct demand *d, struct buf *out);

#endif
