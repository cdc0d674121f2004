/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_server: the web module with a trivial handler, for http_hostile.py.
 *
 *	web_server CERT KEY AUTHORITY
 *
 * Prints its port, then serves until its standard input ends. "/" answers
 * with the number of requests served so far, "/echo" with the body it got,
 * "/large" with a stream of 8 MiB.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "net/listen.h"
#include "web/server.h"

#define LARGE_BYTES (8u << 20)

static atomic_uint served;

static int
read_large(void *ctx, uint64_t offset, uint8_t *out, size_t cap, size_t *got,
    struct err *err)
{
	(void)ctx;
	(void)err;
	for (size_t i = 0; i < cap; i++)
		out[i] = (uint8_t)((offset + i) % 251);
	*got = cap;
	return (0);
}

static void
answer(void *ctx, const struct web_request *q, struct web_response *r)
{
	unsigned n = atomic_fetch_add(&served, 1) + 1;

	(void)ctx;
	r->type = "text/plain";
	if (str_eq(q->path, STR_LIT("/"))) {
		r->body = str_of(arena_printf(q->arena, "served %u\n", n));
	} else if (str_eq(q->path, STR_LIT("/echo"))) {
		r->body = q->body;
	} else if (str_eq(q->path, STR_LIT("/large"))) {
		r->stream_bytes = LARGE_BYTES;
		r->read = read_large;
	} else {
		r->status = 404;
	}
}

static void
seen(void *ctx, const struct web_seen *s)
{
	(void)ctx;
	fprintf(stderr, "%s %s %u %s\n", s->peer, s->method, s->status,
	    s->refusal != NULL ? s->refusal : "-");
}

int
main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	int fd = listen_open("127.0.0.1:0", &err);
	struct web_config config = { .fds = &fd, .n_fds = 1,
		.max_connections = 64, .max_per_address = 64,
		.request_ms = 3000, .idle_ms = 3000, .answer = answer,
		.seen = seen };
	struct web *web;

	if (argc != 4 || fd < 0)
		return (1);
	(void)signal(SIGPIPE, SIG_IGN);
	config.tls_cert = argv[1];
	config.tls_key = argv[2];
	config.authority = argv[3];
	if (web_open(&config, &web, &err) != 0) {
		fprintf(stderr, "%s\n", err.msg);
		return (1);
	}
	printf("%u\n", listen_port(fd));
	(void)fflush(stdout);
	if (web_serve(web, STDIN_FILENO, 5000) != 0)
		return (2);
	web_close(&web);
	(void)close(fd);
	return (0);
}
