/* SPDX-License-Identifier: Apache-2.0 */
/* Rules, a letter and a recipient give a verdict and its reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sys.h"
#include "policy/policy.h"

#define TOP "version: 1\ndomains: [own.example]\ndefault: Encrypt-Only\n"
#define PLAIN "version: 1\ndomains: [own.example]\ndefault: clear\n"
#define DEFAULTS "version: 1\ndomains: [own.example]\ndefault:\n" \
	"- {when: {recipient_domain_is: bank.example}, then: Do Not Forward}" \
	"\n- {when: {sensitivity_is: private}, then: {demand: {assurance: " \
	"portal}}}\n- then: clear\n"
#define WISH PLAIN "wish: {subject: {'[secure]': Encrypt-Only, '[mine]': " \
	"Do Not Forward}, header: X-Protect}\n"
#define MAIL "Subject: Hello\n\nx\n"
#define LABEL "MSIP_Label_2096f6a2-d2f7-48be-b329-b73aaa526e5d_"
#define ATTACHED "MIME-Version: 1.0\nContent-Type: multipart/mixed; " \
	"boundary=b\n\n--b\n\nx\n--b\nContent-Type: application/pdf\n" \
	"Content-Disposition: attachment; filename=a.pdf\n\ny\n--b--\n"

struct expected {
	const char *policy;
	const char *letter;
	const char *sender, *recipient;
	enum policy_action action;
	const char *template;	/* NULL: none */
	const char *reason;
};

