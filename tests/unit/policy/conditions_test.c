/* SPDX-License-Identifier: Apache-2.0 */
/* Each condition holds where it should and not where it should not; how rules
 * are rolled out, and what they may do together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/sys.h"
#include "policy/directory.h"
#include "policy/policy.h"

#define NOW INT64_C(1795608000000)	/* 2026-11-25 */

static const char people[] =
    "\xef\xbb\xbf" "address,Name,groups,department,manager,city\r\n"
    "ann@own.example,Ann,\"Sales; All Staff\",\"Sales, North\","
    "boss@own.example,Bonn\r\n"
    "bob@own.example,Bob,Research;All Staff,Research,ann@own.example,Bonn\r\n"
    "\r\n"
    "boss@own.example,\"The \"\"Boss\"\"\",Board,Board,,K\xc3\xb6ln\r\n"
    "eva@own.example,Eva,Ko\xcc\x88ln,,,K\xc3\x96LN\r\n";

static char people_path[] = "/tmp/letterlock-people-XXXXXX";

#define PLAIN "Subject: x\n\nx\n"
#define WITH(field) field "\nSubject: x\n\nx\n"
#define MIXED "MIME-Version: 1.0\nContent-Type: multipart/mixed; " \
    "boundary=b\n\n--b\n\nx\n--b\nContent-Type: application/octet-stream\n" \
    "Content-Disposition: attachment; filename=\"a.EXE. \"\n" \
    "Content-Transfer-Encoding: base64\n\nQUJDREVG\n--b\nContent-Type: " \
    "application/pdf; name=b.pdf\nContent-Disposition: attachment\n\n" \
    "0123456789\n--b--\n"

#define NAMED(name) "Content-Disposition: attachment; filename=\"" name \
    "\"\nContent-Type: application/octet-stream\n\nx\n"
#define ENCODED(encoding, body) "Content-Type: application/octet-stream\n" \
    "Content-Transfer-Encoding: " encoding "\n\n" body

