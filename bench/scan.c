/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/scan --rules: the 60 rules, one on a line, for others to look for.
 * bench/scan [FILE...]: our scanning against one naive Hyperscan database with
 * start-of-match and all rules, on the same text, in turn, in one run. Then
 * what a 16 KiB text with 100 types costs, and what compiling costs.
 *
 * 60 rules: 20 tokens with a fixed beginning, 20 keyword lists, 20 numbers.
 * Texts: made-up mail with a few numbers, a table full of them, and FILEs.
 * Ours also normalises, finds exact positions, and counts unique instances;
 * the naive one only reports. The same edges and cases in all languages need
 * HS_FLAG_UTF8 and HS_FLAG_UCP; beside it stands a database without, which
 * knows ASCII letters only.
 */
#include <hs/hs.h>
#include <time.h>

#include "base/sys.h"
#include "scan/scan.h"

#define ROUNDS 5
#define TEXT_BYTES (1u << 20)
#define SMALL_BYTES 16384u
#define N_RULES 20
#define TYPE_TERMS 40	/* keywords of one type */

static const char *const tokens[N_RULES] = {
	"\\bAKIA[0-9A-Z]{16}\\b", "\\bghp_[0-9A-Za-z]{36}\\b",
	"\\bxox[bp]-[0-9A-Za-z-]{10,48}\\b", "\\bsk_live_[0-9a-zA-Z]{24}\\b",
	"\\bAIza[0-9A-Za-z_-]{35}\\b", "\\beyJ[0-9A-Za-z_-]{10,80}\\.",
	"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----",
	"\\bSG\\.[0-9A-Za-z_-]{22}\\.", "\\bnpm_[0-9A-Za-z]{36}\\b",
	"\\bglpat-[0-9A-Za-z_-]{20}\\b", "\\bdop_v1_[0-9a-f]{64}\\b",
	"\\bshpat_[0-9a-fA-F]{32}\\b", "\\bAccountKey=[0-9A-Za-z+/]{20,88}",
	"\\bamzn\\.mws\\.[0-9a-f-]{36}\\b", "\\bkey-[0-9a-f]{32}\\b",
	"\\bEAACEdEose0cBA[0-9A-Za-z]{1,40}\\b",
	"\\brk_live_[0-9a-zA-Z]{24}\\b",
	"\\bAC[0-9a-f]{32}\\b", "\\bya29\\.[0-9A-Za-z_-]{20,60}",
	"\\bpypi-[0-9A-Za-z_-]{40,80}\\b",
};

static const char *const numbers[N_RULES] = {
	"\\b\\d{3}-\\d{2}-\\d{4}\\b", "\\b\\d{3} \\d{2} \\d{4}\\b",
	"\\b(?:\\d{4}[ -]?){3}\\d{4}\\b",
	"\\b3[47]\\d{2}[ -]?\\d{6}[ -]?\\d{5}\\b",
	"\\b[A-Z]{2}\\d{2}(?:[ ]?\\d{4}){3,5}\\b", "\\b\\d{9}\\b",
	"\\b[A-Z]{2}\\d{6}[A-Z]\\b", "\\b\\d{3}[ -]?\\d{3}[ -]?\\d{4}\\b",
	"\\b\\d{2}-\\d{7}\\b", "\\b[12]\\d{2}(?:0[1-9]|1[0-2])\\d{8}\\b",
	"\\b\\d{11}\\b", "\\b\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}\\b",
	"\\b\\d{8}[A-Z]\\b", "\\b[XYZ]\\d{7}[A-Z]\\b",
	"\\b\\d{6}[-+A]\\d{3}[0-9A-Y]\\b", "\\b\\d{4} \\d{4} \\d{4}\\b",
	"\\b[A-Z]\\d{8}\\b", "\\b\\d{10}\\b",
	"\\b\\d{2} \\d{3} \\d{3} \\d{3}\\b",
	"\\b[A-CEGHJ-PR-TW-Z]{2} ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]\\b",
};

