/* SPDX-License-Identifier: Apache-2.0 */
/*
 * portal_test: every route of doc/formats/portal-api.md, against a real store
 * and a real keeper: what a recipient gets, and what others do not.
 */
#include "house.h"

#include "base/enc.h"

static const uint8_t page[] = "<!doctype html>the page";
static const uint8_t script[] = "script";
const struct portal_asset portal_assets[] = {
	{ "/m", "text/html; charset=utf-8", page, sizeof(page) - 1, false,
	    "default-src 'self'" },
	{ "/about", "text/html; charset=utf-8", page, sizeof(page) - 1, false,
	    "default-src 'none'" },
	{ "/assets/a-1.js", "text/javascript; charset=utf-8", script,
	    sizeof(script) - 1, true, NULL },
};
const size_t portal_assets_n = COUNT_OF(portal_assets);

static struct house house;

/* The passcode from the newest mail in the queue. */
static void
read_mail(char code[static 9], struct str *recipient, struct arena *a)
{
	AUTO_BUF struct buf sealed = BUF_INIT(1 << 20);
	AUTO_BUF struct buf mail = BUF_INIT(1 << 20);
	struct store_claim wish = { .now_ms = clock_wall_ms(),
		.lease_ms = 60000, .max = 10, .after = BUF_INIT(1024) };
	struct store_item *items;
	struct err err = ERR_INIT;
	const char *p;
	size_t n;

	ok(store_claim(house.store, &wish, a, &items, &n, &err), &err);
	assert_int_equal(n, 1);
	assert_true(str_eq(items[0].kind, STR_LIT("passcode")));
	assert_int_equal(items[0].sender.len, 0);
	*recipient = items[0].recipient;
	ok(store_payload_read(house.store, &items[0].payload, &sealed, &err),
	    &err);
	ok(spool_open(house.spool, &items[0].payload, &items[0].spool,
	    buf_view(&sealed), &mail, &err), &err);
	for (p = buf_cstr(&mail); *p != '\0'; p++)
		if (strspn(p, "0123456789") == 4 && p[4] == ' ' &&
		    strspn(p + 5, "0123456789") == 4)
			break;
	assert_true(*p != '\0');
	(void)snprintf(code, 9, "%.4s%.4s", p, p + 5);
	/* What lies in the store is not readable. */
	assert_null(memmem(sealed.p, sealed.len, p, 9));
}

/* Budgets of other tests are not this test's matter: a fresh house. */
static int
fresh(void **state)
{
	(void)state;
	house_make(&house);
	return (0);
}

static int
gone(void **state)
{
	(void)state;
	house_remove(&house);
	return (0);
}

static void
expect(const struct browser *b, unsigned status, const char *text)
{
	if (b->status != status || strstr(b->body, text) == NULL)
		fail_msg("%u %s instead of %u %s", b->status, b->body, status,
		    text);
}

static void
sign_in(struct browser *b, const char *stay)
{
	struct arena *a = arena_new();
	char code[9], body[100];
	struct str to;

	ask(&house, b, "POST", &house.grant, "/passcode", "{}");
	expect(b, 200, "\"sent_to\":\"a\xe2\x80\xa6@example.com\","
	    "\"expires_s\":900,\"resend_s\":30}");
	read_mail(code, &to, a);
	assert_true(str_eq(to, STR_LIT("alice@example.com")));
	(void)snprintf(body, sizeof(body), "{\"code\":\"%s\"%s}", code, stay);
	ask(&house, b, "POST", &house.grant, "/session", body);
	expect(b, 200, "{\"ok\":true}");
	arena_free(&a);
}

