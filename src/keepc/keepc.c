/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keepc: one function per operation of the keeper.
 *
 * Runs in the gateway, the portal and the command line. Security: trusts the
 * keeper's answers, which come over a socket in a folder only the
 * installation's users can write to. Packets are wiped after each call.
 */
#include "keepc/keepc.h"

#include <pthread.h>

#include "base/clock.h"
#include "keepc/ask.h"
#include "keepc/channel.h"

struct keepc {
	pthread_mutex_t lock;
	struct channel channel;
	struct buf packet;	/* under lock, wiped after each call */
};

struct keepc *
keepc_new(const char *socket_path, const char *role)
{
	struct keepc *k = must_calloc(1, sizeof(*k));

	k->channel.path = must_strdup(socket_path);
	k->channel.role = wire_role_of(str_of(role));
	must(k->channel.role != WIRE_ROLE_NONE);
	k->channel.fd = -1;
	buf_init(&k->packet, WIRE_PACKET_MAX);
	must(pthread_mutex_init(&k->lock, NULL) == 0);
	return (k);
}

void
keepc_free(struct keepc **k)
{
	if (*k == NULL)
		return;
	channel_close(&(*k)->channel);
	must(pthread_mutex_destroy(&(*k)->lock) == 0);
	free((*k)->channel.path);
	buf_done(&(*k)->packet);
	free(*k);
	*k = NULL;
}

/* One round trip; the result, if any, is copied out of the wiped packet. */
static int
call(struct keepc *k, const struct wire_request *request, void *out,
    struct err *err)
{
	int64_t deadline_ms = clock_mono_ms() + KEEPC_CALL_MS;
	struct wire_reply reply;
	int rc;

	must(pthread_mutex_lock(&k->lock) == 0);
	rc = channel_call(&k->channel, request, deadline_ms, &k->packet,
	    &reply, err);
	if (rc == 0 && reply.body.len > 0)
		memcpy(out, reply.body.p, reply.body.len);
	buf_reset(&k->packet);
	must(pthread_mutex_unlock(&k->lock) == 0);
	return (rc);
}

int
ask_keeper(struct keepc *k, const struct wire_request *request,
    int64_t wait_ms, struct buf *out, struct err *err)
{
	struct wire_reply reply;
	int rc;

	must(pthread_mutex_lock(&k->lock) == 0);
	rc = channel_call(&k->channel, request, clock_mono_ms() + wait_ms,
	    &k->packet, &reply, err);
	if (rc == 0)
		buf_str(out, reply.body);
	buf_reset(&k->packet);
	must(pthread_mutex_unlock(&k->lock) == 0);
	return (rc == 0 ? buf_check(out, "the keeper's answer", err) : -1);
}

int
keepc_wrap_grants(struct keepc *k, const struct id *workspace,
    struct keep_grant *grants, size_t n, struct err *err)
{
	AUTO_BUF struct buf body = BUF_INIT(WIRE_PACKET_MAX);
	struct keep_wrapped wrapped[KEEP_BATCH_MAX];
	struct wire_request r = { .op = WIRE_OP_WRAP_GRANTS,
		.workspace = *workspace, .n = n };

	must(n <= KEEP_BATCH_MAX);
	if (n == 0)
		return (0);
	for (size_t i = 0; i < n; i++) {
		buf_append(&body, grants[i].grant.b, ID_BYTES);
		buf_append(&body, grants[i].secret, KEEP_SECRET_BYTES);
	}
	r.body = buf_view(&body);
	if (call(k, &r, wrapped, err) != 0)
		return (-1);
	for (size_t i = 0; i < n; i++)
		grants[i].wrapped = wrapped[i];
	return (0);
}

int
keepc_unwrap_grant(struct keepc *k, const struct id *workspace,
    struct keep_grant *grant, struct err *err)
{
	struct wire_request r = { .op = WIRE_OP_UNWRAP_GRANT,
		.workspace = *workspace, .object = grant->grant,
		.body = str_make(grant->wrapped.b, KEEP_WRAPPED_BYTES) };

	return (call(k, &r, grant->secret, err));
}

int
keepc_spool_new(struct keepc *k, const struct id *spool,
    uint8_t key[static KEEP_SECRET_BYTES], struct keep_wrapped *wrapped,
    struct err *err)
{
	struct wire_request r = { .op = WIRE_OP_SPOOL_NEW, .object = *spool };
	uint8_t both[KEEP_SECRET_BYTES + KEEP_WRAPPED_BYTES];

	if (call(k, &r, both, err) != 0)
		return (-1);
	memcpy(key, both, KEEP_SECRET_BYTES);
	memcpy(wrapped->b, both + KEEP_SECRET_BYTES, KEEP_WRAPPED_BYTES);
	explicit_bzero(both, sizeof(both));
	return (0);
}

