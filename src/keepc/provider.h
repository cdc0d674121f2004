/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider: an OpenSSL provider whose private keys are in the keeper. What
 * signs, decrypts or derives with such an EVP_PKEY (CMS, X.509, OCSP, CMP) asks
 * the keeper, and knows nothing of it.
 *
 * RSASSA-PKCS1-v1_5 and -PSS, ECDSA, Ed25519; RSAES-PKCS1-v1_5 and -OAEP; ECDH.
 * Verifying and encrypting use the public half in OpenSSL's own provider.
 * Threads: any; each call takes a connection of its own out of a few.
 */
#ifndef KEEPC_PROVIDER_H
#define KEEPC_PROVIDER_H

#include <openssl/evp.h>

#include "keepc/mailkey.h"

struct provider;

/* Load it; role as keepc_new(). socket_path is copied. One per process.
 * Fails ERR_PERM. */
int provider_new(const char *socket_path, const char *role,
    struct provider **out, struct err *err) FALLIBLE;

/* Every key opened with it is freed before. NULL is accepted. */
void provider_free(struct provider **p);

/*
 * The key as OpenSSL sees it; EVP_PKEY_free() it. Nothing is asked yet.
 * Fails ERR_INPUT its public half is malformed
 */
int provider_open(struct provider *p, const struct mailkey *key,
    EVP_PKEY **out, struct err *err) FALLIBLE;

/*
 * Why the last private operation of this thread failed, where the keeper said
 * so: ERR_TEMP no keeper, the token is away; ERR_PERM no token, its PIN;
 * ERR_INPUT what was asked for is not done. False: it did not fail, or a key
 * was opened since.
 */
bool provider_failure(struct err *err);

#endif
