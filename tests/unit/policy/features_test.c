/* SPDX-License-Identifier: Apache-2.0 */
/* What is written down of a message, and what another policy makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "policy/features.h"
#include "policy/simulation.h"

#define MIXED(head, name, body) "MIME-Version: 1.0\r\n" head "Subject: " \
    "qwsubject falcon\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" \
    "--b\r\n\r\nqwbody\r\n--b\r\nContent-Type: application/octet-stream\r\n" \
    "Content-Disposition: attachment; filename=\"" name "\"\r\n\r\n" body \
    "\r\n--b--\r\n"
#define CARD "Credit card number: 4111 1111 1111 1111, expires 12/27"
#define CARDS CARD " and 5500 0055 5555 5559"

static const char *const letters[] = {
	"Subject: qwsubject\r\n\r\nqwbody\r\n",
	"Subject: qwsubject falcon\r\nImportance: high\r\n\r\n" CARD "\r\n",
	"Subject: x\r\nSensitivity: Private\r\n\r\n" CARDS " falcon\r\n",
	"Subject: x\r\nAuto-Submitted: auto-replied\r\nX-Y: z\r\n\r\neagle "
	"qwbody\r\n",
	"X-MS-Exchange-Organization-SCL: 6\r\nSubject: a\r\nSubject: b\r\n"
	"\r\nqwbody\r\n",
	MIXED("", "qwname.TXT", "falcon " CARD),
	MIXED("Priority: urgent\r\n", "qwname.tar.gz", "#!/bin/sh\r\nrm x"),
	MIXED("", "qwname", "only text"),
	MIXED("", "a.qwsecretextension", "\x01\x02\x03\xff\xfe\x80\x81"),
	MIXED("", "a.ex e", "x"),
};

/* What the policy in force asks. */
static const char recorded[] =
    "- {name: R1, when: {subject_contains_words: falcon}, then: reject}\n"
    "- {name: R2, mode: audit, when: {body_contains_words: falcon}, then: "
    "reject}\n"
    "- {name: R3, mode: audit, when: {body_matches: 'ea.le'}, then: "
    "reject}\n"
    "- {name: R4, mode: audit, when: {sensitive_information: Credit Card "
    "Number}, then: reject}\n"
    "- {name: R5, mode: audit, when: {attachment_contains_words: falcon}, "
    "then: reject}\n"
    "- {name: R6, mode: audit, when: {header_contains: {name: X-Y, words: "
    "z}}, then: reject}\n";

/* Told: whatever the letter. */
static const struct {
	const char *when;
	bool is_told;
} tried[] = {
	/* As it was asked, in other words. */
	{ "subject_contains_words: [falcon]", true },
	{ "body_contains_words: falcon", true },
	{ "body_matches: ['ea.le']", true },
	{ "attachment_contains_words: falcon", true },
	{ "header_contains: {words: z, name: X-Y}", true },
	{ "sensitive_information: Credit Card Number", true },
	/* Other limits. */
	{ "sensitive_information: {type: Credit Card Number, min_count: 2}",
	    true },
	{ "sensitive_information: {type: Credit Card Number, max_count: 1, "
	    "confidence: 80}", true },
	{ "sensitive_information: {type: 50842eb7-edc8-4019-85dd-"
	    "5a5c1f2bb085, confidence: low}", true },
	/* From facts. */
	{ "message_size_over: 150", true },
	{ "importance_is: high", true },
	{ "importance_is: [low, normal]", true },
	{ "sensitivity_is: private", true },
	{ "sensitivity_is: [personal, company-confidential]", true },
	{ "message_type_is: automatic_reply", true },
	{ "message_type_is: [signed, encrypted]", true },
	{ "spam_level_over: 5", true },
	{ "spam_level_over: 6", true },
	{ "mime_is_ambiguous: true", true },
	{ "mime_is_ambiguous: false", true },
	{ "attachment_count_over: 0", true },
	{ "attachment_size_over: 10", true },
	{ "attachment_size_over: 16", true },
	{ "attachment_extension_is: [txt, gz]", true },
	{ "attachment_extension_is: .exe", true },
	{ "attachment_extension_is: tar.gz", false },
	{ "attachment_extension_is: qwsecretextension", false },
	{ "attachment_type_is: sh", true },
	{ "attachment_is_executable: true", true },
	{ "attachment_is_executable: false", true },
	{ "attachment_is_misnamed: true", true },
	{ "attachment_is_unreadable: true", true },
	/* Of the envelope, asked as ever. */
	{ "sender_is: me@own.example", true },
	{ "sender_ip_in: 192.0.2.0/24", true },
	{ "recipient_domain_is: out.example", true },
	{ "any_recipient_is: other@out.example", true },
	{ "sent_to_scope: inside", true },
	{ "recipient_address_matches: '^you@'", true },
	{ "sender_address_contains_words: me", true },
	/* Nobody asked. */
	{ "subject_contains_words: eagle", false },
	{ "body_contains_words: [falcon, eagle]", false },
	{ "subject_matches: 'falcon'", false },
	{ "attachment_name_matches: 'qw'", false },
	{ "header_matches: {name: X-Y, values: z}", false },
	{ "to_header_is: you@out.example", false },
	{ "sensitive_information: U.S. Social Security Number (SSN)", false },
};

