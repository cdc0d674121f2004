/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof: what a mail server has to prove before it gets mail, and what counts
 * as proof of whose it is. Inside relay/.
 *
 * For mail that needs proof, and where it says `required`, an agreement with
 * the partner comes first; else DANE, then MTA-STS: where one of these holds,
 * mail goes there no other way, whether it was demanded or not (RFC 7672 2.2,
 * RFC 8461 5). Where none does, the way is as it has always been, and proves
 * nothing.
 */
#ifndef RELAY_PROOF_H
#define RELAY_PROOF_H

#include "base/arena.h"
#include "base/clock.h"
#include "relay/way.h"

enum proof_by {
	PROOF_BY_NOTHING,
	PROOF_BY_HOP,	/* of a next hop's name: nothing about the domain */
	PROOF_BY_STS,
	PROOF_BY_DANE,
	PROOF_BY_PARTNER,
};

/* What is known about a domain, for each of its servers. */
struct proof_domain {
	struct str domain;
	const char *hop;	/* goes there by configuration; NULL: by MX */
	bool is_mx_secure;
	bool is_agreed;		/* that counts, not what is published */
	struct sts_found sts;	/* its MTA-STS policy, if it has one */
	const struct policy_partner *partner;	/* NULL: no agreement */
	struct tls_context *partner_tls;
};

/* What one server has to prove. */
struct proof {
	enum proof_by by;
	bool is_must;		/* no mail without that proof */
	bool needs_tls;		/* no mail in clear */
	struct tls_context *tls;	/* borrowed; NULL: no TLS */
	struct tls_expect expect;
	const char *why;	/* PROOF_BY_NOTHING: a clause */
};

/* "DANE", "MTA-STS", "agreement", "next hop", "nothing"; for people. */
const char *proof_name(enum proof_by by);

/*
 * Look for what proves a domain's servers, before any is asked. An agreement
 * counts for mail that needs proof, and for all mail where it says so; for
 * other mail what the domain publishes does, as with everybody.
 * Fails ERR_TEMP: its MTA-STS policy may be in force, and cannot be read
 */
int proof_find(const struct relay_way *way, struct str domain,
    const char *hop, bool is_mx_secure, bool needs_proof, struct arena *a,
    struct proof_domain *out, struct err *err) FALLIBLE;

/* Nothing, whatever the domain publishes. */
void proof_nothing(const struct relay_way *way, struct str host,
    struct arena *a, struct proof *out);

/*
 * What this server of it has to prove.
 * Fails  ERR_TEMP the records cannot be had, or are forged; ERR_DENIED the
 *        domain's own rules say that it is not one of its servers
 */
int proof_plan(const struct relay_way *way, const struct proof_domain *d,
    struct str host, const struct dns_addresses *at, uint16_t port,
    struct arena *a, struct proof *out, struct err *err) FALLIBLE;

#endif
