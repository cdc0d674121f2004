/* SPDX-License-Identifier: Apache-2.0 */
/* Counts of TLS sessions are added up and none is lost, even when the process
 * is killed; a report is somebody's once; reports of others count once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "store/tlsreports.h"

#define DAY 20781
#define MANY (STORE_TLS_DOMAIN_ROWS_MAX + 50)
#define BATCH 7		/* rows of one write in the killed process */

static char folder[] = "/tmp/letterlock-tlsreports-XXXXXX";
static char path[64];
static struct err err;

static int
make_folder(void **state UNUSED)
{
	if (mkdtemp(folder) == NULL)
		return (-1);
	return (0);
}

static int
remove_folder(void **state UNUSED)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return (system(command));
}

/* Each test has a store of its own. */
static struct store *
open_new(const char *name)
{
	struct store *s;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(store_open(path, "test", &s, &err), 0);
	return (s);
}

static struct store_tls_row
row(const char *domain, const char *result, const char *mx, uint64_t count)
{
	return ((struct store_tls_row){ .day = DAY, .domain = str_of(domain),
	    .policy_type = STR_LIT("sts"), .policy_domain = str_of(domain),
	    .policy = STR_LIT("version: STSv1\nmode: enforce"),
	    .mx_patterns = STR_LIT("*.example"), .result = str_of(result),
	    .mx = str_of(mx), .count = count });
}

static size_t
read_rows(struct store *s, const char *domain, struct arena *a,
    struct store_tls_row **rows, uint64_t *sum)
{
	size_t n = 0;

	assert_int_equal(store_tls_rows(s, str_of(domain), DAY, DAY, 10000, a,
	    rows, &n, &err), 0);
	*sum = 0;
	for (size_t i = 0; i < n; i++)
		*sum += (*rows)[i].count;
	return (n);
}

static void
counts_add_up(void **state UNUSED)
{
	struct store *s = open_new("counts");
	struct arena *a = arena_new();
	struct store_tls_row rows[] = { row("a.example", "", "mx.a.example", 3),
		row("a.example", "certificate-expired", "mx.a.example", 2),
		row("b.example", "", "mx.b.example", 1) }, *got;
	uint64_t sum;

	for (int i = 0; i < 3; i++)
		assert_int_equal(store_tls_count(s, rows, COUNT_OF(rows),
		    &err), 0);
	assert_int_equal(read_rows(s, "", a, &got, &sum), 3);
	assert_int_equal(sum, 18);
	assert_true(str_eq(got[0].policy, rows[0].policy));
	assert_true(str_eq(got[0].mx_patterns, rows[0].mx_patterns));
	assert_int_equal(read_rows(s, "a.example", a, &got, &sum), 2);
	assert_int_equal(got[0].count, 9);
	assert_int_equal(got[1].count, 6);
	assert_true(str_eq(got[1].result, STR_LIT("certificate-expired")));
	arena_free(&a);
	store_close(&s);
}

/* Beyond a domain's rows sessions are still counted, for that domain. */
static void
a_domain_is_bounded(void **state UNUSED)
{
	struct store *s = open_new("bounded");
	struct arena *a = arena_new();
	struct store_tls_row *rows = arena_array(a, MANY, sizeof(*rows)), *got;
	uint64_t sum;
	size_t n;

	for (unsigned i = 0; i < MANY; i++)
		rows[i] = row("a.example", "tlsa-invalid",
		    arena_printf(a, "mx%u.example", i), 2);
	assert_int_equal(store_tls_count(s, rows, MANY, &err), 0);
	assert_int_equal(store_tls_count(s, rows, MANY, &err), 0);
	n = read_rows(s, "a.example", a, &got, &sum);
	assert_int_equal(n, STORE_TLS_DOMAIN_ROWS_MAX + 1);
	assert_int_equal(sum, 4 * MANY);
	n = read_rows(s, "", a, &got, &sum);
	assert_int_equal(n, STORE_TLS_DOMAIN_ROWS_MAX + 1);
	arena_free(&a);
	store_close(&s);
}

