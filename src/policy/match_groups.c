/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_groups: conditions about what the directory knows of people: groups,
 * attributes, managers.
 *
 * Runs in the gateway. Security: a group or an attribute that the directory
 * does not have is a mistake when the policy is read; somebody who is not in
 * the directory belongs to nothing.
 */
#include "mime/fold.h"
#include "policy/contents.h"

#define NAME_MAX_CHARACTERS 256

/* ---- reading ---------------------------------------------------------- */

static int
need_directory(const struct policy *p, const struct yaml_node *at,
    struct err *err)
{
	if (p->directory != NULL)
		return (0);
	return (yaml_fail_key(at, err, "'%s' needs a table of people: name "
	    "it under 'people:'", at->key.p));
}

static int
take_group(struct condition *c, struct term *t, const struct policy *p,
    const struct yaml_node *item, struct err *err)
{
	char shown[YAML_SHOWN_SIZE];

	(void)c;
	if (rules_text(item, NAME_MAX_CHARACTERS, &t->text, p->arena,
	    err) != 0)
		return (-1);
	if (!directory_find_group(p->directory, t->text, p->arena, &t->text))
		return (yaml_fail(item, err, "nobody in the table of people "
		    "belongs to '%s'", yaml_shown(t->text, shown)));
	return (0);
}

static int
parse_groups(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	if (need_directory(p, value, err) != 0)
		return (-1);
	return (condition_each(c, p, value, take_group, err));
}

static int
parse_two_groups(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	if (parse_groups(c, p, value, err) != 0)
		return (-1);
	if (c->n_terms != 2)
		return (yaml_fail(value, err, "'%s' needs two groups",
		    value->key.p));
	return (0);
}

static int
find_column(const struct policy *p, const struct yaml_node *at,
    struct str name, int *column, struct err *err)
{
	const char *const *columns;
	size_t n;

	*column = directory_column(p->directory, name);
	if (*column != -1)
		return (0);
	columns = directory_columns(p->directory, &n);
	return (yaml_fail_unknown_key(at, columns, n, err));
}

static int
parse_patterns(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	if (condition_list(c, p, value, SCAN_PATTERN, err) != 0)
		return (-1);
	/* All are one list. */
	c->terms[0].list = c->list;
	c->n_terms = 1;
	return (0);
}

/* {ATTRIBUTE: values, …}: one of the values in one of the attributes. */
static int
read_attributes(struct condition *c, const struct policy *p,
    const struct yaml_node *value, int (*parse)(struct condition *c,
    const struct policy *p, const struct yaml_node *value, struct err *err),
    struct err *err)
{
	size_t n = 0, at = 0;

	if (need_directory(p, value, err) != 0 ||
	    yaml_need(value, YAML_MAP, "attributes and values", err) != 0)
		return (-1);
	for (const struct yaml_node *a = value->child; a != NULL; a = a->next)
		n += a->n + 1;
	c->terms = arena_array(p->arena, n + 1, sizeof(*c->terms));
	for (const struct yaml_node *a = value->child; a != NULL;
	    a = a->next) {
		struct condition one = { .kind = c->kind };
		int column;

		if (find_column(p, a, a->key, &column, err) != 0 ||
		    parse(&one, p, a, err) != 0)
			return (-1);
		for (size_t i = 0; i < one.n_terms; i++) {
			c->terms[at] = one.terms[i];
			c->terms[at++].column = column;
		}
	}
	c->n_terms = at;
	if (at == 0)
		return (yaml_fail(value, err, "'%s' needs at least one "
		    "attribute", value->key.p));
	return (0);
}

static int
parse_attributes(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	return (read_attributes(c, p, value, condition_phrases, err));
}

static int
parse_attribute_patterns(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	return (read_attributes(c, p, value, parse_patterns, err));
}

/* ---- groups ----------------------------------------------------------- */

static bool
in_a_group(const struct condition *c, const struct policy *p,
    const struct person *who)
{
	for (size_t i = 0; i < c->n_terms; i++)
		if (directory_is_member(p->directory, who, c->terms[i].text))
			return (true);
	return (false);
}

static enum match
match_sender_member(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	size_t n;
	const struct address *all = facts_senders(p, q, c->location, &n);

	for (size_t i = 0; i < n; i++)
		if (in_a_group(c, p, directory_find(p->directory, &all[i])))
			return (MATCH_YES);
	return (MATCH_NO);
}

