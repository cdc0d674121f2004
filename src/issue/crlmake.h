/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crlmake: a certificate revocation list, signed. Inside issue/ only. Threads:
 * any.
 * Source  RFC 5280 5
 */
#ifndef ISSUE_CRLMAKE_H
#define ISSUE_CRLMAKE_H

#include <openssl/x509.h>

#include "base/arena.h"
#include "base/err.h"

struct crlmake_entry {
	struct str serial;	/* hexadecimal */
	int64_t at_ms;
	unsigned reason;	/* CRLReason; 0: none is given */
};

struct crlmake {
	X509 *by;
	EVP_PKEY *key;
	int64_t number, this_ms, next_ms;
	const struct crlmake_entry *entries;
	size_t n;
};

/* *der is in the arena. Fails as certmake(). */
int crlmake(const struct crlmake *how, struct arena *a, struct str *der,
    struct err *err) FALLIBLE;

#endif
