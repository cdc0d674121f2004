/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blob: 32 secret bytes wrapped under a 32-byte key, bound to what they are.
 *
 *	version 1 || 0 0 0 || nonce 12 || ciphertext 32 || tag 16
 *	key = HKDF(parent, info = "letterlock " || purpose || " v1" ||
 *	    workspace || object)
 *	aad = purpose || workspace || object
 *
 * Each object has its own key, so that random nonces cannot meet however
 * many objects a workspace has. Threads: any.
 * Source  doc/formats/keeper.md
 */
#ifndef KEEP_BLOB_H
#define KEEP_BLOB_H

#include "base/err.h"
#include "base/id.h"
#include "keepc/keepc.h"

/* What a secret is and whose. purpose is one of ours, short, static. */
struct blob_label {
	const char *purpose;
	struct id workspace;	/* zero: the installation's */
	struct id object;
};

/* A key that others are derived from: HKDF's first half, done once. Secret. */
struct blob_parent {
	uint8_t prk[KEEP_SECRET_BYTES];
};

/* HKDF-Extract (RFC 5869 2.2) without salt. */
void blob_parent(const uint8_t key[static KEEP_SECRET_BYTES],
    struct blob_parent *parent);

/* HKDF-Expand (RFC 5869 2.3) to 32 bytes: info is text || more. */
void blob_derive(const struct blob_parent *parent, const char *text,
    struct str more, uint8_t out[static KEEP_SECRET_BYTES]);

/* Wrap secret. */
void blob_wrap(const struct blob_parent *parent,
    const struct blob_label *label,
    const uint8_t secret[static KEEP_SECRET_BYTES],
    struct keep_wrapped *wrapped);

/* Unwrap. Fails ERR_PERM when the blob was changed or is not this label's. */
int blob_unwrap(const struct blob_parent *parent,
    const struct blob_label *label, const struct keep_wrapped *wrapped,
    uint8_t secret[static KEEP_SECRET_BYTES], struct err *err) FALLIBLE;

/* AES-256-GCM of 32 bytes: blob is nonce 12 || ciphertext 32 || tag 16, the
 * nonce fresh. Opening returns 0 or -1; secret is untouched on failure. */
#define BLOB_SEALED_BYTES 60
void blob_seal(const uint8_t key[static KEEP_SECRET_BYTES], struct str aad,
    const uint8_t secret[static KEEP_SECRET_BYTES],
    uint8_t sealed[static BLOB_SEALED_BYTES]);
int blob_open(const uint8_t key[static KEEP_SECRET_BYTES], struct str aad,
    const uint8_t sealed[static BLOB_SEALED_BYTES],
    uint8_t secret[static KEEP_SECRET_BYTES]) FALLIBLE;

/* The same for a secret of any length: sealed is BLOB_OVERHEAD_BYTES longer.
 * What could not be opened is wiped. */
#define BLOB_OVERHEAD_BYTES 28
void blob_seal_long(const uint8_t key[static KEEP_SECRET_BYTES],
    struct str aad, struct str secret, uint8_t *sealed);
int blob_open_long(const uint8_t key[static KEEP_SECRET_BYTES],
    struct str aad, struct str sealed, uint8_t *secret) FALLIBLE;

#endif