static struct err err;

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

		assert_int_equal(letter_decode(part, &bytes, &err), 0);
		extract_read(arena_str(a, buf_view(&bytes)), part->filename,
		    part->type, &tools, a, &reports[i]);
	}
	out->reports = reports;
	out->n = view->n_attachments;
	return (true);
}

static struct policy *
load(const char *rules)
{
	AUTO_ARENA struct arena *a = arena_new();
	const char *root = getenv("LETTERLOCK_ROOT");
	struct policy *p = NULL;

	if (policy_parse(str_of(arena_printf(a, "version: 1\ndomains: "
	    "[own.example]\ndefault: clear\nrule_packs: [%s/policy/sit/"
	    "letterlock-finance.xml, %s/policy/sit/letterlock-identity-us.xml]"
	    "\nrules:\n%s", root, root, rules)), "/p", &p, &err) != 0)
		fail_msg("%s", err.msg);
	return (p);
}

static struct policy *
load_one(const char *when, const char *then)
{
	AUTO_ARENA struct arena *a = arena_new();

	return (load(arena_printf(a, "- {name: R, when: {%s}, then: %s}\n",
	    when, then)));
}

/* One letter, two recipients. */
struct scene {
	struct address people[3];
	struct policy_question q;
	struct verdict verdicts[2];
};

static void
make_scene(struct scene *s, const char *letter, struct arena *a)
{
	static const char *const who[] = { "me@own.example",
		"you@out.example", "other@out.example" };
	struct letter *parsed;

	assert_int_equal(letter_parse(str_of(letter), a, &parsed, &err), 0);
	for (size_t i = 0; i < COUNT_OF(who); i++)
		assert_int_equal(address_parse(str_of(who[i]), a,
		    &s->people[i], &err), 0);
	s->q = (struct policy_question){ .arena = a, .letter = parsed,
	    .read_files = read_files, .sender = &s->people[0],
	    .recipients = &s->people[1], .n_recipients = 2,
	    .client = STR_LIT("192.0.2.7") };
}

static void
decide(const struct policy *p, struct scene *s)
{
	s->q.facts = NULL;
	simulation_decide(p, &s->q, s->verdicts);
}

/* What the policy in force leaves of a letter. */
static struct str
write_down(const struct policy *p, const char *letter, struct arena *a)
{
	AUTO_BUF struct buf record = BUF_INIT(FEATURES_MAX_BYTES);
	struct scene s;

	make_scene(&s, letter, a);
	decide(p, &s);
	assert_true(features_write(p, &s.q, &record));
	return (arena_str(a, buf_view(&record)));
}

