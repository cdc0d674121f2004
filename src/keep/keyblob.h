/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyblob: what a mail key is outside the keeper.
 *
 *	blob = 1 (version) || kind || use || place || nonce 12 || ciphertext
 *	    || tag 16
 *
 * The plaintext is the key's numbers (keep/rawkey), or for a key in a
 * token the token's name. Threads: any.
 * Source  doc/formats/keeper.md
 */
#ifndef KEEP_KEYBLOB_H
#define KEEP_KEYBLOB_H

#include "keep/blob.h"
#include "keep/rawkey.h"

#define KEYBLOB_HEAD_BYTES 4

enum keyblob_place {
	KEYBLOB_NUMBERS,	/* the private key itself */
	KEYBLOB_TOKEN,		/* it is in a PKCS#11 token */
	KEYBLOB_PLACES,
};

/* Whose key it is, and which. */
struct keyblob_label {
	const struct blob_parent *parent;	/* of the workspace */
	struct id workspace, id;
	enum mailkey_use use;
};

/* Encrypt; returns the length of what was written to sealed. */
size_t keyblob_seal(const struct keyblob_label *label,
    enum mailkey_kind kind, enum keyblob_place place, struct str plain,
    uint8_t sealed[static MAILKEY_SEALED_MAX]);

/* Decrypt into plain, which holds RAWKEY_MAX. Fails ERR_PERM: changed, or
 * of another workspace, id or use. */
int keyblob_open(const struct keyblob_label *label, struct str sealed,
    enum mailkey_kind *kind, enum keyblob_place *place,
    uint8_t *plain, size_t *plain_len, struct err *err) FALLIBLE;

#endif
