/* SPDX-License-Identifier: Apache-2.0 */
/* What another policy would change: said rule by rule, and nothing said of
 * what means the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "policy/difference.h"

#define TEXT_MAX (1u << 20)
#define R(name, more) "  - {name: " name ", then: clear" more "}\n"

/* Two texts, and what is told: one line per difference. */
static const struct {
	const char *old, *new, *told;
} cases[] = {
	/* The same in other words. */
	{ "a: {x: 1, y: [b, c]}\n", "# note\na:\n  y: [\"c\", b]\n  x: '1'\n",
	    "" },
	{ "domains: [own.example]\n", "domains: own.example\n", "" },
	{ "rules:\n", "{}\n", "" },
	{ "rules: []\ntemplates:\n", "templates: {}\n", "" },
	/* At the top. */
	{ "default: clear\n", "default: Encrypt-Only\n",
	    "changed default//: clear > Encrypt-Only @1,1\n" },
	{ "domains: [a, b]\n", "version: 1\ndomains: [b, c, d]\n",
	    "removed domains//: a >  @1,2\n"
	    "added domains//:  > c @1,2\nadded domains//:  > d @1,2\n"
	    "added version//:  > 1 @0,1\n" },
	{ "partners: [p]\npeople: p.csv\n", "{}\n",
	    "removed partners//: p >  @1,0\nremoved people//: p.csv >  @2,0\n"
	    },
	{ "people: null\n", "people: 'null'\n",
	    "changed people//: null > \"null\" @1,1\n" },
	/* Templates. */
	{ "templates: {T: {rights: [view]}, U: {}}\n",
	    "templates: {T: {rights: [reply, view], expires: 3 d}, V: {}}\n",
	    "added template/T/rights:  > reply @1,1\n"
	    "added template/T/expires:  > 3 d @0,1\n"
	    "removed template/U/: {} >  @1,0\n"
	    "added template/V/:  > {} @0,1\n" },
	/* Rules. */
	{ "rules:\n" R("A", "") R("B", ""), "rules:\n" R("B", "") R("C", ""),
	    "removed rule/A/: {name: A, then: clear} >  @2,0\n"
	    "added rule/C/:  > {name: C, then: clear} @0,3\n" },
	{ "rules:\n" R("A", ", when: {s: x, r: [a]}"),
	    "rules:\n" R("A", ", when: {r: [b, a], t: [m, l]}, stop: true"),
	    "removed rule/A/when.s: x >  @2,0\n"
	    "added rule/A/when.r:  > b @2,2\n"
	    "added rule/A/when.t:  > [l, m] @0,2\n"
	    "added rule/A/stop:  > true @0,2\n" },
	{ "rules:\n  - {name: A, then: reject}\n",
	    "rules:\n  - name: A\n    then: {reject: {text: 'No, no', "
	    "code: 5.7.9}}\n",
	    "changed rule/A/then: reject > {reject: {code: 5.7.9, text: "
	    "\"No, no\"}} @2,3\n" },
	/* The order they are tried in: by priority, then by the file. */
	{ "rules:\n" R("A", "") R("B", "") R("C", ""),
	    "rules:\n" R("C", "") R("A", "") R("B", ""),
	    "moved rule/C/: 3 > 1 @4,2\n" },
	{ "rules:\n" R("A", "") R("B", "") R("C", ""),
	    "rules:\n" R("A", ", priority: 200") R("B", "") R("C", ""),
	    "added rule/A/priority:  > 200 @0,2\nmoved rule/A/: 1 > 3 @2,2\n"
	    },
	{ "rules:\n" R("A", ", priority: 5") R("B", ""),
	    "rules:\n" R("B", "") R("A", ", priority: 5"), "" },
	{ "rules:\n" R("A", "") R("B", ""),
	    "rules:\n" R("N", "") R("A", "") R("B", ""),
	    "added rule/N/:  > {name: N, then: clear} @0,2\n" },
};

static void
write_down(void *ctx, const struct difference *d)
{
	buf_printf(ctx, "%s %.*s/%.*s/%.*s: %.*s > %.*s @%u,%u\n",
	    difference_name(d->kind), STR_FMT(d->what), STR_FMT(d->name),
	    STR_FMT(d->key), STR_FMT(d->old_text), STR_FMT(d->new_text),
	    d->old_line, d->new_line);
}

static int
compare(const char *old, const char *new, struct arena *a, struct buf *out,
    struct err *err)
{
	const struct yaml_node *x, *y;

	if (yaml_read(str_of(old), "old", a, &x, err) == -1 ||
	    yaml_read(str_of(new), "new", a, &y, err) == -1)
		fail_msg("%s", err->msg);
	return (difference_each(x, y, a, write_down, out, err));
}

static void
each_difference_is_told(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf told = BUF_INIT(TEXT_MAX);
		struct err err = ERR_INIT;
		int rc = compare(cases[i].old, cases[i].new, a, &told, &err);

		if (rc == -1)
			fail_msg("case %zu: %s", i, err.msg);
		assert_string_equal(buf_cstr(&told), cases[i].told);
	}
}

static const struct {
	const char *old, *new, *error;
} refused[] = {
	{ "[]\n", "{}\n", "old:1:1: keys and values expected here" },
	{ "{}\n", "x\n", "new:1:1: keys and values expected here" },
	{ "rules: {}\n", "{}\n", "old:1:8: 'rules' needs a list of rules" },
	{ "{}\n", "rules:\n  - then: clear\n",
	    "new:2:5: this rule has no name" },
	{ "{}\n", "rules: [x]\n", "new:1:9: this rule has no name" },
	{ "{}\n", "rules:\n" R("A", ", priority: high"),
	    "new:2:38: this is no priority" },
};

static void
what_is_no_policy_is_refused(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		AUTO_BUF struct buf told = BUF_INIT(TEXT_MAX);
		struct err err = ERR_INIT;

		assert_int_equal(compare(refused[i].old, refused[i].new, a,
		    &told, &err), -1);
		assert_string_equal(err.msg, refused[i].error);
	}
}

static void
too_many_rules_are_a_limit(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX), told = BUF_INIT(100);
	struct err err = ERR_INIT;

	buf_z(&text, "rules:\n");
	for (int i = 0; i <= 1000; i++)
		buf_printf(&text, "  - {name: R%d}\n", i);
	assert_int_equal(compare("{}", buf_cstr(&text), a, &told, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_difference_is_told),
		cmocka_unit_test(what_is_no_policy_is_refused),
		cmocka_unit_test(too_many_rules_are_a_limit),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
