/* SPDX-License-Identifier: Apache-2.0 */
/* Our own mails, read back as a mail program reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/enc.h"
#include "conf/brand.h"
#include "mime/letter.h"
#include "seal/notice.h"

#define MAIL_MAX (1u << 20)
#define SIZE_MAX_BYTES (12u << 10)	/* of a notice */
#define MIME_LINE_MAX 78

static const struct notice_house house = {
	.portal_url = STR_LIT("https://mail.example.org"),
	.organisation = STR_LIT("M\xc3\xbcller & S\xc3\xb6hne <Werke>"),
	.hostname = STR_LIT("mail.example.org"),
};

static const struct notice plain = {
	.sender = STR_LIT("j.gross@example.org"),
	.sender_name = STR_LIT("J\xc3\xbcrgen Gro\xc3\x9f"),
	.recipient = STR_LIT("anna@partner.example"),
	.template = STR_LIT("Do Not Forward"),
	.fields = STR_LIT("X-Carried: yes\r\n"),
	.grant = { { 1, 2, 3 } },
	.l = { 9, 8, 7 },
	.received_ms = INT64_C(1795472520000),	/* 2026-11-23T22:22:00Z */
	.expires_ms = INT64_C(1798064520000),	/* 30 days later */
};

struct mail {
	struct arena *arena;
	struct buf bytes, text, html;
	struct letter *letter;
	struct letter_view view;
};

static void
assert_lines(struct str s)
{
	struct str line;

	while (str_next(&s, '\n', &line)) {
		if (s.p == NULL)
			break;		/* behind the last line end */
		assert_true(line.len > 0 && line.p[line.len - 1] == '\r');
		assert_true(line.len - 1 <= MIME_LINE_MAX);
	}
	assert_int_equal(line.len, 0);
}

static void
parse(struct mail *m)
{
	struct err err = ERR_INIT;

	assert_false(m->bytes.over);
	assert_lines(buf_view(&m->bytes));
	assert_true(enc_is_ascii(buf_view(&m->bytes)));
	m->arena = arena_new();
	buf_init(&m->text, MAIL_MAX);
	buf_init(&m->html, MAIL_MAX);
	assert_int_equal(letter_parse(buf_view(&m->bytes), m->arena,
	    &m->letter, &err), 0);
	assert_int_equal(m->letter->ambiguous, 0);
	assert_int_equal(m->letter->n_parts, 3);
	letter_view(m->letter, m->arena, &m->view);
	assert_int_equal(m->view.n_attachments + m->view.n_inlines, 0);
	assert_int_equal(letter_text(m->view.text, &m->text, &err), 0);
	assert_int_equal(letter_text(m->view.html, &m->html, &err), 0);
}

static void
render(const struct notice *n, struct mail *m)
{
	buf_init(&m->bytes, MAIL_MAX);
	notice_render(n, &house, &m->bytes);
	parse(m);
}

static void
done(struct mail *m)
{
	buf_done(&m->bytes);
	buf_done(&m->text);
	buf_done(&m->html);
	arena_free(&m->arena);
}

static bool
has(const struct buf *b, const char *what)
{
	return (str_find_nocase(buf_view(b), str_of(what)) >= 0);
}

static void
assert_header(const struct mail *m, const char *name, const char *value)
{
	struct str got = letter_header(m->letter->root, str_of(name),
	    m->arena);

	if (!str_eq(got, str_of(value)))
		fail_msg("%s: %.*s", name, STR_FMT(got));
}

static void
a_notice_says_what_is_needed(void **state)
{
	static const char *const both[] = { "J\xc3\xbcrgen Gro\xc3\x9f",
		"j.gross@example.org", "anna@partner.example",
		"Do Not Forward", "23 November 2026, 22:22 UTC",
		"23 December 2026, 22:22 UTC", "https://mail.example.org/about"
	};
	AUTO_BUF struct buf link = BUF_INIT(MAIL_MAX);
	char key[GRANT_KEY_TEXT_SIZE];
	struct mail m;

	(void)state;
	render(&plain, &m);
	assert_header(&m, "From",
	    "J\xc3\xbcrgen Gro\xc3\x9f <j.gross@example.org>");
	assert_header(&m, "To", "anna@partner.example");
	assert_header(&m, "Subject",
	    "Protected message from J\xc3\xbcrgen Gro\xc3\x9f");
	assert_header(&m, "Date", "Mon, 23 Nov 2026 22:22:00 +0000");
	assert_header(&m, "X-Carried", "yes");
	for (size_t i = 0; i < COUNT_OF(both); i++) {
		if (!has(&m.text, both[i]) || !has(&m.html, both[i]))
			fail_msg("not said: %s", both[i]);
	}
	grant_link(house.portal_url, &plain.grant, plain.l, &link);
	grant_opening_key(plain.l, key);
	assert_true(has(&m.text, key) && has(&m.html, key));
	buf_z(&link, "\n");
	assert_true(has(&m.text, buf_cstr(&link)));
	link.len--;
	assert_true(has(&m.html, buf_cstr(&link)));
	assert_true(has(&m.text, "M\xc3\xbcller & S\xc3\xb6hne <Werke>"));
	assert_true(has(&m.html,
	    "M\xc3\xbcller &amp; S\xc3\xb6hne &lt;Werke&gt;"));
	assert_true(m.bytes.len <= SIZE_MAX_BYTES);
	done(&m);
}

