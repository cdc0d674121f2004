/* SPDX-License-Identifier: Apache-2.0 */
/* Reports between processes: what is sent arrives, what is broken does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "scanc/passing.h"
#include "scanc/scanc.h"
#include "scanc/scanwire.h"

#define MAX_BYTES ((size_t)1 << 20)

static struct extract_property property = { STR_LIT("Title"),
	STR_LIT("Plan") };
static struct extract_item items[] = {
	{ .name = STR_LIT("a.zip"), .type = STR_LIT("zip"), .size_bytes = 7,
	    .properties = &property, .n_properties = 1 },
	{ .depth = 1, .name = STR_LIT("b.txt"), .type = STR_LIT("txt"),
	    .facts = EXTRACT_CUT, .text = STR_LIT("gr\xc3\xbc\xc3\x9f") },
};
static const struct extract_report sent = { items, 2 };

static void
a_report_arrives(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;
	struct extract_report r;

	scanwire_report_format(&sent, &b);
	assert_int_equal(scanwire_report_parse(buf_view(&b), a, &r, &err), 0);
	assert_int_equal(r.n, 2);
	assert_string_equal(r.items[1].text.p, items[1].text.p);
	assert_int_equal(r.items[1].facts, EXTRACT_CUT);
	assert_string_equal(r.items[0].properties[0].value.p, "Plan");
}

/* Cut anywhere, or with a byte more, it is refused. */
static void
lengths_are_exact(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;
	struct extract_report r;

	scanwire_report_format(&sent, &b);
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(scanwire_report_parse(str_make(b.p, n), a,
		    &r, &err), -1);
	buf_char(&b, 'x');
	assert_int_equal(scanwire_report_parse(buf_view(&b), a, &r, &err),
	    -1);
}

/* One thing at a time that a worker may not say. */
static void
lies_are_refused(void **state UNUSED)
{
	for (unsigned lie = 0; lie < 7; lie++) {
		struct extract_item said[2] = { items[0], items[1] };
		const struct extract_report report = { said, 2 };
		AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
		AUTO_ARENA struct arena *a = arena_new();
		struct err err = ERR_INIT;
		struct extract_report r;

		said[1].parent = lie == 0 ? 1 : 0;
		said[1].depth = lie == 1 ? 2 : 1;
		said[0].depth = lie == 2 ? 1 : 0;
		if (lie == 3)
			said[1].facts = 1u << 31;
		if (lie == 4)
			said[1].text = STR_LIT("\xff");
		if (lie == 5)
			said[1].type = STR_LIT("no/type");
		if (lie == 6)
			said[1].name = STR_LIT("\xc3");
		scanwire_report_format(&report, &b);
		assert_int_equal(scanwire_report_parse(buf_view(&b), a, &r,
		    &err), -1);
	}
}

static void
requests(void **state UNUSED)
{
	struct scanwire_request r = { STR_LIT("a\xff.txt"),
		STR_LIT("text/plain"), true, false, STR_NULL };
	AUTO_BUF struct buf b = BUF_INIT(SCANWIRE_PACKET_MAX);
	struct scanwire_request got;
	struct err err = ERR_INIT;

	scanwire_request_format(&r, &b);
	assert_int_equal(scanwire_request_parse(buf_view(&b), &got, &err), 0);
	assert_true(str_eq(got.name, STR_LIT("a_.txt")));
	assert_true(str_eq(got.declared, r.declared));
	assert_true(got.without_rare);
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(scanwire_request_parse(str_make(b.p, n),
		    &got, &err), -1);
	assert_false(scanwire_is_small(buf_view(&b)));
	buf_char(&b, 'x');
	assert_int_equal(scanwire_request_parse(buf_view(&b), &got, &err), -1);
}

/* A small attachment comes along. */
static void
small_requests(void **state UNUSED)
{
	struct scanwire_request r = { .name = STR_LIT("a.bin"),
		.is_small = true, .content = STR_LIT("\xff\0x") };
	AUTO_BUF struct buf b = BUF_INIT(SCANWIRE_PACKET_MAX);
	struct scanwire_request got;
	struct err err = ERR_INIT;

	scanwire_request_format(&r, &b);
	assert_true(scanwire_is_small(buf_view(&b)));
	assert_int_equal(scanwire_request_parse(buf_view(&b), &got, &err), 0);
	assert_true(str_eq(got.content, r.content));
}

/* What is mapped cannot change: only what is sealed is. */
static void
only_sealed_files(void **state UNUSED)
{
	struct err err = ERR_INIT;
	AUTO_FD int sealed = passing_seal(STR_LIT("bytes"), &err);
	char path[] = "/tmp/letterlock-unit-XXXXXX";
	AUTO_FD int file = mkstemp(path);
	struct str s;

	assert_true(sealed >= 0 && file >= 0);
	(void)unlink(path);
	assert_int_equal(passing_map(sealed, 5, &s, &err), 0);
	assert_true(str_eq(s, STR_LIT("bytes")));
	assert_int_equal(write(sealed, "x", 1), -1);
	passing_unmap(&s);
	assert_int_equal(passing_map(sealed, 4, &s, &err), -1);
	assert_int_equal(passing_map(file, 5, &s, &err), -1);
}

static void
nobody_answers(void **state UNUSED)
{
	struct scanc *c = scanc_new("/nonexistent/scanner");
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;
	struct extract_report r;

	assert_int_equal(scanc_read(c, STR_LIT("x"), STR_LIT("a.txt"),
	    STR_NULL, false, 0, a, &r, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	scanc_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_arrives),
		cmocka_unit_test(lengths_are_exact),
		cmocka_unit_test(lies_are_refused),
		cmocka_unit_test(requests),
		cmocka_unit_test(small_requests),
		cmocka_unit_test(only_sealed_files),
		cmocka_unit_test(nobody_answers),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
