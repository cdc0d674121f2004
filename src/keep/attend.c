/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attend: a thread per connection: hello, then one reply for each request.
 *
 * Runs in the keeper, inside its sandbox. Security: peers are the
 * installation's own roles, any of which may have been taken over. The
 * kernel says who they are (SO_PEERCRED); everything refused is logged.
 * Packets lie in locked memory and are wiped after each request.
 */
#include "keep/keep.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "keep/operation.h"
#include "keep/locked.h"
#include "keep/permit.h"

#define HELLO_MS (5 * CLOCK_SECOND_MS)
#define SEND_MS (5 * CLOCK_SECOND_MS)	/* a peer that does not read */
#define IDLE_MS (10 * CLOCK_MINUTE_MS)	/* keepc connects again */
#define FULL_MS 50			/* look again for a free place */
#define PAUSE_MS 100			/* out of descriptors */
#define STACK_BYTES (512u << 10)

struct server {
	const struct keep *keep;
	struct keep_peers peers;
	int stop_fd;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	unsigned n;		/* running connections, under lock */
};

/* In locked memory: the packets hold secrets. */
struct connection {
	struct server *server;
	int fd;
	struct ucred peer;
	enum wire_role role;
	size_t len;		/* of request */
	uint8_t request[WIRE_PACKET_MAX];
	uint8_t reply[WIRE_PACKET_MAX];
};

/* True: events on fd. False: the deadline passed, or stop. */
static bool
wait_for(const struct connection *c, short events, int64_t wait_ms)
{
	struct pollfd p[2] = {
		{ .fd = c->fd, .events = events },
		{ .fd = c->server->stop_fd, .events = POLLIN },
	};
	int64_t deadline_ms = clock_mono_ms() + wait_ms;
	int n;

	do {
		int64_t left = deadline_ms - clock_mono_ms();

		n = poll(p, COUNT_OF(p), (int)MAX_OF(left, 0));
	} while (n < 0 && errno == EINTR);
	return (n > 0 && p[1].revents == 0);
}

/* The next packet; false when there will be none. A packet that is too long
 * keeps its length, and the parser refuses it. */
static bool
receive_packet(struct connection *c, int64_t wait_ms)
{
	for (;;) {
		ssize_t n;

		if (!wait_for(c, POLLIN, wait_ms))
			return (false);
		n = recv(c->fd, c->request, sizeof(c->request), MSG_TRUNC |
		    MSG_DONTWAIT);
		if (n > 0) {
			c->len = (size_t)n;
			return (true);
		}
		if (n == 0 || (errno != EINTR && errno != EAGAIN))
			return (false);
	}
}

static bool
send_packet(struct connection *c, const struct buf *reply)
{
	for (;;) {
		if (send(c->fd, reply->p, reply->len, MSG_NOSIGNAL |
		    MSG_DONTWAIT) >= 0)
			return (true);
		if (errno == EAGAIN) {
			if (!wait_for(c, POLLOUT, SEND_MS))
				return (false);
		} else if (errno != EINTR) {
			return (false);
		}
	}
}

static void
log_refused(const struct connection *c, enum wire_op op, const struct err *why)
{
	log_warn("refused", "role=%s uid=%u pid=%d operation=%s reason=\"%s\"",
	    wire_role_name(c->role), (unsigned)c->peer.uid, (int)c->peer.pid,
	    wire_op_name(op), why->msg);
}

/* Who is it, and do we speak the same version? */
static int
check_hello(struct connection *c, struct wire_request *hello, struct err *err)
{
	struct str packet = str_make(c->request, c->len);

	if (wire_request_parse(packet, hello, err) != 0)
		return (-1);
	if (hello->op != WIRE_OP_HELLO)
		return (err_set(err, ERR_DENIED, "no hello came first"));
	c->role = hello->role;
	if (hello->version != WIRE_VERSION)
		return (err_set(err, ERR_PERM, "the keeper speaks version %d, "
		    "not %u", WIRE_VERSION, hello->version));
	if (!permit_role(&c->server->peers, hello->role, c->peer.uid))
		return (err_set(err, ERR_DENIED, "uid %u is not the role %s",
		    (unsigned)c->peer.uid, wire_role_name(hello->role)));
	return (0);
}

static bool
greet(struct connection *c, struct buf *reply)
{
	struct wire_request hello;
	struct err err = ERR_INIT;
	bool ok;

	if (!receive_packet(c, HELLO_MS))
		return (false);
	ok = check_hello(c, &hello, &err) == 0;
	if (ok) {
		wire_reply_start(WIRE_OP_HELLO, ERR_NONE, reply);
	} else {
		log_refused(c, hello.op, &err);
		operation_refuse(hello.op, &err, reply);
	}
	return (send_packet(c, reply) && ok);
}

