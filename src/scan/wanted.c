/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wanted: a type that is wanted pulls in what its patterns refer to.
 *
 * Runs where a policy is compiled. Security: nothing a type needs is left out
 * in silence: what cannot be looked for is an error that names it.
 */
#include "conf/nearest.h"
#include "scan/builder.h"

#define FUNCTIONS_MAX 1024

/* Where an error is: the type, for whom else. */
struct resolving {
	struct scan_builder *builder;
	const struct rulepack *pack;
	const struct rule_type *type;
	struct err *err;
};

static int
no_function(struct resolving *r, struct str ref)
{
	const char *names[FUNCTIONS_MAX], *near;
	size_t n;
	const struct validator *all = validators_all(&n);

	n = MIN_OF(n, (size_t)FUNCTIONS_MAX);
	for (size_t i = 0; i < n; i++)
		names[i] = all[i].name;
	near = nearest_name(ref, names, n);
	return (err_set(r->err, ERR_INPUT, "%s: line %u: the type '%.*s' needs"
	    " the function %.*s, which is not there%s%s%s", r->pack->name,
	    r->type->line, STR_FMT(r->type->name), STR_FMT(ref),
	    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : ""));
}

static int
function_finder(struct resolving *r, struct str ref, uint32_t *out)
{
	struct scan_builder *b = r->builder;
	const struct validator *v = validator_find(ref);
	struct building_function *f;

	if (v == NULL)
		return (no_function(r, ref));
	for (f = b->functions; f != NULL; f = f->next) {
		if (f->validator == v) {
			*out = f->finder;
			return (0);
		}
	}
	if (needles_add_function(b, v, b->n_finders, r->err) != 0)
		return (err_in(r->err, "%s", v->name));
	f = arena_alloc(b->arena, sizeof(*f));
	f->validator = v;
	f->finder = *out = b->n_finders++;
	f->next = b->functions;
	b->functions = f;
	return (0);
}

static int
add_keyword(struct resolving *r, const struct rule_processor *p,
    uint32_t finder)
{
	for (const struct rule_term *t = p->terms; t != NULL; t = t->next)
		if (needles_add_term(r->builder, t->is_word ? SCAN_WORD :
		    SCAN_STRING, t->is_case_sensitive, t->text, finder,
		    r->err) != 0)
			return (err_in(r->err, "%s: line %u: the term '%.*s'",
			    r->pack->name, t->line, STR_FMT(t->text)));
	return (0);
}

/* A function, or Validators of the package. */
static int
add_checks(struct resolving *r, const struct rule_processor *p,
    struct set_user *user)
{
	const struct rule_processor *own = rulepack_find(r->pack,
	    p->validators);
	const struct validator *v = validator_find(p->validators);

	if (p->validators.len == 0)
		return (0);
	if (own != NULL && str_eq_nocase(own->element,
	    STR_LIT("Validators"))) {
		if (rulecheck_read(own->node, r->builder->arena, &user->check,
		    r->err) != 0)
			return (err_in(r->err, "%s: the type '%.*s'",
			    r->pack->name, STR_FMT(r->type->name)));
		return (0);
	}
	if (v == NULL || v->is_valid == NULL)
		return (err_set(r->err, ERR_INPUT, "%s: line %u: the type "
		    "'%.*s' needs '%.*s' for the Regex '%.*s', which is not "
		    "there", r->pack->name, p->line, STR_FMT(r->type->name),
		    STR_FMT(p->validators), STR_FMT(p->id)));
	user->is_valid = v->is_valid;
	return (0);
}

/* Filters take away what was found: without them a type is another one. */
static int
refuse_filters(struct resolving *r, struct str filters, unsigned line)
{
	if (filters.len == 0)
		return (0);
	return (err_set(r->err, ERR_INPUT, "%s: line %u: the type '%.*s' has "
	    "the filters '%.*s', which are not implemented: take them out of "
	    "the package to find what they would leave out", r->pack->name,
	    line, STR_FMT(r->type->name), STR_FMT(filters)));
}

static int
add_regex(struct resolving *r, const struct rule_processor *p,
    uint32_t finder)
{
	struct set_user user = { finder, NULL, NULL, false };

	if (refuse_filters(r, p->filters, p->line) != 0 ||
	    add_checks(r, p, &user) != 0)
		return (-1);
	if (needles_add_regex(r->builder, p->regex, true, user, r->err) != 0)
		return (err_in(r->err, "%s: line %u: the Regex '%.*s' of the"
		    " type '%.*s'", r->pack->name, p->line, STR_FMT(p->id),
		    STR_FMT(r->type->name)));
	return (0);
}

