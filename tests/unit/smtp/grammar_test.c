/* SPDX-License-Identifier: Apache-2.0 */
/* Line ends: the fast pass says what the plain reading of RFC 5321 says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "smtp/grammar.h"

#define LENGTHS 300
#define ROUNDS 40

static bool
plainly(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\0' ||
		    (s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r')) ||
		    (s.p[i] == '\r' && (i + 1 == s.len || s.p[i + 1] != '\n')))
			return (false);
	}
	return (true);
}

static void
one_bad_byte_is_seen_anywhere(void **state UNUSED)
{
	static const char bad[] = { '\r', '\n', '\0', '\r' };
	char text[LENGTHS];

	for (size_t len = 0; len < LENGTHS; len++) {
		memset(text, 'x', sizeof(text));
		assert_true(smtp_are_lines(str_make(text, len)));
		for (size_t at = 0; at < len; at++) {
			text[at] = bad[at % sizeof(bad)];
			assert_false(smtp_are_lines(str_make(text, len)));
			text[at] = 'x';
			if (at + 1 == len)
				continue;
			memcpy(text + at, "\r\n", 2);
			assert_true(smtp_are_lines(str_make(text, len)));
			memcpy(text + at, "xx", 2);
		}
	}
}

static void
it_agrees_with_the_plain_reading(void **state UNUSED)
{
	char text[LENGTHS];
	unsigned seed = 7;

	for (size_t len = 0; len < LENGTHS; len++)
		for (int round = 0; round < ROUNDS; round++) {
			struct str s = str_make(text, len);

			for (size_t i = 0; i < len; i++)
				text[i] = "abc\r"[rand_r(&seed) % 4];
			for (size_t i = 1; i < len; i++)
				if (text[i - 1] == '\r' &&
				    rand_r(&seed) % 50 != 0)
					text[i] = '\n';
			assert_int_equal(smtp_are_lines(s), plainly(s));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_bad_byte_is_seen_anywhere),
		cmocka_unit_test(it_agrees_with_the_plain_reading),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
