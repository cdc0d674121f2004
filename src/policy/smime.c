/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smime: reading `smime:` of policy.yaml.
 *
 * Runs where the policy is read. Security: the administrator's file; what is
 * not said is the careful choice: the machine's authorities are not trusted,
 * nothing that comes in is opened, nothing harvested is used.
 */
#include "policy/smime.h"

#include "policy/rules.h"

#define ANCHORS_MAX (4u << 20)
#define HARVEST_AFTER_MAX 100

static const char *const keys[] = { "sign", "form", "headers", "find",
	"directories", "trust", "profiles", "exceptions", "inbound" };
static const char *const trust_keys[] = { "anchors", "system_roots",
	"revocation" };
static const char *const profile_keys[] = { "domains", "encryption",
	"key_transport", "signature", "triple_wrap", "domain_certificates" };
static const char *const inbound_keys[] = { "decrypt", "signatures",
	"banner", "harvest", "harvest_after" };

/* Each in the order of its enum. */
static const char *const signs[] = { "when_demanded", "when_encrypting",
	"always" };
static const char *const forms[] = { "clear", "opaque" };
static const char *const headers[] = { "hidden", "copied", "none" };
static const char *const places[] = { "store", "harvested", "ldap",
	"smimea" };
static const char *const revocations[] = { "off", "soft", "hard" };
static const char *const encryptions[] = { "auto", "aes256-cbc",
	"aes256-gcm", "aes128-cbc", "aes128-gcm" };
static const char *const transports[] = { "rsa", "oaep" };
static const char *const signatures[] = { "rsa", "pss" };
static const char *const exceptions[] = { "calendar", "receipts" };
static const char *const keeps[] = { "keep", "strip" };
static const char *const harvests[] = { "off", "approve", "trust" };

/* One of the words under a key; where it is not there *out stays. */
static int
read_word(const struct yaml_node *map, const char *key,
    const char *const *words, size_t n, size_t *out, struct err *err)
{
	const struct yaml_node *node = yaml_get(map, key);

	return (node == NULL ? 0 : rules_word(node, "value", words, n, out,
	    err));
}

static int
read_switch(const struct yaml_node *map, const char *key, bool *out,
    struct err *err)
{
	const struct yaml_node *node = yaml_get(map, key);

	return (node == NULL ? 0 : rules_bool(node, out, err));
}

static int
read_ways(struct policy_smime *s, const struct yaml_node *map,
    struct err *err)
{
	size_t sign = POLICY_SMIME_WHEN_DEMANDED, form = POLICY_SMIME_CLEAR;
	size_t fields = POLICY_SMIME_COPIED;

	if (read_word(map, "sign", signs, COUNT_OF(signs), &sign, err) != 0 ||
	    read_word(map, "form", forms, COUNT_OF(forms), &form,
	    err) != 0 || read_word(map, "headers", headers,
	    COUNT_OF(headers), &fields, err) != 0)
		return (-1);
	s->sign = (enum policy_smime_sign)sign;
	s->form = (enum policy_smime_form)form;
	s->headers = (enum policy_smime_headers)fields;
	return (0);
}

static int
read_find(struct policy_smime *s, const struct yaml_node *list,
    struct err *err)
{
	if (list == NULL)
		return (0);
	if (yaml_need(list, YAML_LIST, "a list of store, harvested, ldap and "
	    "smimea", err) != 0)
		return (-1);
	s->n_find = 0;
	for (const struct yaml_node *c = list->child; c != NULL; c = c->next) {
		size_t i = 0;

		if (rules_word(c, "place", places, COUNT_OF(places), &i,
		    err) != 0)
			return (-1);
		for (size_t k = 0; k < s->n_find; k++)
			if ((size_t)s->find[k] == i)
				return (yaml_fail(c, err,
				    "'%s' stands here twice", places[i]));
		s->find[s->n_find++] = (enum policy_smime_place)i;
	}
	return (0);
}

static bool
looks_in(const struct policy_smime *s, enum policy_smime_place place)
{
	for (size_t i = 0; i < s->n_find; i++)
		if (s->find[i] == place)
			return (true);
	return (false);
}

