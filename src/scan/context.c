/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context: one thread's memory for scanning, and one text's way through it.
 *
 * Runs wherever texts are scanned. Security: holds plaintext from scan_text()'s
 * beginning to its end, wiped there; what is found is places and numbers.
 */
#include <stdlib.h>

#include "scan/exact.h"
#include "scan/letters.h"
#include "scan/set.h"
#include "scan/tally.h"

#define MATCH_LIMIT 200000	/* steps of PCRE2 for one search */
#define HEAP_LIMIT_KIB 16384
#define JIT_STACK_MIN 32768
#define JIT_STACK_MAX 1048576

int
scan_context_new(const struct scan_set *s, struct scan_context **out,
    struct err *err)
{
	struct scan_context *c = must_calloc(1, sizeof(*c));

	c->set = s;
	normal_init(&c->normal);
	c->needles = must_calloc(s->n_needles + 1, sizeof(*c->needles));
	c->users = must_calloc(s->n_users + 1, sizeof(*c->users));
	c->first = must_calloc(s->n_finders + 2, sizeof(*c->first));
	c->longest = must_calloc(s->n_finders + 1, sizeof(*c->longest));
	c->tally = must_calloc(1, sizeof(*c->tally));
	c->match_data = pcre2_match_data_create(64, NULL);
	c->match_context = pcre2_match_context_create(NULL);
	must(c->match_data != NULL && c->match_context != NULL);
	(void)pcre2_set_match_limit(c->match_context, MATCH_LIMIT);
	(void)pcre2_set_heap_limit(c->match_context, HEAP_LIMIT_KIB);
	c->jit_stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX,
	    NULL);
	if (c->jit_stack != NULL)
		pcre2_jit_stack_assign(c->match_context, NULL, c->jit_stack);
	if (s->scratch != NULL &&
	    hs_clone_scratch(s->scratch, &c->scratch) != HS_SUCCESS) {
		scan_context_free(&c);
		return (err_set(err, ERR_TEMP, "no memory to scan with"));
	}
	*out = c;
	return (0);
}

void
scan_context_free(struct scan_context **out)
{
	struct scan_context *c = *out;

	if (c == NULL)
		return;
	normal_done(&c->normal);
	classes_done(&c->classes);
	(void)hs_free_scratch(c->scratch);
	pcre2_match_data_free(c->match_data);
	pcre2_match_context_free(c->match_context);
	pcre2_jit_stack_free(c->jit_stack);
	free(c->needles);
	free(c->users);
	free(c->found);
	free(c->sorted);
	free(c->first);
	free(c->longest);
	free(c->words);
	free(c->tally);
	exact_memo_free(&c->memo);
	free(c->prints);
	free(c);
	*out = NULL;
}

uint64_t
context_value(const char *text, size_t at, size_t end)
{
	return (lexicon_value(str_make(text + at, end - at)));
}

static void
grow_found(struct scan_context *c)
{
	size_t cap = c->cap_found == 0 ? 256 : c->cap_found * 2;
	struct occurrence *fresh = must_calloc(cap, sizeof(*fresh));

	if (c->n_found > 0)
		memcpy(fresh, c->found, c->n_found * sizeof(*fresh));
	free(c->found);
	free(c->sorted);
	c->found = fresh;
	c->sorted = must_calloc(cap, sizeof(*c->sorted));
	c->cap_found = cap;
}

void
context_add(struct scan_context *c, uint32_t finder, uint32_t at,
    uint32_t end, uint64_t value)
{
	if (c->n_found == SET_MAX_OCCURRENCES) {
		c->has_given_up = true;
		return;
	}
	if (c->n_found == c->cap_found)
		grow_found(c);
	c->found[c->n_found++] = (struct occurrence){ .finder = finder,
		.at = at, .end = end, .value = value };
}

/* ---- sorting ---------------------------------------------------------- */

static int
by_place(const void *left, const void *right)
{
	const struct occurrence *a = left, *b = right;

	if (a->at != b->at)
		return (a->at < b->at ? -1 : 1);
	return (a->end < b->end ? -1 : a->end > b->end);
}

