/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootfile: the key of an offline root: made where somebody sits in front of
 * it, kept in a file that a passphrase protects, never in the keeper.
 *
 * Runs in the CLI. Threads: any.
 * Source  RFC 8018 (PBES2), doc/decisions/0022
 */
#ifndef ISSUE_ROOTFILE_H
#define ISSUE_ROOTFILE_H

#include <openssl/evp.h>

#include "keepc/mailkey.h"

#define ROOTFILE_PASSPHRASE_MIN 8
#define ROOTFILE_PASSPHRASE_MAX 1024

/* A fresh key; EVP_PKEY_free() it. Fails ERR_INPUT no kind for an authority. */
int rootfile_make(enum mailkey_kind kind, EVP_PKEY **out, struct err *err)
    FALLIBLE;

/* Write it durably as a new file. Fails ERR_INPUT the file exists or the
 * passphrase is too short; ERR_PERM. */
int rootfile_write(const char *path, EVP_PKEY *key, struct str passphrase,
    struct err *err) FALLIBLE;

/* Read it. Fails ERR_INPUT another passphrase, or no such file of ours. */
int rootfile_read(const char *path, struct str passphrase, EVP_PKEY **out,
    struct err *err) FALLIBLE;

#endif
