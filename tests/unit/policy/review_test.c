/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that want a person to decide: who that is for whose message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sys.h"
#include "policy/policy.h"
#include "policy/rules.h"

#define TOP "version: 1\ndomains: [own.example]\ndefault: Encrypt-Only\n"
#define MAIL "Subject: Hello\n\nx\n"

static const char people[] = "address,manager\nann@own.example,"
    "boss@own.example\nbob@own.example,\nself@own.example,SELF@own.example\n"
    "odd@own.example,not an address\next@own.example,boss@out.example\n";
static char people_path[] = "/tmp/letterlock-people-XXXXXX";

static const struct {
	const char *then, *sender;
	const char *reviews;	/* "KIND:who,who;" of each */
} cases[] = {
	{ "{quarantine: true}", "ann@own.example", "quarantine:;" },
	{ "{quarantine: false}", "ann@own.example", "" },
	{ "{quarantine: {reviewers: r@own.example}}", "ann@own.example",
	    "quarantine:r@own.example;" },
	{ "{moderate_by: [a@own.example, B@Own.example, A@own.example]}",
	    "ann@own.example", "moderation:a@own.example,B@own.example;" },
	/* Nobody decides about mail of their own. */
	{ "{moderate_by: [ann@own.example, b@own.example]}",
	    "ANN@own.example", "moderation:b@own.example;" },
	{ "{moderate_by: ann@own.example}", "ann@own.example",
	    "moderation:;" },
	{ "{quarantine: {reviewers: [ann@own.example]}}", "ann@own.example",
	    "quarantine:;" },
	{ "{moderate_by: manager}", "ann@own.example",
	    "moderation:boss@own.example;" },
	{ "{moderate_by: manager}", "bob@own.example", "moderation:;" },
	{ "{moderate_by: manager}", "self@own.example", "moderation:;" },
	{ "{moderate_by: manager}", "odd@own.example", "moderation:;" },
	{ "{moderate_by: manager}", "ext@own.example", "moderation:;" },
	{ "{moderate_by: manager}", "", "moderation:;" },
	{ "{moderate_by: manager}", "x@out.example", "moderation:;" },
	/* Both are wanted. */
	{ "{moderate_by: manager, quarantine: {reviewers: q@own.example}}",
	    "ann@own.example",
	    "moderation:boss@own.example;quarantine:q@own.example;" },
};

static const struct {
	const char *then, *error;
} mistakes[] = {
	{ "{moderate_by: []}", "1 to 50 addresses" },
	{ "{moderate_by: nobody}", "'nobody' is not an address" },
	{ "{moderate_by: [manager]}", "'manager' is not an address" },
	{ "{moderate_by: [a@own.example, x@out.example]}", "is outside" },
	{ "{quarantine: {reviewers: x@out.example}}", "is outside" },
	{ "{moderate_by: {a: b}}", "an address" },
	{ "{quarantine: {}}", "'reviewers'" },
	{ "{quarantine: {reviewer: a@b}}", "reviewers" },
	{ "{quarantine: {reviewers: []}}", "1 to 50 addresses" },
	{ "{quarantine: perhaps}", "unknown value" },
};

static int
load(struct arena *a, const char *head, const char *then,
    struct policy **out, struct err *err)
{
	return (policy_parse(str_of(arena_printf(a, TOP "%s\nrules:\n- {name: "
	    "R, then: %s}\n", head, then)), "p", out, err));
}

static const char *
head_with_people(struct arena *a)
{
	return (arena_printf(a, "people: %s", people_path));
}

static void
describe(const struct verdict *v, struct buf *out)
{
	static const char *const kinds[] = { "moderation", "quarantine",
		"silent", "explicit", "false positive" };

	for (const struct policy_review *r = v->reviews; r != NULL;
	    r = r->next) {
		buf_printf(out, "%s:", kinds[r->kind]);
		for (size_t i = 0; i < r->n_who; i++)
			buf_printf(out, "%s%.*s", i > 0 ? "," : "",
			    STR_FMT(r->who[i].text));
		buf_char(out, ';');
		assert_true(str_eq(r->hit->rule, STR_LIT("R")));
	}
	buf_char(out, '\0');
}

