/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe: what the mail servers of a domain prove, looked at now, for people.
 */
#ifndef RELAY_PROBE_H
#define RELAY_PROBE_H

#include "base/arena.h"
#include "base/err.h"
#include "relay/way.h"

/* One server, with texts in the arena; of DNS and of a connection to it. */
struct probe_server {
	struct str host;
	const char *address;	/* of the first; "": it has none */
	bool is_secure;		/* its addresses are proven by DNSSEC */
	size_t n_tlsa;		/* TLSA records that are proven */
	const char *by;		/* "DANE", "MTA-STS", "agreement", "nothing" */
	const char *protocol, *cipher, *group;	/* "": no TLS was reached */
	const char *names;	/* of its certificate, by blanks */
	uint8_t spki[32];	/* SHA-256 of its public key */
	bool is_proven;
	const char *why;	/* a clause, where it is not; else "" */
};

struct probe {
	const char *hop;	/* goes there by configuration; NULL: by MX */
	bool is_mx_secure;	/* proven by DNSSEC */
	bool can_validate;	/* the resolver passes signatures on */
	struct probe_server *servers;
	size_t n;
	bool is_proven;		/* one of them is */
};

/* What the servers are held to. */
enum probe_by {
	PROBE_AS_MAIL,		/* as in a delivery */
	PROBE_BY_NAME,		/* a public authority vouches for the MX's
				   name: what could be agreed on */
};

/* Fails where the domain cannot get mail, or the name system does not answer.
 * limit_ms is monotonic. */
int probe_domain(const struct relay_way *way, struct str domain,
    enum probe_by by, int64_t limit_ms, struct arena *a, struct probe *out,
    struct err *err) FALLIBLE;

#endif
