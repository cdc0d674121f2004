/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocspmake: an OCSP answer about one certificate, signed ahead. Inside issue/
 * only. Threads: any.
 * Source  RFC 6960 4.2, RFC 5019 2.2
 */
#ifndef ISSUE_OCSPMAKE_H
#define ISSUE_OCSPMAKE_H

#include <openssl/x509.h>

#include "base/arena.h"
#include "base/err.h"
#include "issue/ocspask.h"

struct ocspmake {
	X509 *issuer;		/* of the certificate asked about */
	X509 *responder;
	EVP_PKEY *key;		/* the responder's */
	struct str serial;	/* hexadecimal */
	bool is_revoked;
	int64_t revoked_ms;
	unsigned reason;
	int64_t this_ms, next_ms;
};

/* Under which two names it is looked up: asked for by SHA-1 and by SHA-256
 * hashes of its issuer. The answer holds both. */
struct ocspmake_names {
	char sha1[OCSPASK_NAME_SIZE], sha256[OCSPASK_NAME_SIZE];
};

/* The names alone. Fails ERR_INPUT serial is no number. */
int ocspmake_names(X509 *issuer, struct str serial,
    struct ocspmake_names *out, struct err *err) FALLIBLE;

/* *der is in the arena. Fails as certmake(). */
int ocspmake(const struct ocspmake *how, struct arena *a, struct str *der,
    struct err *err) FALLIBLE;

#endif
