/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/decide POLICY FILE|FOLDER...: what judging messages costs: each file,
 * and each message of a folder, is read and judged for one recipient outside,
 * in this process and on one core. One JSON object for each argument.
 */
#include <dirent.h>
#include <time.h>

#include "base/sys.h"
#include "policy/policy.h"

#define ROUNDS 5
#define MESSAGES_MAX 4096
#define FILE_MAX (64u << 20)
#define SHORT_S 0.05	/* a round takes at least so long */

struct messages {
	struct str bytes[MESSAGES_MAX];
	size_t n, total;
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
	(void)fprintf(stderr, "bench/decide: %s\n", err->msg);
	exit(1);
}

static void
add_file(struct messages *m, const char *path, struct arena *a)
{
	AUTO_BUF struct buf bytes = BUF_INIT(FILE_MAX);
	struct err err = ERR_INIT;

	if (m->n == MESSAGES_MAX)
		return;
	need(sys_read_file(path, &bytes, &err), &err);
	m->bytes[m->n++] = arena_str(a, buf_view(&bytes));
	m->total += bytes.len;
}

static void
add_all(struct messages *m, const char *path, struct arena *a)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (d == NULL) {
		add_file(m, path, a);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		size_t len = strlen(e->d_name);

		if (len > 4 && strcmp(e->d_name + len - 4, ".eml") == 0)
			add_file(m, arena_printf(a, "%s/%s", path, e->d_name),
			    a);
	}
	(void)closedir(d);
}

/* Seconds for all messages; those that only judging took in *judging. */
static double
judge(const struct policy *p, const struct messages *m, size_t *hits,
    double *judging)
{
	double from = cpu_s(), start;

	for (size_t i = 0; i < m->n; i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct policy_question q = { .client = STR_LIT("192.0.2.1"),
			.now_ms = 1764000000000, .arena = a };
		struct address sender, recipient;
		struct letter *letter;
		struct verdict v;
		struct err err = ERR_INIT;

		need(address_parse(STR_LIT("anna@own.example"), a, &sender,
		    &err), &err);
		need(address_parse(STR_LIT("bob@else.example"), a, &recipient,
		    &err), &err);
		if (letter_parse(m->bytes[i], a, &letter, &err) != 0)
			continue;
		q.letter = letter;
		q.sender = &sender;
		q.recipient = &recipient;
		start = cpu_s();
		policy_decide(p, &q, &v);
		*judging += cpu_s() - start;
		for (const struct policy_hit *h = v.hits; h != NULL;
		    h = h->next)
			++*hits;
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
measure(const struct policy *p, const char *path)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct messages *m = must_calloc(1, sizeof(*m));
	double all[ROUNDS], judging[ROUNDS];
	size_t hits = 0, turns;
	double once = 0;

	add_all(m, path, a);
	if (m->n == 0) {
		free(m);
		return;
	}
	turns = 1 + (size_t)(SHORT_S / (judge(p, m, &hits, &once) + 1e-6));
	for (size_t i = 0; i < ROUNDS; i++) {
		all[i] = judging[i] = 0;
		for (size_t k = 0; k < turns; k++) {
			hits = 0;
			all[i] += judge(p, m, &hits, &judging[i]);
		}
		all[i] /= (double)(turns * m->n);
		judging[i] /= (double)(turns * m->n);
	}
	(void)printf("{\"path\":\"%s\",\"messages\":%zu,\"bytes\":%zu,"
	    "\"hits\":%zu,\"per_s\":%.1f,\"ms\":%.4f,"
	    "\"decide_ms\":%.4f}\n", path, m->n, m->total, hits,
	    1 / median(all), median(all) * 1e3, median(judging) * 1e3);
	free(m);
}

int
main(int argc, char **argv)
{
	struct policy *p = NULL;
	struct err err = ERR_INIT;
	double from = cpu_s();

	if (argc < 3)
		return (2);
	need(policy_load(argv[1], &p, &err), &err);
	(void)fprintf(stderr, "bench/decide: policy compiled in %.2f s\n",
	    cpu_s() - from);
	for (int i = 2; i < argc; i++)
		measure(p, argv[i]);
	policy_free(&p);
	return (0);
}
