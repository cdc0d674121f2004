/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/packs PACKS FOLDER...: all types of the rule packages in the folder
 * PACKS on the texts of the messages in each other folder, against one naive
 * Hyperscan database that holds the same.
 *
 * The naive database has every expression, every function's pattern and every
 * keyword list of the same types, with their boundaries in the expression and
 * HS_FLAG_SOM_LEFTMOST, and gets the same UTF-8 text. It knows no checksums
 * and no proximity, does not normalise and counts nothing. Where Hyperscan
 * refuses an expression with a beginning or a boundary of all languages, it
 * gets it without, which is faster; how many is printed.
 */
#include <dirent.h>
#include <hs/hs.h>
#include <time.h>

#include "base/sys.h"
#include "mime/letter.h"
#include "scan/pattern.h"
#include "scan/rulepack.h"
#include "scan/scan.h"
#include "scan/validators.h"

#define ROUNDS 7
#define SMALL_BYTES 16384u
#define NAMES_MAX 4096
#define RULES_MAX 8192
#define FILE_MAX (64u << 20)

struct naive {
	const char *expressions[RULES_MAX];
	unsigned flags[RULES_MAX], ids[RULES_MAX], n, n_lesser;
	hs_database_t *db;
	hs_scratch_t *scratch;
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
	(void)fprintf(stderr, "bench/packs: %s\n", err->msg);
	exit(1);
}

/* ---- files ------------------------------------------------------------- */

static int
by_name(const void *left, const void *right)
{
	return (strcmp(*(const char *const *)left,
	    *(const char *const *)right));
}

/* Paths of the files of a folder that end so, sorted. */
static size_t
paths_in(const char *folder, const char *ending, struct arena *a,
    const char **paths)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	size_t n = 0;

	if (d == NULL)
		return (0);
	while ((e = readdir(d)) != NULL && n < NAMES_MAX) {
		size_t len = strlen(e->d_name), end = strlen(ending);

		if (len > end && strcmp(e->d_name + len - end, ending) == 0)
			paths[n++] = arena_printf(a, "%s/%s", folder,
			    e->d_name);
	}
	(void)closedir(d);
	qsort(paths, n, sizeof(*paths), by_name);
	return (n);
}

static void
add_text(const struct letter_part *part, struct buf *out)
{
	AUTO_BUF struct buf text = BUF_INIT(FILE_MAX);
	struct err err = ERR_INIT;

	if (part == NULL || letter_text(part, &text, &err) != 0)
		return;
	buf_str(out, str_sub(buf_view(&text), 0,
	    SCAN_MAX_TEXT_BYTES - out->len));
}

/* The texts of the messages of a folder, as much as is scanned of one. */
static void
read_texts(const char *folder, struct buf *out)
{
	AUTO_ARENA struct arena *a = arena_new();
	const char **paths = arena_array(a, NAMES_MAX, sizeof(*paths));
	size_t n = paths_in(folder, ".eml", a, paths);

	for (size_t i = 0; i < n; i++) {
		AUTO_BUF struct buf bytes = BUF_INIT(FILE_MAX);
		struct letter *letter;
		struct letter_view view;
		struct err err = ERR_INIT;

		need(sys_read_file(paths[i], &bytes, &err), &err);
		if (letter_parse(buf_view(&bytes), a, &letter, &err) != 0)
			continue;
		letter_view(letter, a, &view);
		add_text(view.text != NULL ? view.text : view.html, out);
	}
}

/* ---- the naive database ------------------------------------------------ */

static bool
is_accepted(const char *expression, unsigned flags)
{
	hs_database_t *db = NULL;
	hs_compile_error_t *error = NULL;

	if (hs_compile(expression, flags, HS_MODE_BLOCK, NULL, &db, &error) !=
	    HS_SUCCESS) {
		(void)hs_free_compile_error(error);
		return (false);
	}
	(void)hs_free_database(db);
	return (true);
}

