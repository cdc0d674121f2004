/* SPDX-License-Identifier: Apache-2.0 */
/*
 * translate: from parameters to a draft, and what to say about each.
 *
 * Runs in the CLI. Security: nothing of a rule is dropped without a line in
 * the report, and nothing that narrows or protects without disabling it.
 */
#include "import/translate.h"

#include "import/convert.h"

static void
add_part(struct buf *b, const char *what, struct str value)
{
	if (value.len > 0)
		buf_printf(b, ", %s %.*s", what, STR_FMT(value));
}

/* "Transport rule "N", id G, State Enabled, Mode Enforce" on one line. */
static struct str
origin(const struct translation *t, const struct input_rule *rule)
{
	AUTO_BUF struct buf b = BUF_INIT(1u << 20);
	const struct input_value *p = rule->parameters;
	const struct input_value *enabled = input_get(p, "Enabled");

	buf_printf(&b, "%s \"%.*s\"", t->source == PARAMETER_DLP ?
	    "DLP rule" : "Transport rule", STR_FMT(rule->name));
	add_part(&b, "id", rule->id);
	add_part(&b, "of policy", input_get_text(p, "ParentPolicyName"));
	add_part(&b, "State", input_get_text(p, "State"));
	if (enabled != NULL && enabled->kind == INPUT_TRUTH)
		add_part(&b, "Enabled", enabled->truth ? STR_LIT("true") :
		    STR_LIT("false"));
	if (input_is_true(input_get(p, "Disabled")))
		buf_z(&b, ", Disabled");
	add_part(&b, "Mode", input_get_text(p, "Mode"));
	return (outcome_line_text(buf_view(&b), t->policy.arena));
}

struct draft *
translate_begin(struct translation *t, const struct input_rule *rule)
{
	struct draft *d = draft_new(t->policy.arena, outcome_line_text(
	    rule->name, t->policy.arena));

	d->origin = origin(t, rule);
	if (rule->fault.len > 0)
		draft_note(t->policy.arena, &d->reasons, rule->fault);
	return (d);
}

void
translate_disable(struct translation *t, struct draft *d,
    struct str parameter, const char *why)
{
	struct arena *a = t->policy.arena;
	const char *text = arena_printf(a, "%.*s: %s", STR_FMT(parameter),
	    why);

	outcome_add(t->outcomes, d->name, parameter, OUTCOME_IGNORED,
	    str_of(why));
	draft_note(a, &d->reasons, outcome_line_text(str_of(text), a));
}

/* "KEY; note" */
static void
report_done(struct translation *t, struct draft *d, struct str parameter,
    const struct conversion *c)
{
	const struct parameter *p = c->parameter;
	struct arena *a = t->policy.arena;
	const char *key = c->item != NULL ? c->item->key : p->key;
	const char *how = c->how.len > 0 ? c->how.p : c->said.len > 0 ?
	    c->said.p : p->note != NULL ? p->note : "";
	bool is_nearly = c->how.len > 0 || p->fate == PARAMETER_APPROXIMATED;
	const char *note = arena_printf(a, "%s%s%s", key != NULL ? key : "",
	    key != NULL && how[0] != '\0' ? "; " : "", how);

	outcome_add(t->outcomes, d->name, parameter, is_nearly ?
	    OUTCOME_APPROXIMATED : OUTCOME_MAPPED, str_of(note));
	if (c->said.len > 0)
		draft_note(a, &d->says, outcome_line_text(str_of(
		    arena_printf(a, "%.*s: %.*s", STR_FMT(parameter),
		    STR_FMT(c->said))), a));
	if (is_nearly)
		draft_note(a, &d->notes, outcome_line_text(str_of(
		    arena_printf(a, "%.*s: %s", STR_FMT(parameter), how)),
		    a));
}

static struct draft_item **
place(struct draft *d, enum parameter_part part, bool is_exception)
{
	if (part == PARAMETER_ACTION)
		return (&d->then);
	return (is_exception ? &d->except : &d->when);
}

static void
note_sender(struct translation *t, const struct conversion *c)
{
	if (strcmp(c->parameter->name, "FromScope") == 0)
		t->judges_sender = true;
}

