/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operation: the keeper's operations, one function each, one table.
 *
 * Runs in the keeper, in many threads at once; the keys are read-only.
 * Security: requests come from roles that face the network. Lengths are
 * exact (keepc/wire), permission comes from one table (keep/permit), and
 * secrets go from the locked request to the locked reply.
 */
#include "keep/operation.h"

#include <openssl/hmac.h>

#include "keep/curve.h"
#include "keep/keys.h"
#include "keep/permit.h"

/* Write the result, of the reply's exact length, to out. w is the request's
 * workspace, or NULL for the operations that have none. */
typedef int perform(const struct keep *k, const struct keys_workspace *w,
    const struct wire_request *r, uint8_t *out, struct err *err);

static int
ping(const struct keep *k UNUSED, const struct keys_workspace *w UNUSED,
    const struct wire_request *r UNUSED, uint8_t *out UNUSED,
    struct err *err UNUSED)
{
	return (0);
}

static int
wrap_grants(const struct keep *k UNUSED, const struct keys_workspace *w,
    const struct wire_request *r, uint8_t *out, struct err *err UNUSED)
{
	const uint8_t *in = (const uint8_t *)r->body.p;

	for (size_t i = 0; i < r->n; i++) {
		struct blob_label label = { KEYS_GRANT, w->id, { { 0 } } };
		struct keep_wrapped wrapped;

		memcpy(label.object.b, in, ID_BYTES);
		blob_wrap(&w->parent, &label, in + ID_BYTES, &wrapped);
		memcpy(out, wrapped.b, KEEP_WRAPPED_BYTES);
		in += ID_BYTES + KEEP_SECRET_BYTES;
		out += KEEP_WRAPPED_BYTES;
	}
	return (0);
}

static int
unwrap_grant(const struct keep *k UNUSED, const struct keys_workspace *w,
    const struct wire_request *r, uint8_t *out, struct err *err)
{
	struct blob_label label = { KEYS_GRANT, w->id, r->object };
	struct keep_wrapped wrapped;

	memcpy(wrapped.b, r->body.p, KEEP_WRAPPED_BYTES);
	return (blob_unwrap(&w->parent, &label, &wrapped, out, err));
}

static int
spool_new(const struct keep *k, const struct keys_workspace *w UNUSED,
    const struct wire_request *r, uint8_t *out, struct err *err UNUSED)
{
	struct blob_label label = { KEYS_SPOOL, { { 0 } }, r->object };
	struct keep_wrapped wrapped;

	id_random(out, KEEP_SECRET_BYTES);
	blob_wrap(&k->root, &label, out, &wrapped);
	memcpy(out + KEEP_SECRET_BYTES, wrapped.b, KEEP_WRAPPED_BYTES);
	return (0);
}

static int
spool_open(const struct keep *k, const struct keys_workspace *w UNUSED,
    const struct wire_request *r, uint8_t *out, struct err *err)
{
	struct blob_label label = { KEYS_SPOOL, { { 0 } }, r->object };
	struct keep_wrapped wrapped;

	memcpy(wrapped.b, r->body.p, KEEP_WRAPPED_BYTES);
	return (blob_unwrap(&k->root, &label, &wrapped, out, err));
}

static int
mac(const struct keep *k UNUSED, const struct keys_workspace *w,
    const struct wire_request *r, uint8_t *out, struct err *err UNUSED)
{
	unsigned len = 0;

	must(HMAC(EVP_sha256(), w->passcode, KEEP_SECRET_BYTES,
	    (const uint8_t *)r->body.p, r->body.len, out, &len) != NULL);
	must(len == KEEP_MAC_BYTES);
	return (0);
}

static int
loop_key(const struct keep *k, const struct keys_workspace *w UNUSED,
    const struct wire_request *r UNUSED, uint8_t *out, struct err *err UNUSED)
{
	memcpy(out, k->loop, KEEP_SECRET_BYTES);
	return (0);
}

static int
reply_public(const struct keep *k UNUSED, const struct keys_workspace *w,
    const struct wire_request *r UNUSED, uint8_t *out, struct err *err UNUSED)
{
	memcpy(out, w->reply_point, KEEP_P256_POINT_BYTES);
	return (0);
}

static int
reply_derive(const struct keep *k UNUSED, const struct keys_workspace *w,
    const struct wire_request *r, uint8_t *out, struct err *err)
{
	return (curve_derive(w->reply, w->reply_point,
	    (const uint8_t *)r->body.p, out, err));
}

static int
dkim_list(const struct keep *k, const struct keys_workspace *w UNUSED,
    const struct wire_request *r, uint8_t *out, struct err *err UNUSED)
{
	const uint8_t *i = (const uint8_t *)r->body.p;

	dkimkeys_record(k->dkim, (uint32_t)i[0] << 24 | (uint32_t)i[1] << 16 |
	    (uint32_t)i[2] << 8 | i[3], out);
	return (0);
}

static int
dkim_sign(const struct keep *k, const struct keys_workspace *w UNUSED,
    const struct wire_request *r, uint8_t *out, struct err *err)
{
	return (dkimkeys_sign(k->dkim, &r->object,
	    (const uint8_t *)r->body.p, out, err));
}