/* An expression with the strictest flags it compiles with. */
static void
add_rule(struct naive *v, const char *expression, unsigned flags)
{
	static const unsigned ways[] = {
		HS_FLAG_SOM_LEFTMOST,
		HS_FLAG_SOM_LEFTMOST | HS_FLAG_UTF8,
		HS_FLAG_SOM_LEFTMOST | HS_FLAG_UTF8 | HS_FLAG_UCP,
		HS_FLAG_UTF8, HS_FLAG_PREFILTER | HS_FLAG_UTF8 };

	for (unsigned i = 0; i < COUNT_OF(ways); i++) {
		if (!is_accepted(expression, ways[i] | flags))
			continue;
		must(v->n < RULES_MAX);
		v->expressions[v->n] = expression;
		v->flags[v->n] = ways[i] | flags;
		v->ids[v->n] = v->n;
		v->n++;
		v->n_lesser += i > 2;
		return;
	}
	v->n_lesser++;
}

/* The terms of a list that are of one style and case. */
static void
add_words(struct naive *v, const struct rule_processor *p, bool is_word,
    bool is_case_sensitive, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(FILE_MAX);
	bool is_first = true;

	buf_z(&b, is_word ? "\\b(?:" : "(?:");
	for (const struct rule_term *t = p->terms; t != NULL; t = t->next) {
		struct str escaped = pattern_escape(t->text, a);

		if (t->is_word != is_word ||
		    t->is_case_sensitive != is_case_sensitive)
			continue;
		buf_z(&b, is_first ? "" : "|");
		buf_str(&b, escaped);
		is_first = false;
	}
	buf_z(&b, is_word ? ")\\b" : ")");
	if (!is_first)
		add_rule(v, arena_str(a, buf_view(&b)).p,
		    is_case_sensitive ? 0 : HS_FLAG_CASELESS);
}

static void
add_function(struct naive *v, struct str name, struct str *seen,
    size_t *n_seen, struct arena *a)
{
	const struct validator *f = validator_find(name);

	if (f == NULL)
		return;
	for (size_t i = 0; i < *n_seen; i++)
		if (str_eq(seen[i], str_of(f->name)))
			return;
	must(*n_seen < NAMES_MAX);
	seen[(*n_seen)++] = str_of(f->name);
	add_rule(v, arena_printf(a, "\\b(?:%s)\\b", f->pattern), 0);
}

static void
add_clauses(struct naive *v, const struct rule_clause *m, struct str *seen,
    size_t *n_seen, struct arena *a)
{
	for (; m != NULL; m = m->next) {
		if (m->is_any)
			add_clauses(v, m->child, seen, n_seen, a);
		else
			add_function(v, m->ref, seen, n_seen, a);
	}
}

static void
add_pack(struct naive *v, const struct rulepack *p, struct str *seen,
    size_t *n_seen, struct arena *a)
{
	for (const struct rule_processor *r = p->processors; r != NULL;
	    r = r->next) {
		if (r->kind == RULE_REGEX)
			add_rule(v, arena_str(a, r->regex).p, 0);
		for (unsigned i = 0; r->kind == RULE_KEYWORD && i < 4; i++)
			add_words(v, r, (i & 1) != 0, (i & 2) != 0, a);
	}
	for (const struct rule_type *t = p->types; t != NULL; t = t->next) {
		for (const struct rule_pattern *q = t->patterns; q != NULL;
		    q = q->next) {
			add_function(v, q->ref, seen, n_seen, a);
			add_clauses(v, q->clauses, seen, n_seen, a);
		}
	}
}

static void
compile_naive(struct naive *v)
{
	hs_compile_error_t *error = NULL;

	if (hs_compile_multi(v->expressions, v->flags, v->ids, v->n,
	    HS_MODE_BLOCK, NULL, &v->db, &error) != HS_SUCCESS) {
		(void)fprintf(stderr, "bench/packs: %s\n", error->message);
		exit(1);
	}
	if (hs_alloc_scratch(v->db, &v->scratch) != HS_SUCCESS)
		exit(1);
}

/* ---- both -------------------------------------------------------------- */

