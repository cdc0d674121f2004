/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign: DKIM-Signature fields for a message, RSA and Ed25519 side by side.
 *
 * Private keys are elsewhere: a callback signs digests. Threads: any.
 */
#ifndef DKIM_SIGN_H
#define DKIM_SIGN_H

#include "base/buf.h"
#include "dkim/signature.h"

#define SIGN_FIELDS_MAX 8	/* of one name that are signed */
#define SIGN_HEADER_MAX (64u << 10)	/* bytes of the new fields */

/* A signature by each algorithm. */
struct sign_both {
	size_t n[DKIM_ALGORITHMS];
	uint8_t b[DKIM_ALGORITHMS][SIGNATURE_BYTES_MAX];
};

/* In whose name, by which keys. */
struct sign_signer {
	struct str domain;
	struct str selector[DKIM_ALGORITHMS];
	void *ctx;
	int (*sign)(void *ctx,
	    const struct canon_digest digest[static DKIM_ALGORITHMS],
	    struct sign_both *out, struct err *err);
};

/*
 * Make two DKIM-Signature fields, to stand in front of the message. They are
 * relaxed/relaxed, sign the whole body, and sign the fields people see once
 * more than they are there, so that none can be added.
 *
 * f    of the bytes as they will be sent: CRLF line ends
 * out  the fields with their CRLF, in the arena
 * Fails   ERR_INPUT there is no From field; or as signer->sign does
 * Source  RFC 6376 5, RFC 8463 3
 */
int sign_message(const struct fields *f, const struct sign_signer *signer,
    int64_t now_ms, struct arena *a, struct str *out, struct err *err)
    FALLIBLE;

/* ---- shared with ARC -------------------------------------------------- */

/* Append the value of h=, folded; fields of the name `extra` are in it
 * too, as often as they are there. */
void sign_put_names(const struct fields *f, struct str extra,
    struct buf *out);

/* The relaxed hash of a body. */
void sign_hash_body(struct str body, struct canon_digest *out);

/* Append base64 folded into the lines of a header field. */
void sign_put_base64(struct str bytes, struct buf *out);

#endif
