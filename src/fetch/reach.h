/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach: is an address one of the whole internet, or of a network of its own?
 *
 * Where a name from outside decides whom we connect to, it must not be able
 * to name our own machines. Threads: any.
 * Source  RFC 6890 and the IANA registries of special-purpose addresses
 */
#ifndef FETCH_REACH_H
#define FETCH_REACH_H

#include <stdbool.h>
#include <sys/socket.h>

/* False for loopback, private, link-local, shared, reserved, documentation
 * and multicast addresses, also behind NAT64 (RFC 6052), and for all that is
 * neither IPv4 nor IPv6. */
bool reach_is_public(const struct sockaddr *address);

#endif
