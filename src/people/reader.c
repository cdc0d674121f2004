/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader: hints and networks.
 *
 * Runs in the portal. Security: whoever has a link may see the hint, so it
 * shows one letter of the mailbox; the domain helps a reader with several.
 */
#include "people/reader.h"

#include <arpa/inet.h>
#include <stdio.h>

/* Bytes of the UTF-8 character at the start of s. */
static size_t
first_letter(struct str s)
{
	size_t n = s.len > 0 ? 1 : 0;

	while (n < s.len && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n++;
	return (n);
}

void
reader_hint(struct str address, struct buf *out)
{
	ptrdiff_t at = str_rindex(address, '@');
	size_t local = at >= 0 ? (size_t)at : address.len;

	buf_str(out, str_sub(address, 0,
	    first_letter(str_sub(address, 0, local))));
	buf_z(out, "\xe2\x80\xa6");
	buf_str(out, str_sub(address, local, address.len - local));
}

void
reader_network(const char *peer, char out[static READER_NETWORK_SIZE])
{
	struct in_addr v4;
	struct in6_addr v6;
	char text[INET6_ADDRSTRLEN] = "";

	if (inet_pton(AF_INET, peer, &v4) == 1) {
		((uint8_t *)&v4.s_addr)[3] = 0;
		(void)inet_ntop(AF_INET, &v4, text, sizeof(text));
		(void)snprintf(out, READER_NETWORK_SIZE, "%s", text);
		return;
	}
	if (inet_pton(AF_INET6, peer, &v6) == 1) {
		memset(v6.s6_addr + 8, 0, 8);
		(void)inet_ntop(AF_INET6, &v6, text, sizeof(text));
		(void)snprintf(out, READER_NETWORK_SIZE, "%s", text);
		return;
	}
	(void)snprintf(out, READER_NETWORK_SIZE, "%s", peer);
}

bool
reader_is_same(struct str a, struct str b)
{
	return (a.len > 0 && str_eq_nocase(a, b));
}
