/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crlcheck: is a certificate on the list of those its authority took back?
 *
 * Only whole lists of the issuer itself: deltas, lists for others and for some
 * reasons only are refused, so that nothing is missing on what is believed.
 * Security: hostile until the issuer's signature is right. Threads: any.
 * Source  RFC 5280 5, 6.3.3
 */
#ifndef PKI_CRLCHECK_H
#define PKI_CRLCHECK_H

#include "pki/revocation.h"

/* Look it up in a list in DER or PEM. Fails ERR_INPUT: the list is not one, not
 * of this issuer, does not cover this certificate, or is too old. */
int crlcheck_read(const struct revocation_question *q, struct str list,
    struct revocation_answer *out, struct err *err) FALLIBLE;

#endif
