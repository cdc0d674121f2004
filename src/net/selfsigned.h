/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selfsigned: a certificate for first use, until a real one is there.
 */
#ifndef NET_SELFSIGNED_H
#define NET_SELFSIGNED_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

#define SELFSIGNED_DAYS 397	/* browsers accept no longer ones */

/* Append a P-256 key (PKCS #8) and a certificate for hostname, localhost,
 * 127.0.0.1 and ::1, both PEM. Source: RFC 5280. Fails ERR_PERM. */
int selfsigned_make(const char *hostname, struct buf *key, struct buf *cert,
    struct err *err) FALLIBLE;

/* Give a certificate a serial number nobody can foretell: positive, and always
 * 16 bytes. False: OpenSSL has no randomness. Source: RFC 5280 4.1.2.2. */
bool selfsigned_serial(X509 *x);

#endif
