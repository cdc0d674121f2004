/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is, and whether its name says so. */
#include "sample.h"

static const struct {
	struct str bytes;
	const char *name, *type;
	uint32_t facts;
} cases[] = {
	{ STR_LIT("hello"), "a.txt", "txt", 0 },
	{ STR_LIT("hello"), "a.pdf", "txt", EXTRACT_MISNAMED },
	{ STR_LIT("hello"), "a.docx", "txt", EXTRACT_MISNAMED },
	{ STR_LIT("hello"), "", "txt", 0 },
	{ STR_LIT("hello"), "a.unheard", "txt", 0 },
	{ STR_LIT("a,b\n1,2\n"), "a.csv", "csv", 0 },
	{ STR_LIT("MZ is how this text begins"), "a.txt", "txt", 0 },
	{ STR_LIT("MZ\x90\0\3\0\0\0"), "a.exe", "exe", EXTRACT_EXECUTABLE |
	    EXTRACT_UNSUPPORTED },
	{ STR_LIT("MZ\x90\0\3\0\0\0"), "report.pdf", "exe",
	    EXTRACT_EXECUTABLE | EXTRACT_UNSUPPORTED | EXTRACT_MISNAMED },
	{ STR_LIT("MZ\x90\0\3\0\0\0"), "report.pdf. ", "exe",
	    EXTRACT_EXECUTABLE | EXTRACT_UNSUPPORTED | EXTRACT_MISNAMED },
	{ STR_LIT("\x89PNG\r\n\x1a\n\0\0"), "a.PNG", "png",
	    EXTRACT_UNSUPPORTED },
	{ STR_LIT("%PDF-1.4\n"), "a.pdf", "pdf", EXTRACT_UNSUPPORTED },
	{ STR_LIT("junk\n%PDF-1.4\n"), "a.pdf", "pdf", EXTRACT_UNSUPPORTED },
	{ STR_LIT("{\\rtf1 x}"), "a.doc", "rtf", 0 },
	{ STR_LIT("<html><body>x"), "a.html", "html", 0 },
	{ STR_LIT("<html><body>x"), "a.xls", "html", EXTRACT_MISNAMED },
	{ STR_LIT("<?xml version='1.0'?><a/>"), "a.xml", "xml", 0 },
	{ STR_LIT("From: a@b\r\nTo: c@d\r\n\r\nx"), "a.eml", "eml", 0 },
	{ STR_LIT("#!/bin/sh\nrm -r /\n"), "a.txt", "sh",
	    EXTRACT_EXECUTABLE },
	{ STR_LIT("WScript.Echo(1)\n"), "a.js", "js", EXTRACT_EXECUTABLE },
	{ STR_LIT("-----BEGIN PGP MESSAGE-----\n"), "a.asc", "pgp",
	    EXTRACT_ENCRYPTED },
	{ STR_LIT("\x76\xe8\x04\x60\xc4\x11\xe3\x86\0"), "message.rpmsg",
	    "rpmsg", EXTRACT_ENCRYPTED | EXTRACT_RIGHTS |
	    EXTRACT_UNSUPPORTED },
	{ STR_LIT("\x30\x82\x01\0\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
	    "\x03\xa0\x82\0\0"), "smime.p7m", "p7m", EXTRACT_ENCRYPTED },
	{ STR_LIT("\x1\x2\x3\x4\0\0\0"), "a.bin", "", EXTRACT_UNSUPPORTED },
};

static void
types(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct extract_report r = read_as(cases[i].bytes,
		    cases[i].name, a);

		if (strcmp(r.items[0].type.p, cases[i].type) != 0 ||
		    r.items[0].facts != cases[i].facts)
			fail_msg("case %zu (%s): %s, %s", i, cases[i].name,
			    r.items[0].type.p,
			    extract_facts_text(r.items[0].facts, a));
	}
}

