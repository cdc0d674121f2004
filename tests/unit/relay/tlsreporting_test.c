/* SPDX-License-Identifier: Apache-2.0 */
/* A day's sessions are counted, kept, and reported: once, when the day is
 * over, to those who ask; with a clock that can be moved. */
#include "../keep/rig.h"

#include "base/clock.h"
#include "relay/tlsreporting.h"
#include "smtp/service.h"
#include "transport/tlsreport.h"

#define DAY 20781
#define HOUR CLOCK_HOUR_MS
#define MIDNIGHT ((DAY + 1) * CLOCK_DAY_MS)

int64_t __wrap_clock_wall_ms(void);

static int64_t now_ms = DAY * CLOCK_DAY_MS;
static struct rig rig;
static struct store *store;
static struct spool *spool;
static struct settings settings;
static struct relay_way way = { .settings = &settings };
static struct tlsreporting_config config;
static bool is_dns_down;
static bool is_post_taken;
static unsigned asked, posted;

int64_t
__wrap_clock_wall_ms(void)
{
	return (now_ms);
}

/* What the world's DNS has. */
static int
txt(void *ctx, struct str name, struct arena *a, struct str **texts, size_t *n,
    struct err *err)
{
	static struct str record = STR_LIT("v=TLSRPTv1; "
	    "rua=mailto:rua@asks.example,mailto:two@asks.example");
	static struct str web = STR_LIT("v=TLSRPTv1; "
	    "rua=https://https.example/tls");

	(void)ctx;
	(void)a;
	asked++;
	if (is_dns_down)
		return (err_set(err, ERR_TEMP, "no answer"));
	*n = 1;
	if (str_eq(name, STR_LIT("_smtp._tls.asks.example")))
		*texts = &record;
	else if (str_eq(name, STR_LIT("_smtp._tls.https.example")))
		*texts = &web;
	else
		*n = 0;
	return (0);
}

/* A web server of theirs. */
static int
post(void *ctx, const char *url, struct str file, struct err *err)
{
	struct arena *a = arena_new();
	struct tlsreport r;

	(void)ctx;
	posted++;
	assert_string_equal(url, "https://https.example/tls");
	assert_int_equal(tlsreport_read(file, a, &r, err), 0);
	assert_int_equal(r.rows[0].count, 6);
	arena_free(&a);
	return (is_post_taken ? 0 : err_set(err, ERR_TEMP, "503"));
}

static int
make(void **state)
{
	char path[128];
	struct err err = ERR_INIT;

	(void)state;
	rig_make(&rig);
	rig_start(&rig);
	(void)snprintf(path, sizeof(path), "%s/store", rig.dir);
	rig_ok(store_open(path, "test", &store, &err), &err);
	spool = spool_new(rig.socket, "gateway", store);
	settings = (struct settings){ .hostname = "mx.us.example",
		.portal = { .organisation = "Us" },
		.delivery = { .tls_reports = "reports@us.example" } };
	config = (struct tlsreporting_config){ .way = &way,
		.store = store, .spool = spool,
		.tally = tlsreport_tally_new(), .txt = txt, .post = post };
	return (0);
}

static int
end(void **state)
{
	(void)state;
	tlsreport_tally_free(&config.tally);
	spool_free(&spool);
	store_close(&store);
	rig_stop(&rig);
	rig_remove(&rig);
	return (0);
}

static void
count(const char *domain, enum tlsreport_result result, unsigned n)
{
	struct tlsreport_outcome o = { .domain = str_of(domain),
		.policy = TLSREPORT_NO_POLICY, .result = result,
		.mx = STR_LIT("mx.example"),
		.receiving_ip = STR_LIT("192.0.2.1") };

	while (n-- > 0)
		tlsreport_count(config.tally, &o);
}

static size_t
items(struct arena *a, struct store_item **out)
{
	struct err err = ERR_INIT;
	size_t n;

	rig_ok(store_items(store, -1, 100, a, out, &n, &err), &err);
	return (n);
}

static enum store_tls_state
state_of(const char *domain)
{
	struct arena *a = arena_new();
	struct store_tls_report *reports;
	struct err err = ERR_INIT;
	int found = -1;
	size_t n;

	rig_ok(store_tls_reports(store, 0, INT32_MAX, 100, a, &reports, &n,
	    &err), &err);
	for (size_t i = 0; i < n; i++)
		if (str_eq(reports[i].domain, str_of(domain)))
			found = (int)reports[i].state;
	arena_free(&a);
	assert_true(found >= 0);
	return ((enum store_tls_state)found);
}

