/* SPDX-License-Identifier: Apache-2.0 */
/* directories_test: the file of directories, read whole or refused in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "cert/directories.h"

static struct arena *a;
static struct directory_entry *list;
static size_t n;
static struct err err;

static int
read_it(const char *text)
{
	err_clear(&err);
	list = NULL;
	n = 99;
	return (directories_read(str_of(text), "/etc/x/d.yaml", a, &list, &n,
	    &err));
}

static void
all_of_it_is_read(void **state UNUSED)
{
	AUTO_BUF struct buf filter = BUF_INIT(200);
	const struct directory_entry *d;

	assert_int_equal(read_it("directories:\n"
	    "  - name: partner\n"
	    "    domains: [partner.example, Other.example]\n"
	    "    url: ldap://ldap.example:3389\n"
	    "    base: dc=partner,dc=example\n"
	    "    filter: (&(m={address})(n={address}))\n"
	    "    attributes: [one]\n"
	    "    bind_dn: cn=x\n"
	    "    password_file: word\n"
	    "    ca_file: /ca.pem\n"
	    "    start_tls: required\n"
	    "    timeout: 250 ms\n"
	    "    publish: {certificates: userCertificate}\n"
	    "  - {name: second, url: 'ldap://h', base: dc=x,\n"
	    "     start_tls: dangerously-off}\n"), 0);
	assert_int_equal(n, 2);
	d = &list[0];
	assert_string_equal(d->name, "partner");
	assert_string_equal(d->way.url, "ldap://ldap.example:3389");
	assert_string_equal(d->base, "dc=partner,dc=example");
	assert_int_equal(d->n_attributes, 1);
	assert_string_equal(d->attributes[0], "one");
	assert_string_equal(d->way.bind_dn, "cn=x");
	assert_string_equal(d->way.password_file, "/etc/x/word");
	assert_string_equal(d->way.ca_file, "/ca.pem");
	assert_int_equal(d->timeout_ms, 250);
	assert_string_equal(d->publish_certificates, "userCertificate");
	assert_null(d->publish_bundle);
	assert_true(directory_publishes(d));
	assert_false(directory_publishes(&list[1]));
	assert_false(d->way.dangerously_in_clear);
	assert_true(directory_has_domain(d, STR_LIT("PARTNER.example")));
	assert_true(directory_has_domain(d, STR_LIT("other.example")));
	assert_false(directory_has_domain(d, STR_LIT("sub.other.example")));
	directory_filter(d, STR_LIT("a*b@x"), &filter);
	assert_string_equal(buf_cstr(&filter), "(&(m=a\\2ab@x)(n=a\\2ab@x))");
	d = &list[1];
	assert_true(d->way.dangerously_in_clear);
	assert_true(directory_has_domain(d, STR_LIT("any.example")));
	assert_int_equal(d->timeout_ms, DIRECTORIES_TIMEOUT_MS);
	assert_int_equal(d->n_attributes, 2);
	assert_string_equal(d->filter, DIRECTORIES_FILTER);
}

static void
no_directory_is_no_error(void **state UNUSED)
{
	assert_int_equal(read_it("directories:\n"), 0);
	assert_int_equal(n, 0);
	assert_int_equal(read_it("directories: []\n"), 0);
	assert_int_equal(n, 0);
}

#define ONE "directories: [{name: a, url: 'ldaps://h', base: dc=x"

static void
what_is_wrong_is_said_where(void **state UNUSED)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ ONE ", filtre: '(mail={address})'}]", "did you mean "
		    "'filter'?" },
		{ "directory: []", "did you mean 'directories'?" },
		{ ONE ", start_tls: no}]", "unknown word" },
		{ ONE ", filter: (mail=x)}]", "has no {address}" },
		{ ONE ", timeout: 2 h}]", "from 100 ms to 60 s" },
		{ ONE ", bind_dn: cn=x}]", "go together" },
		{ ONE ", publish: {bundle: x}}]", "needs bind_dn" },
		{ ONE ", publish: {}}]", "names no attribute" },
		{ ONE ", publish: {certs: x}}]", "'certs'" },
		{ ONE ", attributes: []}]", "is empty" },
		{ ONE ", base: ''}]", "base" },
		{ ONE "}, {name: a, url: 'ldaps://h', base: dc=x}]",
		    "two directories are called a" },
		{ "directories: [{name: a, url: 'ldaps://h'}]",
		    "needs name, url and base" },
		{ "directories: [{name: a, url: 'https://h', base: dc=x}]",
		    "is not like ldaps://host" },
		{ "directories: [{name: a, url: 'ldap://h', base: dc=x,"
		    " bind_dn: cn=x, password_file: f,"
		    " start_tls: dangerously-off}]",
		    "a password does not go in clear" },
		{ "directories: 5", "a list" },
		{ "directories: [5]", "name, url and base" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (read_it(rows[i].text) == 0)
			fail_msg("%s was read", rows[i].text);
		if (err.kind != ERR_INPUT ||
		    strstr(err.msg, rows[i].why) == NULL ||
		    strncmp(err.msg, "/etc/x/d.yaml:1:", 16) != 0)
			fail_msg("%s: %s", rows[i].text, err.msg);
	}
}

static int
begin(void **state UNUSED)
{
	a = arena_new();
	return (0);
}

static int
end(void **state UNUSED)
{
	arena_free(&a);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_read),
		cmocka_unit_test(no_directory_is_no_error),
		cmocka_unit_test(what_is_wrong_is_said_where),
	};

	return (cmocka_run_group_tests(tests, begin, end));
}
