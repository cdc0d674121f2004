/* SPDX-License-Identifier: Apache-2.0 */
/* Whom rules tell: what is taken, what is refused, what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/enc.h"
#include "policy/policy.h"

#define TOP "version: 1\ndomains: [own.example]\ndefault: clear\n"
#define RULE TOP "rules:\n- name: R\n"
#define THEN(actions) RULE "  then: {" actions "}\n"
#define REPORT(what) THEN("incident_report: {" what "}")
#define ALL_BUT_ORIGINAL 63
#define TEXT_CHARACTERS 5120
#define CARD "Credit Card Number"
#define CARD_GUID "50842eb7-edc8-4019-85dd-5a5c1f2bb085"

static const struct {
	const char *text;
	const char *error;
} refused[] = {
	{ THEN("notify_sender: notify"), "p:6:25: unknown value 'notify'; did "
	    "you mean 'notify_only'?" },
	{ THEN("notify_sender: nobody"), "p:6:25: unknown value 'nobody'" },
	{ THEN("notify_sender: reject_unless_silent"), "p:6:25: unknown value "
	    "'reject_unless_silent'; did you mean "
	    "'reject_unless_silent_override'?" },
	{ THEN("notify_sender: [reject]"), "p:6:25: 'notify_sender' needs "
	    "value" },
	{ THEN("incident_report: a@own.example"), "p:6:27: 'incident_report' "
	    "needs to and include" },
	{ REPORT(""), "p:6:27: 'incident_report' needs to" },
	{ REPORT("to: []"), "p:6:32: 1 to 10 addresses expected here" },
	{ REPORT("to: [a@own.example, a b]"), "p:6:48: 'a b' is not an "
	    "address" },
	{ REPORT("to: postmaster"), "p:6:32: 'postmaster' is not an "
	    "address" },
	{ REPORT("to: [a@own.example, b@out.example]"), "p:6:48: "
	    "'b@out.example' is outside: reports go to addresses of 'domains' "
	    "only" },
	/* Below a domain is not the domain. */
	{ REPORT("to: a@x.own.example"), "p:6:32: 'a@x.own.example' is "
	    "outside: reports go to addresses of 'domains' only" },
	{ REPORT("to: a@own.example, include: [evidnce]"), "p:6:57: unknown "
	    "part of a report 'evidnce'; did you mean 'evidence'?" },
	{ REPORT("to: a@own.example, includes: []"), "p:6:47: unknown key "
	    "'includes'; did you mean 'include'?" },
	{ THEN("notify_recipients: ''"), "p:6:29: 1 to 5120 characters "
	    "expected here" },
	{ THEN("notify_recipients: [a]"), "p:6:29: 'notify_recipients' needs "
	    "a text" },
	{ THEN("notify_recipients: See %%Sujbect%%"), "p:6:29: "
	    "'%%Sujbect%%' is not known; there are %%From%%, %%To%%, %%Cc%%, "
	    "%%Subject%% and %%MessageDate%%" },
};

static void
mistakes_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct policy *p = NULL;
		struct err err = ERR_INIT;

		if (policy_parse(str_of(refused[i].text), "p", &p, &err) == 0)
			fail_msg("taken: %s", refused[i].text);
		assert_string_equal(err.msg, refused[i].error);
	}
}

/* One recipient's verdict; the policy lives as long as the test. */
static void
decide(const char *yaml, const char *letter, struct arena *a,
    struct policy **p, struct verdict *v)
{
	struct policy_question q = { .arena = a };
	struct address sender, recipient;
	struct letter *l;
	struct err err = ERR_INIT;

	if (policy_parse(str_of(yaml), "p", p, &err) == -1)
		fail_msg("%s in %s", err.msg, yaml);
	assert_int_equal(letter_parse(str_of(letter), a, &l, &err), 0);
	assert_int_equal(address_parse(STR_LIT("me@own.example"), a, &sender,
	    &err), 0);
	assert_int_equal(address_parse(STR_LIT("you@out.example"), a,
	    &recipient, &err), 0);
	q.letter = l;
	q.sender = &sender;
	q.recipient = &recipient;
	policy_decide(*p, &q, v);
}

