/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf: a growing byte buffer with a maximum, wiped when it goes.
 *
 * Runs in every role. Security: may hold plaintext or keys, so memory that is
 * given up is always wiped or unmapped; never realloc, which leaves a copy.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <sys/mman.h>

/* From here on memory is mapped: page-sized rounding no longer hurts. */
#define BUF_MAP_BYTES (64u << 10)
#define BUF_FIRST_BYTES 256u

static bool
is_mapped(const struct buf *b)
{
	return (b->cap >= BUF_MAP_BYTES);
}

void
buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf)BUF_INIT(max_bytes);
}

void
buf_done(struct buf *b)
{
	if (is_mapped(b)) {
		must(munmap(b->p, b->cap) == 0);
	} else if (b->p != NULL) {
		explicit_bzero(b->p, b->cap);
		free(b->p);
	}
	*b = (struct buf)BUF_INIT(b->max);
}

void
buf_reset(struct buf *b)
{
	if (b->len > 0)
		explicit_bzero(b->p, b->len);
	b->len = 0;
	b->over = false;
}

static void
grow(struct buf *b, size_t need)
{
	size_t cap = MAX_OF(b->cap, BUF_FIRST_BYTES);
	uint8_t *p;

	while (cap < need)
		cap *= 2;
	if (is_mapped(b)) {
		p = mremap(b->p, b->cap, cap, MREMAP_MAYMOVE);
		must(p != MAP_FAILED);
	} else if (cap >= BUF_MAP_BYTES) {
		p = mmap(NULL, cap, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		must(p != MAP_FAILED);
	} else {
		p = must_calloc(1, cap);
	}
	if (!is_mapped(b) && b->p != NULL) {
		memcpy(p, b->p, b->len);
		explicit_bzero(b->p, b->cap);
		free(b->p);
	}
	b->p = p;
	b->cap = cap;
}

uint8_t *
buf_reserve(struct buf *b, size_t n)
{
	if (b->over || n > b->max - MIN_OF(b->len, b->max)) {
		b->over = true;
		return (NULL);
	}
	if (b->cap - b->len < n || b->p == NULL)
		grow(b, b->len + n);
	return (b->p + b->len);
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
	if (b->cap - b->len < (size_t)n + 1 || b->p == NULL)
		grow(b, b->len + (size_t)n + 1);
	to = b->p + b->len;
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
	if (b->cap - b->len < 1 || b->p == NULL)
		grow(b, b->len + 1);
	b->p[b->len] = '\0';
	return ((const char *)b->p);
}
