/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match: from occurrences to sensitive information types: evidence near an
 * identifier, how sure, how many different ones.
 *
 * The distance between two occurrences is the number of characters between
 * them, 0 where they overlap; the proximity is the largest distance that still
 * counts, on either side. Patterns are tried from the surest down, so what an
 * instance is counted as is its best.
 *
 * Runs wherever texts are scanned. Security: an item may be built to have many
 * occurrences of everything; MATCH_MAX_STEPS bounds the work.
 * Source: Microsoft's description of rule packages (Entity and Affinity).
 */
#include "scan/exact.h"
#include "scan/fingerprint.h"
#include "scan/set.h"
#include "scan/tally.h"

#define MATCH_MAX_STEPS 20000000u	/* comparisons in one item */
#define UNIQUE_MAX SCAN_MAX_COUNT

static const unsigned levels[3] = { 65, 75, 85 };

/* Characters in which evidence counts. */
struct window {
	uint32_t from, to;
	bool is_strict;		/* wholly inside, not only within reach */
};

/* One type's result while it grows. */
struct growing {
	struct scan_context *c;
	struct scan_found *found;
	struct scan_tally *tallies;
};

/* The first of finder f's occurrences that can reach into the window. */
static uint32_t
first_near(const struct scan_context *c, uint32_t f, uint32_t from)
{
	uint32_t low = c->first[f], high = c->first[f + 1];
	uint32_t reach = c->longest[f];
	uint32_t least = from > reach ? from - reach : 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (c->sorted[middle].char_at < least)
			low = middle + 1;
		else
			high = middle;
	}
	return (low);
}

static bool
is_inside(const struct occurrence *o, const struct window *w)
{
	if (w->is_strict)
		return (o->char_at >= w->from && o->char_end <= w->to);
	return (o->char_end >= w->from && o->char_at <= w->to);
}

static bool
is_new(uint64_t *seen, unsigned n, uint64_t value)
{
	for (unsigned i = 0; i < n; i++)
		if (seen[i] == value)
			return (false);
	seen[n] = value;
	return (true);
}

static bool
has_match(struct scan_context *c, const struct clause *m,
    const struct window *w)
{
	uint64_t seen[UNIQUE_MAX];
	unsigned n = 0;
	uint32_t end = c->first[m->finder + 1];

	for (uint32_t i = first_near(c, m->finder, w->from); i < end; i++) {
		const struct occurrence *o = &c->sorted[i];

		if (o->char_at > w->to)
			break;
		if (++c->n_steps > MATCH_MAX_STEPS) {
			c->has_given_up = true;
			break;
		}
		if (!is_inside(o, w))
			continue;
		if (!m->is_unique || m->min == 1 || is_new(seen, n, o->value))
			n++;
		if (n >= m->min)
			return (true);
	}
	return (false);
}

static bool has_clause(struct scan_context *c, const struct clause *m,
    const struct window *w);

/* How many of the children are there is what counts. */
static bool
has_any(struct scan_context *c, const struct clause *any,
    const struct window *w)
{
	unsigned n = 0;

	for (const struct clause *m = any->child; m != NULL; m = m->next) {
		if (has_clause(c, m, w))
			n++;
		if (n > any->max)
			return (false);
	}
	return (n >= any->min);
}

static bool
has_clause(struct scan_context *c, const struct clause *m,
    const struct window *w)
{
	return (m->is_any ? has_any(c, m, w) : has_match(c, m, w));
}

static bool
has_all(struct scan_context *c, const struct clause *m,
    const struct window *w)
{
	for (; m != NULL; m = m->next)
		if (!has_clause(c, m, w))
			return (false);
	return (true);
}

/* ---- counting --------------------------------------------------------- */

static void
count(struct growing *g, unsigned confidence, uint32_t at, uint32_t end,
    unsigned n)
{
	struct scan_found *f = g->found;
	struct scan_tally *last;

	if (f->n_tallies == 0) {
		f->best = confidence;
		f->first = normal_place(&g->c->normal, at, end);
	}
	if (f->n_tallies == 0 ||
	    g->tallies[f->n_tallies - 1].confidence != confidence)
		g->tallies[f->n_tallies++].confidence = confidence;
	last = &g->tallies[f->n_tallies - 1];
	last->count += n;
	for (size_t i = 0; i < COUNT_OF(levels); i++)
		if (confidence >= levels[i])
			f->count[i] += n;
}

static struct window
window_around(const struct occurrence *o, uint32_t proximity)
{
	struct window w = { 0, UINT32_MAX, false };

	if (proximity == SET_UNBOUNDED)
		return (w);
	w.from = o->char_at > proximity ? o->char_at - proximity : 0;
	w.to = UINT32_MAX - o->char_end > proximity ? o->char_end + proximity :
	    UINT32_MAX;
	return (w);
}

