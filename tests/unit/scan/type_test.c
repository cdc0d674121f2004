/* SPDX-License-Identifier: Apache-2.0 */
/* Sensitive information types: evidence, proximity, counts, confidence. */
#include "kit.h"

#define GUID "50842eb7-edc8-4019-85dd-5a5c1f2bb085"
#define ENTITY(proximity, patterns) \
	"<Entity id=\"" GUID "\" patternsProximity=\"" proximity "\"" \
	" recommendedConfidence=\"85\">" patterns "</Entity>" \
	"<Regex id=\"Regex_id\">\\bID\\d{4}\\b</Regex>" \
	"<Keyword id=\"Keyword_a\"><Group matchStyle=\"word\">" \
	"<Term>alpha</Term><Term>al</Term></Group></Keyword>" \
	"<Keyword id=\"Keyword_b\"><Group><Term>beta</Term></Group>" \
	"<Group matchStyle=\"string\"><Term caseSensitive=\"true\">BB</Term>" \
	"</Group></Keyword>" \
	"<Keyword id=\"Keyword_c\"><Group><Term>gamma</Term></Group>" \
	"</Keyword>" \
	"<LocalizedStrings><Resource idRef=\"" GUID "\">" \
	"<Name langcode=\"de-de\">Kennung</Name>" \
	"<Name default=\"true\" langcode=\"en-us\">Test Id</Name>" \
	"</Resource></LocalizedStrings>"
#define PATTERN(confidence, rest) \
	"<Pattern confidenceLevel=\"" confidence "\">" \
	"<IdMatch idRef=\"Regex_id\"/>" rest "</Pattern>"
#define A "<Match idRef=\"Keyword_a\"/>"
#define B "<Match idRef=\"Keyword_b\"/>"
#define C "<Match idRef=\"Keyword_c\"/>"

/* What evidence makes of one identifier; 0: not found. */
static const struct {
	const char *rules;
	const char *text;
	unsigned best;
} cases[] = {
	{ ENTITY("300", PATTERN("65", "")), "ID1234", 65 },
	{ ENTITY("300", PATTERN("65", "")), "xID1234", 0 },
	{ ENTITY("300", PATTERN("65", "") PATTERN("85", A)), "ID1234", 65 },
	{ ENTITY("300", PATTERN("65", "") PATTERN("85", A)), "ID1234 alpha",
	    85 },
	{ ENTITY("300", PATTERN("65", "") PATTERN("85", A)), "Alpha ID1234",
	    85 },
	{ ENTITY("300", PATTERN("85", A B)), "ID1234 alpha", 0 },
	{ ENTITY("300", PATTERN("85", A B)), "beta ID1234 alpha", 85 },
	{ ENTITY("300", PATTERN("85", B)), "ID1234 xBBx", 85 },
	{ ENTITY("300", PATTERN("85", B)), "ID1234 xbbx", 0 },
	/* Any */
	{ ENTITY("300", PATTERN("85", "<Any>" A B "</Any>")), "ID1234 beta",
	    85 },
	{ ENTITY("300", PATTERN("85", "<Any minMatches=\"2\">" A B C
	    "</Any>")), "ID1234 beta alpha", 85 },
	{ ENTITY("300", PATTERN("85", "<Any minMatches=\"2\">" A B C
	    "</Any>")), "ID1234 beta beta", 0 },
	{ ENTITY("300", PATTERN("85", "<Any minMatches=\"1\""
	    " maxMatches=\"1\">" A B C "</Any>")), "ID1234 beta alpha", 0 },
	/* must be absent */
	{ ENTITY("300", PATTERN("85", "<Any minMatches=\"0\""
	    " maxMatches=\"0\">" A B "</Any>")), "ID1234", 85 },
	{ ENTITY("300", PATTERN("85", "<Any minMatches=\"0\""
	    " maxMatches=\"0\">" A B "</Any>")), "ID1234 beta", 0 },
	{ ENTITY("10", PATTERN("85", "<Any minMatches=\"0\""
	    " maxMatches=\"0\">" A B "</Any>")), "ID1234 1234567890 beta",
	    85 },
	{ ENTITY("300", PATTERN("85", "<Any minMatches=\"0\">" A "</Any>")),
	    "ID1234 beta", 85 },
	/* nested */
	{ ENTITY("300", PATTERN("85", "<Any minMatches=\"2\">" A
	    "<Any minMatches=\"2\">" B C "</Any></Any>")),
	    "ID1234 alpha beta", 0 },
	{ ENTITY("300", PATTERN("85", "<Any minMatches=\"2\">" A
	    "<Any minMatches=\"2\">" B C "</Any></Any>")),
	    "ID1234 alpha beta gamma", 85 },
	{ ENTITY("300", PATTERN("85", "<Any>" A
	    "<Any minMatches=\"0\" maxMatches=\"0\">" B C "</Any></Any>")),
	    "ID1234 beta", 0 },
	{ ENTITY("300", PATTERN("85", "<Any>" A
	    "<Any minMatches=\"0\" maxMatches=\"0\">" B C "</Any></Any>")),
	    "ID1234", 85 },
	/* minCount and uniqueResults */
	{ ENTITY("300", PATTERN("85", "<Match idRef=\"Keyword_a\""
	    " minCount=\"2\"/>")), "ID1234 alpha", 0 },
	{ ENTITY("300", PATTERN("85", "<Match idRef=\"Keyword_a\""
	    " minCount=\"2\"/>")), "ID1234 alpha alpha", 85 },
	{ ENTITY("300", PATTERN("85", "<Match idRef=\"Keyword_a\""
	    " minCount=\"2\" uniqueResults=\"true\"/>")),
	    "ID1234 alpha Alpha", 0 },
	{ ENTITY("300", PATTERN("85", "<Match idRef=\"Keyword_a\""
	    " minCount=\"2\" uniqueResults=\"true\"/>")),
	    "ID1234 alpha al", 85 },
	{ ENTITY("300", PATTERN("85", "<Match idRef=\"Regex_id\""
	    " minCount=\"2\"/>")), "ID1234 ID1235", 85 },
	{ ENTITY("300", PATTERN("85", "<Match idRef=\"Regex_id\""
	    " minCount=\"2\"/>")), "ID1234", 0 },
	/* inside Version */
	{ ENTITY("300", "<Version minEngineVersion=\"15.0\">"
	    PATTERN("75", A) "</Version>"), "ID1234 alpha", 75 },
};

