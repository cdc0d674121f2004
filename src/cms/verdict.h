/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict: one sentence about a message, for people who never heard of S/MIME.
 * Inside cms/ only. Threads: any.
 */
#ifndef CMS_VERDICT_H
#define CMS_VERDICT_H

#include "cms/smimein.h"

struct verdict {
	enum smimein_seal seal;
	enum smimein_signature signature;
	const char *cipher;
	const char *seal_why;		/* "it was changed on the way" */
	const char *signature_why;	/* as far as it is no certificate's */
	struct str signer;		/* address, or name */
	struct str certificate;		/* why it is not usable: pki/path.h */
	struct str other;		/* who sent it for him; or empty */
	bool is_strong;			/* see struct smimein_result */
	bool was_signed_around;		/* outside of the encryption only */
	int64_t signed_ms, now_ms;
};

/* "It was encrypted (AES-256-GCM) and is signed by alice@example.com." */
struct str verdict_sentence(const struct verdict *v, struct arena *a);

#endif