static struct store_accept
one_mail(struct store_payload *payload, struct store_item *item)
{
	*payload = (struct store_payload){ .id = id_new(), .spool = id_new(),
		.sealed = STR_LIT("sealed") };
	*item = (struct store_item){ .id = id_new(), .payload = payload->id,
		.spool = payload->spool, .kind = STR_LIT("tls-report"),
		.sender = STR_LIT("us@x.example"),
		.recipient = STR_LIT("rua@a.example"),
		.route = STR_LIT("a.example"), .created_ms = 1,
		.expires_ms = INT64_MAX, .next_ms = 1 };
	return ((struct store_accept){ .payloads = payload, .n_payloads = 1,
	    .items = item, .n_items = 1 });
}

static size_t
count_items(struct store *s, struct arena *a)
{
	struct store_item *items;
	size_t n;

	assert_int_equal(store_items(s, -1, 100, a, &items, &n, &err), 0);
	return (n);
}

/* Two processes with one store: one of them sends. */
static void
a_report_is_sent_once(void **state UNUSED)
{
	struct store *s = open_new("once"), *other;
	struct arena *a = arena_new();
	struct store_tls_row rows[] = { row("a.example", "", "mx", 1),
		row("", "", "", 1) };
	int64_t midnight = (DAY + 1) * CLOCK_DAY_MS;
	struct store_payload payload;
	struct store_item item;
	struct store_accept mail = one_mail(&payload, &item);
	struct store_tls_report *due;
	bool is_ours;
	size_t n;

	assert_int_equal(store_open(path, "other", &other, &err), 0);
	assert_int_equal(store_tls_count(s, rows, 2, &err), 0);
	assert_int_equal(store_tls_plan(s, DAY, DAY, 1000, 5000, &err), 0);
	assert_int_equal(store_tls_plan(other, DAY, DAY, 9000, 0, &err), 0);
	assert_int_equal(store_tls_due(s, midnight + 999, 10, a, &due, &n,
	    &err), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_tls_due(other, midnight + 6000, 10, a, &due,
	    &n, &err), 0);
	assert_int_equal(n, 1);	/* not of the nameless */
	assert_true(str_eq(due->domain, STR_LIT("a.example")));
	/* Put off, it is due later. */
	due->next_ms = midnight + 8000;
	assert_int_equal(store_tls_settle(s, STORE_TLS_PLANNED, due, NULL,
	    &is_ours, &err), 0);
	assert_true(is_ours);
	assert_int_equal(store_tls_due(s, midnight + 7999, 10, a, &due, &n,
	    &err), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_tls_due(s, midnight + 8000, 10, a, &due, &n,
	    &err), 0);
	assert_int_equal(n, 1);
	due->state = STORE_TLS_SENT;
	assert_int_equal(store_tls_settle(s, STORE_TLS_PLANNED, due, &mail,
	    &is_ours, &err), 0);
	assert_true(is_ours);
	mail = one_mail(&payload, &item);
	assert_int_equal(store_tls_settle(other, STORE_TLS_PLANNED, due,
	    &mail, &is_ours, &err), 0);
	assert_false(is_ours);
	assert_int_equal(count_items(s, a), 1);
	/* And it is not planned anew. */
	assert_int_equal(store_tls_plan(s, DAY, DAY, 0, 0, &err), 0);
	assert_int_equal(store_tls_due(s, INT64_MAX, 10, a, &due, &n, &err),
	    0);
	assert_int_equal(n, 0);
	assert_int_equal(store_tls_reports(s, DAY, DAY, 10, a, &due, &n,
	    &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(due->state, STORE_TLS_SENT);
	arena_free(&a);
	store_close(&other);
	store_close(&s);
}

static void
a_received_report_counts_once(void **state UNUSED)
{
	struct store *s = open_new("received");
	struct arena *a = arena_new();
	struct store_tls_row rows[] = { row("own.example", "", "", 117),
		row("own.example", "certificate-expired", "mx1", 3) };
	struct store_tls_received r = { .organisation = STR_LIT("Google"),
		.report_id = STR_LIT("1"), .contact = STR_LIT("g@g.example"),
		.start_ms = DAY * CLOCK_DAY_MS,
		.end_ms = (DAY + 1) * CLOCK_DAY_MS - 1000, .rows = rows,
		.n_rows = 2 };
	struct store_tls_received_row *got;
	bool is_new;
	size_t n;

	assert_int_equal(store_tls_received_put(s, &r, &is_new, &err), 0);
	assert_true(is_new);
	assert_int_equal(store_tls_received_put(s, &r, &is_new, &err), 0);
	assert_false(is_new);
	r.organisation = STR_LIT("Other");
	assert_int_equal(store_tls_received_put(s, &r, &is_new, &err), 0);
	assert_true(is_new);
	assert_int_equal(store_tls_received(s, STR_LIT("own.example"), DAY,
	    100, a, &got, &n, &err), 0);
	assert_int_equal(n, 4);
	assert_true(str_eq(got[1].organisation, STR_LIT("Google")));
	assert_int_equal(got[1].row.count, 3);
	assert_int_equal(store_tls_received(s, STR_LIT("else.example"), DAY,
	    100, a, &got, &n, &err), 0);
	assert_int_equal(n, 0);
	/* All of it goes in time. */
	assert_int_equal(store_tls_expire(s, DAY, &err), 0);
	assert_int_equal(store_tls_received(s, STR_NULL, 0, 100, a, &got, &n,
	    &err), 0);
	assert_int_equal(n, 4);
	assert_int_equal(store_tls_expire(s, DAY + 1, &err), 0);
	assert_int_equal(store_tls_received(s, STR_NULL, 0, 100, a, &got, &n,
	    &err), 0);
	assert_int_equal(n, 0);
	assert_int_equal(store_tls_received_put(s, &r, &is_new, &err), 0);
	assert_true(is_new);
	arena_free(&a);
	store_close(&s);
}

/* Writes batches and says so, until it is killed. */
static void
count_until_killed(int fd)
{
	struct store_tls_row rows[BATCH];
	struct store *s;

	if (store_open(path, "killed", &s, &err) == -1)
		_exit(1);
	for (int i = 0; i < BATCH; i++)
		rows[i] = row("k.example", i % 2 ? "" : "validation-failure",
		    "mx", 1);
	for (;;)
		if (store_tls_count(s, rows, BATCH, &err) == -1 ||
		    write(fd, "x", 1) != 1)
			_exit(1);
}

/* What was said to be kept is there, all of it or nothing of the last write
 * beyond that, and nothing twice. */
static void
a_kill_loses_what_was_not_kept(void **state UNUSED)
{
	struct store *s = open_new("killed");
	uint64_t before = 0, said = 0, sum;

	store_close(&s);
	for (int round = 0; round < 5; round++) {
		struct arena *a = arena_new();
		struct store_tls_row *got;
		char byte[256];
		int fds[2], status;
		ssize_t n;
		pid_t pid;

		assert_int_equal(pipe(fds), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			count_until_killed(fds[1]);
		(void)close(fds[1]);
		clock_sleep_until(clock_mono_ms() + 60 + 13 * round);
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		while ((n = read(fds[0], byte, sizeof(byte))) > 0)
			said += (uint64_t)n * BATCH;
		(void)close(fds[0]);
		assert_int_equal(store_open(path, "test", &s, &err), 0);
		(void)read_rows(s, "k.example", a, &got, &sum);
		store_close(&s);
		assert_in_range(sum, said, said + BATCH * (uint64_t)(round +
		    1));
		assert_int_equal(sum % BATCH, 0);
		assert_true(sum >= before);
		before = sum;
		arena_free(&a);
	}
	assert_true(said > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_add_up),
		cmocka_unit_test(a_domain_is_bounded),
		cmocka_unit_test(a_report_is_sent_once),
		cmocka_unit_test(a_received_report_counts_once),
		cmocka_unit_test(a_kill_loses_what_was_not_kept),
	};

	return (cmocka_run_group_tests(tests, make_folder, remove_folder));
}
