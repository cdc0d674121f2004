/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_test: every request survives format and parse; every other length of
 * it is refused; replies of every kind, and malformed ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keepc/keepc.h"
#include "keepc/wire.h"

static char body[2 * WIRE_PACKET_MAX];

/* One row per operation: a good request, and what its reply carries. */
static const struct row {
	enum wire_op op;
	size_t n;
	size_t body;
	bool has_workspace;
	bool has_object;
	size_t reply;
} rows[] = {
	{ WIRE_OP_HELLO, 0, 0, false, false, 0 },
	{ WIRE_OP_PING, 0, 0, false, false, 0 },
	{ WIRE_OP_WRAP_GRANTS, 1, 48, true, false, 64 },
	{ WIRE_OP_WRAP_GRANTS, 128, 128 * 48, true, false, 128 * 64 },
	{ WIRE_OP_UNWRAP_GRANT, 0, 64, true, true, 32 },
	{ WIRE_OP_SPOOL_NEW, 0, 0, false, true, 96 },
	{ WIRE_OP_SPOOL_OPEN, 0, 64, false, true, 32 },
	{ WIRE_OP_MAC, 0, 1, true, false, 32 },
	{ WIRE_OP_MAC, 0, WIRE_DATA_MAX, true, false, 32 },
	{ WIRE_OP_LOOP_KEY, 0, 0, false, false, 32 },
	{ WIRE_OP_REPLY_PUBLIC, 0, 0, true, false, 65 },
	{ WIRE_OP_REPLY_DERIVE, 0, 65, true, false, 32 },
	{ WIRE_OP_DKIM_LIST, 0, 4, false, false, 668 },
	{ WIRE_OP_DKIM_SIGN, 0, 64, false, true, 320 },
	{ WIRE_OP_DKIM_MAKE, 0, 326, false, true, 1308 },
	{ WIRE_OP_DKIM_LOAD, 0, 1634, false, true, 0 },
	{ WIRE_OP_KEY_MAKE, 0, 4, true, true, 0 },
	{ WIRE_OP_KEY_IMPORT, 0, 1, true, true, 0 },
	{ WIRE_OP_KEY_EXPORT, 0, WIRE_KEY_BODY_MAX, true, true, 0 },
	{ WIRE_OP_KEY_SIGN, 0, 2900, true, true, 0 },
	{ WIRE_OP_KEY_DECRYPT, 0, 3300, true, true, 0 },
	{ WIRE_OP_KEY_DERIVE, 0, 2000, true, true, 0 },
};

static struct wire_request
request_of(const struct row *row)
{
	struct wire_request r = { .op = row->op, .n = row->n,
		.body = str_make(body, row->body) };

	if (row->op == WIRE_OP_HELLO) {
		r.version = WIRE_VERSION;
		r.role = WIRE_ROLE_PORTAL;
	}
	if (row->has_workspace)
		r.workspace = id_new();
	if (row->has_object)
		r.object = id_new();
	return (r);
}

static void
test_requests(void **state UNUSED)
{
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (char)(i * 7);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_BUF struct buf packet = BUF_INIT(WIRE_PACKET_MAX);
		struct wire_request r = request_of(&rows[i]), back;
		struct err err = ERR_INIT;

		wire_request_format(&r, &packet);
		assert_int_equal(buf_check(&packet, "packet", &err), 0);
		assert_int_equal(wire_request_parse(buf_view(&packet), &back,
		    &err), 0);
		assert_int_equal(back.op, r.op);
		assert_int_equal(back.n, r.n);
		assert_int_equal(back.version, r.version);
		assert_int_equal(back.role, r.role);
		assert_true(id_eq(&back.workspace, &r.workspace));
		assert_true(id_eq(&back.object, &r.object));
		assert_true(str_eq(back.body, r.body));
	}
}

/* The most of what has no fixed length; 0: it has one. */
static size_t
free_max(enum wire_op op)
{
	return (op == WIRE_OP_MAC ? WIRE_DATA_MAX : op >= WIRE_OP_KEY_MAKE ?
	    WIRE_KEY_BODY_MAX : 0);
}

/* Every shorter and longer packet is refused, except for a MAC's data and the
 * bodies of the operations with mail keys. */
static void
test_lengths(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_BUF struct buf packet = BUF_INIT(2 * WIRE_PACKET_MAX);
		struct wire_request r = request_of(&rows[i]), back;
		size_t most = free_max(rows[i].op);
		size_t head = 4u + (rows[i].has_workspace ? 16u : 0u) +
		    (rows[i].has_object ? 16u : 0u);
		struct err err = ERR_INIT;
		size_t good;

		wire_request_format(&r, &packet);
		good = packet.len;
		buf_append(&packet, body, WIRE_PACKET_MAX);
		for (size_t len = 0; len < packet.len; len++) {
			int rc = wire_request_parse(str_make(packet.p, len),
			    &back, &err);
			bool ok = most > 0 ? len > head &&
			    len <= head + most : len == good;

			assert_int_equal(rc, ok ? 0 : -1);
			if (rc != 0)
				assert_int_equal(err.kind, ERR_INPUT);
			assert_int_equal(back.op, len < 4 ||
			    len > WIRE_PACKET_MAX ? WIRE_OP_NONE : r.op);
		}
	}
}

