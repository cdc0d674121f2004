/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve_test: every operation through a real socket and a real server
 * thread; who is refused what, and that it is logged.
 */
#include "rig.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "keep/curve.h"
#include "keepc/wire.h"

static struct rig rig;

static int
setup(void **state UNUSED)
{
	rig_make(&rig);
	rig.peers = (struct keep_peers){ 0 };
	rig_start(&rig);
	return (0);
}

static int
teardown(void **state UNUSED)
{
	rig_stop(&rig);
	rig_remove(&rig);
	return (0);
}

static void
fill(struct keep_grant *g)
{
	memset(g, 0, sizeof(*g));
	g->grant = id_new();
	id_random(g->secret, sizeof(g->secret));
}

static void
test_grants(void **state UNUSED)
{
	struct keepc *gateway = keepc_new(rig.socket, "gateway");
	struct keepc *portal = keepc_new(rig.socket, "portal");
	const size_t sizes[] = { 0, 1, 2, KEEP_BATCH_MAX };
	struct keep_grant grants[KEEP_BATCH_MAX];
	struct err err = ERR_INIT;

	for (size_t s = 0; s < COUNT_OF(sizes); s++) {
		for (size_t i = 0; i < sizes[s]; i++)
			fill(&grants[i]);
		rig_ok(keepc_wrap_grants(gateway, &rig.workspace, grants,
		    sizes[s], &err), &err);
		for (size_t i = 0; i < sizes[s]; i++) {
			struct keep_grant back = grants[i];

			memset(back.secret, 0, sizeof(back.secret));
			assert_memory_not_equal(grants[i].wrapped.b + 16,
			    grants[i].secret, KEEP_SECRET_BYTES);
			rig_ok(keepc_unwrap_grant(portal, &rig.workspace,
			    &back, &err), &err);
			assert_memory_equal(back.secret, grants[i].secret,
			    KEEP_SECRET_BYTES);
		}
	}
	keepc_free(&gateway);
	keepc_free(&portal);
	assert_null(portal);
	keepc_free(&portal);
}