static void
remember(const struct policy *p, const struct policy *then, struct str record,
    struct arena *a, struct scene *s)
{
	uint8_t hash[POLICY_HASH_BYTES];
	struct features *f;
	struct recall *r;

	s->q = (struct policy_question){ .arena = a };
	assert_int_equal(features_read(record, a, &f, &err), 0);
	assert_int_equal(recall_new(p, features_questions(then, hash), a, &r,
	    &err), 0);
	recall_question(r, f, &s->q);
	assert_int_equal(s->q.n_recipients, 2);
	simulation_decide(p, &s->q, s->verdicts);
}

/* Of one condition and all letters: how many are untold. */
static size_t
compare(const struct policy *then, const char *when, const char *action)
{
	struct policy *p = load_one(when, action);
	size_t untold = 0;

	for (size_t i = 0; i < COUNT_OF(letters); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct str record = write_down(then, letters[i], a);
		struct scene direct, again;

		make_scene(&direct, letters[i], a);
		decide(p, &direct);
		remember(p, then, record, a, &again);
		for (size_t k = 0; k < 2; k++) {
			const struct verdict *x = &direct.verdicts[k];
			const struct verdict *y = &again.verdicts[k];

			assert_false(x->is_untold);
			untold += y->is_untold;
			if (!y->is_untold && (x->action != y->action ||
			    !str_eq(x->rule, y->rule)))
				fail_msg("%s: letter %zu: %d but %d", when, i,
				    x->action, y->action);
		}
	}
	policy_free(&p);
	return (untold);
}

static void
what_is_told_is_right(void **state UNUSED)
{
	struct policy *then;

	if (getenv("LETTERLOCK_ROOT") == NULL)
		skip();
	then = load(recorded);
	for (size_t i = 0; i < COUNT_OF(tried); i++) {
		size_t a = compare(then, tried[i].when, "Do Not Forward");
		size_t b = compare(then, tried[i].when, "clear, stop: true");

		if ((a == 0 && b == 0) != tried[i].is_told)
			fail_msg("%s: %zu and %zu are untold", tried[i].when,
			    a, b);
	}
	policy_free(&then);
}

/* Not a word of a letter but what a record is made of. */
static void
records_have_no_content(void **state UNUSED)
{
	static const char *const words[] = { "qw", "falcon", "eagle", "4111",
		"private", "X-Y", "sh\n#" };
	struct policy *then;

	if (getenv("LETTERLOCK_ROOT") == NULL)
		skip();
	then = load(recorded);
	for (size_t i = 0; i < COUNT_OF(letters); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct str record = write_down(then, letters[i], a);

		for (size_t k = 0; k < COUNT_OF(words); k++)
			assert_int_equal(str_find_nocase(record,
			    str_of(words[k])), -1);
		assert_true(record.len < 600);
	}
	policy_free(&then);
}

#define LABELLED "labels: {tenant: cb46c030-1825-4e81-a295-151c039dbf02, " \
    "list: [{name: L, id: cb46c030-1825-4e81-a295-151c039dbf03, priority: 1}]}"

