/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocspcheck: asking an OCSP responder, and what its answer is worth.
 *
 * Security: hostile until its signature is the issuer's, or of a responder the
 * issuer named. Threads: any.
 * Source  RFC 6960, RFC 8954 (nonce), RFC 5019
 */
#ifndef PKI_OCSPCHECK_H
#define PKI_OCSPCHECK_H

#include "pki/revocation.h"

/* The request, appended in DER. Without a nonce answers may be kept and signed
 * ahead; with one they are made for this request. */
int ocspcheck_request(const struct cert *c, const struct cert *issuer,
    bool has_nonce, struct buf *out, struct err *err) FALLIBLE;

/*
 * Read the answer. request: what was sent, where it had a nonce, else empty.
 * status UNKNOWN where the responder says that it does not know.
 * Fails ERR_INPUT not an answer for this certificate, not by whom it has to be,
 *       or too old; ERR_TEMP the responder says "later"
 */
int ocspcheck_read(const struct revocation_question *q, struct str request,
    struct str response, struct revocation_answer *out, struct err *err)
    FALLIBLE;

#endif