#define TERMS 5
static const char *const keywords[N_RULES][TERMS] = {
	{ "social security", "soc sec", "ssn", "ss#", "ssid" },
	{ "credit card", "card number", "visa", "mastercard", "amex" },
	{ "card verification", "security code", "cvv", "cvc", "cid" },
	{ "passport", "passport no", "travel document", "visa no", "mrz" },
	{ "routing", "aba", "bank account", "account no", "iban" },
	{ "driver license", "driving licence", "dl no", "dmv", "permit" },
	{ "tax id", "taxpayer", "itin", "ein", "vat number" },
	{ "diagnosis", "patient", "prescription", "icd", "medical record" },
	{ "confidential", "secret", "internal only", "proprietary", "nda" },
	{ "password", "passphrase", "login", "credentials", "pin code" },
	{ "salary", "compensation", "bonus", "payroll", "payslip" },
	{ "merger", "acquisition", "due diligence", "term sheet", "ipo" },
	{ "date of birth", "dob", "birthday", "maiden name", "next of kin" },
	{ "insurance", "policy number", "claim", "beneficiary", "premium" },
	{ "source code", "repository", "patch", "exploit", "zero day" },
	{ "lawsuit", "attorney", "privileged", "settlement", "subpoena" },
	{ "layoff", "termination", "grievance", "harassment", "hr only" },
	{ "export control", "itar", "ear99", "dual use", "embargo" },
	{ "blueprint", "schematic", "prototype", "roadmap", "launch date" },
	{ "invoice", "wire transfer", "swift", "bic", "remittance" },
};

static double
cpu_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

static void
need(int rc, const struct err *err)
{
	if (rc == 0)
		return;
	(void)fprintf(stderr, "bench/scan: %s\n", err->msg);
	exit(1);
}

/* ---- the two subjects -------------------------------------------------- */

static int
count_one(unsigned id, unsigned long long from, unsigned long long to,
    unsigned flags, void *context)
{
	(void)id;
	(void)from;
	(void)to;
	(void)flags;
	(*(size_t *)context)++;
	return (0);
}

static hs_database_t *
naive_database(struct arena *a, unsigned more_flags)
{
	const char *all[N_RULES * 3];
	unsigned flags[N_RULES * 3], ids[N_RULES * 3], n = 0;
	hs_compile_error_t *error = NULL;
	hs_database_t *db = NULL;

	for (unsigned i = 0; i < N_RULES; i++) {
		char *words = arena_printf(a, "\\b(?:%s|%s|%s|%s|%s)\\b",
		    keywords[i][0], keywords[i][1], keywords[i][2],
		    keywords[i][3], keywords[i][4]);
		const char *three[3] = { tokens[i], numbers[i], words };

		for (unsigned k = 0; k < 3; k++) {
			all[n] = three[k];
			flags[n] = HS_FLAG_SOM_LEFTMOST | more_flags |
			    (k == 2 ? HS_FLAG_CASELESS : 0);
			ids[n] = n;
			n++;
		}
	}
	if (hs_compile_multi(all, flags, ids, n, HS_MODE_BLOCK, NULL, &db,
	    &error) != HS_SUCCESS) {
		(void)fprintf(stderr, "bench/scan: %s\n", error->message);
		exit(1);
	}
	return (db);
}

static struct scan_set *
our_set(void)
{
	struct scan_builder *b = scan_builder_new();
	struct scan_set *s = NULL;
	struct err err = ERR_INIT;
	size_t number;

	for (unsigned i = 0; i < N_RULES; i++) {
		struct str token = str_of(tokens[i]), digits =
		    str_of(numbers[i]), words[TERMS];

		for (unsigned k = 0; k < TERMS; k++)
			words[k] = str_of(keywords[i][k]);
		need(scan_add_list(b, SCAN_PATTERN, true, &token, 1, "token",
		    &number, &err), &err);
		need(scan_add_list(b, SCAN_PATTERN, true, &digits, 1,
		    "number", &number, &err), &err);
		need(scan_add_list(b, SCAN_WORD, false, words, TERMS, "words",
		    &number, &err), &err);
	}
	need(scan_compile(&b, &s, &err), &err);
	return (s);
}

static double
run_naive(const hs_database_t *db, hs_scratch_t *scratch, struct str text,
    size_t *n)
{
	double from = cpu_s();

	*n = 0;
	if (hs_scan(db, text.p, (unsigned)text.len, 0, scratch, count_one,
	    n) != HS_SUCCESS)
		exit(1);
	return (cpu_s() - from);
}

