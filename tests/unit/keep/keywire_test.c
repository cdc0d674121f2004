/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keywire_test: every body of the operations with mail keys survives put and
 * get; every shorter one is refused, and what is out of range.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keepc/keywire.h"

#define PUT_MAX 16384

static const uint8_t bytes[MAILKEY_SEALED_MAX + WIRE_DATA_MAX] = { 7, 8, 9 };

static void
test_make(void **state UNUSED)
{
	static const uint8_t bad[][5] = { { MAILKEY_KINDS, 0, 0, 0, 4 },
		{ 0, MAILKEY_USES, 0, 0, 4 }, { 0, 0, 2, 0, 4 },
		{ 0, 0, 0, 1, 4 }, { 0, 0, 0, 0, 3 }, { 0, 0, 0, 0, 5 } };

	for (int kind = 0; kind < MAILKEY_KINDS; kind++) {
		AUTO_BUF struct buf b = BUF_INIT(PUT_MAX);
		struct keywire_make m = { (enum mailkey_kind)kind,
			MAILKEY_OCSP, kind % 2 == 0 }, back;

		keywire_put_make(&m, &b);
		assert_true(keywire_get_make(buf_view(&b), &back));
		assert_int_equal(back.kind, m.kind);
		assert_int_equal(back.use, m.use);
		assert_int_equal(back.in_token, m.in_token);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct keywire_make m;

		assert_false(keywire_get_make(str_make(bad[i], bad[i][4]),
		    &m));
	}
}

static void
test_made(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(PUT_MAX);
	struct keywire_made m = { str_make(bytes, MAILKEY_PUBLIC_MAX),
		str_make(bytes, MAILKEY_SEALED_MAX) }, back;

	keywire_put_made(&m, &b);
	assert_int_equal(b.len, KEYWIRE_MADE_MAX);
	assert_true(keywire_get_made(buf_view(&b), &back));
	assert_true(str_eq(back.public_der, m.public_der));
	assert_true(str_eq(back.sealed, m.sealed));
	buf_char(&b, 'x');
	assert_false(keywire_get_made(buf_view(&b), &back));
	for (size_t len = 0; len < 2 + MAILKEY_PUBLIC_MAX; len++)
		assert_false(keywire_get_made(str_make(b.p, len), &back));
	b.p[0] = 0xff;
	assert_false(keywire_get_made(buf_view(&b), &back));
}

static void
test_parts(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(PUT_MAX);
	struct keywire_parts p = { MAILKEY_AUTHORITY, { MAILKEY_RSA_4096,
		str_make(bytes, 512), str_make(bytes, 3), str_make(bytes, 0),
		str_make(bytes, 1), str_make(bytes, 256) } }, back;

	keywire_put_parts(&p, &b);
	assert_true(keywire_get_parts(buf_view(&b), &back));
	assert_int_equal(back.use, p.use);
	assert_int_equal(back.parts.kind, p.parts.kind);
	assert_true(str_eq(back.parts.n, p.parts.n));
	assert_true(str_eq(back.parts.e, p.parts.e));
	assert_int_equal(back.parts.d.len, 0);
	assert_int_equal(back.parts.p.len, 1);
	assert_true(str_eq(back.parts.q, p.parts.q));
	for (size_t len = 0; len < b.len; len++)
		assert_false(keywire_get_parts(str_make(b.p, len), &back));
	buf_char(&b, 'x');
	assert_false(keywire_get_parts(buf_view(&b), &back));
}

static void
test_use(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(PUT_MAX);
	struct keywire_use u = { .use = MAILKEY_OCSP, .scheme = KEYWIRE_PSS,
		.digest = KEYWIRE_SHA384, .mgf = KEYWIRE_SHA1,
		.salt_len = 300, .sealed = str_make(bytes,
		MAILKEY_SEALED_MAX), .data = str_make(bytes, WIRE_DATA_MAX) };
	struct keywire_use back;
	const size_t head = 8 + MAILKEY_SEALED_MAX;

	keywire_put_use(&u, &b);
	assert_true(b.len <= WIRE_KEY_BODY_MAX);
	assert_true(keywire_get_use(buf_view(&b), &back));
	assert_int_equal(back.use, u.use);
	assert_int_equal(back.scheme, u.scheme);
	assert_int_equal(back.digest, u.digest);
	assert_int_equal(back.mgf, u.mgf);
	assert_int_equal(back.salt_len, u.salt_len);
	assert_true(str_eq(back.sealed, u.sealed));
	assert_true(str_eq(back.data, u.data));
	for (size_t len = 0; len < head; len++)
		assert_false(keywire_get_use(str_make(b.p, len), &back));
	assert_true(keywire_get_use(str_make(b.p, head), &back));
	buf_char(&b, 'x');
	assert_false(keywire_get_use(buf_view(&b), &back));
	for (size_t i = 0; i < 4; i++) {
		uint8_t was = b.p[i];

		b.p[i] = 9;
		assert_false(keywire_get_use(str_make(b.p, head), &back));
		b.p[i] = was;
	}
}

static void
test_digests(void **state UNUSED)
{
	assert_int_equal(keywire_digest_bytes(KEYWIRE_NO_DIGEST), 0);
	assert_null(keywire_digest_name(KEYWIRE_NO_DIGEST));
	assert_int_equal(keywire_digest_bytes(KEYWIRE_SHA384), 48);
	assert_string_equal(keywire_digest_name(KEYWIRE_SHA512), "SHA512");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_use),
		cmocka_unit_test(test_digests),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
