/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying: the examples of RFCs 6376 and 8463, and what must not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "zone.h"

#define NOW (INT64_C(1700000000) * CLOCK_SECOND_MS)

/* RFC 6376 A.2, with errata 3192 and 4926. */
#define RFC6376_SIGNATURE \
	"DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n" \
	"      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n" \
	"      h=Received : From : To : Subject : Date : Message-ID;\r\n" \
	"      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n" \
	"      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n" \
	"        4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n" \
	"        KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n" \
	"        4bmp/YzhwvcubU4=;\r\n"
#define RECEIVED \
	"Received: from client1.football.example.com  [192.0.2.1]\r\n" \
	"      by submitserver.example.com with SUBMISSION;\r\n" \
	"      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n"
#define HEADER \
	"From: Joe SixPack <joe@football.example.com>\r\n" \
	"To: Suzie Q <suzie@shopping.example.net>\r\n" \
	"Subject: Is dinner ready?\r\n" \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n" \
	"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
#define BODY "\r\nHi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n" \
	"\r\nJoe.\r\n"

/* RFC 8463 A.3 */
#define RFC8463_ED25519 \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n" \
	" d=football.example.com; i=@football.example.com;\r\n" \
	" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n" \
	" subject : date : message-id : from : subject : date;\r\n" \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n" \
	" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n" \
	" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
#define RFC8463_RSA \
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n" \
	" d=football.example.com; i=@football.example.com;\r\n" \
	" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n" \
	" date : message-id : from : subject : date;\r\n" \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n" \
	" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n" \
	" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n" \
	" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"

static const struct zone rfc = { {
	{ "brisbane._domainkey.example.com", "v=DKIM1; "
	    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/Dk"
	    "MoGeLnQg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/R"
	    "tdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIM"
	    "mPSPDdQPNUYckcQ2QIDAQAB" },
	{ "brisbane._domainkey.football.example.com", "v=DKIM1; k=ed25519; "
	    "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" },
	{ "test._domainkey.football.example.com", "v=DKIM1; k=rsa; "
	    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY"
	    "6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/"
	    "e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+"
	    "2kryOTIKT+l/K4w3QIDAQAB" } }, 3, false, 0 };

/* Verify and return the first verdict. */
static struct verify_verdict
first(struct zone *z, const char *mail, struct arena *a, size_t *n)
{
	struct verify_resolver resolver = { z, zone_txt };
	struct verify_verdict *v;
	struct fields f;

	assert_int_equal(fields_parse(str_of(mail), a, &f, NULL), 0);
	verify_message(&f, &resolver, NOW, a, &v, n);
	return (v[0]);
}

static void
expect(struct zone *z, const char *mail, enum dkim_result result,
    const char *reason)
{
	AUTO_ARENA struct arena *a = arena_new();
	size_t n;
	struct verify_verdict v = first(z, mail, a, &n);

	assert_true(n > 0);
	if (v.result != result)
		fail_msg("%s (%s), not %s, of:\n%s",
		    dkim_result_name(v.result), v.reason != NULL ? v.reason :
		    "", dkim_result_name(result), mail);
	if (reason == NULL)
		assert_null(v.reason);
	else
		assert_non_null(strstr(v.reason, reason));
}

static void
rfc_examples(void **state UNUSED)
{
	struct zone z = rfc;

	expect(&z, RFC6376_SIGNATURE RECEIVED HEADER BODY, DKIM_PASS, NULL);
	expect(&z, RFC8463_ED25519 HEADER BODY, DKIM_PASS, NULL);
	expect(&z, RFC8463_RSA HEADER BODY, DKIM_PASS, NULL);
	expect(&z, RFC8463_ED25519 RFC8463_RSA HEADER BODY, DKIM_PASS, NULL);
	/* Relaxed: blanks do not count, nor what follows the body. */
	expect(&z, RFC8463_RSA HEADER "\r\nHi. \r\n\r\n"
	    "We lost the\t game.  Are you hungry yet?\r\n\r\nJoe.\r\n\r\n\r\n",
	    DKIM_PASS, NULL);
	expect(&z, RFC6376_SIGNATURE RECEIVED HEADER "\r\nHi. \r\n\r\n"
	    "We lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n",
	    DKIM_FAIL, "body");
}

