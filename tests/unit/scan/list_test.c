/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of words, strings and expressions: edges, case, hiding, places. */
#include "kit.h"

static const struct {
	enum scan_style style;
	bool is_case_sensitive;
	const char *term;
	const char *text;
	unsigned count;
} cases[] = {
	/* words and their edges */
	{ SCAN_WORD, false, "secret", "a Secret, b", 1 },
	{ SCAN_WORD, false, "secret", "secrets xsecret secret1 1secret", 0 },
	{ SCAN_WORD, false, "secret", "_secret_", 1 },
	{ SCAN_WORD, false, "secret", "secret", 1 },
	{ SCAN_WORD, false, "secret", "\xc3\xa9secret secret\xc3\xa9", 0 },
	{ SCAN_WORD, false, "secret", "\xe2\x80\x9csecret\xe2\x80\x9d", 1 },
	{ SCAN_WORD, false, "secret", "secret\xd0\xb0", 0 },
	{ SCAN_WORD, false, "caf\xc3\xa9", "CAF\xc3\x89 au lait", 1 },
	{ SCAN_WORD, false, "caf\xc3\xa9", "cafe\xcc\x81", 1 },
	{ SCAN_WORD, false, "cafe", "cafe\xcc\x81", 0 },
	{ SCAN_WORD, false, "stra\xc3\x9f" "e", "STRASSE", 1 },
	{ SCAN_WORD, false, "strasse", "Stra\xc3\x9f" "e", 1 },
	{ SCAN_WORD, false, "\xce\xbb\xcf\x8c\xce\xb3\xce\xbf\xcf\x82",
	    "\xce\x9b\xce\x8c\xce\x93\xce\x9f\xce\xa3", 1 },
	{ SCAN_WORD, true, "SSN", "ssn Ssn", 0 },
	{ SCAN_WORD, true, "SSN", "an SSN", 1 },
	{ SCAN_WORD, false, "SSN#", "SSN#123", 1 },
	{ SCAN_WORD, false, "SSN#", "xSSN#", 0 },
	{ SCAN_WORD, false, "#ssn", "a#ssn", 1 },
	{ SCAN_WORD, false, "credit card", "credit  \t card", 1 },
	{ SCAN_WORD, false, "credit card", "credit\ncard", 1 },
	{ SCAN_WORD, false, "credit card", "credit, card", 0 },
	{ SCAN_WORD, false, "credit card", "credit-card", 0 },
	{ SCAN_WORD, false, "credit card", "credit cards", 0 },
	{ SCAN_WORD, false, "driver's licence",
	    "driver\xe2\x80\x99s licence", 1 },
	{ SCAN_WORD, false, "a b c d e", "a a b c d e", 1 },
	{ SCAN_WORD, false, "$$$", "a$$$b", 1 },
	{ SCAN_WORD, false, "abcdefgh", "abcdefgh abcdefghi", 1 },
	{ SCAN_WORD, false, "abcdefghijklmnopq", "ABCDEFGHIJKLMNOPQ", 1 },
	/* strings */
	{ SCAN_STRING, false, "secret", "TopSecrets", 1 },
	{ SCAN_STRING, true, "secret", "TopSecrets", 0 },
	{ SCAN_STRING, false, "\xc3\xa4" "b", "x\xc3\x84" "By", 1 },
	{ SCAN_STRING, true, "\xc3\xa4" "b", "x\xc3\x84" "By", 0 },
	{ SCAN_STRING, false, "a.b", "axb", 0 },
	{ SCAN_STRING, false, "\xe6\xa9\x9f\xe5\xaf\x86",
	    "\xe6\xa5\xb5\xe6\xa9\x9f\xe5\xaf\x86\xe4\xbb\xb6", 1 },
	/* expressions */
	{ SCAN_PATTERN, true, "\\d{3}-\\d{4}", "555-1234 555-1235", 2 },
	{ SCAN_PATTERN, true, "\\bab\\b", "ab xab \xc3\xa9" "ab", 1 },
	{ SCAN_PATTERN, true, "[a-c]{2,3}", "abcab", 2 },
	{ SCAN_PATTERN, false, "AB", "ab", 1 },
	{ SCAN_PATTERN, true, "AB", "ab", 0 },
	{ SCAN_PATTERN, true, "(?i)AB", "ab", 1 },
	{ SCAN_PATTERN, true, "(?<=x)\\d{4}", "x1234 y1235", 1 },
	{ SCAN_PATTERN, true, "(\\w)\\1", "aa bb cd", 2 },
	{ SCAN_PATTERN, true, "\\w+@\\w+\\.org", "j\xc3\xb6rg@x.org", 1 },
	{ SCAN_PATTERN, true, "caf\xc3\xa9+", "caf\xc3\xa9\xc3\xa9", 1 },
	{ SCAN_PATTERN, true, "\\d{4}[\xe2\x80\x93-]\\d{4}",
	    "1234-5678 1234\xe2\x80\x93" "5679", 2 },
	{ SCAN_PATTERN, true, "^\\d{4}$", "1234", 1 },
	{ SCAN_PATTERN, true, "^\\d{4}$", "x 1234", 0 },
	{ SCAN_PATTERN, true, "[0-9-]{6}", "------", 1 },
	{ SCAN_PATTERN, true, "\\bc+", "ccc c", 2 },
	{ SCAN_PATTERN, true, "\\b(?:12|123)\\d*?", "1234 124", 1 },
	{ SCAN_PATTERN, true, "\\d{4}\\b-\\w\\b", "1234-a 1234-ab", 1 },
	/* hiding */
	{ SCAN_WORD, false, "secret", "se\xe2\x80\x8b" "cr\xe2\x81\xa0" "et",
	    1 },
	{ SCAN_WORD, false, "secret", "sec\xc2\xadret", 1 },
	{ SCAN_WORD, false, "secret", "sec\xc2\xad\nret", 1 },
	{ SCAN_WORD, false, "secret", "se&#99;r&#x65;t", 1 },
	{ SCAN_WORD, false, "secret", "sec&shy;ret sec&zwnj;ret", 1 },
	{ SCAN_WORD, false, "secret", "\xef\xbd\x93\xef\xbd\x85"
	    "\xef\xbd\x83\xef\xbd\x92\xef\xbd\x85\xef\xbd\x94", 1 },
	{ SCAN_WORD, false, "well-known", "well-\nknown", 1 },
	{ SCAN_WORD, false, "credit card", "> credit\r\n>  card", 1 },
	{ SCAN_WORD, false, "credit card", "credit\n\ncard", 1 },
	{ SCAN_WORD, false, "credit card", "credit&nbsp;card", 1 },
	{ SCAN_PATTERN, true, "\\d{4} \\d{4}", "1234\n5678", 1 },
	{ SCAN_PATTERN, true, "\\d{8}", "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93"
	    "\xef\xbc\x94\xef\xbc\x95\xef\xbc\x96\xef\xbc\x97\xef\xbc\x98",
	    1 },
	{ SCAN_PATTERN, true, "\\d{3}", "\xd9\xa1\xd9\xa2\xd9\xa3", 1 },
	{ SCAN_PATTERN, true, "\\d-\\d", "1\xe2\x80\x91" "2", 1 },
	{ SCAN_WORD, false, "at&t", "AT&T at&amp;t", 1 },
	/* malformed bytes part words */
	{ SCAN_WORD, false, "secret", "\xff" "secret\xc3", 1 },
	{ SCAN_WORD, false, "secret", "sec\xffret", 0 },
	/* unique ones */
	{ SCAN_WORD, false, "x y", "x y, X  Y; x\ny", 1 },
	{ SCAN_PATTERN, true, "\\d{3}[- ]?\\d{4}", "5551234 555-1234 555 1234"
	    " 555-1235", 2 },
};

