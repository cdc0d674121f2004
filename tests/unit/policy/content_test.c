/* SPDX-License-Identifier: Apache-2.0 */
/* What messages and attachments say, and what cannot be found out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sys.h"
#include "policy/policy.h"
#include "scan/scan.h"

#define CARD "Credit card number: 4111 1111 1111 1111, expires 12/27"
#define FORM "Application for a patent. The inventor named below assigns " \
    "all rights in the invention to the company. Describe the invention in " \
    "plain words, what was known before, and what is new about it."
#define TEXT(body) "Subject: Hello there\r\n\r\n" body "\r\n"
#define MIXED(type, name, body) "MIME-Version: 1.0\r\nSubject: x\r\n" \
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b" \
    "\r\nContent-Type: " type "\r\nContent-Disposition: attachment; " \
    "filename=" name "\r\n\r\n" body "\r\n--b--\r\n"
#define HTML(body) "Subject: x\r\nContent-Type: text/html; charset=utf-8" \
    "\r\n\r\n" body "\r\n"

static const struct {
	const char *when;
	const char *letter;
	bool applies;
} cases[] = {
	{ "subject_matches: 'hel{2}o'", TEXT("x"), true },
	{ "subject_matches: 'hel{3}o'", TEXT("hello hellloo"), false },
	{ "body_contains_words: [nothing, project falcon]",
	    TEXT("about Project\r\nFalcon."), true },
	{ "body_contains_words: falcon", TEXT("falcons"), false },
	{ "body_contains_words: hello", TEXT("x"), false },
	{ "body_matches: 'PRJ-[0-9]{4}'", TEXT("see prj-1234"), true },
	{ "body_matches: 'PRJ-[0-9]{4}'", TEXT("see PRJ-123"), false },
	{ "subject_or_body_contains_words: hello", TEXT("x"), true },
	{ "subject_or_body_contains_words: bye", TEXT("good bye"), true },
	{ "subject_or_body_contains_words: bye", TEXT("x"), false },
	{ "subject_or_body_matches: 'h.llo|zz'", TEXT("x"), true },
	{ "subject_or_body_matches: 'h.llu'", TEXT("x"), false },
	{ "body_contains_words: {dictionary: birds}", TEXT("an osprey"),
	    true },
	{ "body_contains_words: {dictionary: birds}", TEXT("a mouse"),
	    false },
	/* Hidden, split and encoded. */
	{ "body_contains_words: secret", HTML("<p style='display:none'>se"
	    "<b>cr</b>et</p>"), true },
	{ "body_contains_words: secret", HTML("se&shy;c&#8203;ret"), true },
	{ "body_contains_words: display", HTML("<p style='display:none'>x"),
	    false },
	{ "sender_address_contains_words: me", TEXT("x"), true },
	{ "sender_address_contains_words: own.ex", TEXT("x"), false },
	{ "sender_address_matches: '^me@'", TEXT("x"), true },
	{ "sender_address_matches: '^you@'", TEXT("x"), false },
	{ "recipient_address_contains_words: out", TEXT("x"), true },
	{ "recipient_address_contains_words: in", TEXT("x"), false },
	{ "recipient_address_matches: 'you@o.t'", TEXT("x"), true },
	{ "recipient_address_matches: 'yo@o.t'", TEXT("x"), false },
	{ "any_recipient_address_contains_words: other", TEXT("x"), true },
	{ "any_recipient_address_contains_words: no", TEXT("x"), false },
	{ "any_recipient_address_matches: '^other'", TEXT("x"), true },
	{ "any_recipient_address_matches: '^ther'", TEXT("x"), false },
	/* Attachments. */
	{ "attachment_contains_words: falcon", MIXED("text/plain", "a.txt",
	    "the falcon"), true },
	{ "attachment_contains_words: falcon", TEXT("the falcon"), false },
	{ "attachment_matches: 'fa.con'", MIXED("text/csv", "a.csv",
	    "x,falcon"), true },
	{ "attachment_matches: 'fa.con'", MIXED("text/csv", "a.csv", "x"),
	    false },
	{ "attachment_name_matches: '^plan.*[.]txt$'", MIXED("text/plain",
	    "plan7.txt", "x"), true },
	{ "attachment_name_matches: '^plan.*[.]txt$'", MIXED("text/plain",
	    "a.txt", "plan.txt"), false },
	{ "attachment_type_is: [pdf, txt]", MIXED("application/pdf", "a.pdf",
	    "plain after all"), true },
	{ "attachment_type_is: pdf", MIXED("application/pdf", "a.pdf",
	    "plain after all"), false },
	{ "attachment_is_executable: true", MIXED("text/plain", "a.txt",
	    "#!/bin/sh\r\nrm x"), true },
	{ "attachment_is_executable: true", MIXED("text/plain", "a.txt", "x"),
	    false },
	{ "attachment_is_misnamed: true", MIXED("text/plain", "a.pdf",
	    "only text"), true },
	{ "attachment_is_misnamed: true", MIXED("text/plain", "a.txt",
	    "only text"), false },
	{ "attachment_is_encrypted: true", MIXED("text/plain", "a.txt", "x"),
	    false },
	{ "attachment_is_unreadable: true", MIXED("application/octet-stream",
	    "a.bin", "\x01\x02\x03\xff\xfe\x80\x81\x90"), true },
	{ "attachment_is_unreadable: true", MIXED("text/plain", "a.txt", "x"),
	    false },
	{ "attachment_limit_exceeded: true", MIXED("text/plain", "a.txt",
	    "x"), false },
	{ "attachment_has_macros: true", MIXED("text/plain", "a.txt", "x"),
	    false },
	{ "attachment_property_contains: {name: Title, words: x}",
	    MIXED("text/plain", "a.txt", "x"), false },
	/* Sensitive information. */
	{ "sensitive_information: Credit Card Number", TEXT(CARD), true },
	{ "sensitive_information: Credit Card Number",
	    TEXT("number 4111 1111 1111 1112 visa"), false },
	{ "sensitive_information: {type: Credit Card Number, confidence: "
	    "high}", TEXT(CARD), true },
	{ "sensitive_information: {type: Credit Card Number, confidence: "
	    "high}", TEXT("4111 1111 1111 1111"), false },
	{ "sensitive_information: {type: Credit Card Number, confidence: "
	    "low}", TEXT("4111 1111 1111 1111"), true },
	{ "sensitive_information: {type: Credit Card Number, min_count: 2}",
	    TEXT(CARD), false },
	{ "sensitive_information: {type: Credit Card Number, min_count: 2}",
	    TEXT(CARD " and 5500 0055 5555 5559"), true },
	{ "sensitive_information: {type: Credit Card Number, max_count: 1}",
	    TEXT(CARD " and 5500 0055 5555 5559"), false },
	/* Unique, and each item by itself. */
	{ "sensitive_information: {type: Credit Card Number, min_count: 2}",
	    TEXT(CARD " " CARD), false },
	{ "sensitive_information: {type: Credit Card Number, min_count: 2}",
	    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b"
	    "\r\n\r\n--b\r\n\r\n" CARD "\r\n--b\r\nContent-Type: text/plain"
	    "\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\n"
	    "Credit card: 5500 0055 5555 5559 12/27\r\n--b--\r\n", false },
	{ "sensitive_information: {type: Credit Card Number, confidence: "
	    "high}", MIXED("text/plain", "visa.txt", "a visa card, expires "
	    "12/27\r\n--b\r\n\r\n4111 1111 1111 1111"), false },
	{ "sensitive_information: {type: Credit Card Number, confidence: "
	    "high}", MIXED("text/plain", "a.txt", "visa 4111 1111 1111 1111"),
	    true },
	/* In what is not quite the text. */
	{ "sensitive_information: {type: Credit Card Number, confidence: "
	    "low}", MIXED("text/plain", "4111111111111111.txt", "x"), true },
	{ "sensitive_information: {type: Credit Card Number, confidence: "
	    "low}", "Content-Type: multipart/mixed; boundary=b\r\n\r\n4111"
	    " 1111 1111 1111\r\n--b\r\n\r\nx\r\n--b--\r\n", true },
	{ "sensitive_information: {type: Credit Card Number, confidence: "
	    "low}", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b"
	    "\r\n\r\nx\r\n--b--\r\n4111 1111 1111 1111\r\n", true },
	{ "sensitive_information: {type: Credit Card Number, confidence: "
	    "low}", "Content-Type: text/plain\r\nContent-Transfer-Encoding: "
	    "quoted-printable\r\n\r\n4=00111=00 1111 1111 1=00111\r\n",
	    true },
	{ "sensitive_information: {type: Credit Card Number, confidence: "
	    "low}", "Subject: =?utf-8?Q?=3D=3Futf-8=3FQ=3F4111_1111_1111_"
	    "1111=3F=3D?=\r\n\r\nx\r\n", true },
	{ "attachment_contains_words: falcon", MIXED("text/plain",
	    "falcon.txt", "x"), false },
	{ "sensitive_information: [{type: Credit Card Number, min_count: 9}, "
	    "U.S. Social Security Number (SSN)]",
	    MIXED("text/plain", "a.txt", "SSN: 123-45-6789"), true },
	/* Made from a template. */
	{ "sensitive_information: Form", TEXT("Hello\r\n\r\n" FORM), true },
	{ "sensitive_information: Form", TEXT("the inventor named below"),
	    false },
	{ "sensitive_information: Form", MIXED("text/plain", "a.txt", FORM),
	    true },
	/* One of each group, wherever it stands. */
	{ "sensitive_information: {all_of: [[Credit Card Number, ABA Routing "
	    "Number], [U.S. Social Security Number (SSN)]]}",
	    TEXT(CARD "\r\n\r\nSSN: 123-45-6789"), true },
	{ "sensitive_information: {all_of: [[Credit Card Number, ABA Routing "
	    "Number], [U.S. Social Security Number (SSN)]]}", TEXT(CARD),
	    false },
	{ "sensitive_information: {all_of: [[Credit Card Number], "
	    "[U.S. Social Security Number (SSN)]]}",
	    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b"
	    "\r\n\r\n--b\r\n\r\n" CARD "\r\n--b\r\nContent-Type: text/plain"
	    "\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\n"
	    "SSN: 123-45-6789\r\n--b--\r\n", true },
	{ "sensitive_information: {all_of: [[Credit Card Number], "
	    "[U.S. Social Security Number (SSN)]]}",
	    MIXED("text/plain", "a.txt", "SSN: 123-45-6789"), false },
};

