/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labels: `labels:` of policy.yaml: the organisation's sensitivity labels, and
 * which of them is assigned from content.
 *
 * Runs where the policy is read. Security: what is not known is an error of the
 * whole policy; a label cannot be given because of a label, so that deciding
 * ends.
 */
#include "policy/labels.h"

#include "mime/fold.h"

#define PRIORITY_MAX 1000000

static const char *const scheme_keys[] = {
	"tenant", "justify_downgrade", "list", "auto",
};
static const char *const label_keys[] = {
	"name", "id", "priority", "colour", "parent", "template", "header",
	"footer", "required_for",
};
static const char *const auto_keys[] = { "label", "mode", "when" };
static const char *const modes[] = { "apply", "recommend" };

static int
missing(const struct yaml_node *node, const char *key, struct err *err)
{
	return (yaml_fail(node, err, "'%s' is missing", key));
}

static int
read_guid(const struct policy *p, const struct yaml_node *node,
    struct str *out, struct err *err)
{
	if (node->kind != YAML_TEXT ||
	    !labelread_guid(node->text, p->arena, out))
		return (yaml_fail(node, err, "'%s' needs a GUID such as "
		    "2096f6a2-d2f7-48be-b329-b73aaa526e5d", node->key.p));
	return (0);
}

const struct policy_label *
labels_by_id(const struct label_scheme *s, struct str id)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->list[i].id, id))
			return (&s->list[i]);
	return (NULL);
}

const struct policy_label *
labels_named(const struct label_scheme *s, struct str text, struct arena *a)
{
	struct str folded;

	if (!fold_text(text, a, &folded))
		return (NULL);
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->folded[i], folded))
			return (&s->list[i]);
	return (labels_by_id(s, folded));
}

const struct policy_label *
labels_higher(const struct policy_label *a, const struct policy_label *b)
{
	if (a == NULL || (b != NULL && b->priority > a->priority))
		return (b);
	return (a);
}

int
labels_find(const struct policy *p, const struct yaml_node *value,
    const struct policy_label **out, struct err *err)
{
	const struct label_scheme *s = p->labels;
	const char **names;

	if (s == NULL)
		return (yaml_fail(value, err,
		    "the policy has no 'labels' to choose from"));
	if (yaml_need(value, YAML_TEXT, "the name of a label", err) != 0)
		return (-1);
	*out = labels_named(s, value->text, p->arena);
	if (*out != NULL)
		return (0);
	names = arena_array(p->arena, s->n + 1, sizeof(*names));
	for (size_t i = 0; i < s->n; i++)
		names[i] = s->list[i].name.p;
	return (yaml_fail_unknown(value, "label", names, s->n, err));
}

/* ---- one label -------------------------------------------------------- */

/* The form of msip_labels has no way to write them. */
static int
read_name(const struct policy *p, struct policy_label *l,
    const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *name = yaml_get(node, "name");

	if (name == NULL)
		return (missing(node, "name", err));
	if (rules_text(name, POLICY_MAX_NAME, &l->name, p->arena, err) != 0)
		return (-1);
	if (str_index(l->name, ';') >= 0)
		return (yaml_fail(name, err,
		    "a label's name has no semicolon"));
	if (labels_named(p->labels, l->name, p->arena) != NULL)
		return (yaml_fail(name, err, "another label has that name"));
	if (!fold_text(l->name, p->arena, &p->labels->folded[p->labels->n]) ||
	    p->labels->folded[p->labels->n].len == 0)
		return (yaml_fail(name, err, "this has no visible character"));
	return (0);
}

static int
read_id(const struct policy *p, struct policy_label *l,
    const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *id = yaml_get(node, "id");

	if (id == NULL)
		return (missing(node, "id", err));
	if (read_guid(p, id, &l->id, err) != 0)
		return (-1);
	if (labels_by_id(p->labels, l->id) != NULL)
		return (yaml_fail(id, err, "another label has that id"));
	return (0);
}

static int
read_priority(struct policy_label *l, const struct yaml_node *node,
    struct err *err)
{
	const struct yaml_node *priority = yaml_get(node, "priority");

