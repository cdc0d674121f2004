/* SPDX-License-Identifier: Apache-2.0 */
/*
 * params: the parameters of Content-Type and Content-Disposition.
 */
#ifndef MIME_PARAMS_H
#define MIME_PARAMS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define PARAMS_MAX_SEGMENTS 256	/* name*0 to name*255 (RFC 2231 3) */

/* The value in front of the first ';', trimmed, comments dropped. */
struct str params_head(struct str raw, struct arena *a);

/*
 * The parameter `name` as UTF-8 text, or empty: RFC 2231 values, else plain
 * ones with encoded words decoded (no standard allows that, all readers do).
 * *differs is set when it is given more than once with different values.
 * Source  RFC 2045 5.1, RFC 2231, RFC 2183
 */
struct str params_get(struct str raw, struct str name, struct arena *a,
    bool *differs);

/* Append raw with the parameter `name` set to value, a token, and everything
 * else as it stands. Segments of it (RFC 2231 3) go.
 * False, and nothing appended: raw is too broken to say that in it. */
bool params_set(struct str raw, const char *name, const char *value,
    struct arena *a, struct buf *out);

/* params_get(), bytes as they stand: for boundaries. */
struct str params_get_raw(struct str raw, struct str name, struct arena *a,
    bool *differs);

#endif
