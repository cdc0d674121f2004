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
#include "net/race.h"
#include "relay/hop.h"
#include "relay/tlscount.h"

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

bool
route_is_hop(const struct relay_way *way, struct str route)
{
	return (hop_of(way->settings, route) != NULL);
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
	const struct settings_hop *hop;	/* NULL: it wants nothing */
	size_t left;		/* addresses that may still be tried */
	bool is_nowhere;	/* no host had an address so far */
	bool is_unproven;	/* one was there and did not prove itself */
};

/* Does mail only go where that proof is given? */
static bool
is_held(const struct search *search, const struct proof *proof)
{
	return (proof->is_must || search->wish->needs_proof ||
	    search->wish->requires_tls);
}

/* Whichever of the race's addresses answers first. */
static struct conn *
connect_first(struct search *search, struct race *race, size_t *which,
    struct err *err)
{
	const struct settings_list *source = hop_source(search->way->settings,
	    search->hop);
	size_t before = race_left(race);
	struct conn *conn;

	race->sources = source->values;
	race->n_sources = source->n;
	conn = race_connect(race, CONNECT_MS, search->wish->limit_ms,
	    search->left, which, err);
	search->left -= before - race_left(race);
	return (conn);
}

/* What else there is to see to before mail can go. */
static int
prepare(struct search *search, struct smtp_client *c, struct err *err)
{
	if (search->wish->requires_tls && !smtp_client_keeps_tls(c)) {
		search->is_unproven = true;
		return (err_set(err, ERR_DENIED, "the server does not promise "
		    "to go on with TLS only (REQUIRETLS)"));
	}
	return (hop_sign_in(search->hop, c, err));
}

static int
greet(struct search *search, struct conn *conn, const char *host,
    const struct proof *proof, bool with_tls, struct smtp_client **out,
    struct err *err)
{
	const struct settings *s = search->way->settings;
	struct tlscount count = { .domain = &search->target.domain,
	    .proof = proof, .host = str_of(host) };
	struct smtp_client_config config = {
		.limit_ms = search->wish->limit_ms,
		.helo = s->delivery.helo != NULL ? s->delivery.helo :
		    s->hostname,
		.tls = with_tls ? proof->tls : NULL,
		.expect = &proof->expect,
		.proof = proof->by != PROOF_BY_NOTHING ?
		    proof_name(proof->by) : NULL,
		.needs_tls = proof->needs_tls,
		.needs_proof = is_held(search, proof),
	};
	struct smtp_opening opening;
	int rc;

	(void)snprintf(count.receiving_ip, sizeof(count.receiving_ip), "%s",
	    conn_peer(conn));
	conn_local(conn, count.sending_ip);
	rc = smtp_client_open(&conn, host, &config, out, &opening, err);
	if (with_tls && !search->wish->is_tls_report)
		tlscount_session(search->way, &count, &opening,
		    rc == 0 ? *out : NULL);
	if (rc == -1) {
		search->is_unproven = search->is_unproven ||
		    opening.failure != SMTP_CLIENT_NO_FAILURE;
		return (-1);
	}
	if (prepare(search, *out, err) == 0)
		return (0);
	smtp_client_close(out);
	return (-1);
}

static int
try_address(struct search *search, struct conn *conn,
    struct dns_address *address, const char *host, const struct proof *proof,
    struct smtp_client **out, struct err *err)
{
	struct race again = { .list = address, .n = 1 };
	size_t which;

	if (greet(search, conn, host, proof, true, out, err) == 0)
		return (0);
	/* Opportunistic TLS that fails is no TLS (RFC 7435). */
	if (err->kind != ERR_DENIED || is_held(search, proof) ||
	    proof->needs_tls)
		return (-1);
	err_clear(err);
	search->left++;	/* the same once more */
	conn = connect_first(search, &again, &which, err);
	return (conn == NULL ? -1 :
	    greet(search, conn, host, proof, false, out, err));
}

/* The sender says that the message needs no protection on its way; rules and
 * agreements may say otherwise (RFC 8689 4.1). */
static bool
is_lax(const struct search *search)
{
	const struct route_wish *w = search->wish;

	return (w->is_lax && !w->needs_proof && !w->requires_tls &&
	    search->target.domain.partner == NULL);
}

static int
say_unproven(struct search *search, const struct proof *proof, struct err *err)
{
	search->is_unproven = true;
	return (err_set(err, ERR_DENIED, "nothing proves whose server it is: "
	    "%s", proof->why));
}

/* Without anything that could prove it, it need not be asked. */
static int
plan(struct search *search, struct str host, const struct dns_addresses *at,
    struct arena *a, struct proof *proof, struct err *err)
{
	if (search->wish->is_tls_report || is_lax(search)) {
		proof_nothing(search->way, host, a, proof);
		proof->why = "the sender wants none";
	} else if (proof_plan(search->way, &search->target.domain, host, at,
	    search->target.port, a, proof, err) == -1) {
		if (err->kind == ERR_DENIED)
			tlscount_not_named(search->way,
			    &search->target.domain, host);
		search->is_unproven = search->is_unproven ||
		    err->kind == ERR_DENIED;
		return (-1);
	}
	if (proof->by == PROOF_BY_NOTHING &&
	    (search->wish->needs_proof || proof->is_must))
		return (say_unproven(search, proof, err));
	if (proof->by == PROOF_BY_NOTHING)
		hop_expect(search->hop, arena_str(a, host).p, proof);
	if (proof->by == PROOF_BY_NOTHING && search->wish->requires_tls)
		return (say_unproven(search, proof, err));
	return (0);
}

static int
try_host(struct search *search, struct str host, struct arena *a,
    struct smtp_client **out, struct err *err)
{
	struct dns_addresses found;
	struct proof proof;
	struct race race;
	struct conn *conn;
	size_t at;

	if (dns_addresses(search->way->dns, host, search->target.port, a,
	    &found, err) == -1) {
		if (err->kind != ERR_PERM)
			search->is_nowhere = false;
		return (-1);
	}
	search->is_nowhere = false;
	if (plan(search, host, &found, a, &proof, err) == -1)
		return (err_in(err, "%.*s", STR_FMT(host)));
	race_order(found.list, found.n);
	race = (struct race){ .list = found.list, .n = found.n };
	while (search->left > 0 && race_left(&race) > 0) {
		err_clear(err);
		conn = connect_first(search, &race, &at, err);
		if (conn == NULL)
			break;
		if (try_address(search, conn, &found.list[at],
		    arena_str(a, host).p, &proof, out, err) == 0)
			return (0);
	}
	return (err_in(err, "%.*s", STR_FMT(host)));
}

int
route_find(const struct relay_way *way, struct str route, bool needs_proof,
    struct arena *a, struct route_target *out, struct err *err)
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
	return (proof_find(way, route, hop, hosts->is_secure, needs_proof, a,
	    &out->domain, err));
}

/* A server that refuses us today may not tomorrow, and our own next hop
 * missing in the DNS is our operator's mistake. */
static enum err_kind
kind_of(const struct search *search, enum err_kind kind)
{
	if ((search->wish->needs_proof || search->wish->requires_tls) &&
	    search->is_unproven)
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

	if (route_find(way, wish->route, wish->needs_proof, a,
	    &search.target, err) == -1)
		return (-1);
	search.hop = hop_find(way->settings, search.target.domain.hop);
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