/* Only where it makes a difference; {rules, untold}. Otter was not asked. */
static const struct {
	const char *rules;
	bool is_untold;
} mattering[] = {
	{ "- {name: A, when: {body_contains_words: otter}, then: clear}",
	    true },
	{ "- {name: A, when: {recipient_is: a@b.example, body_contains_words:"
	    " otter}, then: reject}", false },
	{ "- {name: A, when: {body_contains_words: otter, recipient_is: "
	    "a@b.example}, then: reject}", false },
	{ "- {name: A, when: {body_contains_words: otter}, except: "
	    "{sender_is: me@own.example}, then: reject}", false },
	{ "- {name: A, except: {body_contains_words: otter}, then: reject}",
	    true },
	{ "- {name: A, mode: audit, when: {body_contains_words: otter}, then: "
	    "reject}", false },
	{ "- {name: A, when: {body_contains_words: otter}, then: {severity: "
	    "high}}", false },
	{ "- {name: A, when: {body_contains_words: otter}, then: {severity: "
	    "high}, stop: true}", true },
	{ "- {name: A, when: {body_contains_words: otter}, then: "
	    "{prepend_subject: '[x] '}}", true },
	{ "- {name: A, when: {body_contains_words: otter}, then: "
	    "{quarantine: true}}", true },
	{ "- {name: A, when: {body_contains_words: otter}, then: clear}\n- "
	    "{name: B, then: reject}", false },
	{ "- {name: A, when: {body_contains_words: otter}, then: clear, stop: "
	    "true}\n- {name: B, then: reject}", true },
	/* What was decided first stays; what refuses comes before it. */
	{ "- {name: A, then: clear}\n- {name: B, when: {body_contains_words: "
	    "otter}, then: Do Not Forward}", false },
	{ "- {name: A, then: clear}\n- {name: B, when: {body_contains_words: "
	    "otter}, then: reject}", true },
	{ "- {name: A, then: reject}\n- {name: B, when: {body_contains_words:"
	    " otter}, then: {quarantine: true}}", false },
	{ "- {name: A, then: clear, stop: true}\n- {name: B, when: "
	    "{body_contains_words: otter}, then: reject}", false },
	/* Labels are not written down; what is refused needs none. */
	{ "- {name: A, then: clear}\n" LABELLED, true },
	{ "- {name: A, then: reject}\n" LABELLED, false },
	{ "- {name: A, then: {delete: true}}\n" LABELLED, false },
};

static void
untold_is_said_where_it_matters(void **state UNUSED)
{
	struct policy *then;

	if (getenv("LETTERLOCK_ROOT") == NULL)
		skip();
	then = load(recorded);
	for (size_t i = 0; i < COUNT_OF(mattering); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct policy *p = load(mattering[i].rules);
		struct scene s;

		remember(p, then, write_down(then, letters[0], a), a, &s);
		if (s.verdicts[0].is_untold != mattering[i].is_untold)
			fail_msg("%s", mattering[i].rules);
		policy_free(&p);
	}
	policy_free(&then);
}

static void
broken_records_are_refused(void **state UNUSED)
{
	static const char *const broken[] = {
		"from a@b.example\nnonsense\n", "size x\n", "is 1 2 3\n",
		"from @@\n", "to \n", "found 1 2\n", "found 1 101:2\n",
		"texts maybe\n", "file x y\n", "is 1 1 1 1 1 99\n",
	};
	AUTO_ARENA struct arena *a = arena_new();
	struct features *f;

	for (size_t i = 0; i < COUNT_OF(broken); i++)
		if (features_read(str_of(broken[i]), a, &f, &err) != -1)
			fail_msg("%s", broken[i]);
}

/* ---- counting ---------------------------------------------------------- */

static void
names_beyond_the_maximum_are_the_rest(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct policy *p;
	struct simulation *s;
	struct verdict old = { .action = POLICY_DELIVER };
	struct verdict new = { .action = POLICY_REJECT };
	struct simulation_row *rows;
	size_t n;

	if (getenv("LETTERLOCK_ROOT") == NULL)
		skip();
	p = load("- {name: A, then: reject}");
	s = simulation_new(p, p);
	for (size_t i = SIMULATION_NAMES + 10; i-- > 0; ) {
		struct address to = { .domain = str_of(arena_printf(a,
		    "d%zu.example", i)), .text = STR_LIT("x") };
		struct address from = { .text = STR_LIT("y") };
		struct simulation_message m = { .number = i, .sender = &from,
		    .recipients = &to, .n_recipients = 1, .old = &old,
		    .new = i < 30 ? &new : &old, .size_bytes = 3 };

		simulation_add(s, &m);
	}
	assert_int_equal(s->n_messages, SIMULATION_NAMES + 10);
	assert_int_equal(s->n_changed, 30);
	assert_int_equal(s->bytes, (SIMULATION_NAMES + 10) * 3);
	rows = simulation_domains(s, 5, a, &n);
	assert_int_equal(n, 6);
	/* The last ten came when there was no more room. */
	assert_int_equal(rows[0].by[SIMULATION_REFUSED], 1);
	assert_true(str_eq(rows[0].name, STR_LIT("d10.example")));
	assert_true(str_eq(rows[5].name, STR_LIT("the rest")));
	assert_int_equal(rows[5].n, SIMULATION_NAMES + 5);
	assert_int_equal(rows[5].by[SIMULATION_REFUSED], 25);
	/* The first ones by number, though they came last. */
	assert_int_equal(s->n_samples, SIMULATION_SAMPLES);
	for (size_t i = 0; i < s->n_samples; i++)
		assert_int_equal(s->samples[i].number, i);
	simulation_free(&s);
	policy_free(&p);
}

