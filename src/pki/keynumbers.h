/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keynumbers: a private key as OpenSSL holds it, and as plain integers.
 *
 * Only for pki/pkcs12. Security: private keys. Threads: any.
 */
#ifndef PKI_KEYNUMBERS_H
#define PKI_KEYNUMBERS_H

#include "pki/pkcs12.h"

/* Into the arena. Fails ERR_INPUT: a kind that we do not use. */
int keynumbers_take(const EVP_PKEY *key, struct arena *a,
    struct pkcs12_key *out, struct err *err) FALLIBLE;

/* The other way; x has the public half. EVP_PKEY_free() it; NULL: the numbers
 * are no such key. */
EVP_PKEY *keynumbers_give(const struct pkcs12_key *key, X509 *x);

#endif
