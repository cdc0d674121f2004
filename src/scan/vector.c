/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vector: which database an expression goes into, and the databases;
 * vectorscan.c passes texts through them.
 *
 * No database reports where a match begins: that costs more than everything
 * else together. Ends come out, and confirm.c finds the beginnings of the few
 * that are real. Short rules that begin where a word does, the most frequent
 * kind, need no database at all (anchored.c), and those that turn on one
 * character ("@") need none either (hinge.c); other numeric ones see only the
 * neighbourhood of digits.
 *
 * Runs wherever texts are scanned. Security: expressions are strangers', texts
 * are anybody's; Hyperscan is linear, PCRE2 has limits (confirm.c).
 * Standards: none; doc/decisions/0006-scanning.md has the measurements.
 */
#include <stdlib.h>

#include "scan/set.h"

#define LITERAL_MIN 3	/* letters in a row that are worth jumping to */

/* ---- one needle ------------------------------------------------------- */

static unsigned
hs_flags(const struct needle *n)
{
	unsigned flags = 0;

	if (n->is_caseless)
		flags |= HS_FLAG_CASELESS;
	if (n->kind == SET_LITERAL)
		return (flags);
	if (n->p.needs_utf)
		flags |= HS_FLAG_UTF8 | HS_FLAG_UCP;
	if (n->p.has_anchor)
		flags |= HS_FLAG_MULTILINE;
	if (n->is_prefilter)
		flags |= HS_FLAG_PREFILTER | HS_FLAG_SINGLEMATCH;
	return (flags);
}

static int
compile_code(struct needle *n, struct err *err)
{
	uint32_t options = PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;
	bool is_simple = !n->p.needs_utf && !n->p.has_anchor &&
	    !n->p.has_first_edge && !n->p.has_last_edge;
	uint32_t can_be_empty = 0;
	PCRE2_SIZE at;
	int code;

	if (!is_simple)
		options |= PCRE2_UTF | PCRE2_UCP;
	if (n->is_caseless)
		options |= PCRE2_CASELESS;
	options |= n->is_function ? PCRE2_ANCHORED | PCRE2_ENDANCHORED :
	    PCRE2_USE_OFFSET_LIMIT;
	n->code = pcre2_compile((PCRE2_SPTR)n->p.full.p, n->p.full.len,
	    options, &code, &at, NULL);
	if (n->code == NULL) {
		PCRE2_UCHAR text[120] = "";

		(void)pcre2_get_error_message(code, text, sizeof(text));
		return (err_set(err, ERR_INPUT, "%s at character %zu",
		    (const char *)text, at + 1));
	}
	(void)pcre2_pattern_info(n->code, PCRE2_INFO_MATCHEMPTY,
	    &can_be_empty);
	if (can_be_empty != 0)
		return (err_set(err, ERR_INPUT, "also matches no text at"
		    " all"));
	/* Where memory may not be made executable it interprets instead. */
	(void)pcre2_jit_compile(n->code, PCRE2_JIT_COMPLETE);
	return (0);
}

/* Ask Hyperscan for the widths. False: it does not take the expression. */
static bool
ask_widths(struct needle *n)
{
	hs_expr_info_t *info = NULL;
	hs_compile_error_t *error = NULL;

	if (hs_expression_info(n->p.body.p, hs_flags(n), &info, &error) !=
	    HS_SUCCESS) {
		(void)hs_free_compile_error(error);
		return (false);
	}
	n->min = info->min_width;
	n->max = info->max_width;
	free(info);
	return (true);
}

/* Numbers, mostly: no database needs to see them. */
static bool
is_anchored(const struct needle *n)
{
	/* A function's match is never longer than that (confirm.c). */
	return ((n->is_function || (n->p.has_first_edge &&
	    n->max <= ANCHORED_BYTES)) && !n->p.needs_utf &&
	    !n->p.has_anchor && anchored_takes(n->p.body, n->is_caseless));
}

static enum set_kind
database_of(const struct needle *n)
{
	bool is_near_digits = !n->p.has_anchor && !n->is_prefilter &&
	    n->p.digits > 0;

	if (is_near_digits && n->p.digits >= SET_NUMBER_DIGITS &&
	    n->max <= SET_NUMBER_BYTES)
		return (SET_NUMBER);
	if (n->p.literal >= LITERAL_MIN)
		return (SET_TOKEN);
	return (is_near_digits && n->max <= SET_FEW_BYTES ? SET_FEW :
	    SET_OTHER);
}

