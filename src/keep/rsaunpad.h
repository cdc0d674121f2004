/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rsaunpad: taking off the padding of PKCS #1 v1.5 without saying whether it
 * was right.
 *
 * Who can learn for chosen ciphertexts whether their padding is right decrypts
 * anything with that (Bleichenbacher 1998; ROBOT 2018; in mail, from bounces
 * or from how long an answer takes). So a wrong padding yields a message all
 * the same: pseudorandom in length and bytes, and the same for the same
 * ciphertext, or asking twice would tell.
 *
 * Threads: any.
 * Source  RFC 8017 7.2.2; draft-irtf-cfrg-rsa-guidance for the method
 */
#ifndef KEEP_RSAUNPAD_H
#define KEEP_RSAUNPAD_H

#include "base/buf.h"
#include "keepc/keepc.h"

/*
 * Append the message inside padded (as long as the modulus, a multiple of 8
 * bytes) to out.
 * secret      of the key alone: what a wrong padding yields comes from it
 * ciphertext  what padded was decrypted from
 */
void rsaunpad(const uint8_t secret[static KEEP_SECRET_BYTES],
    struct str ciphertext, struct str padded, struct buf *out);

#endif