static enum match
match_recipient_member(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_if(in_a_group(c, p, directory_find(p->directory,
	    q->recipient))));
}

static enum match
match_any_member(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	for (size_t i = 0; i < q->n_recipients; i++)
		if (in_a_group(c, p, directory_find(p->directory,
		    &q->recipients[i])))
			return (MATCH_YES);
	return (match_recipient_member(c, p, q));
}

static bool
is_listed(const struct condition *c, const struct policy *p,
    const struct address *who)
{
	return (in_a_group(c, p, directory_find(p->directory, who)));
}

static enum match
match_to_member(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_if(facts_addressed(c, p, q, "To", is_listed)));
}

static enum match
match_cc_member(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_if(facts_addressed(c, p, q, "Cc", is_listed)));
}

static enum match
match_to_or_cc_member(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_if(facts_addressed(c, p, q, "To", is_listed) ||
	    facts_addressed(c, p, q, "Cc", is_listed)));
}

static enum match
match_between(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct person *from = facts_sender(p, q);
	const struct person *to = directory_find(p->directory, q->recipient);
	struct str a = c->terms[0].text, b = c->terms[1].text;

	return (match_if((directory_is_member(p->directory, from, a) &&
	    directory_is_member(p->directory, to, b)) ||
	    (directory_is_member(p->directory, from, b) &&
	    directory_is_member(p->directory, to, a))));
}

/* ---- attributes ------------------------------------------------------- */

static enum match
has_attribute(const struct condition *c, const struct person *who,
    struct arena *a)
{
	enum match found = MATCH_NO;

	for (size_t i = 0; i < c->n_terms; i++) {
		struct str folded;

		if (!fold_text(directory_value(who, c->terms[i].column), a,
		    &folded))
			found = MATCH_UNKNOWN;
		else if (fold_has_words(folded, c->terms[i].text))
			return (MATCH_YES);
	}
	return (found);
}

static enum match
match_sender_attribute(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (has_attribute(c, facts_sender(p, q), q->arena));
}

static enum match
match_recipient_attribute(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (has_attribute(c, directory_find(p->directory, q->recipient),
	    q->arena));
}

static enum match
match_attribute(const struct condition *c, const struct policy *p,
    struct policy_question *q, const struct person *who)
{
	enum match m = MATCH_NO;

	for (size_t i = 0; i < c->n_terms && m != MATCH_YES; i++) {
		struct str value = directory_value(who, c->terms[i].column);

		enum match one = value.len == 0 ? MATCH_NO :
		    contents_look(p, q, value, c->terms[i].list);

		m = one == MATCH_NO ? m : one;
	}
	return (m);
}

static enum match
match_sender_pattern(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_attribute(c, p, q, facts_sender(p, q)));
}

static enum match
match_recipient_pattern(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_attribute(c, p, q, directory_find(p->directory,
	    q->recipient)));
}

static const char *const operators[] = { "equal", "not_equal" };
static const char *const comparison_keys[] = { "attribute", "operator" };

static int
parse_comparison(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	const struct yaml_node *attribute, *operator;
	size_t i = 0;

	if (need_directory(p, value, err) != 0 || yaml_need(value, YAML_MAP,
	    "attribute and operator", err) != 0 || yaml_check_keys(value,
	    comparison_keys, COUNT_OF(comparison_keys), err) != 0)
		return (-1);
	attribute = yaml_get(value, "attribute");
	operator = yaml_get(value, "operator");
	if (attribute == NULL)
		return (yaml_fail(value, err, "'attribute' is missing"));
	c->terms = arena_array(p->arena, 1, sizeof(*c->terms));
	c->n_terms = 1;
	if (rules_text(attribute, NAME_MAX_CHARACTERS, &c->name, p->arena,
	    err) != 0)
		return (-1);
	c->terms[0].column = directory_column(p->directory, c->name);
	if (c->terms[0].column == -1)
		return (yaml_fail(attribute, err,
		    "the table of people has no such column"));
	if (operator != NULL && rules_word(operator, "operator", operators,
	    COUNT_OF(operators), &i, err) != 0)
		return (-1);
	c->bits = (uint32_t)i;
	return (0);
}

static enum match
match_comparison(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	int column = c->terms[0].column;
	struct str from, to;

	if (!fold_text(directory_value(facts_sender(p, q), column), q->arena,
	    &from) || !fold_text(directory_value(directory_find(p->directory,
	    q->recipient), column), q->arena, &to))
		return (MATCH_UNKNOWN);
	/* Two strangers have nothing in common. */
	return (match_if((from.len > 0 && str_eq(from, to)) ==
	    (c->bits == 0)));
}