static void
match_pattern(struct growing *g, const struct set_type *t,
    const struct set_pattern *p)
{
	struct scan_context *c = g->c;

	for (uint32_t i = c->first[p->finder]; i < c->first[p->finder + 1];
	    i++) {
		const struct occurrence *o = &c->sorted[i];
		struct window w = window_around(o, t->proximity);

		if (tally_has(c->tally, o->value) ||
		    !has_all(c, p->clauses, &w))
			continue;
		if (tally_add(c->tally, o->value))
			count(g, p->confidence, o->at, o->end, 1);
	}
}

static void
match_entity(struct growing *g, const struct set_type *t)
{
	tally_begin(g->c->tally);
	for (const struct set_pattern *p = t->patterns; p != NULL; p = p->next)
		match_pattern(g, t, p);
}

/* ---- affinities ------------------------------------------------------- */

/* What the evidence in one window adds up to. */
static unsigned
confidence_in(struct scan_context *c, const struct set_type *t,
    const struct window *w)
{
	double doubt = 1;

	for (const struct set_pattern *p = t->patterns; p != NULL; p = p->next)
		if (has_all(c, p->clauses, w))
			doubt *= 1 - p->confidence / 100.0;
	/* Half of a thousandth against 84.99999 for 85. */
	return ((unsigned)((1 - doubt) * 100 + 0.0005));
}

/* Slide the window from each occurrence of each piece of evidence. */
static void
slide(struct scan_context *c, const struct set_type *t,
    const struct clause *m, unsigned *best, const struct occurrence **where)
{
	for (; m != NULL; m = m->next) {
		if (m->is_any) {
			slide(c, t, m->child, best, where);
			continue;
		}
		for (uint32_t i = c->first[m->finder];
		    i < c->first[m->finder + 1] && !c->has_given_up; i++) {
			const struct occurrence *o = &c->sorted[i];
			struct window w = { 0, UINT32_MAX, true };
			unsigned now;

			if (t->proximity != SET_UNBOUNDED) {
				w.from = o->char_at;
				w.to = o->char_at + t->proximity;
			}
			now = confidence_in(c, t, &w);
			if (now > *best) {
				*best = now;
				*where = o;
			}
			if (t->proximity == SET_UNBOUNDED)
				break;
		}
	}
}

static void
match_affinity(struct growing *g, const struct set_type *t)
{
	const struct occurrence *where = NULL;
	unsigned best = 0;

	for (const struct set_pattern *p = t->patterns; p != NULL; p = p->next)
		slide(g->c, t, p->clauses, &best, &where);
	if (where != NULL && best >= t->threshold)
		count(g, best, where->at, where->end, 1);
}

/* ---- all types -------------------------------------------------------- */

static size_t
n_confidences(const struct set_type *t)
{
	size_t n = EXACT_LEVELS;

	for (const struct set_pattern *p = t->patterns; p != NULL; p = p->next)
		n++;
	return (n);
}

static void
match_exact(struct growing *g, const struct set_type *t)
{
	struct exact_found found[EXACT_LEVELS];

	exact_match(t->exact, g->c, found);
	for (size_t i = 0; i < EXACT_LEVELS; i++)
		if (found[i].count > 0)
			count(g, found[i].confidence, found[i].at,
			    found[i].end, found[i].count);
}

static void
match_print(struct growing *g, const struct set_type *t)
{
	if (fingerprint_match(t->print, g->c))
		count(g, FINGERPRINT_CONFIDENCE, 0,
		    (uint32_t)g->c->normal.len, 1);
}

void
match_types(struct scan_context *c, struct arena *a, struct scan_result *out)
{
	const struct scan_set *s = c->set;
	struct growing g = { .c = c };

	out->types = arena_array(a, s->n_types + 1, sizeof(*out->types));
	for (size_t i = 0; i < s->n_types; i++) {
		const struct set_type *t = &s->types[i];

		g.found = &out->types[out->n_types];
		*g.found = (struct scan_found){ .type = i };
		g.tallies = arena_array(a, n_confidences(t),
		    sizeof(*g.tallies));
		if (t->exact != NULL)
			match_exact(&g, t);
		else if (t->print != NULL)
			match_print(&g, t);
		else if (t->is_affinity)
			match_affinity(&g, t);
		else
			match_entity(&g, t);
		g.found->tallies = g.tallies;
		if (g.found->n_tallies > 0)
			out->n_types++;
	}
}
