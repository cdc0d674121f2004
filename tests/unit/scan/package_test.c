/* SPDX-License-Identifier: Apache-2.0 */
/* Rule packages: what is read, what is said about what cannot be. */
#include "kit.h"

#define ID1 "00000000-0000-4000-8000-000000000001"
#define ID2 "00000000-0000-4000-8000-000000000002"
#define ENTITY(id, ref, more) \
	"<Entity id=\"" id "\" patternsProximity=\"300\"><Pattern" \
	" confidenceLevel=\"75\"><IdMatch idRef=\"" ref "\"/>" more \
	"</Pattern></Entity>"

static void
into_utf16(struct buf *b, const char *text, bool is_big)
{
	buf_append(b, is_big ? "\xfe\xff" : "\xff\xfe", 2);
	for (const char *p = text; *p != '\0'; p++) {
		buf_char(b, is_big ? '\0' : *p);
		buf_char(b, is_big ? *p : '\0');
	}
}

static void
utf16_packages(void **state UNUSED)
{
	static const char text[] = PACKAGE_HEAD ENTITY(ID1, "r", "")
	    "<Regex id=\"r\">\\d{3}-\\d{2}</Regex>" PACKAGE_TAIL;

	for (unsigned is_big = 0; is_big < 2; is_big++) {
		AUTO_BUF struct buf b = BUF_INIT(1 << 20);
		struct kit k;

		into_utf16(&b, text, is_big != 0);
		kit_begin(&k);
		kit_check(&k, scan_add_package(k.builder, buf_view(&b), "p",
		    &k.err));
		(void)kit_want(&k, ID1);
		kit_compile(&k);
		assert_int_equal(kit_best(&k, "a 123-45"), 75);
		kit_end(&k);
	}
}

/* What reading refuses. */
static const struct {
	const char *rules;
	const char *says;
} unreadable[] = {
	{ "<Entity/>", "line 3: Entity needs id" },
	{ "<Entity id='" ID1 "'/>", "Entity: has no patterns" },
	{ "<Entity id='" ID1 "' patternsProximity='far'>"
	    "<Pattern confidenceLevel='75'><IdMatch idRef='x'/></Pattern>"
	    "</Entity>", "patternsProximity must be a number" },
	{ "<Entity id='" ID1 "'><Pattern><IdMatch idRef='x'/></Pattern>"
	    "</Entity>", "Pattern: needs confidenceLevel" },
	{ "<Entity id='" ID1 "'><Pattern confidenceLevel='101'>"
	    "<IdMatch idRef='x'/></Pattern></Entity>", "from 1 to 100" },
	{ "<Entity id='" ID1 "'><Pattern confidenceLevel='75'>"
	    "<Match idRef='x'/></Pattern></Entity>", "needs an IdMatch" },
	{ "<Entity id='" ID1 "'><Pattern confidenceLevel='75'>"
	    "<IdMatch idRef='x'/><Any minMatches='2' maxMatches='1'>"
	    "<Match idRef='x'/></Any></Pattern></Entity>",
	    "minMatches is more than maxMatches" },
	{ "<Entity id='" ID1 "'><Pattern confidenceLevel='75'>"
	    "<IdMatch idRef='x'/><Any/></Pattern></Entity>", "Any: needs" },
	{ "<Entity id='" ID1 "'><Pattern confidenceLevel='75'>"
	    "<IdMatch idRef='x'/><Match idRef='x' minCount='501'/></Pattern>"
	    "</Entity>", "minCount must be a number from 1 to 500" },
	{ "<Entity id='" ID1 "'><Pattern confidenceLevel='75'>"
	    "<IdMatch idRef='x'/><Odd/></Pattern></Entity>",
	    "Odd: not known here" },
	{ ENTITY(ID1, "x", "") ENTITY(ID1, "y", ""), "there twice" },
	{ "<Regex id='r'>a</Regex>\n<Regex id='R'>b</Regex>",
	    "line 4: Regex: its id is there twice" },
	{ "<Regex id='r'> </Regex>", "Regex: is empty" },
	{ "<Keyword id='k'/>", "Keyword: has no terms" },
	{ "<Keyword id='k'><Group matchStyle='regex'><Term>x</Term></Group>"
	    "</Keyword>", "word or string" },
	{ "<Keyword id='k'><Group><Term caseSensitive='maybe'>x</Term>"
	    "</Group></Keyword>", "true or false" },
	{ "<Affinity id='" ID1 "'><Evidence confidenceLevel='5'>"
	    "<Match idRef='k'/></Evidence></Affinity>",
	    "needs thresholdConfidenceLevel" },
};