static const struct expected cases[] = {
	{ TOP, MAIL, "me@own.example", "you@out.example", POLICY_PROTECT,
	    "Encrypt-Only",
	    "default for outside recipients, no rule applies" },
	{ TOP, MAIL, "me@own.example", "you@own.example", POLICY_DELIVER,
	    NULL, "inside recipient, no rule applies" },
	{ PLAIN, MAIL, "me@own.example", "you@out.example", POLICY_DELIVER,
	    NULL, "default for outside recipients, no rule applies" },
	{ PLAIN "rules:\n- name: Law firm\n  when:\n    recipient_domain_is: "
	    "[kanzlei.example]\n  then: Do Not Forward\n", MAIL,
	    "me@own.example", "zoe@mail.kanzlei.example", POLICY_PROTECT,
	    "Do Not Forward", "rule \"Law firm\" (line 5): recipient domain "
	    "mail.kanzlei.example" },
	{ PLAIN "rules:\n- name: All\n  then: Encrypt-Only\n", MAIL, "",
	    "a@own.example", POLICY_PROTECT, "Encrypt-Only",
	    "rule \"All\" (line 5): applies to all mail" },
	/* All conditions must hold. */
	{ PLAIN "rules:\n- name: Both\n  when: {sender_is: Boss@own.example, "
	    "sent_to_scope: outside}\n  then: Encrypt-Only\n", MAIL,
	    "boss@own.example", "a@out.example", POLICY_PROTECT,
	    "Encrypt-Only", "rule \"Both\" (line 5): sender boss@own.example, "
	    "recipient outside" },
	{ PLAIN "rules:\n- name: Both\n  when: {sender_is: boss@own.example, "
	    "sent_to_scope: outside}\n  then: Encrypt-Only\n", MAIL,
	    "me@own.example", "a@out.example", POLICY_DELIVER, NULL,
	    "default for outside recipients, no rule applies" },
	/* An exception wins; one of several is enough. */
	{ TOP "rules:\n- name: X\n  except: {sender_is: a@b, recipient_is: "
	    "you@out.example}\n  then: Do Not Forward\n", MAIL,
	    "me@own.example", "you@out.example", POLICY_PROTECT,
	    "Encrypt-Only",
	    "default for outside recipients, no rule applies" },
	{ TOP "rules:\n- name: X\n  except: {recipient_is: you@out.example}\n"
	    "  then: Do Not Forward\n", MAIL, "me@own.example",
	    "he@out.example", POLICY_PROTECT, "Do Not Forward",
	    "rule \"X\" (line 5): no exception applies" },
	/* Priority, then the order of the file; disabled rules are not. */
	{ TOP "rules:\n- {name: A, then: clear}\n- {name: B, priority: 5, "
	    "then: Do Not Forward}\n- {name: C, priority: 1, enabled: false, "
	    "then: clear}\n", MAIL, "me@own.example", "a@out.example",
	    POLICY_PROTECT, "Do Not Forward",
	    "rule \"B\" (line 6): applies to all mail" },
	{ TOP "rules:\n- {name: A, then: clear}\n- {name: B, then: "
	    "Encrypt-Only}\n", MAIL, "me@own.example", "a@out.example",
	    POLICY_DELIVER, NULL, "rule \"A\" (line 5): applies to all mail" },
	/* Senders from outside and the null sender. */
	{ PLAIN "rules:\n- {name: In, when: {sender_scope: outside}, then: "
	    "Encrypt-Only}\n", MAIL, "x@else.example", "me@own.example",
	    POLICY_PROTECT, "Encrypt-Only",
	    "rule \"In\" (line 5): sender outside" },
	{ PLAIN "rules:\n- {name: In, when: {sender_scope: inside}, then: "
	    "Encrypt-Only}\n", MAIL, "", "me@own.example", POLICY_DELIVER,
	    NULL, "inside recipient, no rule applies" },
	/* Subject words: decoded, folded, whole, in any Subject. */
	{ PLAIN "rules:\n- {name: S, when: {subject_contains_words: "
	    "'[secure]'}, then: Encrypt-Only}\n",
	    "Subject: =?utf-8?b?W1NFQ1VSRV0=?= plan\n\nx\n", "me@own.example",
	    "a@out.example", POLICY_PROTECT, "Encrypt-Only",
	    "rule \"S\" (line 5): a listed word in the subject" },
	{ PLAIN "rules:\n- {name: S, when: {subject_contains_words: [x, "
	    "Gr\xc3\x96SSE]}, then: Encrypt-Only}\n",
	    "Subject: Die =?iso-8859-1?q?Gr=F6=DFe?=\n\nx\n",
	    "me@own.example", "a@out.example", POLICY_PROTECT, "Encrypt-Only",
	    "rule \"S\" (line 5): a listed word in the subject" },
	{ PLAIN "rules:\n- {name: S, when: {subject_contains_words: secure}, "
	    "then: Encrypt-Only}\n", "Subject: insecure\n\nsecure\n",
	    "me@own.example", "a@out.example", POLICY_DELIVER, NULL,
	    "default for outside recipients, no rule applies" },
	{ PLAIN "rules:\n- {name: S, when: {subject_contains_words: secure}, "
	    "then: Encrypt-Only}\n", "Subject: a\nSubject: secure\n\nx\n",
	    "me@own.example", "a@out.example", POLICY_PROTECT, "Encrypt-Only",
	    "rule \"S\" (line 5): a listed word in the subject" },
	/* Header fields. */
	{ PLAIN "rules:\n- name: H\n  when: {header_contains: {name: X-Class, "
	    "words: [top secret, internal]}}\n  then: Encrypt-Only\n",
	    "x-class: Very Top\n Secret\n\nx\n", "me@own.example",
	    "a@out.example", POLICY_PROTECT, "Encrypt-Only",
	    "rule \"H\" (line 5): header X-Class" },
	{ PLAIN "rules:\n- name: H\n  when: {header_matches: {name: X-Class, "
	    "values: [internal]}}\n  then: Encrypt-Only\n",
	    "X-Class: internal use\n\nx\n", "me@own.example",
	    "a@out.example", POLICY_DELIVER, NULL,
	    "default for outside recipients, no rule applies" },
	{ PLAIN "rules:\n- name: H\n  when: {header_matches: {name: X-Class, "
	    "values: [internal]}}\n  then: Encrypt-Only\n",
	    "X-Class:  INTERNAL \n\nx\n", "me@own.example",
	    "a@out.example", POLICY_PROTECT, "Encrypt-Only",
	    "rule \"H\" (line 5): header X-Class" },
	{ PLAIN "rules:\n- {name: P, when: {sensitivity_is: [private, "
	    "company-confidential]}, then: Do Not Forward}\n",
	    "Sensitivity: Company-Confidential\n\nx\n", "me@own.example",
	    "a@out.example", POLICY_PROTECT, "Do Not Forward",
	    "rule \"P\" (line 5): header Sensitivity" },
	/* Labels by name and by GUID, only while they are on. */
	{ PLAIN "rules:\n- {name: L, when: {label_is: Highly Confidential}, "
	    "then: Encrypt-Only}\n", "msip_labels: " LABEL "ActionId=1; "
	    LABEL "Enabled=True;\n " LABEL "Name=Highly\n Confidential;\n\n"
	    "x\n", "me@own.example", "a@out.example", POLICY_PROTECT,
	    "Encrypt-Only", "rule \"L\" (line 5): sensitivity label" },
	{ PLAIN "rules:\n- {name: L, when: {label_is: "
	    "2096F6A2-d2f7-48be-b329-b73aaa526e5d}, then: Encrypt-Only}\n",
	    "MSIP_Labels: " LABEL "Enabled=true; " LABEL "Name=Other\n\nx\n",
	    "me@own.example", "a@out.example", POLICY_PROTECT,
	    "Encrypt-Only", "rule \"L\" (line 5): sensitivity label" },
	{ PLAIN "rules:\n- {name: L, when: {label_is: Confidential}, then: "
	    "Encrypt-Only}\n", "msip_labels: " LABEL "Enabled=false; " LABEL
	    "Name=Confidential\n\nx\n", "me@own.example", "a@out.example",
	    POLICY_DELIVER, NULL,
	    "default for outside recipients, no rule applies" },
	/* Refusals, and templates that allow no attachments. */
	{ PLAIN "rules:\n- name: No\n  then: {reject: {code: 5.7.900, text: "
	    "Not there}}\n", MAIL, "me@own.example", "a@out.example",
	    POLICY_REJECT, NULL, "rule \"No\" (line 5): applies to all mail" },
	{ PLAIN "templates: {Bare: {attachments: block}}\nrules:\n- {name: B, "
	    "then: Bare}\n", MAIL, "me@own.example", "a@out.example",
	    POLICY_PROTECT, "Bare", "rule \"B\" (line 6): applies to all mail" },
	{ PLAIN "templates: {Bare: {attachments: block}}\nrules:\n- {name: B, "
	    "then: {template: Bare}}\n", ATTACHED, "me@own.example",
	    "a@out.example", POLICY_REJECT, NULL, "rule \"B\" (line 6): "
	    "applies to all mail; template \"Bare\" allows no attachments" },
	{ PLAIN "templates: {Bare: {attachments: block}}\nrules:\n- {name: B, "
	    "then: {template: Bare, sign: true}}\n", ATTACHED,
	    "me@own.example", "a@out.example", POLICY_REJECT, NULL, "rule "
	    "\"B\" (line 6): applies to all mail; nothing meets the demand "
	    "for portal, signed; portal passed over: a message in the portal "
	    "carries no S/MIME signature; S/MIME passed over: its rights and "
	    "expiry hold in the portal only; template \"Bare\" allows no "
	    "attachments" },
	/* Demands: the rule's own, of several rules, and what nothing meets. */
	{ PLAIN "rules:\n- {name: D, then: {require_tls: true}}\n", MAIL,
	    "me@own.example", "a@out.example", POLICY_PROTECT, "Encrypt-Only",
	    "rule \"D\" (line 5): applies to all mail; verified TLS passed "
	    "over: the recipient's mail server has not proven whose it is" },
	{ TOP "rules:\n- {name: D, then: {demand: {assurance: transit, "
	    "prefer: [tls]}}}\n", MAIL, "me@own.example", "a@out.example",
	    POLICY_HOLD, NULL, "rule \"D\" (line 5): applies to all mail; "
	    "nothing meets the demand for transit; verified TLS passed over: "
	    "the recipient's mail server has not proven whose it is" },
	{ PLAIN "rules:\n- {name: D, then: {require_tls: true}}\n"
	    "- {name: T, then: Do Not Forward}\n", MAIL, "me@own.example",
	    "a@out.example", POLICY_PROTECT, "Do Not Forward",
	    "rule \"T\" (line 6): applies to all mail" },
	{ PLAIN "rules:\n- {name: C, then: clear}\n- {name: D, then: "
	    "{demand: {assurance: portal}}}\n", MAIL, "me@own.example",
	    "a@out.example", POLICY_PROTECT, "Encrypt-Only",
	    "rule \"C\" (line 5): applies to all mail" },
	{ TOP "rules:\n- {name: F, then: {template: Encrypt-Only, demand: "
	    "{assurance: portal, second_factor: passphrase}}}\n", MAIL,
	    "me@own.example", "a@out.example", POLICY_HOLD, "Encrypt-Only",
	    "rule \"F\" (line 5): applies to all mail; nothing meets the "
	    "demand for portal, second factor; portal passed over: no "
	    "passphrase is agreed with this recipient; S/MIME passed over: a "
	    "second factor is asked for in the portal only" },
	{ PLAIN "rules:\n- {name: S, mode: audit, then: {sign: true}}\n",
	    MAIL, "me@own.example", "a@out.example", POLICY_DELIVER, NULL,
	    "default for outside recipients, no rule applies" },
	/* Defaults that depend on something. */
	{ DEFAULTS, MAIL, "me@own.example", "a@mail.bank.example",
	    POLICY_PROTECT, "Do Not Forward",
	    "default (line 4): recipient domain mail.bank.example" },
	{ DEFAULTS, "Sensitivity: private\n" MAIL, "me@own.example",
	    "a@out.example", POLICY_PROTECT, "Encrypt-Only",
	    "default (line 5): header Sensitivity" },
	{ DEFAULTS, MAIL, "me@own.example", "a@out.example", POLICY_DELIVER,
	    NULL, "default for outside recipients, no rule applies" },
	{ DEFAULTS, "Sensitivity: private\n" MAIL, "me@own.example",
	    "a@own.example", POLICY_DELIVER, NULL,
	    "inside recipient, no rule applies" },
	/* What senders ask for: only more, only outside, only from inside. */
	{ WISH, "Subject: Re: [SECURE]offer\n\nx\n", "me@own.example",
	    "a@out.example", POLICY_PROTECT, "Encrypt-Only",
	    "the sender asked for \"Encrypt-Only\" in the subject" },
	{ WISH, "Subject: [secure] [mine]\n\nx\n", "me@own.example",
	    "a@out.example", POLICY_PROTECT, "Do Not Forward",
	    "the sender asked for \"Do Not Forward\" in the subject" },
	{ WISH, "Subject: [secure]\n\nx\n", "me@own.example",
	    "a@own.example", POLICY_DELIVER, NULL,
	    "inside recipient, no rule applies" },
	{ WISH, "Subject: [secure]\n\nx\n", "you@out.example",
	    "a@out.example", POLICY_DELIVER, NULL,
	    "default for outside recipients, no rule applies" },
	{ WISH, "Subject: [secure]\n\nx\n", "", "a@out.example",
	    POLICY_DELIVER, NULL,
	    "default for outside recipients, no rule applies" },
	{ WISH, "X-Protect: nothing of that name\n\nx\n",
	    "me@own.example", "a@out.example", POLICY_PROTECT,
	    "Encrypt-Only", "the sender asked for \"Encrypt-Only\" in the "
	    "header" },
	{ WISH "rules:\n- {name: C, then: clear}\n", "Subject: [secure]\n\n"
	    "x\n", "me@own.example", "a@out.example", POLICY_PROTECT,
	    "Encrypt-Only", "the sender asked for \"Encrypt-Only\" in the "
	    "subject" },
	{ WISH "rules:\n- {name: N, then: Do Not Forward}\n", "Subject: "
	    "[secure]\n\nx\n", "me@own.example", "a@out.example",
	    POLICY_PROTECT, "Do Not Forward",
	    "rule \"N\" (line 6): applies to all mail" },
	{ WISH "rules:\n- {name: E, then: Encrypt-Only}\n", "Subject: "
	    "[mine]\n\nx\n", "me@own.example", "a@out.example",
	    POLICY_PROTECT, "Do Not Forward", "rule \"E\" (line 6): applies "
	    "to all mail; the sender asked for \"Do Not Forward\" in the "
	    "subject" },
	{ WISH "rules:\n- {name: R, then: reject}\n", "Subject: [mine]\n\n"
	    "x\n", "me@own.example", "a@out.example", POLICY_REJECT, NULL,
	    "rule \"R\" (line 6): applies to all mail" },
};

