/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching from a server of our own on localhost, with a certificate made here.
 * What certificates of all kinds do is in tests/transport/sts.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"
#include "fetch/fetch.h"
#include "net/conn.h"
#include "net/selfsigned.h"
#include "net/tls.h"

#define BODY_MAX 1000
#define WAIT_MS 5000

static char folder[64], cert_path[80], key_path[80];
static struct dns *dns;
static int listen_fd, port;
static struct tls_context *tls;
static pthread_t server;

/* What the server saw last, and how it answers by path. */
static struct buf seen = BUF_INIT(65536);
static bool is_over;
static bool is_plain;	/* the server speaks without TLS */

static const struct {
	const char *path, *answer;
	unsigned repeat;	/* of what follows it */
	const char *more;	/* NULL: "x" */
} answers[] = {
	{ "/ok", "HTTP/1.1 200 OK\r\nContent-Type: text/plain;charset=utf-8"
	    "\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\n\r\nhello", 0, NULL },
	{ "/fields", "HTTP/1.1 201 Made\r\nReplay-Nonce: first\r\nLOCATION:"
	    " /there \r\nreplay-nonce:second\r\nContent-Length: 0\r\n"
	    "X-Long: ", 1100, NULL },
	{ "/404", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 0, NULL },
	{ "/moved", "HTTP/1.1 301 Moved\r\nLocation: /ok\r\n"
	    "Content-Length: 0\r\n\r\n", 0, NULL },
	{ "/most", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
	    1000, NULL },
	{ "/said", "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
	    1001, NULL },
	{ "/large", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
	    1001, NULL },
	{ "/head", "HTTP/1.1 200 OK\r\n", 7000, "X: y\r\n" },
	{ "/cut", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX: ",
	    9, NULL },
	{ "/short", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
	    0, NULL },
	{ "/none", "", 0, NULL },
	{ "/other", "SSH-2.0-what\r\n\r\n", 0, NULL },
	{ "/slow", NULL, 0, NULL },
};

static void
answer(struct conn *c)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		const char *path = answers[i].path;
		ptrdiff_t at = str_find_nocase(buf_view(&seen), str_of(path));

		if (at < 0 || at > 5)
			continue;
		if (answers[i].answer == NULL) {
			clock_sleep_until(clock_mono_ms() + 3000);
			return;
		}
		(void)!conn_put(c, str_of(answers[i].answer), &err);
		for (unsigned n = 0; n < answers[i].repeat; n++)
			(void)!conn_put(c, str_of(answers[i].more != NULL ?
			    answers[i].more : "x"), &err);
		(void)!conn_flush(c, &err);
		return;
	}
}

static void
serve(int *take_fd)
{
	struct conn *c = conn_new(take_fd);
	struct err err = ERR_INIT;

	conn_set_deadline(c, clock_mono_ms() + WAIT_MS);
	if (is_plain || conn_start_tls(c, tls, NULL, &err) == 0) {
		while (str_find_nocase(conn_peek(c), STR_LIT("\r\n\r\n")) < 0 ||
		    (str_find_nocase(conn_peek(c), STR_LIT("POST")) == 0 &&
		    str_find_nocase(conn_peek(c), STR_LIT("the end")) < 0))
			if (conn_fill(c, &err) != 0)
				break;
		buf_reset(&seen);
		buf_str(&seen, conn_peek(c));
		answer(c);
	}
	conn_free(&c);
}

static void *
serve_all(void *arg UNUSED)
{
	int fd;

	while ((fd = accept(listen_fd, NULL, NULL)) >= 0)
		serve(&fd);
	return (NULL);
}

