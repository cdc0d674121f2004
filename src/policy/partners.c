/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partners: `partners:` of policy.yaml: domains that are told apart from the
 * rest of the outside, and what was agreed about the way to them.
 *
 * Runs where the policy is read. Security: an agreement replaces DANE and
 * MTA-STS for its domains, so one that would prove nothing is refused.
 */
#include "base/enc.h"
#include "policy/rules.h"

#define AUTHORITY_MAX (256u << 10)

static const char *const partner_keys[] = { "name", "domains", "tls" };
static const char *const tls_keys[] = { "verify", "names", "authority",
	"keys", "version", "required", "valid_from", "valid_until" };
static const char *const proofs[] = { "usual", "names", "authority", "keys" };

static int
read_names(struct policy *p, struct policy_partner *out,
    const struct yaml_node *list, struct err *err)
{
	struct str *domains;

	if (list == NULL)
		return (0);
	if (rules_domains(p, list, &domains, &out->n_names, err) != 0)
		return (-1);
	if (out->n_names > POLICY_PARTNER_NAMES_MAX)
		return (yaml_fail(list, err, "at most %d names expected here",
		    POLICY_PARTNER_NAMES_MAX));
	out->names = arena_array(p->arena, out->n_names + 1,
	    sizeof(*out->names));
	for (size_t i = 0; i < out->n_names; i++)
		out->names[i] = arena_str(p->arena, domains[i]).p;
	return (0);
}

static int
read_authority(struct policy *p, struct policy_partner *out,
    const struct yaml_node *node, struct err *err)
{
	AUTO_BUF struct buf pem = BUF_INIT(AUTHORITY_MAX);
	const char *path;

	if (node == NULL)
		return (0);
	if (rules_file(p, node, &path, &pem, err) != 0)
		return (-1);
	out->authority = arena_str(p->arena, buf_view(&pem));
	if (str_find_nocase(out->authority, STR_LIT("-----BEGIN CERT")) < 0)
		return (yaml_fail(node, err, "'authority' needs a PEM file "
		    "with certificates"));
	return (0);
}

static int
read_keys(struct policy *p, struct policy_partner *out,
    const struct yaml_node *list, struct err *err)
{
	if (list == NULL)
		return (0);
	if (yaml_need(list, YAML_LIST, "a list of keys", err) != 0)
		return (-1);
	out->keys = arena_array(p->arena, list->n + 1, sizeof(*out->keys));
	for (const struct yaml_node *c = list->child; c != NULL; c = c->next)
		if (c->kind != YAML_TEXT || !enc_hex_parse(c->text,
		    out->keys[out->n_keys++], POLICY_HASH_BYTES))
			return (yaml_fail(c, err, "a key is named by the "
			    "SHA-256 of its SubjectPublicKeyInfo in 64 "
			    "hexadecimal digits"));
	return (0);
}

static int
read_proof(struct policy_partner *out, const struct yaml_node *node,
    struct err *err)
{
	if (node == NULL)
		return (0);
	for (size_t i = 0; i < COUNT_OF(proofs); i++)
		if (node->kind == YAML_TEXT &&
		    str_eq(node->text, str_of(proofs[i]))) {
			out->proof = (enum policy_partner_proof)i;
			return (0);
		}
	return (yaml_fail_unknown(node, "way to verify", proofs,
	    COUNT_OF(proofs), err));
}

static int
read_switches(struct policy_partner *out, const struct yaml_node *tls,
    struct err *err)
{
	const struct yaml_node *version = yaml_get(tls, "version");
	const struct yaml_node *required = yaml_get(tls, "required");

	if (version != NULL && (version->kind != YAML_TEXT ||
	    (!str_eq(version->text, STR_LIT("1.2")) &&
	    !str_eq(version->text, STR_LIT("1.3")))))
		return (yaml_fail(version, err,
		    "'version' needs \"1.2\" or \"1.3\""));
	out->only_tls13 = version != NULL &&
	    str_eq(version->text, STR_LIT("1.3"));
	if (required != NULL && rules_bool(required, &out->is_required,
	    err) != 0)
		return (-1);
	if (rules_day(yaml_get(tls, "valid_from"), 0, &out->from_ms,
	    err) != 0)
		return (-1);
	return (rules_day(yaml_get(tls, "valid_until"), 1, &out->until_ms,
	    err));
}

/* An agreement that anybody's certificate would keep is none. */
static int
check(const struct policy_partner *q, const struct yaml_node *tls,
    struct err *err)
{
	static const char *const needs[] = {
		[POLICY_PARTNER_NAMES] = "'verify: names' needs the names of "
		    "the partner's mail servers in 'names'",
		[POLICY_PARTNER_AUTHORITY] = "'verify: authority' needs the "
		    "partner's certificates in 'authority' and the names of "
		    "its mail servers in 'names'",
		[POLICY_PARTNER_KEYS] = "'verify: keys' needs at least one "
		    "key in 'keys'",
	};
	bool is_whole = q->proof == POLICY_PARTNER_USUAL ||
	    (q->proof == POLICY_PARTNER_KEYS ? q->n_keys > 0 :
	    q->n_names > 0);

