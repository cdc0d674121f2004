/* SPDX-License-Identifier: Apache-2.0 */
/* MTA-STS as it is published: records, policies, patterns, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transport/stspolicy.h"

/* ---- the record -------------------------------------------------------- */

static void
an_id_is_found_or_there_is_no_policy(void **state UNUSED)
{
	static const struct {
		const char *texts[3];
		const char *id;	/* NULL: none */
		int rc;
	} rows[] = {
		/* RFC 8461 3.1's own. */
		{ { "v=STSv1; id=20160831085700Z;" }, "20160831085700Z", 0 },
		{ { "v=STSv1;id=1" }, "1", 0 },
		{ { "v=STSv1; \t id=a \t;" }, "a", 0 },
		{ { "v=STSv1; id=12345678901234567890123456789012" },
		    "12345678901234567890123456789012", 0 },
		{ { "v=STSv1; id=a; id=b;" }, "a", 0 },
		{ { "v=STSv1; x-new.field_1=some:thing; id=a" }, "a", 0 },
		{ { "v=spf1 -all", "v=STSv1; id=a;", "text" }, "a", 0 },
		/* Others of the same name that are none. */
		{ { NULL }, NULL, 0 },
		{ { "v=spf1 -all" }, NULL, 0 },
		{ { "v=STSv2; id=a;" }, NULL, 0 },
		{ { "V=STSV1; id=a;" }, NULL, 0 },
		{ { " v=STSv1; id=a;" }, NULL, 0 },
		{ { "v=STSv1 id=a" }, NULL, 0 },
		{ { "v=STSv1" }, NULL, 0 },
		{ { "" }, NULL, 0 },
		/* Two, or one that is malformed. */
		{ { "v=STSv1; id=a;", "v=STSv1; id=a;" }, NULL, -1 },
		{ { "v=STSv1; id=a;", "x", "v=STSv1; bad" }, NULL, -1 },
		{ { "v=STSv1;" }, NULL, -1 },
		{ { "v=STSv1; id=;" }, NULL, -1 },
		{ { "v=STSv1; id=a-b;" }, NULL, -1 },
		{ { "v=STSv1; id=123456789012345678901234567890123" }, NULL,
		    -1 },
		{ { "v=STSv1; ID=a;" }, NULL, -1 },
		{ { "v=STSv1; id = a;" }, NULL, -1 },
		{ { "v=STSv1; id=a;;" }, NULL, -1 },
		{ { "v=STSv1; id=a; k=;" }, NULL, -1 },
		{ { "v=STSv1; id=a; k=v=w;" }, NULL, -1 },
		{ { "v=STSv1; id=a; nothing" }, NULL, -1 },
		{ { "v=STSv1; id=a; -k=v" }, NULL, -1 },
		{ { "v=STSv1; k=v" }, NULL, -1 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str texts[3], id = STR_LIT("untouched");
		struct err err = ERR_INIT;
		size_t n = 0;

		while (n < 3 && rows[i].texts[n] != NULL) {
			texts[n] = str_of(rows[i].texts[n]);
			n++;
		}
		if (stspolicy_id(texts, n, &id, &err) != rows[i].rc)
			fail_msg("row %zu: %s", i, rows[i].texts[0]);
		if (rows[i].rc == -1)
			assert_int_equal(err.kind, ERR_INPUT);
		else if (!str_eq(id, str_of(rows[i].id)))
			fail_msg("row %zu: id %.*s", i, STR_FMT(id));
	}
}

/* ---- the policy -------------------------------------------------------- */

#define WHOLE "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 10\n"

/* "mode max_age mx,mx", or the sentence of the failure. */
static const char *
read_policy(struct str text, struct arena *a)
{
	struct err err = ERR_INIT;
	struct stspolicy p;
	const char *list = "";

	if (stspolicy_parse(text, a, &p, &err) == -1) {
		must(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
		return (arena_printf(a, "%s", err.msg));
	}
	for (size_t i = 0; i < p.n_mx; i++)
		list = arena_printf(a, "%s%s%.*s", list, i > 0 ? "," : "",
		    STR_FMT(p.mx[i]));
	return (arena_printf(a, "%s %lld %s", stspolicy_mode_name(p.mode),
	    (long long)p.max_age_s, list));
}

static void
policies_are_read(void **state UNUSED)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		/* RFC 8461 3.2's own. */
		{ "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com"
		    "\r\nmx: *.example.net\r\nmx: backupmx.example.com\r\n"
		    "max_age: 604800\r\n", "enforce 604800 mail.example.com,"
		    "*.example.net,backupmx.example.com" },
		{ WHOLE, "enforce 10 a.example" },
		{ "max_age: 0\nmx:\t*.A.Example \t\nmode:testing\r\n"
		    "version:STSv1", "testing 0 *.a.example" },
		{ "version: STSv1\nmode: none\nmax_age: 86400", "none 86400 "
		    },
		{ WHOLE "max_age: 20\nmode: none\nversion: STSv2\n",
		    "enforce 10 a.example" },
		{ WHOLE "new_key.1-x: \xc3\xa4 : anything\nMX: b.example\n",
		    "enforce 10 a.example" },
		{ "\n" WHOLE "\r\n \n", "enforce 10 a.example" },
		{ "version: STSv1\nmode: enforce\nmx: localhost\nmx: "
		    "xn--mnchen-3ya.example\nmax_age: 31557601",
		    "enforce 31557600 localhost,xn--mnchen-3ya.example" },
		{ "version: STSv1\nmode: enforce\nmx: a\nmax_age: 9999999999",
		    "enforce 31557600 a" },
		/* What is missing. */
		{ "", "the policy has no version" },
		{ "mode: none\nmax_age: 1", "the policy has no version" },
		{ "version: STSv1\nmax_age: 1\nmx: a",
		    "the policy has no mode" },
		{ "version: STSv1\nmode: enforce\nmx: a",
		    "the policy has no max_age" },
		{ "version: STSv1\nmode: testing\nmax_age: 1",
		    "the policy has no mx" },
		/* What is wrong. */
		{ "version: STSv2\n", "line 1 of the policy: version is not "
		    "STSv1" },
		{ "version: stsv1\n", "line 1 of the policy: version is not "
		    "STSv1" },
		{ "version : STSv1\n", "line 1 of the policy: not a key, a "
		    "colon and a value" },
		{ "Version: STSv1\nmode: none\nmax_age: 1",
		    "the policy has no version" },
		{ "version: STSv1\nmode: Enforce\n", "line 2 of the policy: "
		    "mode is none of enforce, testing and none" },
		{ WHOLE "<html>\n", "line 5 of the policy: not a key, a "
		    "colon and a value" },
		{ WHOLE "a\0b: c\n" , "line 5 of the policy: not a key, a "
		    "colon and a value" },
		{ WHOLE "a: \x1b[0m\n", "line 5 of the policy: a control "
		    "character" },
		{ "version: STSv1\r\r\nmode: none\n",
		    "line 1 of the policy: a control character" },
		{ "max_age: -1\n", "line 1 of the policy: max_age is no "
		    "number of seconds" },
		{ "max_age: 12345678901\n", "line 1 of the policy: max_age is "
		    "no number of seconds" },
		{ "max_age: 1d\n", "line 1 of the policy: max_age is no "
		    "number of seconds" },
		{ "max_age:\n", "line 1 of the policy: max_age is no "
		    "number of seconds" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_ARENA struct arena *a = arena_new();

		assert_string_equal(read_policy(str_of(rows[i].text), a),
		    rows[i].want);
	}
}

static void
mx_are_host_names_or_one_star_and_a_name(void **state UNUSED)
{
	static const char *const wrong[] = { "", "*", "*.", "*a.example",
		"a.*.example", "*.*.example", "a..example", ".example",
		"a.example.", "-a.example", "a-.example", "a b.example",
		"a_b.example", "m\xc3\xbcnchen.example", "192.0.2.1:25",
		"[192.0.2.1]", "a.example, b.example",
		"x2345678901234567890123456789012345678901234567890123456789"
		"01234.example" };

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		const char *text = arena_printf(a,
		    "version: STSv1\nmode: enforce\nmx: %s\nmax_age: 1",
		    wrong[i]);

		assert_string_equal(read_policy(str_of(text), a),
		    "line 3 of the policy: mx is no host name");
	}
}

