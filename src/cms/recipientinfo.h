/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recipientinfo: the content key of an envelope, encrypted for one recipient.
 */
#ifndef CMS_RECIPIENTINFO_H
#define CMS_RECIPIENTINFO_H

#include "cms/der.h"
#include "cms/smimeout.h"

/*
 * Append a RecipientInfo: KeyTransRecipientInfo for an RSA key,
 * KeyAgreeRecipientInfo with a fresh ephemeral key for an EC key (P-256,
 * P-384, P-521), where *is_agreed is set.
 * Fails ERR_PERM no such key, or OpenSSL refuses it
 * Source RFC 5652 6.2, RFC 4055 4.1, RFC 5753 3.1, RFC 3565
 */
int recipientinfo_write(const struct smimeout_recipient *to, struct str key,
    struct der *d, bool *is_agreed, struct err *err) FALLIBLE;

/* IssuerAndSerialNumber of a certificate. */
void recipientinfo_issuer(X509 *x, struct der *d);
/* The same as the IssuerSerial of RFC 5035 5.1. */
void recipientinfo_issuer_names(X509 *x, struct der *d);

#endif
