/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokenmake: making a pair of keys inside a PKCS#11 token.
 *
 * Apart from keep/keytoken because libp11 has no call for it that knows
 * elliptic curves: this one goes past it to the module, which libp11 has
 * loaded and logged in to.
 */
#ifndef KEEP_TOKENMAKE_H
#define KEEP_TOKENMAKE_H

#include "base/err.h"
#include "base/id.h"
#include "keepc/mailkey.h"

struct tokenmake {
	const char *module;	/* loaded */
	unsigned long slot;	/* logged in */
	struct id id;		/* becomes CKA_ID */
	enum mailkey_kind kind;
	enum mailkey_use use;
};

/* Make it, unless it is there. It never leaves the token. Fails ERR_PERM the
 * token does not make this kind; ERR_TEMP it did not do it. */
int tokenmake(const struct tokenmake *order, struct err *err) FALLIBLE;

#endif
