/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scanc: having attachments read by the scanner.
 *
 * A connection per attachment that is being read, kept for the next one.
 * Threads: any; calls on one struct scanc run side by side.
 * Source  doc/decisions/0007-scanner.md
 */
#ifndef SCANC_SCANC_H
#define SCANC_SCANC_H

#include "base/arena.h"
#include "base/err.h"
#include "extract/extract.h"
#include "mime/letter.h"

struct scanc;

/* Does not connect yet. */
struct scanc *scanc_new(const char *socket_path);

/* NULL is accepted; no call may be running. */
void scanc_free(struct scanc **c);

/*
 * Read one attachment until deadline_ms (monotonic). bytes, name and declared
 * as in extract_read(); everything in *out is in the arena.
 *
 * A scanner that dies on it is asked once more; then *out is one item with
 * EXTRACT_UNREADABLE, and so it is when the answer is malformed. A deadline
 * that passes while it is being read gives EXTRACT_TIMEOUT.
 * Fails  ERR_TEMP    no scanner answers
 *        ERR_DENIED  it does not take requests from this user
 */
int scanc_read(struct scanc *c, struct str bytes, struct str name,
    struct str declared, bool without_rare, int64_t deadline_ms,
    struct arena *a, struct extract_report *out, struct err *err) FALLIBLE;

/* Read every attachment and image of a letter, in the order of its view;
 * without_rare: EXTRACT_UNTYPED will do for what is of no usual type. Decoded
 * here, one at a time, and wiped. Fails as scanc_read() does. */
int scanc_read_all(struct scanc *c, const struct letter_view *view,
    bool without_rare, int64_t deadline_ms, struct arena *a,
    const struct extract_report **out, size_t *n, struct err *err) FALLIBLE;

#endif
