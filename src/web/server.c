/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server: connections of browsers, one thread each, request after request.
 *
 * Runs in the portal. Security: any host may connect. A handshake, a request,
 * an idle connection and an answer each end by an absolute deadline, however
 * many bytes drip in; after a refusal the connection is closed, because where
 * the next request begins is then no longer certain.
 * Standards: RFC 9112 9.3 to 9.6.
 */
#include "web/server.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/listen.h"
#include "net/tls.h"
#include "web/answer.h"

#define HANDSHAKE_MS 10000
#define IDLE_TICK_MS 500	/* a stop is noticed within this */
#define REQUESTS_MAX 1000	/* then a browser connects anew */
#define LINGER_MS 1000		/* for the client to read a refusal */
#define LINGER_BYTES_MAX (256u << 10)

struct web {
	const struct web_config *config;
	struct tls_context *tls;
	volatile bool stopping;
};

/* One connection and the request it is at. */
struct session {
	struct web *web;
	struct conn *c;
	struct arena *a;
	int64_t began_ms;
	struct web_head head;
};

static bool
is_stopping(const struct web *w)
{
	return (__atomic_load_n(&w->stopping, __ATOMIC_ACQUIRE));
}

static void
report(const struct session *s, const char *method, struct str path,
    unsigned status, const char *refusal)
{
	const struct web_config *config = s->web->config;
	struct web_seen seen = { .peer = conn_peer(s->c), .method = method,
		.path = path, .status = status, .refusal = refusal,
		.took_ms = clock_mono_ms() - s->began_ms };

	if (config->seen != NULL)
		config->seen(config->ctx, &seen);
}

/* Let the client read the refusal before the socket closes: bytes it sent
 * that nobody read would make the kernel reset the connection. */
static void
linger(struct session *s)
{
	struct err err = ERR_INIT;
	size_t drained = 0;

	(void)shutdown(conn_fd(s->c), SHUT_WR);
	conn_set_deadline(s->c, clock_mono_ms() + LINGER_MS);
	do {
		drained += conn_peek(s->c).len;
		conn_consume(s->c, conn_peek(s->c).len);
	} while (drained < LINGER_BYTES_MAX && !is_stopping(s->web) &&
	    conn_fill(s->c, &err) == 0);
}

static void
refuse(struct session *s, const struct web_refusal *why)
{
	struct web_response r;
	struct err err = ERR_INIT;

	web_answer_refusal(why, s->a, &r);
	report(s, "-", STR_NULL, why->status, why->name);
	if (web_answer(s->c, &r, false, false, &err) == 0)
		linger(s);
}

/* Wait for the first byte of the next request. False: none will come. */
static bool
wait_for_request(struct session *s)
{
	int64_t until = clock_mono_ms() + s->web->config->idle_ms;
	struct pollfd p = { .fd = conn_fd(s->c), .events = POLLIN };

	while (!conn_has_input(s->c)) {
		if (is_stopping(s->web) || clock_mono_ms() >= until)
			return (false);
		if (poll(&p, 1, IDLE_TICK_MS) < 0 && errno != EINTR)
			return (false);
		if (p.revents != 0)
			break;
	}
	return (true);
}

/* More bytes of a request that has begun. Past its deadline the client gets
 * to know; a client that went away does not. */
static int
read_more(struct session *s)
{
	struct err err = ERR_INIT;

	if (conn_fill(s->c, &err) == 0)
		return (0);
	if (clock_mono_ms() >= s->began_ms + s->web->config->request_ms)
		refuse(s, &(struct web_refusal){ 408, "too_slow" });
	return (-1);
}

static int
read_head(struct session *s)
{
	struct str authority = str_of(s->web->config->authority);
	struct web_refusal why = { 0, NULL };
	ptrdiff_t len;
	struct str bytes;

	while ((len = web_head_length(conn_peek(s->c), &why)) == 0)
		if (read_more(s) != 0)
			return (-1);
	if (len > 0) {
		bytes = arena_str(s->a, str_sub(conn_peek(s->c), 0,
		    (size_t)len));
		conn_consume(s->c, (size_t)len);
		if (web_head_parse_hosts(bytes, authority,
		    s->web->config->other_hosts, &s->head, &why) == 0)
			return (0);
	}
	refuse(s, &why);
	return (-1);
}

static int
read_body(struct session *s, struct str *body)
{
	struct err err = ERR_INIT;
	size_t len = (size_t)s->head.body_bytes;

	if (s->head.wants_continue && !conn_has_input(s->c) && (conn_put(s->c,
	    STR_LIT("HTTP/1.1 100 Continue\r\n\r\n"), &err) != 0 ||
	    conn_flush(s->c, &err) != 0))
		return (-1);
	while (conn_peek(s->c).len < len)
		if (read_more(s) != 0)
			return (-1);
	*body = arena_str(s->a, str_sub(conn_peek(s->c), 0, len));
	conn_consume(s->c, len);
	return (0);
}

/* Serve one request. False: the connection ends. */
static bool
serve_request(struct session *s, bool is_last)
{
	const struct web_config *config = s->web->config;
	struct web_request q = { .head = &s->head, .arena = s->a,
		.peer = conn_peer(s->c) };
	struct web_response r = { .status = 200 };
	struct err err = ERR_INIT;
	bool stays;

	s->began_ms = clock_mono_ms();
	conn_set_deadline(s->c, s->began_ms + config->request_ms);
	if (read_head(s) != 0 || read_body(s, &q.body) != 0)
		return (false);
	q.method = s->head.method;
	q.path = s->head.path;
	config->answer(config->ctx, &q, &r);
	stays = s->head.may_stay && !is_last && !is_stopping(s->web);
	if (web_answer(s->c, &r, q.method == WEB_HEAD, stays, &err) != 0)
		stays = false;
	report(s, web_method_name(q.method), q.path, r.status, NULL);
	return (stays);
}

static void
serve_connection(void *ctx, int *take_fd)
{
	struct web *web = ctx;
	struct session s = { .web = web, .c = conn_new(take_fd),
		.a = arena_new() };
	struct err err = ERR_INIT;

	conn_set_deadline(s.c, clock_mono_ms() + HANDSHAKE_MS);
	if (conn_start_tls(s.c, web->tls, NULL, &err) == 0) {
		unsigned n = 1;

		while (wait_for_request(&s) &&
		    serve_request(&s, n == REQUESTS_MAX)) {
			arena_reset(s.a);
			n++;
		}
	}
	conn_free(&s.c);
	arena_free(&s.a);
}

int
web_open(const struct web_config *config, struct web **out, struct err *err)
{
	struct tls_context *tls;

	must(config->tls_cert != NULL && config->tls_key != NULL);
	tls = tls_web(config->tls_cert, config->tls_key, err);
	if (tls == NULL)
		return (-1);
	*out = must_calloc(1, sizeof(**out));
	(*out)->config = config;
	(*out)->tls = tls;
	return (0);
}

unsigned
web_serve(struct web *w, int stop_fd, int64_t drain_ms)
{
	struct listen_config listening = { .fds = w->config->fds,
		.n_fds = w->config->n_fds,
		.max_connections = w->config->max_connections,
		.max_per_address = w->config->max_per_address,
		.serve = serve_connection, .ctx = w };

	return (listen_serve(&listening, stop_fd, drain_ms, &w->stopping));
}

void
web_close(struct web **w)
{
	if (*w == NULL)
		return;
	tls_release(&(*w)->tls);
	free(*w);
	*w = NULL;
}
