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

struct relay_way {
	const struct settings *settings;
	const struct policy *policy;	/* for agreements; NULL: none */
	struct dns *dns;
	struct tls_context *tls;	/* NULL: never */
	/* By agreement: that partner's own authority, or NULL. */
	struct tls_context **partner_tls;
	size_t n_partners;
};

/* settings and policy (or NULL) are borrowed. Fails ERR_PERM naming what
 * cannot be set up. */
int way_open(const struct settings *settings, const struct policy *policy,
    struct relay_way *out, struct err *err) FALLIBLE;
void way_close(struct relay_way *way);

#endif