static const struct {
	const char *when;
	const char *letter;
	const char *sender, *recipient;
	bool applies;
} cases[] = {
	{ "sender_is: ann@own.example", PLAIN, "ANN@own.example", "a@x", true },
	{ "sender_is: ann@own.example", PLAIN, "bob@own.example", "a@x",
	    false },
	{ "sender_domain_is: own.example", PLAIN, "a@b.own.example", "a@x",
	    true },
	{ "sender_domain_is: own.example", PLAIN, "a@notown.example", "a@x",
	    false },
	{ "sender_scope: inside", PLAIN, "a@own.example", "a@x", true },
	{ "sender_scope: inside", PLAIN, "", "a@x", false },
	{ "sender_scope: outside", PLAIN, "", "a@x", true },
	{ "sender_ip_in: [192.0.2.0/24, 2001:db8::/32]", PLAIN,
	    "a@own.example", "a@x", true },
	{ "sender_ip_in: 198.51.100.7", PLAIN, "a@own.example", "a@x", false },
	{ "recipient_is: [a@x, b@x]", PLAIN, "a@own.example", "b@X", true },
	{ "recipient_is: [a@x, b@x]", PLAIN, "a@own.example", "c@x", false },
	{ "recipient_domain_is: x", PLAIN, "a@own.example", "c@sub.x", true },
	{ "recipient_domain_is: x", PLAIN, "a@own.example", "c@y", false },
	{ "sent_to_scope: inside", PLAIN, "a@own.example", "c@own.example",
	    true },
	{ "sent_to_scope: inside", PLAIN, "a@own.example", "c@x", false },
	{ "sent_to_scope: outside", PLAIN, "a@own.example",
	    "c@partner.example", true },
	{ "sent_to_scope: partner", PLAIN, "a@own.example",
	    "c@partner.example", true },
	{ "sent_to_scope: partner", PLAIN, "a@own.example", "c@x", false },
	{ "sent_to_scope: non_partner", PLAIN, "a@own.example", "c@x", true },
	{ "sent_to_scope: non_partner", PLAIN, "a@own.example",
	    "c@partner.example", false },
	{ "sent_to_scope: non_partner", PLAIN, "a@own.example",
	    "c@own.example", false },
	{ "any_recipient_is: second@y", PLAIN, "a@own.example", "a@x", true },
	{ "any_recipient_is: third@y", PLAIN, "a@own.example", "a@x", false },
	{ "to_header_is: q@z", WITH("To: Q <Q@z>, r@z"), "a@own.example",
	    "a@x", true },
	{ "to_header_is: q@z", WITH("Cc: q@z"), "a@own.example", "a@x",
	    false },
	{ "cc_header_is: q@z", WITH("Cc: grp: q@z;"), "a@own.example", "a@x",
	    true },
	{ "cc_header_is: q@z", WITH("To: q@z"), "a@own.example", "a@x",
	    false },
	{ "to_or_cc_header_is: q@z", WITH("Cc: q@z"), "a@own.example", "a@x",
	    true },
	{ "to_or_cc_header_is: q@z", WITH("Bcc: q@z"), "a@own.example", "a@x",
	    false },
	/* What the directory knows. */
	{ "sender_member_of: sales", PLAIN, "ann@own.example", "a@x", true },
	{ "sender_member_of: [Sales, Board]", PLAIN, "bob@own.example", "a@x",
	    false },
	{ "sender_member_of: All Staff", PLAIN, "who@own.example", "a@x",
	    false },
	{ "recipient_member_of: Research", PLAIN, "a@own.example",
	    "bob@own.example", true },
	{ "recipient_member_of: Research", PLAIN, "a@own.example",
	    "ann@own.example", false },
	{ "any_recipient_member_of: Board", PLAIN, "a@own.example", "a@x",
	    true },
	{ "any_recipient_member_of: Sales", PLAIN, "a@own.example", "a@x",
	    false },
	{ "to_header_member_of: Sales", WITH("To: ann@own.example"),
	    "a@own.example", "a@x", true },
	{ "to_header_member_of: Sales", WITH("Cc: ann@own.example"),
	    "a@own.example", "a@x", false },
	{ "cc_header_member_of: Sales", WITH("Cc: ann@own.example"),
	    "a@own.example", "a@x", true },
	{ "cc_header_member_of: Sales", WITH("To: ann@own.example"),
	    "a@own.example", "a@x", false },
	{ "to_or_cc_header_member_of: Sales", WITH("To: ann@own.example"),
	    "a@own.example", "a@x", true },
	{ "to_or_cc_header_member_of: Sales", WITH("To: bob@own.example"),
	    "a@own.example", "a@x", false },
	{ "between_member_of: [Research, Sales]", PLAIN, "ann@own.example",
	    "bob@own.example", true },
	{ "between_member_of: [Sales, Research]", PLAIN, "ann@own.example",
	    "bob@own.example", true },
	{ "between_member_of: [Sales, Board]", PLAIN, "ann@own.example",
	    "bob@own.example", false },
	{ "sender_attribute_contains: {department: [North]}", PLAIN,
	    "ann@own.example", "a@x", true },
	{ "sender_attribute_contains: {department: Nor}", PLAIN,
	    "ann@own.example", "a@x", false },
	{ "sender_attribute_contains: {name: the, city: k\xc3\xb6ln}", PLAIN,
	    "boss@own.example", "a@x", true },
	{ "recipient_attribute_contains: {city: Bonn}", PLAIN,
	    "a@own.example", "bob@own.example", true },
	{ "recipient_attribute_contains: {city: Bonn}", PLAIN,
	    "a@own.example", "boss@own.example", false },
	{ "attribute_comparison: {attribute: city}", PLAIN, "ann@own.example",
	    "bob@own.example", true },
	{ "attribute_comparison: {attribute: city, operator: equal}", PLAIN,
	    "ann@own.example", "boss@own.example", false },
	{ "attribute_comparison: {attribute: city, operator: not_equal}",
	    PLAIN, "ann@own.example", "boss@own.example", true },
	{ "attribute_comparison: {attribute: city}", PLAIN,
	    "boss@own.example", "eva@own.example", true },
	{ "attribute_comparison: {attribute: city}", PLAIN, "who@y", "a@x",
	    false },
	{ "attribute_comparison: {attribute: city, operator: not_equal}",
	    PLAIN, "who@y", "a@x", true },
	{ "sender_member_of: K\xc3\x96LN", PLAIN, "eva@own.example", "a@x",
	    true },
	{ "manager_is: {of: sender, addresses: boss@own.example}",
	    PLAIN, "ann@own.example",
	    "a@x", true },
	{ "manager_is: {of: sender, addresses: boss@own.example}",
	    PLAIN, "bob@own.example",
	    "a@x", false },
	{ "manager_is: {of: recipient, addresses: [ann@own.example]}",
	    PLAIN, "x@own.example",
	    "bob@own.example", true },
	{ "manager_is: {of: recipient, addresses: [ann@own.example]}",
	    PLAIN, "x@own.example",
	    "ann@own.example", false },
	{ "sender_is_manager_of_recipient: manager", PLAIN, "boss@own.example",
	    "ann@own.example", true },
	{ "sender_is_manager_of_recipient: manager", PLAIN, "ann@own.example",
	    "boss@own.example", false },
	{ "sender_is_manager_of_recipient: direct_report", PLAIN, "ann@own.example",
	    "boss@own.example", true },
	{ "sender_attribute_matches: {city: '^b.nn$', department: '^x$'}",
	    PLAIN, "ann@own.example", "a@x", true },
	{ "sender_attribute_matches: {city: '^bon$', department: [x, 'n.rd$']}",
	    PLAIN, "ann@own.example", "a@x", false },
	{ "sender_attribute_matches: {city: '.'}", PLAIN, "who@x", "a@x",
	    false },
	{ "recipient_attribute_matches: {department: ['re.+ch', zz]}", PLAIN,
	    "ann@own.example", "bob@own.example", true },
	{ "recipient_attribute_matches: {department: 're.+ch'}", PLAIN,
	    "bob@own.example", "ann@own.example", false },
	/* Header fields. */
	{ "header_matches: {name: x-a, values: [one two, three]}",
	    WITH("X-A: One  Two"), "a@own.example", "a@x", true },
	{ "header_matches: {name: x-a, values: one}", WITH("X-A: One Two"),
	    "a@own.example", "a@x", false },
	{ "header_matches: {name: X-A, patterns: ['^tick.t [0-9]+$']}",
	    WITH("X-A: none\nx-a: Ticket 4711"), "a@own.example", "a@x",
	    true },
	{ "header_matches: {name: X-A, patterns: '^ticket [0-9]+$'}",
	    WITH("X-A: Ticket 47x\nX-B: Ticket 4711"), "a@own.example",
	    "a@x", false },
	{ "header_matches: {name: X-A, patterns: '.'}", PLAIN,
	    "a@own.example", "a@x", false },
	{ "charset_contains_words: [utf-7, iso-8859]",
	    WITH("Content-Type: text/plain; charset=\"ISO-8859-1\""),
	    "a@own.example", "a@x", true },
	{ "charset_contains_words: iso-88",
	    WITH("Content-Type: text/plain; charset=\"ISO-8859-1\""),
	    "a@own.example", "a@x", false },
	{ "charset_contains_words: koi8-r", "Content-Type: multipart/mixed; "
	    "boundary=b\n\n--b\n\nx\n--b\nContent-Type: text/html; "
	    "charset=koi8-r\n\nx\n--b--\n", "a@own.example", "a@x", true },
	{ "charset_contains_words: koi8-r", WITH("Content-Type: "
	    "application/xml; charset=koi8-r"), "a@own.example", "a@x",
	    false },
	{ "has_sender_override: true", WITH("X-Ms-Exchange-Organization-Dlp-"
	    "SenderOverrideJustification: customer asked"), "a@own.example",
	    "a@x", true },
	{ "has_sender_override: true", WITH("X-Ms-Exchange-Organization-Dlp-"
	    "SenderOverrideJustification: customer asked"), "a@x", "a@x",
	    false },
	{ "has_sender_override: true", WITH("X-Ms-Exchange-Organization-Dlp-"
	    "SenderOverrideJustification: "), "a@own.example", "a@x",
	    false },
	{ "spam_level_over: -1", WITH("X-MS-Exchange-Organization-SCL: 0"),
	    "a@own.example", "a@x", true },
	{ "spam_level_over: -1", WITH("X-MS-Exchange-Organization-SCL: -1"),
	    "a@own.example", "a@x", false },
	/* What kind of message it is. */
	{ "message_type_is: automatic_reply",
	    WITH("Auto-Submitted: auto-replied (vacation)"), "a@own.example",
	    "a@x", true },
	{ "message_type_is: automatic_reply", WITH("Auto-Submitted: no"),
	    "a@own.example", "a@x", false },
	{ "message_type_is: auto_forward",
	    WITH("X-MS-Exchange-Organization-AutoForwarded: true"),
	    "a@own.example", "a@x", true },
	{ "message_type_is: auto_forward",
	    WITH("X-MS-Exchange-Inbox-Rules-Loop: a@own.example"),
	    "a@own.example", "a@x", true },
	{ "message_type_is: auto_forward",
	    WITH("X-MS-Exchange-Organization-AutoForwarded: false"),
	    "a@own.example", "a@x", false },
	{ "message_type_is: encrypted", WITH("Content-Type: "
	    "application/pkcs7-mime; smime-type=enveloped-data"),
	    "a@own.example", "a@x", true },
	{ "message_type_is: encrypted", WITH("Content-Type: "
	    "application/x-pkcs7-mime; name=smime.p7m"), "a@own.example",
	    "a@x", true },
	{ "message_type_is: encrypted", WITH("Content-Type: "
	    "application/pkcs7-mime; smime-type=signed-data"),
	    "a@own.example", "a@x", false },
	{ "message_type_is: signed", WITH("Content-Type: "
	    "application/pkcs7-mime; smime-type=Signed-Data"),
	    "a@own.example", "a@x", true },
	{ "message_type_is: [signed, voicemail]", WITH("Content-Type: "
	    "multipart/signed; boundary=b; protocol=\"a/b\"\n\n--b\n\nx\n"
	    "--b\n\ny\n--b--"), "a@own.example", "a@x", true },
	{ "message_type_is: signed", PLAIN, "a@own.example", "a@x", false },
	{ "message_type_is: calendar", "Content-Type: multipart/alternative; "
	    "boundary=b\n\n--b\n\nx\n--b\nContent-Type: text/calendar; "
	    "method=REQUEST\n\nBEGIN:VCALENDAR\n--b--\n", "a@own.example",
	    "a@x", true },
	{ "message_type_is: calendar", MIXED, "a@own.example", "a@x", false },
	{ "message_type_is: rights_protected",
	    WITH("Content-Class: rpmsg.message"), "a@own.example", "a@x",
	    true },
	{ "message_type_is: rights_protected", MIXED, "a@own.example", "a@x",
	    false },
	{ "message_type_is: voicemail", WITH("Content-Class: Voice-CA"),
	    "a@own.example", "a@x", true },
	{ "message_type_is: voicemail", PLAIN, "a@own.example", "a@x", false },
	{ "message_type_is: approval_request", WITH("Content-Class: "
	    "IPM.Note.Microsoft.Approval.Request"), "a@own.example", "a@x",
	    true },
	{ "message_type_is: approval_request", PLAIN, "a@own.example", "a@x",
	    false },
	{ "message_type_is: read_receipt", WITH("Content-Type: "
	    "multipart/report; report-type=disposition-notification; "
	    "boundary=b\n\n--b\n\nread\n--b--"), "", "a@x", true },
	{ "message_type_is: read_receipt", WITH("Content-Type: "
	    "multipart/report; report-type=delivery-status; "
	    "boundary=b\n\n--b\n\nread\n--b--"), "", "a@x", false },
	{ "importance_is: high", WITH("Importance: High"), "a@own.example",
	    "a@x", true },
	{ "importance_is: high", WITH("X-Priority: 1 (Highest)"),
	    "a@own.example", "a@x", true },
	{ "importance_is: high", PLAIN, "a@own.example", "a@x", false },
	{ "importance_is: [low, normal]", PLAIN, "a@own.example", "a@x",
	    true },
	{ "importance_is: low", WITH("Importance: low"), "a@own.example",
	    "a@x", true },
	{ "importance_is: low", WITH("Importance: low\nX-Priority: 1"),
	    "a@own.example", "a@x", true },
	{ "importance_is: low", WITH("X-Priority: 4"), "a@own.example",
	    "a@x", true },
	{ "importance_is: high", WITH("Priority: Urgent"), "a@own.example",
	    "a@x", true },
	{ "importance_is: high", WITH("X-MSMail-Priority: High"),
	    "a@own.example", "a@x", true },
	{ "message_size_over: 10", PLAIN, "a@own.example", "a@x", true },
	{ "message_size_over: 1 KiB", PLAIN, "a@own.example", "a@x", false },
	{ "spam_level_over: 5", WITH("X-MS-Exchange-Organization-SCL: 6"),
	    "a@own.example", "a@x", true },
	{ "spam_level_over: 5", WITH("X-MS-Exchange-Organization-SCL: 5"),
	    "a@own.example", "a@x", false },
	{ "spam_level_over: 0", PLAIN, "a@own.example", "a@x", false },
	{ "mime_is_ambiguous: true", WITH("Content-Type: text/plain\n"
	    "Content-Type: text/html"), "a@own.example", "a@x", true },
	{ "mime_is_ambiguous: true", PLAIN, "a@own.example", "a@x", false },
	{ "mime_is_ambiguous: false", PLAIN, "a@own.example", "a@x", true },
	{ "attachment_count_over: 1", MIXED, "a@own.example", "a@x", true },
	{ "attachment_count_over: 2", MIXED, "a@own.example", "a@x", false },
	{ "attachment_size_over: 9", MIXED, "a@own.example", "a@x", true },
	{ "attachment_size_over: 10", MIXED, "a@own.example", "a@x", false },
	{ "attachment_size_over: 3", ENCODED("base64", "QUJD\nRA==\n"),
	    "a@own.example", "a@x", true },
	{ "attachment_size_over: 4", ENCODED("base64", "QUJD\nRA==\n"),
	    "a@own.example", "a@x", false },
	{ "attachment_size_over: 2", ENCODED("quoted-printable", "=41=\n=42"),
	    "a@own.example", "a@x", false },
	{ "attachment_extension_is: [.exe, com]", MIXED, "a@own.example",
	    "a@x", true },
	{ "attachment_extension_is: docx", MIXED, "a@own.example", "a@x",
	    false },
	{ "attachment_extension_is: tar.gz", NAMED("a.tar.gz"),
	    "a@own.example", "a@x", true },
	{ "attachment_extension_is: gz", NAMED("a.tar.gz"), "a@own.example",
	    "a@x", true },
	{ "attachment_extension_is: xe", NAMED("a.exe"), "a@own.example",
	    "a@x", false },
	{ "attachment_extension_is: exe", NAMED("exe"), "a@own.example",
	    "a@x", false },
};

