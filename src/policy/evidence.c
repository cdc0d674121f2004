/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence: what the conditions of a rule found, and where, for people who
 * want to know why.
 *
 * Runs in the gateway and the CLI, only where it is asked for. Security: what
 * was found leaves masked (scan/scan.h); names of files and header fields do
 * not (policy.h says who may see them).
 */
#include "policy/contents.h"

#include "mime/fold.h"

#define EVIDENCE_MAX 100	/* of one rule */

/* A list that grows at its end. */
struct finds {
	const struct policy_evidence *first;
	const struct policy_evidence **end;
	size_t n;
	struct arena *arena;
};

static void
add(struct finds *f, struct policy_evidence one)
{
	struct policy_evidence *e;

	if (f->n == EVIDENCE_MAX)
		return;
	e = arena_alloc(f->arena, sizeof(*e));
	*e = one;
	e->next = NULL;
	*f->end = e;
	f->end = &e->next;
	f->n++;
}

/* "a.zip > folder.zip > report.xlsx"; parents are counted from the attachment
 * itself, which has depth 0. */
static struct str
path_of(const struct contents *all, const struct contents_item *item,
    struct arena *a)
{
	struct str name = item->file->name.len > 0 ? item->file->name :
	    STR_LIT("an attachment without a name");
	const struct contents_item *first = item;

	if (item->file->depth == 0)
		return (name);
	while (first > all->items && first->file->depth > 0)
		first--;
	return (str_of(arena_printf(a, "%.*s > %.*s", STR_FMT(path_of(all,
	    first + item->file->parent, a)), STR_FMT(name))));
}

static struct str
where_of(const struct contents *all, const struct contents_item *item,
    struct arena *a)
{
	if (item->kind == CONTENTS_SUBJECT)
		return (STR_LIT("subject"));
	if (item->kind == CONTENTS_BODY)
		return (STR_LIT("body"));
	return (path_of(all, item, a));
}

/* ---- words, patterns, facts of files ----------------------------------- */

static void
add_hit(struct finds *f, const struct condition *c, struct str what,
    const struct contents *all, const struct contents_item *item)
{
	for (size_t i = 0; i < item->found.n_hits; i++) {
		const struct scan_hit *hit = &item->found.hits[i];

		if (hit->list == c->list)
			add(f, (struct policy_evidence){
			    .where = where_of(all, item, f->arena),
			    .what = what, .count = hit->count,
			    .masked = scan_masked(item->text, hit->first,
			    f->arena) });
	}
}

static void
find_list(struct finds *f, const struct condition *c,
    const struct content_kind *kind, const struct contents *all)
{
	struct str what = kind->style == SCAN_PATTERN ?
	    STR_LIT("a listed expression") : STR_LIT("a listed word");

	for (size_t i = 0; i < all->n; i++)
		if ((all->items[i].kind & kind->items) != 0)
			add_hit(f, c, what, all, &all->items[i]);
}

static void
find_names(struct finds *f, const struct condition *c, const struct policy *p,
    const struct contents *all)
{
	for (size_t i = 0; i < all->n_files; i++) {
		struct contents_item name = {
			.text = all->items[i].file->name };

		if (looker_look(p->looker, name.text, f->arena,
		    &name.found) && contents_hits(&name, c->list) > 0)
			add(f, (struct policy_evidence){
			    .where = path_of(all, &all->items[i], f->arena),
			    .what = STR_LIT("a name that fits") });
	}
}

static void
find_facts(struct finds *f, const struct content_kind *kind,
    const struct contents *all)
{
	for (size_t i = 0; i < all->n_files; i++) {
		uint32_t facts = all->items[i].file->facts & kind->facts;

		if (facts != 0)
			add(f, (struct policy_evidence){
			    .where = path_of(all, &all->items[i], f->arena),
			    .what = str_of(extract_facts_text(facts,
			    f->arena)) });
	}
}

static void
find_by_kind(struct finds *f, const struct condition *c,
    const struct content_kind *kind, const struct policy *p,
    struct policy_question *q)
{
	const struct contents *all;

	if (kind->items == 0)
		return;
	all = contents_of(p, q, kind->items);
	if (kind->facts != 0)
		find_facts(f, kind, all);
	else if (strcmp(kind->key, "attachment_name_matches") == 0)
		find_names(f, c, p, all);
	else
		find_list(f, c, kind, all);
}