static const struct {
	const char *old, *new;
	enum simulation_change change;
} compared[] = {
	{ "clear", "clear", SIMULATION_SAME },
	{ "clear", "Encrypt-Only", SIMULATION_PROTECTED },
	{ "Encrypt-Only", "clear", SIMULATION_CLEAR },
	{ "Encrypt-Only", "Do Not Forward", SIMULATION_TEMPLATE },
	{ "clear", "reject", SIMULATION_REFUSED },
	{ "reject", "Encrypt-Only", SIMULATION_TAKEN },
	{ "reject", "{reject: other words}", SIMULATION_SAME },
	{ "Encrypt-Only", "{template: Encrypt-Only, quarantine: true}",
	    SIMULATION_HELD },
	{ "{quarantine: true}", "clear", SIMULATION_LET_GO },
	{ "clear", "{delete: true}", SIMULATION_DELETED },
	{ "{delete: true}", "clear", SIMULATION_KEPT },
	{ "clear", "{prepend_subject: '[x] '}",
	    SIMULATION_EDITED },
	{ "{prepend_subject: '[x] '}",
	    "{prepend_subject: '[x] ', severity: high}", SIMULATION_SAME },
	{ "{set_header: {X-A: b}}",
	    "{set_header: {X-A: c}}", SIMULATION_EDITED },
};

static void
changes_have_names(void **state UNUSED)
{
	if (getenv("LETTERLOCK_ROOT") == NULL)
		skip();
	for (size_t i = 0; i < COUNT_OF(compared); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct policy *old = load(arena_printf(a,
		    "- {name: A, then: %s}", compared[i].old));
		struct policy *new = load(arena_printf(a,
		    "- {name: A, then: %s}", compared[i].new));
		struct scene x, y;

		make_scene(&x, letters[0], a);
		make_scene(&y, letters[0], a);
		decide(old, &x);
		decide(new, &y);
		if (simulation_compare(&x.verdicts[0], &y.verdicts[0]) !=
		    compared[i].change)
			fail_msg("%s to %s: %s", compared[i].old,
			    compared[i].new, simulation_text(
			    simulation_compare(&x.verdicts[0],
			    &y.verdicts[0])));
		policy_free(&old);
		policy_free(&new);
	}
}

/* One recipient's refusal is everybody's. */
static void
refusals_are_everybodys(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct policy *p;
	struct scene s;

	if (getenv("LETTERLOCK_ROOT") == NULL)
		skip();
	p = load("- {name: A, when: {recipient_is: other@out.example}, then: "
	    "reject}");
	make_scene(&s, letters[0], a);
	decide(p, &s);
	assert_int_equal(s.verdicts[0].action, POLICY_REJECT);
	assert_int_equal(s.verdicts[1].action, POLICY_REJECT);
	assert_null(s.verdicts[0].hits);
	policy_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_is_right),
		cmocka_unit_test(records_have_no_content),
		cmocka_unit_test(untold_is_said_where_it_matters),
		cmocka_unit_test(broken_records_are_refused),
		cmocka_unit_test(names_beyond_the_maximum_are_the_rest),
		cmocka_unit_test(changes_have_names),
		cmocka_unit_test(refusals_are_everybodys),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
