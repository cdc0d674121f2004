/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dlplogic: the nested conditions of DLP rules.
 *
 * Runs in the CLI. Security: a piece that is not understood disables its
 * rule, whatever else the expression says.
 * Source: New-DlpComplianceRule, AdvancedRule.
 */
#include "import/dlplogic.h"

#include "import/convert.h"
#include "import/jsontree.h"

#define ADVANCED "AdvancedRule"

static struct logic *read_node(struct dlplogic *x,
    const struct input_value *v);

/* Always true: what stands where something was left out. */
static struct logic *
nothing(struct dlplogic *x)
{
	return (logic_new(x->t->policy.arena, LOGIC_AND));
}

static struct logic *
give_up(struct dlplogic *x, const char *path, const char *why)
{
	translate_disable(x->t, x->draft, str_of(path), why);
	return (nothing(x));
}

static struct logic *
leaf(struct dlplogic *x, struct draft_item *item)
{
	struct logic *l = logic_new(x->t->policy.arena, LOGIC_LEAF);

	l->item = item;
	return (l);
}

/* And, Or, Not in any case; false: something else. */
static bool
read_operator(struct str word, enum logic_kind *kind)
{
	if (str_eq_nocase(word, STR_LIT("and")))
		*kind = LOGIC_AND;
	else if (str_eq_nocase(word, STR_LIT("or")))
		*kind = LOGIC_OR;
	else if (str_eq_nocase(word, STR_LIT("not")))
		*kind = LOGIC_NOT;
	else
		return (false);
	return (true);
}

/* ---- groups of types and labels --------------------------------------- */

static struct logic *
read_type(struct dlplogic *x, const struct input_value *v, const char *path)
{
	struct arena *a = x->t->policy.arena;
	struct conversion c = { .arena = a };
	struct draft_item *item = draft_item(a, "sensitive_information",
	    true);
	struct str yaml;

	if (convert_sensitive_type(&c, v, &yaml) != 0)
		return (give_up(x, path, c.why.p));
	draft_value(a, item, yaml);
	return (leaf(x, item));
}

static struct logic *
read_label(struct dlplogic *x, const struct input_value *v, const char *path)
{
	struct arena *a = x->t->policy.arena;
	struct draft_item *item = draft_item(a, "label_is", true);
	struct str kind = input_get_text(v, "type");
	struct str name = input_get_text(v, "name");

	if (kind.len > 0 && !str_eq_nocase(kind, STR_LIT("Sensitivity")))
		return (give_up(x, path, "only sensitivity labels are "
		    "there"));
	if (name.len == 0)
		name = input_get_text(v, "id");
	if (name.len == 0)
		return (give_up(x, path, "a label has no name"));
	draft_text(a, item, name);
	return (leaf(x, item));
}

static struct logic *
read_members(struct dlplogic *x, const struct input_value *list,
    struct logic *into, const char *path)
{
	bool is_type = str_eq_nocase(list->key, STR_LIT("sensitivetypes"));
	bool is_label = str_eq_nocase(list->key, STR_LIT("labels"));

	if (input_is_empty(list) || str_eq_nocase(list->key,
	    STR_LIT("name")) || str_eq_nocase(list->key,
	    STR_LIT("operator")))
		return (into);
	if (!is_type && !is_label) {
		logic_add(into, give_up(x, path, arena_printf(
		    x->t->policy.arena, "'%.*s' in a group is not known",
		    STR_FMT(list->key))));
		return (into);
	}
	for (const struct input_value *m = input_first(list); m != NULL;
	    m = input_next(list, m))
		logic_add(into, is_type ? read_type(x, m, path) :
		    read_label(x, m, path));
	return (into);
}

static struct logic *
read_group(struct dlplogic *x, const struct input_value *group,
    const char *path)
{
	enum logic_kind kind = LOGIC_OR;
	struct str word = input_get_text(group, "operator");
	struct logic *l;

	if (group->kind != INPUT_TABLE)
		return (give_up(x, path, "a group is no object"));
	if (word.len > 0 && (!read_operator(word, &kind) ||
	    kind == LOGIC_NOT))
		return (give_up(x, path, "the operator of a group is neither "
		    "And nor Or"));
	l = logic_new(x->t->policy.arena, kind);
	for (const struct input_value *m = group->child; m != NULL;
	    m = m->next)
		(void)read_members(x, m, l, path);
	if (l->child == NULL)
		return (give_up(x, path, "a group is empty"));
	return (l);
}

