/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyrecord: the public key in a TXT record, and what it verifies. Threads:
 * any.
 */
#ifndef DKIM_KEYRECORD_H
#define DKIM_KEYRECORD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "dkim/canon.h"

#define KEYRECORD_MAX_BYTES 8192	/* of text */
#define KEYRECORD_KEY_MAX 2048		/* bytes of a key, decoded */
#define KEYRECORD_RSA_MIN_BITS 1024	/* RFC 8301 3.2 */
#define KEYRECORD_RSA_MAX_BITS 8192	/* what one check may cost us */
#define KEYRECORD_ED25519_BYTES 32

enum dkim_algorithm {
	DKIM_RSA_SHA256,
	DKIM_ED25519_SHA256,
	DKIM_ALGORITHMS,
};

struct keyrecord {
	enum dkim_algorithm algorithm;
	size_t n;			/* bytes of key; 0: revoked */
	uint8_t key[KEYRECORD_KEY_MAX];
	bool is_testing;		/* t=y */
	bool is_strict;			/* t=s: i= is in d= itself */
	bool allows_sha256, allows_email;	/* h=, s= */
};

/* "rsa-sha256", "ed25519-sha256" */
const char *dkim_algorithm_name(enum dkim_algorithm algorithm);

/* Fails ERR_INPUT: it is no key record, or one of a kind we do not know.
 * Source  RFC 6376 3.6.1, RFC 8463 4 */
int keyrecord_parse(struct str text, struct keyrecord *out, struct err *err)
    FALLIBLE;

/*
 * Is this the key's signature of the digest?
 * Fails  ERR_PERM the key cannot be used; ERR_LIMIT it is too weak or too
 *        large; ERR_DENIED the signature is not of this digest by this key
 */
int keyrecord_verify(const struct keyrecord *r,
    const struct canon_digest *digest, struct str signature,
    struct err *err) FALLIBLE;

/* Append "v=DKIM1; k=…; p=…" for a public key: SubjectPublicKeyInfo for RSA,
 * 32 raw bytes for Ed25519. */
void keyrecord_format(enum dkim_algorithm algorithm, struct str key,
    struct buf *out);

#endif