static void
changed(void **state UNUSED)
{
	struct zone z = rfc;

	expect(&z, RFC8463_RSA HEADER "\r\nHi.\r\n", DKIM_FAIL, "body");
	expect(&z, RFC8463_ED25519 "Subject: Another\r\n" HEADER BODY,
	    DKIM_FAIL, "not match");
	/* Appendix A.3 signs subject once more than it is there. */
	expect(&z, RFC8463_RSA "Subject: Another\r\n" HEADER BODY,
	    DKIM_FAIL, "not match");
	/* The first one is not oversigned. */
	expect(&z, RFC6376_SIGNATURE "Subject: Another\r\n" RECEIVED HEADER
	    BODY, DKIM_PASS, NULL);
	z.record[0].text = rfc.record[2].text;
	expect(&z, RFC6376_SIGNATURE RECEIVED HEADER BODY, DKIM_FAIL,
	    "not match");
}

#define SIG(tags) "DKIM-Signature: " tags "\r\nFrom: a@example.com\r\n\r\n"
#define BH "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;"
#define REST "c=relaxed/relaxed; d=example.com; s=brisbane; b=AAAA;" BH

static const struct {
	const char *mail;
	enum dkim_result result;
	const char *reason;
} unusable[] = {
	{ SIG("v=1; a=rsa-sha1; h=from;" REST), DKIM_POLICY, "SHA-1" },
	{ SIG("v=1; a=rsa-md5; h=from;" REST), DKIM_NEUTRAL, "algorithm" },
	{ SIG("v=2; a=rsa-sha256; h=from;" REST), DKIM_NEUTRAL, "v=" },
	{ SIG("a=rsa-sha256; h=from;" REST), DKIM_NEUTRAL, "v=" },
	{ SIG("v=1; a=rsa-sha256; h=to;" REST), DKIM_PERMERROR, "From" },
	{ SIG("v=1; a=rsa-sha256; h=from:;" REST), DKIM_NEUTRAL, "h=" },
	{ SIG("v=1; a=rsa-sha256;" REST), DKIM_PERMERROR, "From" },
	{ SIG("v=1; a=rsa-sha256; h=from; q=http;" REST), DKIM_NEUTRAL,
	    "DNS" },
	{ SIG("v=1; a=rsa-sha256; h=from; i=@example.org;" REST),
	    DKIM_PERMERROR, "i=" },
	{ SIG("v=1; a=rsa-sha256; h=from; i=@notexample.com;" REST),
	    DKIM_PERMERROR, "i=" },
	{ SIG("v=1; a=rsa-sha256; h=from; x=1699999999;" REST), DKIM_FAIL,
	    "expired" },
	{ SIG("v=1; a=rsa-sha256; h=from; t=5; x=5;" REST), DKIM_NEUTRAL,
	    "time" },
	{ SIG("v=1; a=rsa-sha256; h=from; l=-1;" REST), DKIM_NEUTRAL, "l=" },
	{ SIG("v=1; a=rsa-sha256; h=from; l=1;" REST), DKIM_PERMERROR,
	    "l=" },
	{ SIG("v=1; v=1; a=rsa-sha256; h=from;" REST), DKIM_NEUTRAL,
	    "twice" },
	{ SIG("v=1; a=rsa-sha256; h=from; d=example.com; s=x;" BH),
	    DKIM_NEUTRAL, "b=" },
	{ SIG("v=1; a=rsa-sha256; h=from; d=a..b; s=x; b=AAAA;" BH),
	    DKIM_NEUTRAL, "d=" },
	{ SIG("v=1; a=rsa-sha256; h=from; d=a b; s=x; b=AAAA;" BH),
	    DKIM_NEUTRAL, "d=" },
	{ SIG("v=1; a=rsa-sha256; h=from; d=example.com; s=x; b=AAAA; bh=AA"),
	    DKIM_NEUTRAL, "bh=" },
	{ SIG("v=1; a=rsa-sha256; h=from; c=relaxed/nonsense; d=example.com; "
	    "s=x; b=AAAA;" BH), DKIM_NEUTRAL, "c=" },
	{ SIG("nonsense"), DKIM_NEUTRAL, "tag" },
	{ SIG(""), DKIM_NEUTRAL, "tag" },
	{ SIG("v=1; a=rsa-sha256; h=from; d=example.com; s=none; b=AAAA; "
	    "c=relaxed/relaxed;" BH), DKIM_PERMERROR, "published" },
	{ SIG("v=1; a=ed25519-sha256; h=from;" REST), DKIM_PERMERROR,
	    "another kind" },
	{ SIG("v=1; a=rsa-sha256; h=from;" REST), DKIM_FAIL, "not match" },
};

