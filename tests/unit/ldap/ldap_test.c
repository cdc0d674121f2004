/* SPDX-License-Identifier: Apache-2.0 */
/* ldap_test: a directory (OpenLDAP's slapd) is found, secured, asked, changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/enc.h"
#include "ldap/ldapdirectory.h"
#include "net/conn.h"
#include "net/listen.h"
#include "net/selfsigned.h"

#define SLAPD "/usr/sbin/slapd"
#define SKIPPED 77
#define START_MS 20000
#define WAIT_MS 10000
#define ADMIN "cn=admin,dc=own,dc=example"
#define ANNA "uid=anna,ou=people,dc=own,dc=example"

static char folder[] = "/tmp/letterlock-ldap-XXXXXX";
static struct err err;	/* of the last call */
static struct arena *a;
static struct dns *dns;
static uint16_t tls_port, clear_port, silent_port;
static int silent_fd = -1;
static pid_t server = -1;

static const char conf[] =
    "include /etc/ldap/schema/core.schema\n"
    "include /etc/ldap/schema/cosine.schema\n"
    "include /etc/ldap/schema/inetorgperson.schema\n"
    "modulepath /usr/lib/ldap\nmoduleload back_mdb\n"
    "pidfile %1$s/pid\n"
    "TLSCertificateFile %1$s/cert.pem\n"
    "TLSCertificateKeyFile %1$s/key.pem\n"
    "TLSCACertificateFile %1$s/cert.pem\n"
    "database mdb\nmaxsize 10485760\nsuffix dc=own,dc=example\n"
    "directory %1$s/db\nrootdn " ADMIN "\nrootpw right\n"
    "access to * by * read\n";

static const char entries[] =
    "dn: dc=own,dc=example\nobjectClass: dcObject\n"
    "objectClass: organization\no: own\n\n"
    "dn: ou=people,dc=own,dc=example\nobjectClass: organizationalUnit\n\n"
    "dn: " ANNA "\nobjectClass: inetOrgPerson\ncn: Anna\nsn: A\n"
    "mail: anna@own.example\n"
    "userSMIMECertificate:: AAECAwQ=\nuserSMIMECertificate:: BQYH\n\n"
    "dn: uid=odd,ou=people,dc=own,dc=example\nobjectClass: inetOrgPerson\n"
    "cn: Odd\nsn: O\nmail: o*d(d)\\x@own.example\n\n";

static const char *
in_folder(const char *name)
{
	return (arena_printf(a, "%s/%s", folder, name));
}

static void
write_file(const char *name, const char *text, size_t len)
{
	FILE *f = fopen(in_folder(name), "w");

	must(f != NULL && fwrite(text, 1, len, f) == len);
	must(fclose(f) == 0);
}

static int
run(const char *command)
{
	return (system(arena_printf(a, "exec >%s/log 2>&1; %s", folder,
	    command)));
}

static void
make_certificate(void)
{
	AUTO_BUF struct buf key = BUF_INIT(65536), cert = BUF_INIT(65536);

	must(selfsigned_make("ldap.example", &key, &cert, &err) == 0);
	write_file("key.pem", (const char *)key.p, key.len);
	write_file("cert.pem", (const char *)cert.p, cert.len);
	buf_reset(&key);
	buf_reset(&cert);
	must(selfsigned_make("ldap.example", &key, &cert, &err) == 0);
	write_file("other.pem", (const char *)cert.p, cert.len);
}

static int
a_listener(uint16_t *port)
{
	int fd = listen_open("127.0.0.1:0", &err);

	must(fd >= 0);
	*port = listen_port(fd);
	return (fd);
}

static void
wait_for_it(void)
{
	int64_t end = clock_mono_ms() + START_MS;
	struct conn *c;

	do {
		clock_sleep_until(clock_mono_ms() + 50);
		c = conn_loopback(tls_port, end, &err);
	} while (c == NULL && clock_mono_ms() < end);
	must(c != NULL);
	conn_free(&c);
}

