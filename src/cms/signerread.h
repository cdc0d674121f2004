/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signerread: one SignerInfo. Inside cms/ only. Threads: any.
 * Source  RFC 5652 5.3 and 11, RFC 8551 2.5
 */
#ifndef CMS_SIGNERREAD_H
#define CMS_SIGNERREAD_H

#include <openssl/cms.h>

#include "base/arena.h"

/* Its digest, or NULL: one that we do not know. */
const EVP_MD *signerread_md(CMS_SignerInfo *si);

/* Is one of its algorithms broken (SHA-1, MD5)? */
bool signerread_is_weak(CMS_SignerInfo *si);

/* NULL, or what is wrong with it whatever the digest says; content is what it
 * has to sign. */
const char *signerread_malformed(CMS_SignerInfo *si, struct str content);

/* Does it fit? The certificate was set; the content went through chain. */
bool signerread_fits(CMS_SignerInfo *si, X509 *cert, BIO *chain);

/* The signing time (0: none) and the capabilities, DER (or empty). */
void signerread_read(CMS_SignerInfo *si, struct arena *a, int64_t *signed_ms,
    struct str *capabilities);

#endif