static void
test_headers(void **state UNUSED)
{
	/* A packet's first four bytes: no good request starts so. */
	static const uint8_t bad[][4] = {
		{ 0, 0, 0, 0 }, { 11, 0, 0, 0 }, { 255, 0, 0, 0 },
		{ 1, 0, 0, 1 }, { 1, 4, 0, 1 }, { 2, 1, 0, 0 },
		{ 2, 0, 1, 0 }, { 2, 0, 0, 1 }, { 8, 0, 0, 1 },
	};
	struct wire_request r;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(wire_request_parse(str_make(bad[i], 4), &r,
		    &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
	}
}

/* No grants, or more than a batch, in a packet of just the right length. */
static void
test_batch_limits(void **state UNUSED)
{
	static const size_t counts[] = { 0, KEEP_BATCH_MAX + 1, 340 };

	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		AUTO_BUF struct buf packet = BUF_INIT(2 * WIRE_PACKET_MAX);
		struct wire_request r = { .op = WIRE_OP_WRAP_GRANTS,
			.n = counts[i], .body = str_make(body,
			counts[i] * (ID_BYTES + KEEP_SECRET_BYTES)) };
		struct err err = ERR_INIT;

		wire_request_format(&r, &packet);
		assert_int_equal(wire_request_parse(buf_view(&packet), &r,
		    &err), -1);
		assert_non_null(strstr(err.msg, "out of range"));
	}
}

static void
test_replies(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_BUF struct buf packet = BUF_INIT(WIRE_PACKET_MAX);
		struct wire_reply reply = { ERR_LIMIT, STR_NULL };
		struct err err = ERR_INIT;

		assert_int_equal(wire_reply_bytes(rows[i].op, rows[i].n),
		    rows[i].reply);
		wire_reply_start(rows[i].op, ERR_NONE, &packet);
		assert_true((wire_reply_max(rows[i].op) > 0) ==
		    (rows[i].op >= WIRE_OP_KEY_MAKE));
		buf_append(&packet, body, MAX_OF(rows[i].reply,
		    wire_reply_max(rows[i].op)) + 1);
		assert_int_equal(wire_reply_parse(buf_view(&packet),
		    rows[i].op, rows[i].n, &reply, &err), -1);
		packet.len--;
		assert_int_equal(wire_reply_parse(buf_view(&packet),
		    rows[i].op, rows[i].n, &reply, &err), 0);
		assert_int_equal(reply.kind, ERR_NONE);
		assert_int_equal(reply.body.len, MAX_OF(rows[i].reply,
		    wire_reply_max(rows[i].op)));
		/* The answer to something else. */
		packet.p[0] ^= 0x40;
		assert_int_equal(wire_reply_parse(buf_view(&packet),
		    rows[i].op, rows[i].n, &reply, &err), -1);
	}
}

static void
test_refusals(void **state UNUSED)
{
	static const enum err_kind kinds[] = { ERR_TEMP, ERR_PERM, ERR_INPUT,
		ERR_DENIED, ERR_LIMIT };
	struct wire_reply reply;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		AUTO_BUF struct buf packet = BUF_INIT(WIRE_PACKET_MAX);

		wire_reply_start(WIRE_OP_MAC, kinds[i], &packet);
		assert_int_equal(packet.p[1], i + 1);
		buf_z(&packet, "no");
		assert_int_equal(wire_reply_parse(buf_view(&packet),
		    WIRE_OP_MAC, 0, &reply, &err), 0);
		assert_int_equal(reply.kind, kinds[i]);
		assert_true(str_eq(reply.body, STR_LIT("no")));
		buf_append(&packet, body, ERR_MSG_MAX);
		assert_int_equal(wire_reply_parse(buf_view(&packet),
		    WIRE_OP_MAC, 0, &reply, &err), -1);
		packet.len = 4;
		packet.p[1] = 6;
		assert_int_equal(wire_reply_parse(buf_view(&packet),
		    WIRE_OP_MAC, 0, &reply, &err), -1);
	}
	assert_int_equal(wire_reply_parse(STR_LIT("\2\0\0"), WIRE_OP_PING, 0,
	    &reply, &err), -1);
	assert_int_equal(wire_reply_parse(STR_NULL, WIRE_OP_PING, 0, &reply,
	    &err), -1);
	assert_int_equal(wire_reply_parse(STR_LIT("\2\0\0\1"), WIRE_OP_PING,
	    0, &reply, &err), -1);
}

static void
test_names(void **state UNUSED)
{
	assert_int_equal(wire_role_of(STR_LIT("gateway")), WIRE_ROLE_GATEWAY);
	assert_int_equal(wire_role_of(STR_LIT("none")), WIRE_ROLE_NONE);
	assert_int_equal(wire_role_of(STR_LIT("Portal")), WIRE_ROLE_NONE);
	assert_int_equal(wire_role_of(STR_NULL), WIRE_ROLE_NONE);
	assert_string_equal(wire_role_name(WIRE_ROLE_ADMIN), "admin");
	assert_string_equal(wire_role_name((enum wire_role)99), "none");
	assert_string_equal(wire_op_name(WIRE_OP_NONE), "unknown");
	for (unsigned op = WIRE_OP_NONE + 1; op < WIRE_OP_COUNT; op++)
		assert_string_not_equal(wire_op_name((enum wire_op)op),
		    "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests), cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_batch_limits),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_refusals), cmocka_unit_test(test_names),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