static void
start_server(void)
{
	const char *text = arena_printf(a, conf, folder);
	const char *urls;

	write_file("slapd.conf", text, strlen(text));
	write_file("entries.ldif", entries, sizeof(entries) - 1);
	write_file("right", "right\nmore\n", 11);
	write_file("wrong", "wrong\n", 6);
	write_file("empty", "\n", 1);
	must(run(arena_printf(a, "mkdir %1$s/db && /usr/sbin/slapadd -f "
	    "%1$s/slapd.conf -l %1$s/entries.ldif", folder)) == 0);
	(void)close(a_listener(&tls_port));
	(void)close(a_listener(&clear_port));
	silent_fd = a_listener(&silent_port);
	urls = arena_printf(a, "ldaps://127.0.0.1:%u ldap://127.0.0.1:%u"
	    " ldaps://127.0.0.2:%u", tls_port, clear_port, tls_port);
	server = fork();
	if (server == 0) {
		/* It goes with us, whatever happens, and holds no pipe. */
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (freopen("/dev/null", "w", stdout) == NULL ||
		    freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		(void)execl(SLAPD, SLAPD, "-f", in_folder("slapd.conf"), "-h",
		    urls, "-d", "0", NULL);
		_exit(1);
	}
	wait_for_it();
}

static int
begin(void **state UNUSED)
{
	(void)signal(SIGPIPE, SIG_IGN);	/* as the roles do */
	must(mkdtemp(folder) != NULL);
	a = arena_new();
	must(dns_new(&(struct dns_config){ .resolver = "127.0.0.1:9" }, &dns,
	    &err) == 0);
	make_certificate();
	start_server();
	return (0);
}

static int
end(void **state UNUSED)
{
	(void)kill(server, SIGTERM);
	(void)waitpid(server, NULL, 0);
	(void)close(silent_fd);
	(void)run(arena_printf(a, "rm -r %s", folder));
	dns_free(&dns);
	arena_free(&a);
	return (0);
}

static struct ldap_way
way(const char *scheme, const char *host, uint16_t port)
{
	return ((struct ldap_way){ .url = arena_printf(a, "%s://%s:%u",
	    scheme, host, port), .ca_file = in_folder("cert.pem"),
	    .dns = dns });
}

static struct ldap_directory *
opened(const struct ldap_way *w)
{
	struct ldap_directory *d = NULL;

	if (ldap_directory_open(w, clock_mono_ms() + WAIT_MS, &d, &err) == -1)
		fail_msg("%s: %s", w->url, err.msg);
	return (d);
}

static void
refused(const struct ldap_way *w, enum err_kind kind)
{
	struct ldap_directory *d = NULL;

	err_clear(&err);
	if (ldap_directory_open(w, clock_mono_ms() + WAIT_MS, &d, &err) == 0)
		fail_msg("%s was taken", w->url);
	assert_null(d);
	if (err.kind != kind)
		fail_msg("%s: %s %s", w->url, err_kind_name(err.kind),
		    err.msg);
}

/* "dn attribute=length,…;" of each entry. */
static const char *
found(struct ldap_directory *d, const char *filter)
{
	static const char *const attributes[] = { "userCertificate;binary",
		"userSMIMECertificate" };
	struct ldap_search s = { .base = "dc=own,dc=example",
		.filter = filter, .attributes = attributes,
		.n_attributes = COUNT_OF(attributes), .max = 2 };
	struct ldap_entry *list;
	const char *out = "";
	size_t n;

	if (ldap_directory_search(d, &s, clock_mono_ms() + WAIT_MS, a, &list,
	    &n, &err) == -1)
		return (err_kind_name(err.kind));
	for (size_t i = 0; i < n; i++) {
		out = arena_printf(a, "%s%.*s", out, STR_FMT(list[i].dn));
		for (size_t j = 0; j < list[i].n; j++)
			out = arena_printf(a, "%s %.*s=%zu", out,
			    STR_FMT(list[i].values[j].attribute),
			    list[i].values[j].bytes.len);
		out = arena_printf(a, "%s;", out);
	}
	return (out);
}

#define ANNA_FOUND ANNA " userSMIMECertificate=5 userSMIMECertificate=3;"

static void
people_are_found(void **state UNUSED)
{
	static const char *const schemes[] = { "ldaps", "ldap" };

	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		struct ldap_way w = way(schemes[i], "127.0.0.1", i == 0 ?
		    tls_port : clear_port);
		struct ldap_directory *d = opened(&w);

		assert_string_equal(found(d, "(mail=anna@own.example)"),
		    ANNA_FOUND);
		assert_string_equal(found(d, "(mail=nobody@own.example)"), "");
		assert_string_equal(found(d, "(objectClass=*)"), "limit");
		assert_string_equal(found(d, "(mail=anna"), "permanent");
		ldap_directory_close(&d);
		assert_null(d);
	}
	ldap_directory_close(&(struct ldap_directory *){ NULL });
}