struct bench {
	struct arena *arena;
	struct policy *policy;
	struct letter *letter;
	struct address sender;
	struct policy_question q;
};

static void
bench_init(struct bench *b, struct str policy, struct str letter,
    const char *sender)
{
	struct err err = ERR_INIT;

	memset(b, 0, sizeof(*b));
	b->arena = arena_new();
	assert_int_equal(policy_parse(policy, "p", &b->policy, &err), 0);
	assert_int_equal(letter_parse(letter, b->arena, &b->letter, &err), 0);
	b->sender = (struct address){ STR_LIT(""), STR_LIT(""), STR_LIT(""),
	    false };
	if (sender[0] != '\0')
		assert_int_equal(address_parse(str_of(sender), b->arena,
		    &b->sender, &err), 0);
	b->q.letter = b->letter;
	b->q.sender = &b->sender;
	b->q.arena = b->arena;
}

static void
bench_decide(struct bench *b, const char *recipient, struct verdict *v)
{
	struct address address;
	struct err err = ERR_INIT;

	assert_int_equal(address_parse(str_of(recipient), b->arena, &address,
	    &err), 0);
	b->q.recipient = &address;
	policy_decide(b->policy, &b->q, v);
}

static void
bench_done(struct bench *b)
{
	policy_free(&b->policy);
	arena_free(&b->arena);
}

