/* SPDX-License-Identifier: Apache-2.0 */
/* When items are tried again, and what their senders are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "queue/bounce.h"
#include "queue/schedule.h"
#include "smtp/service.h"

#define DRAWS 200

static void
waits_double_up_to_a_limit(void **state)
{
	static const struct schedule s = { CLOCK_MINUTE_MS, CLOCK_HOUR_MS };
	static const struct {
		unsigned attempts;
		int64_t wait_ms;
	} rows[] = {
		{ 0, CLOCK_MINUTE_MS }, { 1, CLOCK_MINUTE_MS },
		{ 2, 2 * CLOCK_MINUTE_MS }, { 5, 16 * CLOCK_MINUTE_MS },
		{ 7, CLOCK_HOUR_MS }, { 8, CLOCK_HOUR_MS },
		{ 4000000000u, CLOCK_HOUR_MS },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t least = INT64_MAX, most = 0;

		for (int k = 0; k < DRAWS; k++) {
			int64_t wait = schedule_next(&s, rows[i].attempts,
			    1000) - 1000;

			least = MIN_OF(least, wait);
			most = MAX_OF(most, wait);
		}
		assert_true(least >= rows[i].wait_ms * 4 / 5);
		assert_true(most <= rows[i].wait_ms * 6 / 5);
		/* By chance, and on both sides. */
		assert_true(least < rows[i].wait_ms * 9 / 10);
		assert_true(most > rows[i].wait_ms * 11 / 10);
	}
}