	if (priority == NULL)
		return (missing(node, "priority", err));
	if (priority->kind != YAML_TEXT ||
	    !str_to_u64(priority->text, PRIORITY_MAX, &l->priority))
		return (yaml_fail(priority, err, "'priority' needs a number "
		    "from 0 to %d; a higher one is more sensitive",
		    PRIORITY_MAX));
	return (0);
}

static int
read_colour(const struct policy *p, struct policy_label *l,
    const struct yaml_node *node, struct err *err)
{
	bool is_right = node->kind == YAML_TEXT && node->text.len == 7 &&
	    node->text.p[0] == '#';

	for (size_t i = 1; is_right && i < node->text.len; i++)
		is_right = strchr("0123456789abcdefABCDEF",
		    node->text.p[i]) != NULL;
	if (!is_right)
		return (yaml_fail(node, err, "'colour' needs a colour such as "
		    "\"#b00020\""));
	l->colour = arena_str(p->arena, node->text);
	return (0);
}

static int
read_groups(struct policy *p, size_t at, const struct yaml_node *list,
    struct err *err)
{
	struct label_scheme *s = p->labels;
	char shown[YAML_SHOWN_SIZE];

	if (yaml_need(list, YAML_LIST, "a list of groups", err) != 0)
		return (-1);
	s->groups[at] = arena_array(p->arena, list->n + 1,
	    sizeof(**s->groups));
	for (const struct yaml_node *g = list->child; g != NULL; g = g->next) {
		if (yaml_need(g, YAML_TEXT, "a group", err) != 0)
			return (-1);
		if (!directory_find_group(p->directory, g->text, p->arena,
		    &s->groups[at][s->n_groups[at]++]))
			return (yaml_fail(g, err, "nobody in the table of "
			    "people belongs to '%s'",
			    yaml_shown(g->text, shown)));
	}
	return (0);
}

static int
read_mark(const struct policy *p, const struct yaml_node *node,
    struct str *out, struct err *err)
{
	return (node == NULL ? 0 : rules_text(node, LABELS_MAX_MARK, out,
	    p->arena, err));
}

/* What a label may say besides. */
static int
read_more(struct policy *p, struct policy_label *l,
    const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *colour = yaml_get(node, "colour");
	const struct yaml_node *template = yaml_get(node, "template");
	const struct yaml_node *groups = yaml_get(node, "required_for");

	if (colour != NULL && read_colour(p, l, colour, err) != 0)
		return (-1);
	l->decides = template != NULL;
	if (template != NULL &&
	    rules_find_template(p, template, &l->template, err) != 0)
		return (-1);
	if (read_mark(p, yaml_get(node, "header"), &l->header, err) != 0 ||
	    read_mark(p, yaml_get(node, "footer"), &l->footer, err) != 0)
		return (-1);
	return (groups == NULL ? 0 : read_groups(p, p->labels->n, groups,
	    err));
}

static int
read_label(struct policy *p, const struct yaml_node *node, struct err *err)
{
	struct policy_label *l = &p->labels->list[p->labels->n];

	if (yaml_need(node, YAML_MAP, "a label", err) != 0 ||
	    yaml_check_keys(node, label_keys, COUNT_OF(label_keys),
	    err) != 0 || read_name(p, l, node, err) != 0)
		return (-1);
	if (read_id(p, l, node, err) != 0 ||
	    read_priority(l, node, err) != 0 ||
	    read_more(p, l, node, err) != 0)
		return (-1);
	p->labels->n++;
	return (0);
}

/* A parent may stand behind its children in the list. */
static int
read_parents(struct policy *p, const struct yaml_node *list, struct err *err)
{
	struct policy_label *l = p->labels->list;

	for (const struct yaml_node *c = list->child; c != NULL;
	    c = c->next, l++) {
		const struct yaml_node *parent = yaml_get(c, "parent");

		if (parent != NULL &&
		    labels_find(p, parent, &l->parent, err) != 0)
			return (-1);
	}
	l = p->labels->list;
	for (const struct yaml_node *c = list->child; c != NULL;
	    c = c->next, l++)
		if (l->parent != NULL &&
		    (l->parent == l || l->parent->parent != NULL))
			return (yaml_fail(yaml_get(c, "parent"), err,
			    "a parent is a label that has no parent itself"));
	return (0);
}