static void
evidence(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct kit k;
		unsigned best;

		kit_begin(&k);
		kit_package(&k, cases[i].rules);
		assert_int_equal(kit_want(&k, GUID), 0);
		kit_compile(&k);
		best = kit_best(&k, cases[i].text);
		if (best != cases[i].best)
			print_message("case %zu: %u\n", i, best);
		assert_int_equal(best, cases[i].best);
		kit_end(&k);
	}
}

/* `n` characters between identifier and keyword, on either side. */
static void
distance(struct kit *k, const char *filler, unsigned n, bool is_before,
    unsigned best)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);

	buf_z(&b, is_before ? "alpha " : "ID1234 ");
	for (unsigned i = 2; i < n; i++)
		buf_z(&b, filler);
	buf_z(&b, is_before ? " ID1234" : " alpha");
	kit_scan(k, buf_view(&b));
	assert_int_equal(kit_type(k, 0) == NULL ? 0 : kit_type(k, 0)->best,
	    best);
}

static void
proximity(void **state UNUSED)
{
	static const char *const fillers[] = { "x", "\xc3\xa9",
		"\xe2\x82\xac", "\xf0\x9f\x98\x80" };
	struct kit k;

	kit_begin(&k);
	kit_package(&k, ENTITY("300", PATTERN("65", "") PATTERN("85", A)));
	(void)kit_want(&k, "Test Id");
	kit_compile(&k);
	for (size_t i = 0; i < COUNT_OF(fillers); i++) {
		for (unsigned side = 0; side < 2; side++) {
			distance(&k, fillers[i], 300, side == 0, 85);
			distance(&k, fillers[i], 301, side == 0, 65);
		}
	}
	kit_end(&k);
}

static void
unlimited_proximity(void **state UNUSED)
{
	struct kit k;

	kit_begin(&k);
	kit_package(&k, ENTITY("unlimited", PATTERN("85", A)));
	(void)kit_want(&k, "Test Id");
	kit_compile(&k);
	distance(&k, "xx", 100000, false, 85);
	distance(&k, "xx", 100000, true, 85);
	kit_end(&k);
}

