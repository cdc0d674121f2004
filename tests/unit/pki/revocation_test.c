/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists and answers that are right, and every way in which they are not; and
 * what a verdict makes of them. With real responders: tests/pki/revocation.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pki/crlcheck.h"
#include "pki/ocspcheck.h"
#include "pki/path.h"
#include "revoked.h"

#define LIST_URL "http://c.example/list"

static struct arena *a;
static struct made root, ca, bob, other;
static struct cert ca_cert, bob_cert;

static struct made
authority(const char *cn, const struct made *issuer)
{
	return (made_new(&(struct making){ .cn = cn, .issuer = issuer,
	    .from_days = -100, .until_days = 3650,
	    .extensions = { MADE_CA } }));
}

static int
set_up(void **state UNUSED)
{
	a = arena_new();
	root = authority("Root", NULL);
	ca = authority("Issuer", &root);
	other = authority("Issuer", NULL);
	bob = made_new(&(struct making){ .cn = "bob", .issuer = &ca,
	    .extensions = { MADE_USER,
	    { NID_crl_distribution_points, "URI:" LIST_URL },
	    { NID_info_access, "OCSP;URI:http://o.example/" } } });
	ca_cert = made_cert(&ca, a);
	bob_cert = made_cert(&bob, a);
	return (0);
}

static int
tear_down(void **state UNUSED)
{
	cert_done(&ca_cert);
	cert_done(&bob_cert);
	made_free(&root);
	made_free(&ca);
	made_free(&bob);
	made_free(&other);
	arena_free(&a);
	return (0);
}

static struct revocation_question
question(void)
{
	return ((struct revocation_question){ &bob_cert, &ca_cert,
		MADE_NOW_MS, false });
}

/* ---- lists ------------------------------------------------------------- */

static void
lists_that_count(void **state UNUSED)
{
	const struct revocation_question q = question();
	struct list_making m = { .issuer = &ca, .revoked = &other };
	struct revocation_answer r;
	struct err err = ERR_INIT;

	assert_int_equal(crlcheck_read(&q, made_list(&m, a), &r, &err), 0);
	assert_int_equal(r.status, REVOCATION_GOOD);
	assert_int_equal(r.fresh_until_ms, MADE_NOW_MS + 7 * CLOCK_DAY_MS);
	m.revoked = &bob;
	m.revoked_days = -3;
	m.reason = CRL_REASON_SUPERSEDED;
	assert_int_equal(crlcheck_read(&q, made_list(&m, a), &r, &err), 0);
	assert_int_equal(r.status, REVOCATION_REVOKED);
	assert_int_equal(r.revoked_ms, MADE_NOW_MS - 3 * CLOCK_DAY_MS);
	assert_int_equal(r.reason, CRL_REASON_SUPERSEDED);
	m.reason = 0;
	assert_int_equal(crlcheck_read(&q, made_list(&m, a), &r, &err), 0);
	assert_int_equal(r.reason, -1);
}

static void
lists_that_do_not(void **state UNUSED)
{
	const struct revocation_question q = question();
	const struct list_making rows[] = {
		{ .issuer = &root },
		{ .issuer = &ca, .signer = &other },
		{ .issuer = &ca, .signer = &bob },
		{ .issuer = &ca, .from_days = -9, .until_days = -1 },
		{ .issuer = &ca, .from_days = 1, .until_days = 9 },
		{ .issuer = &ca, .from_days = -1, .until_days = 999 },
		{ .issuer = &ca, .digest = EVP_sha1() },
		{ .issuer = &ca, .extensions = { { NID_delta_crl,
		    "critical,DER:020101" } } },
		{ .issuer = &ca, .extensions = { { NID_crl_number,
		    "critical,DER:020101" } } },
		{ .issuer = &ca, .extensions = { {
		    NID_issuing_distribution_point,
		    "critical,onlyCA:TRUE" } } },
		{ .issuer = &ca, .extensions = { {
		    NID_issuing_distribution_point,
		    "critical,indirectCRL:TRUE" } } },
		{ .issuer = &ca, .extensions = { {
		    NID_issuing_distribution_point,
		    "critical,onlysomereasons:keyCompromise" } } },
		{ .issuer = &ca, .extensions = { {
		    NID_issuing_distribution_point,
		    "critical,fullname:URI:http://c.example/other" } } },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct revocation_answer r;
		struct err err = ERR_INIT;

		if (crlcheck_read(&q, made_list(&rows[i], a), &r, &err) != -1)
			fail_msg("row %zu is believed", i);
		assert_int_equal(err.kind, ERR_INPUT);
	}
}

