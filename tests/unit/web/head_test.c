/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head_test: the request head parser, table by table. What is refused over
 * the wire is in tests/scene/http_hostile.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "web/head.h"

#define US STR_LIT("mail.example:8443")
#define HOST "Host: mail.example:8443\r\n"

/* 0, or the status of the refusal. */
static unsigned
parse(const char *text, struct web_head *h, const char **name)
{
	struct web_refusal why = { 0, NULL };
	ptrdiff_t len = web_head_length(str_of(text), &why);

	if (len > 0 && web_head_parse(str_sub(str_of(text), 0, (size_t)len),
	    US, h, &why) == 0)
		return (0);
	*name = why.name;
	return (why.status);
}

static void
reads_good_requests(void **state)
{
	static const struct {
		const char *text, *path, *query;
		enum web_method method;
		uint64_t body;
		bool stays;
	} rows[] = {
		{ "GET / HTTP/1.1\r\n" HOST "\r\n", "/", NULL, WEB_GET, 0,
		    true },
		{ "HEAD /a/b?c=d?e HTTP/1.1\r\n" HOST "\r\n", "/a/b",
		    "c=d?e", WEB_HEAD, 0, true },
		{ "POST /x%20%C3%a4 HTTP/1.1\r\n" HOST
		    "Content-Length: 16384\r\n\r\n", "/x \xc3\xa4", NULL,
		    WEB_POST, 16384, true },
		{ "GET / HTTP/1.1\r\n" HOST "connection: TE,  Close\r\n\r\n",
		    "/", NULL, WEB_GET, 0, false },
		{ "GET /? HTTP/1.0\r\n" HOST "\r\n", "/", "", WEB_GET, 0,
		    false },
		{ "GET https://MAIL.example:8443/m HTTP/1.1\r\n" HOST "\r\n",
		    "/m", NULL, WEB_GET, 0, true },
	};
	const char *name;
	struct web_head h;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(parse(rows[i].text, &h, &name), 0);
		assert_true(str_eq(h.path, str_of(rows[i].path)));
		assert_true(str_eq(h.query, str_of(rows[i].query)));
		assert_int_equal((rows[i].query == NULL), h.query.p == NULL);
		assert_int_equal(h.method, rows[i].method);
		assert_int_equal(h.body_bytes, rows[i].body);
		assert_int_equal(h.may_stay, rows[i].stays);
	}
}

static void
answers_to_other_names(void **state)
{
	static const char *const others[] = { "mta-sts.a.example",
		"mta-sts.b.example", NULL };
	static const struct {
		const char *text, *other;	/* NULL: our own name */
		unsigned status;
	} rows[] = {
		{ "GET /x HTTP/1.1\r\n" HOST "\r\n", NULL, 0 },
		{ "GET /x HTTP/1.1\r\nHost: MTA-STS.b.example\r\n\r\n",
		    "mta-sts.b.example", 0 },
		{ "GET /x HTTP/1.1\r\nHost: mta-sts.a.example:443\r\n\r\n",
		    "mta-sts.a.example", 0 },
		{ "GET /x HTTP/1.1\r\nHost: mta-sts.a.example:8443\r\n\r\n",
		    NULL, 421 },
		{ "GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n", NULL, 421 },
		/* The name in the target counts (RFC 9112 3.2.2): two that
		 * differ are refused. */
		{ "GET https://mail.example:8443/x HTTP/1.1\r\n"
		    "Host: mta-sts.a.example\r\n\r\n", NULL, 421 },
		{ "GET https://mta-sts.a.example/x HTTP/1.1\r\n"
		    "Host: mta-sts.a.example\r\n\r\n", NULL, 421 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct web_refusal why = { 0, NULL };
		struct web_head h;
		int rc = web_head_parse_hosts(str_of(rows[i].text), US,
		    others, &h, &why);

		assert_int_equal(why.status, rows[i].status);
		assert_int_equal(rc, rows[i].status == 0 ? 0 : -1);
		if (rc == 0 && !str_eq(str_of(h.other_host),
		    str_of(rows[i].other)))
			fail_msg("%s", rows[i].text);
	}
}

static void
refuses_by_name(void **state)
{
	static const struct {
		const char *text, *name;
		unsigned status;
	} rows[] = {
		{ "GET / HTTP/1.1\r\n\r\n", "no_host", 400 },
		{ "GET / HTTP/1.1\r\n" HOST HOST "\r\n", "two_hosts", 400 },
		{ "GET / HTTP/1.1\r\nHost: mail.example\r\n\r\n",
		    "other_host", 421 },
		{ "GET / HTTP/1.1\n", "bare_lf", 400 },
		{ "GET / HTTP/1.1\rX", "bare_cr", 400 },
		{ "\r\n", "empty_request_line", 400 },
		{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
		    "Transfer-Encoding: chunked\r\n\r\n",
		    "length_and_transfer_encoding", 400 },
		{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n"
		    "content-length: 1\r\n\r\n", "two_lengths", 400 },
		{ "POST / HTTP/1.1\r\n" HOST
		    "Content-Length: 1234567890123456789\r\n\r\n",
		    "bad_length", 400 },
		{ "POST / HTTP/1.1\r\n" HOST
		    "Content-Length: 123456789012345678\r\n\r\n",
		    "body_too_large", 413 },
		{ "POST / HTTP/1.1\r\n" HOST "Content-Length : 1\r\n\r\n",
		    "space_before_colon", 400 },
		{ "GET /%2f HTTP/1.1\r\n" HOST "\r\n", "encoded_slash", 400 },
		{ "GET /a/./b HTTP/1.1\r\n" HOST "\r\n", "dot_segment", 400 },
		{ "GET / HTTP/3.0\r\n" HOST "\r\n", "version", 505 },
		{ "PATCH / HTTP/1.1\r\n" HOST "\r\n", "method_not_served",
		    405 },
	};
	struct web_head h;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *name = NULL;

		assert_int_equal(parse(rows[i].text, &h, &name),
		    rows[i].status);
		assert_string_equal(name, rows[i].name);
	}
}

static void
waits_for_the_whole_head(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\n" HOST "\r\nGET";
	size_t whole = sizeof(text) - 1 - 3;
	struct web_refusal why;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		assert_int_equal(web_head_length(str_make(text, i), &why),
		    i < whole ? 0 : whole);
}

static void
finds_a_cookie_once(void **state)
{
	static const struct {
		const char *cookie, *value;
	} rows[] = {
		{ "__Host-letterlock=abc", "abc" },
		{ "a=b; __Host-letterlock=abc ;c=d", "abc" },
		{ "x__Host-letterlock=abc", NULL },
		{ "__Host-letterlock=", "" },
		{ "__Host-letterlock", NULL },
		{ "__Host-letterlock=a; __Host-letterlock=b", NULL },
		{ "__host-letterlock=a", NULL },
	};
	struct web_head h = { .n_fields = 1 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str got;

		h.fields[0] = (struct web_field){ STR_LIT("cookie"),
			str_of(rows[i].cookie) };
		got = web_head_cookie(&h, STR_LIT("__Host-letterlock"));
		assert_int_equal(got.p == NULL, rows[i].value == NULL);
		assert_true(str_eq(got, str_of(rows[i].value)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_good_requests),
		cmocka_unit_test(answers_to_other_names),
		cmocka_unit_test(refuses_by_name),
		cmocka_unit_test(waits_for_the_whole_head),
		cmocka_unit_test(finds_a_cookie_once),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
