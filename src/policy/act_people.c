/* SPDX-License-Identifier: Apache-2.0 */
/*
 * act_people: what a rule does about who gets a message: others instead, or
 * others as well.
 *
 * Runs where the policy is read; audience.c acts. Security: whoever is named
 * here gets mail of others, so an address that cannot be read is an error of
 * the whole policy.
 */
#include "policy/rules.h"

#define ADDRESSES_MAX 100	/* of one action; Exchange adds as many */

static const char *const ways[] = {	/* enum policy_way */
	"to", "cc", "bcc", "redirect",
};

/* Behind those that other actions of the rule name. */
static struct rule_person *
add_person(const struct policy *p, struct rule *r, enum policy_way way)
{
	struct rule_person *who = arena_alloc(p->arena, sizeof(*who));
	struct rule_person **end = &r->people;

	while (*end != NULL)
		end = &(*end)->next;
	who->way = way;
	*end = who;
	return (who);
}

/* An address, or a list of them. */
static int
read_addresses(const struct policy *p, struct rule *r,
    const struct yaml_node *node, enum policy_way way, struct err *err)
{
	bool is_list = node->kind == YAML_LIST;
	const struct yaml_node *c = is_list ? node->child : node;
	char shown[YAML_SHOWN_SIZE];

	if (is_list && (node->n == 0 || node->n > ADDRESSES_MAX))
		return (yaml_fail(node, err, "'%s' needs 1 to %d addresses",
		    node->key.p, ADDRESSES_MAX));
	for (; c != NULL; c = is_list ? c->next : NULL) {
		struct rule_person *who = add_person(p, r, way);

		if (yaml_need(c, YAML_TEXT, "an address", err) != 0)
			return (-1);
		if (address_parse(c->text, p->arena, &who->address,
		    NULL) != 0 || who->address.domain.len == 0)
			return (yaml_fail(c, err, "'%s' is not an address",
			    yaml_shown(c->text, shown)));
	}
	return (0);
}

static int
read_redirect(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	return (read_addresses(p, r, node, POLICY_INSTEAD, err));
}

static int
read_to(const struct policy *p, struct rule *r, const struct yaml_node *node,
    struct err *err)
{
	return (read_addresses(p, r, node, POLICY_TO, err));
}

static int
read_cc(const struct policy *p, struct rule *r, const struct yaml_node *node,
    struct err *err)
{
	return (read_addresses(p, r, node, POLICY_CC, err));
}

static int
read_bcc(const struct policy *p, struct rule *r, const struct yaml_node *node,
    struct err *err)
{
	return (read_addresses(p, r, node, POLICY_BCC, err));
}

static int
read_manager(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	size_t way;

	if (rules_word(node, "value", ways, COUNT_OF(ways), &way, err) != 0)
		return (-1);
	if (directory_column(p->directory, STR_LIT("manager")) == -1)
		return (yaml_fail(node, err, "'%s' needs 'people', a table "
		    "with a column 'manager'", node->key.p));
	add_person(p, r, (enum policy_way)way)->is_manager = true;
	return (0);
}

const struct action_kind act_people[] = {
	{ "redirect_to", false, read_redirect },
	{ "add_to", false, read_to },
	{ "add_cc", false, read_cc },
	{ "add_bcc", false, read_bcc },
	{ "add_manager_as", false, read_manager },
	{ NULL, false, NULL },
};