/* Can a database hold it, exactly or with too much? */
static bool
is_for_database(struct needle *n)
{
	n->is_prefilter = n->p.is_strange;
	if (memchr(n->p.body.p, '\0', n->p.body.len) != NULL)
		return (false);
	if (ask_widths(n))
		return (true);
	/* \b of all languages inside: find too much, then look. */
	n->is_prefilter = true;
	return (ask_widths(n));
}

static void
choose_kind(struct needle *n)
{
	n->is_fixed = !n->p.has_anchor && !n->is_prefilter &&
	    n->min == n->max;
	n->kind = database_of(n);
	if ((n->kind != SET_TOKEN || n->is_function) && is_anchored(n))
		n->kind = SET_ANCHORED;
	else if (n->kind == SET_OTHER && !n->is_function &&
	    !n->is_prefilter && !n->p.has_anchor && !n->p.needs_utf &&
	    hinge_read(n->p.body, n->is_caseless, &n->hinge))
		n->kind = SET_HINGE;
}

int
vector_prepare(struct needle *n, struct err *err)
{
	if (n->kind == SET_LITERAL) {
		n->min = n->max = (uint32_t)n->p.full.len;
		n->is_fixed = true;
		return (0);
	}
	if (compile_code(n, err) != 0)
		return (-1);
	n->kind = is_for_database(n) ? SET_OTHER : SET_ALONE;
	if (n->is_function && (n->is_prefilter || n->kind == SET_ALONE))
		return (err_set(err, ERR_INPUT, "the expression of a function"
		    " must not look around or refer back"));
	if (n->kind == SET_ALONE)
		return (0);
	choose_kind(n);
	return (0);
}

/* ---- databases -------------------------------------------------------- */

struct group {
	const char **expressions;
	unsigned *flags, *ids;
	size_t *lens;
	unsigned n;
	bool is_literal;
};

static hs_database_t *
compile_group(const struct group *g, unsigned from, unsigned n)
{
	hs_database_t *db = NULL;
	hs_compile_error_t *error = NULL;
	hs_error_t rc;

	if (g->is_literal)
		rc = hs_compile_lit_multi(g->expressions + from,
		    g->flags + from, g->ids + from, g->lens + from, n,
		    HS_MODE_BLOCK, NULL, &db, &error);
	else
		rc = hs_compile_multi(g->expressions + from, g->flags + from,
		    g->ids + from, n, HS_MODE_BLOCK, NULL, &db, &error);
	if (rc == HS_SUCCESS)
		return (db);
	(void)hs_free_compile_error(error);
	return (NULL);
}

/* Compile [from, from + n) into as few databases as the compiler takes; one
 * that it does not take at all is left to PCRE2. */
static void
compile_range(struct scan_set *s, const struct group *g, unsigned from,
    unsigned n, hs_database_t **to, size_t *n_to)
{
	hs_database_t *db;

	if (n == 0)
		return;
	db = compile_group(g, from, n);
	if (db != NULL) {
		to[(*n_to)++] = db;
	} else if (n == 1) {
		struct needle *one = &s->needles[g->ids[from]];

		one->kind = SET_ALONE;
		one->is_fixed = false;
	} else {
		compile_range(s, g, from, n / 2, to, n_to);
		compile_range(s, g, from + n / 2, n - n / 2, to, n_to);
	}
}

static void
compile_kind(struct scan_set *s, enum set_kind kind)
{
	struct arena *a = s->arena;
	size_t n = s->n_needles;
	struct group g = {
		.expressions = arena_array(a, n + 1, sizeof(char *)),
		.flags = arena_array(a, n + 1, sizeof(unsigned)),
		.ids = arena_array(a, n + 1, sizeof(unsigned)),
		.lens = arena_array(a, n + 1, sizeof(size_t)),
		.is_literal = kind == SET_LITERAL,
	};
	struct set_databases *into;

	for (size_t i = 0; i < n; i++) {
		const struct needle *needle = &s->needles[i];

		if (needle->kind != kind)
			continue;
		g.expressions[g.n] = needle->p.body.p;
		g.lens[g.n] = needle->p.body.len;
		g.flags[g.n] = hs_flags(needle);
		g.ids[g.n++] = (unsigned)i;
	}
	into = kind == SET_NUMBER ? &s->number : kind == SET_FEW ? &s->few :
	    &s->all;
	compile_range(s, &g, 0, g.n, into->dbs, &into->n);
}