int
keepc_spool_open(struct keepc *k, const struct id *spool,
    const struct keep_wrapped *wrapped, uint8_t key[static KEEP_SECRET_BYTES],
    struct err *err)
{
	struct wire_request r = { .op = WIRE_OP_SPOOL_OPEN, .object = *spool,
		.body = str_make(wrapped->b, KEEP_WRAPPED_BYTES) };

	return (call(k, &r, key, err));
}

int
keepc_mac(struct keepc *k, const struct id *workspace, struct str data,
    uint8_t mac[static KEEP_MAC_BYTES], struct err *err)
{
	struct wire_request r = { .op = WIRE_OP_MAC, .workspace = *workspace,
		.body = data };

	if (data.len == 0 || data.len > WIRE_DATA_MAX)
		return (err_set(err, ERR_LIMIT,
		    "the keeper authenticates 1 to %d bytes", WIRE_DATA_MAX));
	return (call(k, &r, mac, err));
}

int
keepc_loop_key(struct keepc *k, uint8_t key[static KEEP_SECRET_BYTES],
    struct err *err)
{
	struct wire_request r = { .op = WIRE_OP_LOOP_KEY };

	return (call(k, &r, key, err));
}

int
keepc_reply_public(struct keepc *k, const struct id *workspace,
    uint8_t point[static KEEP_P256_POINT_BYTES], struct err *err)
{
	struct wire_request r = { .op = WIRE_OP_REPLY_PUBLIC,
		.workspace = *workspace };

	return (call(k, &r, point, err));
}

int
keepc_reply_derive(struct keepc *k, const struct id *workspace,
    const uint8_t point[static KEEP_P256_POINT_BYTES],
    uint8_t shared[static KEEP_SECRET_BYTES], struct err *err)
{
	struct wire_request r = { .op = WIRE_OP_REPLY_DERIVE,
		.workspace = *workspace,
		.body = str_make(point, KEEP_P256_POINT_BYTES) };

	return (call(k, &r, shared, err));
}

int
keepc_dkim_list(struct keepc *k, uint32_t index, struct dkimkey *out,
    bool *has, struct err *err)
{
	const uint8_t number[KEEP_DKIM_INDEX_BYTES] = {
		(uint8_t)(index >> 24), (uint8_t)(index >> 16),
		(uint8_t)(index >> 8), (uint8_t)index };
	static const uint8_t none[DKIMKEY_RECORD_BYTES];
	struct wire_request r = { .op = WIRE_OP_DKIM_LIST,
		.body = str_make(number, sizeof(number)) };
	uint8_t record[DKIMKEY_RECORD_BYTES];

	if (call(k, &r, record, err) != 0)
		return (-1);
	*has = memcmp(record, none, sizeof(none)) != 0;
	if (*has && !dkimkey_get(str_make(record, sizeof(record)), out))
		return (err_set(err, ERR_PERM, "the keeper's answer is "
		    "malformed"));
	return (0);
}

int
keepc_dkim_sign(struct keepc *k, const struct id *pair,
    const uint8_t digests[static 2 * DKIMKEY_DIGEST_BYTES],
    uint8_t signatures[static DKIMKEY_SIGNED_BYTES], struct err *err)
{
	struct wire_request r = { .op = WIRE_OP_DKIM_SIGN, .object = *pair,
		.body = str_make(digests, 2 * DKIMKEY_DIGEST_BYTES) };

	return (call(k, &r, signatures, err));
}

int
keepc_dkim_make(struct keepc *k, const struct id *pair,
    const struct dkimkey_name *name,
    uint8_t sealed[static DKIMKEY_SEALED_BYTES], struct err *err)
{
	AUTO_BUF struct buf body = BUF_INIT(WIRE_PACKET_MAX);
	struct wire_request r = { .op = WIRE_OP_DKIM_MAKE, .object = *pair };

	dkimkey_put_name(name, &body);
	r.body = buf_view(&body);
	return (call(k, &r, sealed, err));
}

int
keepc_dkim_load(struct keepc *k, const struct id *pair,
    const struct dkimkey_name *name,
    const uint8_t sealed[static DKIMKEY_SEALED_BYTES], struct err *err)
{
	AUTO_BUF struct buf body = BUF_INIT(WIRE_PACKET_MAX);
	struct wire_request r = { .op = WIRE_OP_DKIM_LOAD, .object = *pair };

	dkimkey_put_name(name, &body);
	buf_append(&body, sealed, DKIMKEY_SEALED_BYTES);
	r.body = buf_view(&body);
	return (call(k, &r, NULL, err));
}

int
keepc_ping(struct keepc *k, struct err *err)
{
	struct wire_request r = { .op = WIRE_OP_PING };

	return (call(k, &r, NULL, err));
}