#define POLICY "version: 1\ndomains: [own.example]\ndefault: clear\n" \
    "rule_packs: [%s/policy/sit/letterlock-finance.xml, " \
    "%s/policy/sit/letterlock-identity-us.xml]\n" \
    "dictionaries: {birds: {file: %s}}\nfingerprints: {Form: {file: " \
    "%s, threshold: 60}}\nrules:\n- {name: R, when: {%s}, " \
    "then: %s}\n"

static char form[] = "/tmp/letterlock-form-XXXXXX";
static char birds[] = "/tmp/letterlock-birds-XXXXXX";

static int
no_tool(void *ctx UNUSED, enum extract_tool tool UNUSED, struct str in UNUSED,
    int64_t deadline_ms UNUSED, struct buf *out UNUSED)
{
	return (-1);
}

static bool
read_files(void *ctx UNUSED, const struct letter_view *view,
    bool without_rare, struct arena *a, struct policy_files *out)
{
	const struct extract_tools tools = { .run = no_tool,
		.without_rare = without_rare };
	struct extract_report *reports =
	    arena_array(a, view->n_attachments, sizeof(*reports));

	for (size_t i = 0; i < view->n_attachments; i++) {
		const struct letter_part *part = view->attachments[i];
		AUTO_BUF struct buf bytes = BUF_INIT(1u << 20);
		struct err err = ERR_INIT;

		assert_int_equal(letter_decode(part, &bytes, &err), 0);
		extract_read(arena_str(a, buf_view(&bytes)), part->filename,
		    part->type, &tools, a, &reports[i]);
	}
	out->reports = reports;
	out->n = view->n_attachments;
	return (true);
}