/* As compile_range(); one that is too large alone goes to a database. */
static void
compile_anchored(struct scan_set *s, const struct anchored_rule *rules,
    size_t n, unsigned digits)
{
	struct anchored *d = n > 0 ? anchored_compile(rules, n, digits,
	    s->arena) : NULL;

	if (d != NULL) {
		s->anchored[s->n_anchored++] = d;
	} else if (n == 1) {
		struct needle *one = &s->needles[rules->id];

		one->kind = database_of(one);
	} else if (n > 1) {
		compile_anchored(s, rules, n / 2, digits);
		compile_anchored(s, rules + n / 2, n - n / 2, digits);
	}
}

/* How many digits must be near the beginning of a match: some, many or none.
 * More kinds would find less, and each costs a pass over the text. */
static unsigned
near_digits(const struct needle *n)
{
	if (n->max > CLASSES_BLOCK || n->p.digits == 0)
		return (0);
	return (n->p.digits < SET_NUMBER_DIGITS ? 1 : SET_NUMBER_DIGITS);
}

/* Those that need many digits, which are most, apart from those that need
 * few or none: most beginnings are only tried for these. */
static void
compile_all_anchored(struct scan_set *s)
{
	static const unsigned kinds[] = { 0, 1, SET_NUMBER_DIGITS };
	struct anchored_rule *rules = arena_array(s->arena, s->n_needles + 1,
	    sizeof(*rules));

	s->anchored = arena_array(s->arena, s->n_needles + 1,
	    sizeof(*s->anchored));
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		size_t n = 0;

		for (size_t i = 0; i < s->n_needles; i++) {
			const struct needle *one = &s->needles[i];

			if (one->kind == SET_ANCHORED &&
			    near_digits(one) == kinds[k])
				rules[n++] = (struct anchored_rule){
					one->p.body, one->is_caseless,
					(uint32_t)i };
		}
		compile_anchored(s, rules, n, kinds[k]);
	}
}

static int
need_scratch(struct scan_set *s, const struct set_databases *d,
    struct err *err)
{
	for (size_t i = 0; i < d->n; i++)
		if (hs_alloc_scratch(d->dbs[i], &s->scratch) != HS_SUCCESS)
			return (err_set(err, ERR_TEMP, "no memory to scan"
			    " with"));
	return (0);
}

static void
make_room(struct scan_set *s, struct set_databases *d)
{
	d->dbs = arena_array(s->arena, s->n_needles + 1, sizeof(*d->dbs));
}

/* What Hyperscan refuses is for PCRE2. */
static int
compile_alone(struct scan_set *s, uint32_t i, struct err *err)
{
	struct needle *n = &s->needles[i];
	struct err own = ERR_INIT;

	if (n->is_function)
		return (err_set(err, ERR_LIMIT, "the expression of a"
		    " function does not compile"));
	/* A literal has no code yet; it can only be well-formed. */
	if (n->code == NULL) {
		n->p.full = pattern_escape(n->p.full, s->arena);
		if (compile_code(n, &own) != 0)
			return (err_set(err, ERR_LIMIT, "%s", own.msg));
	}
	s->alone[s->n_alone++] = i;
	return (0);
}

int
vector_compile(struct scan_set *s, struct err *err)
{
	make_room(s, &s->all);
	make_room(s, &s->number);
	make_room(s, &s->few);
	s->alone = arena_array(s->arena, s->n_needles + 1, sizeof(*s->alone));
	s->hinges = arena_array(s->arena, s->n_needles + 1,
	    sizeof(*s->hinges));
	compile_all_anchored(s);
	for (enum set_kind k = 0; k <= SET_OTHER; k++)
		if (k != SET_ANCHORED)
			compile_kind(s, k);
	for (uint32_t i = 0; i < s->n_needles; i++) {
		if (s->needles[i].kind == SET_HINGE)
			s->hinges[s->n_hinges++] = i;
		if (s->needles[i].kind == SET_ALONE &&
		    compile_alone(s, i, err) != 0)
			return (-1);
	}
	return (need_scratch(s, &s->all, err) != 0 ||
	    need_scratch(s, &s->number, err) != 0 ||
	    need_scratch(s, &s->few, err) != 0 ? -1 : 0);
}
