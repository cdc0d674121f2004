/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings: RFC 4648 vectors, base32 as people type it, UTF-8, JSON, ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/enc.h"
#include "base/id.h"

static void
base64_vectors(void **state UNUSED)
{
	/* RFC 4648 10 */
	static const char *const rows[][2] = { { "", "" }, { "f", "Zg==" },
		{ "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_BUF struct buf out = BUF_INIT(100);
		AUTO_BUF struct buf back = BUF_INIT(100);

		enc_base64(rows[i][0], strlen(rows[i][0]), &out);
		assert_string_equal(buf_cstr(&out), rows[i][1]);
		assert_true(enc_base64_parse(str_of(rows[i][1]), &back));
		assert_string_equal(buf_cstr(&back), rows[i][0]);
	}
}

static void
base64_refuses(void **state UNUSED)
{
	static const char *const bad[] = { "Z", "Zm9v!", "Zm 9v", "Zg===",
		"=Zg=" };

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		AUTO_BUF struct buf out = BUF_INIT(100);

		assert_false(enc_base64_parse(str_of(bad[i]), &out));
		assert_int_equal(out.len, 0);
	}
}

static void
base64_lines_are_76(void **state UNUSED)
{
	AUTO_BUF struct buf out = BUF_INIT(1000);
	uint8_t bytes[58] = { 0 };

	enc_base64_lines(bytes, sizeof(bytes), &out);
	assert_memory_equal(out.p + 76, "\r\nAA==\r\n", 8);
	assert_int_equal(out.len, 76 + 2 + 4 + 2);
}

/* Lines are made sixteen characters at a time; enc_base64() is not. */
static void
base64_lines_are_base64(void **state UNUSED)
{
	AUTO_BUF struct buf bytes = BUF_INIT(4096);

	for (size_t len = 0; len < 2000; len++) {
		AUTO_BUF struct buf lines = BUF_INIT(4096);
		AUTO_BUF struct buf one = BUF_INIT(4096);
		AUTO_BUF struct buf joined = BUF_INIT(4096);

		enc_base64_lines(bytes.p, len, &lines);
		enc_base64(bytes.p, len, &one);
		assert_int_equal(lines.len, enc_base64_lines_len(len));
		for (size_t i = 0; i < lines.len; i++)
			if (lines.p[i] != '\r' && lines.p[i] != '\n')
				buf_append(&joined, &lines.p[i], 1);
		assert_true(str_eq(buf_view(&joined), buf_view(&one)));
		buf_char(&bytes, (char)(len * 167 + len / 64 * 13));
	}
}

static void
base32_is_forgiving(void **state UNUSED)
{
	uint8_t key[16], back[16];
	char text[27];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 17);
	enc_base32(key, sizeof(key), text);
	assert_int_equal(strlen(text), 26);
	assert_string_equal(text, "008j4ct4ank7f24snaxwsqfezw");
	assert_true(enc_base32_parse(
	    STR_LIT("O08J4-ct4an k7f24snaxwsqfezw"), back, sizeof(back)));
	assert_memory_equal(back, key, sizeof(key));
	assert_false(enc_base32_parse(STR_LIT("0024"), back, sizeof(back)));
	assert_false(enc_base32_parse(
	    STR_LIT("008j4ct4ank7f24snaxwsqfezd"), back, sizeof(back)));
	assert_false(enc_base32_parse(
	    STR_LIT("u08j4ct4ank7f24snaxwsqfezw"), back, sizeof(back)));
}

static void
utf8_cases(void **state UNUSED)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = { { "plain", true }, { "Gr\xc3\xbc\xc3\x9f""e", true },
		{ "\xf0\x9f\x94\x92", true }, { "\xc0\xaf", false },
		{ "\xe0\x80\xaf", false }, { "\xed\xa0\x80", false },
		{ "\xf4\x90\x80\x80", false }, { "\xc3", false },
		{ "\xff", false } };

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(enc_is_utf8(str_of(rows[i].text)),
		    rows[i].good);
}

static void
json_escapes(void **state UNUSED)
{
	AUTO_BUF struct buf out = BUF_INIT(200);

	enc_json(STR_LIT("a\"\\\n\x01</script>\xff"), &out);
	assert_string_equal(buf_cstr(&out),
	    "\"a\\\"\\\\\\n\\u0001\\u003c/script\\u003e\xef\xbf\xbd\"");
}

static void
ids_sort_and_parse(void **state UNUSED)
{
	struct id a = id_new(), back;
	char text[ID_TEXT_SIZE];

	assert_true(id_parse(str_of(id_text(&a, text)), &back));
	assert_true(id_eq(&a, &back));
	assert_false(id_is_zero(&a));
	assert_false(id_parse(STR_LIT("short"), &back));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_vectors),
		cmocka_unit_test(base64_refuses),
		cmocka_unit_test(base64_lines_are_76),
		cmocka_unit_test(base64_lines_are_base64),
		cmocka_unit_test(base32_is_forgiving),
		cmocka_unit_test(utf8_cases),
		cmocka_unit_test(json_escapes),
		cmocka_unit_test(ids_sort_and_parse),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
