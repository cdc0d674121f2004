/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf: a growing byte buffer with a maximum, wiped when it goes.
 *
 * Runs in every role. Security: may hold plaintext or keys, so memory that is
 * given up is always wiped first; never realloc, which leaves a copy.
 */
#include "base/buf.h"

#include <stdarg.h>

#include "base/pool.h"

#define BUF_FIRST_BYTES 256u

static bool
is_mapped(const struct buf *b)
{
	return (b->cap >= POOL_MIN_BYTES);
}

void
buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf)BUF_INIT(max_bytes);
}

static void
release(struct buf *b)
{
	if (is_mapped(b)) {
		pool_give(b->p, b->cap, b->dirty);
	} else if (b->p != NULL) {
		explicit_bzero(b->p, b->dirty);
		free(b->p);
	}
}

void
buf_done(struct buf *b)
{
	release(b);
	*b = (struct buf)BUF_INIT(b->max);
}

void
buf_reset(struct buf *b)
{
	if (b->dirty > 0)
		explicit_bzero(b->p, b->dirty);
	b->len = b->dirty = 0;
	b->over = false;
}

static void
grow(struct buf *b, size_t need)
{
	size_t cap = MAX_OF(b->cap, BUF_FIRST_BYTES);
	uint8_t *p;

	while (cap < need && cap < POOL_MIN_BYTES)
		cap *= 2;
	/* Twice as much where nothing is known, no more where it is. */
	if (cap >= POOL_MIN_BYTES)
		cap = pool_size(MAX_OF(need, b->cap * 2));
	p = cap >= POOL_MIN_BYTES ? pool_take(cap) : must_calloc(1, cap);
	if (b->len > 0)
		memcpy(p, b->p, b->len);
	release(b);
	b->p = p;
	b->cap = cap;
	b->dirty = b->len;
}

static uint8_t *
room_for(struct buf *b, size_t n)
{
	if (b->cap - b->len < n || b->p == NULL)
		grow(b, b->len + n);
	b->dirty = MAX_OF(b->dirty, b->len + n);
	return (b->p + b->len);
}

uint8_t *
buf_reserve(struct buf *b, size_t n)
{
	if (b->over || n > b->max - MIN_OF(b->len, b->max)) {
		b->over = true;
		return (NULL);
	}
	return (room_for(b, n));
}

void
buf_expect(struct buf *b, size_t n)
{
	n = MIN_OF(n, b->max - MIN_OF(b->len, b->max));
	if (b->cap - b->len < n)
		grow(b, b->len + n);
}

void
buf_append(struct buf *b, const void *p, size_t len)
{
	uint8_t *to = buf_reserve(b, len);

	if (to == NULL || len == 0)
		return;
	memcpy(to, p, len);
	b->len += len;
}

void
buf_str(struct buf *b, struct str s)
{
	buf_append(b, s.p, s.len);
}

void
buf_z(struct buf *b, const char *z)
{
	buf_append(b, z, strlen(z));
}

void
buf_char(struct buf *b, char c)
{
	buf_append(b, &c, 1);
}

void
buf_u32be(struct buf *b, uint32_t v)
{
	uint8_t x[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)v };

	buf_append(b, x, sizeof(x));
}

void
buf_u64be(struct buf *b, uint64_t v)
{
	buf_u32be(b, (uint32_t)(v >> 32));
	buf_u32be(b, (uint32_t)v);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	uint8_t *to;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	must(n >= 0);
	/* One more for the NUL that vsnprintf writes; it is not counted. */
	if (b->len + (size_t)n > b->max) {
		b->over = true;
		va_end(again);
		return;
	}
	to = room_for(b, (size_t)n + 1);
	(void)vsnprintf((char *)to, (size_t)n + 1, fmt, again);
	va_end(again);
	b->len += (size_t)n;
}

int
buf_check(const struct buf *b, const char *what, struct err *err)
{
	if (!b->over)
		return (0);
	return (err_set(err, ERR_LIMIT, "%s is larger than %zu bytes", what,
	    b->max));
}

const char *
buf_cstr(struct buf *b)
{
	*room_for(b, 1) = '\0';
	return ((const char *)b->p);
}
