/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope: what EnvelopedData and AuthEnvelopedData say of themselves, read
 * without any key. Inside cms/ only.
 *
 * Security: anybody wrote it. Threads: any.
 * Source  RFC 5652 6.1, RFC 5083 2.1, RFC 3565 4.1, RFC 5084 3.2
 */
#ifndef CMS_ENVELOPE_H
#define CMS_ENVELOPE_H

#include <stdbool.h>

#include "base/str.h"

struct envelope {
	struct str recipients;	/* RecipientInfo, one behind another */
	struct str content;	/* of EncryptedContentInfo */
	struct str rest;	/* behind it: attributes, tag */
};

/* False: it is none. */
bool envelope_read(struct str der, struct envelope *out);

/* The GCMParameters' nonce; empty: there is none. */
struct str envelope_nonce(const struct envelope *e);

/* Is there something in it, by AES (GCM where is_auth, else CBC), for at least
 * one who has a private key? */
bool envelope_is_strong(const struct envelope *e, bool is_auth);

#endif
