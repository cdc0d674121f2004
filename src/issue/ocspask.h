/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocspask: what an OCSP request asks about, as the name under which the answer
 * lies in the store.
 *
 * Security: requests come from anybody. They are read here byte by byte, and
 * nothing but lengths and tags is believed. Threads: any.
 * Source  RFC 6960 4.1, RFC 5019 2.1.1, RFC 5280 4.1.2.2
 */
#ifndef ISSUE_OCSPASK_H
#define ISSUE_OCSPASK_H

#include "base/err.h"
#include "base/str.h"

#define OCSPASK_MAX 2048	/* of a request; real ones are under 200 */
#define OCSPASK_NAME_SIZE 70	/* "ocsp/", 64 digits, NUL */

/*
 * The one certificate that a request in DER asks about. Signatures and
 * extensions of it are passed over: answers are signed ahead.
 * False: malformed, not exactly one certificate, or no hash we know.
 */
bool ocspask_parse(struct str request, char name[static OCSPASK_NAME_SIZE]);

/* The same for a CertID alone. */
bool ocspask_name(struct str certid, char name[static OCSPASK_NAME_SIZE]);

#endif