static int
read_list(struct policy *p, const struct yaml_node *list, struct err *err)
{
	struct label_scheme *s = p->labels;

	if (yaml_need(list, YAML_LIST, "a list of labels", err) != 0)
		return (-1);
	if (list->n == 0 || list->n > LABELS_MAX)
		return (yaml_fail(list, err, "1 to %d labels expected here",
		    LABELS_MAX));
	s->list = arena_array(p->arena, list->n, sizeof(*s->list));
	s->folded = arena_array(p->arena, list->n, sizeof(*s->folded));
	s->groups = arena_array(p->arena, list->n, sizeof(*s->groups));
	s->n_groups = arena_array(p->arena, list->n, sizeof(*s->n_groups));
	for (const struct yaml_node *c = list->child; c != NULL; c = c->next)
		if (read_label(p, c, err) != 0)
			return (-1);
	return (read_parents(p, list, err));
}

/* ---- from content ----------------------------------------------------- */

static int
check_conditions(const struct yaml_node *when, struct err *err)
{
	for (const struct yaml_node *c = when->child; c != NULL; c = c->next)
		if (str_eq(c->key, STR_LIT("label_is")) ||
		    str_eq(c->key, STR_LIT("has_label")))
			return (yaml_fail_key(c, err, "a label cannot be "
			    "assigned because of a label"));
	return (0);
}

static int
read_auto(struct policy *p, const struct yaml_node *node, struct err *err)
{
	struct label_auto *a = &p->labels->autos[p->labels->n_autos];
	const struct yaml_node *label, *mode, *when;
	size_t i = 0;

	if (yaml_need(node, YAML_MAP, "label and when", err) != 0 ||
	    yaml_check_keys(node, auto_keys, COUNT_OF(auto_keys), err) != 0)
		return (-1);
	label = yaml_get(node, "label");
	mode = yaml_get(node, "mode");
	when = yaml_get(node, "when");
	if (label == NULL || when == NULL)
		return (missing(node, label == NULL ? "label" : "when", err));
	if (labels_find(p, label, &a->label, err) != 0)
		return (-1);
	if (mode != NULL && rules_word(mode, "mode", modes, COUNT_OF(modes),
	    &i, err) != 0)
		return (-1);
	a->is_recommended = i == 1;
	if (rules_conditions(p, when, &a->when, &a->n_when, err) != 0 ||
	    check_conditions(when, err) != 0)
		return (-1);
	if (a->n_when == 0)
		return (yaml_fail(when, err, "'when' says no condition"));
	p->labels->n_autos++;
	return (0);
}

static int
read_autos(struct policy *p, const struct yaml_node *list, struct err *err)
{
	if (list == NULL)
		return (0);
	if (yaml_need(list, YAML_LIST, "a list of labels and conditions",
	    err) != 0)
		return (-1);
	if (list->n > LABELS_MAX_AUTO)
		return (yaml_fail(list, err, "more than %d entries",
		    LABELS_MAX_AUTO));
	p->labels->autos = arena_array(p->arena, list->n + 1,
	    sizeof(*p->labels->autos));
	for (const struct yaml_node *c = list->child; c != NULL; c = c->next)
		if (read_auto(p, c, err) != 0)
			return (-1);
	return (0);
}

int
labels_read(struct policy *p, const struct yaml_node *value, struct err *err)
{
	const struct yaml_node *tenant, *list, *justify;

	if (value == NULL || value->kind == YAML_NULL)
		return (0);
	if (yaml_need(value, YAML_MAP, "tenant and list", err) != 0 ||
	    yaml_check_keys(value, scheme_keys, COUNT_OF(scheme_keys),
	    err) != 0)
		return (-1);
	tenant = yaml_get(value, "tenant");
	list = yaml_get(value, "list");
	justify = yaml_get(value, "justify_downgrade");
	if (tenant == NULL || list == NULL)
		return (missing(value, tenant == NULL ? "tenant" : "list",
		    err));
	p->labels = arena_alloc(p->arena, sizeof(*p->labels));
	p->labels->justifies = true;
	if (read_guid(p, tenant, &p->labels->tenant, err) != 0)
		return (-1);
	if (justify != NULL &&
	    rules_bool(justify, &p->labels->justifies, err) != 0)
		return (-1);
	if (read_list(p, list, err) != 0)
		return (-1);
	return (read_autos(p, yaml_get(value, "auto"), err));
}
