/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two gateways, or a gateway and a command, on one store: no two lists of one
 * number, no step of an order twice, no second order.
 */
#include "desk.h"

#include <pthread.h>
#include <sys/stat.h>

#include "issue/authoritystate.h"
#include "issue/enrol.h"

#define LISTS 12
#define ORDERS 6

struct rival {
	struct store *store;
	struct authority *authority;
	struct enrol *enrol;
};

static struct desk d;
static struct rival rivals[2];
static struct settings_enrol settings = { .way = SETTINGS_ENROL_COMMAND,
	.kind = MAILKEY_P256 };
static pthread_barrier_t start;

static void
begin(void)
{
	struct authority_making how = { .name = STR_LIT("Beispiel GmbH"), .kind = MAILKEY_P256,
		.now_ms = DESK_NOW, .profile = { .kind = MAILKEY_P256,
		.days = 365, .base_url = STR_LIT("https://mail.example") } };
	struct err err = ERR_INIT;

	desk_open(&d);
	how.workspace = d.workspace;
	desk_ok(authority_make(d.store, NULL, NULL, &how, NULL, &err), &err);
	rivals[0].store = d.store;
	desk_ok(store_open(d.db, "test", &rivals[1].store, &err), &err);
	for (int i = 0; i < 2; i++) {
		const struct enrol_config c = { .store = rivals[i].store,
			.workspace = d.workspace, .settings = &settings,
			.may_execute = true };

		rivals[i].enrol = enrol_new(&c);
		desk_ok(authority_open(rivals[i].store, NULL, NULL,
		    &d.workspace, &rivals[i].authority, &err), &err);
	}
}

static void
end(void)
{
	for (int i = 0; i < 2; i++) {
		enrol_free(&rivals[i].enrol);
		authority_free(&rivals[i].authority);
	}
	store_close(&rivals[1].store);
	desk_close(&d);
}

static void
both(void *(*run)(void *))
{
	pthread_t second;

	assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
	assert_int_equal(pthread_create(&second, NULL, run, &rivals[1]), 0);
	(void)run(&rivals[0]);
	assert_int_equal(pthread_join(second, NULL), 0);
	(void)pthread_barrier_destroy(&start);
}

static int64_t
number(void)
{
	struct authority_facts f;
	struct err err = ERR_INIT;

	desk_ok(authority_facts(d.store, &d.workspace, d.a, &f, &err), &err);
	return (f.crl_number);
}

static void *
forces_lists(void *arg)
{
	struct rival *r = arg;
	struct err err = ERR_INIT;

	(void)pthread_barrier_wait(&start);
	for (int i = 0; i < LISTS; i++)
		must(authority_crl(r->authority, DESK_NOW, &err) == 0);
	return (NULL);
}

/* When a list is due, it is not signed by both. */
static void *
tends(void *arg)
{
	struct rival *r = arg;
	struct err err = ERR_INIT;

	(void)pthread_barrier_wait(&start);
	for (int i = 0; i < 3; i++)
		must(authority_tend(r->authority, DESK_NOW +
		    2 * CLOCK_DAY_MS, &err) == 0);
	return (NULL);
}

static void
lists_have_numbers_of_their_own(void **state UNUSED)
{
	int64_t before;

	begin();
	before = number();
	both(forces_lists);
	assert_int_equal(number(), before + 2 * (int64_t)LISTS);
	both(tends);
	assert_int_equal(number(), before + 2 * (int64_t)LISTS + 1);
	end();
}

/* ---- orders ------------------------------------------------------------ */

static void *
goes_on(void *arg)
{
	struct rival *r = arg;
	struct err err = ERR_INIT;
	size_t n;

	(void)pthread_barrier_wait(&start);
	must(enrol_tend(r->enrol, DESK_NOW, &n, &err) == 0);
	return (NULL);
}

static void
a_step_is_taken_once(void **state UNUSED)
{
	AUTO_BUF struct buf ran = BUF_INIT(4096);
	struct err err = ERR_INIT;
	struct store_order *orders;
	bool is_done;
	size_t n;

	begin();
	/* One that says "later", and leaves a trace. */
	settings.command = desk_write(&d, "program", str_of(arena_printf(d.a,
	    "#!/bin/sh\necho x >>%s/ran\nsleep 0.02\nexit 75\n", d.dir)));
	must(chmod(settings.command, 0700) == 0);
	for (int i = 0; i < ORDERS; i++)
		desk_ok(enrol_begin(rivals[0].enrol, str_of(arena_printf(d.a,
		    "p%d@own.example", i)), STR_NULL, DESK_NOW, &is_done,
		    &err), &err);
	both(goes_on);
	desk_ok(sys_read_file(arena_printf(d.a, "%s/ran", d.dir), &ran,
	    &err), &err);
	assert_int_equal(ran.len, 2 * ORDERS);
	desk_ok(store_orders(d.store, STR_NULL, STORE_ORDER_WAITING, 100,
	    d.a, &orders, &n, &err), &err);
	assert_int_equal(n, ORDERS);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(orders[i].attempts, 1);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_have_numbers_of_their_own),
		cmocka_unit_test(a_step_is_taken_once),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