/* Nothing is released when anything is not as it was wrapped. */
static void
test_changed_grants(void **state UNUSED)
{
	struct keepc *gateway = keepc_new(rig.socket, "gateway");
	struct keepc *portal = keepc_new(rig.socket, "portal");
	struct id elsewhere = id_new();
	struct keep_grant g, bad;
	struct err err = ERR_INIT;
	uint8_t untouched[KEEP_SECRET_BYTES];

	fill(&g);
	rig_ok(keepc_wrap_grants(gateway, &rig.workspace, &g, 1, &err), &err);
	memset(g.secret, 0xa5, sizeof(g.secret));
	memset(untouched, 0xa5, sizeof(untouched));
	for (size_t bit = 0; bit < 8 * KEEP_WRAPPED_BYTES; bit++) {
		bad = g;
		bad.wrapped.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(keepc_unwrap_grant(portal, &rig.workspace,
		    &bad, &err), -1);
		assert_int_equal(err.kind, ERR_PERM);
		assert_memory_equal(bad.secret, untouched, sizeof(untouched));
	}
	assert_true(rig_logged(&rig, "role=portal uid="));
	assert_true(rig_logged(&rig, "operation=unwrap-grant reason=\"the "
	    "wrapped grant was changed or belongs to something else\""));
	bad = g;
	bad.grant.b[15] ^= 1;
	assert_int_equal(keepc_unwrap_grant(portal, &rig.workspace, &bad,
	    &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	assert_int_equal(keepc_unwrap_grant(portal, &elsewhere, &g, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_int_equal(keepc_wrap_grants(gateway, &elsewhere, &g, 1, &err),
	    -1);
	assert_int_equal(err.kind, ERR_DENIED);
	/* And it still serves the right one, on the same connection. */
	rig_ok(keepc_unwrap_grant(portal, &rig.workspace, &g, &err), &err);
	keepc_free(&gateway);
	keepc_free(&portal);
}

static void
test_spool(void **state UNUSED)
{
	struct keepc *gateway = keepc_new(rig.socket, "gateway");
	struct keepc *portal = keepc_new(rig.socket, "portal");
	struct id a = id_new(), b = id_new();
	uint8_t key_a[KEEP_SECRET_BYTES], key_b[KEEP_SECRET_BYTES];
	uint8_t back[KEEP_SECRET_BYTES];
	struct keep_wrapped wrapped_a, wrapped_b;
	struct keep_grant as_grant = { .grant = a };
	struct err err = ERR_INIT;

	rig_ok(keepc_spool_new(gateway, &a, key_a, &wrapped_a, &err), &err);
	rig_ok(keepc_spool_new(portal, &b, key_b, &wrapped_b, &err), &err);
	assert_memory_not_equal(key_a, key_b, sizeof(key_a));
	rig_ok(keepc_spool_open(gateway, &a, &wrapped_a, back, &err), &err);
	assert_memory_equal(back, key_a, sizeof(back));
	rig_ok(keepc_spool_open(gateway, &b, &wrapped_b, back, &err), &err);
	assert_memory_equal(back, key_b, sizeof(back));
	assert_int_equal(keepc_spool_open(gateway, &a, &wrapped_b, back,
	    &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	/* A spool key does not open as a grant. */
	as_grant.wrapped = wrapped_a;
	assert_int_equal(keepc_unwrap_grant(portal, &rig.workspace, &as_grant,
	    &err), -1);
	keepc_free(&gateway);
	keepc_free(&portal);
}

static void
test_mac_and_loop_key(void **state UNUSED)
{
	struct keepc *gateway = keepc_new(rig.socket, "gateway");
	struct keepc *portal = keepc_new(rig.socket, "portal");
	uint8_t one[KEEP_MAC_BYTES], two[KEEP_MAC_BYTES];
	char data[WIRE_DATA_MAX + 1] = { 0 };
	struct err err = ERR_INIT;

	rig_ok(keepc_mac(portal, &rig.workspace, STR_LIT("12345678"), one,
	    &err), &err);
	rig_ok(keepc_mac(portal, &rig.workspace, STR_LIT("12345678"), two,
	    &err), &err);
	assert_memory_equal(one, two, sizeof(one));
	rig_ok(keepc_mac(portal, &rig.workspace, STR_LIT("12345679"), two,
	    &err), &err);
	assert_memory_not_equal(one, two, sizeof(one));
	rig_ok(keepc_mac(portal, &rig.workspace, str_make(data,
	    WIRE_DATA_MAX), two, &err), &err);
	assert_int_equal(keepc_mac(portal, &rig.workspace, str_make(data,
	    sizeof(data)), two, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(keepc_mac(portal, &rig.workspace, STR_NULL, two,
	    &err), -1);
	rig_ok(keepc_loop_key(gateway, one, &err), &err);
	rig_ok(keepc_loop_key(gateway, two, &err), &err);
	assert_memory_equal(one, two, sizeof(one));
	keepc_free(&gateway);
	keepc_free(&portal);
}

static void
test_reply_key(void **state UNUSED)
{
	struct keepc *gateway = keepc_new(rig.socket, "gateway");
	struct keepc *portal = keepc_new(rig.socket, "portal");
	uint8_t scalar[KEEP_SECRET_BYTES], ours[KEEP_SECRET_BYTES];
	uint8_t theirs[KEEP_SECRET_BYTES];
	uint8_t point[KEEP_P256_POINT_BYTES], reply[KEEP_P256_POINT_BYTES];
	uint8_t bad[KEEP_P256_POINT_BYTES];
	struct err err = ERR_INIT;

	curve_new(scalar);
	rig_ok(curve_public(scalar, point, &err), &err);
	rig_ok(keepc_reply_public(portal, &rig.workspace, reply, &err), &err);
	assert_int_equal(reply[0], 4);
	rig_ok(keepc_reply_derive(gateway, &rig.workspace, point, ours, &err),
	    &err);
	rig_ok(curve_derive(scalar, point, reply, theirs, &err), &err);
	assert_memory_equal(ours, theirs, sizeof(ours));
	/* Off the curve, infinity, compressed, hybrid: all refused. */
	for (unsigned i = 0; i < 5; i++) {
		static const uint8_t first[] = { 4, 0, 2, 6, 4 };

		memcpy(bad, point, sizeof(bad));
		bad[0] = first[i];
		if (i == 0)
			bad[64] ^= 1;
		if (i == 4)
			memset(bad + 1, 0xff, sizeof(bad) - 1);
		assert_int_equal(keepc_reply_derive(gateway, &rig.workspace,
		    bad, ours, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	assert_memory_equal(ours, theirs, sizeof(ours));
	keepc_free(&gateway);
	keepc_free(&portal);
}

static int
ask_dkim(struct keepc *k, enum wire_op op, const struct id *id,
    struct err *err)
{
	static struct dkimkey_name name = { 1, 2, "example.com", "s" };
	static uint8_t sealed[DKIMKEY_SEALED_BYTES];
	struct dkimkey key;
	bool has;

	switch (op) {
	case WIRE_OP_DKIM_LIST:
		return (keepc_dkim_list(k, 0, &key, &has, err));
	case WIRE_OP_DKIM_SIGN:
		return (keepc_dkim_sign(k, id, sealed, sealed + 64, err));
	case WIRE_OP_DKIM_MAKE:
		return (keepc_dkim_make(k, id, &name, sealed, err));
	default:
		return (keepc_dkim_load(k, id, &name, sealed, err));
	}
}

/* Ask op as role and say what kind of error comes back. */
static enum err_kind
ask(const char *role, enum wire_op op)
{
	struct keepc *k = keepc_new(rig.socket, role);
	struct keep_grant g = { .grant = id_new() };
	uint8_t out[KEEP_P256_POINT_BYTES];
	struct err err = ERR_INIT;
	int rc = -1;

	curve_new(g.secret);
	rig_ok(curve_public(g.secret, out, &err), &err);
	if (op == WIRE_OP_PING)
		rc = keepc_ping(k, &err);
	else if (op == WIRE_OP_WRAP_GRANTS)
		rc = keepc_wrap_grants(k, &rig.workspace, &g, 1, &err);
	else if (op == WIRE_OP_UNWRAP_GRANT)
		rc = keepc_unwrap_grant(k, &rig.workspace, &g, &err);
	else if (op == WIRE_OP_SPOOL_NEW)
		rc = keepc_spool_new(k, &g.grant, g.secret, &g.wrapped, &err);
	else if (op == WIRE_OP_SPOOL_OPEN)
		rc = keepc_spool_open(k, &g.grant, &g.wrapped, g.secret, &err);
	else if (op == WIRE_OP_MAC)
		rc = keepc_mac(k, &rig.workspace, STR_LIT("x"), out, &err);
	else if (op == WIRE_OP_LOOP_KEY)
		rc = keepc_loop_key(k, out, &err);
	else if (op == WIRE_OP_REPLY_PUBLIC)
		rc = keepc_reply_public(k, &rig.workspace, out, &err);
	else if (op == WIRE_OP_REPLY_DERIVE)
		rc = keepc_reply_derive(k, &rig.workspace, out, g.secret,
		    &err);
	else
		rc = ask_dkim(k, op, &g.grant, &err);
	keepc_free(&k);
	return (rc == 0 ? ERR_NONE : err.kind);
}

static void
test_who_may_what(void **state UNUSED)
{
	static const struct {
		enum wire_op op;
		const char *may;
	} rows[] = {
		{ WIRE_OP_PING, "gateway portal admin" },
		{ WIRE_OP_WRAP_GRANTS, "gateway" },
		{ WIRE_OP_UNWRAP_GRANT, "portal" },
		{ WIRE_OP_SPOOL_NEW, "gateway portal" },
		{ WIRE_OP_SPOOL_OPEN, "gateway" },
		{ WIRE_OP_MAC, "portal" },
		{ WIRE_OP_LOOP_KEY, "gateway" },
		{ WIRE_OP_REPLY_PUBLIC, "portal" },
		{ WIRE_OP_REPLY_DERIVE, "gateway" },
		{ WIRE_OP_DKIM_LIST, "gateway admin" },
		{ WIRE_OP_DKIM_SIGN, "gateway" },
		{ WIRE_OP_DKIM_MAKE, "admin" },
		{ WIRE_OP_DKIM_LOAD, "admin" },
	};
	static const char *const roles[] = { "gateway", "portal", "admin" };

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t j = 0; j < COUNT_OF(roles); j++) {
			bool may = strstr(rows[i].may, roles[j]) != NULL;
			enum err_kind kind = ask(roles[j], rows[i].op);
			char line[200];

			/* Allowed: at most "not a blob", never DENIED. */
			assert_int_equal(kind == ERR_DENIED, !may);
			(void)snprintf(line, sizeof(line), "role=%s uid=%u "
			    "pid=%d operation=%s reason=\"%s is not for the "
			    "role %s\"", roles[j], (unsigned)getuid(),
			    (int)getpid(), wire_op_name(rows[i].op),
			    wire_op_name(rows[i].op), roles[j]);
			assert_int_equal(rig_logged(&rig, line), !may);
		}
	assert_true(rig_logged(&rig, " warn letterlock refused role="));
}

/* With `check`, a role is its uid. */
static void
test_uids(void **state UNUSED)
{
	rig_stop(&rig);
	rig.peers = (struct keep_peers){ .gateway = getuid(),
		.portal = getuid() + 1, .admin = getuid() + 2,
		.check = true };
	rig_start(&rig);
	assert_int_equal(ask("gateway", WIRE_OP_LOOP_KEY), ERR_NONE);
	assert_int_equal(ask("portal", WIRE_OP_MAC), ERR_DENIED);
	assert_int_equal(ask("admin", WIRE_OP_PING), ERR_DENIED);
	assert_true(rig_logged(&rig, "operation=hello reason=\"uid "));
	assert_true(rig_logged(&rig, "is not the role portal\""));
}

static int
raw_connect(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", rig.socket);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return (fd);
}

/* Send bytes; the status byte of what comes back, or -1 when closed. */
static int
raw_ask(int fd, const void *p, size_t len)
{
	uint8_t reply[WIRE_PACKET_MAX];
	ssize_t n;

	assert_int_equal(send(fd, p, len, MSG_NOSIGNAL), (ssize_t)len);
	n = recv(fd, reply, sizeof(reply), 0);
	return (n < 2 ? -1 : reply[1]);
}

static void
test_malformed(void **state UNUSED)
{
	static const uint8_t hello[] = { 1, 1, 0, 1 };
	static const uint8_t first[][4] = {
		{ 2, 0, 0, 0 },		/* no hello */
		{ 1, 1, 0, 2 },		/* another version */
		{ 1, 0, 0, 1 },		/* no role */
		{ 1, 9, 0, 1 },		/* unknown role */
		{ 0, 0, 0, 0 }, { 255, 255, 255, 255 },
	};
	static const uint8_t later[][4] = {
		{ 1, 1, 0, 1 },		/* hello twice */
		{ 2, 1, 0, 0 }, { 2, 0, 0, 1 }, { 3, 0, 0, 0 },
		{ 3, 0, 0, 1 }, { 3, 0, 0, 129 }, { 3, 0, 255, 255 },
		{ 4, 0, 0, 0 }, { 5, 0, 0, 0 }, { 7, 0, 0, 0 },
		{ 11, 0, 0, 0 },
	};
	static uint8_t huge[WIRE_PACKET_MAX + 1];
	uint8_t end[8];
	int fd;

	for (size_t i = 0; i < COUNT_OF(first); i++) {
		fd = raw_connect();
		assert_in_range(raw_ask(fd, first[i], 4), 1, 5);
		assert_int_equal(recv(fd, end, sizeof(end), 0), 0);
		(void)close(fd);
	}
	fd = raw_connect();
	assert_int_equal(raw_ask(fd, hello, sizeof(hello)), 0);
	for (size_t i = 0; i < COUNT_OF(later); i++)
		assert_in_range(raw_ask(fd, later[i], 4), 1, 5);
	assert_int_equal(raw_ask(fd, "x", 1), 3);
	assert_int_equal(raw_ask(fd, huge, sizeof(huge)), 3);
	/* Still served. */
	assert_int_equal(raw_ask(fd, "\2\0\0\0", 4), 0);
	(void)close(fd);
	assert_true(rig_logged(&rig, "operation=unknown"));
}

static void
test_restart(void **state UNUSED)
{
	struct keepc *k = keepc_new(rig.socket, "gateway");
	uint8_t before[KEEP_SECRET_BYTES], after[KEEP_SECRET_BYTES];
	struct err err = ERR_INIT;
	int64_t start_ms;

	rig_ok(keepc_loop_key(k, before, &err), &err);
	rig_stop(&rig);
	rig_start(&rig);
	start_ms = clock_mono_ms();
	rig_ok(keepc_loop_key(k, after, &err), &err);
	assert_memory_equal(before, after, sizeof(before));
	assert_in_range(clock_mono_ms() - start_ms, 0, 1000);
	keepc_free(&k);
}

static void *
start_late(void *arg UNUSED)
{
	clock_sleep_until(clock_mono_ms() + 300);
	rig_start(&rig);
	return (NULL);
}

/* The call waits for a keeper that is not there yet, up to its deadline. */
static void
test_late_and_never(void **state UNUSED)
{
	struct keepc *k = keepc_new(rig.socket, "gateway");
	struct err err = ERR_INIT;
	pthread_t thread;
	int64_t start_ms;

	rig_stop(&rig);
	start_ms = clock_mono_ms();
	assert_int_equal(keepc_ping(k, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	assert_in_range(clock_mono_ms() - start_ms, KEEPC_CALL_MS - 200,
	    KEEPC_CALL_MS + 1000);
	assert_int_equal(pthread_create(&thread, NULL, start_late, NULL), 0);
	rig_ok(keepc_ping(k, &err), &err);
	assert_int_equal(pthread_join(thread, NULL), 0);
	keepc_free(&k);
}

#define CALLERS 8

static void *
call_much(void *arg)
{
	struct keepc *shared = arg, *own = keepc_new(rig.socket, "gateway");
	struct err err = ERR_INIT;

	for (unsigned i = 0; i < 50; i++) {
		struct keep_wrapped wrapped;
		uint8_t key[KEEP_SECRET_BYTES], back[KEEP_SECRET_BYTES];
		struct id spool = id_new();

		if (keepc_spool_new(shared, &spool, key, &wrapped, &err) != 0 ||
		    keepc_spool_open(own, &spool, &wrapped, back, &err) != 0 ||
		    memcmp(key, back, sizeof(key)) != 0)
			return (arg);
	}
	keepc_free(&own);
	return (NULL);
}

static void
test_threads(void **state UNUSED)
{
	struct keepc *shared = keepc_new(rig.socket, "gateway");
	pthread_t threads[CALLERS];
	void *bad;

	for (size_t i = 0; i < CALLERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_much,
		    shared), 0);
	for (size_t i = 0; i < CALLERS; i++) {
		assert_int_equal(pthread_join(threads[i], &bad), 0);
		assert_null(bad);
	}
	keepc_free(&shared);
}

/* More connections than places: the last waits, and is served when one ends. */
static void
test_full(void **state UNUSED)
{
	static const uint8_t hello[] = { 1, 1, 0, 1 };
	int fds[KEEP_CONNECTIONS_MAX], last;
	struct pollfd p = { .events = POLLIN };
	uint8_t reply[WIRE_PACKET_MAX];

	for (size_t i = 0; i < COUNT_OF(fds); i++) {
		fds[i] = raw_connect();
		assert_int_equal(raw_ask(fds[i], hello, sizeof(hello)), 0);
	}
	p.fd = last = raw_connect();
	assert_int_equal(send(last, hello, sizeof(hello), 0), 4);
	assert_int_equal(poll(&p, 1, 200), 0);
	assert_true(rig_logged(&rig, "full connections="));
	(void)close(fds[0]);
	assert_int_equal(recv(last, reply, sizeof(reply), 0), 4);
	assert_int_equal(reply[1], 0);
	for (size_t i = 1; i < COUNT_OF(fds); i++)
		(void)close(fds[i]);
	(void)close(last);
}

static void
test_listen(void **state UNUSED)
{
	struct err err = ERR_INIT;
	char path[160];
	struct stat st;

	/* Somebody answers there. */
	assert_int_equal(keep_listen(rig.socket, 0600, &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	assert_int_equal(stat(rig.socket, &st), 0);
	assert_int_equal(st.st_mode & 0777u, 0600);
	/* A file that is no socket is left alone. */
	(void)snprintf(path, sizeof(path), "%s/file", rig.dir);
	rig_ok(sys_write_file(path, STR_LIT("precious"), 0600, &err), &err);
	assert_int_equal(keep_listen(path, 0600, &err), -1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 8);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(keep_listen(path, 0600, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_grants), TEST(test_changed_grants), TEST(test_spool),
		TEST(test_mac_and_loop_key), TEST(test_reply_key),
		TEST(test_who_may_what), TEST(test_uids),
		TEST(test_malformed), TEST(test_restart),
		TEST(test_late_and_never), TEST(test_threads),
		TEST(test_full), TEST(test_listen),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