static int
dkim_name(const struct wire_request *r, struct dkimkey_name *name,
    struct err *err)
{
	if (!dkimkey_get_name(str_sub(r->body, 0, DKIMKEY_NAME_BYTES), name))
		return (err_set(err, ERR_INPUT, "the names of the DKIM keys "
		    "are malformed"));
	return (0);
}

static int
dkim_make(const struct keep *k, const struct keys_workspace *w UNUSED,
    const struct wire_request *r, uint8_t *out, struct err *err)
{
	struct dkimkey_name name;

	if (dkim_name(r, &name, err) == -1)
		return (-1);
	dkimkeys_make(&k->root, &r->object, &name, out);
	return (0);
}

static int
dkim_load(const struct keep *k, const struct keys_workspace *w UNUSED,
    const struct wire_request *r, uint8_t *out UNUSED, struct err *err)
{
	struct dkimkey_name name;

	if (dkim_name(r, &name, err) == -1)
		return (-1);
	return (dkimkeys_add(k->dkim, &k->root, &r->object, &name,
	    (const uint8_t *)r->body.p + DKIMKEY_NAME_BYTES, err));
}

static const struct {
	perform *run;
	bool has_workspace;
} operations[WIRE_OP_COUNT] = {
	[WIRE_OP_PING] = { ping, false },
	[WIRE_OP_WRAP_GRANTS] = { wrap_grants, true },
	[WIRE_OP_UNWRAP_GRANT] = { unwrap_grant, true },
	[WIRE_OP_SPOOL_NEW] = { spool_new, false },
	[WIRE_OP_SPOOL_OPEN] = { spool_open, false },
	[WIRE_OP_MAC] = { mac, true },
	[WIRE_OP_LOOP_KEY] = { loop_key, false },
	[WIRE_OP_REPLY_PUBLIC] = { reply_public, true },
	[WIRE_OP_REPLY_DERIVE] = { reply_derive, true },
	[WIRE_OP_DKIM_LIST] = { dkim_list, false },
	[WIRE_OP_DKIM_SIGN] = { dkim_sign, false },
	[WIRE_OP_DKIM_MAKE] = { dkim_make, false },
	[WIRE_OP_DKIM_LOAD] = { dkim_load, false },
	/* Of free length: keep/mailkeys. */
	[WIRE_OP_KEY_MAKE] = { NULL, true },
	[WIRE_OP_KEY_IMPORT] = { NULL, true },
	[WIRE_OP_KEY_EXPORT] = { NULL, true },
	[WIRE_OP_KEY_SIGN] = { NULL, true },
	[WIRE_OP_KEY_DECRYPT] = { NULL, true },
	[WIRE_OP_KEY_DERIVE] = { NULL, true },
};

/* Everything that can be refused before a key is touched. */
static int
admit(const struct keep *k, enum wire_role role, struct str packet,
    struct wire_request *r, const struct keys_workspace **w, struct err *err)
{
	if (wire_request_parse(packet, r, err) != 0)
		return (-1);
	if (!permit_op(role, r->op))
		return (err_set(err, ERR_DENIED, "%s is not for the role %s",
		    wire_op_name(r->op), wire_role_name(role)));
	*w = NULL;
	if (!operations[r->op].has_workspace)
		return (0);
	*w = keys_find(k, &r->workspace);
	if (*w == NULL) {
		char text[ID_TEXT_SIZE];

		return (err_set(err, ERR_DENIED, "there is no workspace %s",
		    id_text(&r->workspace, text)));
	}
	return (0);
}

/* Append the result. */
static int
answer(const struct keep *k, enum wire_role role,
    const struct keys_workspace *w, const struct wire_request *r,
    struct buf *reply, struct err *err)
{
	size_t len = wire_reply_bytes(r->op, r->n);
	uint8_t *out;

	if (operations[r->op].run == NULL)
		return (mailkeys_answer(k->mail, &w->parent, role, r, reply,
		    err));
	out = buf_reserve(reply, len);
	must(out != NULL);
	if (operations[r->op].run(k, w, r, out, err) == -1)
		return (-1);
	reply->len += len;
	return (0);
}

int
operation_answer(const struct keep *k, enum wire_role role,
    struct str packet, enum wire_op *op, struct buf *reply, struct err *err)
{
	const struct keys_workspace *w;
	struct wire_request r;
	struct err why = ERR_INIT;
	int rc;

	rc = admit(k, role, packet, &r, &w, &why);
	*op = r.op;
	if (rc == 0) {
		buf_reset(reply);
		wire_reply_start(r.op, ERR_NONE, reply);
		rc = answer(k, role, w, &r, reply, &why);
	}
	if (rc != 0) {
		operation_refuse(*op, &why, reply);
		return (err_set(err, why.kind, "%s", why.msg));
	}
	return (0);
}

void
operation_refuse(enum wire_op op, const struct err *err,
    struct buf *reply)
{
	buf_reset(reply);
	wire_reply_start(op, err->kind, reply);
	buf_z(reply, err->msg);
}