static void
converse(struct connection *c)
{
	/* Never grows, since it has its maximum: stays in locked memory. */
	struct buf reply = { .p = c->reply, .cap = sizeof(c->reply),
	    .max = sizeof(c->reply) };
	socklen_t len = sizeof(c->peer);
	bool going;

	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &c->peer, &len) != 0)
		return;
	going = greet(c, &reply);
	while (going && receive_packet(c, IDLE_MS)) {
		struct str packet = str_make(c->request, c->len);
		struct err err = ERR_INIT;
		enum wire_op op;

		if (operation_answer(c->server->keep, c->role, packet, &op,
		    &reply, &err) != 0)
			log_refused(c, op, &err);
		explicit_bzero(c->request, MIN_OF(c->len,
		    sizeof(c->request)));
		going = send_packet(c, &reply);
		buf_reset(&reply);
	}
}

static void *
run_connection(void *arg)
{
	struct connection *c = arg;
	struct server *s = c->server;

	converse(c);
	(void)close(c->fd);
	locked_free(&c, sizeof(*c));
	must(pthread_mutex_lock(&s->lock) == 0);
	s->n--;
	must(pthread_cond_signal(&s->ended) == 0);
	must(pthread_mutex_unlock(&s->lock) == 0);
	return (NULL);
}

static bool
is_full(struct server *s)
{
	bool full;

	must(pthread_mutex_lock(&s->lock) == 0);
	full = s->n >= KEEP_CONNECTIONS_MAX;
	must(pthread_mutex_unlock(&s->lock) == 0);
	return (full);
}

/* Give the connection its thread; without one it is closed, and keepc
 * connects again. */
static void
start_connection(struct server *s, int fd)
{
	struct connection *c = locked_new(sizeof(*c));
	pthread_attr_t attr;
	pthread_t thread;

	c->server = s;
	c->fd = fd;
	must(pthread_mutex_lock(&s->lock) == 0);
	s->n++;
	must(pthread_mutex_unlock(&s->lock) == 0);
	must(pthread_attr_init(&attr) == 0);
	must(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
	must(pthread_attr_setstacksize(&attr, STACK_BYTES) == 0);
	if (pthread_create(&thread, &attr, run_connection, c) != 0) {
		(void)close(fd);
		locked_free(&c, sizeof(*c));
		must(pthread_mutex_lock(&s->lock) == 0);
		s->n--;
		must(pthread_mutex_unlock(&s->lock) == 0);
	}
	must(pthread_attr_destroy(&attr) == 0);
}

static void
accept_one(struct server *s, int listen_fd)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		start_connection(s, fd);
	else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		clock_sleep_until(clock_mono_ms() + PAUSE_MS);
}

static void
accept_until_stopped(struct server *s, int listen_fd)
{
	bool was_full = false;

	for (;;) {
		bool full = is_full(s);
		struct pollfd p[2] = {
			/* While full, who connects waits in the backlog. */
			{ .fd = full ? -1 : listen_fd, .events = POLLIN },
			{ .fd = s->stop_fd, .events = POLLIN },
		};

		if (full && !was_full)
			log_warn("full", "connections=%d",
			    KEEP_CONNECTIONS_MAX);
		was_full = full;
		if (poll(p, COUNT_OF(p), full ? FULL_MS : -1) < 0 &&
		    errno != EINTR)
			return;
		if (p[1].revents != 0)
			return;
		if (p[0].revents != 0)
			accept_one(s, listen_fd);
	}
}

void
keep_serve(const struct keep *k, int listen_fd, const struct keep_peers *peers,
    int stop_fd)
{
	struct server s = { .keep = k, .peers = *peers, .stop_fd = stop_fd };

	must(pthread_mutex_init(&s.lock, NULL) == 0);
	must(pthread_cond_init(&s.ended, NULL) == 0);
	accept_until_stopped(&s, listen_fd);
	/* Every wait of a connection ends at once when stop_fd is readable. */
	must(pthread_mutex_lock(&s.lock) == 0);
	while (s.n > 0)
		must(pthread_cond_wait(&s.ended, &s.lock) == 0);
	must(pthread_mutex_unlock(&s.lock) == 0);
	must(pthread_cond_destroy(&s.ended) == 0);
	must(pthread_mutex_destroy(&s.lock) == 0);
}
