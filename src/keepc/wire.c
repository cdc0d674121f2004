/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire: one table of shapes; parsing and formatting follow from it.
 *
 * Runs in the keeper (requests) and in the gateway and portal (replies).
 * Security: a role that was taken over feeds the keeper's side. Every length
 * is exact, so there is nothing to search for and nothing left over; what is
 * inside the operations with mail keys is keepc/keywire's.
 */
#include "keepc/wire.h"

#include "keepc/keepc.h"
#include "keepc/keywire.h"

/* Every operation's packets, in bytes behind the header. */
struct shape {
	const char *name;
	bool has_workspace;
	bool has_object;
	size_t body;		/* fixed length */
	size_t each;		/* of n elements */
	size_t body_max;	/* of free length, 1 to this; 0: not free */
	size_t reply;
	size_t reply_each;
	size_t reply_max;	/* of free length, 0 to this; 0: not free */
};

/* An operation with a mail key. */
#define KEY_SHAPE(text, most) { .name = (text), .has_workspace = true, \
	.has_object = true, .body_max = WIRE_KEY_BODY_MAX, \
	.reply_max = (most) }

static const struct shape shapes[WIRE_OP_COUNT] = {
	[WIRE_OP_HELLO] = { .name = "hello" },
	[WIRE_OP_PING] = { .name = "ping" },
	[WIRE_OP_WRAP_GRANTS] = { .name = "wrap-grants",
		.has_workspace = true,
		.each = ID_BYTES + KEEP_SECRET_BYTES,
		.reply_each = KEEP_WRAPPED_BYTES },
	[WIRE_OP_UNWRAP_GRANT] = { .name = "unwrap-grant",
		.has_workspace = true, .has_object = true,
		.body = KEEP_WRAPPED_BYTES, .reply = KEEP_SECRET_BYTES },
	[WIRE_OP_SPOOL_NEW] = { .name = "spool-new", .has_object = true,
		.reply = KEEP_SECRET_BYTES + KEEP_WRAPPED_BYTES },
	[WIRE_OP_SPOOL_OPEN] = { .name = "spool-open", .has_object = true,
		.body = KEEP_WRAPPED_BYTES, .reply = KEEP_SECRET_BYTES },
	[WIRE_OP_MAC] = { .name = "mac", .has_workspace = true,
		.body_max = WIRE_DATA_MAX, .reply = KEEP_MAC_BYTES },
	[WIRE_OP_LOOP_KEY] = { .name = "loop-key",
		.reply = KEEP_SECRET_BYTES },
	[WIRE_OP_REPLY_PUBLIC] = { .name = "reply-public",
		.has_workspace = true, .reply = KEEP_P256_POINT_BYTES },
	[WIRE_OP_REPLY_DERIVE] = { .name = "reply-derive",
		.has_workspace = true, .body = KEEP_P256_POINT_BYTES,
		.reply = KEEP_SECRET_BYTES },
	[WIRE_OP_DKIM_LIST] = { .name = "dkim-list",
		.body = KEEP_DKIM_INDEX_BYTES, .reply = DKIMKEY_RECORD_BYTES },
	[WIRE_OP_DKIM_SIGN] = { .name = "dkim-sign", .has_object = true,
		.body = 2 * DKIMKEY_DIGEST_BYTES,
		.reply = DKIMKEY_SIGNED_BYTES },
	[WIRE_OP_DKIM_MAKE] = { .name = "dkim-make", .has_object = true,
		.body = DKIMKEY_NAME_BYTES, .reply = DKIMKEY_SEALED_BYTES },
	[WIRE_OP_DKIM_LOAD] = { .name = "dkim-load", .has_object = true,
		.body = DKIMKEY_NAME_BYTES + DKIMKEY_SEALED_BYTES },
	[WIRE_OP_KEY_MAKE] = KEY_SHAPE("key-make", KEYWIRE_MADE_MAX),
	[WIRE_OP_KEY_IMPORT] = KEY_SHAPE("key-import", KEYWIRE_MADE_MAX),
	[WIRE_OP_KEY_EXPORT] = KEY_SHAPE("key-export", KEYWIRE_PARTS_MAX),
	[WIRE_OP_KEY_SIGN] = KEY_SHAPE("key-sign", MAILKEY_SIGNATURE_MAX),
	[WIRE_OP_KEY_DECRYPT] = KEY_SHAPE("key-decrypt", MAILKEY_NUMBER_MAX),
	[WIRE_OP_KEY_DERIVE] = KEY_SHAPE("key-derive", MAILKEY_NUMBER_MAX),
};

static const char *const role_names[WIRE_ROLE_COUNT] = {
	"none", "gateway", "portal", "admin",
};

/* On the wire; never renumbered. */
static const uint8_t statuses[] = {
	[ERR_NONE] = 0, [ERR_TEMP] = 1, [ERR_PERM] = 2, [ERR_INPUT] = 3,
	[ERR_DENIED] = 4, [ERR_LIMIT] = 5,
};

static uint8_t
byte_at(struct str s, size_t i)
{
	return ((uint8_t)s.p[i]);
}

static bool
is_op(unsigned op)
{
	return (op > WIRE_OP_NONE && op < WIRE_OP_COUNT);
}

const char *
wire_role_name(enum wire_role role)
{
	return (role_names[role < WIRE_ROLE_COUNT ? role : WIRE_ROLE_NONE]);
}

enum wire_role
wire_role_of(struct str name)
{
	for (unsigned i = WIRE_ROLE_NONE + 1; i < WIRE_ROLE_COUNT; i++)
		if (str_eq(name, str_of(role_names[i])))
			return ((enum wire_role)i);
	return (WIRE_ROLE_NONE);
}

