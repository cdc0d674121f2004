/* SPDX-License-Identifier: Apache-2.0 */
/*
 * builder: lists, dictionaries, packages and tables in; a compiled set out.
 *
 * Runs where a policy is read. Security: what is read is an administrator's
 * or came from a stranger through one; limits are scan.h's and rulepack.h's.
 */
#include "scan/builder.h"

#include <stdlib.h>

#include "conf/nearest.h"

#define NEAREST_NAMES 4096

struct scan_builder *
scan_builder_new(void)
{
	struct scan_builder *b = must_calloc(1, sizeof(*b));

	b->arena = arena_new();
	b->lexicon = lexicon_new(b->arena);
	normal_init(&b->normal);
	return (b);
}

void
scan_builder_free(struct scan_builder **out)
{
	struct scan_builder *b = *out;

	if (b == NULL)
		return;
	for (size_t i = 0; i < b->n_needles; i++)
		pcre2_code_free(b->needles[i].needle.code);
	normal_done(&b->normal);
	free(b->needles);
	free(b->lists);
	free(b->types);
	free(b->known);
	arena_free(&b->arena);
	free(b);
	*out = NULL;
}

void *
builder_grow(void *p, size_t n, size_t *cap, size_t size_bytes)
{
	void *fresh;

	if (n < *cap)
		return (p);
	*cap = *cap == 0 ? 64 : *cap * 2;
	fresh = must_calloc(*cap, size_bytes);
	if (n > 0)
		memcpy(fresh, p, n * size_bytes);
	free(p);
	return (fresh);
}

/* ---- lists ------------------------------------------------------------ */

static uint64_t
hash_terms(const struct str *terms, size_t n)
{
	uint64_t h = n;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k <= terms[i].len; k++)
			h = (h ^ (k < terms[i].len ? (uint8_t)terms[i].p[k] :
			    256u)) * 0x100000001b3ull;
	return (h);
}

static bool
is_same_list(const struct building_list *a, const struct building_list *b)
{
	if (a->hash != b->hash || a->n != b->n || a->style != b->style ||
	    a->is_case_sensitive != b->is_case_sensitive)
		return (false);
	for (size_t i = 0; i < a->n; i++)
		if (!str_eq(a->terms[i], b->terms[i]))
			return (false);
	return (true);
}

static int
add_terms(struct scan_builder *b, const struct building_list *l,
    const char *name, struct err *err)
{
	for (size_t i = 0; i < l->n; i++) {
		int rc = l->style == SCAN_PATTERN ?
		    needles_add_regex(b, l->terms[i], l->is_case_sensitive,
		    (struct set_user){ l->finder, NULL, NULL,
		    false }, err) :
		    needles_add_term(b, l->style, l->is_case_sensitive,
		    l->terms[i], l->finder, err);

		if (rc != 0)
			return (err_in(err, "%s: term %zu: '%.*s'", name,
			    i + 1, STR_FMT(str_sub(l->terms[i], 0, 64))));
	}
	return (0);
}

int
scan_add_list(struct scan_builder *b, enum scan_style style,
    bool case_sensitive, const struct str *terms, size_t n, const char *name,
    size_t *number, struct err *err)
{
	struct building_list l = { style, case_sensitive, NULL, n,
		hash_terms(terms, n), b->n_finders };

	if (n == 0)
		return (err_set(err, ERR_INPUT, "%s: has no terms", name));
	if (n > SCAN_MAX_DICTIONARY)
		return (err_set(err, ERR_LIMIT, "%s: has more than %d terms",
		    name, SCAN_MAX_DICTIONARY));
	l.terms = arena_array(b->arena, n, sizeof(*l.terms));
	for (size_t i = 0; i < n; i++)
		l.terms[i] = arena_str(b->arena, terms[i]);
	for (size_t i = 0; i < b->n_lists; i++) {
		if (is_same_list(&b->lists[i], &l)) {
			*number = i;
			return (0);
		}
	}
	/* Taken now: what a list that fails has added is nobody's. */
	b->n_finders++;
	if (add_terms(b, &l, name, err) != 0)
		return (-1);
	b->lists = builder_grow(b->lists, b->n_lists, &b->cap_lists,
	    sizeof(*b->lists));
	b->lists[b->n_lists] = l;
	*number = b->n_lists++;
	return (0);
}

