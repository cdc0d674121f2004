/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sitimport: a look at a package of sensitive information types before it is
 * used: what is in it, what each type needs, what would not load.
 *
 * Runs in the CLI. Security: the package is whatever somebody was sent; only
 * its names are copied out.
 * Source: Microsoft's rule package schema, namespace …/office/2011/mce.
 */
#include "import/draft.h"
#include "import/import.h"
#include "import/rulesfile.h"
#include "scan/scan.h"
#include "scan/validators.h"
#include "xml/xml.h"

#define FUNCTION "Func_"
#define REGEX_MAX 1024		/* characters Microsoft allows */

struct name_list {
	struct str name;
	const struct xml_node *node;
	struct name_list *next;
};

struct package {
	struct outcomes *report;
	const struct xml_node *rules;
	struct name_list *processors;	/* what idRef can name */
	struct name_list *titles;	/* of types, by id */
	struct name_list *functions;	/* that are needed */
	size_t n_types, n_bad;
	struct scan_builder *builder;	/* what a policy would load it into */
	const char *broken;	/* why it takes none of it, or NULL */
};

static const struct name_list *
look_up(const struct name_list *list, struct str name)
{
	for (; list != NULL; list = list->next)
		if (str_eq_nocase(list->name, name))
			return (list);
	return (NULL);
}

static void
keep(struct package *p, struct name_list **list, struct str name,
    const struct xml_node *node)
{
	struct name_list *l;

	if (name.len == 0 || look_up(*list, name) != NULL)
		return;
	while (*list != NULL)
		list = &(*list)->next;
	l = arena_alloc(p->report->arena, sizeof(*l));
	l->name = name;
	l->node = node;
	*list = l;
}

static bool
is_type(const struct xml_node *n)
{
	return (xml_is(n, "Entity") || xml_is(n, "Affinity"));
}

/* Everything that has an id and is no type; Version elements wrap more. */
static void
collect(struct package *p, const struct xml_node *n)
{
	for (; n != NULL; n = n->next) {
		if (xml_is(n, "Version"))
			collect(p, n->child);
		else if (!is_type(n) && !xml_is(n, "LocalizedStrings"))
			keep(p, &p->processors, xml_attr(n, "id"), n);
	}
}

/* <Resource idRef><Name default="true">: the default one, or the first. */
static void
collect_titles(struct package *p)
{
	const struct xml_node *strings = xml_child(p->rules,
	    "LocalizedStrings");

	for (const struct xml_node *r = strings != NULL ? strings->child :
	    NULL; r != NULL; r = r->next) {
		const struct xml_node *best = NULL;

		for (const struct xml_node *n = r->child; n != NULL;
		    n = n->next)
			if (xml_is(n, "Name") && (best == NULL ||
			    str_eq_nocase(xml_attr(n, "default"),
			    STR_LIT("true"))))
				best = n;
		if (best != NULL)
			keep(p, &p->titles, xml_attr(r, "idRef"), best);
	}
}

/* The first thing a type names that is neither there nor a function. */
static const char *
check_references(struct package *p, const struct xml_node *n)
{
	for (n = n->child; n != NULL; n = n->next) {
		struct str id = xml_attr(n, "idRef");
		const char *why = check_references(p, n);

		if (why != NULL)
			return (why);
		if (id.len == 0 || look_up(p->processors, id) != NULL)
			continue;
		if (!str_starts_nocase(id, STR_LIT(FUNCTION)))
			return (arena_printf(p->report->arena, "it names "
			    "'%.*s', which is not in the package",
			    STR_FMT(id)));
		keep(p, &p->functions, id, n);
	}
	return (NULL);
}

static const char *
check_patterns(const struct xml_node *type)
{
	size_t n = 0;

	for (const struct xml_node *c = type->child; c != NULL; c = c->next) {
		if (xml_is(c, "Version"))
			return (check_patterns(c));
		if (xml_is(c, "Evidence"))
			n++;
		if (!xml_is(c, "Pattern"))
			continue;
		if (xml_child(c, "IdMatch") == NULL)
			return ("a pattern has no IdMatch");
		n++;
	}
	return (n == 0 ? "it has no pattern" : NULL);
}

/* The functions a type needs, "Func_a, Func_b", or "". */
static void
list_functions(struct package *p, const struct xml_node *n, struct buf *out)
{
	for (n = n->child; n != NULL; n = n->next) {
		struct str id = xml_attr(n, "idRef");

		if (str_starts_nocase(id, STR_LIT(FUNCTION)) &&
		    look_up(p->processors, id) == NULL &&
		    str_find_nocase(buf_view(out), id) < 0)
			buf_printf(out, "%s%.*s", out->len > 0 ? ", " : "",
			    STR_FMT(id));
		list_functions(p, n, out);
	}
}

