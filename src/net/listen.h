/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen: opening ports, and one thread per accepted connection within limits.
 *
 * Opening is separate from serving: the supervisor opens ports while it may,
 * the role serves them when it no longer can open any.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define LISTEN_BACKLOG 512
#define LISTEN_STACK_BYTES (512u << 10)	/* straight-line code needs little */
#define LISTEN_SOCKETS_MAX 16

/* Open "host:port", "[v6]:port" or ":port" (every address). Returns the
 * socket, or -1: ERR_PERM "port 25 is in use", ERR_INPUT. Port 0 takes any. */
int listen_open(const char *address, struct err *err) FALLIBLE;

/* The port a socket listens on. */
uint16_t listen_port(int fd);

struct listen_config {
	const int *fds;		/* listening sockets, borrowed */
	size_t n_fds;
	unsigned max_connections;
	unsigned max_per_address;	/* IPv6: per /64 */
	const char *refusal;	/* sent to a client over a limit */
	/* Serve one connection; owns *take_fd. Runs in its own thread. */
	void (*serve)(void *ctx, int *take_fd);
	void *ctx;
};

/*
 * Accept until stop_fd is readable, then wait for the running sessions until
 * drain_ms has passed. `stopping`, if given, becomes true before the wait so
 * that sessions can end at the next opportunity. This process's hold on the
 * ports ends with the accepting: the descriptors then refer to stop_fd.
 * Returns the number of sessions still running.
 */
unsigned listen_serve(const struct listen_config *config, int stop_fd,
    int64_t drain_ms, volatile bool *stopping);

#endif
