/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dlprules: DLP rules, one by one; an expression may become several rules.
 *
 * Runs in the CLI. Security: see translate.c.
 */
#include "import/dlplogic.h"
#include "import/import.h"
#include "import/rulesfile.h"

#define EXCEPT_IF "ExceptIf"
#define SENSITIVE "ContentContainsSensitiveInformation"

/* What is an expression and no list of values: put behind what there is. */
static bool
take_expression(struct dlplogic *x, const struct input_value *v,
    struct logic *all)
{
	struct logic *l = all;

	if (input_is_empty(v))
		return (false);
	if (str_eq_nocase(v->key, STR_LIT("AdvancedRule"))) {
		logic_add(all, dlplogic_advanced(x, v));
		return (true);
	}
	if (!dlplogic_is_grouped(v))
		return (false);
	if (str_eq_nocase(v->key, STR_LIT(EXCEPT_IF SENSITIVE))) {
		l = logic_new(x->t->policy.arena, LOGIC_NOT);
		logic_add(all, l);
	} else if (!str_eq_nocase(v->key, STR_LIT(SENSITIVE))) {
		return (false);
	}
	logic_add(l, dlplogic_groups(x, v, v->key.p));
	return (true);
}

/* The parts share everything but their conditions. */
static void
end_parts(struct translation *t, const struct draft *d,
    const struct logic_rule *parts, size_t n)
{
	struct arena *a = t->policy.arena;
	size_t i = 0;

	for (const struct logic_rule *p = parts; p != NULL; p = p->next) {
		struct draft *part = arena_alloc(a, sizeof(*part));

		*part = *d;
		part->next = NULL;
		part->when = p->when;
		part->except = p->except;
		part->name = str_of(arena_printf(a, "%.*s [%zu/%zu]",
		    STR_FMT(draft_cut(d->name, DRAFT_NAME_MAX - 10)), ++i,
		    n));
		translate_end(t, part);
	}
}

static void
end_rule(struct translation *t, struct draft *d, const struct logic *all)
{
	struct arena *a = t->policy.arena;
	const struct logic_rule flat = { d->when, d->except, NULL };
	const char *why = NULL;
	struct logic_rule *rules = logic_rules(a, all, &why), *parts = NULL,
	    **tail = &parts;
	size_t n = 0;

	for (; rules != NULL; rules = rules->next) {
		*tail = logic_both(a, &flat, rules, &why);
		if (*tail == NULL)
			break;
		tail = &(*tail)->next;
		n++;
	}
	if (why != NULL) {
		translate_disable(t, d, STR_LIT("AdvancedRule"), why);
		n = 1;
	} else {
		d->when = parts->when;
		d->except = parts->except;
	}
	if (n == 1) {
		translate_end(t, d);
		return;
	}
	outcome_add(t->outcomes, d->name, STR_LIT("AdvancedRule"),
	    OUTCOME_APPROXIMATED, str_of(arena_printf(a, "split into %zu "
	    "rules; a message may meet several of them", n)));
	draft_note(a, &d->notes, str_of(arena_printf(a, "split into %zu "
	    "rules", n)));
	end_parts(t, d, parts, n);
}

static void
translate(struct translation *t, const struct input_rule *rule)
{
	struct draft *d = translate_begin(t, rule);
	struct dlplogic x = { .t = t, .rule = rule, .draft = d };
	struct logic *all = logic_new(t->policy.arena, LOGIC_AND);

	for (const struct input_value *v = rule->parameters->child;
	    v != NULL; v = v->next)
		if (!take_expression(&x, v, all))
			translate_parameter(t, rule, d, v);
	end_rule(t, d, all);
}

int
import_dlp_rules(struct str bytes, const struct import_options *o,
    struct outcomes *report, struct buf *yaml, struct err *err)
{
	struct translation t = { .source = PARAMETER_DLP,
		.policy = { .arena = report->arena }, .outcomes = report };
	struct draft_head head = { o->source, o->is_whole, o->domains,
		o->otherwise };
	struct input_rule *rules;

	if (rulesfile_read_json(bytes, report->arena, &rules, err) != 0)
		return (-1);
	for (; rules != NULL; rules = rules->next)
		translate(&t, rules);
	draft_write(&t.policy, &head, yaml);
	return (buf_check(yaml, "the policy", err));
}