#define POLICY "version: 1\ndomains: [own.example]\npartners: " \
    "[partner.example]\ndefault: Encrypt-Only\npeople: %s\nrules:\n%s"

struct bench {
	struct arena *arena;
	struct policy *policy;
	struct letter *letter;
	struct address sender, recipients[2], other;
	struct policy_question q;
};

static void
parse_address(struct bench *b, const char *text, struct address *out)
{
	struct err err = ERR_INIT;

	*out = (struct address){ STR_LIT(""), STR_LIT(""), STR_LIT(""),
	    false };
	if (text[0] != '\0')
		assert_int_equal(address_parse(str_of(text), b->arena, out,
		    &err), 0);
}

static void
bench_init(struct bench *b, const char *rules, const char *letter,
    const char *sender)
{
	struct err err = ERR_INIT;
	const char *text;

	memset(b, 0, sizeof(*b));
	b->arena = arena_new();
	text = arena_printf(b->arena, POLICY, people_path, rules);
	if (policy_parse(str_of(text), "p", &b->policy, &err) != 0)
		fail_msg("%s", err.msg);
	assert_int_equal(letter_parse(str_of(letter), b->arena, &b->letter,
	    &err), 0);
	parse_address(b, sender, &b->sender);
	parse_address(b, "second@y", &b->recipients[0]);
	parse_address(b, "boss@own.example", &b->recipients[1]);
	b->q = (struct policy_question){ .letter = b->letter,
	    .sender = &b->sender, .recipients = b->recipients,
	    .n_recipients = 2, .client = STR_LIT("192.0.2.17"),
	    .now_ms = NOW, .arena = b->arena };
}

