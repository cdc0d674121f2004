/* SPDX-License-Identifier: Apache-2.0 */
/* Where a domain wants reports: what RFC 8460 3 allows, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "transport/tlsrecord.h"

static const struct {
	const char *text;
	const char *targets;	/* with blanks between; NULL: no record */
} cases[] = {
	{ "v=TLSRPTv1; rua=mailto:reports@example.com",
	    "reports@example.com" },
	{ "v=TLSRPTv1;rua=mailto:reports@EXAMPLE.com;",
	    "reports@example.com" },
	{ "v=TLSRPTv1 ;  rua=https://example.com/v1/tlsrpt",
	    "https://example.com/v1/tlsrpt" },
	{ "v=TLSRPTv1; rua=mailto:a@b.example , https://b.example/x;",
	    "a@b.example https://b.example/x" },
	/* More than one rua field is allowed. */
	{ "v=TLSRPTv1; rua=mailto:a@b.example; rua=mailto:c@b.example",
	    "a@b.example c@b.example" },
	{ "v=TLSRPTv1; x-new=1; rua=mailto:a@b.example",
	    "a@b.example" },
	{ "v=TLSRPTv1; rua=mailto:a%2Bb@b.example?subject=hello",
	    "a+b@b.example" },
	{ "v=TLSRPTv1; rua=MAILTO:a@b.example,HTTPS://b.example/",
	    "a@b.example HTTPS://b.example/" },
	/* What cannot be used is left out, the rest stays. */
	{ "v=TLSRPTv1; rua=ftp://b.example/,mailto:a@b.example",
	    "a@b.example" },
	{ "v=TLSRPTv1; rua=mailto:a@b.example%0d%0aRCPT,mailto:c@d.example",
	    "c@d.example" },
	{ "v=TLSRPTv1; rua=mailto:1@b.example,mailto:2@b.example,"
	    "mailto:3@b.example,mailto:4@b.example,mailto:5@b.example,"
	    "mailto:6@b.example", "1@b.example 2@b.example 3@b.example "
	    "4@b.example 5@b.example" },
	{ "v=TLSRPTv1; rua=mailto:", NULL },
	{ "v=TLSRPTv1; rua=mailto:nobody", NULL },
	{ "v=TLSRPTv1; rua=https://", NULL },
	{ "v=TLSRPTv1; rua=http://example.com/", NULL },
	{ "v=TLSRPTv1; rua=https://example.com/a b", NULL },
	{ "v=TLSRPTv1; rua=", NULL },
	{ "v=TLSRPTv1; RUA=mailto:a@b.example", NULL },
	{ "v=TLSRPTv1; broken; rua=mailto:a@b.example", NULL },
	{ "v=TLSRPTv1;; rua=mailto:a@b.example", NULL },
	{ "v=tlsrptv1; rua=mailto:a@b.example", NULL },
	{ "v=TLSRPTv12; rua=mailto:a@b.example", NULL },
	{ "v=TLSRPTv1", NULL },
	{ "v=TLSRPTv1 rua=mailto:a@b.example", NULL },
	{ "rua=mailto:a@b.example; v=TLSRPTv1", NULL },
	{ "", NULL },
};

static void
each_record_is_read(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_BUF struct buf got = BUF_INIT(4096);
		struct str text = str_of(cases[i].text);
		struct tlsrecord r;
		bool ok = tlsrecord_read(&text, 1, a, &r);

		if (ok != (cases[i].targets != NULL))
			fail_msg("%s: %d", cases[i].text, ok);
		for (size_t j = 0; ok && j < r.n; j++) {
			buf_printf(&got, "%s%.*s", j > 0 ? " " : "",
			    STR_FMT(r.targets[j].address));
			assert_int_equal(r.targets[j].is_https,
			    str_index(r.targets[j].address, '/') >= 0);
		}
		if (ok)
			assert_string_equal(buf_cstr(&got), cases[i].targets);
	}
	arena_free(&a);
}

/* Other texts at the name do not count; two records are none. */
static void
one_record_counts(void **state)
{
	struct str texts[] = { STR_LIT("v=spf1 -all"),
		STR_LIT("v=TLSRPTv1; rua=mailto:a@b.example"),
		STR_LIT("v=TLSRPTv1; rua=mailto:c@b.example") };
	struct arena *a = arena_new();
	struct tlsrecord r;

	(void)state;
	assert_false(tlsrecord_read(NULL, 0, a, &r));
	assert_true(tlsrecord_read(texts, 2, a, &r));
	assert_int_equal(r.n, 1);
	assert_false(tlsrecord_read(texts, 3, a, &r));
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_record_is_read),
		cmocka_unit_test(one_record_counts),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
