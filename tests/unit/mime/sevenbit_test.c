/* SPDX-License-Identifier: Apache-2.0 */
/* Mail for servers of 7 bits: what changes, what stays, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mime/sevenbit.h"

#define MIME "MIME-Version: 1.0\r\n"
#define CTE "Content-Transfer-Encoding: "
#define TEXT "Content-Type: text/plain; charset=utf-8\r\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n"
#define UE "\xc3\xbc"	/* u with two dots */

static const struct {
	const char *from, *to;
} changes[] = {
	/* The label is replaced where it stands. */
	{ MIME TEXT "content-transfer-encoding:\r\n 8bit\r\nSubject: s\r\n\r\n"
	    "a" UE "\r\n",
	    MIME TEXT CTE "quoted-printable\r\nSubject: s\r\n\r\n"
	    "a=C3=BC\r\n" },
	/* Further ones, which readers could believe, say the same. */
	{ MIME TEXT CTE "8bit\r\nA: b\r\n" CTE "base64\r\n\r\n" UE "\r\n",
	    MIME TEXT CTE "quoted-printable\r\nA: b\r\n" CTE
	    "quoted-printable\r\n\r\n=C3=BC\r\n" },
	/* Mail from before MIME. */
	{ "Subject: s\r\n\r\n" UE "\r\n", "Subject: s\r\n" MIME TEXT
	    CTE "quoted-printable\r\n\r\n=C3=BC\r\n" },
	{ "Subject: s\r\n\r\n\xfc\r\n", "Subject: s\r\n" MIME
	    "Content-Type: text/plain; charset=unknown-8bit\r\n"
	    CTE "quoted-printable\r\n\r\n=FC\r\n" },
	{ "\r\n" UE, MIME TEXT CTE "quoted-printable\r\n\r\n=C3=BC" },
	/* Blanks at the end, dots, long lines and delimiters. */
	{ MIME TEXT "\r\n" UE " \r\n.\r\n--b\r\n", MIME TEXT
	    CTE "quoted-printable\r\n\r\n=C3=BC=20\r\n=2E\r\n=2D-b\r\n" },
	/* Only the part that needs it; the 7-bit one keeps its spelling. */
	{ MIME MIXED CTE "8bit\r\n\r\npre\r\n--b\r\nX:  y\r\n\r\n--  \r\n"
	    "--b \r\nContent-Type: image/png\r\n" CTE "binary\r\n\r\n"
	    "\x89PNG\r\n--b--\r\nepi",
	    MIME MIXED CTE "7bit\r\n\r\npre\r\n--b\r\nX:  y\r\n\r\n--  \r\n"
	    "--b \r\nContent-Type: image/png\r\n" CTE "base64\r\n\r\n"
	    "iVBORw==\r\n--b--\r\nepi" },
	/* Inside a forwarded message, and a part without a header. */
	{ MIME MIXED "\r\n--b\r\nContent-Type: message/rfc822\r\n" CTE
	    "8bit\r\n\r\nSubject: i\r\n\r\n" UE "\r\n--b\r\n\r\n" UE "\r\n"
	    "--b--\r\n",
	    MIME MIXED "\r\n--b\r\nContent-Type: message/rfc822\r\n" CTE
	    "7bit\r\n\r\nSubject: i\r\n" MIME TEXT CTE
	    "quoted-printable\r\n\r\n=C3=BC\r\n--b\r\n" TEXT CTE
	    "quoted-printable\r\n\r\n=C3=BC\r\n--b--\r\n" },
	/* International messages and reports may be encoded whole. */
	{ MIME "Content-Type: message/global\r\n\r\nSubject: " UE "\r\n\r\n"
	    "x\r\n", MIME "Content-Type: message/global\r\n" CTE
	    "quoted-printable\r\n\r\nSubject: =C3=BC\r\n\r\nx\r\n" },
	/* What is signed and 7-bit stays, to the last label. */
	{ MIME MIXED "\r\n--b\r\nContent-Type: multipart/signed; boundary=c"
	    "\r\n\r\n--c\r\n" CTE "8bit\r\n\r\nx\r\n--c--\r\n--b\r\n"
	    CTE "8bit\r\n\r\n" UE "\r\n--b--\r\n",
	    MIME MIXED "\r\n--b\r\nContent-Type: multipart/signed; boundary=c"
	    "\r\n\r\n--c\r\n" CTE "8bit\r\n\r\nx\r\n--c--\r\n--b\r\n"
	    CTE "quoted-printable\r\n" TEXT "\r\n=C3=BC\r\n--b--\r\n" },
};