static void
bench_decide(struct bench *b, const char *recipient, struct verdict *v)
{
	parse_address(b, recipient, &b->other);
	b->q.recipient = &b->other;
	policy_decide(b->policy, &b->q, v);
}

static void
bench_done(struct bench *b)
{
	policy_free(&b->policy);
	arena_free(&b->arena);
}

static void
conditions_hold_where_they_should(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct verdict v;
		struct bench b;

		bench_init(&b, arena_printf(a, "- {name: R, when: {%s}, "
		    "then: Do Not Forward}\n", cases[i].when),
		    cases[i].letter, cases[i].sender);
		bench_decide(&b, cases[i].recipient, &v);
		if ((v.hits != NULL) != cases[i].applies)
			fail_msg("%s, from %s to %s", cases[i].when,
			    cases[i].sender, cases[i].recipient);
		if (v.hits != NULL)
			assert_true(v.hits->reason.len >
			    strlen("rule \"R\" (line 7): "));
		bench_done(&b);
	}
}

/* The same as an exception: where it holds the rule does not apply. */
static void
exceptions_are_the_same_the_other_way(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct verdict v;
		struct bench b;

		bench_init(&b, arena_printf(a, "- {name: R, except: {%s}, "
		    "then: Do Not Forward}\n", cases[i].when),
		    cases[i].letter, cases[i].sender);
		bench_decide(&b, cases[i].recipient, &v);
		if ((v.hits == NULL) != cases[i].applies)
			fail_msg("except %s", cases[i].when);
		bench_done(&b);
	}
}

