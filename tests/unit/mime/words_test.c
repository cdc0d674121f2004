/* SPDX-License-Identifier: Apache-2.0 */
/* Header text: folding, encoded words, 8-bit text, parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "mime/params.h"
#include "mime/words.h"

static const struct {
	const char *raw;
	const char *expect;
} words[] = {
	{ " plain text", "plain text" },
	{ " folded\r\n text", "folded text" },
	{ "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Gr\xc3\xbc\xc3\x9f" "e" },
	{ "=?UTF-8?b?w7w=?= =?utf-8?B?w7w=?=", "\xc3\xbc\xc3\xbc" },
	{ "=?utf-8?B?w7w=?= x =?utf-8?B?w7w=?=", "\xc3\xbc x \xc3\xbc" },
	{ "=?utf-8?Q?=C3?=\r\n =?utf-8?Q?=BC?=", "\xc3\xbc" },
	{ "=?iso-8859-1*de?Q?=FC_x?=", "\xc3\xbc x" },
	{ "a=?utf-8?Q?b?=c", "abc" },
	{ "=?utf-8?Q?a b?=", "a b" },
	{ "=?utf-8?Q?unclosed", "=?utf-8?Q?unclosed" },
	{ "=?utf-8?X?a?=", "=?utf-8?X?a?=" },
	{ "=?nonsense?Q?=FC?=", "\xc3\xbc" },
	{ "\xfc", "\xc3\xbc" },
	{ "\xc3\xbc", "\xc3\xbc" },
	{ "a\x01=?utf-8?Q?=0D=0ABcc:_x?=", "aBcc: x" },
	{ "", "" },
};

static void
each_text(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct str got = words_decode(str_of(words[i].raw), a);

		if (!str_eq(got, str_of(words[i].expect)))
			fail_msg("%s became %.*s", words[i].raw, STR_FMT(got));
	}
}

static const struct {
	const char *raw;
	const char *expect;
	bool differs;
} params[] = {
	{ "x; n=a", "a", false },
	{ "x; N = \"a;b\" ; m=c", "a;b", false },
	{ "x; n=\"C:\\temp\\\"q\\\"\"", "C:\\temp\"q\"", false },
	{ "x; (c;n=no) n=a", "a", false },
	{ "x; n=my file.pdf", "my file.pdf", false },
	{ "x; n=\"=?utf-8?Q?=C3=BC?=\"", "\xc3\xbc", false },
	{ "x; n*=utf-8'de'%C3%BC", "\xc3\xbc", false },
	{ "x; n*=iso-8859-1''%FC", "\xc3\xbc", false },
	{ "x; n*0*=utf-8''%C3; n*1*=%BC; n*2=\"%41\"", "\xc3\xbc%41", false },
	{ "x; n*1=b; n*0=a", "ab", false },
	{ "x; n=a; n*=utf-8''b", "b", true },
	{ "x; n=a; n=b", "a", true },
	{ "x; n=a; n=a", "a", false },
	{ "x; nn=a", "", false },
	{ "x; n", "", false },
	{ "x; n=", "", false },
	{ "x; n=\"open", "open", false },
	{ "", "", false },
};

static void
each_parameter(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(params); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		bool differs;
		struct str got = params_get(str_of(params[i].raw),
		    STR_LIT("n"), a, &differs);

		if (!str_eq(got, str_of(params[i].expect)))
			fail_msg("%s gave %.*s", params[i].raw, STR_FMT(got));
		assert_int_equal(differs, params[i].differs);
	}
}

/* What is never closed, over and over, takes linear time and memory. */
static void
hostile(void **state UNUSED)
{
	static const char *const units[] = { ";(", ";n=\"", "=?", "=?a?q?",
		";n*1=x", ";n*999999999999=x", "(", "\\", ";n*=''" };

	for (size_t i = 0; i < COUNT_OF(units); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf b = BUF_INIT(1 << 20);
		bool differs;

		while (b.len < 64000)
			buf_z(&b, units[i]);
		(void)params_get(buf_view(&b), STR_LIT("n"), a, &differs);
		(void)words_decode(buf_view(&b), a);
		assert_true(arena_used(a) < 8 << 20);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_text),
		cmocka_unit_test(each_parameter),
		cmocka_unit_test(hostile),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