static void
lists_of_one_place_and_kind(void **state UNUSED)
{
	const struct revocation_question q = question();
	const struct list_making rows[] = {
		{ .issuer = &ca, .extensions = { {
		    NID_issuing_distribution_point, "critical,onlyuser:TRUE" },
		    { NID_crl_number, "DER:02014d" } } },
		{ .issuer = &ca, .extensions = { {
		    NID_issuing_distribution_point,
		    "critical,fullname:URI:" LIST_URL } } },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct revocation_answer r;
		struct err err = ERR_INIT;

		if (crlcheck_read(&q, made_list(&rows[i], a), &r, &err) != 0)
			fail_msg("row %zu: %s", i, err.msg);
		assert_int_equal(r.status, REVOCATION_GOOD);
	}
}

/* ---- answers ----------------------------------------------------------- */

static void
answers_that_count(void **state UNUSED)
{
	const struct revocation_question q = question();
	struct made responder = made_new(&(struct making){ .cn = "OCSP",
	    .issuer = &ca, .extensions = {
	    { NID_ext_key_usage, "OCSPSigning" } } });
	struct answer_making m = { .about = &bob, .issuer = &ca };
	struct revocation_answer r;
	struct err err = ERR_INIT;

	assert_int_equal(ocspcheck_read(&q, STR_NULL, made_answer(&m, a), &r,
	    &err), 0);
	assert_int_equal(r.status, REVOCATION_GOOD);
	assert_int_equal(r.fresh_until_ms, MADE_NOW_MS + 7 * CLOCK_DAY_MS);
	m.signer = &responder;
	m.status = V_OCSP_CERTSTATUS_REVOKED;
	m.reason = OCSP_REVOKED_STATUS_KEYCOMPROMISE;
	m.revoked_days = -2;
	if (ocspcheck_read(&q, STR_NULL, made_answer(&m, a), &r, &err) != 0)
		fail_msg("%s", err.msg);
	assert_int_equal(r.status, REVOCATION_REVOKED);
	assert_int_equal(r.reason, OCSP_REVOKED_STATUS_KEYCOMPROMISE);
	assert_int_equal(r.revoked_ms, MADE_NOW_MS - 2 * CLOCK_DAY_MS);
	m.status = V_OCSP_CERTSTATUS_UNKNOWN;
	m.until_days = 999;
	m.from_days = 0;
	assert_int_equal(ocspcheck_read(&q, STR_NULL, made_answer(&m, a), &r,
	    &err), 0);
	assert_int_equal(r.status, REVOCATION_UNKNOWN);
	assert_int_equal(r.fresh_until_ms, MADE_NOW_MS + REVOCATION_HOLDS_MS);
	made_free(&responder);
}

