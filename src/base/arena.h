/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: all memory of one message or request, given back and wiped at once.
 *
 * Allocation aborts when the machine is out of memory; what a peer can make us
 * allocate is bounded by the parsers' own named limits. Threads: one at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/auto.h"
#include "base/must.h"
#include "base/str.h"

struct arena;

#define AUTO_ARENA AUTO_CLEAN(arena_free)

/* An empty arena; free with arena_free(). */
struct arena *arena_new(void);

/* Wipe and free everything; *a becomes NULL. NULL is accepted. */
void arena_free(struct arena **a);

/* Wipe everything and keep the first block for the next message. */
void arena_reset(struct arena *a);

/* Zeroed, aligned for any type; lives until reset or free. */
void *arena_alloc(struct arena *a, size_t size_bytes);

/* n zeroed elements of size_bytes each; the product is checked. */
void *arena_array(struct arena *a, size_t n, size_t size_bytes);

/* Copy with a NUL behind it, so that .p is a C string too. */
struct str arena_str(struct arena *a, struct str s);

/* The same with the letters of ASCII in lower case. */
struct str arena_lower(struct arena *a, struct str s);

/* A formatted C string; lives until reset or free. */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Bytes in use, for limits and metrics. */
size_t arena_used(const struct arena *a);

#endif