/* Read later, by who asks the directories; here only that it is there. */
static int
read_directories(struct policy *p, struct policy_smime *s,
    const struct yaml_node *map, struct err *err)
{
	const struct yaml_node *node = yaml_get(map, "directories");
	const struct yaml_node *find = yaml_get(map, "find");
	AUTO_BUF struct buf text = BUF_INIT(YAML_MAX_BYTES);

	if (node != NULL && rules_file(p, node, &s->directories, &text,
	    err) != 0)
		return (-1);
	if (node == NULL && find != NULL && looks_in(s, POLICY_SMIME_LDAP))
		return (yaml_fail(find, err, "'ldap' needs 'directories', "
		    "the file that says where they are"));
	return (0);
}

static int
read_trust(struct policy *p, struct policy_smime *s,
    const struct yaml_node *map, struct err *err)
{
	AUTO_BUF struct buf pem = BUF_INIT(ANCHORS_MAX);
	size_t revocation = POLICY_SMIME_REVOCATION_SOFT;
	const struct yaml_node *anchors;
	const char *path;

	s->revocation = POLICY_SMIME_REVOCATION_SOFT;
	if (map == NULL)
		return (0);
	if (yaml_need(map, YAML_MAP, "keys and values below it", err) != 0 ||
	    yaml_check_keys(map, trust_keys, COUNT_OF(trust_keys),
	    err) != 0 || read_switch(map, "system_roots",
	    &s->has_system_roots, err) != 0 || read_word(map, "revocation",
	    revocations, COUNT_OF(revocations), &revocation, err) != 0)
		return (-1);
	s->revocation = (enum policy_smime_revocation)revocation;
	if ((anchors = yaml_get(map, "anchors")) == NULL)
		return (0);
	if (rules_file(p, anchors, &path, &pem, err) != 0)
		return (-1);
	s->anchors = arena_str(p->arena, buf_view(&pem));
	if (str_find_nocase(s->anchors, STR_LIT("-----BEGIN CERT")) < 0)
		return (yaml_fail(anchors, err, "'anchors' needs a PEM file "
		    "with certificates"));
	return (0);
}

static int
read_profile(struct policy *p, struct policy_smime_profile *out,
    const struct yaml_node *map, struct err *err)
{
	size_t encryption = POLICY_SMIME_AUTO, transport = 0, signature = 0;
	const struct yaml_node *domains;

	if (yaml_need(map, YAML_MAP, "'domains' and more", err) != 0 ||
	    yaml_check_keys(map, profile_keys, COUNT_OF(profile_keys),
	    err) != 0)
		return (-1);
	if ((domains = yaml_get(map, "domains")) == NULL)
		return (yaml_fail(map, err, "a profile needs 'domains'"));
	if (rules_domains(p, domains, &out->domains, &out->n_domains,
	    err) != 0 || read_word(map, "encryption", encryptions,
	    COUNT_OF(encryptions), &encryption, err) != 0 ||
	    read_word(map, "key_transport", transports,
	    COUNT_OF(transports), &transport, err) != 0 ||
	    read_word(map, "signature", signatures, COUNT_OF(signatures),
	    &signature, err) != 0 || read_switch(map, "triple_wrap",
	    &out->wraps_thrice, err) != 0 || read_switch(map,
	    "domain_certificates", &out->takes_domain_certificates,
	    err) != 0)
		return (-1);
	out->encryption = (enum policy_smime_encryption)encryption;
	out->uses_oaep = transport == 1;
	out->uses_pss = signature == 1;
	return (0);
}

static int
read_profiles(struct policy *p, struct policy_smime *s,
    const struct yaml_node *list, struct err *err)
{
	if (list == NULL)
		return (0);
	if (yaml_need(list, YAML_LIST, "a list of profiles", err) != 0)
		return (-1);
	s->profiles = arena_array(p->arena, list->n + 1,
	    sizeof(*s->profiles));
	for (const struct yaml_node *c = list->child; c != NULL; c = c->next)
		if (read_profile(p, &s->profiles[s->n_profiles++], c,
		    err) != 0)
			return (-1);
	return (0);
}

