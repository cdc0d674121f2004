/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route: next hop of the domain, next hop of all, or the domain's MX.
 *
 * Runs in the gateway's relay. Security: a domain chooses its own servers, so
 * what its DNS says is tried within limits and deadlines. Standards: RFC 5321
 * 5.1.
 */
#include "relay/route.h"

#include "mime/address.h"

#define CONNECT_MS (30 * CLOCK_SECOND_MS)	/* per address */
#define ADDRESSES_TRIED_MAX 8

static struct str
domain_of(struct str recipient)
{
	ptrdiff_t at = str_rindex(recipient, '@');

	return (str_sub(recipient, (size_t)(at + 1), recipient.len));
}

static const char *
next_hop(const struct settings *s, struct str domain)
{
	const struct settings_delivery *d = &s->delivery;

	for (size_t i = 0; i < d->n_routes; i++) {
		struct str of = str_of(d->routes[i].domain);

		if (of.p[0] == '.' ? address_domain_is(domain,
		    str_sub(of, 1, of.len)) : str_eq_nocase(of, domain))
			return (d->routes[i].next_hop);
	}
	return (d->next_hop);
}

struct str
route_of(const struct relay_way *way, struct str recipient, bool needs_proof)
{
	struct str domain = domain_of(recipient);
	const char *hop = next_hop(way->settings, domain);

	if (hop == NULL || needs_proof || (way->policy != NULL &&
	    policy_partner_of(way->policy, domain, clock_wall_ms()) != NULL))
		return (domain);
	return (str_of(hop));
}

/* "host:port", "[v6]:port" or "host" into its parts; *port is what holds
 * without one. */
static void
split_hop(struct str hop, struct str *host, uint16_t *port)
{
	ptrdiff_t colon = str_rindex(hop, ':');
	uint64_t number = *port;

	*host = hop;
	if (colon > 0 && (hop.p[0] != '[' || hop.p[colon - 1] == ']') &&
	    str_to_u64(str_sub(hop, (size_t)colon + 1, hop.len), UINT16_MAX,
	    &number))
		*host = str_sub(hop, 0, (size_t)colon);
	else
		number = *port;
	*port = (uint16_t)number;
	if (host->len > 2 && host->p[0] == '[')
		*host = str_sub(*host, 1, host->len - 2);
}

/* The next hop that a route is, or leads to; NULL: it goes by MX. */
static const char *
hop_of(const struct settings *s, struct str route)
{
	const struct settings_delivery *d = &s->delivery;

	for (size_t i = 0; i < d->n_routes; i++)
		if (str_eq(str_of(d->routes[i].next_hop), route))
			return (d->routes[i].next_hop);
	if (d->next_hop != NULL && str_eq(str_of(d->next_hop), route))
		return (d->next_hop);
	return (next_hop(s, route));
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321 4.1.3). */
static bool
is_literal(struct str domain, struct str *host)
{
	if (domain.len < 3 || domain.p[0] != '[' ||
	    domain.p[domain.len - 1] != ']')
		return (false);
	*host = str_sub(domain, 1, domain.len - 2);
	if (str_starts_nocase(*host, STR_LIT("IPv6:")))
		*host = str_sub(*host, 5, host->len);
	return (true);
}

/* What one search for a server goes by. */
struct search {
	const struct relay_way *way;
	const struct route_wish *wish;
	struct route_target target;
	int left;		/* addresses that may still be tried */
	bool is_nowhere;	/* no host had an address so far */
	bool is_unproven;	/* one was there and did not prove itself */
};

static int
greet(struct search *search, const struct dns_address *address,
    const char *host, const struct proof *proof, bool with_tls,
    struct smtp_client **out, struct err *err)
{
	const struct settings *s = search->way->settings;
	int64_t limit_ms = search->wish->limit_ms;
	bool is_must = proof->is_must || search->wish->needs_proof;
	struct smtp_client_config config = {
		.limit_ms = limit_ms,
		.helo = s->delivery.helo != NULL ? s->delivery.helo :
		    s->hostname,
		.tls = with_tls ? proof->tls : NULL,
		.expect = &proof->expect,
		.proof = proof->by != PROOF_BY_NOTHING ?
		    proof_name(proof->by) : NULL,
		.needs_tls = proof->needs_tls, .needs_proof = is_must,
	};
	struct smtp_opening opening;
	struct conn *conn = conn_connect((const struct sockaddr *)&address->to,
	    address->len, MIN_OF(clock_mono_ms() + CONNECT_MS, limit_ms), err);

