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
route_of(const struct settings *s, struct str recipient)
{
	struct str domain = domain_of(recipient);
	const char *hop = next_hop(s, domain);

	return (hop != NULL ? str_of(hop) : domain);
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

static bool
is_hop(const struct settings *s, struct str route)
{
	const struct settings_delivery *d = &s->delivery;

	for (size_t i = 0; i < d->n_routes; i++)
		if (str_eq(str_of(d->routes[i].next_hop), route))
			return (true);
	return (d->next_hop != NULL && str_eq(str_of(d->next_hop), route));
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
	const struct route_way *way;
	uint16_t port;
	int64_t limit_ms;
	int left;		/* addresses that may still be tried */
	bool is_nowhere;	/* no host had an address so far */
};

static int
greet(const struct search *search, const struct dns_address *address,
    const char *host, bool with_tls, struct smtp_client **out, struct err *err)
{
	const struct route_way *way = search->way;
	struct smtp_client_config config = {
		.limit_ms = search->limit_ms,
		.helo = way->settings->delivery.helo != NULL ?
		    way->settings->delivery.helo : way->settings->hostname,
		.tls = with_tls ? way->tls : NULL,
	};
	struct smtp_reply reply;
	struct conn *conn = conn_connect((const struct sockaddr *)&address->to,
	    address->len,
	    MIN_OF(clock_mono_ms() + CONNECT_MS, search->limit_ms), err);

	if (conn == NULL)
		return (-1);
	return (smtp_client_open(&conn, host, &config, out, &reply, err));
}

static int
try_address(const struct search *search, const struct dns_address *address,
    const char *host, struct smtp_client **out, struct err *err)
{
	if (greet(search, address, host, true, out, err) == 0)
		return (0);
	/* Opportunistic TLS that fails is no TLS (RFC 7435); a demand for
	 * proven transport does not come this way. */
	if (err->kind != ERR_DENIED)
		return (-1);
	return (greet(search, address, host, false, out, err));
}

static int
try_host(struct search *search, struct str host, struct arena *a,
    struct smtp_client **out, struct err *err)
{
	struct dns_addresses found;

	if (dns_addresses(search->way->dns, host, search->port, a, &found,
	    err) == -1) {
		if (err->kind != ERR_PERM)
			search->is_nowhere = false;
		return (-1);
	}
	search->is_nowhere = false;
	for (size_t i = 0; i < found.n && search->left-- > 0; i++)
		if (try_address(search, &found.list[i],
		    arena_str(a, host).p, out, err) == 0)
			return (0);
	return (err_in(err, "%.*s", STR_FMT(host)));
}

int
route_open(const struct route_way *way, struct str route, int64_t limit_ms,
    struct arena *a, struct smtp_client **out, struct str *host,
    struct err *err)
{
	struct str one;
	struct dns_hosts hosts = { &one, 1, false };
	struct search search = { .way = way,
	    .port = (uint16_t)way->settings->delivery.port,
	    .limit_ms = limit_ms, .left = ADDRESSES_TRIED_MAX,
	    .is_nowhere = true };
	bool is_ours = is_hop(way->settings, route);

	if (is_ours)
		split_hop(route, &one, &search.port);
	else if (!is_literal(route, &one) &&
	    dns_mx(way->dns, route, a, &hosts, err) == -1)
		return (-1);
	for (size_t i = 0; i < hosts.n && search.left > 0; i++)
		if (try_host(&search, hosts.names[i], a, out, err) == 0) {
			*host = arena_str(a, hosts.names[i]);
			return (0);
		}
	/* A server that refuses us today may not tomorrow, and our own next hop
	 * missing in the DNS is our operator's mistake. */
	if (is_ours || !search.is_nowhere)
		err->kind = ERR_TEMP;
	return (-1);
}
