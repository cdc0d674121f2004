/* SPDX-License-Identifier: Apache-2.0 */
/* What is S/MIME, what of it is signed, and what no mail has in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cms/mimelayer.h"

#define SIGNED "Content-Type: multipart/signed; boundary=b;\r\n" \
    " protocol=\"application/pkcs7-signature\"\r\n\r\n"
#define P7S "Content-Type: application/pkcs7-signature\r\n\r\nx\r\n"

static struct arena *a;

static int
begin(void **state UNUSED)
{
	a = arena_new();
	return (0);
}

static int
end(void **state UNUSED)
{
	arena_free(&a);
	return (0);
}

static const struct letter *
letter_of(const char *text)
{
	struct letter *letter;

	must(letter_parse(str_of(text), a, &letter, NULL) == 0);
	return (letter);
}

static void
test_kind(void **state UNUSED)
{
	static const struct {
		const char *text;
		enum mimelayer_kind kind;
	} cases[] = {
		{ "\r\n", MIMELAYER_PLAIN },
		{ "Content-Type: application/pkcs7-mime\r\n\r\n",
		    MIMELAYER_CMS },
		{ "Content-Type: Application/X-PKCS7-mime; a=b\r\n\r\n",
		    MIMELAYER_CMS },
		{ "Content-Type: application/octet-stream; name=a.P7M\r\n\r\n",
		    MIMELAYER_CMS },
		{ "Content-Type: application/octet-stream; name=a.p7s\r\n\r\n",
		    MIMELAYER_PLAIN },
		{ SIGNED, MIMELAYER_CLEAR_SIGNED },
		{ "Content-Type: multipart/signed; boundary=b; protocol="
		    "\"application/pgp-signature\"\r\n\r\n", MIMELAYER_PLAIN },
		{ "Content-Type: multipart/signed; boundary=b\r\n\r\n"
		    "--b\r\n\r\nx\r\n--b\r\n" P7S "--b--\r\n",
		    MIMELAYER_CLEAR_SIGNED },
		{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
		    "Content-Type: application/pkcs7-mime\r\n\r\n--b--\r\n",
		    MIMELAYER_PLAIN },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(mimelayer_kind(letter_of(cases[i].text)->root),
		    cases[i].kind);
}

static void
test_split(void **state UNUSED)
{
	static const struct {
		const char *body, *first;	/* NULL: malformed */
	} cases[] = {
		{ "--b\r\nA: b\r\n\r\nx\r\n--b\r\n" P7S "--b--\r\n",
		    "A: b\r\n\r\nx" },
		{ "said before\r\n--b \r\n\r\nx\r\n\r\n--b\r\n" P7S
		    "--b--\r\nbehind", "\r\nx\r\n" },
		{ "--b\r\nno field\r\n\r\nx\r\n--b\r\n" P7S "--b--\r\n",
		    "no field\r\n\r\nx" },
		/* --b is more than a line that begins so */
		{ "--b\r\n\r\n--bb\r\n--b\r\n" P7S "--b--", "\r\n--bb" },
		{ "--b\r\n\r\nx\r\n--b\r\n" P7S, NULL },
		{ "--b\r\n\r\nx\r\n--b--\r\n", NULL },
		{ "--b\r\n\r\nx\r\n--b\r\n" P7S "--b\r\n\r\ny\r\n--b--\r\n",
		    NULL },
		{ "--b--\r\n", NULL },
		{ "nothing", NULL },
		/* who reads the inner one as its own sees other parts */
		{ "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
		    "--b\r\n\r\nx\r\n--b--\r\n--b\r\n" P7S "--b--\r\n", NULL },
		{ "--b\r\n\r\nx\r\n--b\r\nContent-Type: multipart/mixed; "
		    "boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--\r\n",
		    NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct letter *letter = letter_of(arena_printf(a,
		    SIGNED "%s", cases[i].body));
		const struct letter_part *second;
		struct str first;
		bool fits = mimelayer_split(letter->root, a, &first, &second);

		assert_int_equal(fits, cases[i].first != NULL);
		if (fits)
			assert_true(str_eq(first, str_of(cases[i].first)));
	}
	assert_false(mimelayer_split(letter_of("Content-Type: multipart/signed"
	    "; boundary=b; boundary=c\r\n\r\n--b\r\n\r\nx\r\n--b\r\n" P7S
	    "--b--\r\n")->root, a, &(struct str){ 0 },
	    &(const struct letter_part *){ NULL }));
}

static void
test_look(void **state UNUSED)
{
	static const struct {
		struct str bytes;
		uint32_t found;
	} cases[] = {
		{ STR_LIT(""), 0 }, { STR_LIT("a\tb\f\r\n\x1b$B \r\n"), 0 },
		{ STR_LIT("gr\xc3\xbc\xc3\x9f"), 0 },
		{ STR_LIT("gr\xfc"), MIMELAYER_NOT_UTF8 },
		{ STR_LIT("\n"), MIMELAYER_LONE_LF },
		{ STR_LIT("\r\n\n"), MIMELAYER_LONE_LF },
		{ STR_LIT("\r"), MIMELAYER_LONE_CR },
		{ STR_LIT("\r\r\n"), MIMELAYER_LONE_CR },
		{ STR_LIT("a\0b"), MIMELAYER_NUL },
		{ STR_LIT("\x01"), MIMELAYER_CONTROL },
		{ STR_LIT("\x7f"), MIMELAYER_CONTROL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(mimelayer_look(cases[i].bytes),
		    cases[i].found);
}

static void
test_canonical(void **state UNUSED)
{
	static const struct {
		struct str in, out;
	} cases[] = {
		{ STR_LIT(""), STR_LIT("") }, { STR_LIT("a"), STR_LIT("a") },
		{ STR_LIT("a\r\nb"), STR_LIT("a\r\nb") },
		{ STR_LIT("\na\n\nb\r"), STR_LIT("\r\na\r\n\r\nb\r\n") },
		{ STR_LIT("\r\r\n\n\r"), STR_LIT("\r\n\r\n\r\n\r\n") },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_BUF struct buf out = BUF_INIT(100);

		mimelayer_canonical(cases[i].in, &out);
		assert_true(str_eq(buf_view(&out), cases[i].out));
	}
}

static void
test_untouched(void **state UNUSED)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{ "Content-Type: text/plain\r\n\r\nx\r\n", true },
		{ "Content-Type: text/html; charset=utf-8\r\n\r\n\xc3\xbc",
		    true },
		{ "\r\nx\r\n", false },
		{ "X: y\r\n\r\nx\r\n", false },
		{ "Content-Type: text/plain\r\n\r\n\xfc\r\n", false },
		{ "Content-Type: text/plain\r\n\r\n\x08\r\n", false },
		{ "Content-Type: text/plain\r\nodd\r\nA: b\r\n\r\nx", false },
		{ "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n",
		    false },
		{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
		    "\r\nx\r\n", false },
		{ "Content-Type: message/external-body; URL=x\r\n\r\n", false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(mimelayer_is_untouched(
		    letter_of(cases[i].text)), cases[i].is);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kind, begin, end),
		cmocka_unit_test_setup_teardown(test_split, begin, end),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test_setup_teardown(test_untouched, begin, end),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
