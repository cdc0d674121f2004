/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition: the conditions about who writes to whom, and the table of all.
 *
 * Runs in the gateway. Security: compares canonical addresses of the envelope,
 * the ones delivery uses; header fields are letterwords.c's.
 */
#include "policy/letterwords.h"
#include "policy/rules.h"

static const char *const scope_words[] = { "inside", "outside" };

static enum match
yes_if(bool is_so)
{
	return (is_so ? MATCH_YES : MATCH_NO);
}

/* One term per value: a text alone is a list of one. */
static int
each_value(struct condition *c, const struct yaml_node *value,
    int (*take)(struct term *t, const struct yaml_node *item, struct arena *a,
    struct err *err), struct arena *a, struct err *err)
{
	const struct yaml_node *item = value;

	if (value->kind == YAML_LIST)
		item = value->child;
	else if (yaml_need(value, YAML_TEXT, "a text or a list", err) != 0)
		return (-1);
	if (item == NULL)
		return (yaml_fail(value, err, "'%s' needs at least one value",
		    value->key.p));
	c->terms = arena_array(a, value->n + 1, sizeof(*c->terms));
	for (; item != NULL; item = item->next) {
		if (take(&c->terms[c->n_terms++], item, a, err) != 0)
			return (-1);
		if (value->kind != YAML_LIST)
			break;
	}
	return (0);
}

static int
take_address(struct term *t, const struct yaml_node *item, struct arena *a,
    struct err *err)
{
	char shown[YAML_SHOWN_SIZE];

	if (yaml_need(item, YAML_TEXT, "an address", err) != 0)
		return (-1);
	if (address_parse(item->text, a, &t->address, NULL) != 0)
		return (yaml_fail(item, err, "'%s' is not an address",
		    yaml_shown(item->text, shown)));
	/* The tree goes; the address may point into it. */
	t->address.text = arena_str(a, t->address.text);
	t->address.local = arena_str(a, t->address.local);
	t->address.domain = arena_str(a, t->address.domain);
	return (0);
}

static int
take_domain(struct term *t, const struct yaml_node *item, struct arena *a,
    struct err *err)
{
	return (rules_domain(item, &t->text, a, err));
}

static int
parse_addresses(struct condition *c, const struct yaml_node *value,
    struct arena *a, struct err *err)
{
	return (each_value(c, value, take_address, a, err));
}

static int
parse_domains(struct condition *c, const struct yaml_node *value,
    struct arena *a, struct err *err)
{
	return (each_value(c, value, take_domain, a, err));
}

static int
parse_scope(struct condition *c, const struct yaml_node *value,
    struct arena *a, struct err *err)
{
	(void)a;
	if (yaml_need(value, YAML_TEXT, "inside or outside", err) != 0)
		return (-1);
	c->inside = str_eq(value->text, STR_LIT("inside"));
	if (!c->inside && !str_eq(value->text, STR_LIT("outside")))
		return (yaml_fail_unknown(value, "scope", scope_words,
		    COUNT_OF(scope_words), err));
	return (0);
}

static enum match
is_address(const struct condition *c, const struct address *who)
{
	for (size_t i = 0; i < c->n_terms; i++)
		if (address_eq(&c->terms[i].address, who))
			return (MATCH_YES);
	return (MATCH_NO);
}

static enum match
is_domain(const struct condition *c, const struct address *who)
{
	for (size_t i = 0; i < c->n_terms; i++)
		if (address_domain_is(who->domain, c->terms[i].text))
			return (MATCH_YES);
	return (MATCH_NO);
}

static enum match
match_sender(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (is_address(c, q->sender));
}

static enum match
match_sender_domain(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (is_domain(c, q->sender));
}

/* The null sender of reports and notices belongs to nobody: outside. */
static enum match
match_sender_scope(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	bool inside = q->sender->domain.len > 0 &&
	    policy_is_inside(p, q->sender->domain);

	return (yes_if(inside == c->inside));
}

