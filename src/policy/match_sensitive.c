/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_sensitive: the condition about sensitive information: one of several
 * types, or one of each of several groups.
 *
 * Runs in the gateway. Security: a match is explained by the names of types,
 * never by what was found. Text that was not looked at to its end counts as
 * unknown, so that a rule that protects applies.
 */
#include "policy/contents.h"

#define TYPE_MAX_CHARACTERS 1024

static const char *const group_keys[] = { "all_of" };
static const char *const type_keys[] = {
	"type", "min_count", "max_count", "confidence",
};
/* From here on Microsoft calls it low, medium and high. */
static const char *const confidences[] = { "low", "medium", "high" };
static const unsigned confidence_values[] = { 65, 75, 85 };

static int
read_count(const struct yaml_node *node, unsigned fallback, unsigned *out,
    struct err *err)
{
	uint64_t n = fallback;

	if (node != NULL && !str_eq(node->text, STR_LIT("any")) &&
	    (node->kind != YAML_TEXT ||
	    !str_to_u64(node->text, SCAN_MAX_COUNT, &n) || n == 0))
		return (yaml_fail(node, err, "'%s' needs a number from 1 to "
		    "%d, or any", node->key.p, SCAN_MAX_COUNT));
	*out = (unsigned)n;
	return (0);
}

static int
read_confidence(const struct yaml_node *node, unsigned *out, struct err *err)
{
	uint64_t n;

	*out = confidence_values[1];
	if (node == NULL)
		return (0);
	if (node->kind == YAML_TEXT && str_to_u64(node->text, 100, &n) &&
	    n > 0) {
		*out = (unsigned)n;
		return (0);
	}
	for (size_t i = 0; i < COUNT_OF(confidences); i++)
		if (node->kind == YAML_TEXT &&
		    str_eq(node->text, str_of(confidences[i]))) {
			*out = confidence_values[i];
			return (0);
		}
	return (yaml_fail_unknown(node, "confidence", confidences,
	    COUNT_OF(confidences), err));
}

/* People know types by their names, whatever the rule says. */
static void
name_type(struct term *t, const struct policy *p)
{
	size_t n;
	const struct scan_type *all = scan_builder_types(p->builder, &n);

	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(all[i].id, t->text))
			t->text = arena_str(p->arena, all[i].name);
}

/* A name alone is once, at medium confidence. */
static int
take_sensitive(struct condition *c, struct term *t, const struct policy *p,
    const struct yaml_node *item, struct err *err)
{
	const struct yaml_node *name = item;

	(void)c;
	if (item->kind == YAML_MAP) {
		if (yaml_check_keys(item, type_keys, COUNT_OF(type_keys),
		    err) != 0)
			return (-1);
		name = yaml_get(item, "type");
		if (name == NULL)
			return (yaml_fail(item, err, "'type' is missing"));
	}
	if (rules_text(name, TYPE_MAX_CHARACTERS, &t->text, p->arena,
	    err) != 0)
		return (-1);
	if (scan_want_type(p->builder, t->text, &t->type, err) == -1)
		return (err_in(err, "%s:%u:%u", name->file, name->line,
		    name->column));
	name_type(t, p);
	t->max_count = UINT32_MAX;
	t->min_count = 1;
	t->confidence = confidence_values[1];
	if (item->kind != YAML_MAP)
		return (0);
	if (read_count(yaml_get(item, "min_count"), 1, &t->min_count,
	    err) != 0 || read_count(yaml_get(item, "max_count"), UINT32_MAX,
	    &t->max_count, err) != 0)
		return (-1);
	return (read_confidence(yaml_get(item, "confidence"), &t->confidence,
	    err));
}

/* {all_of: [[a, b], [c]]}: one of each group. */
static int
parse_groups(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	const struct yaml_node *list;
	size_t n = 0, at = 0;

	if (yaml_check_keys(value, group_keys, COUNT_OF(group_keys),
	    err) != 0)
		return (-1);
	list = yaml_get(value, "all_of");
	if (yaml_need(list, YAML_LIST, "a list of groups", err) != 0)
		return (-1);
	if (list->child == NULL)
		return (yaml_fail(list, err, "'all_of' needs at least one "
		    "group"));
	for (const struct yaml_node *g = list->child; g != NULL; g = g->next)
		n += g->n + 1;
	c->terms = arena_array(p->arena, n, sizeof(*c->terms));
	for (const struct yaml_node *g = list->child; g != NULL;
	    g = g->next) {
		struct condition one = { .kind = c->kind };

		if (condition_each(&one, p, g, take_sensitive, err) != 0)
			return (-1);
		for (size_t i = 0; i < one.n_terms; i++) {
			one.terms[i].group = c->n_groups;
			c->terms[at++] = one.terms[i];
		}
		c->n_groups++;
	}
	c->n_terms = at;
	return (0);
}

static int
parse_sensitive(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	if (value->kind == YAML_MAP && yaml_get(value, "all_of") != NULL)
		return (parse_groups(c, p, value, err));
	c->n_groups = 1;
	return (condition_each(c, p, value, take_sensitive, err));
}

unsigned
content_instances(const struct contents_item *item, const struct term *t)
{
	unsigned n = 0;

	for (size_t i = 0; i < item->found.n_types; i++) {
		const struct scan_found *f = &item->found.types[i];

		for (size_t k = 0; f->type == t->type && k < f->n_tallies &&
		    f->tallies[k].confidence >= t->confidence; k++)
			n += f->tallies[k].count;
	}
	return (n);
}

/* One of the types of a group, in one of the items. */
static bool
has_group(const struct condition *c, size_t group, const struct contents *all)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t t = 0; t < c->n_terms; t++) {
			const struct term *term = &c->terms[t];
			unsigned n;

			if (term->group != group)
				continue;
			n = content_instances(&all->items[i], term);
			if (n >= term->min_count && n <= term->max_count)
				return (true);
		}
	return (false);
}

/* Attachments are read only where subject and body do not decide already. */
static enum match
match_groups_of(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct contents *texts = contents_of(p, q,
	    CONTENTS_SUBJECT | CONTENTS_BODY), *files;
	enum match m;
	size_t g = 0;

	while (g < c->n_groups && has_group(c, g, texts))
		g++;
	if (g == c->n_groups)
		return (MATCH_YES);
	files = contents_of(p, q, CONTENTS_ATTACHMENT);
	while (g < c->n_groups && (has_group(c, g, files) ||
	    has_group(c, g, texts)))
		g++;
	if (g == c->n_groups)
		return (MATCH_YES);
	m = contents_unfound(texts, CONTENTS_SUBJECT | CONTENTS_BODY);
	return (m != MATCH_NO ? m :
	    contents_unfound(files, CONTENTS_ATTACHMENT));
}

static void
explain_sensitive(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	(void)q;
	buf_z(out, "sensitive information (");
	for (size_t t = 0; t < c->n_terms && t < 3; t++) {
		buf_z(out, t > 0 ? ", " : "");
		buf_str(out, c->terms[t].text);
	}
	buf_z(out, c->n_terms > 3 ? ", …)" : ")");
}

const struct condition_kind match_sensitive[] = {
	{ "sensitive_information", true, parse_sensitive, match_groups_of,
	    explain_sensitive, NULL, 0 },
	{ 0 },
};
