/* SPDX-License-Identifier: Apache-2.0 */
/* The shape of messages, the limits, and what is ambiguous. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mime/letter.h"

#define MULTI "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

/* type[children] of a part, and of what follows it. */
static void
shape(const struct letter_part *part, struct buf *out)
{
	for (; part != NULL; part = part->next) {
		buf_str(out, part->type);
		if (part->child == NULL)
			buf_printf(out, "(%.*s)", STR_FMT(part->body));
		else {
			buf_char(out, '[');
			shape(part->child, out);
			buf_char(out, ']');
		}
	}
}

static const struct {
	const char *message;
	const char *shape;
	const char *ambiguous;
} cases[] = {
	{ "", "text/plain()", "" },
	{ "body only", "text/plain(body only)", "header" },
	{ "\r\nbody", "text/plain(body)", "" },
	{ "A: b\n\nx\ny", "text/plain(x\ny)", "" },
	{ "From x@y Mon\nA: b\n\nx", "text/plain(x)", "" },
	{ "A: b\r\n", "text/plain()", "" },
	{ "Content-Type: TEXT/Html\r\n\r\nx", "text/html(x)", "" },
	{ "Content-Type: nonsense\r\n\r\nx", "text/plain(x)", "type" },
	{ "Content-Type: text/html\r\nContent-Type: text/plain\r\n\r\nx",
	    "text/html(x)", "type" },
	{ MULTI "pre\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: a/b\r\n\r\n"
	    "two\r\n\r\n--b--\r\nepilogue",
	    "multipart/mixed[text/plain(one)a/b(two\r\n)]", "" },
	{ MULTI "--b\n\none\n--b \t\n\ntwo\n--b--", "multipart/mixed["
	    "text/plain(one)text/plain(two)]", "" },
	{ MULTI "--b\r\n\r\none", "multipart/mixed[text/plain(one)]",
	    "boundary" },
	{ MULTI "nothing", "text/plain(nothing)", "boundary" },
	{ "Content-Type: multipart/mixed\r\n\r\nx", "text/plain(x)",
	    "boundary" },
	{ MULTI "--bb\r\n--b\r\n\r\nx --b\r\n--bc\r\n--b--\r\n",
	    "multipart/mixed[text/plain(x --b\r\n--bc)]", "" },
	{ MULTI "--b\r\nContent-Type: multipart/x; boundary=i\r\n\r\n--i\r\n"
	    "\r\none\r\n--b\r\n\r\ntwo\r\n--b--", "multipart/mixed["
	    "multipart/x[text/plain(one)]text/plain(two)]", "boundary" },
	{ MULTI "--b\r\nA: b\r\n--b\r\n\r\nx\r\n--b--", "multipart/mixed["
	    "text/plain()text/plain(x)]", "" },
	{ "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n"
	    "A: b\r\n\r\ninner\r\n--b--", "multipart/digest["
	    "message/rfc822[text/plain(inner)]]", "" },
	{ "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64"
	    "\r\n\r\nQUJD", "message/rfc822(QUJD)", "" },
	{ "A: b\r\ndamaged\r\nContent-Type: a/b\r\n\r\nx", "a/b(x)",
	    "header" },
	{ "A: b\r\nno colon\r\nnone here\r\n\r\nx",
	    "text/plain(no colon\r\nnone here\r\n\r\nx)", "header" },
	{ "Subject: a\r\nSubject: b\r\n\r\n", "text/plain()", "header" },
	{ "Subject: a\xfc\r\n\r\n", "text/plain()", "8bit" },
	{ "Subject: a\xc3\xbc\r\n\r\n", "text/plain()", "" },
	{ "\r\n\xfc", "text/plain(\xfc)", "charset" },
	{ "Content-Type: text/plain; charset=klingon\r\n\r\nx",
	    "text/plain(x)", "charset" },
	{ "Content-Transfer-Encoding: base64\r\n\r\nQQ==\r\nQQ==",
	    "text/plain(QQ==\r\nQQ==)", "encoding" },
	{ "Content-Transfer-Encoding: base64\r\n\r\nQUJDR",
	    "text/plain(QUJDR)", "encoding" },
	{ "Content-Transfer-Encoding: base64\r\n\r\nQUJD QUI=\r\n\r\n",
	    "text/plain(QUJD QUI=\r\n\r\n)", "" },
	{ "Content-Transfer-Encoding: rot13\r\n\r\nx", "text/plain(x)",
	    "encoding" },
	{ "Content-Type: text/plain; charset=utf-16\r\n\r\nx",
	    "text/plain(x)", "charset" },
	{ "Content-Type: text/plain; charset=utf-16\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nAHgA",
	    "text/plain(AHgA)", "" },
	{ "Content-Type: message/partial; id=a; number=1\r\n\r\nx",
	    "message/partial(x)", "type" },
	{ "\r\nbegin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n", "text/plain("
	    "begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n)", "encoding" },
	{ "\r\nbegin 100 years\r\nof it\r\n", "text/plain(begin 100 years"
	    "\r\nof it\r\n)", "" },
	{ "Content-Type: a/b; name=x\r\nContent-Disposition: attachment; "
	    "filename=y\r\n\r\n", "a/b()", "name" },
};