static void
reports_only_what_is_wanted(void **state)
{
	static const struct {
		const char *sender;
		uint32_t notify;
		bool failed, delayed, relayed;
	} rows[] = {
		{ "a@b", 0, true, true, false },
		{ "", 0, false, false, false },
		{ "", SMTP_NOTIFY_FAILURE, false, false, false },
		{ "a@b", SMTP_NOTIFY_NEVER, false, false, false },
		{ "a@b", SMTP_NOTIFY_FAILURE, true, false, false },
		{ "a@b", SMTP_NOTIFY_DELAY, false, true, false },
		{ "a@b", SMTP_NOTIFY_SUCCESS, false, false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_item item = { .sender = str_of(rows[i].sender),
			.notify = rows[i].notify };

		assert_int_equal(bounce_is_wanted(&item, BOUNCE_FAILED),
		    rows[i].failed);
		assert_int_equal(bounce_is_wanted(&item, BOUNCE_DELAYED),
		    rows[i].delayed);
		assert_int_equal(bounce_is_wanted(&item, BOUNCE_RELAYED),
		    rows[i].relayed);
	}
}

static void
assert_has(struct str mail, const char *what)
{
	if (memmem(mail.p, mail.len, what, strlen(what)) == NULL)
		fail_msg("no \"%s\" in\n%.*s", what, STR_FMT(mail));
}

static void
assert_lacks(struct str mail, const char *what)
{
	if (memmem(mail.p, mail.len, what, strlen(what)) != NULL)
		fail_msg("\"%s\" in\n%.*s", what, STR_FMT(mail));
}

/* Every line ends with CRLF, within what RFC 5322 allows. */
static void
assert_lines(struct str mail)
{
	size_t start = 0;

	for (size_t i = 0; i < mail.len; i++) {
		if (mail.p[i] == '\r')
			assert_true(i + 1 < mail.len && mail.p[i + 1] == '\n');
		if (mail.p[i] != '\n')
			continue;
		assert_true(i > start && mail.p[i - 1] == '\r');
		assert_true(i - start <= 999);
		start = i + 1;
	}
	assert_int_equal(start, mail.len);
}

static void
a_report_says_what_happened(void **state)
{
	static const struct {
		enum bounce_action action;
		const char *remote, *reply, *has[4];
	} rows[] = {
		{ BOUNCE_FAILED, "mx.c.example", "550 5.1.1 no such user",
		    { "Action: failed\r\n", "Status: 5.1.1\r\n",
		    "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n",
		    "Remote-MTA: dns; mx.c.example\r\n" } },
		{ BOUNCE_FAILED, "", "there is no domain c.example",
		    { "Action: failed\r\n", "Status: 5.0.0\r\n",
		    "Diagnostic-Code: X-Letterlock; there is no",
		    "The reason:" } },
		{ BOUNCE_DELAYED, "mx.c.example", "450 busy",
		    { "Action: delayed\r\n", "Status: 4.0.0\r\n",
		    "Will-Retry-Until: ", "keep trying" } },
		{ BOUNCE_RELAYED, "mx.c.example", "250 2.0.0 ok",
		    { "Action: relayed\r\n", "Status: 2.0.0\r\n",
		    "Original-Recipient: rfc822;x@c.example\r\n",
		    "Original-Envelope-Id: e1\r\n" } },
		/* What a server says cannot add fields or lines. */
		{ BOUNCE_FAILED, "mx.c.example",
		    "550 a\r\nSubject: b\r\n\r\n--x\001",
		    { "smtp; 550 a  Subject: b    --x \r\n",
		    "Status: 5.0.0\r\n", "Action: failed\r\n", "\r\n" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_BUF struct buf out = BUF_INIT(1u << 20);
		struct bounce b = { .action = rows[i].action,
			.hostname = STR_LIT("mx.us.example"),
			.postmaster = STR_LIT("postmaster@us.example"),
			.sender = STR_LIT("a@b.example"),
			.recipient = STR_LIT("x@c.example"),
			.orcpt = STR_LIT("rfc822;x@c.example"),
			.envid = STR_LIT("e1"), .message_id = STR_LIT("<1@b>"),
			.remote = str_of(rows[i].remote),
			.reply = str_of(rows[i].reply),
			.received_ms = INT64_C(1700000000000),
			.now_ms = INT64_C(1700000100000),
			.until_ms = INT64_C(1700400000000) };
		struct str mail;

		bounce_render(&b, &out);
		mail = buf_view(&out);
		assert_lines(mail);
		for (size_t k = 0; k < 4; k++)
			assert_has(mail, rows[i].has[k]);
		assert_has(mail, "multipart/report;\r\n report-type="
		    "delivery-status;");
		assert_has(mail, "Auto-Submitted: auto-replied\r\n");
		assert_has(mail, "To: a@b.example\r\n");
		assert_has(mail, "Content-Type: text/rfc822-headers\r\n");
		assert_has(mail, "Final-Recipient: rfc822; x@c.example\r\n");
		assert_has(mail, "Message-ID: <1@b>\r\n");
		assert_lacks(mail, "\r\nSubject: b");
	}
}

/* RFC 6533: what is outside ASCII stays, and the report says so. */
static void
international_addresses_stay(void **state)
{
	static const struct {
		const char *sender, *recipient, *orcpt;
		bool is_global, needs_smtputf8;
		const char *has[3];
	} rows[] = {
		{ "a@b.example", "j\xc3\xbcrg@c.example",
		    "utf-8;j\xc3\xbcrg@c.example", true, false,
		    { "Final-Recipient: utf-8; j\xc3\xbcrg@c.example\r\n",
		    "Original-Recipient: utf-8;j\xc3\xbcrg@c.example\r\n",
		    "\r\nTo: j\xc3\xbcrg@c.example\r\n" } },
		{ "j\xc3\xbcrg@b.example", "x@c.example", "", true, true,
		    { "Final-Recipient: rfc822; x@c.example\r\n",
		    "\r\nTo: j\xc3\xbcrg@b.example\r\n",
		    "\r\nFrom: j\xc3\xbcrg@b.example\r\n" } },
		/* The form for 7 bits (RFC 6533 3) needs nothing. */
		{ "a@b.example", "x@c.example", "utf-8;j\\x{FC}rg@c.example",
		    false, false, { "Final-Recipient: rfc822; x@c.example\r\n",
		    "Original-Recipient: utf-8;j\\x{FC}rg@c.example\r\n",
		    "report-type=delivery-status;" } },
		/* What is neither ASCII nor UTF-8 is nobody's address. */
		{ "a@b.example", "j\xfcrg@c.example", "", true, false,
		    { "Final-Recipient: utf-8; j rg@c.example\r\n",
		    "message/global-headers\r\n", "\r\n" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_BUF struct buf out = BUF_INIT(1u << 20);
		struct bounce b = { .action = BOUNCE_FAILED,
			.hostname = STR_LIT("mx.us.example"),
			.postmaster = STR_LIT("postmaster@us.example"),
			.sender = str_of(rows[i].sender),
			.recipient = str_of(rows[i].recipient),
			.orcpt = str_of(rows[i].orcpt),
			.reply = STR_LIT("550 5.1.1 no") };
		struct str mail;

		bounce_render(&b, &out);
		mail = buf_view(&out);
		assert_lines(mail);
		assert_int_equal(bounce_is_global(&b), rows[i].is_global);
		assert_int_equal(bounce_needs_smtputf8(&b),
		    rows[i].needs_smtputf8);
		for (size_t k = 0; k < 3; k++)
			assert_has(mail, rows[i].has[k]);
		if (rows[i].is_global) {
			assert_has(mail, "report-type=global-delivery-status;");
			assert_has(mail, "Content-Type: message/global-delivery"
			    "-status\r\nContent-Transfer-Encoding: 8bit\r\n");
			assert_has(mail, "message/global-headers\r\n");
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_double_up_to_a_limit),
		cmocka_unit_test(reports_only_what_is_wanted),
		cmocka_unit_test(a_report_says_what_happened),
		cmocka_unit_test(international_addresses_stay),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
