/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool: mapped memory that is used again, for what is too large for the heap.
 *
 * Mapping, touching and unmapping memory costs more than filling it: a page
 * fault for each page, and every other thread's processor is interrupted when
 * a mapping goes. So what is given back is wiped and kept for the next
 * message, as long as what is mapped stays under POOL_SMALL_BYTES
 * and POOL_LARGE_BYTES.
 * Threads: any.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

/* Blocks of up to 256 KiB, and larger ones, are kept while all of them, in use
 * or not, are smaller than this together; a gateway whose messages need more
 * gives the rest back. Most of a small one is never touched. */
#define POOL_SMALL_BYTES ((size_t)128 << 20)
#define POOL_LARGE_BYTES ((size_t)64 << 20)

/* The smallest block. */
#define POOL_MIN_BYTES ((size_t)64 << 10)

/* How large the block for this many bytes is. */
size_t pool_size(size_t bytes);

/* A zeroed, page-aligned block of pool_size(bytes). Aborts when there is no
 * memory. */
void *pool_take(size_t bytes);

/* Give a block of pool_size(bytes) back. Only its first `dirty` bytes were
 * ever written to: they are wiped before this returns. */
void pool_give(void *p, size_t bytes, size_t dirty);

/* Unmap what is kept and not in use. */
void pool_trim(void);

#endif
