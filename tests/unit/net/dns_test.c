/* SPDX-License-Identifier: Apache-2.0 */
/* Names, asked of a small name server of our own on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/dns.h"

#define TYPE_A 1
#define TYPE_MX 15
#define TYPE_TXT 16
#define TYPE_AAAA 28
#define TYPE_TLSA 52
#define TYPE_SMIMEA 53
#define PACKET_MAX 512
#define DRAWS 40

/* rdata as in the packet; n 0: the name exists and has no such record. */
struct record {
	const char *name;
	int type;
	const char *rdata;
	size_t n;
	int rcode;
};

#define HOST(label) "\4" label "\1m\7example"	/* and a final NUL */
#define MX(preference, label) "\0" preference HOST(label), \
	sizeof("\0" preference HOST(label))

static const struct record records[] = {
	{ "two.example", TYPE_MX, MX("\24", "last"), 0 },
	{ "two.example", TYPE_MX, MX("\12", "fst1"), 0 },
	{ "two.example", TYPE_MX, MX("\12", "fst2"), 0 },
	{ "null.example", TYPE_MX, "\0\0\0", 3, 0 },
	{ "bare.example", TYPE_MX, NULL, 0, 0 },
	{ "broken.example", TYPE_MX, NULL, 0, 2 },
	{ "fst1.m.example", TYPE_A, "\300\0\2\1", 4, 0 },
	{ "fst1.m.example", TYPE_A, "\300\0\2\2", 4, 0 },
	{ "fst1.m.example", TYPE_AAAA, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0"
	    "\1", 16, 0 },
	{ "fst2.m.example", TYPE_A, NULL, 0, 0 },
	{ "texts.example", TYPE_TXT, "\6v=one \3two", 11, 0 },
	{ "texts.example", TYPE_TXT, "\5plain", 6, 0 },
	{ "texts.example", TYPE_TXT, "\11short", 6, 0 },
	{ "broken.example", TYPE_TXT, NULL, 0, 2 },
	{ "_25._tcp.fst1.m.example", TYPE_TLSA, "\3\1\1abcd", 7, 0 },
	{ "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6."
	    "_smimecert.cert.example", TYPE_SMIMEA, "\3\0\0abcd", 7, 0 },
	{ "fst2.m.example", TYPE_AAAA, NULL, 0, 0 },
};

static int server_fd;
static struct dns *dns;
static struct arena *arena;
static pthread_t thread;

static size_t
read_name(const uint8_t *p, size_t len, char *out)
{
	size_t at = 12, to = 0;

	while (at < len && p[at] != 0 && at + p[at] < len) {
		if (to > 0)
			out[to++] = '.';
		memcpy(out + to, p + at + 1, p[at]);
		to += p[at];
		at += (size_t)p[at] + 1;
	}
	out[to] = '\0';
	return (at + 1);
}

static void
u16(struct buf *b, size_t v)
{
	buf_char(b, (char)(v >> 8));
	buf_char(b, (char)(v & 255));
}

static void
answer(const uint8_t *q, size_t len, struct buf *out)
{
	char name[PACKET_MAX];
	size_t end = read_name(q, len, name), n = 0;
	int type = q[end] << 8 | q[end + 1], rcode = 3;
	AUTO_BUF struct buf rows = BUF_INIT(4096);

	for (size_t i = 0; i < COUNT_OF(records); i++) {
		const struct record *r = &records[i];

		if (strcasecmp(r->name, name) != 0)
			continue;
		rcode = rcode == 3 ? 0 : rcode;
		if (r->type != type)
			continue;
		rcode = r->rcode;
		if (r->n == 0)
			continue;
		n++;
		buf_append(&rows, "\300\14", 2);
		u16(&rows, (size_t)type);
		buf_append(&rows, "\0\1\0\0\0\74", 6);
		u16(&rows, r->n);
		buf_append(&rows, r->rdata, r->n);
	}
	buf_append(out, q, 2);
	buf_char(out, (char)0x81);
	buf_char(out, (char)(0x80 | rcode));
	u16(out, 1);
	u16(out, n);
	u16(out, 0);
	u16(out, 0);
	buf_append(out, q + 12, end + 4 - 12);
	buf_str(out, buf_view(&rows));
}