static int
set_up(void **state UNUSED)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	AUTO_BUF struct buf key = BUF_INIT(8192), cert = BUF_INIT(8192);
	const struct dns_config config = { .resolver = NULL };
	struct err err = ERR_INIT;
	socklen_t len = sizeof(at);

	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(folder, sizeof(folder), "/tmp/fetch-XXXXXX");
	must(mkdtemp(folder) != NULL);
	(void)snprintf(cert_path, sizeof(cert_path), "%s/cert", folder);
	(void)snprintf(key_path, sizeof(key_path), "%s/key", folder);
	must(selfsigned_make("mail.example", &key, &cert, &err) == 0);
	must(sys_write_file(cert_path, buf_view(&cert), 0600, &err) == 0);
	must(sys_write_file(key_path, buf_view(&key), 0600, &err) == 0);
	must((tls = tls_web(cert_path, key_path, &err)) != NULL);
	must(dns_new(&config, &dns, &err) == 0);
	listen_fd = socket(AF_INET, SOCK_STREAM, 0);
	must(bind(listen_fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	must(listen(listen_fd, 8) == 0);
	must(getsockname(listen_fd, (struct sockaddr *)&at, &len) == 0);
	port = ntohs(at.sin_port);
	return (pthread_create(&server, NULL, serve_all, NULL));
}

static int
tear_down(void **state UNUSED)
{
	(void)shutdown(listen_fd, SHUT_RDWR);
	(void)pthread_join(server, NULL);
	(void)close(listen_fd);
	(void)unlink(cert_path);
	(void)unlink(key_path);
	(void)rmdir(folder);
	tls_release(&tls);
	dns_free(&dns);
	buf_done(&seen);
	return (0);
}

struct result {
	struct fetch_answer answer;
	struct err err;
	struct buf body;
	int rc;
};

static void
done(struct result *r)
{
	buf_done(&r->body);
}

static struct result
get(const char *path, int64_t wait_ms)
{
	struct fetch_way way = { dns, cert_path, true, &is_over, false };
	struct result r = { .body = BUF_INIT(BODY_MAX) };
	char url[128];

	(void)snprintf(url, sizeof(url), "https://localhost:%d%s", port, path);
	r.rc = fetch_get(&way, url, clock_mono_ms() + wait_ms, &r.body,
	    &r.answer, &r.err);
	return (r);
}

static void
answers_come_as_they_are(void **state UNUSED)
{
	static const struct {
		const char *path;
		unsigned status;
		size_t bytes;
	} rows[] = { { "/ok", 200, 5 }, { "/404", 404, 0 },
		{ "/moved", 301, 0 }, { "/most", 200, BODY_MAX } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_CLEAN(done) struct result r = get(rows[i].path, WAIT_MS);

		if (r.rc != 0)
			fail_msg("%s: %s", rows[i].path, r.err.msg);
		assert_int_equal(r.answer.failure, FETCH_DONE);
		assert_int_equal(r.answer.status, rows[i].status);
		assert_int_equal(r.body.len, rows[i].bytes);
		if (i == 0)
			assert_string_equal(r.answer.type,
			    "text/plain;charset=utf-8");
	}
}

static void
nothing_more_is_taken(void **state UNUSED)
{
	static const struct {
		const char *path;
		enum fetch_failure failure;
	} rows[] = { { "/said", FETCH_TOO_LARGE }, { "/large",
		FETCH_TOO_LARGE }, { "/head", FETCH_TOO_LARGE },
		{ "/cut", FETCH_BROKEN }, { "/short", FETCH_BROKEN },
		{ "/none", FETCH_BROKEN }, { "/other", FETCH_BROKEN } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_CLEAN(done) struct result r = get(rows[i].path, WAIT_MS);

		if (r.rc != -1 || r.answer.failure != rows[i].failure)
			fail_msg("%s: %d %s", rows[i].path, r.answer.failure,
			    r.err.msg);
		assert_int_equal(r.err.kind, rows[i].failure ==
		    FETCH_TOO_LARGE ? ERR_LIMIT : ERR_TEMP);
	}
}

static void
a_slow_server_is_left(void **state UNUSED)
{
	int64_t began_ms = clock_mono_ms();
	AUTO_CLEAN(done) struct result r = get("/slow", 400);

	assert_int_equal(r.rc, -1);
	assert_int_equal(r.answer.failure, FETCH_TIMEOUT);
	assert_true(clock_mono_ms() - began_ms < 2000);
	AUTO_CLEAN(done) struct result late = get("/ok", 0);

	assert_int_equal(late.answer.failure, FETCH_TIMEOUT);
}

static void
it_ends_when_it_is_over(void **state UNUSED)
{
	int64_t began_ms = clock_mono_ms();

	__atomic_store_n(&is_over, true, __ATOMIC_RELEASE);
	AUTO_CLEAN(done) struct result r = get("/slow", WAIT_MS);

	__atomic_store_n(&is_over, false, __ATOMIC_RELEASE);
	assert_int_equal(r.rc, -1);
	assert_true(clock_mono_ms() - began_ms < 2500);
}

/* Fields of our own, and those of the answer that are wanted. */
static void
fields_go_both_ways(void **state UNUSED)
{
	static const char *const fields[] = { "Authorization: Basic eDp5",
		NULL };
	struct fetch_way way = { dns, cert_path, true, NULL, false };
	struct fetch_field wanted[] = { { .name = "Replay-Nonce" },
		{ .name = "Location" }, { .name = "X-None" },
		{ .name = "X-Long" } };
	AUTO_BUF struct buf body = BUF_INIT(BODY_MAX);
	struct fetch_answer got;
	struct err err = ERR_INIT;
	char url[128];
	struct fetch_request q = { .url = url, .fields = fields,
		.wanted = wanted, .n_wanted = COUNT_OF(wanted) };

	(void)snprintf(url, sizeof(url), "https://localhost:%d/fields", port);
	(void)snprintf(wanted[2].value, sizeof(wanted[2].value), "old");
	/* The answer ends in its last field: what came before it counts. */
	assert_int_equal(fetch_ask(&way, &q, clock_mono_ms() + WAIT_MS, &body,
	    &got, &err), -1);
	assert_string_equal(wanted[0].value, "second");
	assert_string_equal(wanted[1].value, "/there");
	assert_string_equal(wanted[2].value, "");
	assert_string_equal(wanted[3].value, "");
	assert_true(str_find_nocase(buf_view(&seen),
	    STR_LIT("\r\nAuthorization: Basic eDp5\r\n")) > 0);
}

/* Neither a proxy of the environment nor a cookie. */
static void
little_is_said(void **state UNUSED)
{
	must(setenv("https_proxy", "http://127.0.0.1:9", 1) == 0);
	AUTO_CLEAN(done) struct result first = get("/ok", WAIT_MS);
	AUTO_CLEAN(done) struct result r = get("/ok", WAIT_MS);

	must(unsetenv("https_proxy") == 0);
	assert_int_equal(first.rc, 0);
	assert_int_equal(r.rc, 0);
	assert_int_equal(str_find_nocase(buf_view(&seen),
	    STR_LIT("GET /ok HTTP/1.1\r\nHost: localhost")), 0);
	assert_true(str_find_nocase(buf_view(&seen), STR_LIT("cookie")) < 0);
	assert_true(str_find_nocase(buf_view(&seen),
	    STR_LIT("accept-encoding")) < 0);
	assert_true(str_find_nocase(buf_view(&seen), STR_LIT("curl")) < 0);
}

static void
data_is_posted(void **state UNUSED)
{
	struct fetch_way way = { dns, cert_path, true, NULL, false };
	AUTO_BUF struct buf body = BUF_INIT(BODY_MAX);
	struct fetch_answer out;
	struct err err = ERR_INIT;
	char url[128];

	(void)snprintf(url, sizeof(url), "https://localhost:%d/ok", port);
	assert_int_equal(fetch_post(&way, url, "application/tlsrpt+gzip",
	    STR_LIT("\0data, the end"), clock_mono_ms() + WAIT_MS, &body,
	    &out, &err), 0);
	assert_int_equal(out.status, 200);
	assert_int_equal(str_find_nocase(buf_view(&seen),
	    STR_LIT("POST /ok ")), 0);
	assert_true(str_find_nocase(buf_view(&seen),
	    STR_LIT("Content-Type: application/tlsrpt+gzip\r\n")) > 0);
	assert_true(str_find_nocase(buf_view(&seen),
	    STR_LIT("\r\n\r\n\0data, the end")) > 0);
	assert_true(str_find_nocase(buf_view(&seen), STR_LIT("Expect")) < 0);
}

static void
who_is_not_trusted_is_not_asked(void **state UNUSED)
{
	struct fetch_way way = { dns, NULL, true, NULL, false };
	AUTO_BUF struct buf body = BUF_INIT(BODY_MAX);
	struct fetch_answer out;
	struct err err = ERR_INIT;
	char url[128];

	(void)snprintf(url, sizeof(url), "https://localhost:%d/ok", port);
	buf_reset(&seen);
	assert_int_equal(fetch_get(&way, url, clock_mono_ms() + WAIT_MS, &body,
	    &out, &err), -1);
	assert_int_equal(out.failure, FETCH_CERTIFICATE);
	assert_int_equal(seen.len, 0);
	/* Our own machine, from a name of somebody else's. */
	way.ca_file = cert_path;
	way.may_be_private = false;
	assert_int_equal(fetch_get(&way, url, clock_mono_ms() + WAIT_MS, &body,
	    &out, &err), -1);
	assert_int_equal(out.failure, FETCH_PRIVATE);
	assert_string_equal(err.msg, "its address is of a private network");
	assert_int_equal(seen.len, 0);
}

static void
only_https_and_names(void **state UNUSED)
{
	static const char *const urls[] = { "http://localhost/", "localhost",
		"file:///etc/passwd", "ftp://localhost/", "https://127.0.0.1/",
		"https://[::1]/", "https://user@localhost/",
		"https://2130706433/", "https://0x7f.1/", "https://a_b/",
		"https://local%68ost%2f/", "https://localhost:99999/", "" };
	struct fetch_way way = { dns, cert_path, true, NULL, false };

	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		AUTO_BUF struct buf body = BUF_INIT(BODY_MAX);
		struct fetch_answer out;
		struct err err = ERR_INIT;

		if (fetch_get(&way, urls[i], clock_mono_ms() + WAIT_MS, &body,
		    &out, &err) != -1 || err.kind != ERR_INPUT)
			fail_msg("%s: %s", urls[i], err.msg);
	}
}

