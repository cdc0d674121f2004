/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: a chain of blocks of pool.h.
 *
 * Runs in every role. Security: holds plaintext; blocks are wiped as far as
 * they were used, and nothing of a message stays in the heap's free lists.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/pool.h"

#define ARENA_BLOCK_BYTES ((size_t)256 << 10)
#define ARENA_ALIGN 16u

struct block {
	struct block *next;
	size_t cap;
	size_t used;
	uint8_t data[] __attribute__((aligned(ARENA_ALIGN)));
};

struct arena {
	struct block *top;	/* newest block, allocation happens here */
	struct block *first;	/* oldest, kept by arena_reset */
	size_t used;
};

static struct block *
block_new(size_t payload)
{
	size_t want = sizeof(struct block) + payload;
	struct block *b;

	must(want > payload);
	want = pool_size(MAX_OF(want, ARENA_BLOCK_BYTES));
	b = pool_take(want);
	b->cap = want - sizeof(struct block);
	return (b);
}

static void
block_free(struct block *b)
{
	pool_give(b, sizeof(*b) + b->cap, sizeof(*b) + b->used);
}

struct arena *
arena_new(void)
{
	struct arena *a = must_calloc(1, sizeof(*a));

	a->first = a->top = block_new(1);
	return (a);
}

void
arena_reset(struct arena *a)
{
	while (a->top != a->first) {
		struct block *next = a->top->next;

		block_free(a->top);
		a->top = next;
	}
	explicit_bzero(a->first->data, a->first->used);
	a->first->used = 0;
	a->used = 0;
}

void
arena_free(struct arena **a)
{
	if (*a == NULL)
		return;
	arena_reset(*a);
	block_free((*a)->first);
	free(*a);
	*a = NULL;
}

void *
arena_alloc(struct arena *a, size_t size_bytes)
{
	size_t need;
	void *p;

	must(size_bytes < SIZE_MAX / 2);
	need = (MAX_OF(size_bytes, 1u) + ARENA_ALIGN - 1) &
	    ~(size_t)(ARENA_ALIGN - 1);
	if (a->top->cap - a->top->used < need) {
		struct block *b = block_new(need);

		b->next = a->top;
		a->top = b;
	}
	p = a->top->data + a->top->used;
	a->top->used += need;
	a->used += need;
	return (p);
}

void *
arena_array(struct arena *a, size_t n, size_t size_bytes)
{
	size_t total;

	must(!__builtin_mul_overflow(n, size_bytes, &total));
	return (arena_alloc(a, total));
}

struct str
arena_str(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.len + 1);

	if (s.len > 0)
		memcpy(p, s.p, s.len);
	return (str_make(p, s.len));
}

struct str
arena_lower(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		p[i] = ascii_lower(s.p[i]);
	return (str_make(p, s.len));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *p;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	must(n >= 0);
	p = arena_alloc(a, (size_t)n + 1);
	(void)vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return (p);
}

size_t
arena_used(const struct arena *a)
{
	return (a->used);
}
