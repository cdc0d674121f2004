/* SPDX-License-Identifier: Apache-2.0 */
/* A report as RFC 8460 wants it, and the mail around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mime/letter.h"
#include "transport/tlsreport.h"

/* Appendix B of the RFC, with mx-host as the list of 4.4. */
#define POLICY "version: STSv1\nmode: testing\nmx: *.mail.company-y.example\n" \
	"max_age: 86400"
#define STS .day = 16892, .domain = STR_LIT("company-y.example"), \
	.policy_type = STR_LIT("sts"), \
	.policy_domain = STR_LIT("company-y.example"), \
	.policy = STR_LIT(POLICY), \
	.mx_patterns = STR_LIT("*.mail.company-y.example")
static const struct store_tls_row rows[] = {
	{ STS, .count = 5326 },
	{ STS, .result = STR_LIT("certificate-expired"),
	    .sending_ip = STR_LIT("2001:db8:abcd:0012::1"),
	    .mx = STR_LIT("mx1.mail.company-y.example"), .count = 100 },
	{ STS, .result = STR_LIT("validation-failure"),
	    .sending_ip = STR_LIT("198.51.100.62"),
	    .receiving_ip = STR_LIT("203.0.113.58"),
	    .mx = STR_LIT("mx-backup.mail.company-y.example"), .count = 3,
	    .reason = STR_LIT("X509_V_ERR_\"PROXY\xff\"") },
	{ .day = 16892, .domain = STR_LIT("company-y.example"),
	    .policy_type = STR_LIT("no-policy-found"),
	    .policy_domain = STR_LIT("company-y.example"), .count = 7 },
};
static const struct tlsreport report = {
	.organisation = STR_LIT("Company-X"),
	.contact = STR_LIT("sts-reporting@company-x.example"),
	.report_id = STR_LIT("2016-04-01.company-y.example@mx.x.example"),
	.start_ms = INT64_C(1459468800000), .end_ms = INT64_C(1459555199000),
	.rows = rows, .n_rows = COUNT_OF(rows) };
static const char expected[] =
    "{\"organization-name\":\"Company-X\",\"date-range\":{"
    "\"start-datetime\":\"2016-04-01T00:00:00Z\","
    "\"end-datetime\":\"2016-04-01T23:59:59Z\"},"
    "\"contact-info\":\"sts-reporting@company-x.example\","
    "\"report-id\":\"2016-04-01.company-y.example@mx.x.example\","
    "\"policies\":[{\"policy\":{\"policy-type\":\"sts\","
    "\"policy-string\":[\"version: STSv1\",\"mode: testing\","
    "\"mx: *.mail.company-y.example\",\"max_age: 86400\"],"
    "\"policy-domain\":\"company-y.example\","
    "\"mx-host\":[\"*.mail.company-y.example\"]},"
    "\"summary\":{\"total-successful-session-count\":5326,"
    "\"total-failure-session-count\":103},"
    "\"failure-details\":[{\"result-type\":\"certificate-expired\","
    "\"sending-mta-ip\":\"2001:db8:abcd:0012::1\","
    "\"receiving-mx-hostname\":\"mx1.mail.company-y.example\","
    "\"failed-session-count\":100},"
    "{\"result-type\":\"validation-failure\","
    "\"sending-mta-ip\":\"198.51.100.62\","
    "\"receiving-mx-hostname\":\"mx-backup.mail.company-y.example\","
    "\"receiving-ip\":\"203.0.113.58\",\"failed-session-count\":3,"
    "\"failure-reason-code\":\"X509_V_ERR_\\\"PROXY\xef\xbf\xbd\\\"\"}]},"
    "{\"policy\":{\"policy-type\":\"no-policy-found\","
    "\"policy-domain\":\"company-y.example\"},"
    "\"summary\":{\"total-successful-session-count\":7,"
    "\"total-failure-session-count\":0}}]}\n";

