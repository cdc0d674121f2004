/* SPDX-License-Identifier: Apache-2.0 */
/* Any text through one set of every kind of rule. */
#include "base/must.h"
#include "scan/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char package[] =
    "<RulePackage xmlns='http://schemas.microsoft.com/office/2011/mce'><Rules>"
    "<Entity id='a' patternsProximity='30'><Pattern confidenceLevel='85'>"
    "<IdMatch idRef='Func_credit_card'/><Any minMatches='1'>"
    "<Match idRef='k'/><Match idRef='r' minCount='2' uniqueResults='true'/>"
    "</Any></Pattern><Pattern confidenceLevel='65'>"
    "<IdMatch idRef='Func_ssn'/></Pattern></Entity>"
    "<Affinity id='b' evidencesProximity='50' thresholdConfidenceLevel='60'>"
    "<Evidence confidenceLevel='50'><Match idRef='k'/></Evidence>"
    "<Evidence confidenceLevel='50'><Match idRef='r'/></Evidence></Affinity>"
    "<Keyword id='k'><Group><Term>credit card</Term><Term>caf\xc3\xa9</Term>"
    "</Group><Group matchStyle='string'><Term>\xc3\xa4</Term></Group>"
    "</Keyword><Regex id='r'>\\b[A-Z]{2}\\d{4,6}\\b</Regex>"
    "</Rules></RulePackage>";
static const char *const patterns[] = {
	"\\w+@\\w+", "(?<=x)\\d{3}", "(\\w)\\1{3}", "\\d{5}", "a.{0,5}b",
	"\\b\\d{3}\\b.\\b\\d", "^x", "[^ -~]{2}", "AKIA[0-9A-Z]{4}",
};

static struct scan_context *context;
static struct scan_set *set;

static void
tear_down(void)
{
	scan_context_free(&context);
	scan_set_free(&set);
}

static void
set_up(void)
{
	AUTO_BUF struct buf table = BUF_INIT(4096);
	struct scan_builder *b = scan_builder_new();
	size_t n;

	must(scan_add_package(b, STR_LIT(package), "p", NULL) == 0);
	must(scan_hash_table(STR_LIT("id,name\n1234567,Smith\nab cd,x y z\n"),
	    STR_LIT("id"), &table, NULL) == 0);
	must(scan_add_exact_data(b, buf_view(&table), "e", NULL) == 0);
	must(scan_want_type(b, STR_LIT("a"), &n, NULL) == 0);
	must(scan_want_type(b, STR_LIT("b"), &n, NULL) == 0);
	must(scan_want_type(b, STR_LIT("e"), &n, NULL) == 0);
	for (size_t i = 0; i < COUNT_OF(patterns); i++) {
		struct str p = str_of(patterns[i]);

		must(scan_add_list(b, SCAN_PATTERN, i % 2 == 0, &p, 1, "l",
		    &n, NULL) == 0);
	}
	must(scan_compile(&b, &set, NULL) == 0);
	must(scan_context_new(set, &context, NULL) == 0);
	must(atexit(tear_down) == 0);
}

static void
check(struct str text, struct scan_place p, struct arena *a)
{
	must(p.at <= text.len && p.len <= text.len - p.at);
	(void)scan_masked(text, p, a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str text = str_make(data, size);
	struct scan_result r;

	if (context == NULL)
		set_up();
	scan_text(context, text, a, &r);
	for (size_t i = 0; i < r.n_types; i++)
		check(text, r.types[i].first, a);
	for (size_t i = 0; i < r.n_hits; i++) {
		must(r.hits[i].count > 0);
		check(text, r.hits[i].first, a);
	}
	return (0);
}
