/* SPDX-License-Identifier: Apache-2.0 */
/* Mail waiting in the queue, encrypted under keys of a real keeper. */
#include "../keep/rig.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "seal/spool.h"
#include "store/store.h"

#define PLAIN_MAX (1u << 20)
#define THREADS 4
#define ROUNDS 50

static struct rig rig;
static struct store *store;
static struct spool *gateway;

/* Time that was skipped. A thread in a hurry skips instead of sleeping. */
static atomic_llong skipped_ms;
static _Thread_local bool hurries;

int64_t __real_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void);
void __real_clock_sleep_until(int64_t deadline_ms);
void __wrap_clock_sleep_until(int64_t deadline_ms);

int64_t
__wrap_clock_mono_ms(void)
{
	return (__real_clock_mono_ms() + skipped_ms);
}

void
__wrap_clock_sleep_until(int64_t deadline_ms)
{
	int64_t left_ms = deadline_ms - __wrap_clock_mono_ms();

	if (hurries)
		skipped_ms += MAX_OF(left_ms, INT64_C(0));
	else
		__real_clock_sleep_until(deadline_ms - skipped_ms);
}

static int
make(void **state)
{
	char path[128];
	struct err err = ERR_INIT;

	(void)state;
	skipped_ms = 0;
	rig_make(&rig);
	rig.peers = (struct keep_peers){ 0 };
	rig_start(&rig);
	(void)snprintf(path, sizeof(path), "%s/store", rig.dir);
	rig_ok(store_open(path, "test", &store, &err), &err);
	gateway = spool_new(rig.socket, "gateway", store);
	return (0);
}

static int
end(void **state)
{
	(void)state;
	spool_free(&gateway);
	assert_null(gateway);
	spool_free(&gateway);
	store_close(&store);
	rig_stop(&rig);
	rig_remove(&rig);
	return (0);
}

static void
seal(struct spool *s, struct str plain, struct id *payload, struct id *key,
    struct buf *out)
{
	struct err err = ERR_INIT;

	*payload = id_new();
	buf_init(out, PLAIN_MAX);
	rig_ok(spool_seal(s, payload, plain, key, out, &err), &err);
}

static void
assert_opens(struct spool *s, const struct id *payload, const struct id *key,
    struct str sealed, struct str plain)
{
	AUTO_BUF struct buf got = BUF_INIT(PLAIN_MAX);
	struct err err = ERR_INIT;

	rig_ok(spool_open(s, payload, key, sealed, &got, &err), &err);
	assert_true(str_eq(buf_view(&got), plain));
}

static void
assert_refused(struct spool *s, const struct id *payload,
    const struct id *key, struct str sealed, enum err_kind kind)
{
	AUTO_BUF struct buf got = BUF_INIT(PLAIN_MAX);
	struct err err = ERR_INIT;

	assert_int_equal(spool_open(s, payload, key, sealed, &got, &err), -1);
	assert_int_equal(got.len, 0);
	assert_string_equal(err_kind_name(err.kind), err_kind_name(kind));
}

static void
what_waits_comes_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 500, 65536, 200000 };
	char *bytes = must_calloc(1, 200000);

	(void)state;
	memset(bytes, 'w', 200000);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct str plain = str_make(bytes, sizes[i]);
		AUTO_BUF struct buf sealed;
		struct id payload, key, other = id_new();

		seal(gateway, plain, &payload, &key, &sealed);
		assert_int_equal(str_find_nocase(buf_view(&sealed),
		    STR_LIT("wwww")), -1);
		assert_opens(gateway, &payload, &key, buf_view(&sealed), plain);
		assert_refused(gateway, &other, &key, buf_view(&sealed),
		    ERR_PERM);
		sealed.p[sealed.len - 1] ^= 1;
		assert_refused(gateway, &payload, &key, buf_view(&sealed),
		    ERR_PERM);
	}
	free(bytes);
}

static void
nobody_opens_under_no_key(void **state)
{
	AUTO_BUF struct buf sealed;
	struct id payload, key, none = { { 0 } }, unknown = id_new();
	AUTO_BUF struct buf got = BUF_INIT(PLAIN_MAX);
	struct err err = ERR_INIT;

	(void)state;
	seal(gateway, STR_LIT("x"), &payload, &key, &sealed);
	assert_int_equal(spool_open(gateway, &payload, &none,
	    buf_view(&sealed), &got, &err), -1);
	assert_int_equal(spool_open(gateway, &payload, &unknown,
	    buf_view(&sealed), &got, &err), -1);
}

