/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server: HTTPS for the portal: one thread per connection, HTTP/1.1 with
 * keep-alive, small requests, answers of any size.
 *
 * What the guard (web/head) refuses never reaches the handler. Every answer
 * carries the security headers; a handler only names its content policy.
 */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include "base/arena.h"
#include "base/err.h"
#include "web/head.h"

#define WEB_STREAM_BYTES 65536	/* of a streamed answer held at once */
#define WEB_EXTRA_MAX 6		/* header fields a handler adds */

struct web;

struct web_request {
	enum web_method method;
	struct str path;
	const struct web_head *head;
	struct str body;
	const char *peer;	/* the client's address as text */
	struct arena *arena;	/* for the answer; lives until it is sent */
};

struct web_header {
	const char *name, *value;	/* no control bytes: our own texts */
};

/* Filled by the handler; starts as 200 with an empty body. Texts are static
 * or of the request's arena. */
struct web_response {
	unsigned status;
	const char *type;	/* Content-Type; NULL: none */
	const char *csp;	/* NULL: nothing may be loaded */
	bool is_immutable;	/* may be cached for ever */
	unsigned max_age_s;	/* or so long; else no-store */
	struct web_header extra[WEB_EXTRA_MAX];
	size_t n_extra;
	struct str body;
	/* Or a stream of exactly stream_bytes; read() is called in order from
	 * offset 0 and gives at least one byte. */
	uint64_t stream_bytes;
	int (*read)(void *ctx, uint64_t offset, uint8_t *out, size_t cap,
	    size_t *got, struct err *err);
	void *read_ctx;
};

/* What happened, for the log; also for requests the guard refused. */
struct web_seen {
	const char *peer;
	const char *method;	/* "-": refused before it was known */
	struct str path;	/* decoded; empty when refused */
	unsigned status;
	const char *refusal;	/* NULL: the handler answered */
	int64_t took_ms;
};

struct web_config {
	const int *fds;		/* listening sockets, borrowed until served */
	size_t n_fds;
	const char *tls_cert, *tls_key;	/* PEM files */
	const char *authority;	/* "mail.example[:port]", as in Host */
	/* Other names we answer to, ended by NULL, or NULL: the request's
	 * head->other_host says which. */
	const char *const *other_hosts;
	unsigned max_connections;
	unsigned max_per_address;
	int64_t request_ms;	/* a request must be here whole by then */
	int64_t idle_ms;	/* and the next one begin by then */
	void (*answer)(void *ctx, const struct web_request *q,
	    struct web_response *r);
	void (*seen)(void *ctx, const struct web_seen *s);	/* or NULL */
	void *ctx;
};

/* Load the certificate. config and its texts are borrowed until web_close.
 * Fails ERR_PERM naming the file. */
int web_open(const struct web_config *config, struct web **out,
    struct err *err) FALLIBLE;

/* Serve until stop_fd is readable; then finish what runs within drain_ms.
 * Returns the connections still running: when not 0, the process must end
 * without web_close. */
unsigned web_serve(struct web *w, int stop_fd, int64_t drain_ms);

/* NULL is accepted. */
void web_close(struct web **w);

/* Add a header field to an answer. */
void web_add(struct web_response *r, const char *name, const char *value);

#endif
