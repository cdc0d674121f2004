/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wrap: a received message inside a new one, behind a disclaimer.
 */
#ifndef MIME_WRAP_H
#define MIME_WRAP_H

#include "mime/edit.h"

/* May the field stand outside the wrapped message? Not what speaks of its
 * body, and no signature that the outside would break. */
bool wrap_is_outside(struct str name);

/* Append the outer MIME fields, the disclaimer and the original (in pieces
 * that the caller copies): first the part in front of it, then that behind. */
void wrap_begin(const struct edit *e, struct str original, struct arena *a,
    struct buf *out);
void wrap_end(const struct edit *e, struct buf *out);

#endif
