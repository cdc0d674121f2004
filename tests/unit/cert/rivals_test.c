/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two gateways on one store tend at the same moment, each by a connection of
 * its own: everything is done once.
 */
#include "office.h"

#include <openssl/pem.h>
#include <pthread.h>

#include "net/selfsigned.h"

#define PEOPLE 12
#define SLOW_MS 5	/* what is done takes its time: they do meet */

struct rival {
	struct store *store;
	size_t n_orders, n_put, n_revoked, n_mails, n_published;
};

static pthread_barrier_t start;

static void
rest(void)
{
	clock_sleep_until(clock_mono_ms() + SLOW_MS);
}

/* One that can be put in a bundle; whose it is nobody looks at here. */
static struct str
real_der(void)
{
	AUTO_BUF struct buf key = BUF_INIT(1u << 16);
	AUTO_BUF struct buf pem = BUF_INIT(1u << 16);
	uint8_t *der = NULL;
	struct str out;
	X509 *x;
	BIO *bio;
	int len;

	OK(selfsigned_make("us.example", &key, &pem, &err));
	bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	len = i2d_X509(x, &der);
	must(len > 0);
	out = arena_str(a, str_make(der, (size_t)len));
	OPENSSL_free(der);
	X509_free(x);
	return (out);
}

/* A new one as long as a year, as our own authority makes it. */
static int
issues(void *ctx, const struct store_cert *old, struct str name UNUSED,
    int64_t now_ms, struct arena *arena UNUSED, enum renew_outcome *out,
    struct err *e)
{
	static unsigned made = 1u << 20;
	struct rival *r = ctx;
	struct store_cert c = *old;
	unsigned n = __atomic_add_fetch(&made, 1, __ATOMIC_SEQ_CST);

	rest();
	memset(c.sha256, 0, sizeof(c.sha256));
	memcpy(c.sha256, &n, sizeof(n));
	c.from_ms = now_ms;
	c.until_ms = now_ms + 365 * DAY;
	r->n_orders++;
	*out = RENEW_ISSUED;
	return (store_cert_put(r->store, &c, NULL, e) == -1 ? -1 :
	    store_cert_set(r->store, old->sha256, STORE_CERT_REPLACED,
	    STR_NULL, NULL, e));
}

static int
to_directory(void *ctx, struct str address UNUSED,
    const struct str *ders UNUSED, size_t n UNUSED, struct str bundle UNUSED,
    bool *is_there, struct err *e UNUSED)
{
	struct rival *r = ctx;

	rest();
	r->n_put++;
	*is_there = true;
	return (0);
}

static void *
renews(void *arg)
{
	struct rival *r = arg;
	const struct renew_config c = { .store = r->store,
		.workspace = workspace, .days = 30,
		.sources = 1u << STORE_CERT_ISSUED, .order = issues,
		.ctx = r, .max = 100 };
	struct err e = ERR_INIT;
	struct renew_done done;

	(void)pthread_barrier_wait(&start);
	must(renew_tend(&c, NOW_MS, &done, &e) == 0);
	return (NULL);
}

static void *
publishes(void *arg)
{
	struct rival *r = arg;
	const struct publish_config c = { .store = r->store,
		.workspace = workspace, .directory = to_directory, .ctx = r,
		.max = 100 };
	struct err e = ERR_INIT;

	(void)pthread_barrier_wait(&start);
	must(publish_tend(&c, NOW_MS, &r->n_published, &e) == 0);
	return (NULL);
}

/* Everybody but one is gone for long. */
static void *
revokes(void *arg)
{
	const struct leave_person left = { .address =
	    STR_LIT("p0@us.example") };
	struct rival *r = arg;
	const struct leave_config c = { .store = r->store,
		.workspace = workspace, .by_person = true, .order = issues,
		.ctx = r, .by = STR_LIT("a test") };
	struct arena *own = arena_new();
	struct err e = ERR_INIT;
	struct leave_plan plan;
	struct leave_done done;

	must(leave_compare(&c, &left, 1, NOW_MS + DAY, own, &plan, &e) == 0);
	(void)pthread_barrier_wait(&start);
	must(leave_apply(&c, &plan, NOW_MS + DAY, &done, &e) == 0);
	r->n_revoked = done.n_revoked;
	arena_free(&own);
	return (NULL);
}

