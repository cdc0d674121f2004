/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool: a line of free blocks per size, four sizes to each power of two, so
 * that no block is more than a quarter larger than what it was taken for.
 *
 * Runs in every role. Security: holds plaintext while in use. A free block is
 * all zeros but for its first bytes, which link it to the next one; it is
 * wiped outside the lock, by who gives it back.
 */
#include "base/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/must.h"

#define MIN_SHIFT 16	/* POOL_MIN_BYTES */
#define STEPS 4		/* sizes per power of two */
#define SIZES 64	/* up to 64 KiB << 16: 4 GiB */
#define SMALL_SIZES 9	/* up to 256 KiB: an arena, a line of a session */

_Static_assert(POOL_MIN_BYTES == (size_t)1 << MIN_SHIFT, "the smallest size");

/* Under AddressSanitizer nothing is kept, so that a use of what was given back
 * is seen. */
#ifdef __SANITIZE_ADDRESS__
#define KEPT 0
#else
#define KEPT 1
#endif

struct block {
	struct block *next;
	size_t size;
};

/* Small and large blocks do not take each other's room: hundreds of sessions
 * need some of the one, few messages much of the other. */
struct kind {
	size_t first, end;	/* indexes of its sizes */
	size_t max, mapped;	/* in use and free, together */
};

static struct {
	pthread_mutex_t lock;
	struct block *line[SIZES];
	struct kind small, large;
} pool = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.small = { 0, SMALL_SIZES, KEPT * POOL_SMALL_BYTES, 0 },
	.large = { SMALL_SIZES, SIZES, KEPT * POOL_LARGE_BYTES, 0 },
};

static size_t
size_of(size_t i)
{
	size_t step = POOL_MIN_BYTES / STEPS << i / STEPS;

	return (step * (STEPS + i % STEPS));
}

static size_t
index_of(size_t bytes)
{
	size_t i = 0;

	if (bytes > POOL_MIN_BYTES)
		i = ((size_t)(63 - __builtin_clzll(bytes - 1)) - MIN_SHIFT) *
		    STEPS;
	while (i < SIZES && size_of(i) < bytes)
		i++;
	must(i < SIZES);
	return (i);
}

static struct kind *
kind_of(size_t i)
{
	return (i < SMALL_SIZES ? &pool.small : &pool.large);
}

size_t
pool_size(size_t bytes)
{
	return (size_of(index_of(bytes)));
}

static struct block *
pop(size_t i)
{
	struct block *b = pool.line[i];

	if (b != NULL)
		pool.line[i] = b->next;
	return (b);
}

static void
push(struct block **line, struct block *b, size_t size)
{
	b->size = size;
	b->next = *line;
	*line = b;
}

/* Take free blocks out, largest first, until `room` more bytes fit. */
static struct block *
make_room(struct kind *k, size_t room)
{
	struct block *list = NULL, *b;

	for (size_t i = k->end; i-- > k->first;)
		while (k->mapped + room > k->max && (b = pop(i)) != NULL) {
			push(&list, b, size_of(i));
			k->mapped -= b->size;
		}
	return (list);
}

static void
unmap_all(struct block *list)
{
	struct block *next;

	for (; list != NULL; list = next) {
		next = list->next;
		must(munmap(list, list->size) == 0);
	}
}

static void
lock(void)
{
	must(pthread_mutex_lock(&pool.lock) == 0);
}

static void
unlock(void)
{
	must(pthread_mutex_unlock(&pool.lock) == 0);
}

void *
pool_take(size_t bytes)
{
	size_t i = index_of(bytes), size = size_of(i);
	struct kind *k = kind_of(i);
	struct block *surplus = NULL, *b;
	void *p;

	lock();
	b = pop(i);
	if (b == NULL) {
		surplus = make_room(k, size);
		k->mapped += size;
	}
	unlock();
	if (b != NULL) {
		*b = (struct block){ 0 };
		return (b);
	}
	unmap_all(surplus);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(p != MAP_FAILED);
	return (p);
}

void
pool_give(void *p, size_t bytes, size_t dirty)
{
	size_t i = index_of(bytes), size = size_of(i);
	struct kind *k = kind_of(i);
	bool is_kept;

	must(dirty <= size);
	lock();
	is_kept = k->mapped <= k->max;
	if (!is_kept)
		k->mapped -= size;
	unlock();
	if (!is_kept) {
		must(munmap(p, size) == 0);
		return;
	}
	explicit_bzero(p, dirty);
	lock();
	push(&pool.line[i], p, size);
	unlock();
}

void
pool_trim(void)
{
	struct block *small, *large;

	lock();
	small = make_room(&pool.small, SIZE_MAX / 2);
	large = make_room(&pool.large, SIZE_MAX / 2);
	unlock();
	unmap_all(small);
	unmap_all(large);
}
