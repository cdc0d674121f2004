/* SPDX-License-Identifier: Apache-2.0 */
/*
 * must: assertions that stay in release builds, and the attributes and small
 * macros every file uses.
 *
 * must() is for our own bugs, never for what a peer sent. It aborts the role:
 * before 250 a crash is harmless, after it the store holds the message.
 */
#ifndef BASE_MUST_H
#define BASE_MUST_H

#include <stddef.h>
#include <stdint.h>

#define FALLIBLE __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define UNUSED __attribute__((unused))
#define NORETURN __attribute__((noreturn))

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))

#define must(cond) \
	((cond) ? (void)0 : must_failed(#cond, __FILE__, __LINE__))

/* Say which assertion failed on stderr and abort; async-signal-safe. */
NORETURN void must_failed(const char *cond, const char *file, int line);

/* calloc that aborts when memory is out; free with free(). */
void *must_calloc(size_t n, size_t size_bytes);

/* strdup that aborts when memory is out; free with free(). */
char *must_strdup(const char *s);

#endif
