/* SPDX-License-Identifier: Apache-2.0 */
/*
 * people_test: passcodes, tokens, hints and networks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "people/passcode.h"
#include "people/reader.h"
#include "people/token.h"

static void
passcodes_are_uniform(void **state)
{
	unsigned digits[10] = { 0 };
	struct passcode p, q;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		passcode_new(&p);
		assert_int_equal(strlen(p.code), PASSCODE_DIGITS);
		for (unsigned d = 0; d < PASSCODE_DIGITS; d++)
			digits[p.code[d] - '0']++;
	}
	/* 8000 of each expected; ten standard deviations either way. */
	for (unsigned d = 0; d < 10; d++)
		assert_in_range(digits[d], 7150, 8850);
	passcode_new(&q);
	assert_string_not_equal(p.code, q.code);
	assert_int_equal(strlen(p.reference), PASSCODE_REFERENCE_CHARS);
	assert_int_equal(strspn(p.reference,
	    "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), PASSCODE_REFERENCE_CHARS);
}

static void
typed_codes(void **state)
{
	static const struct {
		const char *typed, *code;
	} rows[] = {
		{ "12345678", "12345678" },
		{ "1234 5678", "12345678" },
		{ " 1234-5678 ", "12345678" },
		{ "1234567", NULL },
		{ "123456789", NULL },
		{ "1234567a", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char code[PASSCODE_DIGITS + 1] = "xxxxxxxx";

		assert_int_equal(passcode_parse(str_of(rows[i].typed), code),
		    rows[i].code != NULL);
		assert_string_equal(code,
		    rows[i].code != NULL ? rows[i].code : "xxxxxxxx");
	}
}

static void
tokens_round_trip(void **state)
{
	uint8_t token[TOKEN_BYTES], again[TOKEN_BYTES];
	uint8_t hash[TOKEN_HASH_BYTES];
	char text[TOKEN_TEXT_SIZE];

	(void)state;
	token_new(token, sizeof(token), text);
	assert_int_equal(strlen(text), 43);
	assert_true(token_parse(str_of(text), again, sizeof(again)));
	assert_memory_equal(token, again, sizeof(token));
	assert_false(token_parse(str_of(text), again, 16));
	assert_false(token_parse(STR_NULL, again, sizeof(again)));
	text[5] = '*';
	assert_false(token_parse(str_of(text), again, sizeof(again)));
	/* SHA-256 of 32 zero bytes */
	memset(token, 0, sizeof(token));
	token_hash(token, hash);
	assert_int_equal(hash[0], 0x66);
	assert_int_equal(hash[31], 0x25);
}

static void
hints_show_one_letter(void **state)
{
	static const struct {
		const char *address, *hint;
	} rows[] = {
		{ "alice@example.com", "a\xe2\x80\xa6@example.com" },
		{ "\xc3\xb6zil@example.com",
		    "\xc3\xb6\xe2\x80\xa6@example.com" },
		{ "\"a@b\"@example.com", "\"\xe2\x80\xa6@example.com" },
		{ "@example.com", "\xe2\x80\xa6@example.com" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_BUF struct buf b = BUF_INIT(200);

		reader_hint(str_of(rows[i].address), &b);
		assert_string_equal(buf_cstr(&b), rows[i].hint);
	}
}

static void
networks(void **state)
{
	static const struct {
		const char *peer, *network;
	} rows[] = {
		{ "192.0.2.77", "192.0.2.0" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::" },
		{ "::1", "::" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char out[READER_NETWORK_SIZE];

		reader_network(rows[i].peer, out);
		assert_string_equal(out, rows[i].network);
	}
	assert_true(reader_is_same(STR_LIT("A@b.example"),
	    STR_LIT("a@B.example")));
	assert_false(reader_is_same(STR_LIT(""), STR_LIT("")));
	assert_false(reader_is_same(STR_LIT("a@b"), STR_LIT("a@bc")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passcodes_are_uniform),
		cmocka_unit_test(typed_codes),
		cmocka_unit_test(tokens_round_trip),
		cmocka_unit_test(hints_show_one_letter),
		cmocka_unit_test(networks),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