/* What is signed itself may come in plain, with the same guard. */
static void
plain_where_it_is_signed(void **state UNUSED)
{
	struct fetch_way way = { .dns = dns, .ca_file = cert_path,
		.may_be_private = true };
	AUTO_BUF struct buf body = BUF_INIT(BODY_MAX);
	struct fetch_answer out;
	struct err err = ERR_INIT;
	char url[128];

	(void)snprintf(url, sizeof(url), "http://localhost:%d/ok", port);
	is_plain = true;
	assert_int_equal(fetch_get(&way, url, clock_mono_ms() + WAIT_MS, &body,
	    &out, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	way.is_for_signed_objects = true;
	assert_int_equal(fetch_get(&way, url, clock_mono_ms() + WAIT_MS, &body,
	    &out, &err), 0);
	assert_int_equal(out.status, 200);
	assert_int_equal(body.len, 5);
	buf_reset(&seen);
	way.may_be_private = false;
	assert_int_equal(fetch_get(&way, url, clock_mono_ms() + WAIT_MS, &body,
	    &out, &err), -1);
	assert_int_equal(out.failure, FETCH_PRIVATE);
	assert_int_equal(seen.len, 0);
	is_plain = false;
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/ok", port);
	assert_int_equal(fetch_get(&way, url, clock_mono_ms() + WAIT_MS, &body,
	    &out, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_as_they_are),
		cmocka_unit_test(nothing_more_is_taken),
		cmocka_unit_test(a_slow_server_is_left),
		cmocka_unit_test(it_ends_when_it_is_over),
		cmocka_unit_test(fields_go_both_ways),
		cmocka_unit_test(little_is_said),
		cmocka_unit_test(data_is_posted),
		cmocka_unit_test(who_is_not_trusted_is_not_asked),
		cmocka_unit_test(only_https_and_names),
		cmocka_unit_test(plain_where_it_is_signed),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
