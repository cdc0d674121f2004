/* SPDX-License-Identifier: Apache-2.0 */
/* Changed copies, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mime/edit.h"

#define PLAIN "Subject: x\r\nContent-Type: text/plain"
#define PAGE "Subject: x\r\nContent-Type: text/html"
#define QP "\r\nContent-Transfer-Encoding: quoted-printable"
#define SIGNED "Subject: x\r\nContent-Type: multipart/signed; boundary=b\r\n" \
    "\r\n--b\r\n\r\nhi\r\n--b\r\n" \
    "Content-Type: application/pgp-signature\r\n\r\ns\r\n--b--\r\n"

/* One rule for each letter of `how`:
 * s set X-A, r remove X-A and X-B, p prefix, w words of the subject, d and e
 * a disclaimer of ASCII or not, h one in HTML, < in front, i ignore, R refuse,
 * t and c name people in To and Cc, u names some whose address is not ASCII, U
 * the same in a message of UTF-8 */
static const struct {
	const char *how;
	const char *before;
	const char *after;	/* NULL: ERR_DENIED */
} cases[] = {
	{ "", "odd\nA:b\r\n c\r\n\nbody", "odd\nA:b\r\n c\r\n\nbody" },
	/* header fields */
	{ "s", "B: c\r\n\r\nx", "X-A: new\r\nB: c\r\n\r\nx" },
	{ "s", "B: c\r\nx-a: 1\r\n 2\r\nC: d\r\nX-A: 3\r\n\r\nx",
	    "B: c\r\nX-A: new\r\nC: d\r\n\r\nx" },
	{ "s", "X-A:new\r\n\r\nx", "X-A:new\r\n\r\nx" },
	{ "s", "x\r\n", "X-A: new\r\n\r\nx\r\n" },
	{ "s", " x: y\r\nB: c\r\n\r\nx", " x: y\r\nX-A: new\r\nB: c\r\n\r\nx" },
	{ "s", "", "X-A: new\r\n\r\n" },
	{ "r", "A: b\r\nX-A: 1\r\n\t2\r\nx-b: c\r\nD: e\r\n\r\nx",
	    "A: b\r\nD: e\r\n\r\nx" },
	{ "r", "A: b\r\nodd\r\nX-A: c\r\nodd2\r\nC: d\r\n\r\nx",
	    "A: b\r\nodd2\r\nC: d\r\n\r\nx" },
	{ "rs", "X-A: 1\r\nX-B: 2\r\n\r\n", "X-A: new\r\n\r\n" },
	{ "r", "A: b\r\nX-A: y\r\n\r\nx", "A: b\r\n\r\nx" },
	/* the subject */
	{ "p", "Subject: x\r\n\r\n", "Subject: [EXT] x\r\n\r\n" },
	{ "p", "A: b\r\n\r\n", "Subject: [EXT]\r\nA: b\r\n\r\n" },
	{ "p", "Subject: Re: AW:  [ext] x\r\n\r\n",
	    "Subject: Re: AW:  [ext] x\r\n\r\n" },
	{ "p", "Subject: a [EXT] x\r\n\r\n",
	    "Subject: [EXT] a [EXT] x\r\n\r\n" },
	{ "p", "Subject: 1\r\nsubject: =?utf-8?Q?=5BEXT=5D?= 2\r\n\r\n",
	    "Subject: [EXT] 1\r\nsubject: =?utf-8?Q?=5BEXT=5D?= 2\r\n\r\n" },
	{ "p", "Subject: Gr\xfc\xdf" "e\r\n\r\n",
	    "Subject: =?utf-8?B?W0VYVF0gR3LDvMOfZQ==?=\r\n\r\n" },
	{ "w", "Subject: a [SECURE]  b\r\n\r\n", "Subject: a b\r\n\r\n" },
	{ "w", "Subject: [se=?utf-8?Q?=C2=AD?=cure]\r\n\r\n",
	    "Subject: \r\n\r\n" },
	{ "w", "Subject: =?utf-8?Q?[se=C2=ADcure]_=C3=A4?=\r\n\r\n",
	    "Subject: =?utf-8?B?w6Q=?=\r\n\r\n" },
	{ "w", "Subject: insecurely\r\n\r\n", "Subject: insecurely\r\n\r\n" },
	{ "wp", "Subject: [secure] [EXT] x\r\n\r\n",
	    "Subject: [EXT] x\r\n\r\n" },
	/* text */
	{ "d", PLAIN "\r\n\r\nhello\r\n",
	    PLAIN "\r\n\r\nhello\r\n\r\nNote: it\r\n-- \r\n> us\r\n" },
	{ "d<", PLAIN "\r\n\r\nhello",
	    PLAIN "\r\n\r\nNote: it\r\n-- \r\n> us\r\n\r\nhello" },
	{ "d", PLAIN "; format=flowed\r\n\r\nhello \r\n", PLAIN
	    "; format=flowed\r\n\r\nhello \r\n\r\nNote: it\r\n-- \r\n > us\r\n" },
	{ "d<", "hello", "\r\nNote: it\r\n-- \r\n> us\r\n\r\nhello" },
	{ "e", PLAIN "; charset=iso-8859-1" QP "\r\n\r\n=E4 a=\r\n b",
	    PLAIN "; charset=iso-8859-1" QP
	    "\r\n\r\n=E4 a=\r\n b=\r\n\r\n\r\n=E4\r\n" },
	{ "e", PLAIN "; charset=\"us-ascii\"; x=y\r\n\r\nhi\r\n",
	    PLAIN "; charset=utf-8; x=y\r\n\r\nhi\r\n\r\n=C3=A4\r\n" },
	{ "e", PLAIN "; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
	    "\r\nhi\r\n", PLAIN "; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\nhi\r\n\r\n\xc3\xa4\r\n" },
	{ "d", PLAIN "\r\nContent-Transfer-Encoding: base64\r\n\r\naGkK\r\n",
	    PLAIN "\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	    "aGkKDQpOb3RlOiBpdA0KLS0gDQo+IHVzDQo=\r\n" },
	/* pages */
	{ "h", PAGE "\r\n\r\n<body x='</body>'><!-- </body> -->a</BODY>z",
	    PAGE "\r\n\r\n<body x='</body>'><!-- </body> -->a\r\n"
	    "<i>&#228;</i>\r\n</BODY>z" },
	{ "h<", PAGE "\r\n\r\n<script>'<body>'</script><body a=\">\">x",
	    PAGE "\r\n\r\n<script>'<body>'</script><body a=\">\">\r\n"
	    "<i>&#228;</i>\r\nx" },
	{ "h", PAGE "\r\n\r\nx<!-- ", PAGE
	    "\r\n\r\nx<!-- -->\r\n<i>&#228;</i>\r\n" },
	{ "h", PAGE QP "\r\n\r\na=\r\nb<a b=3D'=C3", PAGE QP
	    "\r\n\r\na=\r\nb<a b=3D'=C3=\r\n'>\r\n<i>&#228;</i>\r\n" },
	{ "h", PLAIN "\r\n\r\n", PLAIN "; charset=utf-8\r\n\r\n=C3=A4\r\n" },
	/* people */
	{ "t", "To: A <a@x>\r\nB: c\r\n\r\nx",
	    "To: A <a@x>,\r\n new@x,\r\n too@x\r\nB: c\r\n\r\nx" },
	{ "t", "to:a@x,\r\n b@x, \r\nTo: c@x\r\n\r\n",
	    "to:a@x,\r\n b@x,\r\n new@x,\r\n too@x\r\nTo: c@x\r\n\r\n" },
	{ "t", "B: c\r\n\r\nx",
	    "To: new@x,\r\n too@x\r\nB: c\r\n\r\nx" },
	{ "t", "To: \r\n\r\nx", "To: new@x,\r\n too@x\r\n\r\nx" },
	{ "t", "To: undisclosed-recipients:;\r\n\r\nx",
	    "To: undisclosed-recipients:;,\r\n new@x,\r\n too@x\r\n\r\nx" },
	/* who is there already, in either field */
	{ "t", "Cc: NEW@x\r\nTo: a@x, T <too@X>\r\n\r\nx",
	    "Cc: NEW@x\r\nTo: a@x, T <too@X>\r\n\r\nx" },
	{ "t", "Cc: NEW@x\r\nTo: a@x\r\n\r\nx",
	    "Cc: NEW@x\r\nTo: a@x,\r\n too@x\r\n\r\nx" },
	{ "tc", "To: a@x\r\n\r\n",
	    "Cc: copy@x\r\nTo: a@x,\r\n new@x,\r\n too@x\r\n\r\n" },
	{ "tp", "To: a@x\r\nSubject: x\r\n\r\n", "To: a@x,\r\n new@x,\r\n "
	    "too@x\r\nSubject: [EXT] x\r\n\r\n" },
	/* what is left open would swallow them */
	{ "t", "To: a@x, \"B\r\n\r\nx", "To: a@x,\r\n new@x,\r\n too@x\r\n"
	    "\r\nx" },
	{ "t", "To: a@x, B <b@x\r\n\r\nx", "To: a@x, B <b@x>,\r\n new@x,"
	    "\r\n too@x\r\n\r\nx" },
	/* other letters */
	{ "u", "To: a@x\r\n\r\n",
	    "To: a@x,\r\n =?utf-8?B?asO2ckB4?= :;\r\n\r\n" },
	{ "U", "To: a@x\r\n\r\n", "To: a@x,\r\n j\xc3\xb6r@x\r\n\r\n" },
	/* sealed */
	{ "di", SIGNED, SIGNED }, { "dR", SIGNED, NULL },
	{ "dR", PLAIN "\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n", NULL },
	{ "dR", "Content-Type: application/pkcs7-mime\r\n\r\nx", NULL },
	{ "dR", PLAIN "; charset=x-none\r\n\r\nx", NULL },
	{ "pi", SIGNED, "Subject: [EXT] x" },	/* begins so */
};

static struct edit
make_edit(const char *how)
{
	static const struct edit_header set[] = {
		{ STR_LIT("X-A"), STR_LIT("old") },
		{ STR_LIT("X-A"), STR_LIT("new") },
	};
	static const struct str removed[] = { STR_LIT("x-a"), STR_LIT("X-B") };
	static const struct str words[] = { STR_LIT("[secure]"),
		STR_LIT("secure") };
	static const struct address to[] = {
		{ STR_LIT("new"), STR_LIT("x"), STR_LIT("new@x"), false },
		{ STR_LIT("too"), STR_LIT("x"), STR_LIT("too@x"), false },
		{ STR_LIT("copy"), STR_LIT("x"), STR_LIT("copy@x"), false },
		{ STR_LIT("j\xc3\xb6r"), STR_LIT("x"),
		    STR_LIT("j\xc3\xb6r@x"), true },
	};
	struct edit e = { .set = set, .remove = removed,
		.subject_strip = words, .boundary_seed = { 1 } };

	e.n_set = strchr(how, 's') != NULL ? 2 : 0;
	e.n_remove = strchr(how, 'r') != NULL ? 2 : 0;
	e.n_strip = strchr(how, 'w') != NULL ? 2 : 0;
	e.add_to = to;
	e.add_cc = to + 2;
	e.n_to = strchr(how, 't') != NULL ? 2 : 0;
	e.n_cc = strchr(how, 'c') != NULL ? 1 : 0;
	e.is_utf8 = strchr(how, 'U') != NULL;
	if (strpbrk(how, "uU") != NULL) {
		e.add_to = to + 3;
		e.n_to = 1;
	}
	if (strchr(how, 'p') != NULL)
		e.subject_prefix = STR_LIT("[EXT] ");
	if (strchr(how, 'd') != NULL)
		e.disclaimer_text = STR_LIT("Note: it  \n-- \n> us");
	if (strchr(how, 'e') != NULL)
		e.disclaimer_text = STR_LIT("\xc3\xa4");
	if (strchr(how, 'h') != NULL)
		e.disclaimer_html = STR_LIT("<i>\xc3\xa4</i>");
	e.at_start = strchr(how, '<') != NULL;
	if (strchr(how, 'i') != NULL)
		e.fallback = EDIT_IGNORE;
	if (strchr(how, 'R') != NULL)
		e.fallback = EDIT_REFUSE;
	return (e);
}

static int
apply(const char *before, const struct edit *e, struct buf *out,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct letter *letter;

	assert_int_equal(letter_parse(str_of(before), a, &letter, err), 0);
	return (edit_letter(letter, e, out, err));
}

static void
each_case(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_BUF struct buf b = BUF_INIT(65536);
		struct edit e = make_edit(cases[i].how);
		struct err err = ERR_INIT;
		int r = apply(cases[i].before, &e, &b, &err);

		if (cases[i].after == NULL) {
			assert_int_equal(r, -1);
			assert_int_equal(err.kind, ERR_DENIED);
			assert_int_equal(b.len, 0);
			continue;
		}
		assert_int_equal(r, 0);
		/* MIME-Version and encoding fields are looked at elsewhere. */
		if (strcmp(cases[i].how, "pi") == 0)
			b.len = MIN_OF(b.len, strlen(cases[i].after));
		if (strstr(cases[i].after, "=C3=A4\r\n") != NULL &&
		    strstr(cases[i].before, "uoted") == NULL) {
			assert_non_null(strstr(buf_cstr(&b),
			    "Content-Transfer-Encoding: quoted-printable\r\n"));
			assert_non_null(strstr(buf_cstr(&b), "charset=utf-8"));
			continue;
		}
		if (strcmp(buf_cstr(&b), cases[i].after) != 0)
			fail_msg("case %zu: %s", i, buf_cstr(&b));
	}
}

