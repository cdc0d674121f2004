/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of others: as they come, and as nobody should send them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transport/tlsreport.h"

#define HEAD "{\"organization-name\":\"O\",\"date-range\":{" \
	"\"start-datetime\":\"2026-11-24T00:00:00Z\"," \
	"\"end-datetime\":\"2026-11-24T23:59:59Z\"},\"report-id\":\"1\"," \
	"\"contact-info\":\"a@b.example\",\"policies\":["
#define POLICY(type, good, bad) "{\"policy\":{\"policy-type\":\"" type \
	"\",\"policy-domain\":\"Own.Example.\",\"mx-host\":\"mx.own.example\"" \
	"},\"summary\":{\"total-successful-session-count\":" good \
	",\"total-failure-session-count\":" bad "}"

static struct arena *arena;
static struct err err;

static int
read_text(const char *text, struct tlsreport *out)
{
	err_clear(&err);
	return (tlsreport_read(str_of(text), arena, out, &err));
}

/* Numbers as texts, one pattern as a text, a name with capitals and a dot. */
static void
leniently(void **state)
{
	struct tlsreport r;

	(void)state;
	assert_int_equal(read_text(HEAD POLICY("sts", "\"12\"", "5")
	    ",\"failure-details\":[{\"result-type\":\"certificate-expired\","
	    "\"failed-session-count\":3,\"receiving-mx-hostname\":\"MX\\u0000"
	    "\"}]}]}", &r), -1);	/* a NUL is no text */
	assert_int_equal(read_text(HEAD POLICY("sts", "\"12\"", "5")
	    ",\"failure-details\":[{\"result-type\":\"certificate-expired\","
	    "\"failed-session-count\":3,\"receiving-mx-hostname\":\"MX\\n1\"}"
	    "]}]}", &r), 0);
	assert_int_equal(r.n_rows, 3);
	assert_int_equal(r.rows[0].day, 20781);
	assert_int_equal(r.rows[0].count, 12);
	assert_true(str_eq(r.rows[0].domain, STR_LIT("own.example")));
	assert_true(str_eq(r.rows[0].mx_patterns, STR_LIT("mx.own.example")));
	assert_true(str_eq(r.rows[1].mx, STR_LIT("mx 1")));
	assert_int_equal(r.rows[1].count, 3);
	assert_true(str_eq(r.rows[2].result, STR_LIT(TLSREPORT_UNTOLD)));
	assert_int_equal(r.rows[2].count, 2);
}

static const struct {
	const char *what, *text;
	enum err_kind kind;
} bad[] = {
	{ "nothing", "", ERR_INPUT },
	{ "a list", "[]", ERR_INPUT },
	{ "no policies", "{\"date-range\":{}}", ERR_INPUT },
	{ "cut", HEAD, ERR_INPUT },
	{ "twice the same key", "{\"report-id\":\"1\",\"report-id\":\"2\"}",
	    ERR_INPUT },
	{ "no time", "{\"organization-name\":\"O\",\"date-range\":{"
	    "\"start-datetime\":\"yesterday, all day\",\"end-datetime\":"
	    "\"2026-11-24T23:59:59Z\"},\"report-id\":\"1\",\"policies\":[]}",
	    ERR_INPUT },
	{ "a negative count", HEAD POLICY("sts", "-1", "0") "}]}", ERR_INPUT },
	{ "half a session", HEAD POLICY("sts", "0.5", "0") "}]}", ERR_INPUT },
	{ "too many", HEAD POLICY("sts", "9000000000000000000", "0") "}]}",
	    ERR_INPUT },
	{ "a failure without a name", HEAD POLICY("sts", "1", "1")
	    ",\"failure-details\":[{}]}]}", ERR_INPUT },
	{ "a failure that is none", HEAD POLICY("sts", "1", "1")
	    ",\"failure-details\":[1]}]}", ERR_INPUT },
	{ "too deep", "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", ERR_LIMIT },
	{ "bad UTF-8", "{\"report-id\":\"\xff\"}", ERR_INPUT },
	{ "a broken gzip file", "\x1f\x8b\x08 is what it begins with",
	    ERR_INPUT },
};

static void
broken_ones_are_refused(void **state)
{
	struct tlsreport r;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (read_text(bad[i].text, &r) != -1 ||
		    err.kind != bad[i].kind)
			fail_msg("%s: %s", bad[i].what, err.msg);
}

static int
read_packed(const struct buf *plain, struct tlsreport *out)
{
	AUTO_BUF struct buf packed = BUF_INIT(4 * TLSREPORT_FILE_MAX);

	err_clear(&err);
	assert_int_equal(tlsreport_gzip(buf_view(plain), &packed, &err), 0);
	assert_true(packed.len < (1u << 20));
	return (tlsreport_read(buf_view(&packed), arena, out, &err));
}

/* What is small as it comes may not grow as it likes. */
static void
bombs_are_refused(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT(64u << 20);
	struct tlsreport r;

	(void)state;
	while (text.len < TLSREPORT_JSON_MAX + 2)
		buf_z(&text, "                                ");
	assert_int_equal(read_packed(&text, &r), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	buf_reset(&text);
	buf_z(&text, "[");
	for (int i = 0; i < TLSREPORT_VALUES_MAX + 2; i++)
		buf_z(&text, "1,");
	buf_z(&text, "1]");
	assert_int_equal(read_packed(&text, &r), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	buf_reset(&text);
	buf_z(&text, HEAD);
	for (int i = 0; i < TLSREPORT_ROWS_MAX + 1; i++)
		buf_printf(&text, "%s%s}", i > 0 ? "," : "",
		    POLICY("sts", "1", "0"));
	buf_z(&text, "]}");
	assert_int_equal(read_packed(&text, &r), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

/* A long text is cut at a character, a mail without a report has none. */
static void
limits_and_mails(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT(1u << 16);
	struct tlsreport r;

	(void)state;
	buf_z(&text, "{\"organization-name\":\"x");
	for (int i = 0; i < TLSREPORT_TEXT_MAX; i++)
		buf_z(&text, "\xc3\xbc");
	buf_z(&text, "\",\"date-range\":{\"start-datetime\":"
	    "\"2026-11-24T00:00:00Z\",\"end-datetime\":"
	    "\"2026-11-24T23:59:59Z\"},\"report-id\":\"1\",\"policies\":[]}");
	assert_int_equal(tlsreport_read(buf_view(&text), arena, &r, &err), 0);
	assert_int_equal(r.organisation.len, TLSREPORT_TEXT_MAX - 1);
	assert_int_equal(tlsreport_read_mail(STR_LIT("Subject: hello\r\n\r\n"
	    "{}\r\n"), arena, &r, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(tlsreport_read_mail(STR_LIT("Content-Type: "
	    "application/tlsrpt+json\r\n\r\n" HEAD "]}\r\n"), arena, &r,
	    &err), 0);
	assert_int_equal(r.n_rows, 0);
}

static int
make(void **state)
{
	(void)state;
	arena = arena_new();
	return (0);
}

static int
end(void **state)
{
	(void)state;
	arena_free(&arena);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leniently),
		cmocka_unit_test(broken_ones_are_refused),
		cmocka_unit_test(bombs_are_refused),
		cmocka_unit_test(limits_and_mails),
	};

	return (cmocka_run_group_tests(tests, make, end));
}