/* ---- managers --------------------------------------------------------- */

static bool
is_managed_by(const struct policy *p, const struct person *who,
    const struct address *manager)
{
	struct str text = directory_value(who,
	    directory_column(p->directory, STR_LIT("manager")));

	return (text.len > 0 && str_eq_nocase(text, manager->text));
}

static int
need_managers(const struct policy *p, const struct yaml_node *value,
    struct err *err)
{
	if (need_directory(p, value, err) != 0)
		return (-1);
	if (directory_column(p->directory, STR_LIT("manager")) == -1)
		return (yaml_fail_key(value, err, "'%s' needs a column "
		    "'manager' in the table of people", value->key.p));
	return (0);
}

/* Whose manager, by bits. */
static const char *const whose[] = { "sender", "recipient" };
static const char *const manager_keys[] = { "of", "addresses" };

static int
parse_manager(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	const struct yaml_node *of, *addresses;
	size_t i = 0;

	if (need_managers(p, value, err) != 0 || yaml_need(value, YAML_MAP,
	    "of and addresses", err) != 0 || yaml_check_keys(value,
	    manager_keys, COUNT_OF(manager_keys), err) != 0)
		return (-1);
	of = yaml_get(value, "of");
	addresses = yaml_get(value, "addresses");
	if (of == NULL || addresses == NULL)
		return (yaml_fail(value, err, "'%s' is missing",
		    of == NULL ? "of" : "addresses"));
	if (rules_word(of, "value", whose, COUNT_OF(whose), &i, err) != 0)
		return (-1);
	c->bits = (uint32_t)i;
	return (condition_addresses(c, p, addresses, err));
}

static enum match
match_manager(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct person *who = c->bits == 0 ? facts_sender(p, q) :
	    directory_find(p->directory, q->recipient);

	for (size_t i = 0; i < c->n_terms; i++)
		if (is_managed_by(p, who, &c->terms[i].address))
			return (MATCH_YES);
	return (MATCH_NO);
}

static int
parse_relation(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	return (need_managers(p, value, err) != 0 ? -1 :
	    condition_words(c, p, value, err));
}

/* By bit: what the sender is to the recipient. */
static const char *const relations[] = { "manager", "direct_report" };

static enum match
match_relation(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	bool is_manager = is_managed_by(p, directory_find(p->directory,
	    q->recipient), q->sender);
	bool is_report = is_managed_by(p, facts_sender(p, q), q->recipient);

	return (match_if(((c->bits & 1u) != 0 && is_manager) ||
	    ((c->bits & 2u) != 0 && is_report)));
}

const struct condition_kind match_groups[] = {
	{ "sender_member_of", true, parse_groups, match_sender_member, NULL,
	    NULL, 0 },
	{ "recipient_member_of", false, parse_groups, match_recipient_member,
	    NULL, NULL, 0 },
	{ "any_recipient_member_of", false, parse_groups, match_any_member,
	    NULL, NULL, 0 },
	{ "to_header_member_of", true, parse_groups, match_to_member, NULL,
	    NULL, 0 },
	{ "cc_header_member_of", true, parse_groups, match_cc_member, NULL,
	    NULL, 0 },
	{ "to_or_cc_header_member_of", true, parse_groups,
	    match_to_or_cc_member, NULL, NULL, 0 },
	{ "between_member_of", false, parse_two_groups, match_between, NULL,
	    NULL, 0 },
	{ "sender_attribute_contains", true, parse_attributes,
	    match_sender_attribute, NULL, NULL, 0 },
	{ "recipient_attribute_contains", false, parse_attributes,
	    match_recipient_attribute, NULL, NULL, 0 },
	{ "attribute_comparison", false, parse_comparison, match_comparison,
	    NULL, NULL, 0 },
	{ "sender_attribute_matches", true, parse_attribute_patterns,
	    match_sender_pattern, NULL, NULL, 0 },
	{ "recipient_attribute_matches", false, parse_attribute_patterns,
	    match_recipient_pattern, NULL, NULL, 0 },
	{ "manager_is", false, parse_manager, match_manager, NULL, NULL, 0 },
	{ "sender_is_manager_of_recipient", false, parse_relation,
	    match_relation, NULL, relations, COUNT_OF(relations) },
	{ 0 },
};
