/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route: where mail for a domain goes, and a connection to it. Inside relay/.
 */
#ifndef RELAY_ROUTE_H
#define RELAY_ROUTE_H

#include "base/arena.h"
#include "relay/proof.h"
#include "relay/way.h"
#include "smtp/client.h"

/* The name of the destination: the next hop as it is written, or the domain:
 * that of a domain with an agreement, and of mail that needs proof, wherever
 * it goes. Borrowed from settings or recipient. */
struct str route_of(const struct relay_way *way, struct str recipient,
    bool needs_proof);

/* Mail for it goes to a next hop of ours, which may hand it back. */
bool route_is_hop(const struct relay_way *way, struct str route);

/* Where mail for a route may be handed over. */
struct route_target {
	struct dns_hosts hosts;
	uint16_t port;
	struct proof_domain domain;
};

/* Fails as dns_mx. */
int route_find(const struct relay_way *way, struct str route, bool needs_proof,
    struct arena *a, struct route_target *out, struct err *err) FALLIBLE;

struct route_wish {
	struct str route;
	bool needs_proof;	/* only to a server that proves whose it is */
	/* RFC 8689: only to one that is proven, be it as our next hop, and
	 * offers REQUIRETLS; and: what the domain publishes for its protection
	 * does not matter to the sender ("TLS-Required: No"). */
	bool requires_tls, is_lax;
	/* A report about TLS: it goes whether TLS works or not, and is not
	 * counted (RFC 8460 5.3.1). */
	bool is_tls_report;
	int64_t limit_ms;	/* monotonic: the end of it all */
};

/*
 * Connect to a destination and greet it; *host names the server that answered,
 * in the arena.
 * Fails  ERR_PERM only where the domain cannot get mail at all (no such
 *        domain, null MX, none of its servers has an address)
 *        ERR_DENIED with needs_proof or requires_tls: a server was there, and
 *        none was as it has to be
 *        ERR_TEMP all else
 */
int route_open(const struct relay_way *way, const struct route_wish *wish,
    struct arena *a, struct smtp_client **out, struct str *host,
    struct err *err) FALLIBLE;

#endif