static void
shows_facts_to_anyone(void **state)
{
	struct browser b = { .cookie = "" };
	struct id none = id_new();

	(void)state;
	ask(&house, &b, "GET", &house.grant, "", "");
	expect(&b, 200, "{\"state\":\"active\",\"sender\":"
	    "\"j.gross@example.org\",\"sender_name\":\"J\xc3\xbcrgen \\\"G\\\"\","
	    "\"organisation\":\"Example Org\",\"recipient_hint\":"
	    "\"a\xe2\x80\xa6@example.com\",\"received\":\"20");
	expect(&b, 200, "Z\",\"expires\":null,\"signed_in\":false}");
	ask(&house, &b, "GET", &house.revoked, "", "");
	expect(&b, 200, "{\"state\":\"revoked\"");
	assert_null(strstr(b.body, "recipient_hint"));
	ask(&house, &b, "GET", &house.expired, "", "");
	expect(&b, 200, "{\"state\":\"expired\"");
	ask(&house, &b, "GET", &none, "", "");
	expect(&b, 404, "\"code\":\"not_found\"");
	ask_with(&house, &b, "GET /api/v1/grants/xyz", "", "");
	expect(&b, 404, "\"code\":\"not_found\"");
}

static void
opens_for_the_recipient(void **state)
{
	AUTO_BUF struct buf s = BUF_INIT(100);
	struct browser b = { .cookie = "" };
	char want[200], grant[ID_TEXT_SIZE], parcel[ID_TEXT_SIZE];

	(void)state;
	sign_in(&b, ",\"stay\":true");
	ask(&house, &b, "GET", &house.grant, "", "");
	expect(&b, 200, "\"signed_in\":true");
	ask(&house, &b, "POST", &house.grant, "/open", "{}");
	enc_base64url(house.secret, sizeof(house.secret), &s);
	(void)snprintf(want, sizeof(want), "{\"parcel\":\"%s\",\"grant\":"
	    "\"%s\",\"s\":\"%s\",\"wck\":\"d3d3", id_text(&house.parcel,
	    parcel), id_text(&house.grant, grant), buf_cstr(&s));
	expect(&b, 200, want);
	expect(&b, 200, "\"parts\":[{\"part\":0,\"bytes\":9},"
	    "{\"part\":1,\"bytes\":300000}],\"rights\":[\"view\",\"reply\"],"
	    "\"template\":\"Encrypt-Only\",\"expires\":null,"
	    "\"recipient\":\"alice@example.com\"}");
	ask(&house, &b, "GET", &house.grant, "/parts/1", "");
	assert_int_equal(b.status, 200);
	assert_int_equal(b.stream_bytes, PART_BYTES);
	assert_string_equal(b.type, "application/octet-stream");
	ask(&house, &b, "GET", &house.grant, "/parts/2", "");
	expect(&b, 404, "not_found");
	ask(&house, &b, "GET", &house.grant, "/parts/0x1", "");
	expect(&b, 404, "not_found");
	/* The same session opens every grant of that address, no other's. */
	ask(&house, &b, "POST", &house.expired, "/open", "{}");
	expect(&b, 410, "\"code\":\"expired\"");
	ask(&house, &b, "POST", &house.bobs, "/open", "{}");
	expect(&b, 403, "\"code\":\"not_yours\"");
	ask(&house, &b, "GET", &house.bobs, "/parts/0", "");
	expect(&b, 403, "\"code\":\"not_yours\"");
	ask_with(&house, &b, "POST /api/v1/session/end", FROM_HERE, "{}");
	expect(&b, 200, "{\"ok\":true}");
	assert_string_equal(b.cookie, "");
	ask(&house, &b, "POST", &house.grant, "/open", "{}");
	expect(&b, 401, "\"code\":\"sign_in\"");
}

static void
nobody_reads_without_a_session(void **state)
{
	static const char *const cookies[] = { "",
		PORTAL_COOKIE "=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		PORTAL_COOKIE "=x", PORTAL_COOKIE "=" };
	struct id none = id_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cookies); i++) {
		struct browser b = { .cookie = "" };

		(void)snprintf(b.cookie, sizeof(b.cookie), "%s", cookies[i]);
		ask(&house, &b, "POST", &house.grant, "/open", "{}");
		expect(&b, 401, "\"code\":\"sign_in\"");
		ask(&house, &b, "GET", &house.grant, "/parts/0", "");
		expect(&b, 401, "\"code\":\"sign_in\"");
		ask(&house, &b, "POST", &none, "/open", "{}");
		expect(&b, 404, "\"code\":\"not_found\"");
		ask_with(&house, &b, "POST /api/v1/session/end", FROM_HERE,
		    "{}");
		expect(&b, 401, "\"code\":\"sign_in\"");
	}
}