static size_t
count(struct str s, const char *what)
{
	size_t n = 0;
	ptrdiff_t at;

	while ((at = str_find_nocase(s, str_of(what))) >= 0) {
		s = str_sub(s, (size_t)at + 1, s.len);
		n++;
	}
	return (n);
}

/* Nothing is fetched, nothing is tracked, and a screen reader gets along. */
static void
the_html_is_clean(void **state)
{
	static const char *const never[] = { "<img", "<script", "url(",
		"<link", "@import", "<form", "<iframe", "src=", "http:",
		"~" };
	struct mail m;
	struct str html;

	(void)state;
	render(&plain, &m);
	html = buf_view(&m.html);
	for (size_t i = 0; i < COUNT_OF(never); i++)
		if (has(&m.html, never[i]))
			fail_msg("has %s", never[i]);
	assert_false(has(&m.text, "~"));
	assert_int_equal(count(html, "href="), 3);
	assert_int_equal(count(html, "href=\"https://mail.example.org/"), 3);
	assert_int_equal(count(html, "<table"),
	    count(html, "role=\"presentation\""));
	assert_int_equal(count(html, "<html lang=\"en\">"), 1);
	assert_int_equal(count(html, "<h1"), 1);
	assert_int_equal(count(html, "<table"), count(html, "</table>"));
	assert_int_equal(count(html, "<td"), count(html, "</td>"));
	done(&m);
}

