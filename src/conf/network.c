/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network: CIDR networks and endpoints, read strictly.
 *
 * Runs in the gateway (who may relay) and where settings are read. Security:
 * decides who may send mail: a network with bits behind its prefix is refused
 * rather than guessed at.
 * Standards: RFC 4632 3.1, RFC 4291 2.2 to 2.5, RFC 1123 2.1.
 */
#include "conf/network.h"

#include <arpa/inet.h>

#define V4_BYTES 4
#define V6_BYTES 16

struct network {
	uint8_t bytes[V6_BYTES];
	size_t len;	/* V4_BYTES or V6_BYTES */
	unsigned prefix;
};

static bool
parse_ip(struct str text, struct network *out)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char z[INET6_ADDRSTRLEN];

	if (text.len >= sizeof(z) || memchr(text.p, 0, text.len) != NULL)
		return (false);
	memcpy(z, text.p, text.len);
	z[text.len] = '\0';
	if (inet_pton(AF_INET, z, out->bytes) == 1) {
		out->len = V4_BYTES;
	} else if (inet_pton(AF_INET6, z, out->bytes) != 1) {
		return (false);
	} else if (memcmp(out->bytes, mapped, sizeof(mapped)) == 0) {
		memmove(out->bytes, out->bytes + sizeof(mapped), V4_BYTES);
		out->len = V4_BYTES;
	} else
		out->len = V6_BYTES;
	out->prefix = (unsigned)out->len * 8;
	return (true);
}

static bool
has_bit(const uint8_t *bytes, unsigned i)
{
	return ((bytes[i / 8] >> (7 - i % 8)) & 1);
}

static bool
parse_network(struct str cidr, struct network *out, const char **why)
{
	ptrdiff_t slash = str_index(cidr, '/');
	size_t end = slash < 0 ? cidr.len : (size_t)slash;
	uint64_t prefix;

	*why = "is not an IP address or network such as 10.0.0.0/8";
	if (end == 0 || !parse_ip(str_sub(cidr, 0, end), out))
		return (false);
	if (slash < 0)
		return (true);
	*why = out->len == V4_BYTES ? "needs a prefix length from 0 to 32" :
	    "needs a prefix length from 0 to 128";
	if (!str_to_u64(str_sub(cidr, end + 1, cidr.len), out->len * 8,
	    &prefix))
		return (false);
	*why = "has bits set behind its prefix length";
	for (unsigned i = (unsigned)prefix; i < out->len * 8; i++)
		if (has_bit(out->bytes, i))
			return (false);
	out->prefix = (unsigned)prefix;
	return (true);
}

bool
network_is_valid(struct str cidr, const char **why)
{
	struct network n;

	return (parse_network(cidr, &n, why));
}

bool
network_is_ip(struct str text)
{
	struct network n;

	return (text.len > 0 && parse_ip(text, &n));
}

static bool
covers(const struct network *n, const struct network *ip)
{
	if (n->len != ip->len)
		return (false);
	for (unsigned i = 0; i < n->prefix; i++)
		if (has_bit(n->bytes, i) != has_bit(ip->bytes, i))
			return (false);
	return (true);
}

bool
settings_network_has(const struct settings_list *networks, const char *ip)
{
	struct network peer, n;
	const char *why;

	if (!parse_ip(str_of(ip), &peer))
		return (false);
	for (size_t i = 0; i < networks->n; i++)
		if (parse_network(str_of(networks->values[i]), &n, &why) &&
		    covers(&n, &peer))
			return (true);
	return (false);
}

static bool
is_label(struct str s)
{
	if (s.len == 0 || s.len > 63 || s.p[0] == '-' ||
	    s.p[s.len - 1] == '-')
		return (false);
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) &&
		    s.p[i] != '-')
			return (false);
	return (true);
}

bool
network_is_hostname(struct str text)
{
	struct str label;

	if (text.len == 0 || text.len > 253)
		return (false);
	while (str_next(&text, '.', &label))
		if (!is_label(label))
			return (false);
	return (true);
}

bool
network_split(struct str endpoint, struct str *host, uint16_t *port)
{
	ptrdiff_t colon = str_rindex(endpoint, ':');
	struct str h;
	uint64_t p;

	if (colon < 0)
		return (false);
	h = str_sub(endpoint, 0, (size_t)colon);
	if (!str_to_u64(str_sub(endpoint, (size_t)colon + 1, endpoint.len),
	    UINT16_MAX, &p))
		return (false);
	if (h.len > 2 && h.p[0] == '[' && h.p[h.len - 1] == ']') {
		h = str_sub(h, 1, h.len - 2);
		if (!network_is_ip(h) || str_index(h, ':') < 0)
			return (false);
	} else if (h.len > 0 && !network_is_hostname(h))
		return (false);
	*host = h;
	*port = (uint16_t)p;
	return (true);
}