/* Where the sender's address is looked for. */
static const struct {
	const char *location, *when, *letter, *sender;
	bool applies;
} located[] = {
	{ "envelope", "sender_is: ann@own.example",
	    WITH("From: ann@own.example"), "x@y", false },
	{ "header", "sender_is: ann@own.example",
	    WITH("From: Ann <ann@own.example>"), "x@y", true },
	{ "header", "sender_is: x@y", WITH("From: ann@own.example"), "x@y",
	    false },
	{ "header", "sender_is: x@y", PLAIN, "x@y", false },
	{ "header_or_envelope", "sender_is: x@y",
	    WITH("From: ann@own.example"), "x@y", true },
	{ "header_or_envelope", "sender_is: ann@own.example",
	    WITH("Sender: ann@own.example"), "x@y", true },
	{ "header", "sender_domain_is: own.example",
	    WITH("Reply-To: b@y, ann@sub.own.example"), "", true },
	{ "header", "sender_domain_is: y", WITH("From: a@own.example"), "x@y",
	    false },
	{ "header", "sender_member_of: Sales", WITH("From: ann@own.example"),
	    "bob@own.example", true },
	{ "header", "sender_member_of: Research",
	    WITH("From: ann@own.example"), "bob@own.example", false },
	{ "header", "sender_address_matches: '^a..@own[.]example$'",
	    WITH("From: bob@own.example\nFrom: ann@own.example"), "x@y",
	    true },
	{ "header", "sender_address_matches: '^x@y$'",
	    WITH("From: ann@own.example"), "x@y", false },
	{ "header", "sender_address_contains_words: ann",
	    WITH("From: ann@own.example"), "x@y", true },
	{ "envelope", "sender_address_contains_words: ann",
	    WITH("From: ann@own.example"), "x@y", false },
};