static void
one_term(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct kit k;
		size_t list;
		unsigned n;

		kit_begin(&k);
		list = kit_list(&k, cases[i].style,
		    cases[i].is_case_sensitive, cases[i].term);
		kit_compile(&k);
		kit_scan(&k, str_of(cases[i].text));
		n = kit_count(&k, list);
		if (n != cases[i].count)
			print_message("case %zu: '%s' in '%s': %u\n", i,
			    cases[i].term, cases[i].text, n);
		assert_int_equal(n, cases[i].count);
		assert_false(k.result.is_cut);
		kit_end(&k);
	}
}

/* Where the first is, in the bytes that were given. */
static const struct {
	enum scan_style style;
	const char *term;
	const char *text;
	const char *place;
} places[] = {
	{ SCAN_WORD, "secret", "\xc3\xa9 a secret b", "secret" },
	{ SCAN_WORD, "secret", "x se\xe2\x80\x8b" "cret y",
	    "se\xe2\x80\x8b" "cret" },
	{ SCAN_WORD, "secret", "\xe2\x80\x8bsecret\xe2\x80\x8b", "secret" },
	{ SCAN_WORD, "secret", "a &#115;ecre&#116; b", "&#115;ecre&#116;" },
	{ SCAN_WORD, "caf\xc3\xa9", "a cafe\xcc\x81 b", "cafe\xcc\x81" },
	{ SCAN_WORD, "a b", "x\r\n  a  \r\n > b", "a  \r\n > b" },
	{ SCAN_WORD, "ffi", "x \xef\xac\x83 y", "\xef\xac\x83" },
	{ SCAN_STRING, "f", "x \xef\xac\x83 y", "\xef\xac\x83" },
	{ SCAN_PATTERN, "\\d{4}", "\xff\xff 1\xef\xbc\x92" "34.",
	    "1\xef\xbc\x92" "34" },
	{ SCAN_PATTERN, "b+", "aaabbbaa", "bbb" },
	{ SCAN_PATTERN, "\\bb+", "aaab bbb", "bbb" },
	{ SCAN_PATTERN, "[a-z]+@x", "-- joe@x --", "joe@x" },
	{ SCAN_STRING, "\xc3\xa4", "aaa\n\n\n\n \xc3\x84.", "\xc3\x84" },
};

