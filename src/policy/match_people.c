/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_people: conditions about who writes to whom, by address and domain.
 *
 * Runs in the gateway. Security: senders and recipients are those of the
 * envelope, the ones delivery uses; only to_header_is and its kin read what
 * the header says, and the sender's address where the rule asks for that.
 */
#include "conf/network.h"
#include "policy/rules.h"

/* By bit, as enum scope. */
static const char *const scopes[] = {
	"inside", "outside", "partner", "non_partner",
};

static bool
is_address(const struct condition *c, const struct address *who)
{
	for (size_t i = 0; i < c->n_terms; i++)
		if (address_eq(&c->terms[i].address, who))
			return (true);
	return (false);
}

static bool
is_in_domain(const struct condition *c, const struct address *who)
{
	for (size_t i = 0; i < c->n_terms; i++)
		if (address_domain_is(who->domain, c->terms[i].text))
			return (true);
	return (false);
}

static int
parse_scope(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	size_t i = 0;

	if (value->kind == YAML_LIST)
		return (condition_words(c, p, value, err));
	if (yaml_need(value, YAML_TEXT, "inside or outside", err) != 0 ||
	    rules_word(value, "scope", c->kind->words, c->kind->n_words, &i,
	    err) != 0)
		return (-1);
	c->bits = 1u << i;
	return (0);
}

/* ---- the sender ------------------------------------------------------- */

static enum match
match_a_sender(const struct condition *c, const struct policy *p,
    struct policy_question *q, bool (*fits)(const struct condition *c,
    const struct address *who))
{
	size_t n;
	const struct address *all = facts_senders(p, q, c->location, &n);

	for (size_t i = 0; i < n; i++)
		if (fits(c, &all[i]))
			return (MATCH_YES);
	return (MATCH_NO);
}

static enum match
match_sender(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_a_sender(c, p, q, is_address));
}

static enum match
match_sender_domain(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_a_sender(c, p, q, is_in_domain));
}

static enum match
match_sender_scope(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_if((rules_sender_scope(p, q) & c->bits) != 0));
}

static int
parse_networks(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	bool is_list = value->kind == YAML_LIST;
	const struct yaml_node *item = is_list ? value->child : value;
	const char **list = arena_array(p->arena, value->n + 1,
	    sizeof(*list));
	const char *why = NULL;

	if (item == NULL)
		return (yaml_fail(value, err, "'%s' needs at least one value",
		    value->key.p));
	for (; item != NULL; item = is_list ? item->next : NULL) {
		if (yaml_need(item, YAML_TEXT, "a network", err) != 0)
			return (-1);
		if (!network_is_valid(item->text, &why))
			return (yaml_fail(item, err, "%s", why));
		list[c->networks.n++] = arena_str(p->arena, item->text).p;
	}
	c->networks.values = list;
	return (0);
}

static enum match
match_client(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (match_if(q->client.len > 0 &&
	    settings_network_has(&c->networks, q->client.p)));
}

/* ---- the recipient ---------------------------------------------------- */

static enum match
match_recipient(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (match_if(is_address(c, q->recipient)));
}

static enum match
match_recipient_domain(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (match_if(is_in_domain(c, q->recipient)));
}

static enum match
match_recipient_scope(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_if((rules_scope(p, q->recipient->domain) & c->bits) !=
	    0));
}

static enum match
match_any_recipient(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	for (size_t i = 0; i < q->n_recipients; i++)
		if (is_address(c, &q->recipients[i]))
			return (MATCH_YES);
	return (match_if(is_address(c, q->recipient)));
}

/* ---- what the header says --------------------------------------------- */

static bool
is_listed(const struct condition *c, const struct policy *p,
    const struct address *who)
{
	(void)p;
	return (is_address(c, who));
}

static enum match
match_to(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_if(facts_addressed(c, p, q, "To", is_listed)));
}

static enum match
match_cc(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_if(facts_addressed(c, p, q, "Cc", is_listed)));
}

static enum match
match_to_or_cc(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_if(facts_addressed(c, p, q, "To", is_listed) ||
	    facts_addressed(c, p, q, "Cc", is_listed)));
}

/* ---- in words --------------------------------------------------------- */

static void
explain_sender(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	buf_z(out, "sender ");
	if (c->location == SENDER_ENVELOPE)
		buf_str(out, q->sender->text);
	else
		buf_z(out, c->location == SENDER_HEADER ? "in the header" :
		    "in the envelope or the header");
}

static void
explain_sender_domain(const struct condition *c,
    const struct policy_question *q, struct buf *out)
{
	buf_z(out, "sender domain ");
	if (c->location == SENDER_ENVELOPE)
		buf_str(out, q->sender->domain);
	else
		buf_z(out, c->location == SENDER_HEADER ? "in the header" :
		    "in the envelope or the header");
}

static void
explain_scope(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	const char *comma = "";

	(void)q;
	for (size_t i = 0; i < COUNT_OF(scopes); i++)
		if ((c->bits & 1u << i) != 0) {
			buf_printf(out, "%s%s", comma, scopes[i]);
			comma = " or ";
		}
}

static void
explain_sender_scope(const struct condition *c,
    const struct policy_question *q, struct buf *out)
{
	buf_z(out, "sender ");
	explain_scope(c, q, out);
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
	buf_z(out, "recipient ");
	explain_scope(c, q, out);
}

const struct condition_kind match_people[] = {
	{ "sender_is", true, condition_addresses, match_sender,
	    explain_sender, NULL, 0 },
	{ "sender_domain_is", true, condition_domains, match_sender_domain,
	    explain_sender_domain, NULL, 0 },
	{ "sender_scope", true, parse_scope, match_sender_scope,
	    explain_sender_scope, scopes, 2 },
	{ "sender_ip_in", true, parse_networks, match_client, NULL, NULL, 0 },
	{ "recipient_is", false, condition_addresses, match_recipient,
	    explain_recipient, NULL, 0 },
	{ "recipient_domain_is", false, condition_domains,
	    match_recipient_domain, explain_recipient_domain, NULL, 0 },
	{ "sent_to_scope", false, parse_scope, match_recipient_scope,
	    explain_recipient_scope, scopes, COUNT_OF(scopes) },
	{ "any_recipient_is", false, condition_addresses, match_any_recipient,
	    NULL, NULL, 0 },
	{ "to_header_is", true, condition_addresses, match_to, NULL, NULL, 0 },
	{ "cc_header_is", true, condition_addresses, match_cc, NULL, NULL, 0 },
	{ "to_or_cc_header_is", true, condition_addresses, match_to_or_cc,
	    NULL, NULL, 0 },
	{ 0 },
};
