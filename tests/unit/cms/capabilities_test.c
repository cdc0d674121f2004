/* SPDX-License-Identifier: Apache-2.0 */
/* What correspondents say that they read, and DER as such. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/objects.h>

#include "base/arena.h"
#include "cms/capabilities.h"
#include "cms/der.h"

#define AES256_CBC "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a"
#define AES128_GCM "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x06"
#define TRIPLE_DES "\x30\x0a\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x07"
/* With a parameter: 128 bits. */
#define RC2 "\x30\x0e\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x02\x02\x02\x00\x80"
#define OAEP_SHA1 "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07\x30\x00"

static void
theirs_are_read(void **state UNUSED)
{
	static const struct {
		struct str der;
		int can;	/* -1: malformed */
	} rows[] = {
		{ STR_LIT("\x30\x00"), 0 },
		{ STR_LIT("\x30\x0d" AES256_CBC), CAPABILITIES_AES_256_CBC },
		{ STR_LIT("\x30\x36" AES256_CBC TRIPLE_DES RC2 AES128_GCM),
		    CAPABILITIES_AES_256_CBC | CAPABILITIES_AES_128_GCM },
		{ STR_LIT("\x30\x0f" OAEP_SHA1), 0 },
		{ STR_LIT(""), -1 },
		{ STR_LIT("\x30\x0e" AES256_CBC), -1 },
		{ STR_LIT("\x30\x0d" AES256_CBC "x"), -1 },
		{ STR_LIT("\x30\x80" AES256_CBC "\0\0"), -1 },
		{ STR_LIT("\x30\x81\x0d" AES256_CBC), -1 },
		{ STR_LIT("\x31\x0d" AES256_CBC), -1 },
		{ STR_LIT("\x30\x02\x30\x00"), -1 },
		{ STR_LIT("\x30\x03\x02\x01\x00"), -1 },
		{ STR_LIT("\x30\x89\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		    -1 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint32_t can = 77;

		assert_int_equal(capabilities_parse(rows[i].der, &can),
		    rows[i].can >= 0);
		assert_int_equal(can, rows[i].can >= 0 ? rows[i].can : 77);
	}
}

static void
ours_are_read_back(void **state UNUSED)
{
	uint32_t ciphers = CAPABILITIES_AES_256_CBC |
	    CAPABILITIES_AES_128_CBC | CAPABILITIES_AES_256_GCM |
	    CAPABILITIES_AES_128_GCM;
	const struct {
		enum cert_key key;
		uint32_t can;
	} rows[] = { { CERT_KEY_RSA, ciphers | CAPABILITIES_RSA_OAEP },
		{ CERT_KEY_EC, ciphers | CAPABILITIES_ECDH },
		{ CERT_KEY_OTHER, ciphers } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_BUF struct buf der = BUF_INIT(1000);
		uint32_t can = 0;

		capabilities_write(rows[i].key, &der);
		assert_true(capabilities_parse(buf_view(&der), &can));
		assert_int_equal(can, rows[i].can);
	}
}

static void
the_best_of_what_is_known(void **state UNUSED)
{
	assert_int_equal(capabilities_cipher(0), SMIMEOUT_AES_256_CBC);
	assert_int_equal(capabilities_cipher(CAPABILITIES_RSA_OAEP),
	    SMIMEOUT_AES_256_CBC);
	assert_int_equal(capabilities_cipher(CAPABILITIES_AES_128_CBC),
	    SMIMEOUT_AES_128_CBC);
	assert_int_equal(capabilities_cipher(CAPABILITIES_AES_128_GCM |
	    CAPABILITIES_AES_256_CBC), SMIMEOUT_AES_128_GCM);
	assert_int_equal(capabilities_of_cipher(STR_LIT("aes-256-gcm")),
	    CAPABILITIES_AES_256_GCM);
	assert_int_equal(capabilities_of_cipher(STR_LIT("DES-EDE3-CBC")), 0);
	assert_string_equal(capabilities_cipher_name(SMIMEOUT_AES_128_CBC),
	    "AES-128-CBC");
}

static void
lengths_and_numbers(void **state UNUSED)
{
	static const struct {
		size_t hole;
		const char *before;
		size_t n;
	} rows[] = {
		{ 0x70, "\x30\x77\x02\x01\x05\x04\x70", 7 },
		{ 0x80, "\x30\x81\x88\x02\x01\x05\x04\x81\x80", 9 },
		{ 0x10000, "\x30\x83\x01\x00\x0a\x02\x01\x05\x04\x83\x01\x00"
		    "\x00", 13 },
		{ 0x123456789, "\x30\x85\x01\x23\x45\x67\x95\x02\x01\x05\x04"
		    "\x85\x01\x23\x45\x67\x89", 17 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_BUF struct buf out = BUF_INIT(1000);
		struct der d = { .out = &out };
		size_t all = der_open(&d, DER_SEQUENCE), octets;

		der_number(&d, 5);
		octets = der_open(&d, DER_OCTETS);
		der_hole(&d, rows[i].hole);
		der_close(&d, octets);
		der_put(&d, DER_NULL, STR_NULL);
		der_close(&d, all);
		assert_int_equal(d.hole, rows[i].n);
		assert_int_equal(out.len, rows[i].n + 2);
		assert_memory_equal(out.p, rows[i].before, rows[i].n);
	}
}

static void
numbers_are_positive(void **state UNUSED)
{
	static const struct {
		uint32_t v;
		struct str der;
	} rows[] = { { 0, STR_LIT("\x02\x01\x00") },
		{ 127, STR_LIT("\x02\x01\x7f") },
		{ 128, STR_LIT("\x02\x02\x00\x80") },
		{ UINT32_MAX, STR_LIT("\x02\x05\x00\xff\xff\xff\xff") } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_BUF struct buf out = BUF_INIT(100);
		struct der d = { .out = &out };

		der_number(&d, rows[i].v);
		assert_true(str_eq(buf_view(&out), rows[i].der));
	}
}

static void
sets_are_in_order(void **state UNUSED)
{
	AUTO_BUF struct buf out = BUF_INIT(100);
	struct der d = { .out = &out };
	size_t set = der_open(&d, DER_SET);

	der_put(&d, DER_OCTETS, STR_LIT("b"));
	der_number(&d, 9);
	der_put(&d, DER_OCTETS, STR_LIT("a"));
	der_close_set(&d, set);
	assert_true(str_eq(buf_view(&out), STR_LIT("\x31\x09\x02\x01\x09"
	    "\x04\x01" "a\x04\x01" "b")));
}

static void
moments_change_with_the_year(void **state UNUSED)
{
	AUTO_BUF struct buf out = BUF_INIT(100);
	struct der d = { .out = &out };

	der_moment(&d, INT64_C(2524607999000));
	der_moment(&d, INT64_C(2524608000000));
	assert_true(str_eq(buf_view(&out), STR_LIT("\x17\x0d" "491231235959Z"
	    "\x18\x0f" "20500101000000Z")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(theirs_are_read),
		cmocka_unit_test(ours_are_read_back),
		cmocka_unit_test(the_best_of_what_is_known),
		cmocka_unit_test(lengths_and_numbers),
		cmocka_unit_test(numbers_are_positive),
		cmocka_unit_test(sets_are_in_order),
		cmocka_unit_test(moments_change_with_the_year),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
