/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route: where mail for a domain goes, and a connection to it. Inside relay/.
 */
#ifndef RELAY_ROUTE_H
#define RELAY_ROUTE_H

#include "base/arena.h"
#include "conf/settings.h"
#include "net/dns.h"
#include "smtp/client.h"

/* The name of the destination: the next hop as it is written, or the domain.
 * Borrowed from settings or recipient. */
struct str route_of(const struct settings *s, struct str recipient);

struct route_way {
	const struct settings *settings;
	struct dns *dns;
	struct tls_context *tls;	/* NULL: never */
};

/* Connect to a destination and greet it, until limit_ms (monotonic) at most;
 * *host names the server that answered, in the arena. Fails ERR_PERM only
 * where the domain cannot get mail at all (no such domain, null MX, none of
 * its servers has an address), else ERR_TEMP. */
int route_open(const struct route_way *way, struct str route,
    int64_t limit_ms, struct arena *a, struct smtp_client **out,
    struct str *host, struct err *err) FALLIBLE;

#endif