static double
run_ours(struct scan_context *c, struct arena *a, struct str text, size_t *n)
{
	struct scan_result r;
	double from = cpu_s();

	arena_reset(a);
	scan_text(c, text, a, &r);
	*n = 0;
	for (size_t i = 0; i < r.n_hits; i++)
		*n += r.hits[i].count;
	return (cpu_s() - from);
}

/* ---- texts ------------------------------------------------------------- */

static unsigned
next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return ((unsigned)(*seed >> 33));
}

static void
make_mail(struct buf *b, size_t len)
{
	static const char *const words[] = {
		"the", "of", "and", "please", "find", "attached", "minutes",
		"meeting", "with", "our", "customer", "about", "delivery",
		"next", "week", "regards", "team", "we", "should", "discuss",
		"account", "number", "price", "offer", "project", "schedule",
		"report", "contract", "they", "said", "would", "not", "have",
		"been", "before", "everything", "office", "card", "policy",
		"security", "I", "am", "to", "in", "is", "that", "it", "for",
	};
	uint64_t seed = 42;
	unsigned column = 0;

	while (b->len < len) {
		unsigned r = next_random(&seed);
		size_t before = b->len;

		if (r % 97 == 0)
			buf_printf(b, "+%u %u-%u ", r % 90, r % 997, r % 9973);
		else if (r % 61 == 0)
			buf_printf(b, "%u.%u.%u ", r % 28 + 1, r % 12 + 1,
			    2000 + r % 30);
		else if (r % 1009 == 0)
			buf_printf(b, "%03u-%02u-%04u ", r % 899 + 1,
			    r % 98 + 1, r % 9998 + 1);
		else
			buf_printf(b, "%s%s ", words[r % COUNT_OF(words)],
			    r % 13 == 0 ? "," : "");
		column += (unsigned)(b->len - before);
		if (column > 68) {
			b->p[b->len - 1] = '\n';
			column = 0;
		}
	}
	b->len = len;
}

static void
make_table(struct buf *b, size_t len)
{
	uint64_t seed = 7;

	while (b->len < len)
		buf_printf(b, "%u;%u.%02u;%u-%u;%09u;row %u\n",
		    next_random(&seed) % 100000, next_random(&seed) % 10000,
		    next_random(&seed) % 100, next_random(&seed) % 1000,
		    next_random(&seed) % 10000, next_random(&seed) % 1000000000,
		    next_random(&seed) % 5000);
	b->len = len;
}

/* ---- measuring --------------------------------------------------------- */

static double
median(double *v)
{
	for (unsigned i = 1; i < ROUNDS; i++)
		for (unsigned k = i; k > 0 && v[k] < v[k - 1]; k--) {
			double t = v[k];

			v[k] = v[k - 1];
			v[k - 1] = t;
		}
	return (v[ROUNDS / 2]);
}

static void
compare(const char *name, struct str text)
{
	AUTO_ARENA struct arena *a = arena_new();
	static hs_database_t *dbs[2];
	static hs_scratch_t *scratch;
	static struct scan_set *set;
	static struct scan_context *c;
	struct err err = ERR_INIT;
	double ours[ROUNDS], naive[ROUNDS], bytes[ROUNDS];
	double mib = (double)text.len / 1e6;
	size_t n_ours, n_naive;

	if (set == NULL) {
		dbs[0] = naive_database(a, HS_FLAG_UTF8);
		dbs[1] = naive_database(a, 0);
		if (hs_alloc_scratch(dbs[0], &scratch) != HS_SUCCESS ||
		    hs_alloc_scratch(dbs[1], &scratch) != HS_SUCCESS)
			exit(1);
		set = our_set();
		need(scan_context_new(set, &c, &err), &err);
	}
	(void)run_ours(c, a, text, &n_ours);
	for (unsigned i = 0; i < ROUNDS; i++) {
		ours[i] = run_ours(c, a, text, &n_ours);
		bytes[i] = run_naive(dbs[1], scratch, text, &n_naive);
		naive[i] = run_naive(dbs[0], scratch, text, &n_naive);
	}
	(void)printf("%-22.22s %7zu bytes  ours %6.1f MB/s (%zu unique)  naive"
	    " %6.1f MB/s (%zu)  ratio %.2f  naive on bytes %6.1f MB/s  ratio"
	    " %.2f\n", name, text.len, mib / median(ours), n_ours,
	    mib / median(naive), n_naive, median(naive) / median(ours),
	    mib / median(bytes), median(bytes) / median(ours));
}

