/* SPDX-License-Identifier: Apache-2.0 */
/*
 * house: a keeper, a store with one sealed message, and a portal over both,
 * in a temporary folder; requests go straight into the routing table.
 */
#ifndef UNIT_PORTAL_HOUSE_H
#define UNIT_PORTAL_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "keep/keep.h"
#include "keepc/keepc.h"
#include "portal/assets.h"
#include "portal/visit.h"
#include "seal/spool.h"

#define PART_BYTES 300000	/* more than one row, more than one read */
#define COOKIES_MAX 400

struct house {
	char dir[64], keys[96], socket[96], db[96];
	struct keep *keep;
	struct keep_peers peers;
	int listen_fd, stop[2];
	pthread_t thread;
	struct id workspace;
	struct settings settings;
	struct store *store;
	struct keepc *gateway, *keepc;
	struct spool *spool;
	struct portal_config config;
	struct portal portal;
	struct id grant, parcel, message, revoked, expired, bobs;
	uint8_t secret[KEEP_SECRET_BYTES];
	uint8_t *part;
};

/* A browser: cookies, and the last answer. */
struct browser {
	char cookie[COOKIES_MAX], try_cookie[COOKIES_MAX];
	unsigned status;
	const char *type;
	char body[20000];
	uint64_t stream_bytes;
	bool got_cookie;
};

static inline void
ok(int rc, const struct err *err)
{
	if (rc != 0)
		fail_msg("%s: %s", err_kind_name(err->kind), err->msg);
}

static inline void *
run_keeper(void *arg)
{
	struct house *h = arg;

	keep_serve(h->keep, h->listen_fd, &h->peers, h->stop[0]);
	return (NULL);
}

static inline void
start_keeper(struct house *h)
{
	struct err err = ERR_INIT;

	ok(keep_init(h->keys, STR_NULL, &h->workspace, &err), &err);
	ok(keep_open(h->keys, STR_NULL, &h->keep, &err), &err);
	h->listen_fd = keep_listen(h->socket, 0600, &err);
	ok(h->listen_fd < 0 ? -1 : 0, &err);
	assert_int_equal(pipe2(h->stop, O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&h->thread, NULL, run_keeper, h), 0);
}

static inline void
add_grant(struct store_grant *g, const struct house *h, const struct id *id,
    const char *recipient, int64_t expires_ms, const struct keep_grant *k)
{
	*g = (struct store_grant){ .id = *id, .parcel = h->parcel,
		.message = h->message, .workspace = h->workspace,
		.recipient = str_of(recipient),
		.template = STR_LIT("Encrypt-Only"), .rights = 3,
		.expires_ms = expires_ms };
	memcpy(g->wrapped_s, k->wrapped.b, sizeof(g->wrapped_s));
	memset(g->wck, 0x77, sizeof(g->wck));
}

/* One message to alice and bob; alice has a revoked and an expired one too. */
static inline void
fill_store(struct house *h)
{
	struct keep_grant k[4] = { { .grant = h->grant },
		{ .grant = h->revoked }, { .grant = h->expired },
		{ .grant = h->bobs } };
	struct store_message m = { .id = h->message,
		.workspace = h->workspace, .received_ms = clock_wall_ms(),
		.sender = STR_LIT("j.gross@example.org"),
		.sender_name = STR_LIT("J\xc3\xbcrgen \"G\""),
		.message_id = STR_LIT("<1@x>"), .client = STR_LIT("::1"),
		.size_bytes = 9 };
	struct str parts[2] = { STR_LIT("part zero"),
		{ (const char *)h->part, PART_BYTES } };
	struct store_parcel parcel = { .id = h->parcel, .parts = parts,
		.n_parts = 2 };
	struct store_recipient to[4];
	struct store_grant grants[4];
	struct store_accept accept = { .message = &m, .parcels = &parcel,
		.n_parcels = 1,
		.recipients = to, .n_recipients = 4,
		.grants = grants, .n_grants = 4 };
	struct err err = ERR_INIT;
	size_t n;

	memcpy(k[0].secret, h->secret, sizeof(h->secret));
	ok(keepc_wrap_grants(h->gateway, &h->workspace, k, 4, &err), &err);
	add_grant(&grants[0], h, &h->grant, "alice@example.com", 0, &k[0]);
	add_grant(&grants[1], h, &h->revoked, "carol@example.com", 0, &k[1]);
	add_grant(&grants[2], h, &h->expired, "alice@example.com", 1000,
	    &k[2]);
	add_grant(&grants[3], h, &h->bobs, "bob@example.com", 0, &k[3]);
	for (size_t i = 0; i < 4; i++)
		to[i] = (struct store_recipient){ .address =
			grants[i].recipient, .action = STR_LIT("protect"),
			.rule = STR_LIT("r"), .reason = STR_LIT("r"),
			.template = grants[i].template,
			.grant = grants[i].id };
	ok(store_accept(h->store, &accept, &err), &err);
	ok(store_revoke(h->store, &h->message, STR_LIT("carol@example.com"),
	    NULL, &n, &err), &err);
	assert_int_equal(n, 1);
}

static inline void
open_portal(struct house *h)
{
	h->settings = (struct settings){ .hostname = "mx.example",
		.workspace = h->workspace, .portal = {
		.url = "https://mail.example", .organisation = "Example Org",
		.passcode_ms = 15 * CLOCK_MINUTE_MS,
		.session_ms = 12 * CLOCK_HOUR_MS, .max_connections = 10 } };
	h->config = (struct portal_config){ .settings = &h->settings,
		.store = h->store, .keepc = h->keepc, .spool = h->spool };
	h->portal = (struct portal){ .config = &h->config,
		.house = { STR_LIT("https://mail.example"),
		STR_LIT("Example Org"), STR_LIT("mx.example") },
		.origin = STR_LIT("https://mail.example") };
}

