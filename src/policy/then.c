/* SPDX-License-Identifier: Apache-2.0 */
/*
 * then: what a rule does: one word, or a map of actions.
 *
 * Runs where the policy is read. Security: an action that is not known is an
 * error of the whole policy; how a message is protected can be said once in a
 * rule.
 */
#include "policy/rules.h"

#define KINDS_MAX 64	/* more than all tables have */

static const struct action_kind *const tables[] = {
	act_decide, act_demand, act_review, act_change, act_people, act_brand,
	act_label, act_tell,
};

static const struct action_kind *
find_kind(struct str key)
{
	for (size_t t = 0; t < COUNT_OF(tables); t++)
		for (const struct action_kind *k = tables[t]; k->key != NULL;
		    k++)
			if (str_eq(key, str_of(k->key)))
				return (k);
	return (NULL);
}

static int
fail_unknown(const struct yaml_node *node, struct err *err)
{
	const char *names[KINDS_MAX];
	size_t n = 0;

	for (size_t t = 0; t < COUNT_OF(tables); t++)
		for (const struct action_kind *k = tables[t]; k->key != NULL;
		    k++) {
			must(n < KINDS_MAX);
			names[n++] = k->key;
		}
	return (yaml_fail_unknown_key(node, names, n, err));
}

static int
read_actions(const struct policy *p, struct rule *r,
    const struct yaml_node *map, struct err *err)
{
	const struct action_kind *decision = NULL;

	if (map->n == 0)
		return (yaml_fail(map, err, "'then' says nothing to do"));
	for (const struct yaml_node *c = map->child; c != NULL; c = c->next) {
		const struct action_kind *k = find_kind(c->key);

		if (k == NULL)
			return (fail_unknown(c, err));
		if (k->decides && decision != NULL)
			return (yaml_fail(c, err, "'then' can say only one "
			    "of %s and %s", decision->key, k->key));
		if (k->decides)
			decision = k;
		if (k->parse(p, r, c, err) != 0)
			return (-1);
		act_tell_does(p, r, c->key);
	}
	return (0);
}

int
rules_then(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	if (node->kind == YAML_MAP)
		return (read_actions(p, r, node, err));
	if (node->kind != YAML_TEXT ||
	    !str_eq(node->text, STR_LIT("reject"))) {
		if (act_template(p, r, node, err) != 0)
			return (-1);
		act_tell_does(p, r, STR_LIT("template"));
		return (0);
	}
	act_refuse(r);
	act_tell_does(p, r, STR_LIT("reject"));
	return (0);
}