static void
wrapped(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(65536), text = BUF_INIT(4096);
	struct edit e = make_edit("dpr");
	struct err err = ERR_INIT;
	struct letter *letter;
	struct letter_view view;

	assert_int_equal(apply("X-A: gone\r\n" SIGNED, &e, &b, &err), 0);
	assert_int_equal(letter_parse(buf_view(&b), a, &letter, &err), 0);
	assert_true(str_eq(letter->root->type, STR_LIT("multipart/mixed")));
	assert_true(str_eq(letter_header(letter->root, STR_LIT("Subject"), a),
	    STR_LIT("[EXT] x")));
	letter_view(letter, a, &view);
	assert_int_equal(letter_text(view.text, &text, &err), 0);
	assert_string_equal(buf_cstr(&text), "Note: it  \n-- \n> us\n");
	assert_int_equal(view.n_attachments, 1);
	assert_true(view.attachments[0]->is_message);
	assert_true(str_eq(view.attachments[0]->body, STR_LIT(SIGNED)));
}

static void
what_is_refused(void **state UNUSED)
{
	static const struct edit_header bad[] = {
		{ STR_LIT(""), STR_LIT("x") }, { STR_LIT("A:"), STR_LIT("x") },
		{ STR_LIT("A\r\nB"), STR_LIT("x") },
		{ STR_LIT("A"), STR_LIT("x\r\nB: c") },
		{ STR_LIT("A"), STR_LIT("\xff") },
		{ STR_LIT("content-type"), STR_LIT("text/plain") },
	};
	AUTO_BUF struct buf b = BUF_INIT(64);
	struct edit e = { 0 };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		e.set = &bad[i];
		e.n_set = 1;
		assert_int_equal(apply("A: b\r\n\r\n", &e, &b, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	e = make_edit("d");
	assert_int_equal(apply(PLAIN "\r\n\r\nhello, all of you\r\n", &e, &b,
	    &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(b.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case),
		cmocka_unit_test(wrapped),
		cmocka_unit_test(what_is_refused),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