/* The expression of type i. */
static void
put_regex(struct buf *b, unsigned i)
{
	buf_printf(b, "\\b%s\\d{%u}", i % 4 == 0 ? "[A-Z]{2}" : "", i % 5 + 3);
	switch (i % 3) {
	case 0:
		buf_printf(b, "(?:[ -]?\\d{%u}){2}", i % 7 + 2);
		break;
	case 1:
		buf_printf(b, "-\\d{%u}[A-Z]", i % 7 + 2);
		break;
	default:
		buf_printf(b, "/\\d{%u}\\.\\d{4}", i % 7 + 2);
		break;
	}
	buf_printf(b, "[%u-9]\\b", i % 6);
}

/* Keyword k of type i. */
static void
put_term(struct buf *b, unsigned i, unsigned k)
{
	buf_printf(b, "%s %x", keywords[(i + k) % N_RULES][k % TERMS],
	    i * 41 + k);
}

static void
make_package(struct buf *b, unsigned n)
{
	buf_z(b, "<RulePackage xmlns='http://schemas.microsoft.com/office/2011"
	    "/mce'><Rules>");
	for (unsigned i = 0; i < n; i++)
		buf_printf(b, "<Entity id='t%u' patternsProximity='300'>"
		    "<Pattern confidenceLevel='85'><IdMatch idRef='r%u'/>"
		    "<Match idRef='k%u'/></Pattern><Pattern"
		    " confidenceLevel='65'><IdMatch idRef='r%u'/></Pattern>"
		    "</Entity>", i, i, i, i);
	for (unsigned i = 0; i < n; i++) {
		buf_printf(b, "<Regex id='r%u'>", i);
		put_regex(b, i);
		buf_printf(b, "</Regex><Keyword id='k%u'><Group>", i);
		for (unsigned k = 0; k < TYPE_TERMS; k++) {
			buf_z(b, "<Term>");
			put_term(b, i, k);
			buf_z(b, "</Term>");
		}
		buf_z(b, "</Group></Keyword>");
	}
	buf_z(b, "</Rules></RulePackage>");
}

/* The same rules in one database: an expression and a list for each type. */
static hs_database_t *
naive_types(unsigned n, struct arena *a)
{
	const char **all = arena_array(a, n * 2, sizeof(*all));
	unsigned *flags = arena_array(a, n * 2, sizeof(*flags));
	unsigned *ids = arena_array(a, n * 2, sizeof(*ids));
	hs_compile_error_t *error = NULL;
	hs_database_t *db = NULL;

	for (unsigned i = 0; i < n; i++) {
		AUTO_BUF struct buf regex = BUF_INIT(1 << 16);
		AUTO_BUF struct buf words = BUF_INIT(1 << 16);

		put_regex(&regex, i);
		buf_z(&words, "\\b(?:");
		for (unsigned k = 0; k < TYPE_TERMS; k++) {
			buf_z(&words, k == 0 ? "" : "|");
			put_term(&words, i, k);
		}
		buf_z(&words, ")\\b");
		all[i * 2] = arena_str(a, buf_view(&regex)).p;
		all[i * 2 + 1] = arena_str(a, buf_view(&words)).p;
		flags[i * 2] = HS_FLAG_SOM_LEFTMOST;
		flags[i * 2 + 1] = HS_FLAG_SOM_LEFTMOST | HS_FLAG_CASELESS;
		ids[i * 2] = i * 2;
		ids[i * 2 + 1] = i * 2 + 1;
	}
	if (hs_compile_multi(all, flags, ids, n * 2, HS_MODE_BLOCK, NULL, &db,
	    &error) != HS_SUCCESS) {
		(void)fprintf(stderr, "bench/scan: %s\n", error->message);
		exit(1);
	}
	return (db);
}