/* Of a type that only libmagic might know nothing is said. */
static void
rare_types_are_left(void **state UNUSED)
{
	const struct extract_tools tools = { .without_rare = true };
	AUTO_ARENA struct arena *a = arena_new();
	struct extract_report r;

	extract_read(STR_LIT("\x1\x2\x3\x4\0\0\0"), STR_LIT("a.pdf"),
	    STR_NULL, &tools, a, &r);
	assert_int_equal(r.items[0].facts, EXTRACT_UNSUPPORTED |
	    EXTRACT_UNTYPED | EXTRACT_UNJUDGED);
	/* A name that claims nothing, and one that claims what we can tell. */
	extract_read(STR_LIT("\x1\x2\x3\x4\0\0\0"), STR_LIT("a.qw"),
	    STR_NULL, &tools, a, &r);
	assert_int_equal(r.items[0].facts, EXTRACT_UNSUPPORTED |
	    EXTRACT_UNTYPED);
	extract_read(STR_LIT("\x1\x2\x3\x4\0\0\0"), STR_LIT("a.txt"),
	    STR_NULL, &tools, a, &r);
	assert_int_equal(r.items[0].facts, EXTRACT_UNSUPPORTED |
	    EXTRACT_UNTYPED | EXTRACT_MISNAMED);
	extract_read(STR_LIT("hello"), STR_LIT("a.pdf"), STR_NULL, &tools, a,
	    &r);
	assert_int_equal(r.items[0].facts, EXTRACT_MISNAMED);
}

static const struct {
	struct str bytes;
	const char *text;
} charsets[] = {
	{ STR_LIT("\xef\xbb\xbfgr\xc3\xbc\xc3\x9f\r\ndich"),
	    "gr\xc3\xbc\xc3\x9f\ndich" },
	{ STR_LIT("\xff\xfeh\0i\0"), "hi" },
	{ STR_LIT("\xfe\xff\0h\0i"), "hi" },
	{ STR_LIT("s\0e\0c\0r\0e\0t\0"), "secret" },
	{ STR_LIT("\0s\0e\0c\0r\0e\0t"), "secret" },
	{ STR_LIT("Gr\xfc\xdf""e aus K\xf6ln"),
	    "Gr\xc3\xbc\xc3\x9f""e aus K\xc3\xb6ln" },
	{ STR_LIT("\xd1\xe5\xea\xf0\xe5\xf2\xed\xee: \xed\xe5 \xe4\xeb\xff "
	    "\xef\xe5\xf7\xe0\xf2\xe8"), /* windows-1251 */
	    "\xd0\xa1\xd0\xb5\xd0\xba\xd1\x80\xd0\xb5\xd1\x82\xd0\xbd"
	    "\xd0\xbe: \xd0\xbd\xd0\xb5 \xd0\xb4\xd0\xbb\xd1\x8f \xd0"
	    "\xbf\xd0\xb5\xd1\x87\xd0\xb0\xd1\x82\xd0\xb8" },
	{ STR_LIT("\xf3\xc5\xcb\xd2\xc5\xd4\xce\xcf: \xce\xc5 \xc4\xcc\xd1 "
	    "\xd0\xc5\xde\xc1\xd4\xc9"), /* koi8-r */
	    "\xd0\xa1\xd0\xb5\xd0\xba\xd1\x80\xd0\xb5\xd1\x82\xd0\xbd"
	    "\xd0\xbe: \xd0\xbd\xd0\xb5 \xd0\xb4\xd0\xbb\xd1\x8f \xd0"
	    "\xbf\xd0\xb5\xd1\x87\xd0\xb0\xd1\x82\xd0\xb8" },
	{ STR_LIT("\x82\xb1\x82\xea\x82\xcd\x94\xe9\x96\xa7"), /* Shift_JIS */
	    "\xe3\x81\x93\xe3\x82\x8c\xe3\x81\xaf\xe7\xa7\x98\xe5\xaf\x86" },
	{ STR_LIT("\x1b$B$\"\x1b(B"), "\xe3\x81\x82" },
};

static void
plain_text_in_any_charset(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();

	for (size_t i = 0; i < COUNT_OF(charsets); i++) {
		struct extract_report r = read_as(charsets[i].bytes, "a.txt",
		    a);

		assert_text(&r, 0, "txt", charsets[i].text);
	}
}

static void
long_text_is_cut(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(SAMPLE_MAX);
	AUTO_ARENA struct arena *a = arena_new();
	struct extract_report r;

	while (b.len < EXTRACT_MAX_TEXT_BYTES + 10)
		buf_z(&b, "0123456789");
	r = read_as(buf_view(&b), "a.txt", a);
	assert_int_equal(r.items[0].facts, EXTRACT_CUT);
	assert_int_equal(r.items[0].text.len, EXTRACT_MAX_TEXT_BYTES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types),
		cmocka_unit_test(rare_types_are_left),
		cmocka_unit_test(plain_text_in_any_charset),
		cmocka_unit_test(long_text_is_cut),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
