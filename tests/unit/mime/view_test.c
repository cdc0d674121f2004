/* SPDX-License-Identifier: Apache-2.0 */
/* Which parts are the body, inline images and attachments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mime/letter.h"

/* A part with a name for its body. */
#define PART(b, head, name) "--" b "\r\n" head "\r\n\r\n" name "\r\n"
#define TEXT "Content-Type: text/plain"
#define HTML "Content-Type: text/html"
#define PDF "Content-Type: application/pdf"
#define IMAGE(id) "Content-Type: image/png\r\nContent-ID: <" id ">"
#define MULTI(kind, b) "Content-Type: multipart/" kind "; boundary=" b
#define FILED "\r\nContent-Disposition: attachment"

static const struct {
	const char *message;
	const char *view;	/* text|html|inlines|attachments */
} cases[] = {
	{ "\r\nhello", "hello|-||" },
	{ HTML "\r\n\r\nhello", "-|hello||" },
	{ PDF "\r\n\r\nhello", "-|-||hello " },
	{ TEXT FILED "\r\n\r\nhello", "-|-||hello " },
	{ MULTI("alternative", "a") "\r\n\r\n" PART("a", TEXT, "T")
	    PART("a", HTML, "H") PART("a", "Content-Type: text/calendar", "C")
	    PART("a", TEXT, "T2") "--a--", "T|H||C T2 " },
	{ MULTI("mixed", "m") "\r\n\r\n" PART("m", TEXT, "T")
	    PART("m", TEXT, "T2") PART("m", HTML, "H") PART("m", PDF, "P")
	    "--m--", "T|-||T2 H P " },
	{ MULTI("mixed", "m") "\r\n\r\n" PART("m", TEXT FILED, "F")
	    PART("m", TEXT, "T") "--m--", "T|-||F " },
	{ MULTI("mixed", "m") "\r\n\r\n--m\r\n"
	    MULTI("alternative", "a") "\r\n\r\n" PART("a", TEXT, "T") "--a\r\n"
	    MULTI("related", "r") "\r\n\r\n"
	    PART("r", HTML, "<img src=\"cid:one\"><a b='CID:t%77o'>")
	    PART("r", IMAGE("one"), "I1") PART("r", IMAGE("two"), "I2")
	    PART("r", IMAGE("lost"), "I3") "--r--\r\n--a--\r\n"
	    PART("m", PDF, "P") "--m--",
	    "T|<img src=\"cid:one\"><a b='CID:t%77o'>|I1 I2 |P I3 " },
	{ MULTI("alternative", "a") "\r\n\r\n" PART("a", TEXT, "T") "--a\r\n"
	    MULTI("mixed", "m") "\r\n\r\n" PART("m", HTML, "H")
	    PART("m", PDF, "P") PART("m", HTML, "H2") "--m--\r\n--a--",
	    "T|H||P H2 " },
	{ MULTI("mixed", "m") "\r\n\r\n" PART("m", TEXT, "T")
	    PART("m", "Content-Type: message/rfc822", "A: b\r\n\r\nx")
	    "--m--", "T|-||A: b\r\n\r\nx " },
	{ MULTI("related", "r") "\r\n\r\n" PART("r", HTML, "cid:one")
	    PART("r", IMAGE("one") FILED, "I") "--r--", "-|cid:one||I " },
	{ MULTI("mixed", "m") "\r\n\r\n" PART("m", TEXT, "T")
	    PART("m", IMAGE("one"), "I") "--m--", "T|-||I " },
	{ MULTI("signed", "s") "\r\n\r\n" PART("s", TEXT, "T")
	    PART("s", "Content-Type: application/pgp-signature", "S")
	    "--s--", "T|-||S " },
};

static void
add(const struct letter_part *part, const char *end, struct buf *out)
{
	buf_str(out, part != NULL ? part->body : STR_LIT("-"));
	buf_z(out, end);
}

static void
each_message(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf b = BUF_INIT(4096);
		struct err err = ERR_INIT;
		struct letter *letter;
		struct letter_view view;

		assert_int_equal(letter_parse(str_of(cases[i].message), a,
		    &letter, &err), 0);
		letter_view(letter, a, &view);
		add(view.text, "|", &b);
		add(view.html, "|", &b);
		for (size_t k = 0; k < view.n_inlines; k++)
			add(view.inlines[k], " ", &b);
		buf_z(&b, "|");
		for (size_t k = 0; k < view.n_attachments; k++)
			add(view.attachments[k], " ", &b);
		assert_string_equal(buf_cstr(&b), cases[i].view);
	}
}

/* A page of nothing but "cid:" takes neither time nor memory. */
static void
hostile_page(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(16 << 20);
	struct err err = ERR_INIT;
	struct letter *letter;
	struct letter_view view;

	buf_z(&b, MULTI("related", "r") "\r\n\r\n" PART("r", IMAGE("x"), "I")
	    "--r\r\n" HTML "\r\n\r\n");
	while (b.len < 8 << 20)
		buf_z(&b, "cid:");
	assert_int_equal(letter_parse(buf_view(&b), a, &letter, &err), 0);
	letter_view(letter, a, &view);
	assert_int_equal(view.n_attachments, 1);
	assert_true(arena_used(a) < 16 << 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message),
		cmocka_unit_test(hostile_page),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
