/* SPDX-License-Identifier: Apache-2.0 */
/* Marks by which a message is known again: for whom, of what, how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "gateway/passed.h"

#define NOW_MS (INT64_C(1795600000) * CLOCK_SECOND_MS)
#define HEAD "From: a@us.example\r\nSubject: =?utf-8?q?M=C3=BCller?=\r\n" \
	"Message-ID: <1@us.example>\r\n"
#define MAIL HEAD "Content-Type: text/plain; charset=utf-8\r\n" \
	"Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n"
#define SAME HEAD "Content-Type: text/plain; charset=iso-8859-1\r\n\r\n" \
	"Gr\xfc\xdf" "e\r\n\r\n"
#define OTHER HEAD "Content-Type: text/plain\r\n\r\nGruss\r\n"
#define FILES "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" \
	"hi\r\n--b\r\nContent-Type: application/pdf; name=\"%s\"\r\n" \
	"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n"
#define UNCLOSED "Content-Type: multipart/mixed; boundary=b\r\n\r\n" \
	"--b\r\n\r\nhi\r\n"

static uint8_t key[LOOP_KEY_BYTES] = { 1, 2, 3 };
static const struct str them[] = { STR_LIT("X@out.example"),
    STR_LIT("y@out.example"), STR_LIT("z@out.example"),
    STR_LIT("u@out.example"), STR_LIT("v@out.example") };

/* The mark of one message in front of another one. */
static bool
is_known(const char *marked, size_t n, const char *mail, const char *recipient,
    int64_t now_ms)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(1u << 20);
	struct passed p = { .key = key, .arena = a, .now_ms = now_ms };
	struct letter *letter;
	struct err err = ERR_INIT;

	passed_write(key, str_of(marked), them, n, NOW_MS, a, &b);
	buf_z(&b, mail);
	assert_int_equal(letter_parse(buf_view(&b), a, &letter, &err), 0);
	p.letter = letter;
	return (passed_has(&p, str_of(recipient)));
}

static void
knows_its_recipients(void **state)
{
	(void)state;
	assert_true(is_known(MAIL, 2, MAIL, "x@out.example", NOW_MS));
	assert_true(is_known(MAIL, 2, MAIL, "Y@OUT.example", NOW_MS));
	assert_false(is_known(MAIL, 2, MAIL, "z@out.example", NOW_MS));
	assert_false(is_known(MAIL, 2, MAIL, "", NOW_MS));
	assert_true(is_known(MAIL, 5, MAIL, "v@out.example", NOW_MS));
}

static void
holds_for_a_time(void **state)
{
	(void)state;
	assert_true(is_known(MAIL, 1, MAIL, "x@out.example",
	    NOW_MS + PASSED_FRESH_MS));
	assert_false(is_known(MAIL, 1, MAIL, "x@out.example",
	    NOW_MS + PASSED_FRESH_MS + 1));
	assert_true(is_known(MAIL, 1, MAIL, "x@out.example",
	    NOW_MS - CLOCK_MINUTE_MS));
	assert_false(is_known(MAIL, 1, MAIL, "x@out.example",
	    NOW_MS - CLOCK_HOUR_MS));
}

static void
holds_for_the_content(void **state)
{
	char pdf[512], renamed[512], changed[512];

	(void)state;
	(void)snprintf(pdf, sizeof(pdf), HEAD FILES, "a.pdf", "JVBERg==");
	(void)snprintf(renamed, sizeof(renamed), HEAD FILES, "b.pdf",
	    "JVBERg==");
	(void)snprintf(changed, sizeof(changed), HEAD FILES, "a.pdf",
	    "JVBERw==");
	assert_true(is_known(MAIL, 1, SAME, "x@out.example", NOW_MS));
	assert_false(is_known(MAIL, 1, OTHER, "x@out.example", NOW_MS));
	assert_true(is_known(pdf, 1, pdf, "x@out.example", NOW_MS));
	assert_false(is_known(pdf, 1, renamed, "x@out.example", NOW_MS));
	assert_false(is_known(pdf, 1, changed, "x@out.example", NOW_MS));
}

static void
is_not_for_what_is_ambiguous(void **state)
{
	(void)state;
	assert_false(is_known(HEAD UNCLOSED, 1, HEAD UNCLOSED,
	    "x@out.example", NOW_MS));
	assert_false(is_known(MAIL, 1, "Subject: two\r\n" MAIL,
	    "x@out.example", NOW_MS));
}

/* Neither how many there are nor in which order shows. */
static void
does_not_count_recipients(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	size_t len[3];

	(void)state;
	for (size_t n = 1; n <= 5; n += 2) {
		AUTO_BUF struct buf b = BUF_INIT(1u << 16);

		passed_write(key, STR_LIT(MAIL), them, n, NOW_MS, a, &b);
		len[n / 2] = b.len;
	}
	assert_int_equal(len[0], len[1]);
	assert_true(len[2] > len[1]);
}

static void
is_only_good_under_its_key(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(1u << 20);
	static const uint8_t wrong[LOOP_KEY_BYTES] = { 9 };
	struct passed p = { .key = key, .arena = a, .now_ms = NOW_MS };
	struct letter *letter;
	struct err err = ERR_INIT;

	(void)state;
	passed_write(wrong, STR_LIT(MAIL), them, 1, NOW_MS, a, &b);
	buf_z(&b, MAIL);
	assert_int_equal(letter_parse(buf_view(&b), a, &letter, &err), 0);
	p.letter = letter;
	assert_false(passed_has(&p, them[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_its_recipients),
		cmocka_unit_test(holds_for_a_time),
		cmocka_unit_test(holds_for_the_content),
		cmocka_unit_test(is_not_for_what_is_ambiguous),
		cmocka_unit_test(does_not_count_recipients),
		cmocka_unit_test(is_only_good_under_its_key),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