static bool
read_nothing(void *ctx UNUSED, const struct letter_view *view UNUSED,
    bool without_rare UNUSED, struct arena *a UNUSED,
    struct policy_files *out UNUSED)
{
	return (false);
}

static bool wants_evidence;
static struct buf *what_was_found;

/* The finds of the one rule: of a trial, and the same of a hit. */
static void
keep_evidence(const struct verdict *v)
{
	const struct policy_evidence *e = v->trials->evidence;
	const struct policy_evidence *hit = v->hits != NULL ?
	    v->hits->evidence : e;

	for (; e != NULL; e = e->next, hit = hit->next) {
		assert_non_null(hit);
		assert_true(str_eq(e->what, hit->what));
		policy_evidence_text(e, what_was_found);
	}
}

static void
decide(const char *policy, const char *letter, struct arena *a,
    bool (*reader)(void *, const struct letter_view *, bool, struct arena *,
    struct policy_files *), struct verdict *v)
{
	struct address people[3];
	struct letter *parsed;
	struct policy_question q = { .arena = a, .read_files = reader,
	    .sender = &people[0], .recipient = &people[1],
	    .recipients = &people[1], .n_recipients = 2 };
	struct err err = ERR_INIT;
	struct policy *p;

	if (policy_parse(str_of(policy), "/p", &p, &err) != 0)
		fail_msg("%s", err.msg);
	assert_int_equal(letter_parse(str_of(letter), a, &parsed, &err), 0);
	assert_int_equal(address_parse(STR_LIT("me@own.example"), a,
	    &people[0], &err), 0);
	assert_int_equal(address_parse(STR_LIT("you@out.example"), a,
	    &people[1], &err), 0);
	assert_int_equal(address_parse(STR_LIT("other@out.example"), a,
	    &people[2], &err), 0);
	q.letter = parsed;
	q.wants_evidence = q.wants_trials = wants_evidence;
	policy_decide(p, &q, v);
	if (wants_evidence)
		keep_evidence(v);
	v->rule = arena_str(a, v->rule);
	policy_free(&p);
}