static void
sizes_are_limited(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf many = BUF_INIT(STSPOLICY_BYTES_MAX + 1);
	AUTO_BUF struct buf large = BUF_INIT(STSPOLICY_BYTES_MAX + 1);

	buf_z(&many, "version: STSv1\nmode: enforce\nmax_age: 1\n");
	for (int i = 0; i < STSPOLICY_MX_MAX; i++)
		buf_printf(&many, "mx: m%d.example\n", i);
	assert_null(strstr(read_policy(buf_view(&many), a), "more than"));
	buf_z(&many, "mx: one.more.example\n");
	assert_string_equal(read_policy(buf_view(&many), a),
	    "the policy has more than 256 mx");

	buf_z(&large, WHOLE "x: ");
	while (large.len < STSPOLICY_BYTES_MAX)
		buf_char(&large, 'x');
	assert_string_equal(read_policy(buf_view(&large), a),
	    "enforce 10 a.example");
	buf_char(&large, 'x');
	assert_string_equal(read_policy(buf_view(&large), a),
	    "the policy is larger than 65536 bytes");
}

/* ---- hosts ------------------------------------------------------------- */

static void
a_star_is_exactly_one_label(void **state UNUSED)
{
	static const struct {
		const char *pattern, *host;
		bool matches;
	} rows[] = {
		/* RFC 8461 4.1's own. */
		{ "*.example.com", "mail.example.com", true },
		{ "*.example.com", "example.com", false },
		{ "*.example.com", "foo.bar.example.com", false },
		{ "mail.example.com", "mail.example.com", true },
		{ "mail.example.com", "MAIL.Example.COM.", true },
		{ "mail.example.com", "xmail.example.com", false },
		{ "mail.example.com", "mail.example.co", false },
		{ "mail.example.com", "mail.example.com.evil.test", false },
		{ "*.example.com", "xexample.com", false },
		{ "*.example.com", ".example.com", false },
		{ "*.example.com", "*.EXAMPLE.com", true },
		{ "*.example.com", "", false },
		{ "mail.example.com", "", false },
		{ "mail.example.com", ".", false },
		{ "*.com", "example.com", true },
		{ "xn--mnchen-3ya.example", "XN--mnchen-3ya.example", true },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str mx[2] = { STR_LIT("other.test"),
			str_of(rows[i].pattern) };
		struct stspolicy p = { STSPOLICY_ENFORCE, mx, 2, 1 };

		if (stspolicy_matches(&p, str_of(rows[i].host)) !=
		    rows[i].matches)
			fail_msg("%s %s", rows[i].pattern, rows[i].host);
	}
}

