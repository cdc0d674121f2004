/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rawkey: a private key as raw integers of fixed lengths, and as OpenSSL
 * has it. No ASN.1 comes in.
 *
 *	RSA of k bytes   n k || e 8 || d k || p k/2 || q k/2 || d mod p-1 k/2
 *	                 || d mod q-1 k/2 || q^-1 mod p k/2
 *	P-256, P-384     scalar 32, 48 || point 65, 97
 *	Ed25519          seed 32
 *
 * Threads: any.
 * Source  doc/formats/keeper.md
 */
#ifndef KEEP_RAWKEY_H
#define KEEP_RAWKEY_H

#include <openssl/evp.h>

#include "base/err.h"
#include "keepc/mailkey.h"

#define RAWKEY_MAX (MAILKEY_NUMBER_MAX * 2 + 8 + MAILKEY_NUMBER_MAX / 2 * 5)

struct rawkey {
	enum mailkey_kind kind;
	size_t len;
	uint8_t b[RAWKEY_MAX];
};

/* The length of the numbers of a kind. */
size_t rawkey_bytes(enum mailkey_kind kind);

/* A fresh key. EVP_PKEY_free() it. */
EVP_PKEY *rawkey_new_key(enum mailkey_kind kind);

/* The numbers of a key; false: it is not of this kind. */
bool rawkey_of(const EVP_PKEY *key, enum mailkey_kind kind,
    struct rawkey *out);

/* The key of these numbers, or NULL: they are none. EVP_PKEY_free() it. */
EVP_PKEY *rawkey_key(const struct rawkey *numbers);

/* Work out what parts leave out. Fails ERR_INPUT: they are no such key, which
 * includes primes that are none. */
int rawkey_complete(const struct mailkey_parts *parts,
    struct rawkey *out, struct err *err) FALLIBLE;

/* The parts, pointing into numbers. */
struct mailkey_parts rawkey_parts(const struct rawkey *numbers);

/* Wipe. For AUTO_CLEAN. */
void rawkey_wipe(struct rawkey *numbers);

#endif
