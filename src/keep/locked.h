/* SPDX-License-Identifier: Apache-2.0 */
/*
 * locked: memory for keys: never swapped, not in core dumps, wiped.
 *
 * Locking is best effort: RLIMIT_MEMLOCK may be smaller than what is asked.
 */
#ifndef KEEP_LOCKED_H
#define KEEP_LOCKED_H

#include <stddef.h>

/* Zeroed whole pages; aborts when memory is out. */
void *locked_new(size_t size_bytes);

/* Wipe and unmap *pp, which becomes NULL; NULL is accepted. pp points to the
 * pointer, size_bytes is what locked_new() was given. */
void locked_free(void *pp, size_t size_bytes);

#endif
