/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network: IP networks in CIDR notation and host:port addresses as text.
 * Threads: any.
 */
#ifndef CONF_NETWORK_H
#define CONF_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "conf/settings.h"

/* Well-formed CIDR or single IP address, no bit set behind the prefix.
 * On false *why is a sentence that says what is wrong. */
bool network_is_valid(struct str cidr, const char **why);

/* True when ip (text, v4 or v6, a v4-mapped v6 address counts as v4) is in
 * one of the networks. False when ip is not an address. Source RFC 4632 3.1,
 * RFC 4291 2.3 */
bool settings_network_has(const struct settings_list *networks,
    const char *ip);

/* Split "host:port" or "[v6]:port". The host may be empty; it is an IP address
 * or a host name, without brackets. False: malformed, or no port 0 to 65535. */
bool network_split(struct str endpoint, struct str *host, uint16_t *port);

/* An IP address, v4 or v6, without brackets. */
bool network_is_ip(struct str text);

/* A domain name in ASCII: labels of letters, digits and hyphens. */
bool network_is_hostname(struct str text);

#endif