static void
assert_str(struct str s, const char *z)
{
	if (!str_eq(s, str_of(z)))
		fail_msg("\"%.*s\" is not \"%s\"", STR_FMT(s), z);
}

static void
verdicts_and_reasons(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct expected *e = &cases[i];
		struct verdict v;
		struct bench b;

		bench_init(&b, str_of(e->policy), str_of(e->letter),
		    e->sender);
		bench_decide(&b, e->recipient, &v);
		assert_str(v.reason, e->reason);
		assert_int_equal(v.action, e->action);
		assert_int_equal(v.template != NULL, e->template != NULL);
		if (e->template != NULL)
			assert_str(v.template->name, e->template);
		if (v.action == POLICY_REJECT) {
			assert_true(v.reject_text.len > 0);
			assert_true(str_starts_nocase(v.reject_code,
			    STR_LIT("5.")));
		}
		bench_done(&b);
	}
}

static void
templates_have_their_rights(void **state)
{
	struct verdict v;
	struct bench b;

	(void)state;
	bench_init(&b, STR_LIT(PLAIN "templates:\n  T: {rights: [view, "
	    "print], expires: 30 d}\n  Encrypt-Only: {expires: 1 h}\n"
	    "rules:\n- {name: a, when: {recipient_is: a@x}, then: T}\n"
	    "- {name: b, when: {recipient_is: b@x}, then: Encrypt-Only}\n"
	    "- {name: c, when: {recipient_is: c@x}, then: Do Not Forward}\n"),
	    STR_LIT(MAIL), "me@own.example");
	bench_decide(&b, "a@x", &v);
	assert_int_equal(v.template->rights, POLICY_VIEW | POLICY_PRINT);
	assert_int_equal(v.template->expires_ms, INT64_C(30) * 86400000);
	bench_decide(&b, "b@x", &v);
	assert_int_equal(v.template->rights, 0x7f);
	assert_int_equal(v.template->expires_ms, 3600000);
	bench_decide(&b, "c@x", &v);
	assert_int_equal(v.template->rights, POLICY_VIEW | POLICY_REPLY |
	    POLICY_REPLYALL);
	assert_int_equal(v.template->expires_ms, 0);
	assert_int_equal(v.template->attachments, POLICY_ATTACHMENTS_ALLOW);
	bench_done(&b);
}