static int
read_exceptions(struct policy_smime *s, const struct yaml_node *list,
    struct err *err)
{
	if (list == NULL)
		return (0);
	if (yaml_need(list, YAML_LIST, "a list of calendar and receipts",
	    err) != 0)
		return (-1);
	for (const struct yaml_node *c = list->child; c != NULL; c = c->next) {
		size_t i = 0;

		if (rules_word(c, "kind of message", exceptions,
		    COUNT_OF(exceptions), &i, err) != 0)
			return (-1);
		s->excepts_calendar = s->excepts_calendar || i == 0;
		s->excepts_receipts = s->excepts_receipts || i == 1;
	}
	return (0);
}

static int
read_inbound(struct policy_smime_inbound *in, const struct yaml_node *map,
    struct err *err)
{
	size_t signature = 0, harvest = POLICY_SMIME_HARVEST_OFF;
	const struct yaml_node *after;
	uint64_t n = 1;

	in->harvest_after = 1;
	if (map == NULL)
		return (0);
	if (yaml_need(map, YAML_MAP, "keys and values below it", err) != 0 ||
	    yaml_check_keys(map, inbound_keys,
	    COUNT_OF(inbound_keys), err) != 0 || read_switch(map, "decrypt",
	    &in->decrypts, err) != 0 || read_switch(map, "banner",
	    &in->has_banner, err) != 0 || read_word(map, "signatures", keeps,
	    COUNT_OF(keeps), &signature, err) != 0 || read_word(map,
	    "harvest", harvests, COUNT_OF(harvests), &harvest, err) != 0)
		return (-1);
	in->strips = signature == 1;
	in->harvest = (enum policy_smime_harvest)harvest;
	after = yaml_get(map, "harvest_after");
	if (after != NULL && (after->kind != YAML_TEXT || !str_to_u64(
	    after->text, HARVEST_AFTER_MAX, &n) || n == 0))
		return (yaml_fail(after, err, "'harvest_after' needs a "
		    "number of mails from 1 to %d", HARVEST_AFTER_MAX));
	in->harvest_after = (unsigned)n;
	return (0);
}

int
rules_smime(struct policy *p, const struct yaml_node *map, struct err *err)
{
	struct policy_smime *s = arena_alloc(p->arena, sizeof(*s));

	*s = (struct policy_smime){ .is_set = map != NULL,
	    .find = { POLICY_SMIME_STORE, POLICY_SMIME_HARVESTED },
	    .n_find = 2 };
	p->smime = s;
	if (map == NULL)
		return (read_inbound(&s->inbound, NULL, err));
	if (map->kind != YAML_NULL && yaml_need(map, YAML_MAP,
	    "keys and values below it", err) != 0)
		return (-1);
	if (yaml_check_keys(map, keys, COUNT_OF(keys), err) != 0 ||
	    read_ways(s, map, err) != 0 ||
	    read_find(s, yaml_get(map, "find"), err) != 0 ||
	    read_directories(p, s, map, err) != 0 ||
	    read_trust(p, s, yaml_get(map, "trust"), err) != 0 ||
	    read_profiles(p, s, yaml_get(map, "profiles"), err) != 0 ||
	    read_exceptions(s, yaml_get(map, "exceptions"), err) != 0)
		return (-1);
	return (read_inbound(&s->inbound, yaml_get(map, "inbound"), err));
}

/* ---- asking ------------------------------------------------------------ */

const struct policy_smime *
policy_smime_of(const struct policy *p)
{
	return (p->smime);
}

const struct policy_smime_profile *
policy_smime_profile_of(const struct policy *p, struct str domain)
{
	static const struct policy_smime_profile usual = {
		.encryption = POLICY_SMIME_AUTO,
	};

	for (size_t i = 0; i < p->smime->n_profiles; i++) {
		const struct policy_smime_profile *f = &p->smime->profiles[i];

		if (rules_is_one_of(f->domains, f->n_domains, domain))
			return (f);
	}
	return (&usual);
}

bool
policy_smime_excepts(const struct policy *p, const struct letter *letter,
    struct arena *a)
{
	struct policy_question q = { .letter = letter, .arena = a };
	struct message_facts facts;

	if (!p->smime->excepts_calendar && !p->smime->excepts_receipts)
		return (false);
	message_facts(&q, &facts);
	return ((p->smime->excepts_calendar &&
	    (facts.types & MESSAGE_CALENDAR) != 0) ||
	    (p->smime->excepts_receipts &&
	    (facts.types & MESSAGE_READ_RECEIPT) != 0));
}
