/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outside: smtp/session with callbacks that say yes. Runs in the demo only,
 * on 127.0.0.1.
 */
#include "cli/outside.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"
#include "net/listen.h"
#include "smtp/session.h"

#define MAILS_MAX 4096	/* more than anybody sends to a demo */
#define MESSAGE_MAX (200u << 20)
#define POLL_MS 20

struct outside {
	const char *dir;
	int fd, stop_fd;
	struct smtp_service service;
	volatile bool stopping;
	pthread_mutex_t lock;
	struct outside_mail mails[MAILS_MAX];
	size_t n;
	struct arena *arena;
};

static bool
may_relay(void *ctx, const struct smtp_peer *peer)
{
	(void)ctx;
	(void)peer;
	return (true);
}

static void
recipient(void *ctx, const struct smtp_envelope *envelope,
    const struct address *address, struct smtp_reply *reply)
{
	(void)ctx;
	(void)envelope;
	(void)address;
	smtp_reply_set(reply, 250, "2.1.5", "Ok");
}

static bool
reserve(void *ctx, uint64_t held, uint64_t more, int64_t deadline_ms)
{
	(void)ctx;
	(void)held;
	(void)more;
	(void)deadline_ms;
	return (true);
}

static void
give_back(void *ctx, uint64_t bytes)
{
	(void)ctx;
	(void)bytes;
}

static void
keep(struct outside *o, struct str to, struct str bytes)
{
	struct err err = ERR_INIT;
	struct outside_mail *m;

	(void)pthread_mutex_lock(&o->lock);
	if (o->n < MAILS_MAX) {
		m = &o->mails[o->n];
		m->recipient = arena_str(o->arena, to);
		m->bytes = arena_str(o->arena, bytes);
		m->path = arena_printf(o->arena, "%s/%03zu-%.*s.eml", o->dir,
		    o->n + 1, STR_FMT(to));
		if (sys_write_file(m->path, bytes, 0600, &err) == -1)
			(void)fprintf(stderr, "letterlock: %s\n", err.msg);
		o->n++;
	}
	(void)pthread_mutex_unlock(&o->lock);
}

static void
message(void *ctx, struct smtp_envelope *envelope, struct buf *bytes,
    struct smtp_reply *reply)
{
	for (size_t i = 0; i < envelope->n_recipients; i++)
		keep(ctx, envelope->recipients[i].address.text,
		    buf_view(bytes));
	smtp_reply_set(reply, 250, "2.0.0", "Ok");
}

static void
note(void *ctx, const char *event, const char *peer, const char *text)
{
	(void)ctx;
	(void)event;
	(void)peer;
	(void)text;
}

static void
serve_one(void *ctx, int *take_fd)
{
	struct outside *o = ctx;
	struct conn *conn = conn_new(take_fd);

	smtp_session_run(conn, &o->service);
	conn_free(&conn);
}

static void *
serve(void *arg)
{
	struct outside *o = arg;
	struct listen_config config = { .fds = &o->fd, .n_fds = 1,
	    .max_connections = 100, .max_per_address = 100,
	    .refusal = "421 4.7.0 Busy\r\n", .serve = serve_one, .ctx = o };

	(void)listen_serve(&config, o->stop_fd, 0, &o->stopping);
	return (NULL);
}

int
outside_start(const char *dir, struct outside **out, struct err *err)
{
	struct outside *o;
	pthread_t thread;
	int fd = listen_open("127.0.0.1:0", err), never[2];

	if (fd == -1)
		return (-1);
	must(pipe(never) == 0);
	o = must_calloc(1, sizeof(*o));
	*o = (struct outside){ .dir = dir, .fd = fd, .stop_fd = never[0],
	    .arena = arena_new() };
	o->service = (struct smtp_service){ .ctx = o,
	    .hostname = "outside.example", .limits = { MESSAGE_MAX, 1000,
	    1 << 20, 20, UINT32_MAX, CLOCK_HOUR_MS, CLOCK_DAY_MS },
	    .stopping = &o->stopping, .may_relay = may_relay,
	    .recipient = recipient, .reserve = reserve,
	    .give_back = give_back, .message = message, .note = note };
	must(pthread_mutex_init(&o->lock, NULL) == 0);
	must(pthread_create(&thread, NULL, serve, o) == 0);
	*out = o;
	return (0);
}

uint16_t
outside_port(const struct outside *o)
{
	return (listen_port(o->fd));
}

bool
outside_mail(struct outside *o, size_t i, int64_t deadline_ms,
    struct outside_mail *out)
{
	bool there;

	for (;;) {
		(void)pthread_mutex_lock(&o->lock);
		there = i < o->n;
		if (there)
			*out = o->mails[i];
		(void)pthread_mutex_unlock(&o->lock);
		if (there || clock_mono_ms() >= deadline_ms)
			return (there);
		clock_sleep_until(clock_mono_ms() + POLL_MS);
	}
}