/* Compile all types of all packages, ours and theirs. */
static struct scan_set *
compile_packs(const char *folder, struct naive *v, struct arena *a)
{
	const char **paths = arena_array(a, NAMES_MAX, sizeof(*paths));
	struct str *seen = arena_array(a, NAMES_MAX, sizeof(*seen));
	size_t n = paths_in(folder, ".xml", a, paths), n_seen = 0, n_types;
	struct scan_builder *b = scan_builder_new();
	const struct scan_type *known;
	struct scan_set *s = NULL;
	struct err err = ERR_INIT;
	double from;
	size_t number;

	for (size_t i = 0; i < n; i++) {
		AUTO_BUF struct buf xml = BUF_INIT(RULEPACK_MAX_BYTES);
		struct rulepack *pack;

		need(sys_read_file(paths[i], &xml, &err), &err);
		need(scan_add_package(b, buf_view(&xml), paths[i], &err),
		    &err);
		need(rulepack_read(buf_view(&xml), paths[i], a, &pack, &err),
		    &err);
		add_pack(v, pack, seen, &n_seen, a);
	}
	known = scan_builder_types(b, &n_types);
	for (size_t i = 0; i < n_types; i++)
		need(scan_want_type(b, known[i].name, &number, &err), &err);
	from = cpu_s();
	need(scan_compile(&b, &s, &err), &err);
	(void)printf("%zu types: compiled in %.2f s; ", n_types,
	    cpu_s() - from);
	from = cpu_s();
	compile_naive(v);
	(void)printf("naive, %u expressions (%u looser): %.2f s\n", v->n,
	    v->n_lesser, cpu_s() - from);
	return (s);
}

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

/* Seconds for a text in pieces of so many bytes. */
static double
run_naive(const struct naive *v, struct str text, size_t piece, size_t *n)
{
	double from = cpu_s();

	*n = 0;
	for (size_t at = 0; at < text.len; at += piece)
		if (hs_scan(v->db, text.p + at, (unsigned)MIN_OF(piece,
		    text.len - at), 0, v->scratch, count_one, n) !=
		    HS_SUCCESS)
			exit(1);
	return (cpu_s() - from);
}

static double
run_ours(struct scan_context *c, struct arena *a, struct str text,
    size_t piece, size_t *n)
{
	double from = cpu_s();

	*n = 0;
	for (size_t at = 0; at < text.len; at += piece) {
		struct scan_result r;

		arena_reset(a);
		scan_text(c, str_sub(text, at, piece), a, &r);
		for (size_t i = 0; i < r.n_types; i++)
			*n += r.types[i].count[0];
	}
	return (cpu_s() - from);
}

static int
by_size(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a < b ? -1 : a > b);
}

static double
median(double *v)
{
	qsort(v, ROUNDS, sizeof(*v), by_size);
	return (v[ROUNDS / 2]);
}

static void
compare(const char *name, const struct naive *v, struct scan_context *c,
    struct str text, size_t piece)
{
	AUTO_ARENA struct arena *a = arena_new();
	double ours[ROUNDS], naive[ROUNDS], mb = (double)text.len / 1e6;
	size_t n_ours, n_naive;

	(void)run_ours(c, a, text, piece, &n_ours);
	for (unsigned i = 0; i < ROUNDS; i++) {
		ours[i] = run_ours(c, a, text, piece, &n_ours);
		naive[i] = run_naive(v, text, piece, &n_naive);
	}
	(void)printf("%-30.30s %8zu %8zu %8.1f %8.1f %6.2fx  %zu / %zu\n",
	    name, text.len, piece, mb / median(ours), mb / median(naive),
	    median(naive) / median(ours), n_ours, n_naive);
}

int
main(int argc, char **argv)
{
	AUTO_ARENA struct arena *a = arena_new();
	static struct naive naive;
	struct scan_context *c = NULL;
	struct scan_set *s;
	struct err err = ERR_INIT;

	if (argc < 3)
		return (2);
	s = compile_packs(argv[1], &naive, a);
	need(scan_context_new(s, &c, &err), &err);
	(void)printf("%-30s %8s %8s %8s %8s %7s  found\n", "text", "bytes",
	    "at once", "ours", "naive", "ratio");
	for (int i = 2; i < argc; i++) {
		AUTO_BUF struct buf text = BUF_INIT(SCAN_MAX_TEXT_BYTES);

		read_texts(argv[i], &text);
		if (text.len == 0)
			continue;
		compare(argv[i], &naive, c, buf_view(&text),
		    SCAN_MAX_TEXT_BYTES);
		compare(argv[i], &naive, c, buf_view(&text), SMALL_BYTES);
	}
	scan_context_free(&c);
	scan_set_free(&s);
	(void)hs_free_scratch(naive.scratch);
	(void)hs_free_database(naive.db);
	return (0);
}