/* What was found out for one recipient holds for the next, and only what is
 * of the letter is kept. */
static void
recipients_are_judged_alone(void **state)
{
	struct verdict v;
	struct bench b;

	(void)state;
	bench_init(&b, STR_LIT(TOP "rules:\n- {name: s, when: "
	    "{subject_contains_words: hello, recipient_domain_is: x}, then: "
	    "clear}\n- {name: t, when: {subject_contains_words: bye}, then: "
	    "reject}\n"), STR_LIT(MAIL), "me@own.example");
	bench_decide(&b, "a@x", &v);
	assert_int_equal(v.action, POLICY_DELIVER);
	assert_false(v.is_inside);
	bench_decide(&b, "a@y", &v);
	assert_int_equal(v.action, POLICY_PROTECT);
	bench_decide(&b, "a@own.example", &v);
	assert_int_equal(v.action, POLICY_DELIVER);
	assert_true(v.is_inside);
	bench_decide(&b, "b@x", &v);
	assert_str(v.rule, "s");
	bench_done(&b);
}

static const struct {
	const char *file;
	const char *recipient;
	enum policy_action action;
	const char *template;
} examples[] = {
	{ "1-text", "zoe@kanzlei.example", POLICY_PROTECT, "Encrypt-Only" },
	{ "2-html-inline-image", "lukasz@partner.example", POLICY_PROTECT,
	    "Encrypt-Only" },
	{ "4-five-recipients", "anna@tannwald.example", POLICY_DELIVER, NULL },
	{ "4-five-recipients", "zoe@kanzlei.example", POLICY_PROTECT,
	    "Encrypt-Only" },
	{ "5-do-not-forward", "zoe@kanzlei.example", POLICY_PROTECT,
	    "Do Not Forward" },
	{ "5-do-not-forward", "joerg@tannwald.example", POLICY_DELIVER, NULL },
};

