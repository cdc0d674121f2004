/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel: connect, hello, one packet there and one back.
 *
 * Runs in the gateway, the portal and the command line. Security: packets
 * hold secrets; the buffers are wiped by their owner (AUTO_BUF), and the
 * received one goes straight into the caller's.
 */
#include "keepc/channel.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/auto.h"
#include "base/clock.h"

/* What became of one attempt. */
enum outcome {
	DONE,		/* reply is there */
	REFUSED,	/* by an orderly reply; err has its sentence */
	LOST,		/* the keeper went away: connect again */
	FAILED,		/* err says why */
};

void
channel_close(struct channel *c)
{
	auto_close_fd(&c->fd);
}

/* Wait for events. 1: ready; 0: the deadline passed. */
static int
wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline_ms - clock_mono_ms();
		int n = poll(&p, 1, (int)MAX_OF(left, 0));

		if (n > 0)
			return (1);
		if (n == 0 || errno != EINTR)
			return (0);
	}
}

static enum outcome
late(struct channel *c, struct err *err)
{
	(void)err_set(err, ERR_TEMP, "the keeper at %s does not answer",
	    c->path);
	return (FAILED);
}

static enum outcome
send_packet(struct channel *c, struct str packet, int64_t deadline_ms,
    struct err *err)
{
	for (;;) {
		ssize_t n = send(c->fd, packet.p, packet.len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0)
			return (DONE);
		if (errno == EAGAIN) {
			if (!wait_for(c->fd, POLLOUT, deadline_ms))
				return (late(c, err));
		} else if (errno != EINTR) {
			return (LOST);
		}
	}
}

static enum outcome
receive_packet(struct channel *c, int64_t deadline_ms, struct buf *packet,
    struct err *err)
{
	uint8_t *room;

	buf_reset(packet);
	room = buf_reserve(packet, WIRE_PACKET_MAX);
	must(room != NULL);
	for (;;) {
		ssize_t n;

		if (!wait_for(c->fd, POLLIN, deadline_ms))
			return (late(c, err));
		n = recv(c->fd, room, WIRE_PACKET_MAX, MSG_DONTWAIT);
		if (n > 0) {
			packet->len = (size_t)n;
			return (DONE);
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return (LOST);
	}
}

static enum outcome
exchange(struct channel *c, const struct wire_request *request,
    int64_t deadline_ms, struct buf *packet, struct wire_reply *reply,
    struct err *err)
{
	enum outcome o;

	buf_reset(packet);
	wire_request_format(request, packet);
	must(buf_check(packet, "a request to the keeper", NULL) == 0);
	o = send_packet(c, buf_view(packet), deadline_ms, err);
	if (o == DONE)
		o = receive_packet(c, deadline_ms, packet, err);
	if (o == DONE && wire_reply_parse(buf_view(packet), request->op,
	    request->n, reply, err) != 0)
		return (FAILED);
	if (o == DONE && reply->kind != ERR_NONE) {
		(void)err_set(err, reply->kind, "keeper: %.*s",
		    STR_FMT(reply->body));
		return (REFUSED);
	}
	return (o);
}

static enum outcome
open_socket(struct channel *c, int64_t deadline_ms, struct err *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	AUTO_FD int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);

	if (fd < 0) {
		(void)err_sys(err, ERR_TEMP, "cannot make a socket");
		return (FAILED);
	}
	if (strlen(c->path) >= sizeof(sun.sun_path)) {
		(void)err_set(err, ERR_PERM, "the path %s is too long for a "
		    "socket", c->path);
		return (FAILED);
	}
	memcpy(sun.sun_path, c->path, strlen(c->path));
	while (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0) {
		if (errno == EACCES || errno == EPERM) {
			(void)err_sys(err, ERR_DENIED,
			    "cannot reach the keeper at %s", c->path);
			return (FAILED);
		}
		/* EAGAIN: its queue is full. Otherwise it is not there. */
		if (errno != EAGAIN && errno != EINTR)
			return (LOST);
		if (clock_mono_ms() >= deadline_ms)
			return (late(c, err));
		clock_sleep_until(clock_mono_ms() + 1);
	}
	c->fd = fd_take(&fd);
	return (DONE);
}

static enum outcome
connect_once(struct channel *c, int64_t deadline_ms, struct buf *packet,
    struct err *err)
{
	struct wire_request hello = { .op = WIRE_OP_HELLO,
		.version = WIRE_VERSION, .role = c->role };
	struct wire_reply reply;
	enum outcome o;

	if (c->fd >= 0)
		return (DONE);
	o = open_socket(c, deadline_ms, err);
	return (o != DONE ? o :
	    exchange(c, &hello, deadline_ms, packet, &reply, err));
}

int
channel_call(struct channel *c, const struct wire_request *request,
    int64_t deadline_ms, struct buf *packet, struct wire_reply *reply,
    struct err *err)
{
	for (;;) {
		bool is_connected = false;
		enum outcome o = connect_once(c, deadline_ms, packet, err);

		if (o == DONE) {
			is_connected = true;
			o = exchange(c, request, deadline_ms, packet, reply,
			    err);
		}
		if (o == DONE)
			return (0);
		if (o == REFUSED && is_connected)
			return (-1);
		/* A late reply must not answer the next request. */
		channel_close(c);
		if (o != LOST)
			return (-1);
		if (clock_mono_ms() + CHANNEL_RETRY_MS >= deadline_ms)
			break;
		clock_sleep_until(clock_mono_ms() + CHANNEL_RETRY_MS);
	}
	return (err_set(err, ERR_TEMP, "the keeper at %s does not answer",
	    c->path));
}