static struct conversion
begin_conversion(struct translation *t, const struct input_rule *rule,
    struct draft *d, const struct parameter *p, const struct input_value *v)
{
	struct conversion c = { .arena = t->policy.arena,
		.rule = rule->parameters, .parameter = p, .value = v,
		.draft = d, .policy = &t->policy };

	c.how = STR_LIT("");
	c.said = STR_LIT("");
	c.why = STR_LIT("");
	return (c);
}

static const char *
why_unknown(struct str name, bool is_exception)
{
	if (is_exception)
		return ("an exception that is not known: the rule would apply "
		    "to more");
	if (str_starts_nocase(name, STR_LIT("ExceptIf")))
		return ("not known as an exception");
	return ("not known: the rule might apply to more, or protect less");
}

/* What the row says for every value. True: that was all. */
static bool
is_settled(struct translation *t, struct draft *d, struct str name,
    const struct parameter *p, bool is_exception)
{
	if (p == NULL) {
		translate_disable(t, d, name, why_unknown(name,
		    is_exception));
		return (true);
	}
	if (p->fate == PARAMETER_REFUSED) {
		translate_disable(t, d, name, p->note);
		return (true);
	}
	if (p->fate == PARAMETER_IGNORED) {
		outcome_add(t->outcomes, d->name, name, OUTCOME_IGNORED,
		    str_of(p->note));
		return (true);
	}
	return (false);
}

void
translate_parameter(struct translation *t, const struct input_rule *rule,
    struct draft *d, const struct input_value *v)
{
	enum parameter_part part = PARAMETER_PROPERTY;
	bool is_exception = false;
	const struct parameter *p = parameter_find(v->key, t->source, &part,
	    &is_exception);
	struct conversion c;

	if (parameter_is_unsaid(p, v) ||
	    is_settled(t, d, v->key, p, is_exception))
		return;
	c = begin_conversion(t, rule, d, p, v);
	c.is_exception = is_exception;
	note_sender(t, &c);
	if (p->convert(&c) != 0) {
		translate_disable(t, d, v->key, c.why.p);
		return;
	}
	if (c.item != NULL && !draft_add(place(d, part, is_exception),
	    c.item)) {
		translate_disable(t, d, v->key, arena_printf(t->policy.arena,
		    "one rule cannot have two different %s", c.item->key));
		return;
	}
	report_done(t, d, v->key, &c);
}

struct draft_item *
translate_condition(struct translation *t, const struct input_rule *rule,
    struct draft *d, struct str name, const struct input_value *value,
    const char *path)
{
	enum parameter_part part = PARAMETER_PROPERTY;
	bool is_exception = false;
	const struct parameter *p = parameter_find(name, t->source, &part,
	    &is_exception);
	struct conversion c;

	if (p != NULL && (part != PARAMETER_CONDITION || is_exception))
		p = NULL;
	if (is_settled(t, d, str_of(path), p, false))
		return (NULL);
	if (input_is_empty(value)) {
		translate_disable(t, d, str_of(path), "it has no value");
		return (NULL);
	}
	c = begin_conversion(t, rule, d, p, value);
	note_sender(t, &c);
	if (p->convert(&c) != 0 || c.item == NULL) {
		translate_disable(t, d, str_of(path), c.why.len > 0 ?
		    c.why.p : "it is no condition alone");
		return (NULL);
	}
	report_done(t, d, str_of(path), &c);
	return (c.item);
}

void
translate_end(struct translation *t, struct draft *d)
{
	struct arena *a = t->policy.arena;
	struct str before = d->name;

	if (d->then == NULL && d->reasons == NULL)
		draft_note(a, &d->reasons, STR_LIT("nothing is left for it "
		    "to do"));
	draft_policy_add(&t->policy, d);
	if (!str_eq(before, d->name))
		outcome_add(t->outcomes, before, STR_LIT("Name"),
		    OUTCOME_APPROXIMATED, str_of(arena_printf(a, "called "
		    "'%.*s'", STR_FMT(d->name))));
	for (const struct draft_note *n = d->reasons; n != NULL; n = n->next)
		outcome_add(t->outcomes, d->name, STR_LIT(""),
		    OUTCOME_DISABLED, n->text);
}