/* ---- ours -------------------------------------------------------------- */

static void
what_is_written_is_read(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf text = BUF_INIT(STSPOLICY_BYTES_MAX);
	struct str mx[] = { STR_LIT("a.example"), STR_LIT("*.b.example") };
	struct stspolicy p = { STSPOLICY_TESTING, mx, COUNT_OF(mx), 86400 };
	char one[STSPOLICY_ID_SIZE], two[STSPOLICY_ID_SIZE];
	struct str record, id;
	struct err err = ERR_INIT;

	stspolicy_format(&p, &text);
	assert_string_equal(read_policy(buf_view(&text), a),
	    "testing 86400 a.example,*.b.example");
	stspolicy_make_id(buf_view(&text), one);
	record = str_of(arena_printf(a, "v=STSv1; id=%s;", one));
	assert_int_equal(stspolicy_id(&record, 1, &id, &err), 0);
	assert_true(str_eq(id, str_of(one)));
	buf_reset(&text);
	p.mode = STSPOLICY_ENFORCE;
	stspolicy_format(&p, &text);
	stspolicy_make_id(buf_view(&text), two);
	assert_string_not_equal(one, two);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_found_or_there_is_no_policy),
		cmocka_unit_test(policies_are_read),
		cmocka_unit_test(mx_are_host_names_or_one_star_and_a_name),
		cmocka_unit_test(sizes_are_limited),
		cmocka_unit_test(a_star_is_exactly_one_label),
		cmocka_unit_test(what_is_written_is_read),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