static inline void
house_make(struct house *h)
{
	struct err err = ERR_INIT;

	memset(h, 0, sizeof(*h));
	log_setup("portal", LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/portal-test-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	(void)snprintf(h->keys, sizeof(h->keys), "%s/keys", h->dir);
	(void)snprintf(h->socket, sizeof(h->socket), "%s/s", h->dir);
	(void)snprintf(h->db, sizeof(h->db), "%s/db", h->dir);
	start_keeper(h);
	ok(store_open(h->db, "test", &h->store, &err), &err);
	h->gateway = keepc_new(h->socket, "gateway");
	h->keepc = keepc_new(h->socket, "portal");
	h->spool = spool_new(h->socket, "portal", h->store);
	h->grant = id_new();
	h->parcel = id_new();
	h->message = id_new();
	h->revoked = id_new();
	h->expired = id_new();
	h->bobs = id_new();
	h->part = must_calloc(1, PART_BYTES);
	id_random(h->part, PART_BYTES);
	id_random(h->secret, sizeof(h->secret));
	fill_store(h);
	open_portal(h);
}

static inline void
house_remove(struct house *h)
{
	char command[160];

	spool_free(&h->spool);
	keepc_free(&h->keepc);
	keepc_free(&h->gateway);
	store_close(&h->store);
	assert_int_equal(write(h->stop[1], "x", 1), 1);
	assert_int_equal(pthread_join(h->thread, NULL), 0);
	(void)close(h->stop[0]);
	(void)close(h->stop[1]);
	(void)close(h->listen_fd);
	keep_free(&h->keep);
	free(h->part);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", h->dir);
	assert_int_equal(system(command), 0);
}

/* Keep or drop a cookie as a browser does. */
static inline void
take_cookie(struct browser *b, const char *value)
{
	bool is_try = strncmp(value, PORTAL_TRY_COOKIE "=",
	    sizeof(PORTAL_TRY_COOKIE)) == 0;
	char *jar = is_try ? b->try_cookie : b->cookie;

	assert_non_null(strstr(value, "; Path=/; Secure; HttpOnly; "
	    "SameSite=Strict"));
	b->got_cookie = true;
	(void)snprintf(jar, COOKIES_MAX, "%.*s",
	    (int)strcspn(value, ";"), value);
	if (strstr(value, "Max-Age=0") != NULL)
		jar[0] = '\0';
}

static inline void
keep_answer(struct browser *b, const struct web_response *r)
{
	b->status = r->status;
	b->type = r->type;
	b->got_cookie = false;
	b->stream_bytes = r->stream_bytes;
	assert_true(r->body.len < sizeof(b->body));
	memcpy(b->body, r->body.p != NULL ? r->body.p : "", r->body.len);
	b->body[r->body.len] = '\0';
	for (size_t i = 0; i < r->n_extra; i++)
		if (strcmp(r->extra[i].name, "Set-Cookie") == 0)
			take_cookie(b, r->extra[i].value);
}

/* Read a stream whole and compare it. */
static inline void
check_stream(const struct web_response *r, const uint8_t *want)
{
	uint8_t *got = must_calloc(1, WEB_STREAM_BYTES);
	struct err err = ERR_INIT;

	for (uint64_t at = 0; at < r->stream_bytes;) {
		size_t n = 0;

		ok(r->read(r->read_ctx, at, got, WEB_STREAM_BYTES, &n, &err),
		    &err);
		assert_true(n > 0 && at + n <= r->stream_bytes);
		assert_memory_equal(got, want + at, n);
		at += n;
	}
	free(got);
}

/* Send a request: its line, more fields ("A: b\r\n"), a body. */
static inline void
ask_with(struct house *h, struct browser *b, const char *line,
    const char *fields, const char *body)
{
	struct web_refusal why = { 0, NULL };
	struct arena *a = arena_new();
	struct web_response r = { .status = 200 };
	struct web_head head;
	char *text = arena_printf(a, "%s HTTP/1.1\r\nHost: mail.example\r\n"
	    "Content-Length: %zu\r\nCookie: %s; %s\r\n%s\r\n", line,
	    strlen(body), b->cookie, b->try_cookie, fields);
	struct web_request q = { .head = &head, .arena = a,
		.peer = "192.0.2.9", .body = str_of(body) };

	assert_int_equal(web_head_length(str_of(text), &why), strlen(text));
	if (web_head_parse(str_of(text), STR_LIT("mail.example"), &head,
	    &why) != 0)
		fail_msg("%s: %s", line, why.name);
	q.method = head.method;
	q.path = head.path;
	visit_answer(&h->portal, &q, &r);
	keep_answer(b, &r);
	if (r.read != NULL && r.stream_bytes == PART_BYTES)
		check_stream(&r, h->part);
	arena_free(&a);
}

#define FROM_HERE "X-Letterlock: 1\r\nContent-Type: application/json\r\n" \
	"Origin: https://mail.example\r\n"

/* A request about a grant: "GET", "/open" and so on. */
static inline void
ask(struct house *h, struct browser *b, const char *method,
    const struct id *grant, const char *rest, const char *body)
{
	char line[200], id[ID_TEXT_SIZE];

	(void)snprintf(line, sizeof(line), "%s /api/v1/grants/%s%s", method,
	    id_text(grant, id), rest);
	ask_with(h, b, line, method[0] == 'P' ? FROM_HERE : "", body);
}

#endif