static void
contents_are_found(void **state UNUSED)
{
	const char *root = getenv("LETTERLOCK_ROOT");

	if (root == NULL)
		skip();
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct verdict v;

		decide(arena_printf(a, POLICY, root, root, birds, form,
		    cases[i].when, "Do Not Forward"), cases[i].letter, a,
		    read_files, &v);
		if ((v.action == POLICY_PROTECT) != cases[i].applies)
			fail_msg("%s in %s", cases[i].when, cases[i].letter);
	}
}

/* Nothing that was found is in the reason. */
static void
reasons_quote_nothing(void **state UNUSED)
{
	const char *root = getenv("LETTERLOCK_ROOT");
	AUTO_ARENA struct arena *a = arena_new();
	struct verdict v;

	if (root == NULL)
		skip();
	decide(arena_printf(a, POLICY, root, root, birds, form,
	    "sensitive_information: Credit Card Number", "Do Not Forward"),
	    TEXT(CARD), a, read_files, &v);
	assert_true(str_find_nocase(v.reason, STR_LIT("4111")) == -1);
	assert_true(str_find_nocase(v.reason,
	    STR_LIT("Credit Card Number")) > 0);
}

/* Attachments that nobody reads: the message waits, or the rule is passed
 * over where it says so. Where the body decides nobody asks for them. */
