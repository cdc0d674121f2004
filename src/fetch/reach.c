/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reach: the networks nobody outside may send us to.
 *
 * Runs wherever something is fetched. Security: this is what keeps a domain's
 * DNS from pointing us at our own machines (server-side request forgery).
 * Standards: RFC 6890, RFC 4291, RFC 6052 2.1.
 */
#include "fetch/reach.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"

struct network4 {
	uint32_t address;
	unsigned bits;
};

#define NET4(a, b, c, bits) \
	{ (uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8, bits }

static const struct network4 special4[] = {
	NET4(0, 0, 0, 8),	/* this network */
	NET4(10, 0, 0, 8),	/* private */
	NET4(100, 64, 0, 10),	/* carrier-grade NAT */
	NET4(127, 0, 0, 8),	/* loopback */
	NET4(169, 254, 0, 16),	/* link-local, and clouds' metadata */
	NET4(172, 16, 0, 12),	/* private */
	NET4(192, 0, 0, 24),	/* protocol assignments */
	NET4(192, 0, 2, 24),	/* documentation */
	NET4(192, 88, 99, 24),	/* 6to4 relays, given up */
	NET4(192, 168, 0, 16),	/* private */
	NET4(198, 18, 0, 15),	/* benchmarks */
	NET4(198, 51, 100, 24),	/* documentation */
	NET4(203, 0, 113, 24),	/* documentation */
	NET4(224, 0, 0, 4),	/* multicast */
	NET4(240, 0, 0, 4),	/* reserved, broadcast */
};

struct network6 {
	uint8_t begin[12];
	unsigned bits;
};

/* All unicast that is routed is 2000::/3; these are not, though inside. */
static const struct network6 special6[] = {
	{ { 0x20, 0x01, 0x00 }, 23 },	/* protocol assignments, Teredo */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },	/* documentation */
	{ { 0x20, 0x02 }, 16 },		/* 6to4: any IPv4 address inside */
	{ { 0x3f, 0xff, 0x00 }, 20 },	/* documentation (RFC 9637) */
};

static const uint8_t global6[12] = { 0x20 };
static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };

static bool
is_public4(uint32_t address)
{
	for (size_t i = 0; i < COUNT_OF(special4); i++)
		if ((address ^ special4[i].address) >>
		    (32 - special4[i].bits) == 0)
			return (false);
	return (true);
}

static bool
begins(const uint8_t *address, const uint8_t *begin, unsigned bits)
{
	unsigned whole = bits / 8, left = bits % 8;

	if (memcmp(address, begin, whole) != 0)
		return (false);
	return (left == 0 ||
	    (address[whole] ^ begin[whole]) >> (8 - left) == 0);
}

static bool
is_public6(const uint8_t address[static 16])
{
	/* The network's own way to IPv4: what counts is where that leads. */
	if (begins(address, nat64, 96))
		return (is_public4((uint32_t)address[12] << 24 |
		    (uint32_t)address[13] << 16 | (uint32_t)address[14] << 8 |
		    address[15]));
	if (!begins(address, global6, 3))
		return (false);
	for (size_t i = 0; i < COUNT_OF(special6); i++)
		if (begins(address, special6[i].begin, special6[i].bits))
			return (false);
	return (true);
}

bool
reach_is_public(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return (is_public4(ntohl(((const struct sockaddr_in *)
		    (const void *)address)->sin_addr.s_addr)));
	if (address->sa_family == AF_INET6)
		return (is_public6(((const struct sockaddr_in6 *)
		    (const void *)address)->sin6_addr.s6_addr));
	return (false);
}