static void
counts_are_of_unique_instances(void **state UNUSED)
{
	AUTO_BUF struct buf far = BUF_INIT(1 << 20);
	const struct scan_found *f;
	struct kit k;

	kit_begin(&k);
	kit_package(&k, ENTITY("20", PATTERN("65", "") PATTERN("75", B)
	    PATTERN("85", A)));
	(void)kit_want(&k, "Kennung");
	kit_compile(&k);
	buf_z(&far, "ID0001 ... ... ID0001 ID0002 alpha ");
	for (unsigned i = 0; i < 50; i++)
		buf_z(&far, "- ");
	buf_z(&far, "ID0001 ID0003 beta");
	for (unsigned i = 0; i < 50; i++)
		buf_z(&far, "- ");
	buf_z(&far, "ID0003 ID0004 ID0005 ID0005");
	kit_scan(&k, buf_view(&far));
	f = kit_type(&k, 0);
	assert_non_null(f);
	assert_int_equal(f->best, 85);
	assert_int_equal(f->n_tallies, 3);
	assert_int_equal(f->tallies[0].confidence, 85);
	assert_int_equal(f->tallies[0].count, 2);
	assert_int_equal(f->tallies[1].confidence, 75);
	assert_int_equal(f->tallies[1].count, 1);
	assert_int_equal(f->tallies[2].confidence, 65);
	assert_int_equal(f->tallies[2].count, 2);
	assert_int_equal(f->count[0], 5);
	assert_int_equal(f->count[1], 3);
	assert_int_equal(f->count[2], 2);
	assert_int_equal(f->first.at, 15);	/* within 20 of alpha */
	assert_int_equal(f->first.len, 6);
	kit_end(&k);
}

static void
no_more_than_the_maximum_is_counted(void **state UNUSED)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);
	struct kit k;

	kit_begin(&k);
	kit_package(&k, ENTITY("20", PATTERN("65", "")));
	(void)kit_want(&k, GUID);
	kit_compile(&k);
	for (unsigned i = 0; i < 2 * SCAN_MAX_COUNT; i++)
		buf_printf(&b, "ID%04u ", i);
	kit_scan(&k, buf_view(&b));
	assert_int_equal(kit_total(&k, 0), SCAN_MAX_COUNT);
	kit_end(&k);
}

#define AFFINITY \
	"<Affinity id=\"" GUID "\" evidencesProximity=\"100\"" \
	" thresholdConfidenceLevel=\"65\">" \
	"<Evidence confidenceLevel=\"40\">" A "</Evidence>" \
	"<Evidence confidenceLevel=\"50\"><Any minMatches=\"1\">" B C \
	"</Any></Evidence></Affinity>"

static void
affinity(void **state UNUSED)
{
	struct kit k;

	kit_begin(&k);
	kit_package(&k, AFFINITY
	    "<Keyword id=\"Keyword_a\"><Group><Term>alpha</Term></Group>"
	    "</Keyword><Keyword id=\"Keyword_b\"><Group><Term>beta</Term>"
	    "</Group></Keyword><Keyword id=\"Keyword_c\"><Group>"
	    "<Term>gamma</Term></Group></Keyword>");
	(void)kit_want(&k, GUID);
	kit_compile(&k);
	assert_int_equal(kit_best(&k, "alpha"), 0);
	assert_int_equal(kit_best(&k, "beta gamma"), 0);
	assert_int_equal(kit_best(&k, "beta and alpha"), 70);
	assert_int_equal(kit_total(&k, 0), 1);
	assert_int_equal(kit_best(&k, "alpha alpha beta gamma"), 70);
	assert_int_equal(kit_best(&k, "alpha ...................."
	    "................................................................"
	    "................................................. beta"), 0);
	kit_end(&k);
}

#define CARD \
	"<Entity id=\"" GUID "\" patternsProximity=\"300\">" \
	"<Pattern confidenceLevel=\"85\"><IdMatch" \
	" idRef=\"Func_credit_card\"/>" A "</Pattern>" \
	"<Pattern confidenceLevel=\"65\"><IdMatch" \
	" idRef=\"Func_credit_card\"/></Pattern></Entity>" \
	"<Keyword id=\"Keyword_a\"><Group><Term>visa</Term></Group>" \
	"</Keyword>"