/* Order one finder's occurrences and drop what is there twice; how many stay.
 * They mostly come in order. */
static uint32_t
order(struct occurrence *o, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t i = 1; i < n; i++) {
		if (by_place(&o[i - 1], &o[i]) > 0) {
			qsort(o, n, sizeof(*o), by_place);
			break;
		}
	}
	for (uint32_t i = 0; i < n; i++)
		if (kept == 0 || by_place(&o[kept - 1], &o[i]) != 0)
			o[kept++] = o[i];
	return (kept);
}

/* By finder, then by place; places in characters. */
static void
sort_found(struct scan_context *c)
{
	size_t n_finders = c->set->n_finders;
	uint32_t to = 0;

	memset(c->first, 0, (n_finders + 2) * sizeof(*c->first));
	memset(c->longest, 0, (n_finders + 1) * sizeof(*c->longest));
	if (c->n_found == 0)
		return;
	for (size_t i = 0; i < c->n_found; i++)
		c->first[c->found[i].finder + 2]++;
	for (size_t f = 2; f < n_finders + 2; f++)
		c->first[f] += c->first[f - 1];
	for (size_t i = 0; i < c->n_found; i++)
		c->sorted[c->first[c->found[i].finder + 1]++] = c->found[i];
	/* Now first[f] is where finder f begins, before any are dropped. */
	for (size_t f = 0; f < n_finders; f++) {
		uint32_t from = c->first[f], end = c->first[f + 1];
		uint32_t n = order(c->sorted + from, end - from);

		memmove(c->sorted + to, c->sorted + from,
		    n * sizeof(*c->sorted));
		c->first[f] = to;
		to += n;
	}
	c->first[n_finders] = to;
	for (size_t i = 0; i < to; i++) {
		struct occurrence *o = &c->sorted[i];

		o->char_at = c->normal.is_ascii ? o->at :
		    classes_char_index(&c->classes, o->at);
		o->char_end = c->normal.is_ascii ? o->end :
		    classes_char_index(&c->classes, o->end);
		c->longest[o->finder] = MAX_OF(c->longest[o->finder],
		    o->char_end - o->char_at);
	}
}

/* ---- one text --------------------------------------------------------- */

static void
report_lists(struct scan_context *c, struct arena *a, struct scan_result *out)
{
	const struct scan_set *s = c->set;

	out->hits = arena_array(a, s->n_lists + 1, sizeof(*out->hits));
	for (size_t i = 0; i < s->n_lists; i++) {
		uint32_t f = s->list_finders[i];
		uint32_t from = c->first[f], end = c->first[f + 1];
		struct scan_hit *hit = &out->hits[out->n_hits];

		if (from == end)
			continue;
		tally_begin(c->tally);
		for (uint32_t k = from; k < end; k++)
			(void)tally_add(c->tally, c->sorted[k].value);
		hit->list = i;
		hit->count = c->tally->n;
		hit->first = normal_place(&c->normal, c->sorted[from].at,
		    c->sorted[from].end);
		out->n_hits++;
	}
}

static void
reset(struct scan_context *c)
{
	const struct scan_set *s = c->set;

	memset(c->needles, 0, s->n_needles * sizeof(*c->needles));
	memset(c->users, 0, s->n_users * sizeof(*c->users));
	c->n_found = 0;
	c->has_given_up = c->has_given_up_time = false;
	c->has_prints = false;
	c->n_searches = 0;
	c->deadline_ms = 0;
	c->n_steps = 0;
}

void
scan_text(struct scan_context *c, struct str text, struct arena *a,
    struct scan_result *out)
{
	*out = (struct scan_result){ .types = NULL };
	reset(c);
	normal_set(&c->normal, text);
	classes_set(&c->classes, c->normal.text, c->normal.len);
	vector_scan(c);
	sort_found(c);
	report_lists(c, a, out);
	match_types(c, a, out);
	out->is_cut = c->normal.is_cut || c->has_given_up;
	normal_wipe(&c->normal);
}
