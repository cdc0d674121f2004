/* SPDX-License-Identifier: Apache-2.0 */
/* Networks, endpoints, sizes and times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/network.h"
#include "conf/number.h"

static const struct {
	const char *cidr;
	const char *why;	/* NULL: valid */
} networks[] = {
	{ "127.0.0.0/8", NULL }, { "::1", NULL }, { "10.1.2.3", NULL },
	{ "0.0.0.0/0", NULL }, { "2001:db8::/32", NULL }, { "::/0", NULL },
	{ "192.0.2.128/25", NULL }, { "::ffff:192.0.2.1", NULL },
	{ "192.0.2.1/24", "has bits set behind its prefix length" },
	{ "2001:db8::1/64", "has bits set behind its prefix length" },
	{ "10.0.0.0/33", "needs a prefix length from 0 to 32" },
	{ "10.0.0.0/", "needs a prefix length from 0 to 32" },
	{ "10.0.0.0/-1", "needs a prefix length from 0 to 32" },
	{ "2001:db8::/129", "needs a prefix length from 0 to 128" },
	{ "10.0.0/8", "is not an IP address or network such as 10.0.0.0/8" },
	{ "example", "is not an IP address or network such as 10.0.0.0/8" },
	{ "", "is not an IP address or network such as 10.0.0.0/8" },
	{ "/8", "is not an IP address or network such as 10.0.0.0/8" },
};

static void
networks_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(networks); i++) {
		const char *why = "";
		bool ok = network_is_valid(str_of(networks[i].cidr), &why);

		assert_int_equal(ok, networks[i].why == NULL);
		if (!ok)
			assert_string_equal(why, networks[i].why);
	}
}

static const struct {
	const char *network;
	const char *ip;
	bool has;
} members[] = {
	{ "127.0.0.0/8", "127.255.0.1", true },
	{ "127.0.0.0/8", "128.0.0.1", false },
	{ "10.0.0.0/31", "10.0.0.1", true },
	{ "10.0.0.0/31", "10.0.0.2", false },
	{ "10.0.0.5", "10.0.0.5", true }, { "10.0.0.5", "10.0.0.4", false },
	{ "0.0.0.0/0", "203.0.113.9", true }, { "0.0.0.0/0", "::1", false },
	{ "::/0", "127.0.0.1", false }, { "::/0", "2001:db8::1", true },
	{ "2001:db8::/33", "2001:db8:7fff::1", true },
	{ "2001:db8::/33", "2001:db8:8000::1", false },
	{ "192.0.2.0/24", "::ffff:192.0.2.7", true },
	{ "::ffff:192.0.2.1", "192.0.2.1", true },
	{ "::1", "::1", true }, { "::1", "::2", false },
	{ "0.0.0.0/0", "", false }, { "0.0.0.0/0", "1.2.3", false },
	{ "::/0", "fe80::1%eth0", false },
};

static void
members_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		const char *values[] = { "203.0.113.77", members[i].network };
		struct settings_list list = { values, 2 };

		assert_int_equal(settings_network_has(&list, members[i].ip),
		    members[i].has);
	}
	assert_false(settings_network_has(&(struct settings_list){ NULL, 0 },
	    "127.0.0.1"));
}

static const struct {
	const char *text;
	const char *host;	/* NULL: refused */
	uint16_t port;
} endpoints[] = {
	{ "mail.example:25", "mail.example", 25 }, { ":8443", "", 8443 },
	{ "[::1]:25", "::1", 25 }, { "127.0.0.1:0", "127.0.0.1", 0 },
	{ "a:65535", "a", 65535 }, { "a:65536", NULL, 0 }, { "a", NULL, 0 },
	{ "a:", NULL, 0 }, { "::1:25", NULL, 0 }, { "[127.0.0.1]:25", NULL, 0 },
	{ "[]:25", NULL, 0 }, { "a_b:25", NULL, 0 }, { "-a:25", NULL, 0 },
	{ "a:+5", NULL, 0 }, { "a b:25", NULL, 0 }, { "a..b:25", NULL, 0 },
};

static void
endpoints_are_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(endpoints); i++) {
		struct str host = STR_NULL;
		uint16_t port = 0;

		assert_int_equal(network_split(str_of(endpoints[i].text),
		    &host, &port), endpoints[i].host != NULL);
		if (endpoints[i].host == NULL)
			continue;
		assert_true(str_eq(host, str_of(endpoints[i].host)));
		assert_int_equal(port, endpoints[i].port);
	}
}

static const struct {
	const char *text;
	int64_t value;	/* -1: refused */
	const char *back;
} sizes[] = {
	{ "50 MiB", 52428800, "50 MiB" }, { "50MiB", 52428800, "50 MiB" },
	{ "1024", 1024, "1 KiB" }, { "1000", 1000, "1000 B" },
	{ "1536 kib", 1572864, "1536 KiB" }, { "2 GiB", 2147483648, "2 GiB" },
	{ "0", 0, "0 B" }, { "5 MB", -1, NULL }, { "", -1, NULL },
	{ "MiB", -1, NULL }, { "-5", -1, NULL }, { "1.5 MiB", -1, NULL },
	{ "99999999999 GiB", -1, NULL }, { "9223372036854775808", -1, NULL },
}, times[] = {
	{ "5 min", 300000, "5 min" }, { "90 s", 90000, "90 s" },
	{ "24h", 86400000, "1 d" }, { "100 ms", 100, "100 ms" },
	{ "5 d", 432000000, "5 d" }, { "5", -1, NULL }, { "5 m", -1, NULL },
	{ "0 s", 0, "0 s" }, { "d", -1, NULL }, { "106751991168 d", -1, NULL },
};

static void
sizes_and_times_go_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes) + COUNT_OF(times); i++) {
		bool is_size = i < COUNT_OF(sizes);
		size_t at = is_size ? i : i - COUNT_OF(sizes);
		struct str text = str_of(is_size ? sizes[at].text :
		    times[at].text);
		int64_t wanted = is_size ? sizes[at].value : times[at].value;
		AUTO_BUF struct buf back = BUF_INIT(64);
		int64_t value = -1;
		bool ok = is_size ? number_parse_bytes(text, &value) :
		    number_parse_duration(text, &value);

		assert_int_equal(ok, wanted >= 0);
		assert_int_equal(value, wanted);
		if (!ok)
			continue;
		if (is_size)
			number_format_bytes(value, &back);
		else
			number_format_duration(value, &back);
		assert_string_equal(buf_cstr(&back), is_size ?
		    sizes[at].back : times[at].back);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_are_checked),
		cmocka_unit_test(members_are_found),
		cmocka_unit_test(endpoints_are_split),
		cmocka_unit_test(sizes_and_times_go_both_ways),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