static void
each_message(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf b = BUF_INIT(4096);
		struct err err = ERR_INIT;
		struct letter *letter;

		assert_int_equal(letter_parse(str_of(cases[i].message), a,
		    &letter, &err), 0);
		shape(letter->root, &b);
		assert_string_equal(buf_cstr(&b), cases[i].shape);
		assert_string_equal(letter_ambiguity_text(letter->ambiguous,
		    a), cases[i].ambiguous);
	}
}

static void
fields(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;
	struct letter *letter;
	const struct letter_field *f;

	assert_int_equal(letter_parse(STR_LIT("SUBJECT : =?utf-8?Q?=C3=BC?=\r\n"
	    " x\r\nContent-Type: image/png; name*=utf-8''%C3%BC.png\r\n"
	    "Content-Disposition: INLINE\r\nContent-ID: <i@d>\r\n\r\n"), a,
	    &letter, &err), 0);
	assert_true(str_eq(letter_header(letter->root, STR_LIT("Subject"), a),
	    STR_LIT("\xc3\xbc x")));
	assert_int_equal(letter_header(letter->root, STR_LIT("To"), a).len, 0);
	f = letter_find(letter->root, STR_LIT("subject"));
	assert_non_null(f);
	assert_true(str_eq(f->name, STR_LIT("SUBJECT")));
	assert_true(str_eq(letter->root->filename, STR_LIT("\xc3\xbc.png")));
	assert_true(str_eq(letter->root->disposition, STR_LIT("inline")));
	assert_true(str_eq(letter->root->content_id, STR_LIT("i@d")));
}

/* Parse `unit` n times between head and tail; the error's sentence or "". */
static void
repeat(const char *head, const char *unit, size_t n, const char *expect)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(64 << 20);
	struct err err = ERR_INIT;
	struct letter *letter;
	int rc;

	buf_z(&b, head);
	while (n-- > 0)
		buf_z(&b, unit);
	rc = letter_parse(buf_view(&b), a, &letter, &err);
	assert_int_equal(rc, expect[0] == '\0' ? 0 : -1);
	if (rc != 0) {
		assert_int_equal(err.kind, ERR_LIMIT);
		assert_non_null(strstr(err.msg, expect));
	}
	assert_true(arena_used(a) < 32 << 20);
}

static void
limits(void **state UNUSED)
{
	const char *nest = "Content-Type: multipart/mixed; boundary=b\n\n--b\n";

	repeat("", nest, 60, "");
	repeat("", nest, 1000, "nested deeper");
	repeat("", "Content-Type: message/rfc822\n\n", 1000, "nested deeper");
	repeat(MULTI, "--b\r\n\r\nx\r\n", 9000, "");
	repeat(MULTI, "--b\r\n\r\nx\r\n", 300000, "more than 10000 parts");
	repeat("", "A: b\r\n", 10000, "");
	repeat("", "A: b\r\n", 1000000, "more than 10000 fields");
	repeat("", "A: 345678901234567890123456789012345\r\n", 9000,
	    "header block is larger");
	repeat("A: ", "x", 70000, "header field is larger");
	repeat("A: b\r\n", " x\r\n", 70000, "header field is larger");
	repeat(MULTI, "--b\r\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\n"
	    "A:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\n\n",
	    9000, "header fields");
	repeat("\r\n", "-", 20 << 20, "");
	repeat(MULTI, "\n-", 10 << 20, "");
	repeat(MULTI, "--c\n", 5 << 20, "");
}

static void
nul_is_a_byte(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;
	struct letter *letter;

	assert_int_equal(letter_parse(STR_LIT("Subject: a\0b\r\nX: y\r\n\r\n"
	    "c\0d"), a, &letter, &err), 0);
	assert_int_equal(letter->root->n_fields, 2);
	assert_int_equal(letter->root->body.len, 3);
	assert_true((letter->ambiguous & LETTER_AMBIGUOUS_HEADER) != 0);
	assert_true(str_eq(letter_header(letter->root, STR_LIT("Subject"), a),
	    STR_LIT("ab")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message),
		cmocka_unit_test(fields),
		cmocka_unit_test(limits),
		cmocka_unit_test(nul_is_a_byte),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