static void
not_usable(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(unusable); i++) {
		struct zone z = rfc;

		expect(&z, unusable[i].mail, unusable[i].result,
		    unusable[i].reason);
	}
}

static const struct {
	const char *record;
	enum dkim_result result;
	const char *reason;
} records[] = {
	{ "v=DKIM1; p=", DKIM_PERMERROR, "revoked" },
	{ "v=DKIM2; p=AAAA", DKIM_PERMERROR, "version" },
	{ "p=AAAA; v=DKIM1", DKIM_PERMERROR, "version" },
	{ "v=DKIM1; k=dsa; p=AAAA", DKIM_PERMERROR, "kind" },
	{ "v=DKIM1", DKIM_PERMERROR, "no key" },
	{ "v=DKIM1; p=!", DKIM_PERMERROR, "base64" },
	{ "v=DKIM1; p=AAAA", DKIM_PERMERROR, "no RSA key" },
	{ "v=DKIM1; h=sha1; p=AAAA", DKIM_PERMERROR, "SHA-256" },
	{ "v=DKIM1; s=other; p=AAAA", DKIM_PERMERROR, "mail" },
	/* 768 bits */
	{ "v=DKIM1; p=MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhALjOK/Yu3C/a5xWdWz18MG"
	    "3gOY7YUKpxKiufxGgoeTB/usGAg1p8uPjOuIFLGas3qlyIiJ/iTxToDRVedbAmXhh"
	    "Z7WCeFfe5yAitmfkq4Jh3G1hzS1ITB9cllmqUIvXg0wIDAQAB", DKIM_POLICY,
	    "768 bits" },
};

static void
bad_records(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(records); i++) {
		struct zone z = rfc;

		z.record[0].text = records[i].record;
		expect(&z, RFC6376_SIGNATURE RECEIVED HEADER BODY,
		    records[i].result, records[i].reason);
	}
}

static void
record_flags(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct zone z = rfc;
	char text[512];
	size_t n;

	/* t=s: i= is below d= in this one. */
	(void)snprintf(text, sizeof(text), "t=s:y;%s",
	    strchr(rfc.record[0].text, ' '));
	z.record[0].text = text;
	expect(&z, RFC6376_SIGNATURE RECEIVED HEADER BODY, DKIM_PERMERROR,
	    "below");
	(void)snprintf(text, sizeof(text), "t=y;%s",
	    strchr(rfc.record[0].text, ' '));
	assert_true(first(&z, RFC6376_SIGNATURE RECEIVED HEADER BODY, a,
	    &n).is_testing);
	/* Several records: the right one counts. */
	z = rfc;
	z.record[1].name = z.record[0].name;
	expect(&z, RFC6376_SIGNATURE RECEIVED HEADER BODY, DKIM_PASS, NULL);
	z.is_down = true;
	expect(&z, RFC6376_SIGNATURE RECEIVED HEADER BODY, DKIM_TEMPERROR,
	    "looked up");
}

/* ---- our own signatures ---------------------------------------------- */

static struct zone_keys keys;

static char *
sign(const char *mail, struct arena *a)
{
	struct sign_signer signer = zone_signer(&keys, "example.com");
	struct err err = ERR_INIT;
	struct fields f;
	struct str made;

	assert_int_equal(fields_parse(str_of(mail), a, &f, &err), 0);
	if (sign_message(&f, &signer, NOW, a, &made, &err) != 0)
		fail_msg("%s", err.msg);
	return (arena_printf(a, "%.*s%s", STR_FMT(made), mail));
}

