/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns: names to mail servers, addresses, TLSA, SMIMEA and TXT records, by
 * libunbound.
 *
 * Every answer says whether DNSSEC proves it. One that DNSSEC proves to be
 * forged is no answer: it fails with ERR_TEMP, as no answer does (RFC 7672
 * 2.1.1). Threads: any; one resolver with one cache serves all.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define DNS_HOSTS_MAX 32	/* mail servers of one domain */
#define DNS_ADDRESSES_MAX 16	/* addresses of one host */
#define DNS_TLSA_MAX 32		/* records of one server */
#define DNS_TEXTS_MAX 32	/* TXT records of one name */
#define DNS_TEXT_BYTES_MAX 4096	/* of one TXT record */
#define DNS_ROOT_KEY "/usr/share/dns/root.key"	/* package dns-root-data */

struct dns;

struct dns_config {
	const char *resolver;	/* "address" or "address:port" to ask; NULL:
				   the servers of /etc/resolv.conf */
	const char *trust_anchor; /* a file of DS or DNSKEY records; NULL: the
				   root's, unless the resolver leaves
				   signatures out */
};

/* The mail servers of a domain. */
struct dns_hosts {
	struct str *names;	/* best first, equal ones shuffled */
	size_t n;
	bool is_secure;		/* proven, that there is no MX, too */
};

struct dns_address {
	struct sockaddr_storage to;
	socklen_t len;
};

/* The addresses of a host. */
struct dns_addresses {
	struct dns_address *list;	/* IPv6 first */
	size_t n;
	bool is_secure;		/* all that was asked is proven */
	struct str name;	/* where its CNAME leads, or the host itself */
	bool is_alias_secure;	/* not is_secure, but that CNAME is */
};

/* One TLSA record (RFC 6698 2.1), or SMIMEA record (RFC 8162 2). */
struct dns_tlsa {
	uint8_t usage, selector, matching;
	struct str data;
};

/* Fails ERR_PERM. */
int dns_new(const struct dns_config *config, struct dns **out,
    struct err *err) FALLIBLE;
void dns_free(struct dns **d);

/* Can an answer be secure at all? False also where trust_anchor is NULL and
 * the resolver leaves signatures out, which is found out at the first call. */
bool dns_validates(struct dns *d);

/*
 * The mail servers of a domain; the domain itself where it has no MX (RFC 5321
 * 5.1). Memory in the arena.
 * Fails  ERR_TEMP no answer, or a forged one; ERR_PERM no such domain, or it
 *        takes no mail (null MX, RFC 7505)
 */
int dns_mx(struct dns *d, struct str domain, struct arena *a,
    struct dns_hosts *out, struct err *err) FALLIBLE;

/* IPv6 and IPv4 addresses of a host, or of an address literal, with the port.
 * Fails as dns_mx. */
int dns_addresses(struct dns *d, struct str host, uint16_t port,
    struct arena *a, struct dns_addresses *out, struct err *err) FALLIBLE;

/* The TLSA records of a TCP service on host and port, n 0 where there are
 * none; only those that are proven. Fails ERR_TEMP. */
int dns_tlsa(struct dns *d, struct str host, uint16_t port, struct arena *a,
    struct dns_tlsa **out, size_t *n, struct err *err) FALLIBLE;

/* Where the certificate of a mail address is published: the local part as it is
 * written, since only its domain knows which ones mean the same (RFC 8162 3).
 * Fails ERR_INPUT not an address. */
int dns_smimea_name(struct str address, struct arena *a, struct str *out,
    struct err *err) FALLIBLE;

/* The SMIMEA records of a mail address, in the form of TLSA records; only those
 * that are proven. The domain in A-labels. Fails ERR_TEMP, ERR_INPUT. */
int dns_smimea(struct dns *d, struct str address, struct arena *a,
    struct dns_tlsa **out, size_t *n, struct err *err) FALLIBLE;

/* The TXT records of a name, each put together from its strings (RFC 7208
 * 3.3), n 0 where there are none. Fails ERR_TEMP. */
int dns_txt(struct dns *d, struct str name, struct arena *a,
    struct str **texts, size_t *n, struct err *err) FALLIBLE;

#endif