int
scan_add_dictionary(struct scan_builder *b, enum scan_style style,
    struct str text, const char *name, size_t *number, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str *terms, line;
	size_t lines = 1, n = 0;

	if (text.len >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		text = str_sub(text, 3, text.len);
	for (size_t i = 0; i < text.len; i++)
		lines += text.p[i] == '\n';
	terms = arena_array(a, lines + 1, sizeof(*terms));
	while (str_next(&text, '\n', &line)) {
		line = str_trim(line);
		if (line.len > 0 && line.p[0] != '#')
			terms[n++] = line;
	}
	return (scan_add_list(b, style, false, terms, n, name, number, err));
}

/* ---- packages and tables ----------------------------------------------- */

static void
add_known(struct scan_builder *b, const struct scan_type *t)
{
	b->known = builder_grow(b->known, b->n_known, &b->cap_known,
	    sizeof(*b->known));
	b->known[b->n_known++] = *t;
}

int
scan_add_package(struct scan_builder *b, struct str xml, const char *name,
    struct err *err)
{
	struct rulepack *p;

	if (rulepack_read(xml, name, b->arena, &p, err) != 0)
		return (err_in(err, "%s", name));
	p->next = b->packs;
	b->packs = p;
	for (const struct rule_type *t = p->types; t != NULL; t = t->next) {
		struct scan_type about = { t->id, t->name, str_of(p->name),
			(int)t->recommended };

		add_known(b, &about);
	}
	return (0);
}

int
scan_add_exact_data(struct scan_builder *b, struct str table,
    const char *name, struct err *err)
{
	struct building_exact *e = arena_alloc(b->arena, sizeof(*e));
	struct scan_type about = { STR_LIT(""), STR_NULL, STR_LIT(""), 75 };

	if (exact_read(arena_str(b->arena, table), b->arena, &e->table,
	    err) != 0)
		return (err_in(err, "%s", name));
	about.name = arena_str(b->arena, str_of(name));
	e->name = about.name.p;
	e->next = b->exacts;
	b->exacts = e;
	add_known(b, &about);
	return (0);
}

int
scan_add_fingerprint(struct scan_builder *b, struct str file,
    unsigned threshold, const char *name, struct err *err)
{
	struct building_print *f = arena_alloc(b->arena, sizeof(*f));
	struct scan_type about = { STR_LIT(""), STR_NULL, STR_LIT(""),
		FINGERPRINT_CONFIDENCE };

	if (fingerprint_read(file, b->arena, &f->print, err) != 0)
		return (err_in(err, "%s", name));
	f->print.threshold = threshold;
	about.name = arena_str(b->arena, str_of(name));
	f->name = about.name.p;
	f->next = b->prints;
	b->prints = f;
	add_known(b, &about);
	return (0);
}

const struct scan_type *
scan_builder_types(const struct scan_builder *b, size_t *n)
{
	*n = b->n_known;
	return (b->known);
}

/* ---- wanted types ------------------------------------------------------ */

static int
no_type(const struct scan_builder *b, struct str name, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	size_t n = MIN_OF(b->n_known, (size_t)NEAREST_NAMES);
	const char **names = arena_array(a, n + 1, sizeof(*names)), *near;

	for (size_t i = 0; i < n; i++)
		names[i] = arena_str(a, b->known[i].name).p;
	near = nearest_name(name, names, n);
	if (near == NULL)
		return (err_set(err, ERR_INPUT, "there is no type '%.*s'",
		    STR_FMT(name)));
	return (err_set(err, ERR_INPUT, "there is no type '%.*s'; did you mean"
	    " '%s'?", STR_FMT(name), near));
}

static bool
is_called(const struct rule_type *t, struct str name)
{
	if (str_eq_nocase(t->id, name) || str_eq_nocase(t->name, name))
		return (true);
	for (const struct rule_name *n = t->names; n != NULL; n = n->next)
		if (str_eq_nocase(n->text, name))
			return (true);
	return (false);
}

static int
find_type(struct scan_builder *b, struct str name, struct set_type *out,
    struct err *err)
{
	for (const struct rulepack *p = b->packs; p != NULL; p = p->next)
		for (const struct rule_type *t = p->types; t != NULL;
		    t = t->next)
			if (is_called(t, name))
				return (wanted_resolve(b, p, t, out, err));
	for (const struct building_exact *e = b->exacts; e != NULL;
	    e = e->next) {
		if (!str_eq_nocase(str_of(e->name), name))
			continue;
		*out = (struct set_type){ .exact = e->table };
		out->about.name = str_of(e->name);
		out->about.recommended = 75;
		return (0);
	}
	for (const struct building_print *f = b->prints; f != NULL;
	    f = f->next) {
		if (!str_eq_nocase(str_of(f->name), name))
			continue;
		*out = (struct set_type){ .print = &f->print };
		out->about.name = str_of(f->name);
		out->about.recommended = FINGERPRINT_CONFIDENCE;
		return (0);
	}
	return (no_type(b, name, err));
}

/* The same type by another name is the same type. */
static size_t
index_of(const struct scan_builder *b, const struct set_type *t)
{
	size_t i;

	for (i = 0; i < b->n_types; i++)
		if (b->types[i].exact == t->exact &&
		    b->types[i].print == t->print &&
		    str_eq(b->types[i].about.id, t->about.id) &&
		    str_eq(b->types[i].about.package, t->about.package))
			break;
	return (i);
}

int
scan_want_type(struct scan_builder *b, struct str name, size_t *number,
    struct err *err)
{
	struct set_type t;
	size_t i;

	name = str_trim(name);
	if (find_type(b, name, &t, err) != 0)
		return (-1);
	i = index_of(b, &t);
	if (i == b->n_types) {
		b->types = builder_grow(b->types, b->n_types, &b->cap_types,
		    sizeof(*b->types));
		b->types[b->n_types++] = t;
	}
	*number = i;
	return (0);
}

/* ---- compiling --------------------------------------------------------- */

static void
move_needles(struct scan_builder *b, struct scan_set *s)
{
	size_t n_users = 0;

	s->needles = arena_array(s->arena, b->n_needles + 1,
	    sizeof(*s->needles));
	s->n_needles = b->n_needles;
	for (size_t i = 0; i < b->n_needles; i++)
		for (const struct needle_user *u = b->needles[i].users;
		    u != NULL; u = u->next)
			n_users++;
	s->users = arena_array(s->arena, n_users + 1, sizeof(*s->users));
	for (size_t i = 0; i < b->n_needles; i++) {
		struct needle *n = &s->needles[i];

		*n = b->needles[i].needle;
		n->first_user = (uint32_t)s->n_users;
		for (const struct needle_user *u = b->needles[i].users;
		    u != NULL; u = u->next)
			s->users[s->n_users++] = u->user;
		n->n_users = (uint32_t)s->n_users - n->first_user;
	}
	b->n_needles = 0;	/* their code is the set's now */
}

static void
move_types(const struct scan_builder *b, struct scan_set *s)
{
	struct scan_type *known;

	s->types = arena_array(s->arena, b->n_types + 1, sizeof(*s->types));
	s->n_types = b->n_types;
	if (b->n_types > 0)
		memcpy(s->types, b->types, b->n_types * sizeof(*s->types));
	for (size_t i = 0; i < s->n_types; i++)
		s->has_exact = s->has_exact || s->types[i].exact != NULL;
	known = arena_array(s->arena, b->n_known + 1, sizeof(*known));
	if (b->n_known > 0)
		memcpy(known, b->known, b->n_known * sizeof(*known));
	s->known = known;
	s->n_known = b->n_known;
	s->list_finders = arena_array(s->arena, b->n_lists + 1,
	    sizeof(*s->list_finders));
	s->n_lists = b->n_lists;
	for (size_t i = 0; i < b->n_lists; i++)
		s->list_finders[i] = b->lists[i].finder;
	s->n_finders = b->n_finders;
}

int
scan_compile(struct scan_builder **out, struct scan_set **set,
    struct err *err)
{
	struct scan_builder *b = *out;
	struct scan_set *s = must_calloc(1, sizeof(*s));
	int rc;

	s->arena = b->arena;
	s->lexicon = b->lexicon;
	lexicon_finish(s->lexicon);
	move_needles(b, s);
	move_types(b, s);
	b->arena = NULL;
	scan_builder_free(out);
	rc = vector_compile(s, err);
	if (rc != 0) {
		scan_set_free(&s);
		return (-1);
	}
	*set = s;
	return (0);
}

static void
free_databases(struct set_databases *d)
{
	for (size_t i = 0; i < d->n; i++)
		(void)hs_free_database(d->dbs[i]);
}

void
scan_set_free(struct scan_set **out)
{
	struct scan_set *s = *out;

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_needles; i++)
		pcre2_code_free(s->needles[i].code);
	free_databases(&s->all);
	free_databases(&s->number);
	free_databases(&s->few);
	(void)hs_free_scratch(s->scratch);
	arena_free(&s->arena);
	free(s);
	*out = NULL;
}

const struct scan_type *
scan_set_types(const struct scan_set *s, size_t *n)
{
	*n = s->n_known;
	return (s->known);
}