static void
bodies_are_encoded(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf out = BUF_INIT(65536);
		struct err err = ERR_INIT;

		if (sevenbit_convert(str_of(changes[i].from), a, &out,
		    &err) == -1)
			fail_msg("%s: %s", changes[i].from, err.msg);
		assert_string_equal(buf_cstr(&out), changes[i].to);
	}
}

static void
some_cannot_be(void **state UNUSED)
{
	static const struct {
		const char *mail, *why;
	} rows[] = {
		{ "Subject: " UE "\r\n\r\nx\r\n", "header" },
		{ MIME MIXED "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
		    "Subject: " UE "\r\n\r\nx\r\n--b--\r\n", "header" },
		{ MIME "Content-Type: multipart/signed; boundary=b\r\n\r\n"
		    "--b\r\n\r\n" UE "\r\n--b--\r\n", "signed" },
		{ MIME TEXT CTE "quoted-printable\r\n\r\n" UE "\r\n",
		    "encoded" },
		{ MIME TEXT CTE "base64\r\n\r\n" UE "\r\n", "encoded" },
		{ UE ": x", "no end" },
		{ MIME "Content-Type: message/rfc822\r\n\r\nbegin\r\n" UE
		    "\r\n", "no end" },
		{ MIME MIXED "--b\r\n\r\n" UE "\r\n--b--\r\n", "no end" },
		{ MIME MIXED "\r\n--b\r\n" UE "\r\n--b--\r\n", "no end" },
		{ MIME MIXED "\r\n" UE "\r\n", "damaged" },
		{ MIME MIXED "\r\n" UE "\r\n--b--\r\n", "damaged" },
		{ MIME MIXED "\r\n" UE "\r\n--b\r\n\r\nx\r\n--b--\r\n",
		    "outside" },
		{ MIME MIXED "\r\n--b\r\n\r\nx\r\n--b--\r\n" UE "\r\n",
		    "outside" },
		{ "A: b\r\n" UE " c\r\nD: e\r\n\r\nx\r\n", "outside" },
		{ MIME "Content-Type: message/delivery-status\r\n\r\n" UE
		    "\r\n", "report" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf out = BUF_INIT(65536);
		struct err err = ERR_INIT;

		if (sevenbit_convert(str_of(rows[i].mail), a, &out, &err) == 0)
			fail_msg("%s was converted", rows[i].mail);
		assert_int_equal(err.kind, ERR_PERM);
		if (strstr(err.msg, rows[i].why) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", err.msg,
			    rows[i].why);
	}
}

static void
the_limit_holds(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf out = BUF_INIT(60);
	struct err err = ERR_INIT;

	assert_int_equal(sevenbit_convert(STR_LIT("A: b\r\nContent-Type: a/b"
	    "\r\n\r\n" UE "\r\n"), a, &out, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

static void
eight_bits_are_seen_everywhere(void **state UNUSED)
{
	char text[33];

	memset(text, 'a', sizeof(text));
	assert_true(sevenbit_is(STR_NULL));
	assert_true(sevenbit_is(str_make(text, sizeof(text))));
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = '\x80';
		assert_false(sevenbit_is(str_make(text, sizeof(text))));
		text[i] = 'a';
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_are_encoded),
		cmocka_unit_test(some_cannot_be),
		cmocka_unit_test(the_limit_holds),
		cmocka_unit_test(eight_bits_are_seen_everywhere),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