static void
where_it_is(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct str text = str_of(places[i].text), part;
		struct scan_place p;
		struct kit k;

		kit_begin(&k);
		(void)kit_list(&k, places[i].style, false, places[i].term);
		kit_compile(&k);
		kit_scan(&k, text);
		assert_int_equal(k.result.n_hits, 1);
		p = k.result.hits[0].first;
		part = str_sub(text, p.at, p.len);
		if (!str_eq(part, str_of(places[i].place)))
			print_message("case %zu: '%.*s'\n", i, STR_FMT(part));
		assert_true(str_eq(part, str_of(places[i].place)));
		kit_end(&k);
	}
}

static const struct {
	enum scan_style style;
	const char *term;
	const char *says;
} refused[] = {
	{ SCAN_WORD, "", "term 1: '': is empty" },
	{ SCAN_WORD, "\xc2\xad", "is empty" },
	{ SCAN_STRING, "\xff", "not UTF-8" },
	{ SCAN_PATTERN, "", "is empty" },
	{ SCAN_PATTERN, "(ab", "at character 4" },
	{ SCAN_PATTERN, "ab)", "at character 3" },
	{ SCAN_PATTERN, "[a-", "character" },
	{ SCAN_PATTERN, "a{3,1}", "character" },
	{ SCAN_PATTERN, "a*", "no text at all" },
	{ SCAN_PATTERN, "a|", "no text at all" },
	{ SCAN_PATTERN, "\\b", "no text at all" },
	{ SCAN_PATTERN, "a\\Kb", "\\K" },
	{ SCAN_PATTERN, "(*LIMIT_MATCH=9999999)a", "verb" },
	{ SCAN_PATTERN, "a\\Cb", "character" },
};

static void
what_is_refused(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct str term = str_of(refused[i].term);
		struct kit k;
		size_t number = 7;

		kit_begin(&k);
		assert_int_equal(scan_add_list(k.builder, refused[i].style,
		    true, &term, 1, "list", &number, &k.err), -1);
		assert_int_equal(number, 7);
		assert_int_equal(k.err.kind, ERR_INPUT);
		if (strstr(k.err.msg, refused[i].says) == NULL)
			print_message("%s\n", k.err.msg);
		assert_non_null(strstr(k.err.msg, refused[i].says));
		assert_int_equal(strncmp(k.err.msg, "list: term 1", 12), 0);
		kit_end(&k);
	}
}

static void
equal_lists_share_a_number(void **state UNUSED)
{
	struct kit k;
	size_t a, b, c, d;

	kit_begin(&k);
	a = kit_list(&k, SCAN_WORD, false, "x");
	b = kit_list(&k, SCAN_WORD, false, "x");
	c = kit_list(&k, SCAN_WORD, true, "x");
	d = kit_list(&k, SCAN_STRING, false, "x");
	assert_int_equal(a, b);
	assert_int_not_equal(a, c);
	assert_int_not_equal(a, d);
	assert_int_not_equal(c, d);
	kit_compile(&k);
	kit_scan(&k, STR_LIT("ax X"));
	assert_int_equal(kit_count(&k, a), 1);
	assert_int_equal(kit_count(&k, c), 0);
	assert_int_equal(kit_count(&k, d), 1);
	kit_end(&k);
}