static void
answers_that_do_not(void **state UNUSED)
{
	const struct revocation_question q = question();
	/* Of the issuer, but not for OCSP; for OCSP, but not of the issuer. */
	struct made user = made_new(&(struct making){ .cn = "User",
	    .issuer = &ca, .extensions = { MADE_USER } });
	struct made foreign = made_new(&(struct making){ .cn = "OCSP",
	    .issuer = &other, .extensions = {
	    { NID_ext_key_usage, "OCSPSigning" } } });
	struct made old = made_new(&(struct making){ .cn = "OCSP",
	    .issuer = &ca, .from_days = -30, .until_days = -1, .extensions = {
	    { NID_ext_key_usage, "OCSPSigning" } } });
	const struct answer_making rows[] = {
		{ .about = &bob, .issuer = &ca, .signer = &user },
		{ .about = &bob, .issuer = &ca, .signer = &foreign },
		{ .about = &bob, .issuer = &ca, .signer = &root },
		{ .about = &bob, .issuer = &ca, .signer = &other },
		{ .about = &bob, .issuer = &ca, .signer = &old },
		{ .about = &user, .issuer = &ca },
		{ .about = &bob, .issuer = &ca, .from_days = -9,
		    .until_days = -1 },
		{ .about = &bob, .issuer = &ca, .from_days = 1,
		    .until_days = 9 },
		{ .about = &bob, .issuer = &ca, .from_days = -3,
		    .until_days = 999 },
		{ .about = &bob, .issuer = &ca, .digest = EVP_sha1() },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct revocation_answer r;
		struct err err = ERR_INIT;

		if (ocspcheck_read(&q, STR_NULL, made_answer(&rows[i], a), &r,
		    &err) != -1)
			fail_msg("row %zu is believed", i);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	made_free(&user);
	made_free(&foreign);
	made_free(&old);
}

static void
a_nonce_is_answered(void **state UNUSED)
{
	const struct revocation_question q = question();
	AUTO_BUF struct buf request = BUF_INIT(4096), next = BUF_INIT(4096);
	struct answer_making m = { .about = &bob, .issuer = &ca };
	struct revocation_answer r;
	struct err err = ERR_INIT;

	assert_int_equal(ocspcheck_request(&bob_cert, &ca_cert, true, &request,
	    &err), 0);
	assert_int_equal(ocspcheck_request(&bob_cert, &ca_cert, true, &next,
	    &err), 0);
	assert_false(str_eq(buf_view(&request), buf_view(&next)));
	/* None, and that of another one. */
	assert_int_equal(ocspcheck_read(&q, buf_view(&request),
	    made_answer(&m, a), &r, &err), -1);
	m.request = buf_view(&next);
	assert_int_equal(ocspcheck_read(&q, buf_view(&request),
	    made_answer(&m, a), &r, &err), -1);
	m.request = buf_view(&request);
	assert_int_equal(ocspcheck_read(&q, buf_view(&request),
	    made_answer(&m, a), &r, &err), 0);
	/* Without one, requests are the same and answers can be kept. */
	buf_reset(&request);
	buf_reset(&next);
	assert_int_equal(ocspcheck_request(&bob_cert, &ca_cert, false,
	    &request, &err), 0);
	assert_int_equal(ocspcheck_request(&bob_cert, &ca_cert, false, &next,
	    &err), 0);
	assert_true(str_eq(buf_view(&request), buf_view(&next)));
}

static void
a_responder_that_is_busy(void **state UNUSED)
{
	const struct revocation_question q = question();
	OCSP_RESPONSE *busy = OCSP_response_create(
	    OCSP_RESPONSE_STATUS_TRYLATER, NULL);
	unsigned char *der = NULL;
	int len = i2d_OCSP_RESPONSE(busy, &der);
	struct revocation_answer r;
	struct err err = ERR_INIT;

	assert_int_equal(ocspcheck_read(&q, STR_NULL, str_make(der,
	    (size_t)len), &r, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	assert_int_equal(ocspcheck_read(&q, STR_NULL, STR_LIT("<html>"), &r,
	    &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	OPENSSL_free(der);
	OCSP_RESPONSE_free(busy);
}

/* ---- verdicts ---------------------------------------------------------- */

struct web {
	struct str answer, list;	/* empty: nobody there */
	unsigned answers_n, lists_n, kept_n;
	int64_t kept_until_ms;
	bool was_kept, is_pinned;
};

static int
get(void *ctx, struct source_question *q, struct buf *out, struct err *err)
{
	struct web *web = ctx;
	bool is_list = strcmp(q->url, LIST_URL) == 0;
	struct str file = is_list ? web->list : web->answer;

	must(is_list == (q->body.len == 0) &&
	    q->kind == (is_list ? SOURCE_CRL : SOURCE_OCSP));
	q->was_kept = web->was_kept;
	if (is_list)
		web->lists_n++;
	else
		web->answers_n++;
	if (file.len == 0)
		return (err_set(err, ERR_TEMP, "nobody is there"));
	buf_str(out, file);
	return (0);
}

static void
keep(void *ctx, const struct source_question *q, struct str bytes,
    int64_t until_ms)
{
	struct web *web = ctx;

	must(!q->was_kept && bytes.len > 0);
	web->kept_n++;
	web->kept_until_ms = until_ms;
}

static struct path_verdict
judge(struct web *web, enum path_revocation how, int64_t at_ms)
{
	AUTO_BUF struct buf pem = BUF_INIT(65536);
	struct path_config config = { .revocation = how,
		.source = { get, keep, web }, .pinned = &bob_cert.der,
		.n_pinned = web->is_pinned };
	struct path_trust *t = NULL;
	struct path_verdict v;
	struct err err = ERR_INIT;

	cert_pem(ca_cert.der, &pem);
	config.anchors_pem = buf_view(&pem);
	must(path_trust_new(&config, &t, &err) == 0);
	web->answers_n = web->lists_n = web->kept_n = 0;
	path_judge(t, &bob_cert, NULL, 0, STR_NULL, PATH_SIGN, at_ms, a, &v);
	path_trust_free(&t);
	return (v);
}

static void
soft_and_hard(void **state UNUSED)
{
	struct web web = { .answers_n = 0 };
	struct path_verdict v = judge(&web, PATH_REVOCATION_OFF, MADE_NOW_MS);

	assert_int_equal(v.kind, PATH_USABLE);
	assert_int_equal(web.answers_n + web.lists_n, 0);
	v = judge(&web, PATH_REVOCATION_SOFT, MADE_NOW_MS);
	assert_int_equal(v.kind, PATH_USABLE);
	assert_int_equal(v.fresh_until_ms, MADE_NOW_MS + PATH_AGAIN_MS);
	assert_int_equal(web.answers_n, 1);
	assert_int_equal(web.lists_n, 1);
	v = judge(&web, PATH_REVOCATION_HARD, MADE_NOW_MS);
	assert_int_equal(v.kind, PATH_UNKNOWN);
	assert_true(str_eq(v.sentence, STR_LIT("whether it was revoked could "
	    "not be found out: nobody is there")));
	/* The list speaks where the responder does not. */
	web.list = made_list(&(struct list_making){ .issuer = &ca }, a);
	v = judge(&web, PATH_REVOCATION_HARD, MADE_NOW_MS);
	assert_int_equal(v.kind, PATH_USABLE);
	assert_int_equal(v.fresh_until_ms, MADE_NOW_MS + 7 * CLOCK_DAY_MS);
	/* And is not asked where it does. */
	web.answer = made_answer(&(struct answer_making){ .about = &bob,
	    .issuer = &ca }, a);
	v = judge(&web, PATH_REVOCATION_HARD, MADE_NOW_MS);
	assert_int_equal(v.kind, PATH_USABLE);
	assert_int_equal(web.lists_n, 0);
}

static void
revoked_is_revoked(void **state UNUSED)
{
	struct web web = { .list = made_list(&(struct list_making){
	    .issuer = &ca, .revoked = &bob, .revoked_days = -10 }, a) };
	struct path_verdict v = judge(&web, PATH_REVOCATION_SOFT,
	    MADE_NOW_MS);

	assert_int_equal(v.kind, PATH_REVOKED);
	assert_true(str_eq(v.sentence,
	    STR_LIT("it was revoked on 22 December 2026")));
	/* A responder that does not know it does not make it better. */
	web.answer = made_answer(&(struct answer_making){ .about = &bob,
	    .issuer = &ca, .status = V_OCSP_CERTSTATUS_UNKNOWN }, a);
	v = judge(&web, PATH_REVOCATION_SOFT, MADE_NOW_MS);
	assert_int_equal(v.kind, PATH_REVOKED);
}

/* Signed before: good only where the key was not lost. */
static void
signed_before_it_was_revoked(void **state UNUSED)
{
	static const struct {
		int reason;
		enum path_kind before;
	} rows[] = { { 0, PATH_REVOKED },
		{ CRL_REASON_KEY_COMPROMISE, PATH_REVOKED },
		{ CRL_REASON_CA_COMPROMISE, PATH_REVOKED },
		{ CRL_REASON_AFFILIATION_CHANGED, PATH_USABLE },
		{ CRL_REASON_SUPERSEDED, PATH_USABLE },
		{ CRL_REASON_CESSATION_OF_OPERATION, PATH_USABLE },
		{ CRL_REASON_CERTIFICATE_HOLD, PATH_REVOKED } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct web web = { .list = made_list(&(struct list_making){
		    .issuer = &ca, .revoked = &bob, .revoked_days = 10,
		    .reason = rows[i].reason, .from_days = -1,
		    .until_days = 30 }, a) };
		struct path_verdict v = judge(&web, PATH_REVOCATION_HARD,
		    MADE_NOW_MS);

		if (v.kind != rows[i].before)
			fail_msg("reason %d: %.*s", rows[i].reason,
			    STR_FMT(v.sentence));
		v = judge(&web, PATH_REVOCATION_HARD, MADE_NOW_MS + 11 *
		    CLOCK_DAY_MS);
		assert_int_equal(v.kind, PATH_REVOKED);
	}
}

/* What was not verified is not worth remembering, and what is remembered is
 * no news. */
static void
only_what_counts_is_kept(void **state UNUSED)
{
	struct web web = { .list = made_list(&(struct list_making){
	    .issuer = &other }, a), .answer = STR_LIT("<html>") };
	struct path_verdict v = judge(&web, PATH_REVOCATION_HARD,
	    MADE_NOW_MS);

	assert_int_equal(v.kind, PATH_UNKNOWN);
	assert_int_equal(web.kept_n, 0);
	web.list = made_list(&(struct list_making){ .issuer = &ca }, a);
	(void)judge(&web, PATH_REVOCATION_HARD, MADE_NOW_MS);
	assert_int_equal(web.kept_n, 1);
	assert_int_equal(web.kept_until_ms, MADE_NOW_MS + 7 * CLOCK_DAY_MS);
	web.answer = made_answer(&(struct answer_making){ .about = &bob,
	    .issuer = &ca }, a);
	(void)judge(&web, PATH_REVOCATION_HARD, MADE_NOW_MS);
	assert_int_equal(web.kept_n, 1);
	web.was_kept = true;
	(void)judge(&web, PATH_REVOCATION_HARD, MADE_NOW_MS);
	assert_int_equal(web.kept_n, 0);
}

/* Whoever chose it need not know that it was taken back. */
static void
pinned_ones_are_asked_about(void **state UNUSED)
{
	struct web web = { .is_pinned = true };
	struct path_verdict v = judge(&web, PATH_REVOCATION_HARD,
	    MADE_NOW_MS);

	assert_int_equal(v.kind, PATH_USABLE);
	assert_true(v.is_pinned);
	assert_int_equal(v.n_chain, 0);
	web.list = made_list(&(struct list_making){ .issuer = &ca,
	    .revoked = &bob, .revoked_days = -10 }, a);
	v = judge(&web, PATH_REVOCATION_SOFT, MADE_NOW_MS);
	assert_int_equal(v.kind, PATH_REVOKED);
	assert_true(str_eq(v.sentence,
	    STR_LIT("it was revoked on 22 December 2026")));
	v = judge(&web, PATH_REVOCATION_OFF, MADE_NOW_MS);
	assert_int_equal(v.kind, PATH_USABLE);
	web.list = made_list(&(struct list_making){ .issuer = &ca }, a);
	v = judge(&web, PATH_REVOCATION_HARD, MADE_NOW_MS);
	assert_int_equal(v.kind, PATH_USABLE);
	assert_int_equal(v.fresh_until_ms, MADE_NOW_MS + 7 * CLOCK_DAY_MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_counts_is_kept),
		cmocka_unit_test(pinned_ones_are_asked_about),
		cmocka_unit_test(lists_that_count),
		cmocka_unit_test(lists_that_do_not),
		cmocka_unit_test(lists_of_one_place_and_kind),
		cmocka_unit_test(answers_that_count),
		cmocka_unit_test(answers_that_do_not),
		cmocka_unit_test(a_nonce_is_answered),
		cmocka_unit_test(a_responder_that_is_busy),
		cmocka_unit_test(soft_and_hard),
		cmocka_unit_test(revoked_is_revoked),
		cmocka_unit_test(signed_before_it_was_revoked),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
