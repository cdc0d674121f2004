/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses are of the internet: the edges of every network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "base/must.h"
#include "fetch/reach.h"

static bool
is_public(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return (reach_is_public((const struct sockaddr *)&v4));
	must(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1);
	return (reach_is_public((const struct sockaddr *)&v6));
}

static void
edges(void **state UNUSED)
{
	static const char *const ours[] = { "0.0.0.0", "0.255.255.255",
		"10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
		"127.0.0.1", "127.255.255.255", "169.254.169.254",
		"172.16.0.0", "172.31.255.255", "192.0.0.8", "192.0.2.1",
		"192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1",
		"198.19.255.255", "198.51.100.9", "203.0.113.9", "224.0.0.1",
		"239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::8.8.8.8",
		"64:ff9b::127.0.0.1", "64:ff9b::10.1.2.3",
		"64:ff9b:1::8.8.8.8", "100::1", "1fff::1", "2001::1",
		"2001:1ff:ffff::1", "2001:db8::1", "2002:808:808::1",
		"3fff::1", "3fff:fff::1", "4000::1", "fc00::1", "fdff::1",
		"fe80::1", "fec0::1", "ff02::1" };
	static const char *const everybodys[] = { "1.0.0.0", "9.255.255.255",
		"11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
		"128.0.0.1", "169.253.255.255", "169.255.0.0",
		"172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
		"192.167.255.255", "192.169.0.0", "198.17.255.255",
		"198.20.0.0", "198.51.101.0", "203.0.114.0",
		"223.255.255.255", "2000::1", "2001:200::1", "2001:db7::1",
		"2001:db9::1", "2003::1", "2a00:1450::1", "3ffe:ffff::1",
		"3fff:1000::1", "64:ff9b::8.8.8.8" };

	for (size_t i = 0; i < COUNT_OF(ours); i++)
		if (is_public(ours[i]))
			fail_msg("%s", ours[i]);
	for (size_t i = 0; i < COUNT_OF(everybodys); i++)
		if (!is_public(everybodys[i]))
			fail_msg("%s", everybodys[i]);
}

static void
other_families_are_not(void **state UNUSED)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };

	assert_false(reach_is_public((const struct sockaddr *)&local));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges),
		cmocka_unit_test(other_families_are_not),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