static void
what_cannot_be_read_now_is_deferred(void **state UNUSED)
{
	static const struct {
		const char *when, *then, *body;
		enum policy_action action;
	} rows[] = {
		{ "attachment_contains_words: a", "clear", "x",
		    POLICY_DEFER },
		{ "attachment_contains_words: a",
		    "clear, on_error: ignore", "x", POLICY_DELIVER },
		{ "attachment_is_encrypted: true", "reject", "x",
		    POLICY_DEFER },
		{ "sensitive_information: Credit Card Number",
		    "Do Not Forward", CARD, POLICY_PROTECT },
		{ "sensitive_information: Credit Card Number",
		    "Do Not Forward", "x", POLICY_DEFER },
	};
	const char *root = getenv("LETTERLOCK_ROOT");

	if (root == NULL)
		skip();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct verdict v;

		decide(arena_printf(a, POLICY, root, root, birds, form,
		    rows[i].when, rows[i].then), arena_printf(a,
		    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
		    "boundary=b\r\n\r\n--b\r\n\r\n%s\r\n--b\r\nContent-Type: "
		    "image/png\r\nContent-Disposition: attachment; "
		    "filename=a.png\r\n\r\nx\r\n--b--\r\n", rows[i].body), a,
		    read_nothing, &v);
		assert_int_equal(v.action, rows[i].action);
	}
}

/* ---- evidence --------------------------------------------------------- */

#define TWO_CARDS MIXED("text/plain", "report.txt", CARD " and 5500 0055 " \
    "5555 5559")

static const struct {
	const char *when, *letter, *found;
} evidence[] = {
	{ "sensitive_information: Credit Card Number", TEXT(CARD),
	    "Credit Card Number ×1 (high) in body: •••• •••• •••• 1111" },
	{ "sensitive_information: Credit Card Number", TWO_CARDS,
	    "Credit Card Number ×2 (high) in report.txt: •••• •••• •••• "
	    "1111" },
	{ "subject_contains_words: hello", TEXT("x"),
	    "a listed word in subject: ••••o" },
	{ "body_contains_words: [falcon, eagle]", TEXT("Falcon and eagle"),
	    "a listed word ×2 in body: •••••n" },
	{ "body_matches: 'PRJ-[0-9]{5}'", TEXT("see PRJ-12345"),
	    "a listed expression in body: •••-•2345" },
	{ "attachment_contains_words: falcon", MIXED("text/plain", "a.txt",
	    "the falcon"), "a listed word in a.txt: •••••n" },
	{ "attachment_name_matches: 'pl.n'", MIXED("text/plain", "plan.txt",
	    "x"), "a name that fits in plan.txt" },
	{ "attachment_is_misnamed: true", MIXED("text/plain", "a.pdf",
	    "only text"), "misnamed in a.pdf" },
	{ "attachment_type_is: txt", MIXED("text/plain", "a.txt", "x"),
	    "type txt in a.txt" },
	{ "header_contains: {name: X-Y, words: z}", "X-Y: a z\r\n" TEXT("x"),
	    "a listed word in header X-Y" },
	/* What holds before another condition does not, and exceptions. */
	{ "body_contains_words: falcon, subject_contains_words: no",
	    TEXT("falcon"), "a listed word in body: •••••n" },
	{ "recipient_is: you@out.example}, except: {body_contains_words: "
	    "falcon", TEXT("falcon"), "a listed word in body: •••••n" },
	{ "body_contains_words: eagle", TEXT("falcon"), "" },
};

static void
finds_are_masked(void **state UNUSED)
{
	const char *root = getenv("LETTERLOCK_ROOT");

	if (root == NULL)
		skip();
	for (size_t i = 0; i < COUNT_OF(evidence); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf found = BUF_INIT(4096);
		struct verdict v;

		wants_evidence = true;
		what_was_found = &found;
		decide(arena_printf(a, POLICY, root, root, birds, form,
		    evidence[i].when, "Do Not Forward"), evidence[i].letter,
		    a, read_files, &v);
		wants_evidence = false;
		buf_char(&found, '\0');
		assert_string_equal(buf_view(&found).p, evidence[i].found);
		decide(arena_printf(a, POLICY, root, root, birds, form,
		    evidence[i].when, "Do Not Forward"), evidence[i].letter,
		    a, read_files, &v);
		assert_true(v.hits == NULL || v.hits->evidence == NULL);
		assert_null(v.trials);
	}
}