static void
the_sender_is_where_the_rule_says(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(located); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct verdict v;
		struct bench b;

		bench_init(&b, arena_printf(a, "- {name: R, when: {%s}, "
		    "sender_address_location: %s, then: Do Not Forward}\n"
		    "- {name: X, except: {%s}, sender_address_location: %s, "
		    "then: {severity: low}}\n",
		    located[i].when, located[i].location, located[i].when,
		    located[i].location), located[i].letter,
		    located[i].sender);
		bench_decide(&b, "c@x", &v);
		assert_non_null(v.hits);
		assert_null(v.hits->next);
		if (str_eq(v.hits->rule, STR_LIT("R")) != located[i].applies)
			fail_msg("%s: %s", located[i].location,
			    located[i].when);
		bench_done(&b);
	}
}

static void
assert_str(struct str s, const char *z)
{
	if (!str_eq(s, str_of(z)))
		fail_msg("\"%.*s\" is not \"%s\"", STR_FMT(s), z);
}

static void
every_rule_acts_until_one_says_stop(void **state UNUSED)
{
	struct verdict v;
	struct bench b;

	bench_init(&b, "- {name: A, then: {severity: low}}\n"
	    "- {name: B, then: Do Not Forward}\n"
	    "- {name: C, then: {template: clear, severity: high}}\n"
	    "- {name: D, then: {quarantine: true}}\n"
	    "- {name: E, when: {recipient_is: stop@x}, then: {severity: "
	    "none}, stop: true}\n"
	    "- {name: F, when: {recipient_domain_is: x}, then: reject}\n"
	    "- {name: G, when: {recipient_domain_is: x}, then: {delete: "
	    "true}}\n", PLAIN, "a@own.example");
	bench_decide(&b, "a@y", &v);
	assert_int_equal(v.action, POLICY_PROTECT);
	assert_str(v.rule, "B");
	assert_int_equal(v.severity, POLICY_SEVERITY_HIGH);
	assert_true(v.is_held);
	assert_str(v.held_rule, "D");
	assert_str(v.hits->rule, "A");
	assert_str(v.hits->next->next->next->rule, "D");
	assert_null(v.hits->next->next->next->next);
	bench_decide(&b, "a@x", &v);
	assert_int_equal(v.action, POLICY_REJECT);
	assert_str(v.rule, "F");
	bench_decide(&b, "stop@x", &v);
	assert_int_equal(v.action, POLICY_PROTECT);
	assert_str(v.rule, "B");
	bench_done(&b);
}

