/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimefetch_test: which server is asked, and what is remembered of it, with a
 * web server on this machine that counts.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "gateway/smimefetch.h"
#include "store/certs.h"

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlist"
#define NO_ANSWER "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"

static struct err err;	/* of the last call */
static char folder[] = "/tmp/letterlock-fetch-XXXXXX";
static struct settings settings;
static struct smimefetch fetch = { .settings = &settings };
static pthread_t server;
static int listener;
static char url[64];
static atomic_uint asked_n;
static atomic_bool is_there;

#define OK(call) \
	do { \
		if ((call) == -1) \
			fail_msg("%s: %s", #call, err.msg); \
	} while (0)

static void *
serve(void *arg UNUSED)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) != -1) {
		const char *answer = is_there ? OK_ANSWER : NO_ANSWER;
		char request[4096];

		if (recv(fd, request, sizeof(request), 0) > 0) {
			asked_n++;
			must(send(fd, answer, strlen(answer),
			    MSG_NOSIGNAL) > 0);
		}
		(void)close(fd);
	}
	return (NULL);
}

static int
begin(void **state UNUSED)
{
	const struct dns_config config = { .resolver = NULL };
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	char path[sizeof(folder) + 8];

	memset(folder + sizeof(folder) - 7, 'X', 6);
	must(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/s.db", folder);
	OK(store_open(path, "test", &fetch.store, &err));
	OK(dns_new(&config, &fetch.dns, &err));
	settings.delivery.private_networks = SETTINGS_PRIVATE_ALLOW;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(listener, (struct sockaddr *)&at, len) == 0 &&
	    listen(listener, 8) == 0 && getsockname(listener,
	    (struct sockaddr *)&at, &len) == 0);
	(void)snprintf(url, sizeof(url), "http://localhost:%u/x",
	    ntohs(at.sin_port));
	asked_n = 0;
	is_there = true;
	return (pthread_create(&server, NULL, serve, NULL));
}

static int
end(void **state UNUSED)
{
	char command[sizeof(folder) + 16];

	(void)shutdown(listener, SHUT_RDWR);
	must(pthread_join(server, NULL) == 0);
	(void)close(listener);
	dns_free(&fetch.dns);
	store_close(&fetch.store);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return (system(command));
}

/* Was there an answer? */
static bool
get(enum source_kind kind, struct source_question *q)
{
	AUTO_BUF struct buf out = BUF_INIT(1000);

	*q = (struct source_question){ .kind = kind, .url = url,
		.body = kind == SOURCE_OCSP ? STR_LIT("who") : STR_NULL };
	if (smimefetch_get(&fetch, q, &out, &err) == -1)
		return (false);
	assert_true(str_eq(buf_view(&out), STR_LIT("list")));
	return (true);
}

/* Anybody writes an address of our network into a certificate. */
static void
strangers_reach_no_private_address(void **state UNUSED)
{
	struct source_question q;

	assert_false(get(SOURCE_ISSUER, &q));
	assert_non_null(strstr(err.msg, "private network"));
	assert_int_equal(asked_n, 0);
	/* And it says nothing about the list at the same address. */
	assert_true(get(SOURCE_CRL, &q));
	assert_true(get(SOURCE_OCSP, &q));
	assert_int_equal(asked_n, 2);
	settings.delivery.private_networks = SETTINGS_PRIVATE_REFUSE;
	assert_false(get(SOURCE_CRL, &q));
	assert_int_equal(asked_n, 2);
}

static void
silence_is_of_one_kind(void **state UNUSED)
{
	struct source_question q;

	is_there = false;
	assert_false(get(SOURCE_CRL, &q));
	assert_false(get(SOURCE_CRL, &q));
	assert_int_equal(asked_n, 1);
	is_there = true;
	assert_false(get(SOURCE_CRL, &q));
	assert_true(get(SOURCE_OCSP, &q));
	assert_int_equal(asked_n, 2);
}

static void
what_is_kept_is_of_one_kind(void **state UNUSED)
{
	const struct source_question issuer = { .kind = SOURCE_ISSUER,
		.url = url };
	struct source_question q;

	/* Nothing is kept before it was looked at. */
	assert_true(get(SOURCE_CRL, &q));
	assert_true(get(SOURCE_CRL, &q));
	assert_false(q.was_kept);
	assert_int_equal(asked_n, 2);
	smimefetch_keep(&fetch, &issuer, STR_LIT("junk"), INT64_MAX);
	assert_true(get(SOURCE_CRL, &q));
	assert_int_equal(asked_n, 3);
	smimefetch_keep(&fetch, &q, STR_LIT("list"), clock_wall_ms());
	assert_true(get(SOURCE_CRL, &q));	/* it was over at once */
	assert_int_equal(asked_n, 4);
	smimefetch_keep(&fetch, &q, STR_LIT("list"), INT64_MAX);
	assert_true(get(SOURCE_CRL, &q));
	assert_true(q.was_kept);
	assert_int_equal(asked_n, 4);
}

static void
an_authority_is_kept(void **state UNUSED)
{
	struct source_question q = { .kind = SOURCE_ISSUER, .url = url };
	size_t n;

	smimefetch_keep(&fetch, &q, STR_LIT("list"), INT64_MAX);
	assert_true(get(SOURCE_ISSUER, &q));
	assert_true(q.was_kept);
	OK(store_lookups_limit(fetch.store, STR_LIT(SMIMEFETCH_ISSUER), 0, 0,
	    9, &n, &err));
	assert_int_equal(n, 1);
	assert_false(get(SOURCE_ISSUER, &q));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(strangers_reach_no_private_address),
		TEST(silence_is_of_one_kind),
		TEST(what_is_kept_is_of_one_kind),
		TEST(an_authority_is_kept),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