static void
what_is_foreign_is_escaped(void **state UNUSED)
{
	AUTO_BUF struct buf f = BUF_INIT(200);
	struct ldap_way w = way("ldaps", "127.0.0.1", tls_port);
	struct ldap_directory *d = opened(&w);

	buf_z(&f, "(mail=");
	ldap_escape(STR_LIT("o*d(d)\\x@own.example"), &f);
	buf_z(&f, ")");
	assert_string_equal(buf_cstr(&f),
	    "(mail=o\\2ad\\28d\\29\\5cx@own.example)");
	assert_string_equal(found(d, buf_cstr(&f)),
	    "uid=odd,ou=people,dc=own,dc=example;");
	buf_reset(&f);
	ldap_escape(STR_LIT("*)(mail=anna@own.example\0\xc3"), &f);
	assert_string_equal(buf_cstr(&f),
	    "\\2a\\29\\28mail=anna@own.example\\00\\c3");
	ldap_directory_close(&d);
}

static void
who_does_not_prove_himself_is_not_asked(void **state UNUSED)
{
	struct ldap_way w = way("ldaps", "127.0.0.1", tls_port);

	w.ca_file = in_folder("other.pem");
	refused(&w, ERR_TEMP);
	w = way("ldap", "127.0.0.1", clear_port);
	w.ca_file = in_folder("other.pem");
	refused(&w, ERR_TEMP);
	/* Its certificate names 127.0.0.1 and not this one. */
	w = way("ldaps", "127.0.0.2", tls_port);
	refused(&w, ERR_TEMP);
	w = way("ldaps", "127.0.0.1", tls_port);
	w.ca_file = in_folder("nothing");
	refused(&w, ERR_PERM);
	/* No TLS there. */
	w = way("ldaps", "127.0.0.1", clear_port);
	refused(&w, ERR_TEMP);
	/* The environment does not weaken it. */
	(void)setenv("LDAPTLS_REQCERT", "never", 1);
	w = way("ldaps", "127.0.0.1", tls_port);
	w.ca_file = in_folder("other.pem");
	refused(&w, ERR_TEMP);
}

static void
in_clear_only_where_it_is_said(void **state UNUSED)
{
	struct ldap_way w = way("ldap", "127.0.0.1", clear_port);
	struct ldap_directory *d;

	w.dangerously_in_clear = true;
	w.ca_file = in_folder("nothing");	/* is not looked at */
	d = opened(&w);
	assert_string_equal(found(d, "(mail=anna@own.example)"), ANNA_FOUND);
	ldap_directory_close(&d);
}

static int
replace(struct ldap_directory *d, const struct str *values, size_t n)
{
	return (ldap_directory_replace(d, ANNA, "userCertificate;binary",
	    values, n, clock_mono_ms() + WAIT_MS, &err));
}

