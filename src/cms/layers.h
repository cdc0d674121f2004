/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layers: a message taken apart from the root down: signed, encrypted, signed,
 * until there is an entity that is neither. Inside cms/ only.
 *
 * Security: only the root of each layer is looked at. An encrypted part among
 * others is nobody's business here: decrypted, it would stand in a message
 * that somebody else wrote around it (EFAIL, direct exfiltration).
 * Threads: any.
 * Source  RFC 8551 3.7, RFC 9787 4, doc/decisions/0019
 */
#ifndef CMS_LAYERS_H
#define CMS_LAYERS_H

#include "cms/signers.h"
#include "cms/verdict.h"

struct layers {
	const struct smimein_opening *how;
	struct arena *a;
	struct buf text[SMIMEIN_LAYERS_MAX];	/* what came out of them */
	size_t n;
	/* Result: seal, signature (CHANGED, MALFORMED, else UNSIGNED), and
	 * the words for them. */
	struct verdict *v;
	/* Of the signature directly around the payload; state is NONE and n 0
	 * where there is none. */
	struct signers signers;
	bool is_signed;
	const struct letter_part *payload;	/* inside of all layers */
	const struct letter_part *opened;	/* inside the encryption */
	/* Decrypted, and nothing has proven yet that nobody changed it. */
	const struct letter *unproven;
};

/* Take it apart; layers_done() it. Fails ERR_TEMP the keeper. */
int layers_open(const struct letter *letter, struct layers *l,
    struct err *err) FALLIBLE;
void layers_done(struct layers *l);

#endif
