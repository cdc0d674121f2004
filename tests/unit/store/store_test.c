/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_test: what the store promises, seen through its verbs and through the
 * bytes of its file. The file lies in a temporary folder.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/sys.h"
#include "store/store.h"

#define FILE_MAX (64u << 20)

static char folder[] = "/tmp/letterlock-store-XXXXXX";
static _Thread_local struct err err;	/* of the last call */
static char path[sizeof(folder) + 16];

static int
begin(void **state)
{
	struct store *s;

	memset(folder + sizeof(folder) - 7, 'X', 6);
	must(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/s.db", folder);
	if (store_open(path, "test:1:1", &s, &err) == -1)
		fail_msg("%s", err.msg);
	*state = s;
	return (0);
}

static int
end(void **state)
{
	struct store *s = *state;
	char command[128];

	store_close(&s);
	for (size_t i = 0; i < 3; i++) {
		static const char *const tails[] = { "", "-wal", "-shm" };

		(void)snprintf(command, sizeof(command), "%s%s", path, tails[i]);
		(void)unlink(command);
	}
	(void)snprintf(command, sizeof(command), "%s/blobs", folder);
	(void)rmdir(command);
	(void)rmdir(folder);
	return (0);
}

/* A message with one sealed part, n recipients, a grant and a notice each. */
struct sample {
	struct store_message message;
	struct store_recipient recipients[3];
	struct store_grant grants[3];
	struct store_payload payloads[3];
	struct store_item items[3];
	struct store_parcel parcel;
	struct str part;
	struct store_event event;
	struct store_accept accept;
};

static void
fill(struct sample *m, size_t n, struct str part)
{
	memset(m, 0, sizeof(*m));
	m->part = part;
	m->parcel = (struct store_parcel){ id_new(), &m->part, 1 };
	m->message = (struct store_message){ .id = id_new(),
	    .workspace = id_new(), .received_ms = clock_wall_ms(),
	    .sender = STR_LIT("s@own.example"), .sender_name = STR_LIT("S"),
	    .message_id = STR_LIT("<a@own.example>"),
	    .client = STR_LIT("127.0.0.1"), .size_bytes = 7 };
	for (size_t i = 0; i < n; i++) {
		struct store_grant *g = &m->grants[i];

		*g = (struct store_grant){ .id = id_new(), .parcel = m->parcel.id,
		    .message = m->message.id, .workspace = m->message.workspace,
		    .recipient = STR_LIT("r@out.example"),
		    .template = STR_LIT("Encrypt-Only"), .rights = 3 };
		id_random(g->wrapped_s, sizeof(g->wrapped_s));
		id_random(g->wck, sizeof(g->wck));
		m->payloads[i] = (struct store_payload){ id_new(), id_new(),
		    STR_LIT("sealed notice") };
		m->items[i] = (struct store_item){ .id = id_new(),
		    .message = m->message.id, .payload = m->payloads[i].id,
		    .spool = m->payloads[i].spool, .kind = STR_LIT("notice"),
		    .sender = STR_LIT("s@own.example"),
		    .recipient = STR_LIT("r@out.example"),
		    .route = STR_LIT("out.example"),
		    .created_ms = clock_wall_ms(),
		    .expires_ms = clock_wall_ms() + CLOCK_DAY_MS };
		m->recipients[i] = (struct store_recipient){
		    .address = STR_LIT("r@out.example"),
		    .action = STR_LIT("protect"), .grant = g->id,
		    .item = m->items[i].id };
	}
	m->event = (struct store_event){ STR_LIT("message.accepted"),
	    STR_LIT("{}") };
	m->accept = (struct store_accept){ .message = &m->message,
	    .recipients = m->recipients, .n_recipients = n,
	    .parcels = &m->parcel, .n_parcels = 1,
	    .grants = m->grants, .n_grants = n, .payloads = m->payloads,
	    .n_payloads = n, .items = m->items, .n_items = n,
	    .event = &m->event };
}

#define OK(call) \
	do { \
		if ((call) == -1) \
			fail_msg("%s: %s", #call, err.msg); \
	} while (0)

static void
parts_come_back_in_any_steps(void **state)
{
	AUTO_BUF struct buf big = BUF_INIT(FILE_MAX);
	uint8_t out[100000];
	struct sample m;
	uint64_t length, at = 0;
	size_t n, got;

	for (uint32_t i = 0; i < 200000; i++)
		buf_u32be(&big, i * 2654435761u);
	fill(&m, 1, buf_view(&big));
	OK(store_accept(*state, &m.accept, &err));
	OK(store_parts(*state, &m.parcel.id, &length, 1, &n, &err));
	assert_int_equal(n, 1);
	assert_int_equal(length, big.len);
	for (; at < length; at += got) {
		OK(store_part_read(*state, &m.parcel.id, 0, at, out, sizeof(out),
		    &got, &err));
		assert_true(got > 0);
		assert_memory_equal(out, big.p + at, got);
	}
	OK(store_part_read(*state, &m.parcel.id, 0, at, out, 1, &got, &err));
	assert_int_equal(got, 0);
}

static size_t
count_files(void)
{
	char name[sizeof(folder) + 16];
	struct dirent **names;
	int n;

	(void)snprintf(name, sizeof(name), "%s/blobs", folder);
	n = scandir(name, &names, NULL, NULL);
	assert_true(n >= 2);
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return ((size_t)n - 2);	/* . and .. */
}

static void
large_parts_are_files_and_go_with_their_rows(void **state)
{
	AUTO_BUF struct buf big = BUF_INIT(FILE_MAX), out = BUF_INIT(FILE_MAX);
	struct sample m;
	size_t n;

	for (uint32_t i = 0; i < 100000; i++)
		buf_u32be(&big, i);
	fill(&m, 1, buf_view(&big));
	m.payloads[0].sealed = buf_view(&big);
	OK(store_accept(*state, &m.accept, &err));
	assert_int_equal(count_files(), 2);
	OK(store_payload_read(*state, &m.payloads[0].id, &out, &err));
	assert_int_equal(out.len, big.len);
	assert_memory_equal(out.p, big.p, big.len);
	/* One that fails leaves nothing. */
	m.message.id = id_new();
	assert_int_equal(store_accept(*state, &m.accept, &err), -1);
	store_attempt(*state, &m.items[0].id, STORE_DELIVERED, 0,
	    STR_LIT("250"), NULL);
	store_flush(*state);
	assert_int_equal(count_files(), 1);
	OK(store_revoke(*state, &m.grants[0].message, STR_NULL, NULL, &n,
	    &err));
	assert_int_equal(n, 1);
	assert_int_equal(count_files(), 0);
}

static size_t
claim(struct store *s, struct arena *a, struct store_item **items)
{
	struct store_claim wish = { .now_ms = clock_wall_ms() + 1,
		.lease_ms = CLOCK_MINUTE_MS, .max = 10,
		.after = BUF_INIT(1024) };
	size_t n;

	OK(store_claim(s, &wish, a, items, &n, &err));
	buf_done(&wish.after);
	return (n);
}

static void
an_item_is_claimed_once_and_again_after_its_delay(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_item *items;
	struct sample m;
	int64_t due;

	fill(&m, 1, STR_LIT("part"));
	OK(store_accept(*state, &m.accept, &err));
	assert_int_equal(claim(*state, a, &items), 1);
	assert_true(str_eq(items[0].route, STR_LIT("out.example")));
	assert_int_equal(claim(*state, a, &items), 0);
	store_attempt(*state, &m.items[0].id, STORE_DEFERRED, 5,
	    STR_LIT("451 4.3.0 later"), NULL);
	store_flush(*state);
	OK(store_next_due(*state, &due, &err));
	assert_int_equal(due, 5);
	assert_int_equal(claim(*state, a, &items), 1);
	assert_int_equal(items[0].attempts, 1);
	assert_true(str_eq(items[0].last_reply, STR_LIT("451 4.3.0 later")));
	store_attempt(*state, &m.items[0].id, STORE_RETURNED, 9, STR_NULL,
	    NULL);
	store_flush(*state);
	assert_int_equal(claim(*state, a, &items), 1);
	assert_int_equal(items[0].attempts, 1);
	assert_true(str_eq(items[0].last_reply, STR_LIT("451 4.3.0 later")));
}

static void
a_shared_payload_goes_with_its_last_item(void **state)
{
	AUTO_BUF struct buf payload = BUF_INIT(100);
	struct sample m;

	fill(&m, 2, STR_LIT("part"));
	m.items[1].payload = m.items[0].payload;
	m.items[0].kind = m.items[1].kind = STR_LIT("mail");
	m.accept.n_payloads = 1;
	OK(store_accept(*state, &m.accept, &err));
	store_attempt(*state, &m.items[0].id, STORE_DELIVERED, 0,
	    STR_LIT("250 ok"), &m.event);
	store_flush(*state);
	OK(store_payload_read(*state, &m.items[0].payload, &payload, &err));
	assert_true(str_eq(buf_view(&payload), STR_LIT("sealed notice")));
	store_attempt(*state, &m.items[1].id, STORE_FAILED, 0,
	    STR_LIT("550 no"), &m.event);
	store_flush(*state);
	assert_int_equal(store_payload_read(*state, &m.items[0].payload,
	    &payload, &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
}

static bool
is_dead(const char *owner)
{
	assert_string_equal(owner, "test:1:1");
	return (false);
}

static void
leases_of_the_dead_are_given_back(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_item *items;
	struct sample m;
	size_t n;

	fill(&m, 3, STR_LIT("part"));
	m.accept.lease_ms = CLOCK_HOUR_MS;
	OK(store_accept(*state, &m.accept, &err));
	assert_int_equal(claim(*state, a, &items), 0);
	OK(store_leases_recover(*state, is_dead, &n, &err));
	assert_int_equal(n, 3);
	assert_int_equal(claim(*state, a, &items), 3);
}

static void
a_failing_write_fails_alone(void **state)
{
	struct sample m;
	int64_t rows;

	fill(&m, 1, STR_LIT("part"));
	OK(store_accept(*state, &m.accept, &err));
	assert_int_equal(store_accept(*state, &m.accept, &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	OK(store_audit_verify(*state, &rows, &err));
	assert_int_equal(rows, 1);
}

static bool
file_has(const char *tail, const void *p, size_t len)
{
	AUTO_BUF struct buf b = BUF_INIT(FILE_MAX);
	char name[128];

	(void)snprintf(name, sizeof(name), "%s%s", path, tail);
	if (sys_read_file(name, &b, &err) == -1 || b.len == 0)
		return (false);
	return (memmem(b.p, b.len, p, len) != NULL);
}

static void
revoking_leaves_no_key_in_the_files(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_grant_facts facts;
	struct sample m[40];
	uint64_t length;
	size_t n;

	for (size_t i = 0; i < COUNT_OF(m); i++) {
		fill(&m[i], 3, STR_LIT("part"));
		OK(store_accept(*state, &m[i].accept, &err));
	}
	assert_true(file_has("-wal", m[7].grants[1].wck, STORE_WCK_BYTES));
	for (size_t i = 0; i < COUNT_OF(m); i += 3) {
		OK(store_revoke(*state, &m[i].message.id, STR_NULL, NULL, &n,
		    &err));
		assert_int_equal(n, 3);
	}
	for (size_t i = 0; i < COUNT_OF(m); i++)
		for (size_t j = 0; j < 3; j++) {
			struct store_grant *g = &m[i].grants[j];

			assert_int_equal(file_has("", g->wrapped_s, 64),
			    i % 3 != 0);
			assert_int_equal(file_has("", g->wck, 48), i % 3 != 0);
			assert_false(file_has("-wal", g->wck, 48));
		}
	OK(store_grant_find(*state, &m[0].grants[0].id, 0, a, &facts, &err));
	assert_int_equal(facts.state, STORE_GRANT_REVOKED);
	OK(store_parts(*state, &m[0].parcel.id, &length, 1, &n, &err));
	assert_int_equal(n, 0);
	OK(store_parts(*state, &m[1].parcel.id, &length, 1, &n, &err));
	assert_int_equal(n, 1);
}

static void
messages_are_listed_and_found(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_message_row *rows;
	struct store_recipient_row *recipients;
	struct store_audit_row *events;
	struct store_message found;
	struct store_item *items;
	struct sample m;
	size_t n;

	fill(&m, 2, STR_LIT("part"));
	OK(store_accept(*state, &m.accept, &err));
	OK(store_grant_opened(*state, &m.grants[1].id, 7, NULL, &err));
	OK(store_messages(*state, STR_NULL, STR_LIT("R@out.example"), 9, a,
	    &rows, &n, &err));
	assert_int_equal(n, 1);
	assert_int_equal(rows[0].n_recipients, 2);
	assert_int_equal(rows[0].n_grants, 2);
	assert_int_equal(rows[0].n_opened, 1);
	assert_int_equal(rows[0].n_open_items, 2);
	OK(store_messages(*state, STR_LIT("x@own.example"), STR_NULL, 9, a,
	    &rows, &n, &err));
	assert_int_equal(n, 0);
	OK(store_message_find(*state, STR_LIT("<a@own.example>"), a, &found,
	    &err));
	assert_true(id_eq(&found.id, &m.message.id));
	OK(store_message_recipients(*state, &found.id, a, &recipients, &n,
	    &err));
	assert_int_equal(n, 2);
	assert_int_equal(recipients[1].opened_n, 1);
	OK(store_message_items(*state, &found.id, a, &items, &n, &err));
	assert_int_equal(n, 2);
	OK(store_audit_of(*state, &found.id, a, &events, &n, &err));
	assert_int_equal(n, 0);	/* the sample's event names no message */
}

static void
a_grant_past_its_time_is_expired_and_erased(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_grant_facts facts;
	struct sample m;
	size_t n;

	fill(&m, 1, STR_LIT("part"));
	m.grants[0].expires_ms = 1000;
	OK(store_accept(*state, &m.accept, &err));
	OK(store_grant_find(*state, &m.grants[0].id, 999, a, &facts, &err));
	assert_int_equal(facts.state, STORE_GRANT_ACTIVE);
	OK(store_grant_find(*state, &m.grants[0].id, 1000, a, &facts, &err));
	assert_int_equal(facts.state, STORE_GRANT_EXPIRED);
	OK(store_expire(*state, 1000, 10, &n, &err));
	assert_int_equal(n, 1);
	assert_false(file_has("", m.grants[0].wck, STORE_WCK_BYTES));
}

static void
a_passcode_has_so_many_tries(void **state)
{
	struct store_passcode p = { .grant = id_new(), .reference = "K7Q2",
	    .expires_ms = 1000, .tries = 2 };
	uint8_t wrong[STORE_HASH_BYTES] = { 1 };
	enum store_try result;
	unsigned left;

	OK(store_passcode_put(*state, &p, &err));
	OK(store_passcode_try(*state, &p.grant, wrong, 1, &result, &left, &err));
	assert_int_equal(result, STORE_TRY_WRONG);
	assert_int_equal(left, 1);
	OK(store_passcode_try(*state, &p.grant, p.mac, 1, &result, &left, &err));
	assert_int_equal(result, STORE_TRY_RIGHT);
	OK(store_passcode_try(*state, &p.grant, p.mac, 1, &result, &left, &err));
	assert_int_equal(result, STORE_TRY_NONE);
	OK(store_passcode_put(*state, &p, &err));
	OK(store_passcode_try(*state, &p.grant, p.mac, 1000, &result, &left,
	    &err));
	assert_int_equal(result, STORE_TRY_NONE);
	OK(store_passcode_try(*state, &p.grant, wrong, 1, &result, &left, &err));
	OK(store_passcode_try(*state, &p.grant, wrong, 1, &result, &left, &err));
	assert_int_equal(left, 0);
	OK(store_passcode_try(*state, &p.grant, p.mac, 1, &result, &left, &err));
	assert_int_equal(result, STORE_TRY_NONE);
}

static void
a_budget_refills_with_its_window(void **state)
{
	int64_t retry;

	for (int i = 0; i < 3; i++) {
		OK(store_limit_take(*state, "k", 100, 2, 10, &retry, &err));
		assert_int_equal(retry, i < 2 ? 0 : 100);
	}
	OK(store_limit_take(*state, "k", 100, 2, 110, &retry, &err));
	assert_int_equal(retry, 0);
}

static void *
accept_many(void *arg)
{
	for (int i = 0; i < 50; i++) {
		struct sample m;

		fill(&m, 1, STR_LIT("part"));
		if (store_accept(arg, &m.accept, &err) == -1)
			return ("failed");
		store_attempt(arg, &m.items[0].id, STORE_DELIVERED, 0,
		    STR_LIT("250"), &m.event);
	}
	return (NULL);
}

static void
threads_share_commits_and_the_chain_holds(void **state)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_item *items;
	pthread_t threads[8];
	int64_t rows;
	size_t n;
	void *result;

	for (size_t i = 0; i < COUNT_OF(threads); i++)
		must(pthread_create(&threads[i], NULL, accept_many, *state) == 0);
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		(void)pthread_join(threads[i], &result);
		assert_null(result);
	}
	store_flush(*state);
	OK(store_items(*state, STORE_ITEM_DELIVERED, 1000, a, &items, &n, &err));
	assert_int_equal(n, 400);
	OK(store_audit_verify(*state, &rows, &err));
	assert_int_equal(rows, 800);
}

static void
a_newer_store_and_a_damaged_one_are_refused(void **state)
{
	AUTO_FD int fd = -1;
	struct store *s = *state;

	store_close(&s);
	*state = NULL;
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "\0\0\0\x63", 4, 60), 4);	/* user_version */
	assert_int_equal(store_open(path, "o", &s, &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	assert_non_null(strstr(err.msg, "newer"));
	assert_int_equal(pwrite(fd, "no database at all", 18, 0), 18);
	assert_int_equal(store_open(path, "o", &s, &err), -1);
	assert_non_null(strstr(err.msg, "damaged"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(parts_come_back_in_any_steps),
		T(large_parts_are_files_and_go_with_their_rows),
		T(an_item_is_claimed_once_and_again_after_its_delay),
		T(a_shared_payload_goes_with_its_last_item),
		T(leases_of_the_dead_are_given_back),
		T(a_failing_write_fails_alone),
		T(revoking_leaves_no_key_in_the_files),
		T(messages_are_listed_and_found),
		T(a_grant_past_its_time_is_expired_and_erased),
		T(a_passcode_has_so_many_tries),
		T(a_budget_refills_with_its_window),
		T(threads_share_commits_and_the_chain_holds),
		T(a_newer_store_and_a_damaged_one_are_refused),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
