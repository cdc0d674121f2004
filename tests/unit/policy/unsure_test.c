/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be read protects: folding is made to fail (linked with
 * --wrap=fold_text), as it would without memory or on a library's fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mime/fold.h"
#include "policy/policy.h"

static bool folding_fails;

bool __real_fold_text(struct str text, struct arena *a, struct str *out);
bool __wrap_fold_text(struct str text, struct arena *a, struct str *out);

bool
__wrap_fold_text(struct str text, struct arena *a, struct str *out)
{
	return (!folding_fails && __real_fold_text(text, a, out));
}

static const struct {
	const char *rule;	/* after "name: R" */
	enum policy_action action;
	const char *reason;
} cases[] = {
	{ "when: {subject_contains_words: absent}, then: Do Not Forward",
	    POLICY_PROTECT, "rule \"R\" (line 5): a listed word in the subject "
	    "(unreadable)" },
	{ "when: {header_contains: {name: X-A, words: absent}}, then: reject",
	    POLICY_REJECT, "rule \"R\" (line 5): header X-A (unreadable)" },
	{ "except: {subject_contains_words: absent}, then: Do Not Forward",
	    POLICY_PROTECT, "rule \"R\" (line 5): no exception applies" },
	{ "when: {subject_contains_words: hello}, then: clear",
	    POLICY_PROTECT, "default for outside recipients, "
	    "no rule applies" },
	{ "except: {subject_contains_words: absent}, then: clear",
	    POLICY_PROTECT, "default for outside recipients, "
	    "no rule applies" },
	/* A field that is not there is not unreadable. */
	{ "when: {header_contains: {name: X-B, words: absent}}, then: reject",
	    POLICY_PROTECT, "default for outside recipients, "
	    "no rule applies" },
};

static void
unreadable_protects(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct policy_question q = { .arena = a };
		struct address sender, recipient;
		struct letter *letter;
		struct policy *p;
		struct verdict v;
		struct err err = ERR_INIT;
		const char *yaml = arena_printf(a, "version: 1\n"
		    "domains: [own.example]\ndefault: Encrypt-Only\n"
		    "rules:\n- {name: R, %s}\n", cases[i].rule);

		folding_fails = false;
		assert_int_equal(policy_parse(str_of(yaml), "p", &p, &err), 0);
		assert_int_equal(letter_parse(STR_LIT("Subject: hello\n"
		    "X-A: b\n\nx\n"), a, &letter, &err), 0);
		assert_int_equal(address_parse(STR_LIT("a@own.example"), a,
		    &sender, &err), 0);
		assert_int_equal(address_parse(STR_LIT("b@out.example"), a,
		    &recipient, &err), 0);
		q.letter = letter;
		q.sender = &sender;
		q.recipient = &recipient;
		folding_fails = true;
		policy_decide(p, &q, &v);
		assert_int_equal(v.action, cases[i].action);
		assert_true(str_eq(v.reason, str_of(cases[i].reason)));
		policy_free(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unreadable_protects),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