static void
dropping_comes_behind_refusing(void **state UNUSED)
{
	struct verdict v;
	struct bench b;

	bench_init(&b, "- {name: A, then: Do Not Forward}\n- {name: B, then: "
	    "{delete: true}}\n- {name: C, when: {recipient_is: c@x}, then: "
	    "reject}\n", PLAIN, "a@own.example");
	bench_decide(&b, "b@x", &v);
	assert_int_equal(v.action, POLICY_DISCARD);
	assert_null(v.template);
	bench_decide(&b, "c@x", &v);
	assert_int_equal(v.action, POLICY_REJECT);
	bench_done(&b);
}

static void
what_is_refused_or_dropped_is_not_held(void **state UNUSED)
{
	struct verdict v;
	struct bench b;

	bench_init(&b, "- {name: A, then: {quarantine: true}}\n- {name: B, "
	    "when: {recipient_is: b@x}, then: {delete: true}}\n- {name: C, "
	    "when: {recipient_is: c@x}, then: reject}\n", PLAIN,
	    "a@own.example");
	bench_decide(&b, "a@x", &v);
	assert_true(v.is_held);
	bench_decide(&b, "b@x", &v);
	assert_int_equal(v.action, POLICY_DISCARD);
	assert_false(v.is_held);
	assert_int_equal(v.held_rule.len, 0);
	bench_decide(&b, "c@x", &v);
	assert_int_equal(v.action, POLICY_REJECT);
	assert_false(v.is_held);
	bench_done(&b);
}

static void
audited_rules_only_say_what_they_would_do(void **state UNUSED)
{
	struct verdict v;
	struct bench b;

	bench_init(&b, "- {name: A, mode: audit, then: reject}\n"
	    "- {name: B, mode: audit_and_notify, stop: true, then: {delete: "
	    "true, severity: high}}\n- {name: C, then: clear}\n", PLAIN,
	    "a@own.example");
	bench_decide(&b, "a@y", &v);
	assert_int_equal(v.action, POLICY_DELIVER);
	assert_str(v.rule, "C");
	assert_int_equal(v.severity, POLICY_SEVERITY_NONE);
	assert_int_equal(v.hits->mode, POLICY_AUDIT);
	assert_int_equal(v.hits->next->mode, POLICY_AUDIT_AND_NOTIFY);
	bench_done(&b);
}

