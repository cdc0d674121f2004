/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blobs: large ciphertext in files of its own beside the database, written
 * once instead of twice (log and file). Inside store/ only.
 *
 * A file is written and synced before the row that names it is committed, and
 * removed after the row is gone; what a crash leaves behind is swept at the
 * next start. Threads: any.
 */
#ifndef STORE_BLOBS_H
#define STORE_BLOBS_H

#include "base/buf.h"
#include "base/id.h"

#define BLOB_BYTES_MIN (256u << 10)	/* below, a row is cheaper */

struct blobs;

/* The folder of blobs for a database file; made when it is not there. */
int blobs_open(const char *store_path, struct blobs **out, struct err *err)
    FALLIBLE;
void blobs_close(struct blobs **b);

/* Write one, durably. id and part name it. Fails ERR_TEMP. */
int blob_put(struct blobs *b, const struct id *id, uint32_t part,
    struct str bytes, struct err *err) FALLIBLE;

/* Read from an offset, at most cap bytes; *got 0 at the end. */
int blob_read(struct blobs *b, const struct id *id, uint32_t part,
    uint64_t offset, uint8_t *out, size_t cap, size_t *got, struct err *err)
    FALLIBLE;

/* Remove one; nothing there is no error. */
void blob_drop(struct blobs *b, const struct id *id, uint32_t part);

/* Ask of every id that has files and is older than an hour whether it is
 * known, and remove those that are not. */
void blobs_sweep(struct blobs *b, bool (*is_known)(void *ctx,
    const struct id *id), void *ctx);

#endif