static void
what_is_unreadable(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(unreadable); i++) {
		AUTO_BUF struct buf b = BUF_INIT(1 << 20);
		struct kit k;
		size_t n;

		buf_z(&b, PACKAGE_HEAD);
		buf_z(&b, unreadable[i].rules);
		buf_z(&b, PACKAGE_TAIL);
		kit_begin(&k);
		assert_int_equal(scan_add_package(k.builder, buf_view(&b),
		    "p.xml", &k.err), -1);
		if (strstr(k.err.msg, unreadable[i].says) == NULL)
			print_message("%zu: %s\n", i, k.err.msg);
		assert_non_null(strstr(k.err.msg, unreadable[i].says));
		assert_int_equal(strncmp(k.err.msg, "p.xml: line ", 12), 0);
		(void)scan_builder_types(k.builder, &n);
		assert_int_equal(n, 0);
		kit_end(&k);
	}
}

static void
hostile_documents(void **state UNUSED)
{
	static const char *const documents[] = {
		"<!DOCTYPE R [<!ENTITY a 'x'><!ENTITY b '&a;&a;&a;&a;'>]>"
		"<RulePackage xmlns='http://schemas.microsoft.com/office/2011/"
		"mce'><Rules>&b;</Rules></RulePackage>",
		"<html/>", "<RulePackage/>", "", "\xff\xfe<", "<a", "{}",
	};
	AUTO_BUF struct buf deep = BUF_INIT(1 << 20);
	struct kit k;

	kit_begin(&k);
	for (size_t i = 0; i < COUNT_OF(documents); i++)
		assert_int_equal(scan_add_package(k.builder,
		    str_of(documents[i]), "p", &k.err), -1);
	buf_z(&deep, PACKAGE_HEAD "<Entity id='" ID1 "'><Pattern"
	    " confidenceLevel='75'><IdMatch idRef='x'/>");
	for (unsigned i = 0; i < 20; i++)
		buf_z(&deep, "<Any>");
	buf_z(&deep, "<Match idRef='x'/>");
	for (unsigned i = 0; i < 20; i++)
		buf_z(&deep, "</Any>");
	buf_z(&deep, "</Pattern></Entity>" PACKAGE_TAIL);
	assert_int_equal(scan_add_package(k.builder, buf_view(&deep), "p",
	    &k.err), -1);
	assert_non_null(strstr(k.err.msg, "nested too deep"));
	kit_end(&k);
}

#define OWN_CHECK(check) ENTITY(ID1, "r", "") "<Validators id='v'>" check \
	"</Validators><Regex id='r' validators='v'>\\b[\\d-]{6,12}\\b</Regex>"

/* What wanting a type refuses: nothing that a type needs is left out. */
static const struct {
	const char *rules;
	const char *says[3];
} missing[] = {
	{ ENTITY(ID1, "Func_credit_cart", ""),
	    { "the type '" ID1 "'", "the function Func_credit_cart",
	    "did you mean Func_credit_card?" } },
	{ ENTITY(ID1, "Func_ssn", "<Any><Match idRef='Func_no_such'/></Any>"),
	    { "the type '" ID1 "'", "Func_no_such", "not there" } },
	{ ENTITY(ID1, "Regex_no_such", ""),
	    { "the type '" ID1 "'", "'Regex_no_such'", "not in the" } },
	{ ENTITY(ID1, "f", "") "<Fingerprint id='f' threshold='50'>AAAA"
	    "</Fingerprint>",
	    { "the type '" ID1 "' is a document fingerprint", "only Microsoft",
	    "letterlock policy fingerprint" } },
	{ "<Entity id='" ID1 "' filters='x'><Pattern confidenceLevel='75'>"
	    "<IdMatch idRef='Func_ssn'/></Pattern></Entity>",
	    { "the type '" ID1 "'", "the filters 'x'", "line 3" } },
	{ "<Entity id='" ID1 "'><Pattern confidenceLevel='75' filters='y'>"
	    "<IdMatch idRef='Func_ssn'/></Pattern></Entity>",
	    { "the type '" ID1 "'", "the filters 'y'", "not implemented" } },
	{ ENTITY(ID1, "r", "") "<Regex id='r' filters='z'>ab</Regex>",
	    { "the type '" ID1 "'", "the filters 'z'", "not implemented" } },
	{ OWN_CHECK("<Validator type='Luhn'/>"),
	    { "the type '" ID1 "'", "no Validator 'Luhn'", "line 3" } },
	{ OWN_CHECK("<Validator type='Checksum'><Param name='Weights'>1,2"
	    "</Param><Param name='Mod'>10</Param></Validator>"),
	    { "the type '" ID1 "'", "not complete", "line 3" } },
	{ OWN_CHECK("<Validator type='Checksum'><Param name='Weights'>1,2"
	    "</Param><Param name='Mod'>10</Param><Param name='CheckDigit'>3"
	    "</Param></Validator>"),
	    { "the type '" ID1 "'", "not complete", "line 3" } },
	{ OWN_CHECK("<Validator type='Checksum'><Param name='Weights'>1,2"
	    "</Param><Param name='Mod'>10</Param><Param name='CheckDigit'>2"
	    "</Param><Param name='AllowAlphabets'>1</Param></Validator>"),
	    { "the type '" ID1 "'", "AllowAlphabets", "line 3" } },
	{ OWN_CHECK("<Validator type='DateSimple'><Param name='Pattern'>"
	    "DDYYMM</Param></Validator>"),
	    { "the type '" ID1 "'", "'DDYYMM'", "line 3" } },
	{ ENTITY(ID1, "e", "") "<ExtendedKeyword id='e'/>",
	    { "ExtendedKeyword 'e'", "cannot", "line 3" } },
	{ ENTITY(ID1, "r", "") "<Regex id='r'>a(b</Regex>",
	    { "the Regex 'r' of the type '" ID1 "'", "character 4",
	    "line 3" } },
	{ ENTITY(ID1, "r", "") "<Regex id='r' validators='v'>ab</Regex>",
	    { "needs 'v' for the Regex 'r'", "not there", "line 3" } },
};

