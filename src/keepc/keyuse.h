/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyuse: signing, decrypting and deriving with a mail key, as the provider
 * asks for it; others use its EVP_PKEYs.
 *
 * how says scheme, digest, mgf, salt_len and data; use and sealed are the
 * key's.
 * Fails  ERR_TEMP no keeper, or the token does not answer; ERR_PERM the key
 *        was changed; ERR_INPUT it does not do this; ERR_DENIED
 */
#ifndef KEEPC_KEYUSE_H
#define KEEPC_KEYUSE_H

#include "keepc/keepc.h"
#include "keepc/keywire.h"

/* Sign a digest, or with EdDSA a message. RSA: as long as the modulus; ECDSA:
 * DER; EdDSA: 64 bytes. */
int keyuse_sign(struct keepc *k, const struct mailkey *key,
    const struct keywire_use *how, struct buf *signature, struct err *err)
    FALLIBLE;

/*
 * Decrypt. A padding of PKCS #1 v1.5 that is wrong does not fail: out receives
 * bytes that nobody can tell from a message, always the same for one
 * ciphertext, so that there is nothing to learn from an answer.
 */
int keyuse_decrypt(struct keepc *k, const struct mailkey *key,
    const struct keywire_use *how, struct buf *out, struct err *err) FALLIBLE;

/* ECDH with an uncompressed point: the x coordinate. */
int keyuse_derive(struct keepc *k, const struct mailkey *key,
    struct str point, struct buf *shared, struct err *err) FALLIBLE;

#endif
