/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkimkeys: the DKIM keys the keeper signs with, and their files.
 *
 * A pair is only added, never changed or removed, while the keeper runs, so
 * that what was found stays valid. Threads: any.
 * Source  doc/formats/keeper.md
 */
#ifndef KEEP_DKIMKEYS_H
#define KEEP_DKIMKEYS_H

#include "base/err.h"
#include "keep/blob.h"
#include "keep/keyfile.h"
#include "keepc/dkimkey.h"

#define DKIMKEYS_FILE "dkim-"

struct dkimkeys;

/* Empty; freed with what is in it. NULL is accepted by free. */
struct dkimkeys *dkimkeys_new(void);
void dkimkeys_free(struct dkimkeys **d);

/* Load every dkim-<id>.key of the folder. Fails ERR_PERM naming the file. */
int dkimkeys_load_dir(struct dkimkeys *d, const struct keyfile_dir *dir,
    const struct blob_parent *root, struct err *err) FALLIBLE;

/* A fresh pair, encrypted under the root key and bound to id and name. */
void dkimkeys_make(const struct blob_parent *root, const struct id *id,
    const struct dkimkey_name *name,
    uint8_t sealed[static DKIMKEY_SEALED_BYTES]);

/* Open a pair and use it. The same pair again is no error.
 * Fails  ERR_PERM changed, or another has its domain and selector; ERR_LIMIT
 *        there are DKIMKEY_MAX */
int dkimkeys_add(struct dkimkeys *d, const struct blob_parent *root,
    const struct id *id, const struct dkimkey_name *name,
    const uint8_t sealed[static DKIMKEY_SEALED_BYTES], struct err *err)
    FALLIBLE;

/* The i-th pair, as the record of the wire; all zero when there is none. */
void dkimkeys_record(struct dkimkeys *d, uint32_t i,
    uint8_t record[static DKIMKEY_RECORD_BYTES]);

/* Sign two digests with the two keys. Fails ERR_PERM there is no such pair. */
int dkimkeys_sign(struct dkimkeys *d, const struct id *id,
    const uint8_t digests[static 2 * DKIMKEY_DIGEST_BYTES],
    uint8_t signatures[static DKIMKEY_SIGNED_BYTES], struct err *err)
    FALLIBLE;

#endif