static void
what_is_missing(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(missing); i++) {
		struct kit k;
		size_t number = 7;

		kit_begin(&k);
		/* A type that is not wanted costs and says nothing. */
		kit_package(&k, missing[i].rules);
		assert_int_equal(scan_want_type(k.builder, STR_LIT(ID1),
		    &number, &k.err), -1);
		assert_int_equal(number, 7);
		assert_int_equal(k.err.kind, ERR_INPUT);
		for (size_t s = 0; s < 3; s++) {
			if (strstr(k.err.msg, missing[i].says[s]) == NULL)
				print_message("%zu: %s\n", i, k.err.msg);
			assert_non_null(strstr(k.err.msg,
			    missing[i].says[s]));
		}
		kit_end(&k);
	}
}

#define NAMED \
	ENTITY(ID1, "r", "") ENTITY(ID2, "r", "") \
	"<Regex id=\"r\">\n\t\tAB\\d{4}\n\t</Regex>" \
	"<LocalizedStrings><Resource idRef=\"" ID1 "\">" \
	"<Name default=\"true\" langcode=\"en-us\">First number</Name>" \
	"<Name langcode=\"de-de\">Erste Nummer</Name></Resource>" \
	"<Resource idRef=\"" ID2 "\"><Locale langcode=\"en\"" \
	" default=\"true\"><Name>Second number</Name></Locale></Resource>" \
	"</LocalizedStrings>"

static void
names(void **state UNUSED)
{
	const struct scan_type *types;
	struct kit k;
	size_t n;

	kit_begin(&k);
	kit_package(&k, NAMED);
	types = scan_builder_types(k.builder, &n);
	assert_int_equal(n, 2);
	assert_true(str_eq(types[0].name, STR_LIT("First number")));
	assert_true(str_eq(types[1].name, STR_LIT("Second number")));
	assert_true(str_eq(types[1].id, STR_LIT(ID2)));
	assert_true(str_eq(types[1].package, STR_LIT("p.xml")));
	assert_int_equal(kit_want(&k, "second NUMBER"), 0);
	assert_int_equal(kit_want(&k, "Erste Nummer"), 1);
	assert_int_equal(kit_want(&k, ID1), 1);
	assert_int_equal(scan_want_type(k.builder, STR_LIT("Frist number"),
	    &n, &k.err), -1);
	assert_non_null(strstr(k.err.msg, "did you mean 'First number'?"));
	kit_compile(&k);
	kit_scan(&k, STR_LIT("AB1234"));
	assert_int_equal(k.result.n_types, 2);
	types = scan_set_types(k.set, &n);
	assert_int_equal(n, 2);
	assert_int_equal(types[0].recommended, 75);
	kit_end(&k);
}