static enum match
match_recipient(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (is_address(c, q->recipient));
}

static enum match
match_recipient_domain(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (is_domain(c, q->recipient));
}

static enum match
match_recipient_scope(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (yes_if(policy_is_inside(p, q->recipient->domain) ==
	    c->inside));
}

static void
explain_sender(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	(void)c;
	buf_z(out, "sender ");
	buf_str(out, q->sender->text);
}

static void
explain_sender_domain(const struct condition *c,
    const struct policy_question *q, struct buf *out)
{
	(void)c;
	buf_z(out, "sender domain ");
	buf_str(out, q->sender->domain);
}

static void
explain_sender_scope(const struct condition *c,
    const struct policy_question *q, struct buf *out)
{
	(void)q;
	buf_z(out, c->inside ? "sender inside" : "sender outside");
}

static void
explain_recipient(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	(void)c;
	buf_z(out, "recipient ");
	buf_str(out, q->recipient->text);
}

static void
explain_recipient_domain(const struct condition *c,
    const struct policy_question *q, struct buf *out)
{
	(void)c;
	buf_z(out, "recipient domain ");
	buf_str(out, q->recipient->domain);
}

static void
explain_recipient_scope(const struct condition *c,
    const struct policy_question *q, struct buf *out)
{
	(void)q;
	buf_z(out, c->inside ? "recipient inside" : "recipient outside");
}

static const struct condition_kind kinds[] = {
	{ "sender_is", true, parse_addresses, match_sender, explain_sender },
	{ "sender_domain_is", true, parse_domains, match_sender_domain,
	    explain_sender_domain },
	{ "sender_scope", true, parse_scope, match_sender_scope,
	    explain_sender_scope },
	{ "recipient_is", false, parse_addresses, match_recipient,
	    explain_recipient },
	{ "recipient_domain_is", false, parse_domains, match_recipient_domain,
	    explain_recipient_domain },
	{ "sent_to_scope", false, parse_scope, match_recipient_scope,
	    explain_recipient_scope },
	{ "subject_contains_words", true, letterwords_parse,
	    letterwords_match_subject, letterwords_explain_subject },
	{ "header_contains", true, letterwords_parse_header,
	    letterwords_match_header, letterwords_explain_header },
	{ "header_matches", true, letterwords_parse_header,
	    letterwords_match_value, letterwords_explain_header },
	{ "label_is", true, letterwords_parse, letterwords_match_label,
	    letterwords_explain_label },
	{ "sensitivity_is", true, letterwords_parse_sensitivity,
	    letterwords_match_sensitivity, letterwords_explain_sensitivity },
};

static const struct condition_kind *
find_kind(struct str key)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (str_eq(key, str_of(kinds[i].key)))
			return (&kinds[i]);
	return (NULL);
}

static int
fail_unknown(const struct yaml_node *node, struct err *err)
{
	const char *names[COUNT_OF(kinds)];

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		names[i] = kinds[i].key;
	return (yaml_fail_unknown_key(node, names, COUNT_OF(kinds), err));
}

int
rules_conditions(struct policy *p, const struct yaml_node *value,
    struct condition **out, size_t *n, struct err *err)
{
	struct condition *list;
	size_t at = 0;

	if (value == NULL)
		return (0);
	if (yaml_need(value, YAML_MAP, "conditions", err) != 0)
		return (-1);
	list = arena_array(p->arena, value->n + 1, sizeof(*list));
	for (const struct yaml_node *c = value->child; c != NULL;
	    c = c->next) {
		struct condition *condition = &list[at++];

		condition->kind = find_kind(c->key);
		if (condition->kind == NULL)
			return (fail_unknown(c, err));
		condition->index = p->n_conditions++;
		if (condition->kind->parse(condition, c, p->arena, err) != 0)
			return (-1);
	}
	*out = list;
	*n = at;
	return (0);
}