static const struct {
	const char *text, *error;
} refused[] = {
	{ "rule_packs: [/nonexistent.xml]\n", "/p:4:14: cannot open "
	    "/nonexistent.xml: No such file or directory" },
	{ "rules: [{name: R, when: {sensitive_information: Credit}, then: "
	    "clear}]\n", "Credit" },
	{ "fingerprints: {A: {file: /etc/passwd}}\n", "this is no fingerprint" },
	{ "fingerprints: {A: {file: /etc/passwd, threshold: 0}}\n",
	    "'threshold' needs a number" },
	{ "rules: [{name: R, when: {body_matches: '(a'}, then: clear}]\n",
	    "body_matches" },
	{ "rules: [{name: R, when: {body_contains_words: {dictionary: x}}, "
	    "then: clear}]\n", "/p:4:60: unknown dictionary 'x'" },
	{ "rules: [{name: R, when: {header_matches: {name: a, patterns: b, "
	    "values: c}}, then: clear}]\n", "needs either values or patterns" },
	{ "rules: [{name: R, when: {header_matches: {name: a, patterns: "
	    "'(b'}}, then: clear}]\n", "/p:4:" },
	{ "rules: [{name: R, when: {sensitive_information: {all_of: []}}, "
	    "then: clear}]\n", "'all_of' needs at least one group" },
	{ "rules: [{name: R, when: {sensitive_information: {all_of: [[x]], "
	    "type: x}}, then: clear}]\n", "unknown key 'type'" },
	{ "rules: [{name: R, sender_address_location: heder, then: "
	    "clear}]\n", "did you mean 'header'?" },
	{ "rules: [{name: R, when: {sensitive_information: {type: x, "
	    "confidnce: low}}, then: clear}]\n", "unknown key 'confidnce'; "
	    "did you mean 'confidence'?" },
};

static void
mistakes_are_named(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct err err = ERR_INIT;
		struct policy *p = NULL;

		assert_int_equal(policy_parse(str_of(arena_printf(a,
		    "version: 1\ndomains: [a]\ndefault: clear\n%s",
		    refused[i].text)), "/p", &p, &err), -1);
		if (strstr(err.msg, refused[i].error) == NULL)
			fail_msg("%s", err.msg);
	}
}

static int
write_form(void)
{
	AUTO_BUF struct buf print = BUF_INIT(1u << 20);
	struct err err = ERR_INIT;
	int fd;

	if (scan_fingerprint(STR_LIT(FORM), &print, &err) != 0 ||
	    (fd = mkstemp(form)) == -1)
		return (-1);
	(void)close(fd);
	return (sys_write_file(form, buf_view(&print), 0600, &err));
}

static int
write_birds(void **state UNUSED)
{
	static const char text[] = "# birds\nosprey\nred kite\n";
	int fd = mkstemp(birds);
	bool ok = fd != -1 && write(fd, text, sizeof(text) - 1) ==
	    (ssize_t)sizeof(text) - 1;

	if (fd != -1)
		(void)close(fd);
	return (ok ? write_form() : -1);
}

static int
remove_birds(void **state UNUSED)
{
	return (unlink(form) == 0 ? unlink(birds) : -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contents_are_found),
		cmocka_unit_test(reasons_quote_nothing),
		cmocka_unit_test(what_cannot_be_read_now_is_deferred),
		cmocka_unit_test(finds_are_masked),
		cmocka_unit_test(mistakes_are_named),
	};

	return (cmocka_run_group_tests(tests, write_birds, remove_birds));
}
