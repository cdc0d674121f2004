/* SPDX-License-Identifier: Apache-2.0 */
/* Transfer encodings as lenient readers read them, at once and in steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mime/letter.h"

static const struct {
	enum letter_encoding encoding;
	const char *body;
	const char *expect;
} cases[] = {
	{ LETTER_7BIT, "as\r\nis=41", "as\r\nis=41" },
	{ LETTER_BASE64, "QUJDRA==", "ABCD" },
	{ LETTER_BASE64, "QUJDRA==\r\nRUZH", "ABCDEFG" },
	{ LETTER_BASE64, "QUJDRA", "ABCD" },
	{ LETTER_BASE64, "QUJDREU", "ABCDE" },
	{ LETTER_BASE64, "QU\r\nJD\r\n", "ABC" },
	{ LETTER_BASE64, "Q!U*J D", "ABC" },
	{ LETTER_BASE64, "QUJDQUJDQUJDQUJDQUJDQUJD\r\nQUJDQUJD",
	    "ABCABCABCABCABCABCABCABC" },
	{ LETTER_BASE64, "====", "" },
	{ LETTER_BASE64, "", "" },
	{ LETTER_QUOTED_PRINTABLE, "a=3Db=\r\nc=\nd", "a=bcd" },
	{ LETTER_QUOTED_PRINTABLE, "a= \t\r\nb", "ab" },
	{ LETTER_QUOTED_PRINTABLE, "=c3=BC=G1=", "\xc3\xbc=G1" },
	{ LETTER_QUOTED_PRINTABLE, "x =\r\n", "x " },
	{ LETTER_QUOTED_PRINTABLE, "==41", "=A" },
	{ LETTER_UUENCODE, "hi\nbegin 644 x\n#86)C\n`\nend\n", "abc" },
	{ LETTER_UUENCODE, "begin 644 x\r\n$86)C9```\r\n`\r\nend\r\n",
	    "abcd" },
	{ LETTER_UUENCODE, "begin 644 x\nM\nM\nM\n#86)C\nend\n", "abc" },
	{ LETTER_UUENCODE, "no begin line", "no begin line" },
};

static void
at_once_and_in_steps(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct letter_part part = {
			.body = str_of(cases[i].body),
			.encoding = cases[i].encoding,
		};
		AUTO_BUF struct buf b = BUF_INIT(4096);
		struct err err = ERR_INIT;

		assert_int_equal(letter_decode(&part, &b, &err), 0);
		assert_string_equal(buf_cstr(&b), cases[i].expect);
		for (size_t step = 1; step < 20; step++) {
			AUTO_BUF struct buf c = BUF_INIT(4096);
			struct letter_reader r;
			uint8_t piece[20];
			size_t n;

			letter_reader_init(&r, &part);
			while ((n = letter_read(&r, piece, step)) > 0)
				buf_append(&c, piece, n);
			assert_string_equal(buf_cstr(&c), cases[i].expect);
		}
	}
}

static void
the_maximum_holds(void **state UNUSED)
{
	struct letter_part part = { .body = STR_LIT("QUJDRA=="),
		.encoding = LETTER_BASE64 };
	AUTO_BUF struct buf fits = BUF_INIT(6), small = BUF_INIT(5);
	struct err err = ERR_INIT;

	buf_z(&fits, "xy");
	assert_int_equal(letter_decode(&part, &fits, &err), 0);
	assert_string_equal(buf_cstr(&fits), "xyABCD");
	buf_z(&small, "xy");
	assert_int_equal(letter_decode(&part, &small, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(small.len, 2);
}

static const struct {
	const char *charset;
	const char *body;
	const char *expect;
} texts[] = {
	{ "utf-8", "a\r\nb\rc\xc3\xbc\xff", "a\nb\rc\xc3\xbc\xef\xbf\xbd" },
	{ "", "\xfc", "\xc3\xbc" },
	{ "us-ascii", "\xc3\xbc", "\xc3\xbc" },
	{ "iso-8859-1", "\x80\x93", "\xe2\x82\xac\xe2\x80\x9c" },
	{ "iso-8859-15", "\xa4", "\xe2\x82\xac" },
	{ "koi8-r", "\xc1", "\xd0\xb0" },
	{ "shift_jis", "\x82\xa0", "\xe3\x81\x82" },
	{ "iso-2022-jp", "\x1b$B$\"\x1b(B", "\xe3\x81\x82" },
	{ "gb2312", "\xd6\xd0", "\xe4\xb8\xad" },
	{ "big5", "\xa4\xa4", "\xe4\xb8\xad" },
	{ "euc-kr", "\xb0\xa1", "\xea\xb0\x80" },
	{ "utf-7", "+AOQ-", "\xc3\xa4" },
	{ "euc-jp", "a\xff", "a\xef\xbf\xbd" },
	{ "utf-8//TRANSLIT", "\xc3\xbc", "\xc3\xbc" },
	{ "no-such", "\xe4", "\xc3\xa4" },
};

static void
charsets(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct letter_part part = { .body = str_of(texts[i].body),
			.charset = str_of(texts[i].charset) };
		AUTO_BUF struct buf b = BUF_INIT(4096);
		struct err err = ERR_INIT;

		assert_int_equal(letter_text(&part, &b, &err), 0);
		assert_string_equal(buf_cstr(&b), texts[i].expect);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_once_and_in_steps),
		cmocka_unit_test(the_maximum_holds),
		cmocka_unit_test(charsets),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
