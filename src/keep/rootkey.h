/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rootkey: the text of root.key, plain or under a passphrase.
 * Source  doc/formats/keeper.md
 */
#ifndef KEEP_ROOTKEY_H
#define KEEP_ROOTKEY_H

#include "base/buf.h"
#include "base/err.h"
#include "keepc/keepc.h"

/* Append the text for key; passphrase.len == 0 stores it plain. */
int rootkey_format(const uint8_t key[static KEEP_SECRET_BYTES],
    struct str passphrase, struct buf *out, struct err *err) FALLIBLE;

/* Read it back. Fails ERR_PERM: malformed, a passphrase is needed, there is
 * none to be given, the passphrase is wrong. */
int rootkey_parse(struct str text, struct str passphrase,
    uint8_t key[static KEEP_SECRET_BYTES], struct err *err) FALLIBLE;

#endif
