/* SPDX-License-Identifier: Apache-2.0 */
/* buf and arena: growth, maximum, wiping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"

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
		cmocka_unit_test(arena_aligns_and_wipes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
