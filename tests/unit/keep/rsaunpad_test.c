/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rsaunpad_test: a right padding gives its message; each way in which it can
 * be wrong gives another, which is no part of what was there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keep/rsaunpad.h"

#define K 256

static const uint8_t secret[KEEP_SECRET_BYTES] = { 1, 2, 3 };

/* 0 2 || no zeros || 0 || a message of len bytes */
static void
pad(uint8_t em[static K], size_t len)
{
	memset(em, 0x55, K);
	em[0] = 0;
	em[1] = 2;
	em[K - len - 1] = 0;
	memset(em + K - len, 0x4d, len);
}

static size_t
unpad(const uint8_t *em, const char *ciphertext, uint8_t out[static K])
{
	AUTO_BUF struct buf b = BUF_INIT(K);

	rsaunpad(secret, str_of(ciphertext), str_make(em, K), &b);
	assert_false(b.over);
	if (b.len > 0)
		memcpy(out, b.p, b.len);
	return (b.len);
}

static void
test_right(void **state UNUSED)
{
	static const size_t lengths[] = { 0, 1, 16, 32, 100, K - 11 };
	uint8_t em[K], out[K];

	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		pad(em, lengths[i]);
		/* A zero inside the message is not its start. */
		if (lengths[i] > 1)
			em[K - 1] = 0;
		assert_int_equal(unpad(em, "c", out), lengths[i]);
		assert_memory_equal(out, em + K - lengths[i], lengths[i]);
	}
}

static void
expect_invented(const uint8_t *em)
{
	uint8_t one[K], two[K], other[K];
	size_t len = unpad(em, "c", one);

	assert_true(len <= K - 11);
	assert_int_equal(unpad(em, "c", two), len);
	assert_memory_equal(one, two, len);
	/* Not what was there, and another for another ciphertext. */
	if (len > 8) {
		assert_memory_not_equal(one, em + K - len, len);
		(void)unpad(em, "d", other);
		assert_memory_not_equal(one, other, 8);
	}
}

static void
test_wrong(void **state UNUSED)
{
	uint8_t em[K];

	pad(em, 32);
	em[0] = 1;
	expect_invented(em);
	pad(em, 32);
	em[1] = 1;
	expect_invented(em);
	pad(em, 32);
	em[K - 33] = 0x55;	/* no zero at all */
	expect_invented(em);
	pad(em, 32);
	em[2] = 0;		/* no padding */
	expect_invented(em);
	pad(em, 32);
	em[9] = 0;		/* seven bytes of it */
	expect_invented(em);
	memset(em, 0, K);
	expect_invented(em);
}

/* Invented lengths are spread over what can be, whatever was wrong. */
static void
test_lengths(void **state UNUSED)
{
	uint8_t em[K] = { 9 }, out[K];
	unsigned in_half[2] = { 0, 0 };

	for (int i = 0; i < 400; i++) {
		char ciphertext[8];

		(void)snprintf(ciphertext, sizeof(ciphertext), "c%d", i);
		in_half[unpad(em, ciphertext, out) > (K - 11) / 2]++;
	}
	assert_true(in_half[0] > 120 && in_half[1] > 120);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_lengths),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