/* The report in the queue, opened and read. */
static void
read_item(const struct store_item *item, struct arena *a,
    struct tlsreport *out)
{
	AUTO_BUF struct buf sealed = BUF_INIT(1u << 20);
	AUTO_BUF struct buf mail = BUF_INIT(1u << 20);
	struct err err = ERR_INIT;

	rig_ok(store_payload_read(store, &item->payload, &sealed, &err), &err);
	rig_ok(spool_open(spool, &item->payload, &item->spool,
	    buf_view(&sealed), &mail, &err), &err);
	rig_ok(tlsreport_read_mail(arena_str(a, buf_view(&mail)), a, out,
	    &err), &err);
}

static void
check_report(const struct store_item *item, struct arena *a)
{
	struct tlsreport r;

	assert_true(str_eq(item->kind, STR_LIT(TLSREPORTING_KIND)));
	assert_true(str_eq(item->sender, STR_LIT("reports@us.example")));
	assert_int_equal(item->notify, SMTP_NOTIFY_NEVER);
	assert_int_equal(item->expires_ms, now_ms + CLOCK_DAY_MS);
	read_item(item, a, &r);
	assert_true(str_eq(r.report_id,
	    STR_LIT("2026-11-24.asks.example@mx.us.example")));
	assert_true(str_eq(r.organisation, STR_LIT("Us")));
	assert_int_equal(r.start_ms, DAY * CLOCK_DAY_MS);
	assert_int_equal(r.end_ms, MIDNIGHT - CLOCK_SECOND_MS);
	assert_int_equal(r.n_rows, 2);
	assert_int_equal(r.rows[0].count, 120);
	assert_true(str_eq(r.rows[1].result, STR_LIT("certificate-expired")));
	assert_int_equal(r.rows[1].count, 3);
}

/* In order: each step goes on from the one before. */
static void
a_day_is_reported_once(void **state)
{
	struct arena *a = arena_new();
	struct store_item *list;

	(void)state;
	count("asks.example", TLSREPORT_SUCCESS, 100);
	count("silent.example", TLSREPORT_SUCCESS, 5);
	tlsreporting_flush(&config);
	count("asks.example", TLSREPORT_SUCCESS, 20);
	count("asks.example", TLSREPORT_CERTIFICATE_EXPIRED, 3);
	tlsreporting_flush(&config);
	tlsreporting_flush(&config);
	now_ms = MIDNIGHT - 1;
	tlsreporting_send(&config, NULL);
	now_ms = MIDNIGHT + TLSREPORTING_FIRST_MS - 1;
	tlsreporting_send(&config, NULL);
	assert_int_equal(asked, 0);
	/* Of the new day: not yet. */
	count("asks.example", TLSREPORT_SUCCESS, 1);
	tlsreporting_flush(&config);
	now_ms = MIDNIGHT + TLSREPORTING_FIRST_MS + TLSREPORTING_SPREAD_MS;
	is_dns_down = true;
	tlsreporting_send(&config, NULL);
	assert_int_equal(asked, 2);
	assert_int_equal(items(a, &list), 0);
	assert_int_equal(state_of("asks.example"), STORE_TLS_PLANNED);
	is_dns_down = false;
	tlsreporting_send(&config, NULL);
	assert_int_equal(asked, 2);
	now_ms += TLSREPORTING_AGAIN_MS;
	tlsreporting_send(&config, NULL);
	assert_int_equal(items(a, &list), 2);
	check_report(&list[0], a);
	check_report(&list[1], a);
	assert_false(str_eq(list[0].recipient, list[1].recipient));
	assert_int_equal(state_of("asks.example"), STORE_TLS_SENT);
	assert_int_equal(state_of("silent.example"), STORE_TLS_UNWANTED);
	tlsreporting_send(&config, NULL);
	assert_int_equal(items(a, &list), 2);
	assert_int_equal(asked, 4);
	arena_free(&a);
}

/* A report that cannot be asked for in time is given up; with reports turned
 * off nothing is asked. */
