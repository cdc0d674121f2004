/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof: from agreements and records to what a server has to prove.
 *
 * Runs in the gateway's relay. Security: answers without a signature never
 * make a proof; a forged or missing answer where there may be TLSA records
 * never makes the way weaker, it makes the mail wait. Standards: RFC 7672, RFC
 * 8461, RFC 6125.
 */
#include "relay/proof.h"

const char *
proof_name(enum proof_by by)
{
	static const char *const names[] = {
		[PROOF_BY_NOTHING] = "nothing",
		[PROOF_BY_HOP] = "next hop", [PROOF_BY_STS] = "MTA-STS",
		[PROOF_BY_DANE] = "DANE", [PROOF_BY_PARTNER] = "agreement",
	};

	return (names[by]);
}

static void
find_partner(const struct relay_way *way, struct proof_domain *out)
{
	const struct policy_partner *all;
	size_t n;

	out->partner = policy_partner_of(way->policy, out->domain,
	    clock_wall_ms());
	all = policy_partners(way->policy, &n);
	if (out->partner != NULL && way->partner_tls != NULL)
		out->partner_tls = way->partner_tls[out->partner - all];
}

int
proof_find(const struct relay_way *way, struct str domain, const char *hop,
    bool is_mx_secure, bool needs_proof, struct arena *a,
    struct proof_domain *out, struct err *err)
{
	*out = (struct proof_domain){ .domain = domain, .hop = hop,
	    .is_mx_secure = is_mx_secure };
	if (way->policy != NULL)
		find_partner(way, out);
	if (out->partner != NULL && !out->partner->is_required && !needs_proof)
		out->partner = NULL;
	out->is_agreed = out->partner != NULL &&
	    out->partner->proof != POLICY_PARTNER_USUAL;
	if (hop != NULL || way->sts == NULL || domain.len == 0 ||
	    domain.p[0] == '[' || out->is_agreed)
		return (0);
	return (sts_find(way->sts, domain, a, &out->sts, err));
}

/* ---- agreements ------------------------------------------------------- */

static void
plan_partner(const struct proof_domain *d, struct proof *out)
{
	const struct policy_partner *q = d->partner;
	struct tls_expect *e = &out->expect;

	out->by = PROOF_BY_PARTNER;
	out->is_must = true;
	e->only_tls13 = q->only_tls13;
	if (q->proof == POLICY_PARTNER_KEYS) {
		e->proof = TLS_PROOF_PIN;
		e->pins = (const uint8_t (*)[32])q->keys;
		e->n_pins = q->n_keys;
		return;
	}
	e->proof = TLS_PROOF_NAME;
	for (size_t i = 0; i < q->n_names && i < TLS_NAMES_MAX; i++)
		e->names[e->n_names++] = q->names[i];
	if (q->proof == POLICY_PARTNER_AUTHORITY)
		out->tls = d->partner_tls;
}

/* ---- DANE ------------------------------------------------------------- */

/* Where TLSA records are looked for: where the address record is, and where
 * the alias to it is (RFC 7672 2.2.2). The first that has some is the base. */
static int
find_tlsa(const struct relay_way *way, struct str host,
    const struct dns_addresses *at, uint16_t port, struct arena *a,
    struct str *base, struct dns_tlsa **list, size_t *n, struct err *err)
{
	struct str bases[] = { at->name, host };

	*n = 0;
	for (size_t i = 0; i < COUNT_OF(bases) && *n == 0; i++) {
		bool is_asked = i == 0 ? at->is_secure :
		    (at->is_secure || at->is_alias_secure) &&
		    !str_eq_nocase(at->name, host);

		*base = bases[i];
		if (is_asked && dns_tlsa(way->dns, *base, port, a, list, n,
		    err) == -1)
			return (-1);
	}
	return (0);
}

/* The names that an authority of usage 2 may vouch for (RFC 7672 3.2.2). */
static void
name_dane(const struct proof_domain *d, struct str base, struct str host,
    struct arena *a, struct tls_expect *e)
{
	e->names[e->n_names++] = arena_str(a, base).p;
	if (!str_eq_nocase(base, host))
		e->names[e->n_names++] = arena_str(a, host).p;
	if (!str_eq_nocase(d->domain, host))
		e->names[e->n_names++] = arena_str(a, d->domain).p;
	e->server_name = e->names[0];
}

static int
plan_dane(const struct relay_way *way, const struct proof_domain *d,
    struct str host, const struct dns_addresses *at, uint16_t port,
    struct arena *a, struct proof *out, struct err *err)
{
	struct dns_tlsa *list = NULL;
	struct str base;
	size_t n, usable = 0;

	if (d->hop != NULL || !d->is_mx_secure)
		return (0);
	if (find_tlsa(way, host, at, port, a, &base, &list, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++)
		usable += tls_can_use(&list[i]);
	out->needs_tls = n > 0;
	if (usable == 0) {
		if (n > 0)
			out->why = "none of its TLSA records can be used";
		return (0);
	}
	out->by = PROOF_BY_DANE;
	out->is_must = true;
	out->expect.proof = TLS_PROOF_DANE;
	out->expect.tlsa = list;
	out->expect.n_tlsa = n;
	name_dane(d, base, host, a, &out->expect);
	return (0);
}

/* ---- MTA-STS ---------------------------------------------------------- */

static bool
is_enforced(const struct proof_domain *d)
{
	return (d->sts.has_policy &&
	    d->sts.policy.mode == STSPOLICY_ENFORCE);
}

/* In testing it is looked at, for reports, and nothing hangs on it. */
static int
plan_sts(const struct proof_domain *d, struct str host, struct proof *out,
    struct err *err)
{
	struct tls_expect *e = &out->expect;

	if (!d->sts.has_policy || out->by != PROOF_BY_NOTHING)
		return (0);
	if (is_enforced(d) && !stspolicy_matches(&d->sts.policy, host))
		return (err_set(err, ERR_DENIED, "the domain's MTA-STS policy "
		    "does not name this server"));
	e->proof = TLS_PROOF_NAME;
	e->names[0] = e->server_name;
	e->n_names = 1;
	if (is_enforced(d)) {
		out->by = PROOF_BY_STS;
		out->is_must = true;
	} else
		out->why = "the domain's MTA-STS policy is only tested";
	return (0);
}

/* ---- all of them ------------------------------------------------------ */

void
proof_nothing(const struct relay_way *way, struct str host, struct arena *a,
    struct proof *out)
{
	*out = (struct proof){ .tls = way->tls, .why = "" };
	out->expect.server_name = arena_str(a, host).p;
}

int
proof_plan(const struct relay_way *way, const struct proof_domain *d,
    struct str host, const struct dns_addresses *at, uint16_t port,
    struct arena *a, struct proof *out, struct err *err)
{
	proof_nothing(way, host, a, out);
	out->why = d->hop != NULL ? "it goes by a configured next hop, about "
	    "which nothing was agreed" : "the domain publishes neither DANE "
	    "nor MTA-STS";
	if (d->is_agreed)
		plan_partner(d, out);
	else if (plan_dane(way, d, host, at, port, a, out, err) == -1 ||
	    plan_sts(d, host, out, err) == -1)
		return (-1);
	if (d->partner != NULL) {
		out->expect.only_tls13 = d->partner->only_tls13;
		out->is_must = out->is_must || d->partner->is_required;
	}
	return (0);
}