static void
both_pass(struct zone *z, const char *mail, enum dkim_result result)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct verify_resolver resolver = { z, zone_txt };
	struct verify_verdict *v;
	struct fields f;
	size_t n;

	assert_int_equal(fields_parse(str_of(mail), a, &f, NULL), 0);
	verify_message(&f, &resolver, NOW, a, &v, &n);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++)
		if (v[i].result != result)
			fail_msg("%s: %s, of:\n%s",
			    dkim_algorithm_name(v[i].algorithm),
			    dkim_result_name(v[i].result), mail);
}

static void
own(void **state UNUSED)
{
	static const char *const bodies[] = { "", "\r\n", "\r\n\r\n\r\n",
		"\r\nx", "\r\nx\r\n", "\r\n \t\r\n\r\nx \t y\t\r\n\r\n",
		"\r\na\rb\nc\r\n", "\r\n.\r\n..\r\n" };
	AUTO_ARENA struct arena *a = arena_new();
	struct zone z = { .n = 0 };

	zone_publish(&z, &keys, "example.com", a);
	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		char *mail = arena_printf(a, "From: A <a@example.com>\r\n"
		    "SUBJECT :  two \t words\r\n  and  more \r\n%s",
		    bodies[i]);

		both_pass(&z, sign(mail, a), DKIM_PASS);
		both_pass(&z, arena_printf(a, "%sy\r\n", sign(mail, a)),
		    bodies[i][0] == '\0' ? DKIM_PASS : DKIM_FAIL);
	}
}

/* None of what is sealed may be added behind our back. */
static void
sealed(void **state UNUSED)
{
	static const char *const names[] = { "From", "Reply-To", "Subject",
		"Date", "Message-ID", "To", "Cc", "MIME-Version",
		"Content-Type", "Content-Transfer-Encoding" };
	const char *mail = "From: a@example.com\r\nSubject: x\r\n\r\nHi\r\n";
	AUTO_ARENA struct arena *a = arena_new();
	struct zone z = { .n = 0 };
	char *ready;

	zone_publish(&z, &keys, "example.com", a);
	ready = sign(mail, a);
	both_pass(&z, ready, DKIM_PASS);
	both_pass(&z, arena_printf(a, "Received: x\r\n%s", ready), DKIM_PASS);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		both_pass(&z, arena_printf(a, "%s: y\r\n%s", names[i], ready),
		    DKIM_FAIL);
}

static void
partial(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct sign_signer signer = zone_signer(&keys, "example.com");
	struct err err = ERR_INIT;
	struct fields f;
	struct str made;

	assert_int_equal(fields_parse(STR_LIT("To: a@b\r\n\r\n"), a, &f,
	    &err), 0);
	assert_int_equal(sign_message(&f, &signer, NOW, a, &made, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_null(strstr(sign("From: a@example.com\r\n\r\n", a), " l="));
}

/* No more than so many are looked at. */
static void
many(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf mail = BUF_INIT(1 << 20);
	struct zone z = rfc;
	size_t n;

	for (int i = 0; i < 100; i++)
		buf_z(&mail, RFC6376_SIGNATURE);
	buf_z(&mail, RECEIVED HEADER BODY);
	(void)first(&z, buf_cstr(&mail), a, &n);
	assert_int_equal(n, VERIFY_SIGNATURES_MAX);
	assert_int_equal(z.asked, VERIFY_SIGNATURES_MAX);
}

static int
set_up(void **state UNUSED)
{
	zone_make_keys(&keys);
	return (0);
}

static int
tear_down(void **state UNUSED)
{
	zone_free_keys(&keys);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_examples), cmocka_unit_test(changed),
		cmocka_unit_test(not_usable), cmocka_unit_test(bad_records),
		cmocka_unit_test(record_flags), cmocka_unit_test(own),
		cmocka_unit_test(sealed), cmocka_unit_test(partial),
		cmocka_unit_test(many),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
