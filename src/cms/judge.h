/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge: a signature that fits: does it count, for this sender?
 *
 * Security: fails closed; of several signers the worst decides. A signing time
 * is the signer's own claim: it can only make things worse. Inside cms/ only.
 * Threads: any.
 * Source  RFC 8551 2.5.1, RFC 8550 3 and 4, RFC 9788 4.4, doc/decisions/0019
 */
#ifndef CMS_JUDGE_H
#define CMS_JUDGE_H

#include "cms/inner.h"
#include "cms/sender.h"
#include "cms/signers.h"
#include "cms/verdict.h"

/*
 * Fill signature, signer, signer_cert and path of r, and what the sentence
 * needs of v.
 *
 * outer    the message as it came
 * payload  what is signed; its From counts where scheme says that it has one
 */
void judge_signature(const struct signers *s,
    const struct smimein_opening *how, const struct letter_part *outer,
    const struct letter_part *payload, enum inner_scheme scheme,
    struct arena *a, struct smimein_result *r, struct verdict *v);

#endif