	if (q->proof == POLICY_PARTNER_AUTHORITY && q->authority.len == 0)
		is_whole = false;
	return (is_whole ? 0 : yaml_fail(tls, err, "%s", needs[q->proof]));
}

static int
read_tls(struct policy *p, struct policy_partner *out,
    const struct yaml_node *tls, struct err *err)
{
	if (yaml_need(tls, YAML_MAP, "what was agreed", err) != 0 ||
	    yaml_check_keys(tls, tls_keys, COUNT_OF(tls_keys), err) != 0 ||
	    read_proof(out, yaml_get(tls, "verify"), err) != 0 ||
	    read_names(p, out, yaml_get(tls, "names"), err) != 0 ||
	    read_authority(p, out, yaml_get(tls, "authority"), err) != 0 ||
	    read_keys(p, out, yaml_get(tls, "keys"), err) != 0 ||
	    read_switches(out, tls, err) != 0)
		return (-1);
	return (check(out, tls, err));
}

static int
read_agreement(struct policy *p, const struct yaml_node *node,
    struct err *err)
{
	struct policy_partner *out = &p->agreements[p->n_agreements];
	const struct yaml_node *domains = yaml_get(node, "domains");
	const struct yaml_node *name = yaml_get(node, "name");
	const struct yaml_node *tls = yaml_get(node, "tls");

	*out = (struct policy_partner){ .line = node->line };
	if (yaml_check_keys(node, partner_keys, COUNT_OF(partner_keys),
	    err) != 0)
		return (-1);
	if (domains == NULL)
		return (yaml_fail(node, err, "a partner needs 'domains'"));
	if (rules_domains(p, domains, &out->domains, &out->n_domains,
	    err) != 0)
		return (-1);
	if (out->n_domains == 0)
		return (yaml_fail(domains, err,
		    "'domains' needs at least one domain"));
	out->name = out->domains[0];
	if (name != NULL && rules_text(name, POLICY_MAX_NAME, &out->name,
	    p->arena, err) != 0)
		return (-1);
	if (tls != NULL && read_tls(p, out, tls, err) != 0)
		return (-1);
	p->n_agreements += tls != NULL;
	return (0);
}

static int
add_domains(struct policy *p, const struct yaml_node *item, struct err *err)
{
	struct yaml_node alone = *item;
	struct yaml_node single = { .file = item->file, .line = item->line,
		.column = item->column, .kind = YAML_LIST, .n = 1,
		.child = &alone };
	struct str *fresh;
	size_t n = 0;

	alone.next = NULL;
	if (rules_domains(p, item->kind == YAML_MAP ?
	    yaml_get(item, "domains") : &single, &fresh, &n, err) != 0)
		return (-1);
	for (size_t i = 0; i < n; i++)
		p->partners[p->n_partners++] = fresh[i];
	return (0);
}

static size_t
count_domains(const struct yaml_node *list)
{
	size_t n = 0;

	for (const struct yaml_node *c = list->child; c != NULL; c = c->next) {
		const struct yaml_node *domains = c->kind == YAML_MAP ?
		    yaml_get(c, "domains") : NULL;

		n += domains != NULL ? domains->n : 1;
	}
	return (n);
}

int
rules_partners(struct policy *p, const struct yaml_node *list,
    struct err *err)
{
	if (yaml_need(list, YAML_LIST, "a list of partners", err) != 0)
		return (-1);
	p->partners = arena_array(p->arena, count_domains(list) + 1,
	    sizeof(*p->partners));
	p->agreements = arena_array(p->arena, list->n + 1,
	    sizeof(*p->agreements));
	for (const struct yaml_node *c = list->child; c != NULL; c = c->next) {
		if (c->kind == YAML_MAP && read_agreement(p, c, err) != 0)
			return (-1);
		if (add_domains(p, c, err) != 0)
			return (-1);
	}
	return (0);
}

const struct policy_partner *
policy_partner_of(const struct policy *p, struct str domain, int64_t now_ms)
{
	for (size_t i = 0; i < p->n_agreements; i++) {
		const struct policy_partner *q = &p->agreements[i];

		if (now_ms >= q->from_ms &&
		    (q->until_ms == 0 || now_ms < q->until_ms) &&
		    rules_is_one_of(q->domains, q->n_domains, domain))
			return (q);
	}
	return (NULL);
}

const struct policy_partner *
policy_partners(const struct policy *p, size_t *n)
{
	*n = p->n_agreements;
	return (p->agreements);
}