static void *
serve(void *arg)
{
	uint8_t q[PACKET_MAX];
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	ssize_t got;

	(void)arg;
	/* An empty packet ends it. */
	while ((got = recvfrom(server_fd, q, sizeof(q), 0,
	    (struct sockaddr *)&from, &from_len)) > 16) {
		AUTO_BUF struct buf out = BUF_INIT(4096);

		answer(q, (size_t)got, &out);
		(void)sendto(server_fd, out.p, out.len, 0,
		    (struct sockaddr *)&from, from_len);
		from_len = sizeof(from);
	}
	return (NULL);
}

static int
make(void **state)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	struct err err = ERR_INIT;
	char at[64];

	(void)state;
	server_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server_fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(server_fd, (struct sockaddr *)&sin, &len),
	    0);
	(void)snprintf(at, sizeof(at), "127.0.0.1:%d", ntohs(sin.sin_port));
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
	if (dns_new(&(struct dns_config){ .resolver = at }, &dns, &err) == -1)
		fail_msg("%s", err.msg);
	arena = arena_new();
	return (0);
}

static int
end(void **state)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(getsockname(server_fd, (struct sockaddr *)&sin, &len),
	    0);
	(void)sendto(fd, "", 0, 0, (struct sockaddr *)&sin, len);
	(void)close(fd);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(server_fd);
	arena_free(&arena);
	dns_free(&dns);
	assert_null(dns);
	dns_free(&dns);
	return (0);
}

