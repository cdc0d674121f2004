/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnsask: one question to the resolver. Inside net/ only.
 */
#ifndef NET_DNSASK_H
#define NET_DNSASK_H

#include <unbound.h>

#include "net/dns.h"

/* Ask; ub_resolve_free() *out. An answer that there is nothing is one, too.
 * Fails ERR_TEMP no answer or a forged one, ERR_PERM not a name. */
int dns_ask(struct dns *d, struct str name, int type, struct ub_result **out,
    struct err *err) FALLIBLE;

#endif