static void
json_is_the_rfc_s(void **state)
{
	AUTO_BUF struct buf out = BUF_INIT(1u << 16);
	AUTO_BUF struct buf tight = BUF_INIT(100);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(tlsreport_render(&report, &out, &err), 0);
	assert_string_equal(buf_cstr(&out), expected);
	assert_int_equal(tlsreport_render(&report, &tight, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

static const struct tlsreport_letter post = {
	.from = STR_LIT("tls-reports@x.example"),
	.to = STR_LIT("rua@company-y.example"),
	.submitter = STR_LIT("mx.x.example"),
	.domain = STR_LIT("company-y.example"),
	.now_ms = INT64_C(1459570000000) };

static void
check_header(const struct letter_part *part, const char *name,
    const char *value, struct arena *a)
{
	struct str got = letter_header(part, str_of(name), a);

	if (!str_eq(got, str_of(value)))
		fail_msg("%s: %.*s", name, STR_FMT(got));
}

static void
mail_is_the_rfc_s(void **state)
{
	AUTO_BUF struct buf mail = BUF_INIT(1u << 16);
	struct arena *a = arena_new();
	const struct letter_part *root, *file;
	struct letter *letter;
	struct err err = ERR_INIT;
	struct tlsreport back;

	(void)state;
	assert_int_equal(tlsreport_mail(&report, &post, &mail, &err), 0);
	assert_int_equal(letter_parse(buf_view(&mail), a, &letter, &err), 0);
	assert_int_equal(letter->ambiguous, 0);
	root = letter->root;
	check_header(root, "Subject", "Report Domain: company-y.example "
	    "Submitter: mx.x.example "
	    "Report-ID: <2016-04-01.company-y.example@mx.x.example>", a);
	check_header(root, "TLS-Report-Domain", "company-y.example", a);
	check_header(root, "TLS-Report-Submitter", "mx.x.example", a);
	check_header(root, "TLS-Required", "No", a);
	check_header(root, "To", "rua@company-y.example", a);
	assert_true(str_find_nocase(letter_header(root,
	    STR_LIT("Content-Type"), a),
	    STR_LIT("multipart/report; report-type=\"tlsrpt\"")) == 0);
	assert_true(str_eq(root->child->type, STR_LIT("text/plain")));
	file = root->child->next;
	assert_true(str_eq(file->type, STR_LIT("application/tlsrpt+gzip")));
	assert_true(str_eq(file->filename, STR_LIT(
	    "mx.x.example!company-y.example!1459468800!1459555199.json.gz")));
	assert_null(file->next);
	assert_int_equal(tlsreport_read_mail(buf_view(&mail), a, &back, &err),
	    0);
	assert_true(str_eq(back.report_id, report.report_id));
	assert_int_equal(back.start_ms, report.start_ms);
	assert_int_equal(back.end_ms, report.end_ms);
	assert_int_equal(back.n_rows, report.n_rows);
	for (size_t i = 0; i < back.n_rows; i++) {
		assert_int_equal(back.rows[i].day, 16892);
		assert_int_equal(back.rows[i].count, rows[i].count);
		assert_true(str_eq(back.rows[i].result, rows[i].result));
		assert_true(str_eq(back.rows[i].policy, rows[i].policy));
		assert_true(str_eq(back.rows[i].mx, rows[i].mx));
	}
	arena_free(&a);
}

/* What is in the table is in words, what is not stands for itself. */
static void
results_have_words(void **state)
{
	(void)state;
	assert_true(str_eq(tlsreport_explain(STR_LIT("certificate-expired")),
	    STR_LIT("the certificate has expired")));
	assert_true(str_eq(tlsreport_explain(STR_LIT("something-new")),
	    STR_LIT("something-new")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_the_rfc_s),
		cmocka_unit_test(mail_is_the_rfc_s),
		cmocka_unit_test(results_have_words),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