static void
finds_mail_servers(void **state)
{
	static const struct {
		const char *domain;
		enum err_kind kind;
		size_t n;
		const char *last;
	} rows[] = {
		{ "two.example", ERR_NONE, 3, "last.m.example" },
		{ "bare.example", ERR_NONE, 1, "bare.example" },
		{ "localhost", ERR_NONE, 1, "localhost" },
		{ "null.example", ERR_PERM, 0, NULL },
		{ "nothing.example", ERR_PERM, 0, NULL },
		{ "broken.example", ERR_TEMP, 0, NULL },
		{ "", ERR_PERM, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = ERR_INIT;
		struct dns_hosts h = { .n = 0 };
		int rc = dns_mx(dns, str_of(rows[i].domain), arena, &h, &err);

		if (err.kind != rows[i].kind || h.n != rows[i].n ||
		    (rc == 0 && !str_eq(h.names[h.n - 1],
		    str_of(rows[i].last))))
			fail_msg("%s: %s %zu %s", rows[i].domain,
			    err_kind_name(err.kind), h.n, err.msg);
		assert_false(h.is_secure);
	}
}

static void
equal_servers_take_turns(void **state)
{
	bool seen[2] = { false, false };

	(void)state;
	for (int i = 0; i < DRAWS; i++) {
		struct err err = ERR_INIT;
		struct dns_hosts h;

		assert_int_equal(dns_mx(dns, STR_LIT("two.example"), arena,
		    &h, &err), 0);
		seen[str_eq(h.names[0], STR_LIT("fst2.m.example"))] = true;
	}
	assert_true(seen[0] && seen[1]);
}

static void
finds_addresses(void **state)
{
	static const struct {
		const char *host;
		enum err_kind kind;
		size_t n;
		int family;	/* of the first */
	} rows[] = {
		{ "fst1.m.example", ERR_NONE, 3, AF_INET6 },
		{ "192.0.2.9", ERR_NONE, 1, AF_INET },
		{ "2001:db8::9", ERR_NONE, 1, AF_INET6 },
		{ "fst2.m.example", ERR_PERM, 0, 0 },
		{ "nothing.example", ERR_PERM, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = ERR_INIT;
		struct dns_addresses h = { .n = 0 };
		int rc = dns_addresses(dns, str_of(rows[i].host), 2525, arena,
		    &h, &err);

		if (err.kind != rows[i].kind || h.n != rows[i].n ||
		    (rc == 0 && h.list[0].to.ss_family != rows[i].family))
			fail_msg("%s: %s %zu %s", rows[i].host,
			    err_kind_name(err.kind), h.n, err.msg);
		if (rc == 0)
			assert_int_equal(ntohs(((struct sockaddr_in *)
			    &h.list[0].to)->sin_port), 2525);
	}
}

static void
knows_this_machine(void **state)
{
	struct err err = ERR_INIT;
	struct dns_addresses h;

	(void)state;
	assert_int_equal(dns_addresses(dns, STR_LIT("localhost"), 25, arena,
	    &h, &err), 0);
	assert_true(h.n >= 1);
}

static void
reads_texts(void **state)
{
	struct err err = ERR_INIT;
	struct str *texts;
	size_t n;

	(void)state;
	assert_int_equal(dns_txt(dns, STR_LIT("texts.example"), arena, &texts,
	    &n, &err), 0);
	/* The third is cut off within a string. */
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++)
		assert_true(str_eq(texts[i], STR_LIT("v=one two")) ||
		    str_eq(texts[i], STR_LIT("plain")));
	assert_int_equal(dns_txt(dns, STR_LIT("nothing.example"), arena,
	    &texts, &n, &err), 0);
	assert_int_equal(n, 0);
	assert_int_equal(dns_txt(dns, STR_LIT("broken.example"), arena,
	    &texts, &n, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
}

/* What nobody has signed does not count. */
static void
takes_no_unproven_tlsa(void **state)
{
	struct err err = ERR_INIT;
	struct dns_tlsa *list;
	size_t n = 9;

	(void)state;
	assert_int_equal(dns_tlsa(dns, STR_LIT("fst1.m.example"), 25, arena,
	    &list, &n, &err), 0);
	assert_int_equal(n, 0);
	assert_false(dns_validates(dns));
}

/* The first is the example of RFC 8162 3. */
static void
names_where_a_certificate_is(void **state)
{
	static const struct {
		const char *address, *name;
	} rows[] = {
		{ "hugh@example.com", "c93f1e400f26708f98cb19d936620da35eec8f72"
		    "e57f9eec01c1afd6._smimecert.example.com" },
		{ "\"hugh\"@example.com", "c93f1e400f26708f98cb19d936620da35eec8"
		    "f72e57f9eec01c1afd6._smimecert.example.com" },
		{ "\"h\\ugh\"@example.com", "c93f1e400f26708f98cb19d936620da35e"
		    "ec8f72e57f9eec01c1afd6._smimecert.example.com" },
		{ "\"a@b\"@example.com", "7508d8b5018ea640b85269861a101203f0c26"
		    "900555268e930025dac._smimecert.example.com" },
		{ "example.com", NULL },
		{ "@example.com", NULL },
		{ "hugh@", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct err err = ERR_INIT;
		struct str name = STR_NULL;
		int rc = dns_smimea_name(str_of(rows[i].address), arena,
		    &name, &err);

		if (rc != (rows[i].name == NULL ? -1 : 0) ||
		    !str_eq(name, str_of(rows[i].name)))
			fail_msg("%s: %.*s", rows[i].address, STR_FMT(name));
	}
}

static void
takes_no_unproven_certificate(void **state)
{
	struct err err = ERR_INIT;
	struct dns_tlsa *list;
	size_t n = 9;

	(void)state;
	assert_int_equal(dns_smimea(dns, STR_LIT("hugh@cert.example"), arena,
	    &list, &n, &err), 0);
	assert_int_equal(n, 0);
	assert_int_equal(dns_smimea(dns, STR_LIT("nobody"), arena, &list, &n,
	    &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_mail_servers),
		cmocka_unit_test(equal_servers_take_turns),
		cmocka_unit_test(finds_addresses),
		cmocka_unit_test(knows_this_machine),
		cmocka_unit_test(reads_texts),
		cmocka_unit_test(takes_no_unproven_tlsa),
		cmocka_unit_test(names_where_a_certificate_is),
		cmocka_unit_test(takes_no_unproven_certificate),
	};

	return (cmocka_run_group_tests(tests, make, end));
}