static void
verdicts_say_whom_to_tell(void **state)
{
	static const struct {
		const char *then;
		enum policy_action action;
		enum policy_notify sender;
		size_t n_reports;
		uint32_t report_has;
		const char *to_recipients, *does;
	} rows[] = {
		{ "notify_sender: notify_only", POLICY_DELIVER,
		    POLICY_NOTIFY_ONLY, 0, 0, "",
		    "tell you about the message" },
		{ "notify_sender: reject", POLICY_REJECT,
		    POLICY_NOTIFY_REJECT, 0, 0, "", "refuse the message" },
		{ "notify_sender: reject_unless_false_positive",
		    POLICY_DELIVER, POLICY_NOTIFY_UNLESS_FALSE_POSITIVE, 0, 0,
		    "", "hold the message until you have decided" },
		{ "template: clear, notify_sender: "
		    "reject_unless_silent_override", POLICY_DELIVER,
		    POLICY_NOTIFY_UNLESS_SILENT, 0, 0, "",
		    "send the message in clear, hold the message until you "
		    "have decided" },
		{ "notify_sender: reject_unless_explicit_override, template: "
		    "Encrypt-Only", POLICY_PROTECT,
		    POLICY_NOTIFY_UNLESS_EXPLICIT, 0, 0, "",
		    "hold the message until you have decided, protect the "
		    "message with \"Encrypt-Only\"" },
		{ "incident_report: {to: a@OWN.example}, template: "
		    "Encrypt-Only", POLICY_PROTECT, POLICY_NOTIFY_NOBODY, 1,
		    ALL_BUT_ORIGINAL, "", "report the message, protect the "
		    "message with \"Encrypt-Only\"" },
		{ "incident_report: {to: [a@own.example, b@own.example], "
		    "include: [subject, original]}, delete: true",
		    POLICY_DISCARD, POLICY_NOTIFY_NOBODY, 2,
		    POLICY_REPORT_SUBJECT | POLICY_REPORT_ORIGINAL, "",
		    "report the message, delete the message" },
		{ "incident_report: {to: a@own.example, include: []}, "
		    "quarantine: false, severity: high", POLICY_DELIVER,
		    POLICY_NOTIFY_NOBODY, 1, 0, "", "report the message" },
		{ "notify_recipients: \"a %%From%%\\nb 100%% %%x\", "
		    "set_header: {A: b}, remove_header: C", POLICY_DELIVER,
		    POLICY_NOTIFY_NOBODY, 0, 0, "a %%From%%\nb 100%% %%x",
		    "tell the recipients about the message, change the "
		    "header" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct policy *p = NULL;
		struct verdict v;

		decide(arena_printf(a, RULE "  clause: 9\n  then: {%s}\n",
		    rows[i].then), "Subject: x\n\ny\n", a, &p, &v);
		assert_int_equal(v.action, rows[i].action);
		assert_non_null(v.hits);
		assert_non_null(v.hits->tell);
		assert_int_equal(v.hits->tell->sender, rows[i].sender);
		assert_int_equal(v.hits->tell->n_report_to, rows[i].n_reports);
		assert_int_equal(v.hits->tell->report_has, rows[i].report_has);
		if (rows[i].n_reports > 0)
			assert_string_equal(v.hits->tell->report_to[0].text.p,
			    "a@own.example");
		assert_true(str_eq(v.hits->tell->to_recipients,
		    str_of(rows[i].to_recipients)));
		assert_string_equal(v.hits->does.p, rows[i].does);
		assert_true(str_eq(v.hits->clause, STR_LIT("9")));
		policy_free(&p);
	}
}

/* What a client hears: which rule, which types; ASCII, one line. */
static void
refusals_name_the_rule(void **state)
{
	static const struct {
		const char *name, *then, *code, *text, *type;
	} rows[] = {
		{ "Cards", "notify_sender: reject", "5.7.1", "Not sent: the "
		    "rule \"Cards\" of this organisation does not let this "
		    "message out (found: Credit Card Number). Please change "
		    "it and send it again, or ask your administrator",
		    CARD_GUID },
		{ "F\xc3\xbcr alle", "notify_sender: reject", "5.7.1", "Not sent: "
		    "the rule \"F?r alle\" of this organisation does not let "
		    "this message out (found: Credit Card Number). Please "
		    "change it and send it again, or ask your "
		    "administrator", CARD },
		{ "Cards", "notify_sender: reject, reject: {code: 5.7.9, "
		    "text: No}", "5.7.9", "No",
		    CARD },
		{ "Cards", "reject: No, notify_sender: notify_only", "5.7.1",
		    "No", CARD },
	};
	const char *root = getenv("LETTERLOCK_ROOT");

	(void)state;
	if (root == NULL)
		skip();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct policy *p = NULL;
		struct verdict v;

		decide(arena_printf(a, TOP "rule_packs: "
		    "[%s/policy/sit/letterlock-finance.xml]\nrules:\n- name: "
		    "%s\n  when: {sensitive_information: %s, "
		    "subject_contains_words: hello}\n  then: {%s}\n", root,
		    rows[i].name, rows[i].type, rows[i].then), "Subject: hello\n\nCredit "
		    "card number 4111 1111 1111 1111, expires 12/27\n", a, &p,
		    &v);
		assert_int_equal(v.action, POLICY_REJECT);
		assert_string_equal(v.reject_code.p, rows[i].code);
		assert_string_equal(v.reject_text.p, rows[i].text);
		assert_true(enc_is_ascii(v.reject_text));
		/* Evidence comes without being asked for. */
		assert_non_null(v.hits->evidence);
		policy_free(&p);
	}
}

