/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certrow: what the store keeps beside a certificate, out of the certificate
 * itself. Threads: any.
 */
#ifndef ISSUE_CERTROW_H
#define ISSUE_CERTROW_H

#include "store/certs.h"

/* Hash, names, serial number, key identifier, times and uses; the rest stays
 * as it is. Texts in the arena. Fails ERR_INPUT no certificate. */
int certrow_fill(struct str der, struct arena *a, struct store_cert *row,
    struct err *err) FALLIBLE;

#endif
