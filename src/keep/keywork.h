/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keywork: signing, decrypting and deriving with an opened key, wherever it
 * is: OpenSSL's keys and those of a token (libp11) are alike here.
 *
 * Threads: any, also with one key at once.
 */
#ifndef KEEP_KEYWORK_H
#define KEEP_KEYWORK_H

#include <openssl/evp.h>

#include "base/buf.h"
#include "keepc/keepc.h"
#include "keepc/keywire.h"

/* Sign how->data. Fails ERR_INPUT this kind does not do this, or the digest
 * has a wrong length; ERR_TEMP the token did not do it. */
int keywork_sign(EVP_PKEY *key, enum mailkey_kind kind,
    const struct keywire_use *how, struct buf *out, struct err *err) FALLIBLE;

/* Does the key do anything at all? Asks a token's by having it sign. */
bool keywork_answers(EVP_PKEY *key, enum mailkey_kind kind);

/* Decrypt how->data; see keyuse.h for the padding of PKCS #1 v1.5, whose
 * secret is the key's. Fails also ERR_INPUT "cannot be decrypted". */
int keywork_decrypt(EVP_PKEY *key, enum mailkey_kind kind,
    const struct keywire_use *how,
    const uint8_t secret[static KEEP_SECRET_BYTES], struct buf *out,
    struct err *err) FALLIBLE;

/* ECDH with the point in how->data. Fails ERR_INPUT it is not on the curve. */
int keywork_derive(EVP_PKEY *key, enum mailkey_kind kind,
    const struct keywire_use *how, struct buf *out, struct err *err) FALLIBLE;

#endif