static void
another_gateway_opens_it_and_the_portal_does_not(void **state)
{
	struct spool *second = spool_new(rig.socket, "gateway", store);
	struct spool *portal = spool_new(rig.socket, "portal", store);
	AUTO_BUF struct buf a, b;
	struct id payload_a, payload_b, key_a, key_b;

	(void)state;
	seal(gateway, STR_LIT("mail"), &payload_a, &key_a, &a);
	seal(portal, STR_LIT("code"), &payload_b, &key_b, &b);
	assert_false(id_eq(&key_a, &key_b));
	assert_opens(second, &payload_a, &key_a, buf_view(&a),
	    STR_LIT("mail"));
	assert_opens(second, &payload_b, &key_b, buf_view(&b),
	    STR_LIT("code"));
	assert_refused(portal, &payload_a, &key_a, buf_view(&a), ERR_DENIED);
	spool_free(&second);
	spool_free(&portal);
}

static void
keys_change_and_old_ones_still_open(void **state)
{
	struct id payloads[3 * SPOOL_KEYS_MAX], keys[3 * SPOOL_KEYS_MAX];
	struct buf sealed[3 * SPOOL_KEYS_MAX], more;
	struct id payload, key;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		seal(gateway, STR_LIT("mail"), &payloads[i], &keys[i],
		    &sealed[i]);
		seal(gateway, STR_LIT("mail"), &payload, &key, &more);
		assert_true(id_eq(&key, &keys[i]));
		buf_done(&more);
		if (i > 0)
			assert_false(id_eq(&keys[i - 1], &keys[i]));
		skipped_ms += SPOOL_ROTATE_MS;
	}
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		assert_opens(gateway, &payloads[i], &keys[i],
		    buf_view(&sealed[i]), STR_LIT("mail"));
		buf_done(&sealed[i]);
	}
}

/* A keeper that is away: old keys serve for a day, new ones are not to be had;
 * and when it is back a new key is made. */
static void
without_a_keeper_the_old_key_serves(void **state)
{
	AUTO_BUF struct buf a, b, c, d = BUF_INIT(PLAIN_MAX);
	struct id payload, first, key;
	struct err err = ERR_INIT;

	(void)state;
	seal(gateway, STR_LIT("mail"), &payload, &first, &a);
	rig_stop(&rig);
	skipped_ms += SPOOL_ROTATE_MS;
	hurries = true;
	seal(gateway, STR_LIT("mail"), &payload, &key, &b);
	assert_true(id_eq(&first, &key));
	assert_opens(gateway, &payload, &key, buf_view(&b), STR_LIT("mail"));
	skipped_ms += SPOOL_KEEP_MS;
	assert_int_equal(spool_seal(gateway, &payload, STR_LIT("mail"), &key,
	    &d, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	assert_true(id_eq(&first, &key));
	assert_int_equal(d.len, 0);
	hurries = false;
	rig_start(&rig);
	seal(gateway, STR_LIT("mail"), &payload, &key, &c);
	assert_false(id_eq(&first, &key));
}

static void *
work(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		AUTO_BUF struct buf sealed;
		struct id payload, key;

		seal(gateway, STR_LIT("mail"), &payload, &key, &sealed);
		assert_opens(gateway, &payload, &key, buf_view(&sealed),
		    STR_LIT("mail"));
		skipped_ms += SPOOL_ROTATE_MS / 10;
	}
	return (NULL);
}

static void
threads_share_a_spool(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, NULL),
		    0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_waits_comes_back, make,
		    end),
		cmocka_unit_test_setup_teardown(nobody_opens_under_no_key,
		    make, end),
		cmocka_unit_test_setup_teardown(
		    another_gateway_opens_it_and_the_portal_does_not, make,
		    end),
		cmocka_unit_test_setup_teardown(
		    keys_change_and_old_ones_still_open, make, end),
		cmocka_unit_test_setup_teardown(
		    without_a_keeper_the_old_key_serves, make, end),
		cmocka_unit_test_setup_teardown(threads_share_a_spool, make,
		    end),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
