/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unseal: EnvelopedData and AuthEnvelopedData decrypted, whole or not at all.
 *
 * Security: hostile CMS, our keys. Whatever is wrong with a key that was
 * transported, the content is decrypted with a random one instead, so that
 * nobody learns from us whether RSA's padding was right (RFC 3218). Nothing of
 * out is left where a tag or a padding does not fit. Threads: any.
 * Source  RFC 5652 6, RFC 5083, RFC 5084, RFC 5753, RFC 3218
 */
#ifndef CMS_UNSEAL_H
#define CMS_UNSEAL_H

#include <openssl/cms.h>

#include "cms/smimein.h"

struct unseal {
	enum smimein_seal seal;
	const char *why;	/* of BROKEN: "it was changed on the way" */
	const char *cipher;	/* "AES-256-GCM"; or NULL */
	bool is_strong;		/* see struct smimein_result; always set */
	bool is_proven;		/* the cipher proves that nobody changed it */
};

/*
 * Open it: with the first key that find() has.
 *
 * cms, der  the same thing, parsed and as it came
 * out       appended to where the seal is SMIMEIN_OPENED; its maximum holds
 * Fails     ERR_TEMP the keeper cannot be asked
 */
int unseal_open(CMS_ContentInfo *cms, struct str der,
    const struct smimein_keys *keys, struct arena *a, struct buf *out,
    struct unseal *s, struct err *err) FALLIBLE;

#endif
