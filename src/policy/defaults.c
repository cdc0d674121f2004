/* SPDX-License-Identifier: Apache-2.0 */
/*
 * defaults: `default:` of policy.yaml, for outside recipients whose message no
 * rule decides about: one for all, or the first of a list that fits.
 *
 * Runs where the policy is read. Security: the last of a list has no
 * conditions, so that there is always one; an unknown word is an error of the
 * whole policy.
 */
#include "policy/rules.h"

static const char *const default_keys[] = { "when", "except", "then" };
static const char *const then_keys[] = {
	"template", "demand", "require_tls", "sign",
};

static int
read_then(const struct policy *p, struct rule *r,
    const struct yaml_node *then, struct err *err)
{
	if (then->kind != YAML_MAP)
		return (act_template(p, r, then, err));
	if (yaml_check_keys(then, then_keys, COUNT_OF(then_keys), err) != 0)
		return (-1);
	return (rules_then(p, r, then, err));
}

static int
read_one(struct policy *p, struct rule *r, const struct yaml_node *node,
    struct err *err)
{
	const struct yaml_node *when, *except, *then;

	if (yaml_need(node, YAML_MAP, "when and then", err) != 0 ||
	    yaml_check_keys(node, default_keys, COUNT_OF(default_keys),
	    err) != 0)
		return (-1);
	when = yaml_get(node, "when");
	except = yaml_get(node, "except");
	then = yaml_get(node, "then");
	if (then == NULL)
		return (yaml_fail(node, err, "'then' is missing"));
	if (rules_conditions(p, when, &r->when, &r->n_when, err) != 0 ||
	    rules_conditions(p, except, &r->except, &r->n_except, err) != 0)
		return (-1);
	if (node->next == NULL && r->n_when + r->n_except > 0)
		return (yaml_fail(node, err, "the last default must be for "
		    "all that is left: leave out 'when' and 'except'"));
	return (read_then(p, r, then, err));
}

int
rules_defaults(struct policy *p, const struct yaml_node *value,
    struct err *err)
{
	bool is_list = value->kind == YAML_LIST;
	const struct yaml_node *c = is_list ? value->child : value;

	if (is_list && value->n == 0)
		return (yaml_fail(value, err, "'default' is empty"));
	p->defaults = arena_array(p->arena, value->n + 1,
	    sizeof(*p->defaults));
	for (; c != NULL; c = is_list ? c->next : NULL) {
		struct rule *r = &p->defaults[p->n_defaults++];

		*r = (struct rule){ .name = STR_LIT("default"),
		    .line = c->line, .is_enabled = true, .defers = true };
		if ((is_list ? read_one(p, r, c, err) :
		    read_then(p, r, c, err)) != 0)
			return (-1);
	}
	return (0);
}