static void
rings_take_groups_and_a_share_of_all(void **state UNUSED)
{
	unsigned enforced = 0;

	for (unsigned i = 0; i < 1000; i++) {
		struct verdict v, again;
		char sender[64];
		struct bench b;

		(void)snprintf(sender, sizeof(sender), "user%u@own.example",
		    i);
		bench_init(&b, "- {name: A, ring: {percent: 20, groups: "
		    "[sales]}, then: reject}\n", PLAIN, sender);
		bench_decide(&b, "a@y", &v);
		bench_decide(&b, "b@y", &again);
		assert_int_equal(v.action, again.action);
		assert_int_equal(v.hits->mode, v.action == POLICY_REJECT ?
		    POLICY_ENFORCE : POLICY_AUDIT);
		enforced += v.action == POLICY_REJECT;
		bench_done(&b);
	}
	assert_in_range(enforced, 140, 260);
}

static void
ring_groups_are_in(void **state UNUSED)
{
	static const struct {
		const char *sender;
		enum policy_action action;
	} senders[] = { { "ann@own.example", POLICY_REJECT },
		{ "bob@own.example", POLICY_PROTECT } };

	for (size_t i = 0; i < COUNT_OF(senders); i++) {
		struct verdict v;
		struct bench b;

		bench_init(&b, "- {name: A, ring: {groups: [Sales]}, then: "
		    "reject}\n", PLAIN, senders[i].sender);
		bench_decide(&b, "a@y", &v);
		assert_int_equal(v.action, senders[i].action);
		bench_done(&b);
	}
}

static void
rules_hold_on_their_days(void **state UNUSED)
{
	static const struct {
		const char *when;
		bool applies;
	} days[] = {
		{ "valid_from: 2026-11-25", true },
		{ "valid_from: 2026-11-26", false },
		{ "valid_until: 2026-11-25", true },
		{ "valid_until: 2026-11-24", false },
		{ "valid_from: 2026-11-01, valid_until: 2026-11-30", true },
	};

	for (size_t i = 0; i < COUNT_OF(days); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct verdict v;
		struct bench b;

		bench_init(&b, arena_printf(a, "- {name: A, %s, then: "
		    "reject}\n", days[i].when), PLAIN, "a@own.example");
		bench_decide(&b, "a@y", &v);
		assert_int_equal(v.action == POLICY_REJECT, days[i].applies);
		bench_done(&b);
	}
}

static const struct {
	const char *csv, *error;
} refused[] = {
	{ "name\n", "t:1: the first line names the columns, and one of them "
	    "must be 'address'" },
	{ "address\na b\n", "t:2: no usable address in this line" },
	{ "address\na@b\nA@b\n", "t:3: this address is in an earlier line "
	    "already" },
	{ "address\n\"a@b\n", "t:3: a quoted cell does not end" },
	{ "address\na@b,c\n", "t:2: more cells than there are columns" },
	{ "address,x\n\"a@b\"c,d\n", "t:2: a comma or the end of the line "
	    "expected behind a cell" },
};

static void
tables_of_people_are_checked(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct err err = ERR_INIT;
		struct directory *d;

		assert_int_equal(directory_parse(str_of(refused[i].csv), "t",
		    a, &d, &err), -1);
		assert_string_equal(err.msg, refused[i].error);
	}
}

static int
write_people(void **state UNUSED)
{
	int fd = mkstemp(people_path);
	bool ok = fd != -1 && write(fd, people, sizeof(people) - 1) ==
	    (ssize_t)sizeof(people) - 1;

	if (fd != -1)
		(void)close(fd);
	return (ok ? 0 : -1);
}

static int
remove_people(void **state UNUSED)
{
	return (unlink(people_path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_hold_where_they_should),
		cmocka_unit_test(exceptions_are_the_same_the_other_way),
		cmocka_unit_test(the_sender_is_where_the_rule_says),
		cmocka_unit_test(every_rule_acts_until_one_says_stop),
		cmocka_unit_test(dropping_comes_behind_refusing),
		cmocka_unit_test(what_is_refused_or_dropped_is_not_held),
		cmocka_unit_test(audited_rules_only_say_what_they_would_do),
		cmocka_unit_test(rings_take_groups_and_a_share_of_all),
		cmocka_unit_test(ring_groups_are_in),
		cmocka_unit_test(rules_hold_on_their_days),
		cmocka_unit_test(tables_of_people_are_checked),
	};

	return (cmocka_run_group_tests(tests, write_people, remove_people));
}