static const struct {
	const char *text;
	unsigned total;
} cards[] = {
	{ "4111111111111111", 1 },
	{ "4111 1111 1111 1111", 1 },
	{ "4111-1111-1111-1111 4111111111111111", 1 },
	{ "4111111111111112", 0 },
	{ "a4111111111111111", 0 },
	{ "4111111111111111b", 0 },
	{ "\xc3\xa9" "4111111111111111", 0 },
	{ "4111111111111111\xc3\xa9", 0 },
	{ "_4111111111111111_", 1 },
	{ "(4111111111111111)", 1 },
	/* a wrong one in front must not hide it */
	{ "1234 4111 1111 1111 1111", 1 },
	{ "0000 1234 4111 1111 1111 1111", 1 },
	{ "4111 1111 1111 1111 12", 1 },
	{ "4111111111111111 5500005555555559", 2 },
	{ "4111 1111\n1111 1111", 1 },
	{ "4111 1111 1111\xc2\xa0" "1111", 1 },
	{ "4111\xe2\x80\x8b" "1111 1111 1111", 1 },
	{ "4111\xe2\x80\x93" "1111\xe2\x80\x93" "1111\xe2\x80\x93" "1111", 1 },
	{ "4111-\r\n1111-1111-1111", 1 },
	{ "4111\t1111\t1111\t1111", 1 },
	{ "4111 - 1111 - 1111 - 1111", 1 },
	{ "4111\xc2\xb7" "1111\xe2\x80\xa2" "1111,1111", 1 },
	{ "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", 1 },
	{ "4\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1", 1 },
	{ "0 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", 0 },
	{ "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 9 9 9 9", 0 },
	{ "4\xef\xb8\x8f\xe2\x83\xa3" "11111111111\xcc\x81" "1111", 1 },
	/* what only looks so inside an IBAN */
	{ "DE95 4111 1111 1111 1111 00", 0 },
	{ "IBAN: FR84-0000-4111-1111-1111-1111-000", 0 },
	{ "DE96 4111 1111 1111 1111 00", 1 },
	{ "DE95 4111 1111 1111 1111 00, 4111 1111 1111 1111", 1 },
};

static void
functions(void **state UNUSED)
{
	const struct scan_found *f;
	struct kit k;

	kit_begin(&k);
	kit_package(&k, CARD);
	(void)kit_want(&k, GUID);
	kit_compile(&k);
	for (size_t i = 0; i < COUNT_OF(cards); i++) {
		kit_scan(&k, str_of(cards[i].text));
		if (kit_total(&k, 0) != cards[i].total)
			print_message("card %zu\n", i);
		assert_int_equal(kit_total(&k, 0), cards[i].total);
	}
	kit_scan(&k, STR_LIT("\xc3\xa9 1234 4111 1111 1111 1111 visa"));
	f = kit_type(&k, 0);
	assert_non_null(f);
	assert_int_equal(f->best, 85);
	assert_int_equal(f->first.at, 8);
	assert_int_equal(f->first.len, 19);
	kit_end(&k);
}

static void
digits_far_into_a_text(void **state UNUSED)
{
	struct kit k;

	kit_begin(&k);
	kit_package(&k, CARD);
	(void)kit_want(&k, GUID);
	kit_compile(&k);
	/* Every position against the windows' edges. */
	for (unsigned at = 0; at < 200; at++) {
		AUTO_BUF struct buf b = BUF_INIT(4096);

		for (unsigned i = 0; i < at; i++)
			buf_char(&b, i % 9 == 0 ? '\t' : 'x');
		buf_z(&b, " 4111 1111 1111 1111 ");
		for (unsigned i = 0; i < at; i++)
			buf_char(&b, 'y');
		kit_scan(&k, buf_view(&b));
		assert_int_equal(kit_total(&k, 0), 1);
		assert_int_equal(kit_type(&k, 0)->first.at, at + 1);
	}
	kit_end(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence),
		cmocka_unit_test(proximity),
		cmocka_unit_test(unlimited_proximity),
		cmocka_unit_test(counts_are_of_unique_instances),
		cmocka_unit_test(no_more_than_the_maximum_is_counted),
		cmocka_unit_test(affinity),
		cmocka_unit_test(functions),
		cmocka_unit_test(digits_far_into_a_text),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
