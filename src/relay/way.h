/* SPDX-License-Identifier: Apache-2.0 */
/*
 * way: what every delivery goes by. Inside relay/.
 */
#ifndef RELAY_WAY_H
#define RELAY_WAY_H

#include "conf/settings.h"
#include "net/dns.h"
#include "net/tls.h"
#include "policy/policy.h"
#include "relay/sts.h"
#include "transport/tlstally.h"

struct relay_way {
	const struct settings *settings;
	const struct policy *policy;	/* for agreements; NULL: none */
	struct dns *dns;
	struct sts *sts;		/* NULL: there is no store */
	struct tlsreport_tally *tally;	/* borrowed; NULL: nobody counts */
	struct tls_context *tls;	/* NULL: never */
	/* By agreement: that partner's own authority, or NULL. */
	struct tls_context **partner_tls;
	size_t n_partners;
};

/* All borrowed; policy and store may be NULL. */
struct way_config {
	const struct settings *settings;
	const struct policy *policy;
	struct store *store;	/* keeps MTA-STS policies; NULL: none is
				   looked for */
	bool does_refresh;	/* and fetches them again in time */
};

/* Fails ERR_PERM naming what cannot be set up. */
int way_open(const struct way_config *config, struct relay_way *out,
    struct err *err) FALLIBLE;
/* False: something still waits for the name system; then the store has to stay
 * open, and the process should end (relay/sts.h). */
bool way_close(struct relay_way *way) FALLIBLE;

#endif
