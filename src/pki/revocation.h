/* SPDX-License-Identifier: Apache-2.0 */
/*
 * revocation: was a certificate taken back: its OCSP responder is asked first,
 * then the list (CRL) of its authority is looked at.
 *
 * Security: answers come over plain HTTP from anywhere; what counts is who
 * signed them and until when they hold. Sizes are bounded. Threads: any.
 * Source  RFC 5280 5 and 6.3, RFC 6960, doc/decisions/0020
 */
#ifndef PKI_REVOCATION_H
#define PKI_REVOCATION_H

#include "base/clock.h"
#include "pki/cert.h"
#include "pki/source.h"

#define REVOCATION_OCSP_MAX (64u << 10)
#define REVOCATION_CRL_MAX (16u << 20)
/* Clocks differ, and answers are made a little ahead. */
#define REVOCATION_SKEW_MS (5 * CLOCK_MINUTE_MS)
/* An OCSP answer that does not say until when it holds. */
#define REVOCATION_HOLDS_MS (24 * CLOCK_HOUR_MS)

enum revocation_status {
	REVOCATION_GOOD,
	REVOCATION_REVOKED,
	REVOCATION_UNKNOWN,	/* nobody said */
};

struct revocation_answer {
	enum revocation_status status;
	int64_t revoked_ms;	/* since when */
	int reason;		/* CRLReason, -1: not said */
	int64_t fresh_until_ms;	/* when to ask again */
	struct err why;		/* UNKNOWN: of the last that was asked */
};

/* What is asked about: both parsed from what OpenSSL took as a chain. */
struct revocation_question {
	const struct cert *cert, *issuer;
	int64_t now_ms;
	bool allows_sha1;
};

/* Ask for one certificate; answers that count are kept by the source. Never
 * fails: what could not be found out is unknown, and says why. */
void revocation_ask(const struct source *s, const struct cert *cert,
    const struct cert *issuer, int64_t now_ms, bool allows_sha1,
    struct revocation_answer *out);

/* True: SHA-1 or older, or none that we know. nid of a signature algorithm;
 * what RSA-PSS says of its digest is not in there. */
bool revocation_is_weak(int signature_nid, bool allows_sha1);

/* An ASN.1 time; false: it is none. */
bool revocation_time(const ASN1_TIME *t, int64_t *ms);

#endif
