/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf: a growing byte buffer with a maximum, wiped when it goes.
 *
 * Memory comes from pool.h, not from the heap, once it passes
 * POOL_MIN_BYTES.
 * Passing the maximum sets `over` and drops the rest; the caller asks once,
 * with buf_check(), when it has appended everything.
 * Threads: one at a time.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/str.h"

struct buf {
	uint8_t *p;
	size_t len;
	size_t cap;
	size_t max;
	size_t dirty;	/* bytes from p that may have been written to */
	bool over;
};

#define AUTO_BUF AUTO_CLEAN(buf_done)
#define BUF_INIT(max_bytes) { NULL, 0, 0, (max_bytes), 0, false }

/* Empty, no memory yet; max_bytes bounds all that is appended. */
void buf_init(struct buf *b, size_t max_bytes);

/* Wipe and free; the buf may be used again with its old maximum. */
void buf_done(struct buf *b);

/* Wipe what was written and keep the memory. */
void buf_reset(struct buf *b);

/* Append bytes, a slice, a C string, one byte, an integer in network order,
 * formatted text. */
void buf_append(struct buf *b, const void *p, size_t len);
void buf_str(struct buf *b, struct str s);
void buf_z(struct buf *b, const char *z);
void buf_char(struct buf *b, char c);
void buf_u32be(struct buf *b, uint32_t v);
void buf_u64be(struct buf *b, uint64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Room for n more bytes at b->p + b->len, or NULL past the maximum (`over` is
 * set). The caller writes there and adds to b->len. */
uint8_t *buf_reserve(struct buf *b, size_t n);

/* Memory for n more bytes at once, where their number is known or said before
 * they come; no more than the maximum. */
void buf_expect(struct buf *b, size_t n);

/* 0, or ERR_LIMIT "WHAT is larger than N bytes" when it overflowed. */
int buf_check(const struct buf *b, const char *what, struct err *err) FALLIBLE;

/* NUL-terminated view; the NUL does not count in len. Valid until the next
 * change. Aborts past the maximum. */
const char *buf_cstr(struct buf *b);

static inline struct str
buf_view(const struct buf *b)
{
	return (str_make(b->p, b->len));
}

#endif