static void
a_revoked_grant_opens_for_nobody(void **state)
{
	struct browser b = { .cookie = "" };
	struct err err = ERR_INIT;
	size_t n;

	(void)state;
	ask(&house, &b, "POST", &house.revoked, "/passcode", "{}");
	expect(&b, 410, "\"code\":\"revoked\"");
	sign_in(&b, "");
	ok(store_revoke(house.store, &house.message,
	    STR_LIT("alice@example.com"), NULL, &n, &err), &err);
	ask(&house, &b, "POST", &house.grant, "/open", "{}");
	expect(&b, 410, "\"code\":\"revoked\"");
	ask(&house, &b, "GET", &house.grant, "/parts/0", "");
	expect(&b, 410, "\"code\":\"revoked\"");
}

/* A code that is not this one: its last digit is another. */
static void
other_code(const char *code, char body[static 100])
{
	(void)snprintf(body, 100, "{\"code\":\"%.7s%c\"}", code,
	    code[7] == '9' ? '0' : code[7] + 1);
}

static void
counts_tries(void **state)
{
	struct arena *a = arena_new();
	struct browser b = { .cookie = "" };
	char code[9], body[100], left[40];
	struct str to;

	(void)state;
	ask(&house, &b, "POST", &house.grant, "/session",
	    "{\"code\":\"12345678\"}");
	expect(&b, 403, "\"code\":\"code_expired\"");
	ask(&house, &b, "POST", &house.grant, "/passcode", "{}");
	read_mail(code, &to, a);
	other_code(code, body);
	for (unsigned i = 4; i > 0; i--) {
		(void)snprintf(left, sizeof(left), "\"tries_left\":%u", i);
		ask(&house, &b, "POST", &house.grant, "/session", body);
		expect(&b, 403, "\"code\":\"wrong_code\"");
		expect(&b, 403, left);
		assert_false(b.got_cookie);
	}
	ask(&house, &b, "POST", &house.grant, "/session", body);
	expect(&b, 403, "\"code\":\"code_expired\"");
	/* Even the right one is too late now. */
	(void)snprintf(body, sizeof(body), "{\"code\":\"%s\"}", code);
	ask(&house, &b, "POST", &house.grant, "/session", body);
	expect(&b, 403, "\"code\":\"code_expired\"");
	assert_string_equal(b.cookie, "");
	arena_free(&a);
}

static void
a_code_is_bound(void **state)
{
	struct arena *a = arena_new();
	struct browser b = { .cookie = "" }, thief = { .cookie = "" };
	char code[9], body[100];
	struct str to;

	(void)state;
	ask(&house, &b, "POST", &house.grant, "/passcode", "{}");
	read_mail(code, &to, a);
	(void)snprintf(body, sizeof(body), "{\"code\":\"%s\"}", code);
	/* not in another browser, not for another grant */
	ask(&house, &thief, "POST", &house.grant, "/session", body);
	expect(&thief, 403, "\"code\":\"wrong_code\"");
	ask(&house, &b, "POST", &house.bobs, "/session", body);
	expect(&b, 403, "\"code\":\"code_expired\"");
	ask(&house, &b, "POST", &house.grant, "/session", body);
	expect(&b, 200, "{\"ok\":true}");
	assert_string_equal(b.try_cookie, "");
	/* and not twice */
	ask(&house, &b, "POST", &house.grant, "/session", body);
	expect(&b, 403, "\"code\":\"code_expired\"");
	arena_free(&a);
}

static void
limits_mails(void **state)
{
	struct browser b = { .cookie = "" };

	(void)state;
	ask(&house, &b, "POST", &house.grant, "/passcode", "{}");
	assert_int_equal(b.status, 200);
	ask(&house, &b, "POST", &house.grant, "/passcode", "{}");
	expect(&b, 429, "\"code\":\"too_many\"");
	expect(&b, 429, "\"retry_after_s\":");
}

