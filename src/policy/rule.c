/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule: `rules:` of policy.yaml, read and put in order.
 *
 * Runs where the policy is read. Security: a rule without a name, without an
 * action or with two of them is an error; texts for the sender are ASCII and
 * one line, so that they cannot break an SMTP reply.
 * Standards: RFC 3463 for codes, RFC 5321 4.2.1 for reply texts.
 */
#include "base/enc.h"
#include "policy/rules.h"

#define PRIORITY_DEFAULT 100	/* of a rule that does not say */
#define PRIORITY_MAX 10000

static const char *const rule_keys[] = {
	"name", "priority", "enabled", "when", "except", "then",
};
static const char *const then_keys[] = { "template", "reject" };
static const char *const reject_keys[] = { "code", "text" };
static const char *const truths[] = { "true", "false" };

/* "5.7.1": class 5 and two numbers of up to three digits (RFC 3463 2). */
static bool
is_refusal_code(struct str s)
{
	struct str part;
	uint64_t value;
	size_t n = 0;

	while (str_next(&s, '.', &part)) {
		if (part.len > 3 || !str_to_u64(part, 999, &value) ||
		    (n == 0 && value != 5))
			return (false);
		n++;
	}
	return (n == 3);
}

static int
read_reject_text(struct rule *r, const struct yaml_node *text,
    struct arena *a, struct err *err)
{
	if (rules_text(text, POLICY_MAX_TEXT, &r->reject_text, a, err) != 0)
		return (-1);
	if (!enc_is_ascii(text->text))
		return (yaml_fail(text, err,
		    "'text' must be ASCII: SMTP replies have nothing else"));
	return (0);
}

static int
read_reject(struct rule *r, const struct yaml_node *node, struct arena *a,
    struct err *err)
{
	const struct yaml_node *code, *text;

	r->action = POLICY_REJECT;
	r->reject_code = STR_LIT("5.7.1");
	r->reject_text = STR_LIT("Refused by the policy of this organisation");
	if (node->kind == YAML_TEXT && node->key_line > 0 &&
	    str_eq(node->key, STR_LIT("reject")))
		return (read_reject_text(r, node, a, err));
	if (node->kind == YAML_TEXT)
		return (0);	/* then: reject */
	if (yaml_check_keys(node, reject_keys, COUNT_OF(reject_keys),
	    err) != 0)
		return (-1);
	code = yaml_get(node, "code");
	text = yaml_get(node, "text");
	if (code != NULL && (code->kind != YAML_TEXT ||
	    !is_refusal_code(code->text)))
		return (yaml_fail(code, err,
		    "'code' needs a refusal code such as 5.7.1"));
	if (code != NULL)
		r->reject_code = arena_str(a, code->text);
	return (text != NULL ? read_reject_text(r, text, a, err) : 0);
}

static int
read_template_action(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	if (rules_find_template(p, node, &r->template, err) != 0)
		return (-1);
	r->action = r->template != NULL ? POLICY_PROTECT : POLICY_DELIVER;
	return (0);
}

static int
read_then(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *template, *reject;

	if (node->kind == YAML_TEXT && str_eq(node->text, STR_LIT("reject")))
		return (read_reject(r, node, p->arena, err));
	if (node->kind != YAML_MAP)
		return (read_template_action(p, r, node, err));
	if (yaml_check_keys(node, then_keys, COUNT_OF(then_keys), err) != 0)
		return (-1);
	template = yaml_get(node, "template");
	reject = yaml_get(node, "reject");
	if ((template == NULL) == (reject == NULL))
		return (yaml_fail(node, err,
		    "'then' needs one of template and reject"));
	if (reject != NULL)
		return (read_reject(r, reject, p->arena, err));
	return (read_template_action(p, r, template, err));
}

static int
read_name(struct policy *p, struct rule *r, const struct yaml_node *node,
    struct err *err)
{
	const struct yaml_node *name = yaml_get(node, "name");

	if (name == NULL)
		return (yaml_fail(node, err, "'name' is missing"));
	if (rules_text(name, POLICY_MAX_NAME, &r->name, p->arena, err) != 0)
		return (-1);
	r->line = node->line;
	for (size_t i = 0; i < p->n_rules; i++)
		if (str_eq(p->rules[i].name, r->name))
			return (yaml_fail(name, err,
			    "the rule in line %u has the same name",
			    p->rules[i].line));
	return (0);
}

static int
read_priority(struct rule *r, const struct yaml_node *node, struct err *err)
{
	r->priority = PRIORITY_DEFAULT;
	if (node == NULL)
		return (0);
	if (node->kind != YAML_TEXT ||
	    !str_to_u64(node->text, PRIORITY_MAX, &r->priority))
		return (yaml_fail(node, err,
		    "'priority' needs a number from 0 to %d", PRIORITY_MAX));
	return (0);
}

static int
read_enabled(struct rule *r, const struct yaml_node *node, struct err *err)
{
	r->is_enabled = true;
	if (node == NULL)
		return (0);
	if (yaml_need(node, YAML_TEXT, "true or false", err) != 0)
		return (-1);
	r->is_enabled = str_eq(node->text, STR_LIT("true"));
	if (!r->is_enabled && !str_eq(node->text, STR_LIT("false")))
		return (yaml_fail_unknown(node, "value", truths,
		    COUNT_OF(truths), err));
	return (0);
}

static int
read_rule(struct policy *p, const struct yaml_node *node, struct err *err)
{
	struct rule *r = &p->rules[p->n_rules];
	const struct yaml_node *then = yaml_get(node, "then");

	if (yaml_check_keys(node, rule_keys, COUNT_OF(rule_keys), err) != 0 ||
	    read_name(p, r, node, err) != 0)
		return (-1);
	if (read_priority(r, yaml_get(node, "priority"), err) != 0 ||
	    read_enabled(r, yaml_get(node, "enabled"), err) != 0)
		return (-1);
	if (rules_conditions(p, yaml_get(node, "when"), &r->when, &r->n_when,
	    err) != 0 || rules_conditions(p, yaml_get(node, "except"),
	    &r->except, &r->n_except, err) != 0)
		return (-1);
	if (then == NULL)
		return (yaml_fail(node, err, "'then' is missing"));
	if (read_then(p, r, then, err) != 0)
		return (-1);
	p->n_rules++;
	return (0);
}

static int
compare_rules(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;

	if (x->priority != y->priority)
		return (x->priority < y->priority ? -1 : 1);
	/* Each begins in a later place of the file than the one before. */
	return (x->order < y->order ? -1 : 1);
}

int
rules_read(struct policy *p, const struct yaml_node *value, struct err *err)
{
	if (value == NULL || value->kind == YAML_NULL)
		return (0);
	if (yaml_need(value, YAML_LIST, "a list of rules", err) != 0)
		return (-1);
	if (value->n > POLICY_MAX_RULES)
		return (yaml_fail(value, err, "more than %d rules",
		    POLICY_MAX_RULES));
	p->rules = arena_array(p->arena, value->n + 1, sizeof(*p->rules));
	for (const struct yaml_node *c = value->child; c != NULL;
	    c = c->next) {
		p->rules[p->n_rules].order = p->n_rules;
		if (read_rule(p, c, err) != 0)
			return (-1);
	}
	qsort(p->rules, p->n_rules, sizeof(*p->rules), compare_rules);
	return (0);
}
