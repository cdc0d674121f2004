/* SPDX-License-Identifier: Apache-2.0 */
/* One sender, or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cms/sender.h"

static const struct letter_part *
root_of(const char *header, struct arena *a)
{
	struct letter *letter;

	must(letter_parse(str_of(arena_printf(a, "%s\r\n\r\n", header)), a,
	    &letter, NULL) == 0);
	return (letter->root);
}

static void
test_read(void **state UNUSED)
{
	static const struct {
		const char *header, *address;	/* NULL: no one sender */
	} cases[] = {
		{ "From: a@x.example", "a@x.example" },
		{ "From: <A@X.example>", "A@x.example" },
		{ "From: Ann B. <a@x.example>", "a@x.example" },
		{ "From: \"B, Ann: (x)\" <a@x.example>", "a@x.example" },
		{ "From: =?utf-8?q?J=C3=BCrgen?=\r\n <a@x.example>",
		    "a@x.example" },
		{ "From: a@x.example (Ann)", "a@x.example" },
		{ "From: Ann <a@x.example> (work)", "a@x.example" },
		{ "From: \"a@x.example\" <a@x.example>", "a@x.example" },
		{ "From: \"A@X.example\" <a@x.example>", "a@x.example" },
		{ "Subject: x", NULL }, { "From:", NULL }, { "From: Ann", NULL },
		{ "From: a@x.example, b@x.example", NULL },
		{ "From: a@x.example b@x.example", NULL },
		{ "From: a@x.example\r\nFrom: a@x.example", NULL },
		{ "From: a@x.example\r\nfrom : b@x.example", NULL },
		{ "From: g: a@x.example;", NULL },
		{ "From: <a@x.example> <b@x.example>", NULL },
		{ "From: <a@x.example> b", NULL },
		{ "From: b@x.example <a@x.example>", NULL },
		{ "From: \"b@x.example\" <a@x.example>", NULL },
		{ "From: \"b (at) x\" <a@x.example> (b@x.example)", NULL },
		{ "From: =?utf-8?b?YkB4LmV4YW1wbGU=?= <a@x.example>", NULL },
		{ "From: b\xef\xbc\xa0x.example <a@x.example>", NULL },
		{ "From: <@b.example:a@x.example>", NULL },
		{ "From: \"unclosed <a@x.example>", NULL },
		{ "From: (unclosed <a@x.example>", NULL },
		{ "From: shut) <a@x.example>", NULL },
		{ "From: b\\@x.example <a@x.example>", NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct sender sender;

		sender_read(root_of(cases[i].header, a), a, &sender);
		if (sender.is_one != (cases[i].address != NULL))
			print_message("%s\n", cases[i].header);
		assert_int_equal(sender.is_one, cases[i].address != NULL);
		if (sender.is_one)
			assert_true(str_eq(sender.from.text,
			    str_of(cases[i].address)));
		else
			assert_non_null(sender.why);
	}
}

static void
test_other(void **state UNUSED)
{
	static const struct {
		const char *header, *other;
	} cases[] = {
		{ "From: a@x.example", "" },
		{ "From: a@x.example\r\nSender: A@X.example", "" },
		{ "From: a@x.example\r\nSender: b@x.example", "b@x.example" },
		{ "From: a@x.example\r\nSender: nobody", "" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		const struct letter_part *root = root_of(cases[i].header, a);
		struct sender sender;

		sender_read(root, a, &sender);
		assert_true(sender.is_one);
		assert_true(str_eq(sender_other(root, &sender, a),
		    str_of(cases[i].other)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_other),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
