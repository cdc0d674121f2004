/* SPDX-License-Identifier: Apache-2.0 */
/* delivery.hops: what next hops want, mistakes in it, and that it is shown
 * without a password. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "conf/settings.h"

#define LEAST "hostname: h.example\n" \
	"workspace: 06h0pg78dxtd8bkz166skjx14m\n" \
	"portal: {url: 'https://h.example'}\n"
#define HOP LEAST "delivery:\n  next_hop: mx.example:587\n  hops:\n" \
	"    mx.example:587: "

static void
reads_what_they_want(void **state)
{
	static const char text[] = LEAST "delivery:\n"
	    "  next_hop: mx.example:587\n"
	    "  routes: {a.example: '[::1]:25'}\n  hops:\n"
	    "    mx.example:587: {user: us, password_file: secret}\n"
	    "    '[::1]:25':\n      tls_name: mx.a.example\n"
	    "      source: ['2001:db8::1', 192.0.2.1]\n"
	    "  source: 192.0.2.9\n";
	struct settings *s;
	struct err err = ERR_INIT;

	(void)state;
	if (settings_parse(STR_LIT(text), "/etc/l.conf", &s, &err) == -1)
		fail_msg("%s", err.msg);
	assert_int_equal(s->delivery.n_hops, 2);
	assert_string_equal(s->delivery.hops[0].user, "us");
	assert_string_equal(s->delivery.hops[0].password_file, "/etc/secret");
	assert_null(s->delivery.hops[0].tls_name);
	assert_int_equal(s->delivery.hops[0].source.n, 0);
	assert_null(s->delivery.hops[1].user);
	assert_string_equal(s->delivery.hops[1].tls_name, "mx.a.example");
	assert_int_equal(s->delivery.hops[1].source.n, 2);
	assert_string_equal(s->delivery.source.values[0], "192.0.2.9");
	settings_free(&s);
}

static const struct {
	const char *text, *error;
} refused[] = {
	{ HOP "{user: us}\n", "'user' and 'password_file' go together" },
	{ HOP "{password_file: p}\n", "go together" },
	{ HOP "{pasword_file: p}\n", "did you mean 'password_file'?" },
	{ HOP "{password: p}\n", "unknown key 'password'" },
	{ HOP "us\n", "needs user, password_file, tls_name or source" },
	{ HOP "{source: mx}\n", "'source' needs IP addresses" },
	{ HOP "{source: [192.0.2.1, 192.0.2.2]}\n", "one address of IPv4" },
	{ HOP "{tls_name: 'a b'}\n", "'tls_name' needs a host name" },
	{ LEAST "delivery:\n  hops: {mx.example: {user: a}}\n",
	    "needs a host and a port" },
	{ LEAST "delivery:\n  next_hop: mx.example:25\n"
	    "  hops: {mx.example:587: {}}\n", "'mx.example:587' is neither "
	    "'delivery.next_hop' nor in 'delivery.routes'" },
	{ LEAST "delivery:\n  next_hop: 192.0.2.1:587\n  hops:\n"
	    "    192.0.2.1:587: {user: a, password_file: p}\n",
	    "also needs 'tls_name'" },
	{ HOP "{user: a, password_file: p}\n  starttls: never\n",
	    "passwords are sent under TLS only" },
	{ LEAST "delivery: {source: ['::1', '::2']}\n",
	    "'delivery.source' takes one address of IPv4 and one of IPv6" },
	{ LEAST "smtp: {outside_listen: ':25'}\n",
	    "'smtp.outside_listen' also needs 'delivery.routes' or" },
};

static void
says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct settings *s = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(settings_parse(str_of(refused[i].text), "f",
		    &s, &err), -1);
		if (strstr(err.msg, refused[i].error) == NULL)
			fail_msg("%zu: %s", i, err.msg);
	}
}

static void
show(void *ctx, const char *key, struct str value, bool is_default)
{
	if (strcmp(key, "delivery.hops") != 0)
		return;
	assert_false(is_default);
	buf_str(ctx, value);
}

static void
is_written_as_it_is_read(void **state)
{
	AUTO_BUF struct buf first = BUF_INIT(4096), again = BUF_INIT(4096);
	AUTO_BUF struct buf text = BUF_INIT(8192);
	struct settings *s;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(settings_parse(STR_LIT(HOP "{user: 'a: b', "
	    "password_file: p, tls_name: x.example, source: '::1'}\n"),
	    "/f", &s, &err), 0);
	settings_each(s, show, &first);
	settings_free(&s);
	buf_printf(&text, LEAST "delivery:\n  next_hop: mx.example:587\n"
	    "  hops: %s\n", buf_cstr(&first));
	if (settings_parse(buf_view(&text), "/f", &s, &err) == -1)
		fail_msg("%s\n%s", err.msg, buf_cstr(&text));
	settings_each(s, show, &again);
	settings_free(&s);
	assert_string_equal(buf_cstr(&first), buf_cstr(&again));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_they_want),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(is_written_as_it_is_read),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