/* As when a policy asks for the type. */
static const char *
try_type(struct package *p, struct str id)
{
	struct err err = ERR_INIT;
	size_t number;

	if (p->broken != NULL)
		return (p->broken);
	if (scan_want_type(p->builder, id, &number, &err) == 0)
		return (NULL);
	return (arena_printf(p->report->arena, "%s", err.msg));
}

static void
report_type(struct package *p, const struct xml_node *type)
{
	AUTO_BUF struct buf needs = BUF_INIT(1u << 16);
	struct arena *a = p->report->arena;
	struct str id = xml_attr(type, "id");
	const struct name_list *title = look_up(p->titles, id);
	struct str name = title != NULL ? str_trim(title->node->text) : id;
	const char *why = id.len == 0 ? "it has no id" :
	    check_patterns(type);

	p->n_types++;
	if (why == NULL)
		why = check_references(p, type);
	if (why == NULL)
		why = try_type(p, id);
	if (why != NULL) {
		p->n_bad++;
		outcome_add(p->report, name, id, OUTCOME_IGNORED, str_of(
		    arena_printf(a, "would not load: %s", why)));
		return;
	}
	list_functions(p, type, &needs);
	outcome_add(p->report, name, id, OUTCOME_MAPPED, needs.len == 0 ?
	    STR_LIT("needs nothing but the package") : str_of(
	    arena_printf(a, "needs %s", buf_cstr(&needs))));
}

static void
report_types(struct package *p, const struct xml_node *n)
{
	for (; n != NULL; n = n->next) {
		if (xml_is(n, "Version"))
			report_types(p, n->child);
		else if (is_type(n))
			report_type(p, n);
	}
}

static void
report_expressions(struct package *p)
{
	for (const struct name_list *l = p->processors; l != NULL;
	    l = l->next)
		if (xml_is(l->node, "Regex") &&
		    l->node->text.len > REGEX_MAX)
			outcome_add(p->report, STR_LIT(""), l->name,
			    OUTCOME_IGNORED, STR_LIT("the expression is "
			    "longer than 1024 characters: shorten it"));
}

static void
write_yaml(const struct package *p, const char *file, struct buf *yaml)
{
	buf_printf(yaml, "# %zu types", p->n_types - p->n_bad);
	if (p->n_bad > 0)
		buf_printf(yaml, ", and %zu that would not load", p->n_bad);
	buf_char(yaml, '\n');
	if (p->functions != NULL) {
		buf_z(yaml, "# Functions it needs:");
		for (const struct name_list *l = p->functions; l != NULL;
		    l = l->next)
			buf_printf(yaml, "\n#   %.*s%s", STR_FMT(l->name),
			    validator_find(l->name) != NULL ? "" :
			    " (Letterlock has none of that name)");
		buf_char(yaml, '\n');
	}
	buf_printf(yaml, "rule_packs: [%.*s]\n", STR_FMT(draft_yaml(
	    str_of(file), p->report->arena)));
}

int
import_sit(struct str bytes, const char *file, struct outcomes *report,
    struct buf *yaml, size_t *n_bad, struct err *err)
{
	struct package p = { .report = report };
	struct err refused = ERR_INIT;
	struct xml_node *root;

	if (bytes.len > INPUT_MAX_BYTES)
		return (err_set(err, ERR_LIMIT, "more than %u bytes",
		    INPUT_MAX_BYTES));
	if (xml_tree(str_trim(rulesfile_text(bytes, report->arena)),
	    INPUT_MAX_BYTES, report->arena, &root, err) != 0)
		return (-1);
	p.rules = xml_child(root, "Rules");
	if (!xml_is(root, "RulePackage") || p.rules == NULL)
		return (err_set(err, ERR_INPUT, "line %u: not a rule package",
		    root->line));
	collect(&p, p.rules->child);
	collect_titles(&p);
	p.builder = scan_builder_new();
	if (scan_add_package(p.builder, bytes, file, &refused) != 0)
		p.broken = refused.msg;
	report_types(&p, p.rules->child);
	scan_builder_free(&p.builder);
	report_expressions(&p);
	write_yaml(&p, file, yaml);
	*n_bad = p.n_bad;
	return (buf_check(yaml, "the lines", err));
}