/* Every attachment was read and says nothing. */
static bool
read_nothing(void *ctx UNUSED, const struct letter_view *view UNUSED,
    bool without_rare UNUSED, struct arena *a UNUSED,
    struct policy_files *out UNUSED)
{
	return (true);
}

static void
sample_judges_the_examples(void **state)
{
	const char *root = getenv("LETTERLOCK_ROOT");
	AUTO_BUF struct buf policy = BUF_INIT(1u << 20);
	struct err err = ERR_INIT;

	(void)state;
	if (root == NULL)
		skip();
	policy_write_sample("tannwald.example", "Encrypt-Only", &policy);
	for (size_t i = 0; i < COUNT_OF(examples); i++) {
		AUTO_BUF struct buf letter = BUF_INIT(64u << 20);
		AUTO_FREE char *path = NULL;
		struct verdict v;
		struct bench b;

		assert_true(asprintf(&path, "%s/examples/%s.eml", root,
		    examples[i].file) > 0);
		assert_int_equal(sys_read_file(path, &letter, &err), 0);
		bench_init(&b, buf_view(&policy), buf_view(&letter),
		    "juergen@tannwald.example");
		b.q.read_files = read_nothing;
		bench_decide(&b, examples[i].recipient, &v);
		assert_int_equal(v.action, examples[i].action);
		if (examples[i].template != NULL)
			assert_str(v.template->name, examples[i].template);
		bench_done(&b);
	}
}

/* Microsoft's default rule has seven types; the last two are none of them. */
static const struct {
	const char *line;
	bool is_sensitive;
} sensitive_lines[] = {
	{ "wire it, aba routing number 021000021", true },
	{ "card number 4111 1111 1111 1111", true },
	{ "DEA number AB1234563", true },
	{ "passport number 123456789, issued by the passport office", true },
	{ "bank account number 00123456789, checking account", true },
	{ "taxpayer ITIN 900-70-0000", true },
	{ "social security number 001-23-4567", true },
	{ "social security number 801-43-5661", true },	/* since 2011 */
	{ "order number 4111 1111 1111 1112", false },
	{ "see you at ten past nine", false },
};

static void
sample_encrypts_the_sensitive(void **state)
{
	AUTO_BUF struct buf policy = BUF_INIT(1u << 20);

	(void)state;
	if (getenv("LETTERLOCK_DATA") == NULL)
		skip();
	policy_write_sample("own.example", "clear", &policy);
	for (size_t i = 0; i < COUNT_OF(sensitive_lines); i++) {
		AUTO_BUF struct buf letter = BUF_INIT(1u << 16);
		struct verdict v;
		struct bench b;

		buf_printf(&letter, "From: a@own.example\r\nTo: b@x.example"
		    "\r\n\r\n%s\r\n", sensitive_lines[i].line);
		bench_init(&b, buf_view(&policy), buf_view(&letter),
		    "a@own.example");
		bench_decide(&b, "b@x.example", &v);
		if ((v.action == POLICY_PROTECT) !=
		    sensitive_lines[i].is_sensitive)
			fail_msg("%s", sensitive_lines[i].line);
		bench_decide(&b, "c@own.example", &v);
		assert_int_equal(v.action, POLICY_DELIVER);
		bench_done(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_and_reasons),
		cmocka_unit_test(templates_have_their_rights),
		cmocka_unit_test(recipients_are_judged_alone),
		cmocka_unit_test(sample_judges_the_examples),
		cmocka_unit_test(sample_encrypts_the_sensitive),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