/* Names as an attacker would choose them. */
static void
no_name_breaks_out(void **state)
{
	static const struct {
		const char *name, *shown;
	} cases[] = {
		{ "x\r\nBcc: evil@example.net", "x  Bcc: evil@example.net" },
		{ "x\r\n\r\n<b>body", "x    <b>body" },
		{ "x\n.\r\nMAIL FROM:<>", "x .  MAIL FROM:<>" },
		{ "\" <evil@example.net>, \"", "\" <evil@example.net>, \"" },
		{ "<script>alert(1)</script>", "<script>alert(1)</script>" },
		{ "\"><img src=x>", "\"><img src=x>" },
		{ "~key~", "~key~" },
		{ "=0E=0E =?utf-8?Q?x?=", "=0E=0E =?utf-8?Q?x?=" },
		{ "\x0e\x0f\x1a x", "x" },
		{ "--=_", "--=_" },
		{ ".", "." },
		{ "From me", "From me" },
		{ "\xff\xfe", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_BUF struct buf says = BUF_INIT(MAIL_MAX);
		struct notice n = plain;
		struct mail m;

		n.sender_name = str_of(cases[i].name);
		render(&n, &m);
		assert_null(letter_find(m.letter->root, STR_LIT("Bcc")));
		assert_false(has(&m.html, "<script"));
		assert_false(has(&m.html, "<img"));
		assert_int_equal(count(buf_view(&m.html), "href="), 3);
		buf_z(&says, cases[i].shown != NULL ? cases[i].shown :
		    "j.gross@example.org");
		buf_z(&says, " has sent you a protected message.\n");
		if (!str_starts_nocase(buf_view(&m.text), buf_view(&says)))
			fail_msg("%s: %.*s", cases[i].name, 80,
			    buf_cstr(&m.text));
		done(&m);
	}
}

/* Whatever is long is cut, and the mail stays small and well-formed. */
static void
long_values_are_cut(void **state)
{
	char *name = must_calloc(1, 100000);
	struct notice n = plain;
	struct mail m;

	(void)state;
	for (size_t i = 0; i < 99998; i += 2)
		memcpy(name + i, "\xc3\x9f", 2);
	n.sender_name = n.template = str_of(name);
	n.expires_ms = 0;
	render(&n, &m);
	assert_true(m.bytes.len <= 2 * SIZE_MAX_BYTES);
	assert_true(enc_is_utf8(buf_view(&m.text)));
	assert_true(has(&m.text, "no end date"));
	done(&m);
	free(name);
}

static void
a_notice_waits_as_its_facts(void **state)
{
	AUTO_BUF struct buf packed = BUF_INIT(MAIL_MAX);
	AUTO_BUF struct buf again = BUF_INIT(MAIL_MAX);
	struct notice got = { .received_ms = 77 };
	struct err err = ERR_INIT;

	(void)state;
	notice_pack(&plain, &packed);
	for (size_t len = 0; len < packed.len; len++) {
		assert_int_equal(notice_unpack(str_make(packed.p, len), &got,
		    &err), -1);
		assert_int_equal(err.kind, ERR_PERM);
		assert_int_equal(got.received_ms, 77);
	}
	assert_int_equal(notice_unpack(buf_view(&packed), &got, &err), 0);
	assert_true(str_eq(got.fields, plain.fields));
	assert_int_equal(got.expires_ms, plain.expires_ms);
	notice_pack(&got, &again);
	assert_true(str_eq(buf_view(&packed), buf_view(&again)));
	buf_char(&packed, 'x');
	assert_int_equal(notice_unpack(buf_view(&packed), &got, &err), -1);
}

/* What was packed before there were brands may still wait. */
static void
older_facts_are_read(void **state)
{
	AUTO_BUF struct buf packed = BUF_INIT(MAIL_MAX);
	struct notice got;
	struct err err = ERR_INIT;

	(void)state;
	notice_pack(&plain, &packed);
	packed.p[0] = 1;
	packed.len -= 4;	/* the length of no brand */
	assert_int_equal(notice_unpack(buf_view(&packed), &got, &err), 0);
	assert_true(str_eq(got.fields, plain.fields));
	assert_int_equal(got.brand.len, 0);
}

static void
a_brand_dresses_a_notice(void **state)
{
	static char longest[BRAND_MAX_TEXT];
	AUTO_BUF struct buf packed = BUF_INIT(BRAND_MAX_PACKED);
	struct brand brand = { .background = 0xffe08a,
		.has_background = true };
	struct notice n = plain;
	struct mail m;

	(void)state;
	memset(longest, '<', sizeof(longest));
	for (size_t i = 0; i < BRAND_TEXTS; i++)
		brand.texts[i] = str_make(longest, sizeof(longest));
	brand_pack(&brand, &packed);
	n.brand = buf_view(&packed);
	render(&n, &m);
	assert_true(has(&m.html, "background:#ffe08a"));
	assert_true(has(&m.html, "color:#000000"));
	assert_true(has(&m.html, "Privacy") && has(&m.text, "Privacy"));
	assert_false(has(&m.html, "<<") || has(&m.html, "~"));
	done(&m);
	/* What it does not say is ours, and leaves no gap. */
	packed.len = 0;
	memset(brand.texts, 0, sizeof(brand.texts));
	brand_pack(&brand, &packed);
	n.brand = buf_view(&packed);
	render(&n, &m);
	assert_true(has(&m.html, "has sent you a protected message."));
	assert_true(has(&m.html, "Read the message"));
	assert_false(has(&m.html, "Privacy") || has(&m.text, "Privacy"));
	assert_false(has(&m.html, "<img") || has(&m.html, "~"));
	done(&m);
	/* A damaged one is no reason to send nothing. */
	n.brand = str_sub(buf_view(&packed), 0, 5);
	render(&n, &m);
	assert_false(has(&m.html, "#ffe08a"));
	done(&m);
}

static void
a_passcode_mail_shows_the_code(void **state)
{
	const struct passcode_mail p = {
		.recipient = STR_LIT("anna@partner.example"),
		.code = STR_LIT("12345678"), .reference = STR_LIT("K7Q2"),
		.sender = STR_LIT("j.gross@example.org"),
		.now_ms = plain.received_ms, .valid_ms = 15 * CLOCK_MINUTE_MS,
	};
	struct mail m;

	(void)state;
	buf_init(&m.bytes, MAIL_MAX);
	passcode_render(&p, &house, &m.bytes);
	parse(&m);
	assert_header(&m, "Subject", "Your passcode");
	assert_header(&m, "Auto-Submitted", "auto-generated");
	assert_header(&m, "To", "anna@partner.example");
	assert_true(str_find_nocase(letter_header(m.letter->root,
	    STR_LIT("From"), m.arena), STR_LIT("<postmaster@")) > 0);
	assert_true(has(&m.text, "\n1234 5678\n") &&
	    has(&m.html, ">1234 5678<"));
	assert_true(has(&m.text, "K7Q2") && has(&m.html, "K7Q2"));
	assert_true(has(&m.text, "15 minutes") && has(&m.html, "15 minutes"));
	assert_false(has(&m.html, "~") || has(&m.text, "~"));
	assert_int_equal(count(buf_view(&m.html), "href="), 1);
	done(&m);
}

static void
how_long_a_notice_takes(void **state)
{
	const size_t rounds = 20000;
	AUTO_BUF struct buf out = BUF_INIT(MAIL_MAX);
	int64_t start_ms = clock_mono_ms();

	(void)state;
	for (size_t i = 0; i < rounds; i++) {
		buf_reset(&out);
		notice_render(&plain, &house, &out);
	}
	print_message("%.1f us per notice of %zu bytes\n",
	    (double)(clock_mono_ms() - start_ms) * 1000 / (double)rounds,
	    out.len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_notice_says_what_is_needed),
		cmocka_unit_test(the_html_is_clean),
		cmocka_unit_test(no_name_breaks_out),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(a_notice_waits_as_its_facts),
		cmocka_unit_test(older_facts_are_read),
		cmocka_unit_test(a_brand_dresses_a_notice),
		cmocka_unit_test(a_passcode_mail_shows_the_code),
		cmocka_unit_test(how_long_a_notice_takes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
