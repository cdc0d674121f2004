/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handout: what a signed-in recipient gets: the secret S and the wrapped
 * content key once, and the sealed parts.
 *
 * Runs in the portal. Security: the routing table let only the recipient of an
 * active grant come here. S without L opens nothing, and L never reaches us.
 * Standards: doc/formats/parcel.md.
 */
#include <stdlib.h>

#include "base/enc.h"
#include "keepc/keepc.h"
#include "portal/say.h"
#include "seal/parcel.h"

#define OPENED_MAX SAY_JSON_MAX

static void
put_secret(struct buf *json, const char *name, const uint8_t *p, size_t len)
{
	buf_printf(json, ",\"%s\":\"", name);
	enc_base64url(p, len, json);
	buf_char(json, '"');
}

static void
put_parts(struct buf *json, const uint64_t *lengths, size_t n)
{
	buf_z(json, ",\"parts\":[");
	for (size_t i = 0; i < n; i++)
		buf_printf(json, "%s{\"part\":%zu,\"bytes\":%llu}",
		    i > 0 ? "," : "", i, (unsigned long long)lengths[i]);
	buf_char(json, ']');
}

static void
put_rights(struct buf *json, uint32_t rights)
{
	const char *comma = "";

	buf_z(json, ",\"rights\":[");
	for (unsigned i = 0; i < PARCEL_RIGHTS; i++)
		if ((rights >> i & 1) != 0) {
			buf_printf(json, "%s\"%s\"", comma, parcel_rights[i]);
			comma = ",";
		}
	buf_char(json, ']');
}

static void
put_opened(const struct visit *v, const struct keep_grant *g,
    const uint64_t *lengths, size_t n, struct buf *json)
{
	const struct store_grant *grant = &v->facts.grant;
	char id[ID_TEXT_SIZE];

	buf_printf(json, "{\"parcel\":\"%s\"", id_text(&grant->parcel, id));
	buf_printf(json, ",\"grant\":\"%s\"", id_text(&grant->id, id));
	put_secret(json, "s", g->secret, sizeof(g->secret));
	put_secret(json, "wck", grant->wck, sizeof(grant->wck));
	put_parts(json, lengths, n);
	put_rights(json, grant->rights);
	buf_z(json, ",\"template\":");
	enc_json(grant->template, json);
	buf_z(json, ",\"expires\":");
	say_time(grant->expires_ms, json);
	buf_z(json, ",\"recipient\":");
	enc_json(grant->recipient, json);
	buf_z(json, "}\n");
}

/* Ask the keeper for S; the opening is on record before S leaves. */
static int
release(struct visit *v, struct keep_grant *g, struct err *err)
{
	const struct portal_config *config = v->portal->config;
	struct store_event event = say_event(v, "portal.opened", NULL);

	g->grant = v->facts.grant.id;
	_Static_assert(sizeof(g->wrapped.b) == STORE_WRAPPED_BYTES,
	    "the store keeps what the keeper wraps");
	memcpy(g->wrapped.b, v->facts.grant.wrapped_s, sizeof(g->wrapped.b));
	if (keepc_unwrap_grant(config->keepc, &v->facts.grant.workspace, g,
	    err) != 0)
		return (-1);
	return (store_grant_opened(config->store, &g->grant, v->now_ms,
	    &event, err));
}

void
handout_open(struct visit *v)
{
	AUTO_BUF struct buf json = BUF_INIT(OPENED_MAX);
	AUTO_FREE uint64_t *lengths = must_calloc(STORE_PARTS_MAX,
	    sizeof(*lengths));
	struct keep_grant g = { .wrapped = { { 0 } } };
	struct err err = ERR_INIT;
	size_t n;

	if (store_parts(v->portal->config->store, &v->facts.grant.parcel,
	    lengths, STORE_PARTS_MAX, &n, &err) != 0 ||
	    release(v, &g, &err) != 0) {
		say_failure(v, &err);
	} else {
		put_opened(v, &g, lengths, n, &json);
		say_json(v, &json);
	}
	explicit_bzero(&g, sizeof(g));
}

struct part {
	struct store *store;
	struct id parcel;
	uint32_t part;
};

static int
read_part(void *ctx, uint64_t offset, uint8_t *out, size_t cap, size_t *got,
    struct err *err)
{
	const struct part *p = ctx;

	return (store_part_read(p->store, &p->parcel, p->part, offset, out,
	    cap, got, err));
}

/* Length of the part the path names. 0, or -1 when answered. */
static int
find_part(struct visit *v, uint64_t *part, uint64_t *bytes)
{
	AUTO_FREE uint64_t *lengths = must_calloc(STORE_PARTS_MAX,
	    sizeof(*lengths));
	struct err err = ERR_INIT;
	size_t n;

	if (!str_to_u64(v->captured[1], STORE_PARTS_MAX - 1, part)) {
		say_problem(v, SAY_NOT_FOUND);
		return (-1);
	}
	if (store_parts(v->portal->config->store, &v->facts.grant.parcel,
	    lengths, STORE_PARTS_MAX, &n, &err) != 0) {
		say_failure(v, &err);
		return (-1);
	}
	if (*part >= n) {
		say_problem(v, SAY_NOT_FOUND);
		return (-1);
	}
	*bytes = lengths[*part];
	return (0);
}

void
handout_part(struct visit *v)
{
	struct store *store = v->portal->config->store;
	struct store_event event;
	struct part *p;
	struct err err = ERR_INIT;
	uint64_t part, bytes;

	if (find_part(v, &part, &bytes) != 0)
		return;
	event = say_event(v, "portal.part_fetched", NULL);
	if (v->q->method == WEB_GET && store_audit(store, &event, &err) != 0) {
		say_failure(v, &err);
		return;
	}
	p = arena_alloc(v->a, sizeof(*p));
	*p = (struct part){ store, v->facts.grant.parcel, (uint32_t)part };
	v->r->type = "application/octet-stream";
	v->r->stream_bytes = bytes;
	v->r->read = read_part;
	v->r->read_ctx = p;
}
