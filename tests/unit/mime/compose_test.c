/* SPDX-License-Identifier: Apache-2.0 */
/* What we write is read back as what was meant, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mime/compose.h"
#include "mime/letter.h"

/* Every line at most 76 bytes and ended by CRLF; folded lines not blank. */
static void
check_lines(struct str s)
{
	struct str line;

	assert_true(str_ends_nocase(s, STR_LIT("\r\n")));
	s.len -= 2;
	while (str_next(&s, '\n', &line)) {
		if (s.p != NULL) {
			assert_true(line.len > 0);
			assert_int_equal(line.p[line.len - 1], '\r');
			line.len--;
		}
		assert_int_equal(str_index(line, '\r'), -1);
		if (line.len > 76)
			fail_msg("long line: %.*s", STR_FMT(line));
	}
}

static const char *const values[] = {
	"", "plain", "Gr\xc3\xbc\xc3\x9f" "e", "a =?utf-8?Q?b?= c",
	"a value of many words that goes on and on until it has to be folded"
	    " because it is longer than a line may be, and then once more",
	"\xf0\x9f\x94\x92\xf0\x9f\x94\x92\xf0\x9f\x94\x92\xf0\x9f\x94\x92"
	    "\xf0\x9f\x94\x92\xf0\x9f\x94\x92\xf0\x9f\x94\x92\xf0\x9f\x94\x92"
	    "\xf0\x9f\x94\x92\xf0\x9f\x94\x92\xf0\x9f\x94\x92\xf0\x9f\x94\x92"
	    "\xf0\x9f\x94\x92\xf0\x9f\x94\x92\xf0\x9f\x94\x92\xf0\x9f\x94\x92"
	    "\xf0\x9f\x94\x92\xf0\x9f\x94\x92\xf0\x9f\x94\x92\xf0\x9f\x94\x92",
};

static void
headers(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf b = BUF_INIT(4096);
		struct err err = ERR_INIT;
		struct letter *letter;

		compose_header(&b, "Subject", str_of(values[i]));
		check_lines(buf_view(&b));
		assert_int_equal(letter_parse(buf_view(&b), a, &letter, &err),
		    0);
		assert_true(str_eq(letter_header(letter->root,
		    STR_LIT("Subject"), a), str_of(values[i])));
	}
}

static void
no_way_out_of_a_field(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(4096);

	compose_header(&b, "Subject", STR_LIT("a\r\nBcc: x@y\r\n\r\nbody\0"));
	assert_string_equal(buf_cstr(&b),
	    "Subject: a  Bcc: x@y    body\r\n");
	buf_reset(&b);
	compose_header(&b, "Subject", STR_LIT("\xff\xc3"));
	assert_non_null(strstr(buf_cstr(&b), "=?utf-8?B?77+977+9?="));
}

static const struct {
	const char *name;
	const char *address;
	const char *text;
} names[] = {
	{ "", "a@b", "To: a@b\r\n" },
	{ "Ann Lee", "a@b", "To: Ann Lee <a@b>\r\n" },
	{ "Lee, Ann", "a@b", "To: \"Lee, Ann\" <a@b>\r\n" },
	{ "a \"q\" \\", "a@b", "To: \"a \\\"q\\\" \\\\\" <a@b>\r\n" },
	{ "x\r\nBcc: y", "a@b", "To: \"x  Bcc: y\" <a@b>\r\n" },
	{ "J\xc3\xbcrgen", "a@b", "To: =?utf-8?B?SsO8cmdlbg==?= <a@b>\r\n" },
	{ "a@c", "a@b", "To: \"a@c\" <a@b>\r\n" },
};

static void
mailboxes(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(65536);
	struct mailbox list[COUNT_OF(names) * 3], *back;
	struct err err = ERR_INIT;
	size_t n;

	for (size_t i = 0; i < COUNT_OF(list); i++) {
		size_t k = i % COUNT_OF(names);

		list[i].name = str_of(names[k].name);
		assert_int_equal(address_parse(str_of(names[k].address), a,
		    &list[i].address, &err), 0);
		buf_reset(&b);
		compose_mailboxes(&b, "To", &list[i], 1);
		assert_string_equal(buf_cstr(&b), names[k].text);
	}
	buf_reset(&b);
	compose_mailboxes(&b, "To", list, COUNT_OF(list));
	check_lines(buf_view(&b));
	n = address_list(str_sub(buf_view(&b), 4, b.len), a, &back);
	assert_int_equal(n, COUNT_OF(list));
	for (size_t i = 0; i < n; i++)
		assert_true(address_eq(&back[i].address, &list[i].address));
	buf_reset(&b);
	compose_mailboxes(&b, "To", list, 0);
	assert_int_equal(b.len, 0);
}

static void
alternative(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(65536), text = BUF_INIT(65536);
	AUTO_BUF struct buf html = BUF_INIT(65536);
	static const uint8_t seed[16] = { 1, 2, 3 };
	struct err err = ERR_INIT;
	struct letter *letter;
	struct letter_view view;
	struct str body = STR_LIT("From me\r\n.\n..x \nGr\xc3\xbc\xc3\x9f" "e ="
	    " and a line that is quite a bit longer than the seventy-six that"
	    " fit\n\t\n--=_01\na\rb\n");
	struct str page = STR_LIT("<p>h</p>");

	compose_alternative(&b, body, page, seed);
	check_lines(buf_view(&b));
	assert_null(strstr(buf_cstr(&b), "\n."));
	assert_int_equal(letter_parse(buf_view(&b), a, &letter, &err), 0);
	assert_int_equal(letter->ambiguous, 0);
	letter_view(letter, a, &view);
	assert_non_null(view.text);
	assert_non_null(view.html);
	assert_int_equal(letter_text(view.text, &text, &err), 0);
	assert_string_equal(buf_cstr(&text), "From me\n.\n..x \nGr\xc3\xbc"
	    "\xc3\x9f" "e = and a line that is quite a bit longer than the"
	    " seventy-six that fit\n\t\n--=_01\na\rb\n");
	assert_int_equal(letter_text(view.html, &html, &err), 0);
	assert_string_equal(buf_cstr(&html), "<p>h</p>\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(no_way_out_of_a_field),
		cmocka_unit_test(mailboxes),
		cmocka_unit_test(alternative),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