const char *
wire_op_name(enum wire_op op)
{
	return (is_op(op) ? shapes[op].name : "unknown");
}

/* Cut an id off the front of *rest; the caller checked that it is there. */
static struct id
take_id(struct str *rest)
{
	struct id id;

	memcpy(id.b, rest->p, ID_BYTES);
	*rest = str_sub(*rest, ID_BYTES, rest->len);
	return (id);
}

/* The two fields of the header that only HELLO and WRAP_GRANTS use. */
static int
parse_header(struct str packet, struct wire_request *r, struct err *err)
{
	uint8_t role = byte_at(packet, 1);
	uint16_t n = (uint16_t)(byte_at(packet, 2) << 8 | byte_at(packet, 3));

	if (r->op == WIRE_OP_HELLO) {
		if (role == WIRE_ROLE_NONE || role >= WIRE_ROLE_COUNT)
			return (err_set(err, ERR_INPUT, "unknown role %u",
			    role));
		r->role = (enum wire_role)role;
		r->version = n;
		return (0);
	}
	if (role != 0)
		return (err_set(err, ERR_INPUT, "reserved byte is not zero"));
	if (r->op == WIRE_OP_WRAP_GRANTS ? n == 0 || n > KEEP_BATCH_MAX :
	    n != 0)
		return (err_set(err, ERR_INPUT, "count %u is out of range", n));
	r->n = n;
	return (0);
}

static int
check_length(const struct shape *shape, size_t n, size_t len, struct err *err)
{
	size_t ids = (size_t)shape->has_workspace + shape->has_object;
	size_t fixed = ids * ID_BYTES + shape->body + n * shape->each;

	if (shape->body_max > 0 ? len > fixed &&
	    len - fixed <= shape->body_max : len == fixed)
		return (0);
	return (err_set(err, ERR_INPUT, "%zu bytes are a wrong length", len));
}

int
wire_request_parse(struct str packet, struct wire_request *request,
    struct err *err)
{
	struct wire_request r = { .op = WIRE_OP_NONE };
	const struct shape *shape;
	struct str rest;

	request->op = WIRE_OP_NONE;
	if (packet.len < WIRE_HEADER_BYTES || packet.len > WIRE_PACKET_MAX)
		return (err_set(err, ERR_INPUT,
		    "a packet of %zu bytes is no request", packet.len));
	if (!is_op(byte_at(packet, 0)))
		return (err_set(err, ERR_INPUT, "unknown operation %u",
		    byte_at(packet, 0)));
	request->op = r.op = (enum wire_op)byte_at(packet, 0);
	shape = &shapes[r.op];
	rest = str_sub(packet, WIRE_HEADER_BYTES, packet.len);
	if (parse_header(packet, &r, err) != 0 ||
	    check_length(shape, r.n, rest.len, err) != 0)
		return (-1);
	if (shape->has_workspace)
		r.workspace = take_id(&rest);
	if (shape->has_object)
		r.object = take_id(&rest);
	r.body = rest;
	*request = r;
	return (0);
}

static void
put_header(enum wire_op op, unsigned second, size_t n, struct buf *out)
{
	uint8_t h[WIRE_HEADER_BYTES] = { (uint8_t)op, (uint8_t)second,
		(uint8_t)(n >> 8), (uint8_t)n };

	buf_append(out, h, sizeof(h));
}

void
wire_request_format(const struct wire_request *r, struct buf *out)
{
	const struct shape *shape = &shapes[r->op];
	bool is_hello = r->op == WIRE_OP_HELLO;

	put_header(r->op, is_hello ? r->role : 0,
	    is_hello ? r->version : r->n, out);
	if (shape->has_workspace)
		buf_append(out, r->workspace.b, ID_BYTES);
	if (shape->has_object)
		buf_append(out, r->object.b, ID_BYTES);
	buf_str(out, r->body);
}

size_t
wire_reply_bytes(enum wire_op op, size_t n)
{
	return (shapes[op].reply + n * shapes[op].reply_each);
}

size_t
wire_reply_max(enum wire_op op)
{
	return (shapes[op].reply_max);
}

static bool
is_reply_length(enum wire_op op, size_t n, size_t len)
{
	return (shapes[op].reply_max > 0 ? len <= shapes[op].reply_max :
	    len == wire_reply_bytes(op, n));
}

int
wire_reply_parse(struct str packet, enum wire_op op, size_t n,
    struct wire_reply *reply, struct err *err)
{
	struct str body = str_sub(packet, WIRE_HEADER_BYTES, packet.len);
	unsigned kind = ERR_NONE;

	if (packet.len < WIRE_HEADER_BYTES || byte_at(packet, 0) != op ||
	    byte_at(packet, 2) != 0 || byte_at(packet, 3) != 0)
		return (err_set(err, ERR_INPUT,
		    "the keeper's answer is malformed"));
	while (kind < COUNT_OF(statuses) &&
	    statuses[kind] != byte_at(packet, 1))
		kind++;
	if (kind == COUNT_OF(statuses) || (kind == ERR_NONE ?
	    !is_reply_length(op, n, body.len) : body.len >= ERR_MSG_MAX))
		return (err_set(err, ERR_INPUT,
		    "the keeper's answer has a wrong length or status"));
	reply->kind = (enum err_kind)kind;
	reply->body = body;
	return (0);
}

void
wire_reply_start(enum wire_op op, enum err_kind kind, struct buf *out)
{
	put_header(op, statuses[kind], 0, out);
}
