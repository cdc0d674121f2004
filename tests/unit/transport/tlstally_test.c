/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted comes out again, whatever the limits and the threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/clock.h"
#include "transport/tlstally.h"

#define DAY 20781
#define THREADS 4
#define EACH 5000

int64_t __wrap_clock_wall_ms(void);
static int64_t now_ms = DAY * CLOCK_DAY_MS;

int64_t
__wrap_clock_wall_ms(void)
{
	return (now_ms);
}

static void
count(struct tlsreport_tally *t, const char *domain, const char *mx,
    enum tlsreport_result result)
{
	const struct str lines[] = { STR_LIT("version: STSv1"),
		STR_LIT("mode: enforce\r"), STR_LIT("") };
	const struct str patterns[] = { STR_LIT("*.mail.example") };
	struct tlsreport_outcome o = { .domain = str_of(domain),
		.policy = TLSREPORT_STS, .policy_lines = lines,
		.n_policy_lines = 3, .mx_patterns = patterns,
		.n_mx_patterns = 1, .result = result, .mx = str_of(mx),
		.receiving_ip = STR_LIT("192.0.2.1"),
		.sending_ip = STR_LIT("198.51.100.1") };

	tlsreport_count(t, &o);
}

static uint64_t
total(const struct store_tls_row *rows, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += rows[i].count;
	return (sum);
}

static void
same_sessions_are_one_row(void **state)
{
	struct tlsreport_tally *t = tlsreport_tally_new();
	struct arena *a = arena_new();
	struct store_tls_row *rows;
	size_t n;

	(void)state;
	count(t, "Partner.Example.", "MX1.partner.example", TLSREPORT_SUCCESS);
	count(t, "partner.example", "mx1.partner.example", TLSREPORT_SUCCESS);
	count(t, "partner.example", "mx1.partner.example",
	    TLSREPORT_CERTIFICATE_EXPIRED);
	n = tlsreport_tally_take(t, a, &rows);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		bool is_good = rows[i].result.len == 0;

		assert_int_equal(rows[i].day, DAY);
		assert_true(str_eq(rows[i].domain, STR_LIT("partner.example")));
		assert_true(str_eq(rows[i].policy_domain, rows[i].domain));
		assert_true(str_eq(rows[i].policy,
		    STR_LIT("version: STSv1\nmode: enforce")));
		assert_true(str_eq(rows[i].mx_patterns,
		    STR_LIT("*.mail.example")));
		assert_true(str_eq(rows[i].mx,
		    STR_LIT("mx1.partner.example")));
		assert_int_equal(rows[i].count, is_good ? 2 : 1);
		assert_true(str_eq(rows[i].receiving_ip, is_good ? STR_NULL :
		    STR_LIT("192.0.2.1")));
	}
	/* Taken is taken; put back is there again, with the day it had. */
	assert_int_equal(tlsreport_tally_take(t, a, &rows), 0);
	count(t, "partner.example", "mx1.partner.example", TLSREPORT_SUCCESS);
	n = tlsreport_tally_take(t, a, &rows);
	now_ms += CLOCK_DAY_MS;
	tlsreport_tally_return(t, rows, n);
	count(t, "partner.example", "mx1.partner.example", TLSREPORT_SUCCESS);
	n = tlsreport_tally_take(t, a, &rows);
	now_ms -= CLOCK_DAY_MS;
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].day + rows[1].day, 2 * DAY + 1);
	arena_free(&a);
	tlsreport_tally_free(&t);
	tlsreport_count(NULL, NULL);
}

/* Beyond the limit details go, then names; no session does. */
static void
nothing_is_lost_beyond_the_limit(void **state)
{
	struct tlsreport_tally *t = tlsreport_tally_new();
	struct arena *a = arena_new();
	const unsigned many = 3 * TLSTALLY_ROWS_MAX;
	size_t n, nameless = 0, short_rows = 0;
	struct store_tls_row *rows;

	(void)state;
	for (unsigned i = 0; i < many; i++) {
		char domain[64];

		(void)snprintf(domain, sizeof(domain), "d%u.example", i);
		count(t, domain, "mx.example", TLSREPORT_TLSA_INVALID);
		count(t, "busy.example", domain, TLSREPORT_TLSA_INVALID);
	}
	n = tlsreport_tally_take(t, a, &rows);
	assert_in_range(n, TLSTALLY_ROWS_MAX, 2 * TLSTALLY_ROWS_MAX + 2);
	assert_int_equal(total(rows, n), 2 * many);
	for (size_t i = 0; i < n; i++) {
		nameless += rows[i].domain.len == 0;
		short_rows += rows[i].mx.len == 0;
		assert_true(str_eq(rows[i].result, STR_LIT("tlsa-invalid")));
	}
	assert_int_equal(nameless, 1);
	assert_int_equal(short_rows, n - TLSTALLY_ROWS_MAX);
	arena_free(&a);
	tlsreport_tally_free(&t);
}

static void *
count_many(void *arg)
{
	for (int i = 0; i < EACH; i++)
		count(arg, i % 2 ? "a.example" : "b.example", "mx.example",
		    i % 5 ? TLSREPORT_SUCCESS : TLSREPORT_VALIDATION_FAILURE);
	return (NULL);
}

static void
threads_count_together(void **state)
{
	struct tlsreport_tally *t = tlsreport_tally_new();
	struct arena *a = arena_new();
	pthread_t threads[THREADS];
	struct store_tls_row *rows;
	uint64_t sum = 0;
	size_t n;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_many,
		    t), 0);
	for (int i = 0; i < 100; i++) {
		n = tlsreport_tally_take(t, a, &rows);
		sum += total(rows, n);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	n = tlsreport_tally_take(t, a, &rows);
	assert_int_equal(sum + total(rows, n), THREADS * EACH);
	arena_free(&a);
	tlsreport_tally_free(&t);
}

/* A text of any length is cut, at whole lines where it is a policy. */
static void
texts_are_bounded(void **state)
{
	struct tlsreport_tally *t = tlsreport_tally_new();
	struct arena *a = arena_new();
	AUTO_BUF struct buf text = BUF_INIT(1u << 20);
	struct str lines[100];
	struct tlsreport_outcome o = { .policy_lines = lines,
		.n_policy_lines = 100, .result = TLSREPORT_DANE_REQUIRED };
	struct store_tls_row *rows;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_char(&text, 'x');
	for (size_t i = 0; i < 100; i++)
		lines[i] = buf_view(&text);
	o.domain = o.mx = o.receiving_ip = o.reason = o.policy_domain =
	    buf_view(&text);
	tlsreport_count(t, &o);
	assert_int_equal(tlsreport_tally_take(t, a, &rows), 1);
	assert_int_equal(rows->policy.len, 8 * 1001 - 1);
	assert_int_equal(rows->domain.len, 255);
	assert_int_equal(rows->reason.len, 200);
	arena_free(&a);
	tlsreport_tally_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_sessions_are_one_row),
		cmocka_unit_test(nothing_is_lost_beyond_the_limit),
		cmocka_unit_test(threads_count_together),
		cmocka_unit_test(texts_are_bounded),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