/* Where a rule is not enforced it refuses nothing, and says what it would
 * do. */
static void
on_trial_nothing_is_refused(void **state)
{
	static const char *const modes[] = { "audit", "audit_and_notify" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct policy *p = NULL;
		struct verdict v;

		decide(arena_printf(a, RULE "  mode: %s\n  when: "
		    "{header_contains: {name: X-Y, words: z}}\n  then: "
		    "{notify_sender: reject, severity: low}\n", modes[i]),
		    "X-Y: z\n\ny\n", a, &p, &v);
		assert_int_equal(v.action, POLICY_DELIVER);
		assert_string_equal(v.hits->does.p, "refuse the message");
		assert_int_equal(v.hits->severity, POLICY_SEVERITY_LOW);
		assert_non_null(v.hits->evidence);
		policy_free(&p);
	}
}

static void
texts_are_cut_at_tokens(void **state)
{
	static const struct {
		const char *text, *pieces[4];
		enum policy_token tokens[4];
		size_t n;
	} rows[] = {
		{ "", { "" }, { POLICY_TOKEN_NONE }, 1 },
		{ "%%Subject%%", { "", "" }, { POLICY_TOKEN_SUBJECT,
		    POLICY_TOKEN_NONE }, 2 },
		{ "a%%from%%%%TO%%b%%Cc%%", { "a", "", "b", "" },
		    { POLICY_TOKEN_FROM, POLICY_TOKEN_TO, POLICY_TOKEN_CC,
		    POLICY_TOKEN_NONE }, 4 },
		{ "%%%MessageDate%% 5 %% %%Cc% %%Cc", { "%",
		    " 5 %% %%Cc% %%Cc" }, { POLICY_TOKEN_DATE,
		    POLICY_TOKEN_NONE }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str rest = str_of(rows[i].text), text;
		enum policy_token token;
		size_t n = 0;

		for (; policy_token_next(&rest, &text, &token); n++) {
			assert_true(n < rows[i].n);
			assert_true(str_eq(text, str_of(rows[i].pieces[n])));
			assert_int_equal(token, rows[i].tokens[n]);
		}
		assert_int_equal(n, rows[i].n);
	}
}

/* Characters, not bytes. */
static void
long_texts_are_taken(void **state)
{
	AUTO_BUF struct buf yaml = BUF_INIT(1u << 20);
	struct policy *p = NULL;
	struct err err = ERR_INIT;

	(void)state;
	buf_z(&yaml, RULE "  then: {notify_recipients: '");
	for (int i = 0; i < TEXT_CHARACTERS; i++)
		buf_z(&yaml, "\xc3\xbc");
	buf_z(&yaml, "'}\n");
	assert_int_equal(policy_parse(buf_view(&yaml), "p", &p, &err), 0);
	policy_free(&p);
	yaml.len -= 3;
	buf_z(&yaml, "x'}\n");
	assert_int_equal(policy_parse(buf_view(&yaml), "p", &p, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(verdicts_say_whom_to_tell),
		cmocka_unit_test(refusals_name_the_rule),
		cmocka_unit_test(on_trial_nothing_is_refused),
		cmocka_unit_test(texts_are_cut_at_tokens),
		cmocka_unit_test(long_texts_are_taken),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
