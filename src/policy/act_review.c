/* SPDX-License-Identifier: Apache-2.0 */
/*
 * act_review: a rule that wants somebody to decide before a message goes out,
 * and who that is for one message.
 *
 * Runs where the policy is read, and in the gateway once per rule that
 * applies. Security: only people inside decide: they get to know who writes to
 * whom, and what was found. Nobody decides about a message of their own, but
 * where the rule gives the choice to the sender; and a sender outside, whose
 * address anybody may have written, is never given it. Where nobody is left it
 * is for the administrator.
 */
#include "policy/rules.h"

#define WHO_MAX 50	/* one mail to each */

static const char *const quarantine_keys[] = { "reviewers" };

/* One of each kind in a rule; its keys cannot be there twice. */
static struct rule_review *
add_review(const struct policy *p, struct rule *r,
    enum policy_review_kind kind)
{
	struct rule_review **end = &r->reviews;
	struct rule_review *one = arena_alloc(p->arena, sizeof(*one));

	*one = (struct rule_review){ .kind = kind };
	while (*end != NULL)
		end = &(*end)->next;
	*end = one;
	return (one);
}

void
act_override(const struct policy *p, struct rule *r,
    enum policy_review_kind kind)
{
	(void)add_review(p, r, kind);
}

bool
act_may_override(const struct rule *r)
{
	for (const struct rule_review *one = r->reviews; one != NULL;
	    one = one->next)
		if (policy_is_override(one->kind))
			return (true);
	return (false);
}

unsigned
act_unnamed_line(const struct rule *r)
{
	for (const struct rule_review *one = r->reviews; one != NULL;
	    one = one->next)
		if (one->kind == POLICY_REVIEW_QUARANTINE && one->n_who == 0)
			return (one->line);
	return (0);
}

static int
read_address(const struct policy *p, const struct yaml_node *node,
    struct address *out, struct err *err)
{
	char shown[YAML_SHOWN_SIZE];

	if (yaml_need(node, YAML_TEXT, "an address", err) != 0)
		return (-1);
	if (address_parse(node->text, p->arena, out, NULL) != 0 ||
	    out->domain.len == 0)
		return (yaml_fail(node, err, "'%s' is not an address",
		    yaml_shown(node->text, shown)));
	if (!policy_is_inside(p, out->domain))
		return (yaml_fail(node, err, "'%s' is outside: only addresses "
		    "of 'domains' decide", yaml_shown(node->text, shown)));
	return (0);
}

/* An address, or a list of them. */
static int
read_who(const struct policy *p, struct rule_review *review,
    const struct yaml_node *node, struct err *err)
{
	bool is_list = node->kind == YAML_LIST;
	const struct yaml_node *c = is_list ? node->child : node;
	size_t n = is_list ? node->n : 1;

	if (n == 0 || n > WHO_MAX)
		return (yaml_fail(node, err, "needs 1 to %d addresses",
		    WHO_MAX));
	review->who = arena_array(p->arena, n, sizeof(*review->who));
	for (; c != NULL; c = is_list ? c->next : NULL)
		if (read_address(p, c, &review->who[review->n_who++],
		    err) != 0)
			return (-1);
	return (0);
}

/* `moderate_by: manager`, or who. */
static int
read_moderate(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	struct rule_review *review =
	    add_review(p, r, POLICY_REVIEW_MODERATION);

	if (node->kind != YAML_TEXT ||
	    !str_eq(node->text, STR_LIT("manager")))
		return (read_who(p, review, node, err));
	if (p->directory == NULL || directory_column(p->directory,
	    STR_LIT("manager")) == -1)
		return (yaml_fail(node, err, "'%s: manager' needs a column "
		    "'manager' in the table of people", node->key.p));
	review->is_manager = true;
	return (0);
}

/* `quarantine: true`, or {reviewers: who}. */
static int
read_quarantine(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	const struct yaml_node *who;
	bool is_wanted = true;

	if (node->kind != YAML_MAP) {
		if (rules_bool(node, &is_wanted, err) != 0)
			return (-1);
		if (is_wanted)
			add_review(p, r, POLICY_REVIEW_QUARANTINE)->line =
			    node->key_line;
		return (0);
	}
	if (yaml_check_keys(node, quarantine_keys, COUNT_OF(quarantine_keys),
	    err) != 0)
		return (-1);
	who = yaml_get(node, "reviewers");
	if (who == NULL)
		return (yaml_fail(node, err, "'quarantine' needs true, or a "
		    "map with 'reviewers'"));
	return (read_who(p, add_review(p, r, POLICY_REVIEW_QUARANTINE), who,
	    err));
}

const struct action_kind act_review[] = {
	{ "moderate_by", false, read_moderate },
	{ "quarantine", false, read_quarantine },
	{ NULL, false, NULL },
};

/* ---- for one message -------------------------------------------------- */

static void
add_person(struct policy_review *out, struct address *who,
    const struct address *one)
{
	for (size_t i = 0; i < out->n_who; i++)
		if (address_eq(&who[i], one))
			return;
	who[out->n_who++] = *one;
	out->who = who;
}

static void
ask_manager(const struct policy *p, struct policy_question *q,
    struct policy_review *out, struct address *who)
{
	struct str text = directory_value(facts_sender(p, q),
	    directory_column(p->directory, STR_LIT("manager")));
	struct address manager;

	if (text.len > 0 &&
	    address_parse(text, q->arena, &manager, NULL) == 0 &&
	    policy_is_inside(p, manager.domain) &&
	    !address_eq(&manager, q->sender))
		add_person(out, who, &manager);
}

static void
find_people(const struct rule_review *review, const struct policy *p,
    struct policy_question *q, struct policy_review *out)
{
	struct address *who =
	    arena_array(q->arena, review->n_who + 1, sizeof(*who));

	if (policy_is_override(review->kind)) {
		if (q->sender->text.len > 0 &&
		    rules_sender_scope(p, q) == SCOPE_INSIDE)
			add_person(out, who, q->sender);
		return;
	}
	if (review->is_manager)
		ask_manager(p, q, out, who);
	for (size_t i = 0; i < review->n_who; i++)
		if (!address_eq(&review->who[i], q->sender))
			add_person(out, who, &review->who[i]);
}

bool
policy_is_override(enum policy_review_kind kind)
{
	return (kind == POLICY_REVIEW_SILENT ||
	    kind == POLICY_REVIEW_EXPLICIT ||
	    kind == POLICY_REVIEW_FALSE_POSITIVE);
}

void
act_hold(const struct rule *r, const struct policy *p,
    struct policy_question *q, const struct policy_hit *hit,
    struct verdict *v)
{
	const struct policy_review **end = &v->reviews;

	if (r->reviews == NULL)
		return;
	if (!v->is_held) {
		v->is_held = true;
		v->held_rule = r->name;
		v->held_reason = hit->reason;
	}
	while (*end != NULL)
		end = (const struct policy_review **)&(*end)->next;
	for (const struct rule_review *one = r->reviews; one != NULL;
	    one = one->next) {
		struct policy_review *review =
		    arena_alloc(q->arena, sizeof(*review));

		*review = (struct policy_review){ .kind = one->kind,
		    .hit = hit, .severity = r->severity };
		find_people(one, p, q, review);
		*end = review;
		end = &review->next;
	}
}
