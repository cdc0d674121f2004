/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlscount: each attempt to have a TLS session, counted for the reports that
 * domains get. Inside relay/. Source: RFC 8460 4.
 */
#ifndef RELAY_TLSCOUNT_H
#define RELAY_TLSCOUNT_H

#include <netinet/in.h>

#include "relay/proof.h"
#include "smtp/client.h"

/* Who spoke with whom, and what was expected. */
struct tlscount {
	const struct proof_domain *domain;
	const struct proof *proof;
	struct str host;
	char receiving_ip[INET6_ADDRSTRLEN], sending_ip[INET6_ADDRSTRLEN];
};

/* How a session with a server went; client NULL: there is none. Nothing is
 * counted where mail goes by a configured next hop, or to a partner with whom
 * something was agreed, or where no server was reached. */
void tlscount_session(const struct relay_way *way, const struct tlscount *c,
    const struct smtp_opening *o, const struct smtp_client *client);

/* A server that the domain's MTA-STS policy does not name. */
void tlscount_not_named(const struct relay_way *way,
    const struct proof_domain *d, struct str host);

#endif