static void
decide(struct arena *a, const struct policy *p, const char *sender,
    struct verdict *v)
{
	struct address *all = arena_array(a, 2, sizeof(*all));
	struct policy_question q = { .sender = &all[0], .recipient = &all[1],
		.client = STR_LIT("192.0.2.1"), .now_ms = 1, .arena = a };
	struct letter *letter;
	struct err err = ERR_INIT;

	all[0] = (struct address){ STR_LIT(""), STR_LIT(""), STR_LIT(""),
		false };
	if (sender[0] != '\0')
		assert_int_equal(address_parse(str_of(sender), a, &all[0],
		    &err), 0);
	assert_int_equal(address_parse(STR_LIT("to@out.example"), a, &all[1],
	    &err), 0);
	assert_int_equal(letter_parse(STR_LIT(MAIL), a, &letter, &err), 0);
	q.letter = letter;
	policy_decide(p, &q, v);
}

static void
who_decides(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf text = BUF_INIT(4096);
		struct policy *p = NULL;
		struct err err = ERR_INIT;
		struct verdict v;

		if (load(a, head_with_people(a), cases[i].then, &p, &err) != 0)
			fail_msg("%s: %s", cases[i].then, err.msg);
		decide(a, p, cases[i].sender, &v);
		describe(&v, &text);
		assert_string_equal((const char *)text.p, cases[i].reviews);
		assert_int_equal(v.is_held, cases[i].reviews[0] != '\0');
		policy_free(&p);
	}
}

/* The choice is the sender's, and only somebody inside gets it. */
static void
overrides_are_for_senders_inside(void **state UNUSED)
{
	static const struct {
		const char *sender, *reviews;
	} senders[] = { { "ann@own.example", "explicit:ann@own.example;" },
		{ "x@out.example", "explicit:;" }, { "", "explicit:;" } };

	for (size_t i = 0; i < COUNT_OF(senders); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf text = BUF_INIT(4096);
		struct policy *p = NULL;
		struct err err = ERR_INIT;
		struct verdict v;

		assert_int_equal(load(a, "", "{severity: high}", &p, &err), 0);
		act_override(p, &p->rules[0], POLICY_REVIEW_EXPLICIT);
		decide(a, p, senders[i].sender, &v);
		describe(&v, &text);
		assert_string_equal((const char *)text.p, senders[i].reviews);
		assert_int_equal(v.reviews->severity, POLICY_SEVERITY_HIGH);
		assert_true(str_eq(v.held_rule, STR_LIT("R")));
		policy_free(&p);
	}
}

/* Nothing is left to decide about what is refused or dropped. */
static void
what_is_refused_is_not_reviewed(void **state UNUSED)
{
	static const char *const others[] = { "reject: No", "delete: true" };

	for (size_t i = 0; i < COUNT_OF(others); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct policy *p = NULL;
		struct err err = ERR_INIT;
		struct verdict v;

		assert_int_equal(load(a, "", arena_printf(a,
		    "{moderate_by: a@own.example, %s}", others[i]), &p,
		    &err), 0);
		decide(a, p, "ann@own.example", &v);
		assert_null(v.reviews);
		assert_false(v.is_held);
		policy_free(&p);
	}
}

static void
mistakes_are_named(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct policy *p = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(load(a, head_with_people(a),
		    mistakes[i].then, &p, &err), -1);
		if (strstr(err.msg, mistakes[i].error) == NULL)
			fail_msg("%s: %s", mistakes[i].then, err.msg);
	}
}

static void
managers_need_a_table_of_people(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct policy *p = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(load(a, "", "{moderate_by: manager}", &p, &err), -1);
	assert_non_null(strstr(err.msg, "a column 'manager'"));
}

static int
write_people(void **state UNUSED)
{
	int fd = mkstemp(people_path);

	must(fd != -1 && sys_write_all(fd, str_of(people)) == 0);
	return (close(fd));
}

static int
drop_people(void **state UNUSED)
{
	return (unlink(people_path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_decides),
		cmocka_unit_test(overrides_are_for_senders_inside),
		cmocka_unit_test(what_is_refused_is_not_reviewed),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(managers_need_a_table_of_people),
	};

	return (cmocka_run_group_tests(tests, write_people, drop_people));
}
