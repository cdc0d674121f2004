/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jws: signed JSON, as ACME wants it: ES256 with a P-256 key, flattened; and
 * HS256 for a binding to an account elsewhere. Inside issue/ only. Threads:
 * any.
 * Source  RFC 7515, RFC 7518 3.4, RFC 7638, RFC 8555 6.2
 */
#ifndef ISSUE_JWS_H
#define ISSUE_JWS_H

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/err.h"

#define JWS_THUMBPRINT_SIZE 44	/* 43 characters and NUL */

struct jws {
	const char *url, *nonce;
	struct str kid;		/* the account; empty: the key itself */
	struct str payload;	/* empty: "POST as GET" */
};

/* The key as JWK: {"crv":"P-256",…}, appended. ERR_INPUT: it is no P-256. */
int jws_key(EVP_PKEY *key, struct buf *out, struct err *err) FALLIBLE;

/* Its thumbprint. */
int jws_thumbprint(EVP_PKEY *key, char out[static JWS_THUMBPRINT_SIZE],
    struct err *err) FALLIBLE;

/* Sign, appended. Fails as the key's owner says. */
int jws_sign(EVP_PKEY *key, const struct jws *what, struct buf *out,
    struct err *err) FALLIBLE;

/* The same with a shared secret, without a nonce: externalAccountBinding. */
int jws_mac(struct str secret, const struct jws *what, struct buf *out,
    struct err *err) FALLIBLE;

/* base64url of the SHA-256 of a text, appended. */
void jws_digest(struct str text, struct buf *out);

#endif