static void
old_days_are_nobody_s_news(void **state)
{
	struct arena *a = arena_new();
	struct store_item *list;

	(void)state;
	now_ms = (DAY + 20) * CLOCK_DAY_MS;
	count("late.example", TLSREPORT_SUCCESS, 1);
	tlsreporting_flush(&config);
	now_ms += CLOCK_DAY_MS + 5 * HOUR;
	asked = 0;
	settings.delivery.tls_reports = NULL;
	tlsreporting_send(&config, NULL);
	settings.delivery.tls_reports = "reports@us.example";
	is_dns_down = true;
	assert_int_equal(asked, 0);
	for (int i = 0; i < 200; i++) {
		tlsreporting_send(&config, NULL);
		now_ms += TLSREPORTING_AGAIN_MS;
	}
	is_dns_down = false;
	assert_int_equal(state_of("late.example"), STORE_TLS_GIVEN_UP);
	assert_in_range(asked, 30, 120);
	assert_int_equal(items(a, &list), 2);
	arena_free(&a);
}

/* However many policies a domain had on one day, its report fits. */
static void
a_large_report_goes_without_policies(void **state)
{
	AUTO_BUF struct buf noise = BUF_INIT(8192);
	struct arena *a = arena_new();
	struct store_item *list;
	struct tlsreport r;
	uint64_t sum = 0;

	(void)state;
	now_ms = (DAY + 40) * CLOCK_DAY_MS;
	for (unsigned i = 0; i < 300; i++) {
		uint8_t bytes[1500];
		struct str line;
		struct tlsreport_outcome o = {
			.domain = STR_LIT("asks.example"),
			.policy = TLSREPORT_TLSA, .policy_lines = &line,
			.n_policy_lines = 1,
			.result = TLSREPORT_TLSA_INVALID };

		buf_reset(&noise);
		id_random(bytes, sizeof(bytes));
		for (size_t k = 0; k < sizeof(bytes); k++)
			buf_printf(&noise, "%02x", bytes[k]);
		line = buf_view(&noise);
		tlsreport_count(config.tally, &o);
	}
	tlsreporting_flush(&config);
	now_ms += CLOCK_DAY_MS + 5 * HOUR;
	tlsreporting_send(&config, NULL);
	assert_int_equal(items(a, &list), 4);
	read_item(&list[0], a, &r);
	for (size_t i = 0; i < r.n_rows; i++)
		sum += r.rows[i].count;
	assert_int_equal(sum, 300);
	arena_free(&a);
}

/* By HTTPS: until it is taken, and not again. */
static void
a_web_server_gets_it_once(void **state)
{
	struct arena *a = arena_new();
	struct store_item *list;
	size_t before = items(a, &list);

	(void)state;
	now_ms = (DAY + 60) * CLOCK_DAY_MS;
	count("https.example", TLSREPORT_SUCCESS, 6);
	tlsreporting_flush(&config);
	now_ms += CLOCK_DAY_MS + 5 * HOUR;
	is_post_taken = false;
	tlsreporting_send(&config, NULL);
	tlsreporting_send(&config, NULL);
	assert_int_equal(posted, 1);
	assert_int_equal(state_of("https.example"), STORE_TLS_PLANNED);
	is_post_taken = true;
	for (int i = 0; i < 3; i++) {
		now_ms += TLSREPORTING_AGAIN_MS;
		tlsreporting_send(&config, NULL);
	}
	assert_int_equal(posted, 2);
	assert_int_equal(state_of("https.example"), STORE_TLS_SENT);
	assert_int_equal(items(a, &list), before);
	arena_free(&a);
}

/* The thread keeps what was counted when it is stopped. */
static void
stopping_keeps_counts(void **state)
{
	struct tlsreporting *t = tlsreporting_start(&config);
	struct arena *a = arena_new();
	struct store_tls_row *rows;
	struct err err = ERR_INIT;
	size_t n;

	(void)state;
	count("end.example", TLSREPORT_SUCCESS, 4);
	tlsreporting_stop(&t, clock_mono_ms() + 10000);
	assert_null(t);
	tlsreporting_stop(&t, 0);
	rig_ok(store_tls_rows(store, STR_LIT("end.example"), 0, INT32_MAX, 10,
	    a, &rows, &n, &err), &err);
	assert_int_equal(n, 1);
	assert_int_equal(rows->count, 4);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_is_reported_once),
		cmocka_unit_test(old_days_are_nobody_s_news),
		cmocka_unit_test(a_large_report_goes_without_policies),
		cmocka_unit_test(a_web_server_gets_it_once),
		cmocka_unit_test(stopping_keeps_counts),
	};

	return (cmocka_run_group_tests(tests, make, end));
}