static void
refuses_what_is_not_from_here(void **state)
{
	static const char *const fields[] = {
		"",
		"Content-Type: application/json\r\n",
		"X-Letterlock: 1\r\n",
		"X-Letterlock: 1\r\nContent-Type: text/plain\r\n",
		"X-Letterlock: 2\r\nContent-Type: application/json\r\n",
		"X-Letterlock: 1\r\nContent-Type: application/json\r\n"
		    "Origin: https://evil.example\r\n",
		"X-Letterlock: 1\r\nContent-Type: application/json\r\n"
		    "Origin: null\r\n",
	};
	struct browser b = { .cookie = "" };
	char line[100], id[ID_TEXT_SIZE];

	(void)state;
	(void)snprintf(line, sizeof(line), "POST /api/v1/grants/%s/passcode",
	    id_text(&house.grant, id));
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		ask_with(&house, &b, line, fields[i], "{}");
		expect(&b, 403, "\"code\":\"not_from_here\"");
	}
	ask_with(&house, &b, line, "x-letterlock: 1\r\ncontent-type: "
	    "application/JSON; charset=utf-8\r\n", "{}");
	assert_int_equal(b.status, 200);
}

static void
refuses_bad_bodies(void **state)
{
	static const char *const bodies[] = { "", "{}", "null", "[]",
		"{\"code\":12345678}", "{\"code\":\"1234\"}",
		"{\"code\":\"12345678\",\"code\":\"12345678\"}",
		"{\"code\":\"12345678\",\"stay\":1}",
		"{\"code\":\"12345678\",\"more\":1}",
		"{\"code\":\"12345678\"} x", "{\"code\":\"1234\\u00005678\"}",
		"{\"code\":[[[[[[[[[[[[[[[[" };
	struct browser b = { .cookie = "" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		ask(&house, &b, "POST", &house.grant, "/session", bodies[i]);
		expect(&b, 400, "\"code\":\"bad_request\"");
	}
}

static void
serves_pages(void **state)
{
	static const struct {
		const char *line, *text;
		unsigned status;
	} rows[] = {
		{ "GET /m/0123456789abcdefghjkmnpqrs", "the page", 200 },
		{ "GET /m/x", "the page", 200 },
		{ "HEAD /m/x", "the page", 200 },
		{ "GET /about", "the page", 200 },
		{ "GET /assets/a-1.js", "script", 200 },
		{ "GET /healthz", "ok", 200 },
		{ "GET /assets/a-2.js", "not_found", 404 },
		{ "GET /assets", "not_found", 404 },
		{ "GET /m", "not_found", 404 },
		{ "GET /m/x/y", "not_found", 404 },
		{ "GET /", "not_found", 404 },
		{ "GET /api/v1/session/end", "method", 405 },
		{ "POST /healthz", "method", 405 },
	};
	struct browser b = { .cookie = "" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		ask_with(&house, &b, rows[i].line, "", "");
		expect(&b, rows[i].status, rows[i].text);
	}
}

static void
records_what_happened(void **state)
{
	struct browser b = { .cookie = "" };
	struct arena *a = arena_new();
	struct store_audit_row *rows;
	struct err err = ERR_INIT;
	char all[4000] = "";
	size_t n, len = 0;

	(void)state;
	sign_in(&b, "");
	ask(&house, &b, "POST", &house.grant, "/open", "{}");
	ask(&house, &b, "GET", &house.grant, "/parts/0", "");
	ask(&house, &b, "POST", &house.bobs, "/open", "{}");
	ok(store_audit_of(house.store, &house.message, a, &rows, &n, &err),
	    &err);
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%.*s ",
		    STR_FMT(rows[i].event));
	assert_non_null(strstr(all, "portal.passcode_sent portal.signed_in "
	    "portal.opened portal.part_fetched portal.refused "));
	arena_free(&a);
}

#define IN_HOUSE(test) cmocka_unit_test_setup_teardown(test, fresh, gone)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_HOUSE(shows_facts_to_anyone),
		IN_HOUSE(opens_for_the_recipient),
		IN_HOUSE(nobody_reads_without_a_session),
		IN_HOUSE(a_revoked_grant_opens_for_nobody),
		IN_HOUSE(counts_tries),
		IN_HOUSE(a_code_is_bound),
		IN_HOUSE(limits_mails),
		IN_HOUSE(refuses_what_is_not_from_here),
		IN_HOUSE(refuses_bad_bodies),
		IN_HOUSE(serves_pages),
		IN_HOUSE(records_what_happened),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
