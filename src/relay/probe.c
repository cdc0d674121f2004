/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe: plans as for a delivery, connects, greets, and sends nothing.
 *
 * Runs in the CLI. Security: the domain chooses whom we connect to, as it does
 * for mail. Standards: RFC 7672, RFC 8461.
 */
#include "relay/probe.h"

#include "relay/route.h"

#define CONNECT_MS (10 * CLOCK_SECOND_MS)

static void
note_facts(const struct smtp_client *c, const struct proof *proof,
    struct arena *a, struct probe_server *out)
{
	const struct conn_tls *tls = smtp_client_tls(c);

	if (tls == NULL) {
		out->why = "the server does not offer TLS";
		return;
	}
	out->protocol = arena_str(a, str_of(tls->protocol)).p;
	out->cipher = arena_str(a, str_of(tls->cipher)).p;
	out->group = arena_str(a, str_of(tls->group)).p;
	out->names = arena_str(a, str_of(tls->peer_names)).p;
	memcpy(out->spki, tls->peer_spki, sizeof(out->spki));
	out->is_proven = tls->is_proven && proof->by != PROOF_BY_NOTHING;
	if (!out->is_proven)
		out->why = proof->by == PROOF_BY_NOTHING ? proof->why :
		    arena_str(a, str_of(tls->why_not)).p;
}

static int
greet(const struct relay_way *way, const struct dns_addresses *at,
    const struct proof *proof, int64_t limit_ms, struct arena *a,
    struct probe_server *out, struct err *err)
{
	const struct smtp_client_config config = { .limit_ms = limit_ms,
	    .helo = way->settings->hostname, .tls = proof->tls,
	    .expect = &proof->expect };
	const struct dns_address *to = &at->list[0];
	struct smtp_opening opening;
	struct smtp_client *c;
	struct conn *conn = conn_connect((const struct sockaddr *)&to->to,
	    to->len, MIN_OF(clock_mono_ms() + CONNECT_MS, limit_ms), err);

	if (conn == NULL)
		return (-1);
	out->address = arena_str(a, str_of(conn_peer(conn))).p;
	if (smtp_client_open(&conn, arena_str(a, out->host).p, &config, &c,
	    &opening, err) == -1)
		return (-1);
	note_facts(c, proof, a, out);
	smtp_client_close(&c);
	return (0);
}

static void
hold_to_name(const struct relay_way *way, struct str host, struct arena *a,
    struct proof *out)
{
	*out = (struct proof){ .by = PROOF_BY_PARTNER, .tls = way->tls,
	    .expect = { .proof = TLS_PROOF_NAME } };
	out->expect.server_name = arena_str(a, host).p;
	out->expect.names[out->expect.n_names++] = out->expect.server_name;
}

static int
look(const struct relay_way *way, const struct route_target *target,
    enum probe_by by, int64_t limit_ms, struct arena *a,
    struct probe_server *out, struct err *err)
{
	struct dns_addresses at;
	struct proof proof;

	if (dns_addresses(way->dns, out->host, target->port, a, &at, err) ==
	    -1 || proof_plan(way, &target->domain, out->host, &at,
	    target->port, a, &proof, err) == -1)
		return (-1);
	out->is_secure = at.is_secure;
	out->n_tlsa = proof.expect.n_tlsa;
	if (by == PROBE_BY_NAME)
		hold_to_name(way, out->host, a, &proof);
	out->by = proof_name(proof.by);
	return (greet(way, &at, &proof, limit_ms, a, out, err));
}

int
probe_domain(const struct relay_way *way, struct str domain,
    enum probe_by by, int64_t limit_ms, struct arena *a, struct probe *out,
    struct err *err)
{
	struct route_target target;

	*out = (struct probe){ .can_validate = dns_validates(way->dns) };
	if (route_find(way, domain, true, a, &target, err) == -1)
		return (-1);
	out->hop = target.domain.hop;
	out->is_mx_secure = target.hosts.is_secure;
	out->n = target.hosts.n;
	out->servers = arena_array(a, out->n, sizeof(*out->servers));
	for (size_t i = 0; i < out->n; i++) {
		struct probe_server *s = &out->servers[i];
		struct err why = ERR_INIT;

		*s = (struct probe_server){ .host = target.hosts.names[i],
		    .address = "", .by = proof_name(PROOF_BY_NOTHING),
		    .protocol = "", .cipher = "", .group = "", .names = "",
		    .why = "" };
		if (look(way, &target, by, limit_ms, a, s, &why) == -1)
			s->why = arena_str(a, str_of(why.msg)).p;
		out->is_proven = out->is_proven || s->is_proven;
	}
	return (0);
}
