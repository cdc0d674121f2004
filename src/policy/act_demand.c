/* SPDX-License-Identifier: Apache-2.0 */
/*
 * act_demand: what has to hold however a message is protected: the least
 * assurance, verified TLS, a signature.
 *
 * Runs where the policy is read. Security: demands of several rules add up;
 * none takes anything from another.
 */
#include "policy/rules.h"

static const char *const demand_keys[] = {
	"assurance", "prefer", "second_factor",
};
static const char *const assurances[] = {	/* from ASSURANCE_TRANSIT */
	"transit", "portal", "end_to_end",
};
static const char *const rungs[] = { "tls", "portal", "smime" };
static const char *const factors[] = { "passphrase" };

static int
read_preference(struct demand *d, const struct yaml_node *list,
    struct err *err)
{
	if (yaml_need(list, YAML_LIST, "a list of tls, portal and smime",
	    err) != 0)
		return (-1);
	for (const struct yaml_node *c = list->child; c != NULL; c = c->next) {
		enum rung rung;
		size_t i;

		if (rules_word(c, "way", rungs, COUNT_OF(rungs), &i,
		    err) != 0)
			return (-1);
		rung = (enum rung)(RUNG_TLS + i);
		for (size_t k = 0; k < d->n_prefer; k++)
			if (d->prefer[k] == rung)
				return (yaml_fail(c, err,
				    "'%s' stands here twice", rungs[i]));
		d->prefer[d->n_prefer++] = rung;
	}
	return (0);
}

/* A demand that none of its own preferences can meet would hold all mail. */
static int
check_demand(const struct demand *d, const struct yaml_node *node,
    struct err *err)
{
	static const struct ladder_means all = { .has_certificate = true,
	    .proves_tls = true, .has_passphrase = true, .can_sign = true };
	struct ladder_choice choice;

	ladder_pick(d, &all, &choice);
	if (choice.rung == RUNG_NONE)
		return (yaml_fail(node, err, "no way of 'prefer' can meet "
		    "this: %s", choice.passed[choice.n_passed - 1].why));
	return (0);
}

static int
read_demand(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *assurance, *prefer, *factor;
	struct demand d = { .assurance = ASSURANCE_PORTAL };
	size_t i = 0;

	(void)p;
	if (yaml_need(node, YAML_MAP, "an assurance", err) != 0 ||
	    yaml_check_keys(node, demand_keys, COUNT_OF(demand_keys),
	    err) != 0)
		return (-1);
	assurance = yaml_get(node, "assurance");
	prefer = yaml_get(node, "prefer");
	factor = yaml_get(node, "second_factor");
	if (assurance == NULL)
		return (yaml_fail(node, err, "'assurance' is missing"));
	if (rules_word(assurance, "assurance", assurances,
	    COUNT_OF(assurances), &i, err) != 0)
		return (-1);
	d.assurance = (enum assurance)(ASSURANCE_TRANSIT + i);
	if (prefer != NULL && read_preference(&d, prefer, err) != 0)
		return (-1);
	if (factor != NULL && rules_word(factor, "factor", factors,
	    COUNT_OF(factors), &i, err) != 0)
		return (-1);
	d.second_factor = factor != NULL;
	if (check_demand(&d, node, err) != 0)
		return (-1);
	ladder_add(&r->demand, &d);
	return (0);
}

static int
read_require_tls(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	static const struct demand transit = {
		.assurance = ASSURANCE_TRANSIT,
	};
	bool is_so;

	(void)p;
	if (rules_bool(node, &is_so, err) != 0)
		return (-1);
	if (is_so)
		ladder_add(&r->demand, &transit);
	return (0);
}

static int
read_sign(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	(void)p;
	return (rules_bool(node, &r->demand.signs, err));
}

const struct action_kind act_demand[] = {
	{ "demand", false, read_demand },
	{ "require_tls", false, read_require_tls },
	{ "sign", false, read_sign },
	{ NULL, false, NULL },
};
