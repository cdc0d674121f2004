/* SPDX-License-Identifier: Apache-2.0 */
/* policy.yaml: what is taken, and which mistake is named how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/policy.h"

#define HEAD "version: 1\ndomains: [own.example]\n"
#define TOP HEAD "default: clear\n"
#define RULE TOP "rules:\n  - name: R\n"

static const struct {
	const char *text;
	const char *error;
} refused[] = {
	{ "[]\n", "p:1:1: keys and values expected here" },
	{ "domains: [a]\n", "p:1:1: 'version' is missing" },
	{ "version: 2\n", "p:1:10: 'version' must be 1, the only one there "
	    "is" },
	{ "version: 1\n", "p:1:1: 'domains' is missing" },
	{ "version: 1\ndomain: x\n", "p:2:1: unknown key 'domain'; "
	    "did you mean 'domains'?" },
	{ "version: 1\ndomains: x\n", "p:2:10: 'domains' needs a list of "
	    "domains" },
	{ "version: 1\ndomains: []\n", "p:2:10: 'domains' needs at least one "
	    "domain" },
	{ "version: 1\ndomains: [a b]\n", "p:2:11: 'a b' is not a domain" },
	{ "version: 1\ndomains: ['x@a']\n", "p:2:11: 'x@a' is not a domain" },
	{ "version: 1\ndomains: ['.']\n", "p:2:11: '' is not a domain" },
	{ HEAD, "p:1:1: 'default' is missing" },
	{ HEAD "default: Encrypt\n", "p:3:10: unknown template 'Encrypt'; "
	    "did you mean 'Encrypt-Only'?" },
	{ HEAD "default: do not forward\n", "p:3:10: unknown template "
	    "'do not forward'; did you mean 'Do Not Forward'?" },
	{ HEAD "default: Confidential\n", "p:3:10: unknown template "
	    "'Confidential'" },
	{ TOP "templates:\n  clear: {}\n", "p:5:3: a template cannot be "
	    "called 'clear'" },
	{ TOP "templates:\n  T: {right: [view]}\n", "p:5:7: unknown key "
	    "'right'; did you mean 'rights'?" },
	{ TOP "templates:\n  T: {rights: [vew]}\n", "p:5:16: unknown right "
	    "'vew'; did you mean 'view'?" },
	{ TOP "templates:\n  T: {rights: [reply]}\n", "p:5:15: 'rights' must "
	    "have 'view'" },
	{ TOP "templates:\n  T: {expires: 30}\n", "p:5:16: 'expires' needs a "
	    "time such as 12 h or 30 d, or never" },
	{ TOP "templates:\n  T: {attachments: deny}\n", "p:5:20: unknown "
	    "value 'deny'" },
	{ TOP "rules: {}\n", "p:4:8: 'rules' needs a list of rules" },
	{ TOP "rules:\n  - when: {}\n", "p:5:5: 'name' is missing" },
	{ RULE, "p:5:5: 'then' is missing" },
	{ RULE "    thn: clear\n", "p:6:5: unknown key 'thn'; did you mean "
	    "'then'?" },
	{ RULE "    then: clear\n  - name: R\n    then: clear\n", "p:7:11: "
	    "the rule in line 5 has the same name" },
	{ RULE "    priority: high\n    then: clear\n", "p:6:15: 'priority' "
	    "needs a number from 0 to 10000" },
	{ RULE "    enabled: flase\n    then: clear\n", "p:6:14: unknown value "
	    "'flase'; did you mean 'false'?" },
	{ RULE "    when:\n    then: clear\n", "p:6:5: 'when' has no value; "
	    "conditions expected" },
	{ RULE "    when: {subject_contains: x}\n    then: clear\n",
	    "p:6:12: unknown key 'subject_contains'; did you mean "
	    "'subject_contains_words'?" },
	{ RULE "    when: {recipient_domian_is: x}\n    then: clear\n",
	    "p:6:12: unknown key 'recipient_domian_is'; did you mean "
	    "'recipient_domain_is'?" },
	{ RULE "    when: {sender_is: []}\n    then: clear\n", "p:6:23: "
	    "'sender_is' needs at least one value" },
	{ RULE "    when: {sender_is: bob}\n    then: clear\n", "p:6:23: 'bob' "
	    "is not an address" },
	{ RULE "    when: {recipient_domain_is: [a, 'b c']}\n", "p:6:37: "
	    "'b c' is not a domain" },
	{ RULE "    when: {sent_to_scope: outsid}\n    then: clear\n",
	    "p:6:27: unknown scope 'outsid'; did you mean 'outside'?" },
	{ RULE "    when: {subject_contains_words: [a, \"\\u00ad\"]}\n",
	    "p:6:40: this has no visible character" },
	{ RULE "    when: {subject_contains_words: [\"a\\nb\"]}\n",
	    "p:6:37: control characters are not allowed here" },
	{ RULE "    when: {header_contains: {name: X}}\n", "p:6:29: 'words' is "
	    "missing" },
	{ RULE "    when: {header_contains: {name: 'X Y', words: a}}\n",
	    "p:6:36: a header name has no blanks or colons" },
	{ RULE "    when: {header_matches: {name: X, words: a}}\n",
	    "p:6:38: unknown key 'words'" },
	{ RULE "    when: {sensitivity_is: [private, secret]}\n",
	    "p:6:38: unknown sensitivity 'secret'" },
	{ RULE "    when: {sensitivity_is: company confidential}\n",
	    "p:6:28: unknown sensitivity 'company confidential'; did you mean "
	    "'company-confidential'?" },
	{ RULE "    then: Encrypt Only\n", "p:6:11: unknown template 'Encrypt "
	    "Only'; did you mean 'Encrypt-Only'?" },
	{ TOP "brands:\n  B: {background_colour: blue}\n", "p:5:26: "
	    "'background_colour' needs a colour such as \"#0078d4\"" },
	{ TOP "brands:\n  B: {privacy_url: 'http://a'}\n", "p:5:20: "
	    "'privacy_url' needs an address that begins with https://" },
	{ TOP "brands:\n  B: {sign_in: true}\n", "p:5:16: 'sign_in' can only "
	    "be false: messages are opened with a passcode" },
	{ TOP "brands:\n  B: {passcode: false}\n", "p:5:17: 'passcode' can "
	    "only be true: there is no other way to open a message" },
	{ TOP "brands:\n  B: {colour: x}\n", "p:5:7: unknown key 'colour'" },
	{ TOP "brands:\n  Bright: {}\nrules:\n- name: R\n  then: {brand: "
	    "Bight}\n", "p:8:17: unknown brand 'Bight'; did you mean "
	    "'Bright'?" },
	{ RULE "    then: {redirect_to: nobody}\n", "p:6:25: 'nobody' is not an "
	    "address" },
	{ RULE "    then: {add_bcc: []}\n", "p:6:21: 'add_bcc' needs 1 to 100 "
	    "addresses" },
	{ RULE "    then: {add_cc: [a@b, {}]}\n", "p:6:26: an address expected "
	    "here" },
	{ RULE "    then: {add_manager_as: boss}\n", "p:6:28: unknown value "
	    "'boss'" },
	{ RULE "    then: {add_manager_as: cc}\n", "p:6:28: 'add_manager_as' "
	    "needs 'people', a table with a column 'manager'" },
	{ RULE "    then: {spam_level: 10}\n", "p:6:24: 'spam_level' needs a "
	    "number from -1 to 9" },
	{ RULE "    then: {spam_level: -2}\n", "p:6:24: 'spam_level' needs a "
	    "number from -1 to 9" },
	{ RULE "    then: {}\n", "p:6:11: 'then' says nothing to do" },
	{ RULE "    then: {template: clear, reject: {}}\n", "p:6:37: "
	    "'then' can say only one of template and reject" },
	{ RULE "    then: {demand: {assurance: portal, prefer: [tls]}}\n",
	    "p:6:20: no way of 'prefer' can meet this: it protects the way "
	    "only, and more is demanded" },
	{ RULE "    then: {demand: {assurance: transit, prefer: [tls, tls]}}"
	    "\n", "p:6:55: 'tls' stands here twice" },
	{ RULE "    then: {demand: {prefer: [tls]}}\n", "p:6:20: 'assurance' "
	    "is missing" },
	{ TOP "wish: {subject: {'[x]': clear}}\n", "p:4:25: a sender cannot "
	    "wish for less protection: name a template" },
	{ TOP "wish: {subject: {' ': Encrypt-Only}}\n", "p:4:18: this has no "
	    "visible character" },
	{ "version: 1\ndomains: [a]\ndefault: [{when: {recipient_is: a@b}, "
	    "then: clear}]\n", "p:3:11: the last default must be for all "
	    "that is left: leave out 'when' and 'except'" },
	{ "version: 1\ndomains: [a]\ndefault: [{then: {reject: x}}]\n",
	    "p:3:19: unknown key 'reject'" },
	{ RULE "    then: {delete: maybe}\n", "p:6:20: unknown value "
	    "'maybe'" },
	{ RULE "    then: {severity: hihg}\n", "p:6:22: unknown severity "
	    "'hihg'; did you mean 'high'?" },
	{ RULE "    mode: adit\n    then: clear\n", "p:6:11: unknown mode "
	    "'adit'; did you mean 'audit'?" },
	{ RULE "    ring: {percent: 101}\n    then: clear\n", "p:6:21: "
	    "'percent' needs a number from 0 to 100" },
	{ RULE "    ring: {}\n    then: clear\n", "p:6:11: 'ring' needs "
	    "groups or percent" },
	{ RULE "    ring: {groups: [Sales]}\n    then: clear\n", "p:6:21: "
	    "nobody in the table of people belongs to 'Sales'" },
	{ RULE "    valid_from: 2026-02-30\n    then: clear\n", "p:6:17: "
	    "'valid_from' needs a day such as 2026-12-31" },
	{ RULE "    valid_from: 2026-02-02\n    valid_until: 2026-02-01\n"
	    "    then: clear\n", "p:7:18: 'valid_until' lies before "
	    "'valid_from'" },
	{ RULE "    when: {sender_member_of: Sales}\n    then: clear\n",
	    "p:6:12: 'sender_member_of' needs a table of people: name it "
	    "under 'people:'" },
	{ RULE "    when: {message_size_over: big}\n    then: clear\n",
	    "p:6:31: 'message_size_over' needs a size such as 10 MiB" },
	{ RULE "    when: {attachment_count_over: -1}\n    then: clear\n",
	    "p:6:35: 'attachment_count_over' needs a number" },
	{ RULE "    when: {message_type_is: [signed, sined]}\n"
	    "    then: clear\n", "p:6:38: unknown value 'sined'; did you "
	    "mean 'signed'?" },
	{ RULE "    when: {sender_ip_in: 10.0.0.1/8}\n    then: clear\n",
	    "p:6:26: has bits set behind its prefix length" },
	{ TOP "people: /nonexistent.csv\n", "p:4:9: cannot open "
	    "/nonexistent.csv: No such file or directory" },
	{ RULE "    then: {reject: {code: 4.7.1}}\n", "p:6:27: 'code' needs a "
	    "refusal code such as 5.7.1" },
	{ RULE "    then: {reject: {code: 5.7}}\n", "p:6:27: 'code' needs a "
	    "refusal code such as 5.7.1" },
	{ RULE "    then: {reject: {text: \"N\xc3\xb6!\"}}\n", "p:6:27: 'text' "
	    "must be ASCII: SMTP replies have nothing else" },
	{ RULE "    then: {reject: \"a\\r\\n250 ok\"}\n", "p:6:20: control "
	    "characters are not allowed here" },
};

static void
mistakes_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct policy *p = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(policy_parse(str_of(refused[i].text), "p",
		    &p, &err), -1);
		assert_string_equal(err.msg, refused[i].error);
		assert_true(err.kind == ERR_INPUT || err.kind == ERR_PERM);
		assert_null(p);
	}
}

static const struct {
	const char *domain;
	bool inside;
} domains[] = {
	{ "own.example", true }, { "OWN.example", true },
	{ "sub.own.example", false }, { "xown.example", false },
	{ "all.example", true }, { "a.b.all.example", true },
	{ "xall.example", false }, { "xn--mnchen-3ya.example", true },
	{ "", false }, { "example", false },
};

static void
own_domains_are_inside(void **state)
{
	struct policy *p;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(policy_parse(STR_LIT("version: 1\ndefault: clear\n"
	    "domains: [Own.example, .all.example, M\xc3\xbcnchen.example]\n"),
	    "p", &p, &err), 0);
	for (size_t i = 0; i < COUNT_OF(domains); i++)
		assert_int_equal(policy_is_inside(p,
		    str_of(domains[i].domain)), domains[i].inside);
	policy_free(&p);
	assert_null(p);
	policy_free(&p);
}

static void
sample_is_valid(void **state)
{
	static const char *const defaults[] = {
		"clear", "Encrypt-Only", "Do Not Forward",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(defaults); i++) {
		AUTO_BUF struct buf text = BUF_INIT(1u << 20);
		struct policy *p;
		struct err err = ERR_INIT;

		policy_write_sample("tannwald.example", defaults[i], &text);
		assert_int_equal(policy_parse(buf_view(&text), "p", &p, &err),
		    0);
		assert_int_equal(policy_rule_count(p), 3);
		policy_free(&p);
	}
}

static void
missing_file_is_named(void **state)
{
	struct policy *p = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(policy_load("/nonexistent/p.yaml", &p, &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	assert_non_null(strstr(err.msg, "/nonexistent/p.yaml"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(own_domains_are_inside),
		cmocka_unit_test(sample_is_valid),
		cmocka_unit_test(missing_file_is_named),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
