/* SPDX-License-Identifier: Apache-2.0 */
/* HTML and RTF: what is text, shown or not. */
#include "sample.h"

static const struct {
	const char *html, *text;
} cases[] = {
	{ "<p>One</p><p>Two</p>", "One\nTwo\n" },
	{ "4111<b>1111</b><i>1111</i>1111", "4111111111111111" },
	{ "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>",
	    "a\tb\t\nc\t\n" },
	{ "a &amp; b &#65;&#x42;&euro;&nbsp;c &unknown; &ampx",
	    "a & b AB\xe2\x82\xac\xc2\xa0""c &unknown; &x" },
	{ "<style>p { color: red }</style>x", "x" },
	{ "<style>never closed secret", "never closed secret" },
	{ "a<!-- hidden -->b", "ab\nhidden\n" },
	{ "a<!-- never closed", "a\nnever closed" },
	{ "<!--<style>-->secret", "secret" },
	{ "<div style='display:none'>hidden</div>", "hidden\n" },
	{ "<img alt='4111 1111' src=x>y", "y\n4111 1111\n" },
	{ "<a href=\"mailto:a@b\">x</a>", "x\nmailto:a@b\n" },
	/* What is not shown does not part what is. */
	{ "4111<span style='x:y; DISPLAY : none'>9</span>1111",
	    "41111111\n9\n" },
	{ "4111<b hidden><b>9</b>9</b>1111", "41111111\n99\n" },
	{ "4111<i title=x>1111</i>", "41111111\nx\n" },
	{ "4111<span hidden>9<p>1111</p>22", "4111\n1111\n22\n9\n" },
	{ "4111<wbr hidden>1111", "41111111" },
	{ "4111<font style='font-size:0.9em'>1111</font>", "41111111" },
	{ "<style>p::after { content: '4111' }</style>x", "x\n4111\n" },
	{ "<b data-x='a&amp;b'>x</b>", "x\na&b\n" },
	{ "<a href='data:text/plain;base64,NDExMQ=='>x</a>", "x\n4111\n" },
	{ "<a href='data:image/png;base64,NDExMQ=='>x</a>", "x" },
	{ "<a title=\"never closed>secret", "secret\n\"never\n" },
	{ "<p", "<p" },
	{ "1 < 2 > 1", "1 < 2 > 1" },
	{ "<!DOCTYPE html><title>T</title>x", "T\nx" },
	{ "a<br>b<BR/>c", "a\nb\nc" },
	{ "<script>var card='4111'</script>", "var card='4111'\n" },
	{ "a\n  b\t\tc", "a b c" },
};

static void
html(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct extract_report r;

		extract_read(str_of(cases[i].html), STR_LIT("a.hta"),
		    STR_LIT("text/html"), NULL, a, &r);
		if (strcmp(r.items[0].type.p, "html") == 0 ||
		    strcmp(r.items[0].type.p, "hta") == 0)
			assert_text(&r, 0, r.items[0].type.p, cases[i].text);
		else
			fail_msg("case %zu is %s", i, r.items[0].type.p);
	}
}

static void
html_in_the_charset_it_declares(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct extract_report r = read_as(STR_LIT("<html><meta charset="
	    "\"koi8-r\">\xf3\xc5"), "a.html", a);

	assert_text(&r, 0, "html", "\xd0\xa1\xd0\xb5");
}

/* Each "<a" looks for its end; a megabyte of them takes no time. */
static void
html_is_linear(void **state UNUSED)
{
	static const char *const pieces[] = { "<a ", "<a b=\"", "<a b='",
		"<style>", "<!--", "&#", "<!", "</" };
	AUTO_ARENA struct arena *a = arena_new();

	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		AUTO_BUF struct buf b = BUF_INIT(SAMPLE_MAX);
		struct extract_report r;

		buf_z(&b, "<html><body>");
		while (b.len < (1u << 20))
			buf_z(&b, pieces[i]);
		r = read_as(buf_view(&b), "a.html", a);
		assert_int_equal(r.items[0].facts & EXTRACT_TIMEOUT, 0);
	}
}

static const struct {
	const char *rtf, *text;
} rtfs[] = {
	{ "{\\rtf1 plain\\par two}", "plain\ntwo\n" },
	{ "{\\rtf1\\ansi 4111\\b 1111\\b0 1111\\i 1111}",
	    "4111111111111111\n" },
	{ "{\\rtf1\\ansi\\ansicpg1252 gr\\'fc\\'df}",
	    "gr\xc3\xbc\xc3\x9f\n" },
	{ "{\\rtf1\\uc1 a\\u8364?b}", "a\xe2\x82\xac""b\n" },
	{ "{\\rtf1\\u-10179?\\u-8704?}", "\xf0\x9f\x98\x80\n" },
	{ "{\\rtf1{\\fonttbl{\\f0\\fcharset204 A;}{\\f31506\\fcharset238 B;}}"
	    "\\f0 \\'d1\\f31506 \\'e8}", "\xd0\xa1\xc4\x8d\n" },
	{ "{\\rtf1{\\stylesheet Normal;}{\\*\\generator X}shown}", "shown\n" },
	{ "{\\rtf1{\\pict ffd8}{\\v hidden}}", "hidden\n" },
	{ "{\\rtf1{\\*\\unheard skipped}kept}", "kept\n" },
	{ "{\\rtf1\\bin3 }}}kept}", "kept\n" },
	{ "{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"x\"}{\\fldrslt y}}}",
	    "HYPERLINK \"x\"y\n" },
	{ "{\\rtf1 a\\cell b\\cell\\row}}}}}more", "a\tb\t\nmore\n" },
};

static void
rtf(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();

	for (size_t i = 0; i < COUNT_OF(rtfs); i++) {
		struct extract_report r = read_as(str_of(rtfs[i].rtf),
		    "a.rtf", a);

		assert_text(&r, 0, "rtf", rtfs[i].text);
	}
}

static void
rtf_properties(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct extract_report r = read_as(STR_LIT("{\\rtf1{\\info{\\title "
	    "Plan}{\\author Eve}}{\\*\\userprops{\\propname MSIP_Label_x}"
	    "\\proptype30{\\staticval true}}x}"), "a.rtf", a);

	assert_text(&r, 0, "rtf", "x\n");
	assert_property(&r.items[0], "Title", "Plan");
	assert_property(&r.items[0], "Author", "Eve");
	assert_property(&r.items[0], "MSIP_Label_x", "true");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html),
		cmocka_unit_test(html_in_the_charset_it_declares),
		cmocka_unit_test(html_is_linear),
		cmocka_unit_test(rtf),
		cmocka_unit_test(rtf_properties),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