static void
find_types(struct finds *f, const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct contents *all = contents_of(p, q, CONTENTS_ATTACHMENT);

	for (size_t i = 0; i < all->n_files; i++)
		for (size_t t = 0; t < c->n_terms; t++)
			if (str_eq_nocase(all->items[i].file->type,
			    c->terms[t].text))
				add(f, (struct policy_evidence){
				    .where = path_of(all, &all->items[i],
				    f->arena), .what = str_of(arena_printf(
				    f->arena, "type %.*s",
				    STR_FMT(c->terms[t].text))) });
}

/* ---- words of header fields -------------------------------------------- */

static void
find_subject(struct finds *f, const struct condition *c,
    const struct policy *p, struct policy_question *q)
{
	const struct policy_facts *facts = facts_of(p, q);

	for (size_t t = 0; t < c->n_terms; t++) {
		struct str word = c->terms[t].text;
		struct scan_place all = { 0, word.len };

		if (fold_has_words(facts->subject, word))
			add(f, (struct policy_evidence){
			    .where = STR_LIT("subject"),
			    .what = STR_LIT("a listed word"), .count = 1,
			    .masked = scan_masked(word, all, f->arena) });
	}
}

static void
find_header(struct finds *f, const struct condition *c, const char *what)
{
	add(f, (struct policy_evidence){ .where = str_of(arena_printf(f->arena,
	    "header %.*s", STR_FMT(c->name))), .what = str_of(what) });
}

/* ---- sensitive information --------------------------------------------- */

static void
add_type(struct finds *f, const struct term *t, const struct contents *all,
    const struct contents_item *item)
{
	unsigned n = content_instances(item, t);

	if (n == 0 || n < t->min_count || n > t->max_count)
		return;
	for (size_t i = 0; i < item->found.n_types; i++) {
		const struct scan_found *found = &item->found.types[i];

		if (found->type == t->type)
			add(f, (struct policy_evidence){
			    .where = where_of(all, item, f->arena),
			    .what = t->text, .count = n,
			    .confidence = found->best,
			    .masked = scan_masked(item->text, found->first,
			    f->arena) });
	}
}

/* Attachments only where they have been read: the condition may have held
 * without them. */
static void
find_sensitive(struct finds *f, const struct condition *c,
    const struct policy *p, struct policy_question *q)
{
	const struct policy_facts *facts = facts_of(p, q);
	const struct contents *all[] = { facts->texts, facts->files };

	for (size_t k = 0; k < COUNT_OF(all); k++)
		for (size_t i = 0; all[k] != NULL && i < all[k]->n; i++)
			for (size_t t = 0; t < c->n_terms; t++)
				add_type(f, &c->terms[t], all[k],
				    &all[k]->items[i]);
}

/* ---- rules ------------------------------------------------------------- */

static void
find(struct finds *f, const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct content_kind *kind = content_kind_find(c);
	const struct policy_facts *facts = facts_of(p, q);
	const char *key = c->kind->key;

	if (!facts->asked[c->index] || facts->known[c->index] != MATCH_YES)
		return;
	if (kind != NULL)
		find_by_kind(f, c, kind, p, q);
	else if (strcmp(key, "sensitive_information") == 0)
		find_sensitive(f, c, p, q);
	else if (strcmp(key, "attachment_type_is") == 0)
		find_types(f, c, p, q);
	else if (strcmp(key, "subject_contains_words") == 0)
		find_subject(f, c, p, q);
	else if (strcmp(key, "header_contains") == 0)
		find_header(f, c, "a listed word");
	else if (strcmp(key, "header_matches") == 0)
		find_header(f, c, "a listed value");
}

const struct policy_evidence *
evidence_of(const struct rule *r, size_t n, const struct condition *except,
    const struct policy *p, struct policy_question *q)
{
	struct finds f = { .arena = q->arena };

	f.end = &f.first;
	for (size_t i = 0; i < n; i++)
		find(&f, &r->when[i], p, q);
	if (except != NULL)
		find(&f, except, p, q);
	return (f.first);
}

const char *
policy_confidence_name(unsigned confidence)
{
	if (confidence == 0)
		return (NULL);
	return (confidence >= 85 ? "high" : confidence >= 75 ? "medium" :
	    "low");
}

void
policy_evidence_text(const struct policy_evidence *e, struct buf *out)
{
	const char *sure = policy_confidence_name(e->confidence);

	buf_str(out, e->what);
	if (e->count > 0 && (e->count > 1 || sure != NULL))
		buf_printf(out, " ×%u", e->count);
	if (sure != NULL)
		buf_printf(out, " (%s)", sure);
	buf_printf(out, " in %.*s", STR_FMT(e->where));
	if (e->masked.len > 0)
		buf_printf(out, ": %.*s", STR_FMT(e->masked));
}