/* The same id for two engines: the newer one counts. */
static void
versions(void **state UNUSED)
{
	struct kit k;

	kit_begin(&k);
	kit_package(&k, ENTITY(ID1, "r", "")
	    "<Regex id=\"r\">old\\d</Regex>"
	    "<Version minEngineVersion=\"15.01.0131.000\">"
	    "<Regex id=\"r\">new\\d</Regex></Version>"
	    "<Version minEngineVersion=\"15.00.0847.000\">"
	    "<Regex id=\"r\">mid\\d</Regex>" ENTITY(ID2, "r", "")
	    "</Version>");
	(void)kit_want(&k, ID1);
	(void)kit_want(&k, ID2);
	kit_compile(&k);
	kit_scan(&k, STR_LIT("new1"));
	assert_int_equal(k.result.n_types, 2);
	kit_scan(&k, STR_LIT("old1 mid1"));
	assert_int_equal(k.result.n_types, 0);
	kit_end(&k);
}

/* A number's checksum for an expression of one's own. */
static void
validators_of_expressions(void **state UNUSED)
{
	struct kit k;

	kit_begin(&k);
	kit_package(&k, ENTITY(ID1, "r", "") "<Regex id=\"r\""
	    " validators=\"Func_credit_card\">\\d{16}</Regex>");
	(void)kit_want(&k, ID1);
	kit_compile(&k);
	assert_int_equal(kit_best(&k, "card 4111111111111111"), 75);
	assert_int_equal(kit_best(&k, "card 4111111111111112"), 0);
	kit_end(&k);
}

/* Checks that the package has with it. */
static const struct {
	const char *check, *text;
	bool found;
} own_checks[] = {
	/* 2*1+2*2+2*3+2*4+2*5+1*0 = 30, 30 % 28 = 2: the second digit. */
	{ "<Validator type='Checksum'><Param name='Weights'>2, 2, 2, 2, 2, 1"
	    "</Param><Param name='Mod'>28</Param><Param name='CheckDigit'>2"
	    "</Param><Param name='AllowAlphabets'>0</Param></Validator>",
	    "id 123450", true },
	{ "<Validator type='Checksum'><Param name='Weights'>2, 2, 2, 2, 2, 1"
	    "</Param><Param name='Mod'>28</Param><Param name='CheckDigit'>2"
	    "</Param></Validator>", "id 12-34-50", true },
	{ "<Validator type='Checksum'><Param name='Weights'>2, 2, 2, 2, 2, 1"
	    "</Param><Param name='Mod'>28</Param><Param name='CheckDigit'>2"
	    "</Param></Validator>", "id 123451", false },
	{ "<Validator type='Checksum'><Param name='Weights'>2, 2, 2, 2, 2, 1"
	    "</Param><Param name='Mod'>28</Param><Param name='CheckDigit'>2"
	    "</Param></Validator>", "id 1234500", false },
	{ "<Validator type='DateSimple'><Param name='Pattern'>DDMMYYYY"
	    "</Param></Validator>", "on 29022024", true },
	{ "<Validator type='DateSimple'><Param name='Pattern'>DDMMYYYY"
	    "</Param></Validator>", "on 29022023", false },
	{ "<Validator type='DateSimple'><Param name='Pattern'>MMDDYY</Param>"
	    "</Validator>", "on 123124", true },
	{ "<Validator type='DateSimple'><Param name='Pattern'>MMDDYY</Param>"
	    "</Validator>", "on 311224", false },
	{ "<Validator type='DateSimple'><Param name='Pattern'>YYMMDD</Param>"
	    "</Validator><Validator type='Checksum'><Param name='Weights'>"
	    "1,0,0,0,0,0</Param><Param name='Mod'>10</Param><Param "
	    "name='CheckDigit'>1</Param></Validator>", "on 241331", false },
};

static void
checks_of_ones_own(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(own_checks); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct kit k;

		kit_begin(&k);
		kit_package(&k, arena_printf(a, OWN_CHECK("%s"),
		    own_checks[i].check));
		(void)kit_want(&k, ID1);
		kit_compile(&k);
		if ((kit_best(&k, own_checks[i].text) == 75) !=
		    own_checks[i].found)
			fail_msg("%zu: %s", i, own_checks[i].text);
		kit_end(&k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf16_packages),
		cmocka_unit_test(what_is_unreadable),
		cmocka_unit_test(hostile_documents),
		cmocka_unit_test(what_is_missing),
		cmocka_unit_test(names),
		cmocka_unit_test(versions),
		cmocka_unit_test(validators_of_expressions),
		cmocka_unit_test(checks_of_ones_own),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