/* One text, all types, ours against naive. */
static void
compare_types(unsigned n, struct scan_context *c, struct str text)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_ARENA struct arena *results = arena_new();
	double from = cpu_s(), ours[ROUNDS], naive[ROUNDS];
	double mb = (double)text.len / 1e6;
	hs_database_t *db = naive_types(n, a);
	double compiling = cpu_s() - from;
	hs_scratch_t *scratch = NULL;
	size_t found;

	if (hs_alloc_scratch(db, &scratch) != HS_SUCCESS)
		exit(1);
	for (unsigned i = 0; i < ROUNDS; i++) {
		ours[i] = run_ours(c, results, text, &found);
		naive[i] = run_naive(db, scratch, text, &found);
	}
	(void)printf("%u types, %zu bytes       ours %6.1f MB/s  naive %6.1f"
	    " MB/s (compiled in %.2f s)  ratio %.2f\n", n, text.len,
	    mb / median(ours), mb / median(naive), compiling,
	    median(naive) / median(ours));
	(void)hs_free_scratch(scratch);
	(void)hs_free_database(db);
}

/* Build n types and say how long it took, and what a small text costs. */
static void
types(unsigned n, struct str text, struct str large, struct str table)
{
	AUTO_BUF struct buf package = BUF_INIT(16 << 20);
	AUTO_ARENA struct arena *a = arena_new();
	struct scan_builder *b = scan_builder_new();
	struct scan_context *c = NULL;
	struct scan_set *s = NULL;
	struct err err = ERR_INIT;
	double from, took[ROUNDS];
	size_t number, n_found;

	make_package(&package, n);
	from = cpu_s();
	need(scan_add_package(b, buf_view(&package), "bench", &err), &err);
	for (unsigned i = 0; i < n; i++)
		need(scan_want_type(b, str_of(arena_printf(a, "t%u", i)),
		    &number, &err), &err);
	need(scan_compile(&b, &s, &err), &err);
	(void)printf("compiling %u types, %u keywords: %.2f s\n", n,
	    n * TYPE_TERMS, cpu_s() - from);
	need(scan_context_new(s, &c, &err), &err);
	for (unsigned i = 0; i < ROUNDS; i++) {
		from = cpu_s();
		for (unsigned k = 0; k < 100; k++)
			(void)run_ours(c, a, text, &n_found);
		took[i] = (cpu_s() - from) / 100;
	}
	(void)printf("%zu bytes of text with %u types: %.3f ms of CPU\n",
	    text.len, n, median(took) * 1e3);
	compare_types(n, c, large);
	compare_types(n, c, table);
	scan_context_free(&c);
	scan_set_free(&s);
}

/* "regex EXPRESSION" and "words WORD|WORD...", one line each. */
static void
print_rules(void)
{
	for (unsigned i = 0; i < N_RULES; i++)
		(void)printf("regex %s\nregex %s\nwords %s|%s|%s|%s|%s\n",
		    tokens[i], numbers[i], keywords[i][0], keywords[i][1],
		    keywords[i][2], keywords[i][3], keywords[i][4]);
}

int
main(int argc, char **argv)
{
	AUTO_BUF struct buf mail = BUF_INIT(2 * TEXT_BYTES);
	AUTO_BUF struct buf table = BUF_INIT(2 * TEXT_BYTES);

	if (argc == 2 && strcmp(argv[1], "--rules") == 0) {
		print_rules();
		return (0);
	}
	make_mail(&mail, TEXT_BYTES);
	make_table(&table, TEXT_BYTES);
	compare("mail", buf_view(&mail));
	compare("mail, 16 KiB", str_make(mail.p, SMALL_BYTES));
	compare("table of numbers", buf_view(&table));
	for (int i = 1; i < argc; i++) {
		AUTO_BUF struct buf file = BUF_INIT(64 << 20);
		struct err err = ERR_INIT;

		need(sys_read_file(argv[i], &file, &err), &err);
		compare(argv[i], str_sub(buf_view(&file), 0,
		    SCAN_MAX_TEXT_BYTES));
	}
	types(100, str_make(mail.p, SMALL_BYTES), buf_view(&mail),
	    buf_view(&table));
	types(500, str_make(mail.p, SMALL_BYTES), buf_view(&mail),
	    buf_view(&table));
	return (0);
}