	if (conn == NULL)
		return (-1);
	if (smtp_client_open(&conn, host, &config, out, &opening, err) == 0)
		return (0);
	search->is_unproven = search->is_unproven ||
	    opening.failure != SMTP_CLIENT_NO_FAILURE;
	return (-1);
}

static int
try_address(struct search *search, const struct dns_address *address,
    const char *host, const struct proof *proof, struct smtp_client **out,
    struct err *err)
{
	if (greet(search, address, host, proof, true, out, err) == 0)
		return (0);
	/* Opportunistic TLS that fails is no TLS (RFC 7435). */
	if (err->kind != ERR_DENIED || proof->is_must || proof->needs_tls ||
	    search->wish->needs_proof)
		return (-1);
	err_clear(err);
	return (greet(search, address, host, proof, false, out, err));
}

/* Without anything that could prove it, it need not be asked. */
static int
plan(struct search *search, struct str host, const struct dns_addresses *at,
    struct arena *a, struct proof *proof, struct err *err)
{
	if (proof_plan(search->way, &search->target.domain, host, at,
	    search->target.port, a, proof, err) == -1) {
		search->is_unproven = search->is_unproven ||
		    err->kind == ERR_DENIED;
		return (-1);
	}
	if (proof->by != PROOF_BY_NOTHING ||
	    !(search->wish->needs_proof || proof->is_must))
		return (0);
	search->is_unproven = true;
	return (err_set(err, ERR_DENIED, "nothing proves whose server it is: "
	    "%s", proof->why));
}

static int
try_host(struct search *search, struct str host, struct arena *a,
    struct smtp_client **out, struct err *err)
{
	struct dns_addresses found;
	struct proof proof;

	if (dns_addresses(search->way->dns, host, search->target.port, a,
	    &found, err) == -1) {
		if (err->kind != ERR_PERM)
			search->is_nowhere = false;
		return (-1);
	}
	search->is_nowhere = false;
	if (plan(search, host, &found, a, &proof, err) == -1)
		return (err_in(err, "%.*s", STR_FMT(host)));
	for (size_t i = 0; i < found.n && search->left-- > 0; i++) {
		err_clear(err);
		if (try_address(search, &found.list[i],
		    arena_str(a, host).p, &proof, out, err) == 0)
			return (0);
	}
	return (err_in(err, "%.*s", STR_FMT(host)));
}

int
route_find(const struct relay_way *way, struct str route, struct arena *a,
    struct route_target *out, struct err *err)
{
	const char *hop = hop_of(way->settings, route);
	struct dns_hosts *hosts = &out->hosts;

	out->port = (uint16_t)way->settings->delivery.port;
	hosts->n = 1;
	hosts->is_secure = false;
	hosts->names = arena_array(a, 1, sizeof(*hosts->names));
	if (hop != NULL)
		split_hop(str_of(hop), &hosts->names[0], &out->port);
	else if (!is_literal(route, &hosts->names[0]) &&
	    dns_mx(way->dns, route, a, hosts, err) == -1)
		return (-1);
	return (proof_find(way, route, hop, hosts->is_secure, a,
	    &out->domain, err));
}

/* A server that refuses us today may not tomorrow, and our own next hop
 * missing in the DNS is our operator's mistake. */
static enum err_kind
kind_of(const struct search *search, enum err_kind kind)
{
	if (search->wish->needs_proof && search->is_unproven)
		return (ERR_DENIED);
	return (search->target.domain.hop != NULL || !search->is_nowhere ||
	    search->is_unproven ? ERR_TEMP : kind);
}

int
route_open(const struct relay_way *way, const struct route_wish *wish,
    struct arena *a, struct smtp_client **out, struct str *host,
    struct err *err)
{
	struct search search = { .way = way, .wish = wish,
	    .left = ADDRESSES_TRIED_MAX, .is_nowhere = true };
	const struct dns_hosts *hosts = &search.target.hosts;

	if (route_find(way, wish->route, a, &search.target, err) == -1)
		return (-1);
	for (size_t i = 0; i < hosts->n && search.left > 0; i++) {
		err_clear(err);
		if (try_host(&search, hosts->names[i], a, out, err) == 0) {
			*host = arena_str(a, hosts->names[i]);
			return (0);
		}
	}
	err->kind = kind_of(&search, err->kind);
	return (-1);
}