static int
processor_finder(struct resolving *r, struct rule_processor *p, uint32_t *out)
{
	uint32_t finder = r->builder->n_finders;
	int rc;

	if (p->finder != 0) {
		*out = p->finder - 1;
		return (0);
	}
	if (str_eq_nocase(p->element, STR_LIT("Fingerprint")))
		return (err_set(r->err, ERR_INPUT, "%s: line %u: the type "
		    "'%.*s' is a document fingerprint, in a format that only "
		    "Microsoft knows: make one of the document with "
		    "`letterlock policy fingerprint`", r->pack->name, p->line,
		    STR_FMT(r->type->name)));
	if (p->kind == RULE_OTHER)
		return (err_set(r->err, ERR_INPUT, "%s: line %u: the type"
		    " '%.*s' needs the %.*s '%.*s', which cannot be looked"
		    " for", r->pack->name, p->line, STR_FMT(r->type->name),
		    STR_FMT(p->element), STR_FMT(p->id)));
	rc = p->kind == RULE_REGEX ? add_regex(r, p, finder) :
	    add_keyword(r, p, finder);
	if (rc != 0)
		return (-1);
	r->builder->n_finders++;
	p->finder = finder + 1;
	*out = finder;
	return (0);
}

/* An idRef: a processor of this package, a function, or a processor of
 * another one. */
static int
finder_of(struct resolving *r, struct str ref, uint32_t *out)
{
	struct rule_processor *p = rulepack_find(r->pack, ref);

	/* <Function id="Func_x"/> only says that it is used. */
	if (p != NULL && !(p->kind == RULE_OTHER &&
	    str_eq_nocase(p->element, STR_LIT("Function"))))
		return (processor_finder(r, p, out));
	if (str_starts_nocase(ref, STR_LIT("Func_")))
		return (function_finder(r, ref, out));
	for (const struct rulepack *o = r->builder->packs; o != NULL;
	    o = o->next) {
		p = rulepack_find(o, ref);
		if (p != NULL)
			return (processor_finder(r, p, out));
	}
	return (err_set(r->err, ERR_INPUT, "%s: line %u: the type '%.*s'"
	    " refers to '%.*s', which is not in the package", r->pack->name,
	    r->type->line, STR_FMT(r->type->name), STR_FMT(ref)));
}

static int
resolve_clauses(struct resolving *r, const struct rule_clause *in,
    struct clause **out)
{
	for (; in != NULL; in = in->next) {
		struct clause *c = arena_alloc(r->builder->arena, sizeof(*c));

		c->is_any = in->is_any;
		c->min = in->min;
		c->max = in->max;
		c->is_unique = in->is_unique;
		if (in->is_any ? resolve_clauses(r, in->child, &c->child) != 0
		    : finder_of(r, in->ref, &c->finder) != 0)
			return (-1);
		*out = c;
		out = &c->next;
	}
	return (0);
}

int
wanted_resolve(struct scan_builder *b, const struct rulepack *p,
    const struct rule_type *t, struct set_type *out, struct err *err)
{
	struct resolving r = { b, p, t, err };
	struct set_type made = { .is_affinity = t->is_affinity,
		.threshold = t->threshold, .proximity = t->proximity };
	struct set_pattern **end = &made.patterns;

	if (refuse_filters(&r, t->filters, t->line) != 0)
		return (-1);
	for (const struct rule_pattern *q = t->patterns; q != NULL;
	    q = q->next) {
		struct set_pattern *s = arena_alloc(b->arena, sizeof(*s));

		if (refuse_filters(&r, q->filters, q->line) != 0)
			return (-1);
		s->confidence = q->confidence;
		if (!t->is_affinity && finder_of(&r, q->ref, &s->finder) != 0)
			return (-1);
		if (resolve_clauses(&r, q->clauses, &s->clauses) != 0)
			return (-1);
		*end = s;
		end = &s->next;
	}
	made.about.id = t->id;
	made.about.name = t->name;
	made.about.package = str_of(p->name);
	made.about.recommended = (int)t->recommended;
	*out = made;
	return (0);
}