/* [ { groups: [ … ], operator: … } ]: what is around the groups. */
static const struct input_value *
grouped(const struct input_value *v)
{
	const struct input_value *first = input_first(v);

	return (input_get(first, "groups") != NULL ? first : NULL);
}

bool
dlplogic_is_grouped(const struct input_value *v)
{
	return (grouped(v) != NULL);
}

struct logic *
dlplogic_groups(struct dlplogic *x, const struct input_value *v,
    const char *path)
{
	const struct input_value *around = grouped(v);
	const struct input_value *groups = input_get(around, "groups");
	struct str word = input_get_text(around, "operator");
	enum logic_kind kind = LOGIC_AND;
	struct logic *l;
	size_t reasons = x->t->outcomes->n[OUTCOME_IGNORED];

	if (v->kind == INPUT_LIST && v->n != 1)
		return (give_up(x, path, "several lists of groups"));
	if (word.len > 0 && (!read_operator(word, &kind) ||
	    kind == LOGIC_NOT))
		return (give_up(x, path, "the operator between groups is "
		    "neither And nor Or"));
	if (input_is_empty(groups))
		return (give_up(x, path, "there are no groups"));
	l = logic_new(x->t->policy.arena, kind);
	for (const struct input_value *g = input_first(groups); g != NULL;
	    g = input_next(groups, g))
		logic_add(l, read_group(x, g, path));
	if (reasons == x->t->outcomes->n[OUTCOME_IGNORED])
		outcome_add(x->t->outcomes, x->draft->name, str_of(path),
		    OUTCOME_MAPPED, STR_LIT("sensitive_information, "
		    "label_is"));
	return (l);
}

/* ---- the expression --------------------------------------------------- */

static struct logic *
read_predicate(struct dlplogic *x, const struct input_value *v)
{
	struct arena *a = x->t->policy.arena;
	struct str name = input_get_text(v, "ConditionName");
	const struct input_value *value = input_get(v, "Value");
	const char *path = arena_printf(a, ADVANCED " %.*s", STR_FMT(name));
	struct draft_item *item;

	if (value != NULL && dlplogic_is_grouped(value)) {
		if (!str_eq_nocase(name, STR_LIT(
		    "ContentContainsSensitiveInformation")))
			return (give_up(x, path, "groups are not known "
			    "here"));
		return (dlplogic_groups(x, value, path));
	}
	item = translate_condition(x->t, x->rule, x->draft, name, value,
	    path);
	return (item != NULL ? leaf(x, item) : nothing(x));
}

static struct logic *
read_join(struct dlplogic *x, const struct input_value *v)
{
	const struct input_value *subs = input_get(v, "SubConditions");
	enum logic_kind kind = LOGIC_AND;
	struct logic *l;

	if (!read_operator(input_get_text(v, "Operator"), &kind))
		return (give_up(x, ADVANCED, "an operator is none of And, "
		    "Or, Not"));
	if (input_is_empty(subs))
		return (give_up(x, ADVANCED, "an operator joins nothing"));
	if (kind == LOGIC_NOT && subs->kind == INPUT_LIST && subs->n != 1)
		return (give_up(x, ADVANCED, "Not of several conditions"));
	l = logic_new(x->t->policy.arena, kind);
	for (const struct input_value *s = input_first(subs); s != NULL;
	    s = input_next(subs, s))
		logic_add(l, read_node(x, s));
	return (l);
}

static struct logic *
read_node(struct dlplogic *x, const struct input_value *v)
{
	struct logic *l;

	if (x->depth == INPUT_MAX_DEPTH || v->kind != INPUT_TABLE)
		return (give_up(x, ADVANCED, "not an expression"));
	x->depth++;
	l = input_get(v, "ConditionName") != NULL ? read_predicate(x, v) :
	    read_join(x, v);
	x->depth--;
	return (l);
}

struct logic *
dlplogic_advanced(struct dlplogic *x, const struct input_value *v)
{
	struct input_value *tree = NULL;
	const struct input_value *condition;
	struct err err = ERR_INIT;

	if (v->kind == INPUT_TEXT) {
		if (jsontree_read(v->text, x->t->policy.arena, &tree,
		    &err) != 0)
			return (give_up(x, ADVANCED, arena_printf(
			    x->t->policy.arena, "%s", err.msg)));
		v = tree;
	}
	condition = input_get(v, "Condition");
	if (condition == NULL)
		return (give_up(x, ADVANCED, "it has no Condition"));
	return (read_node(x, condition));
}
