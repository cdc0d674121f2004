/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns: names to mail servers and addresses, by libunbound.
 *
 * Threads: any; one resolver with one cache serves all.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define DNS_HOSTS_MAX 32	/* mail servers of one domain */
#define DNS_ADDRESSES_MAX 16	/* addresses of one host */

struct dns;

struct dns_address {
	struct sockaddr_storage to;
	socklen_t len;
};

/* resolver is "address" or "address:port" to ask, or NULL: the servers of
 * /etc/resolv.conf. Fails ERR_PERM. */
int dns_new(const char *resolver, struct dns **out, struct err *err) FALLIBLE;
void dns_free(struct dns **d);

/*
 * The mail servers of a domain, best first, equal ones shuffled; the domain
 * itself where it has no MX (RFC 5321 5.1). Memory in the arena.
 * Fails  ERR_TEMP no answer; ERR_PERM no such domain, or it takes no mail
 *        (null MX, RFC 7505)
 */
int dns_mx(struct dns *d, struct str domain, struct arena *a,
    struct str **hosts, size_t *n, struct err *err) FALLIBLE;

/* IPv6 and IPv4 addresses of a host, or of an address literal, with the port.
 * Fails as dns_mx. */
int dns_addresses(struct dns *d, struct str host, uint16_t port,
    struct arena *a, struct dns_address **out, size_t *n, struct err *err)
    FALLIBLE;

#endif
