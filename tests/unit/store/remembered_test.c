/* SPDX-License-Identifier: Apache-2.0 */
/* What the policy knew of messages: kept, read in order, forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"

#define N 25
#define HOUR_MS INT64_C(3600000)

static char folder[] = "/tmp/letterlock-remembered-XXXXXX";
static char path[64];
static struct err err;

static int
make_folder(void **state UNUSED)
{
	if (mkdtemp(folder) == NULL)
		return (-1);
	(void)snprintf(path, sizeof(path), "%s/letterlock.db", folder);
	return (0);
}

static int
remove_folder(void **state UNUSED)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return (system(command));
}

/* As id_new() would have made it then. */
static struct id
id_of(int64_t at_ms, uint8_t n)
{
	struct id id = { { 0 } };

	for (int i = 0; i < 6; i++)
		id.b[i] = (uint8_t)((uint64_t)at_ms >> (40 - 8 * i));
	id.b[15] = n;
	return (id);
}

static struct store_features
features(uint8_t n, const char *record)
{
	struct store_features f = { .message = id_of(n * HOUR_MS, n),
	    .at_ms = n * HOUR_MS, .is_refused = n % 2 != 0,
	    .questions = STR_LIT("c 0123456789abcdef\n"),
	    .record = str_of(record) };

	f.questions_hash[0] = n < 20 ? 1 : 2;
	return (f);
}

static size_t
count_all(struct store *s, int64_t from_ms)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_features *rows;
	struct id after = { { 0 } };
	size_t n, total = 0;
	uint64_t counted;

	do {
		assert_int_equal(store_features_next(s, &after, from_ms, 4, a,
		    &rows, &n, &err), 0);
		for (size_t i = 0; i < n; i++) {
			assert_true(memcmp(after.b, rows[i].message.b,
			    ID_BYTES) < 0);
			assert_true(rows[i].at_ms >= from_ms);
			assert_int_equal(rows[i].is_refused,
			    rows[i].message.b[15] % 2);
			assert_true(str_eq(rows[i].record, STR_LIT("r")));
			after = rows[i].message;
		}
		total += n;
	} while (n == 4);
	assert_int_equal(store_features_count(s, from_ms, &counted, &err), 0);
	assert_int_equal(counted, total);
	return (total);
}

static void
records_are_kept_and_forgotten(void **state UNUSED)
{
	AUTO_BUF struct buf text = BUF_INIT(1024);
	struct store_features f;
	struct store *s;
	size_t n = 0;

	assert_int_equal(store_open(path, "test", &s, &err), 0);
	for (uint8_t i = 1; i <= N; i++) {
		f = features(i, "r");
		assert_int_equal(store_features_put(s, &f, &err), 0);
	}
	assert_int_equal(count_all(s, 0), N);
	assert_int_equal(count_all(s, 11 * HOUR_MS), N - 10);
	assert_int_equal(store_questions_get(s, f.questions_hash, &text,
	    &err), 0);
	assert_true(str_eq(buf_view(&text), f.questions));
	f.questions_hash[0] = 3;
	assert_int_equal(store_questions_get(s, f.questions_hash, &text,
	    &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	/* A few at once, and only the old ones. */
	assert_int_equal(store_features_expire(s, 11 * HOUR_MS, 4, &n, &err),
	    0);
	assert_int_equal(n, 4);
	assert_int_equal(store_features_expire(s, 11 * HOUR_MS, 100, &n,
	    &err), 0);
	assert_int_equal(n, 6);
	assert_int_equal(count_all(s, 0), N - 10);
	store_close(&s);
}

/* With the message or not at all. */
static void
a_record_belongs_to_its_message(void **state UNUSED)
{
	struct store_message m = { .id = id_of(100 * HOUR_MS, 4),
	    .workspace = id_of(1, 1), .sender = STR_LIT("a@b.example"),
	    .sender_name = STR_LIT(""), .message_id = STR_LIT(""),
	    .client = STR_LIT("") };
	struct store_features f = features(4, "r");
	struct store_accept accept = { .message = &m, .features = &f };
	struct store *s;
	size_t before;

	assert_int_equal(store_open(path, "test", &s, &err), 0);
	before = count_all(s, 0);
	f.message = m.id;
	assert_int_equal(store_accept(s, &accept, &err), 0);
	assert_int_equal(count_all(s, 0), before + 1);
	/* The same message again fails, and leaves nothing. */
	f.message = id_of(101 * HOUR_MS, 4);
	assert_int_equal(store_accept(s, &accept, &err), -1);
	assert_int_equal(count_all(s, 0), before + 1);
	store_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_kept_and_forgotten),
		cmocka_unit_test(a_record_belongs_to_its_message),
	};

	return (cmocka_run_group_tests(tests, make_folder, remove_folder));
}