static int
mail(void *ctx, const struct note *n, struct buf *sealed,
    struct store_payload *payload, struct store_item *item, struct err *e)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	int rc;

	must(pthread_mutex_lock(&one) == 0);
	rc = office_mail(ctx, n, sealed, payload, item, e);
	must(pthread_mutex_unlock(&one) == 0);
	return (rc);
}

static void *
reminds(void *arg)
{
	struct rival *r = arg;
	const struct remind_config c = { .store = r->store,
		.workspace = workspace, .organisation = STR_LIT("Us"),
		.tells_owners = true, .steps = { 90, 60, 30 }, .n_steps = 3,
		.postmaster = STR_LIT("post@us.example"),
		.hostname = STR_LIT("mx"), .mail = mail, .max = 100 };
	struct err e = ERR_INIT;

	(void)pthread_barrier_wait(&start);
	must(remind_tend(&c, NOW_MS, &r->n_mails, &e) == 0);
	return (NULL);
}

static void
both(struct rival r[static 2], void *(*run)(void *))
{
	pthread_t second;

	assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
	assert_int_equal(pthread_create(&second, NULL, run, &r[1]), 0);
	(void)run(&r[0]);
	assert_int_equal(pthread_join(second, NULL), 0);
	(void)pthread_barrier_destroy(&start);
}

static size_t
mails_kept(void)
{
	struct store_item *items;
	size_t n;

	OK(store_items(store, -1, 100, a, &items, &n, &err));
	return (n);
}

static size_t
events(const char *name)
{
	char command[160];
	int n = -1;
	FILE *f;

	(void)snprintf(command, sizeof(command), "sqlite3 %s/s.db \"SELECT "
	    "count(*) FROM audit WHERE event = '%s'\"", folder, name);
	f = popen(command, "r");
	assert_non_null(f);
	if (fscanf(f, "%d", &n) != 1)
		n = -1;
	(void)pclose(f);
	return ((size_t)n);
}

static void
all_is_done_once(void **state UNUSED)
{
	struct rival r[2] = { { .store = store }, { .store = NULL } };
	struct leave_person *team = arena_array(a, PEOPLE, sizeof(*team));
	struct leave_config c = { .store = store, .workspace = workspace,
		.by_person = true };
	struct leave_plan plan;
	struct str der = real_der();
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/s.db", folder);
	OK(store_open(path, "test", &r[1].store, &err));
	for (int i = 0; i < PEOPLE; i++) {
		const char *address = arena_printf(a, "p%d@us.example", i);
		struct store_cert old = office_cert(address, 20, 365);

		old.der = der;
		team[i].address = str_of(address);
		office_put(&old);
	}
	OK(leave_compare(&c, team, PEOPLE, NOW_MS, a, &plan, &err));
	OK(leave_note(&c, &plan, &err));
	both(r, reminds);
	assert_int_equal(r[0].n_mails + r[1].n_mails, mails_kept());
	/* One to each, and one to the administrator. */
	assert_int_equal(mails_kept(), PEOPLE + 1);
	both(r, renews);
	assert_int_equal(r[0].n_orders + r[1].n_orders, PEOPLE);
	assert_true(r[0].n_orders > 0 && r[1].n_orders > 0);
	both(r, publishes);
	assert_int_equal(r[0].n_put + r[1].n_put, PEOPLE);
	assert_int_equal(r[0].n_published + r[1].n_published, PEOPLE);
	both(r, revokes);
	assert_int_equal(r[0].n_revoked + r[1].n_revoked, PEOPLE - 1);
	assert_int_equal(events("cert.revoked"), PEOPLE - 1);
	store_close(&r[1].store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_is_done_once,
		    office_begin, office_end),
	};

	return (cmocka_run_group_tests_name("rivals", tests, NULL, NULL));
}