static void
values_are_replaced(void **state UNUSED)
{
	/* slapd looks whether it is a certificate, so far. */
	AUTO_BUF struct buf key = BUF_INIT(65536), pem = BUF_INIT(65536);
	AUTO_BUF struct buf der = BUF_INIT(65536);
	struct ldap_way w = way("ldaps", "127.0.0.1", tls_port);
	struct ldap_directory *d;
	struct str body, line, value;

	must(selfsigned_make("anna", &key, &pem, &err) == 0);
	body = buf_view(&pem);
	buf_reset(&key);
	while (str_next(&body, '\n', &line))
		if (line.len > 0 && line.p[0] != '-')
			buf_str(&key, line);
	must(enc_base64_parse(buf_view(&key), &der));
	value = buf_view(&der);
	d = opened(&w);
	assert_int_equal(replace(d, &value, 1), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	ldap_directory_close(&d);
	w.bind_dn = ADMIN;
	w.password_file = in_folder("right");
	d = opened(&w);
	if (replace(d, &value, 1) == -1)
		fail_msg("%s", err.msg);
	assert_string_equal(found(d, "(mail=anna@own.example)"),
	    arena_printf(a, ANNA " userSMIMECertificate=5 "
	    "userSMIMECertificate=3 userCertificate=%zu;", value.len));
	if (replace(d, NULL, 0) == -1)
		fail_msg("%s", err.msg);
	assert_string_equal(found(d, "(mail=anna@own.example)"), ANNA_FOUND);
	ldap_directory_close(&d);
}

static void
a_wrong_password_is_said(void **state UNUSED)
{
	struct ldap_way w = way("ldaps", "127.0.0.1", tls_port);

	w.bind_dn = ADMIN;
	refused(&w, ERR_PERM);
	w.password_file = in_folder("nothing");
	refused(&w, ERR_PERM);
	w.password_file = in_folder("empty");
	refused(&w, ERR_PERM);
	w.password_file = in_folder("wrong");
	refused(&w, ERR_DENIED);
	assert_non_null(strstr(err.msg, "signing in"));
}

static void
who_does_not_answer_is_left(void **state UNUSED)
{
	static const char *const schemes[] = { "ldaps", "ldap" };
	int64_t start;

	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		struct ldap_way w = way(schemes[i], "127.0.0.1", silent_port);
		struct ldap_directory *d = NULL;

		start = clock_mono_ms();
		assert_int_equal(ldap_directory_open(&w, start + 500, &d,
		    &err), -1);
		assert_int_equal(err.kind, ERR_TEMP);
		assert_true(clock_mono_ms() - start < 5000);
	}
}

static void
urls_are_checked(void **state UNUSED)
{
	static const struct {
		const char *url;
		bool is_valid;
	} rows[] = {
		{ "ldaps://a.example", true },
		{ "ldap://a.example:3899", true },
		{ "ldaps://[2001:db8::1]:636", true },
		{ "ldaps://a.example/", true },
		{ "ldapi://%2ftmp%2fx", false },
		{ "https://a.example", false },
		{ "ldaps://", false },
		{ "a.example", false },
		{ "ldaps://a.example/dc=x", false },
		{ "ldaps://a.example/??sub?(cn=x)", false },
		{ "", false },
	};
	struct ldap_way w = way("http", "127.0.0.1", tls_port);

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (ldap_url_is_valid(rows[i].url) != rows[i].is_valid)
			fail_msg("%s", rows[i].url);
	refused(&w, ERR_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_are_found),
		cmocka_unit_test(what_is_foreign_is_escaped),
		cmocka_unit_test(in_clear_only_where_it_is_said),
		cmocka_unit_test(values_are_replaced),
		cmocka_unit_test(a_wrong_password_is_said),
		cmocka_unit_test(who_does_not_answer_is_left),
		cmocka_unit_test(urls_are_checked),
		cmocka_unit_test(who_does_not_prove_himself_is_not_asked),
	};

	if (access(SLAPD, X_OK) != 0) {
		(void)printf("skipped: needs slapd\n");
		return (SKIPPED);
	}
	return (cmocka_run_group_tests(tests, begin, end));
}
