/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signers: does a CMS signature fit the content, and whose is it? Not whether
 * anybody trusts him: that is judged later, with the sender's address.
 *
 * Security: hostile SignedData. Digests are computed once per algorithm that a
 * SignerInfo uses, not per algorithm that is listed. Several signers: all of
 * them have to fit. Threads: any.
 * Source  RFC 5652 5, RFC 8551 2.5, RFC 8419 (Ed25519)
 */
#ifndef CMS_SIGNERS_H
#define CMS_SIGNERS_H

#include <openssl/cms.h>

#include "cms/smimein.h"

enum signers_state {
	SIGNERS_NONE,		/* only certificates */
	SIGNERS_WHOLE,
	SIGNERS_CHANGED,
	SIGNERS_MALFORMED,
	SIGNERS_UNKNOWN,	/* the certificate is missing, the algorithm is
				   too weak or not known */
};

struct signers {
	enum signers_state state;
	const char *why;	/* "it was made with …", of all but WHOLE */
	/* Who signed it had all of it before him: also of a weak one. */
	bool fits;
	struct cert *carried;
	size_t n_carried;
	const struct cert *of[SMIMEIN_SIGNERS_MAX];	/* in carried */
	size_t n;
	int64_t signed_ms;	/* of the first one */
	struct str capabilities;	/* of the first one */
};

/*
 * Look at the signatures.
 *
 * content  what has to be signed: the exact bytes, with canonical line ends;
 *          NULL where the CMS carries it itself. A signature beside the content
 *          that carries one, too, is malformed (which one would be shown?).
 * out      signers_done() it
 */
void signers_look(CMS_ContentInfo *cms, const struct str *content,
    struct arena *a, struct signers *out);
void signers_done(struct signers *s);

#endif
