/* SPDX-License-Identifier: Apache-2.0 */
/* buf, arena and pool: growth, maximum, wiping, using again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/pool.h"

static void
buf_grows_through_mapping(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(4u << 20);

	for (uint32_t i = 0; i < 500000; i++)
		buf_u32be(&b, i);
	assert_int_equal(b.len, 2000000);
	for (uint32_t i = 0; i < 500000; i += 4999)
		assert_int_equal((uint32_t)b.p[4 * i + 1] << 16 |
		    (uint32_t)b.p[4 * i + 2] << 8 | b.p[4 * i + 3], i);
}

static void
buf_stops_at_its_maximum(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(10);
	struct err err = ERR_INIT;

	buf_z(&b, "0123456789");
	assert_int_equal(buf_check(&b, "thing", &err), 0);
	buf_z(&b, "x");
	assert_int_equal(b.len, 10);
	assert_int_equal(buf_check(&b, "thing", &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_string_equal(err.msg, "thing is larger than 10 bytes");
	buf_reset(&b);
	buf_printf(&b, "%d", 12345678);
	assert_int_equal(buf_check(&b, "thing", &err), 0);
}

static void
buf_reset_wipes(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(100);

	buf_z(&b, "secret");
	buf_reset(&b);
	assert_memory_equal(b.p, "\0\0\0\0\0\0", 6);
}

static void
buf_expects_without_writing(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(1u << 20);
	const uint8_t *place;

	buf_expect(&b, 1u << 30);
	place = b.p;
	assert_true(b.cap >= 1u << 20);
	assert_int_equal(b.dirty, 0);
	for (size_t i = 0; i < 1u << 20; i++)
		buf_char(&b, 'x');
	assert_ptr_equal(b.p, place);
	assert_int_equal(b.dirty, 1u << 20);
}

static void
buf_wipes_what_was_only_reserved(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(100);

	memcpy(buf_reserve(&b, 6), "secret", 6);
	buf_reset(&b);
	assert_memory_equal(b.p, "\0\0\0\0\0\0", 6);
}

static void
pool_round_up_by_a_quarter(void **state UNUSED)
{
	assert_int_equal(pool_size(1), POOL_MIN_BYTES);
	assert_int_equal(pool_size(POOL_MIN_BYTES), POOL_MIN_BYTES);
	for (size_t n = POOL_MIN_BYTES; n < (size_t)1 << 30; n += n / 7 + 1) {
		size_t size = pool_size(n);

		assert_true(size >= n && size - n <= n / 4 + 1);
		assert_int_equal(size % 4096, 0);
		assert_int_equal(pool_size(size), size);
	}
}

static void
pool_come_back_wiped(void **state UNUSED)
{
	size_t size = pool_size(300000);
	uint8_t *first = pool_take(size), *again;

	memset(first, 0xee, 70000);
	pool_give(first, size, 70000);
	again = pool_take(size);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(again[i], 0);
	pool_give(again, size, 0);
	pool_trim();
}

/* More than is ever kept: it goes back to the kernel, and nothing breaks. */
static void
pool_beyond_the_maximum_go(void **state UNUSED)
{
	size_t size = pool_size(POOL_LARGE_BYTES / 4);
	uint8_t *p[8];

	for (size_t i = 0; i < COUNT_OF(p); i++) {
		p[i] = pool_take(size);
		p[i][size - 1] = 1;
	}
	for (size_t i = 0; i < COUNT_OF(p); i++)
		pool_give(p[i], size, size);
	pool_give(pool_take(POOL_MIN_BYTES), POOL_MIN_BYTES, 0);
	pool_trim();
}

static void
arena_aligns_and_wipes(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	char *first = arena_alloc(a, 7);
	struct str copy;

	memcpy(first, "secret", 7);
	assert_int_equal((uintptr_t)arena_alloc(a, 1) % 16, 0);
	assert_non_null(arena_alloc(a, 1u << 20));
	copy = arena_str(a, STR_LIT("abc"));
	assert_string_equal(copy.p, "abc");
	assert_string_equal(arena_printf(a, "%d-%s", 7, "x"), "7-x");
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	assert_memory_equal(arena_alloc(a, 7), "\0\0\0\0\0\0\0", 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf_grows_through_mapping),
		cmocka_unit_test(buf_stops_at_its_maximum),
		cmocka_unit_test(buf_reset_wipes),
		cmocka_unit_test(buf_expects_without_writing),
		cmocka_unit_test(buf_wipes_what_was_only_reserved),
		cmocka_unit_test(pool_round_up_by_a_quarter),
		cmocka_unit_test(pool_come_back_wiped),
		cmocka_unit_test(pool_beyond_the_maximum_go),
		cmocka_unit_test(arena_aligns_and_wipes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
