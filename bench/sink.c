/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink: see the header. A thread for each connection.
 */
#include "sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void (*tell)(int message);

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
put_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n <= 0)
			die("write");
		p += n;
		len -= (size_t)n;
	}
}

#define SLOW_S 5
#define SLOW_NET 0x0a080000u	/* 10.8.0.0/16 */

struct peer {
	int fd;
	bool is_slow;
	char in[1 << 17];
	size_t have;
	int rcpts[256], n_rcpts;
	bool in_data;
	char out[8192];
	size_t n_out;
};

static void
say(struct peer *p, const char *line)
{
	size_t len = strlen(line);

	memcpy(p->out + p->n_out, line, len);
	p->n_out += len;
}

/* Whom the peer wanted to reach. */
static bool
is_slow(int fd)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	socklen_t len = sizeof(own);

	return (getsockname(fd, (struct sockaddr *)&own, &len) == 0 &&
	    (ntohl(own.sin_addr.s_addr) & 0xffff0000u) == SLOW_NET);
}

static bool
command(struct peer *p, const char *line)
{
	if (strncasecmp(line, "EHLO", 4) == 0)
		say(p, "250-sink.bench.example\r\n250-PIPELINING\r\n"
		    "250-8BITMIME\r\n250 SIZE 209715200\r\n");
	else if (strncasecmp(line, "RCPT TO:<m", 10) == 0 &&
	    p->n_rcpts < 256) {
		p->rcpts[p->n_rcpts++] = (int)strtol(line + 10,
		    NULL, 10);
		say(p, "250 2.1.5 Ok\r\n");
	} else if (strncasecmp(line, "DATA", 4) == 0) {
		p->in_data = true;
		say(p, "354 go\r\n");
	} else if (strncasecmp(line, "QUIT", 4) == 0) {
		say(p, "221 2.0.0 Bye\r\n");
		return (false);
	} else
		say(p, "250 2.0.0 Ok\r\n");
	return (true);
}

/* Take what is buffered; false at QUIT. */
static bool
take(struct peer *p)
{
	size_t at = 0;

	while (at < p->have) {
		char *from = p->in + at, *end;
		size_t left = p->have - at;

		if (p->in_data) {
			/* Up to the dot line, or all but what may begin it. */
			end = memmem(from, left, "\r\n.\r\n", 5);
			if (end == NULL) {
				at += left > 4 ? left - 4 : 0;
				break;
			}
			at = (size_t)(end - p->in) + 5;
			p->in_data = false;
			say(p, "250 2.0.0 Ok\r\n");
			for (int i = 0; i < p->n_rcpts; i++)
				tell(p->rcpts[i]);
			p->n_rcpts = 0;
			continue;
		}
		end = memchr(from, '\n', left);
		if (end == NULL)
			break;
		*end = '\0';
		at += (size_t)(end - from) + 1;
		if (!command(p, from))
			return (false);
	}
	memmove(p->in, p->in + at, p->have - at);
	p->have -= at;
	return (true);
}

static void *
serve(void *arg)
{
	struct peer *p = calloc(1, sizeof(*p));
	bool more = true;
	ssize_t n;

	if (p == NULL)
		die("calloc");
	p->fd = (int)(intptr_t)arg;
	p->is_slow = is_slow(p->fd);
	if (p->is_slow)
		(void)sleep(SLOW_S);
	put_all(p->fd, "220 sink.bench.example\r\n", 24);
	while (more && (n = read(p->fd, p->in + p->have,
	    sizeof(p->in) - p->have)) > 0) {
		p->have += (size_t)n;
		more = take(p);
		if (p->n_out > 0 && p->is_slow)
			(void)sleep(SLOW_S);
		if (p->n_out > 0)
			put_all(p->fd, p->out, p->n_out);
		p->n_out = 0;
	}
	(void)close(p->fd);
	free(p);
	return (NULL);
}

static void *
sink(void *arg)
{
	int listener = (int)(intptr_t)arg, fd, one = 1;

	while ((fd = accept(listener, NULL, NULL)) != -1) {
		pthread_t t;

		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof(one));
		if (pthread_create(&t, NULL, serve, (void *)(intptr_t)fd) != 0)
			die("pthread_create");
		(void)pthread_detach(t);
	}
	return (NULL);
}

void
open_sink(int port, bool everywhere, void (*arrived)(int message))
{
	struct sockaddr_in at = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr = { htonl(everywhere ? INADDR_ANY : INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	pthread_t t;

	tell = arrived;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    listen(fd, 4096) == -1 ||
	    pthread_create(&t, NULL, sink, (void *)(intptr_t)fd) != 0)
		die("sink");
}