static void
nothing_and_nothing(void **state UNUSED)
{
	struct kit k;

	kit_begin(&k);
	kit_compile(&k);
	kit_scan(&k, STR_NULL);
	kit_scan(&k, STR_LIT("text"));
	assert_int_equal(k.result.n_hits + k.result.n_types, 0);
	kit_end(&k);
}

static void
a_dictionary_of_100000(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(16 << 20);
	AUTO_BUF struct buf text = BUF_INIT(1 << 20);
	struct kit k;
	size_t number;

	buf_z(&b, "\xef\xbb\xbf# names\n\n");
	for (unsigned i = 0; i < SCAN_MAX_DICTIONARY; i++)
		buf_printf(&b, "Project n%ux %s\r\n", i * 7919u,
		    i % 2 == 0 ? "alpha" : "b\xc3\xa9ta");
	kit_begin(&k);
	kit_check(&k, scan_add_dictionary(k.builder, SCAN_WORD, buf_view(&b),
	    "d.txt", &number, &k.err));
	kit_compile(&k);
	for (unsigned i = 0; i < 300; i++)
		buf_printf(&text, "the project N%uX %s of ", i * 7919u,
		    i % 2 == 0 ? "Alpha" : "B\xc3\x89TA");
	buf_z(&text, "project n1x alpha, project n0x b\xc3\xa9ta");
	kit_scan(&k, buf_view(&text));
	assert_int_equal(kit_count(&k, number), 300);
	kit_end(&k);
	kit_begin(&k);
	buf_z(&b, "one more\n");
	assert_int_equal(scan_add_dictionary(k.builder, SCAN_WORD,
	    buf_view(&b), "d.txt", &number, &k.err), -1);
	assert_int_equal(k.err.kind, ERR_LIMIT);
	assert_int_equal(scan_add_dictionary(k.builder, SCAN_WORD,
	    STR_LIT("# none\n"), "d.txt", &number, &k.err), -1);
	kit_end(&k);
}

static void
long_texts_are_cut_and_say_so(void **state UNUSED)
{
	AUTO_BUF struct buf text = BUF_INIT(4 << 20);
	struct kit k;

	kit_begin(&k);
	(void)kit_list(&k, SCAN_WORD, false, "secret");
	kit_compile(&k);
	while (text.len < SCAN_MAX_TEXT_BYTES - 6)
		buf_char(&text, text.len % 7 == 6 ? ' ' : 'x');
	buf_z(&text, " ecret");
	text.p[SCAN_MAX_TEXT_BYTES - 6] = 's';
	text.p[SCAN_MAX_TEXT_BYTES - 7] = ' ';
	kit_scan(&k, str_make(text.p, SCAN_MAX_TEXT_BYTES));
	assert_int_equal(k.result.n_hits, 1);
	assert_false(k.result.is_cut);
	buf_z(&text, " secret");
	kit_scan(&k, buf_view(&text));
	assert_true(k.result.is_cut);
	kit_end(&k);
}

/* Beginnings that each take long: the search ends, and says so. */
static void
a_slow_expression_is_given_up(void **state UNUSED)
{
	AUTO_BUF struct buf text = BUF_INIT(1 << 20);
	struct kit k;

	kit_begin(&k);
	(void)kit_list(&k, SCAN_PATTERN, true, "(?:a|aa)+(?=bx)");
	kit_compile(&k);
	while (text.len < 100000)
		buf_char(&text, 'a');
	buf_z(&text, "b c bx");
	kit_scan(&k, buf_view(&text));
	assert_true(k.result.is_cut);
	kit_end(&k);
}

/* Expressions that match everywhere have a limit as well. */
static void
too_many_finds_say_so(void **state UNUSED)
{
	AUTO_BUF struct buf text = BUF_INIT(1 << 20);
	struct kit k;
	size_t list;

	kit_begin(&k);
	list = kit_list(&k, SCAN_PATTERN, true, "[ab]");
	kit_compile(&k);
	while (text.len < 300000)
		buf_z(&text, "ab");
	kit_scan(&k, buf_view(&text));
	assert_true(k.result.is_cut);
	assert_int_equal(kit_count(&k, list), 2);
	kit_end(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_term),
		cmocka_unit_test(where_it_is),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(equal_lists_share_a_number),
		cmocka_unit_test(nothing_and_nothing),
		cmocka_unit_test(a_dictionary_of_100000),
		cmocka_unit_test(long_texts_are_cut_and_say_so),
		cmocka_unit_test(a_slow_expression_is_given_up),
		cmocka_unit_test(too_many_finds_say_so),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
