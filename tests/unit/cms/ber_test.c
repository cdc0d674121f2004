/* SPDX-License-Identifier: Apache-2.0 */
/* One element after the other, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/enc.h"
#include "cms/ber.h"

struct ber_case {
	const char *hex;
	int id;			/* -1: it cannot be read */
	size_t body, rest;	/* how many bytes */
};

static void
test_next(void **state UNUSED)
{
	static const struct ber_case cases[] = {
		{ "", -1, 0, 0 }, { "30", -1, 0, 0 },
		{ "3000", 0x30, 0, 0 }, { "3000aa", 0x30, 0, 1 },
		{ "0401ff", 4, 1, 0 }, { "0402ff", -1, 0, 0 },
		{ "048101ff", 4, 1, 0 }, { "0482000100ff", 4, 1, 1 },
		{ "048400000001ffaa", 4, 1, 1 },
		{ "04850000000001ff", -1, 0, 0 },
		{ "0484ffffffff", -1, 0, 0 }, { "0481", -1, 0, 0 },
		/* without a length: to the end-of-contents octets */
		{ "30800000", 0x30, 0, 0 }, { "308004010a0000ee", 0x30, 3, 1 },
		{ "3080308000000000", 0x30, 4, 0 },
		{ "3080300200000000", 0x30, 4, 0 },
		{ "308030800000", -1, 0, 0 }, { "3080", -1, 0, 0 },
		/* only what holds others may be so */
		{ "04800000", -1, 0, 0 },
		/* a number above 30 */
		{ "3f8101020304", -1, 0, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct str hex = str_of(cases[i].hex);
		uint8_t bytes[32];
		struct str rest = str_make(bytes, hex.len / 2);
		struct ber e;

		assert_true(enc_hex_parse(hex, bytes, hex.len / 2));
		if (cases[i].id < 0) {
			assert_false(ber_next(&rest, &e));
			assert_int_equal(rest.len, hex.len / 2);
			continue;
		}
		assert_true(ber_next(&rest, &e));
		assert_int_equal(e.id, cases[i].id);
		assert_int_equal(e.body.len, cases[i].body);
		assert_int_equal(rest.len, cases[i].rest);
	}
}

static void
test_nesting(void **state UNUSED)
{
	char bytes[4 * (BER_NEST_MAX + 2)];

	for (size_t depth = 1; depth <= BER_NEST_MAX + 2; depth++) {
		struct str rest = str_make(bytes, 4 * depth);
		struct ber e;

		for (size_t i = 0; i < depth; i++)
			memcpy(bytes + 2 * i, "\x30\x80", 2);
		memset(bytes + 2 * depth, 0, 2 * depth);
		assert_int_equal(ber_next(&rest, &e),
		    depth <= BER_NEST_MAX + 1);
	}
}

static void
test_take(void **state UNUSED)
{
	struct str s = STR_LIT("\x02\x01\x05\x04\x01\x06");
	struct ber e;

	ber_skip(&s, BER_OCTETS);
	assert_int_equal(s.len, 6);
	ber_skip(&s, BER_INTEGER);
	assert_int_equal(s.len, 3);
	assert_true(ber_take(&s, BER_OCTETS, &e));
	assert_int_equal(s.len, 0);
	s = STR_LIT("\x02\x01\x05");
	assert_false(ber_take(&s, BER_OCTETS, &e));
	/* What should be skipped and is cut off leaves nothing to go on. */
	s = STR_LIT("\x02\x05\x05");
	ber_skip(&s, BER_INTEGER);
	assert_int_equal(s.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_take),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
