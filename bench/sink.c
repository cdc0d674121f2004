/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink: see the header. A thread for each connection.
 */
#include "sink.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void (*tell)(int message);
static SSL_CTX *tls;		/* NULL: STARTTLS is not offered */
static _Atomic int n_handshakes, n_resumed;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

#define SLOW_S 5
#define SLOW_NET 0x0a080000u	/* 10.8.0.0/16 */

struct peer {
	int fd;
	SSL *ssl;		/* NULL: in clear */
	bool is_slow, starts_tls;
	char in[1 << 17];
	size_t have;
	int rcpts[256], n_rcpts;
	bool in_data;
	char out[8192];
	size_t n_out;
};

static ssize_t
get(struct peer *p, char *to, size_t room)
{
	return (p->ssl != NULL ? SSL_read(p->ssl, to, (int)room) :
	    read(p->fd, to, room));
}

/* False: the client is gone. */
static bool
put_all(struct peer *p, const char *from, size_t len)
{
	while (len > 0) {
		ssize_t n = p->ssl != NULL ? SSL_write(p->ssl, from,
		    (int)len) : write(p->fd, from, len);

		if (n <= 0)
			return (false);
		from += n;
		len -= (size_t)n;
	}
	return (true);
}

/* False: the client does not like it. */
static bool
start_tls(struct peer *p)
{
	p->starts_tls = false;
	p->ssl = SSL_new(tls);
	if (p->ssl == NULL || SSL_set_fd(p->ssl, p->fd) != 1)
		die("SSL_new");
	if (SSL_accept(p->ssl) != 1)
		return (false);
	n_handshakes++;
	n_resumed += SSL_session_reused(p->ssl);
	return (true);
}

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
	if (strncasecmp(line, "EHLO", 4) == 0) {
		say(p, "250-sink.bench.example\r\n250-PIPELINING\r\n");
		if (tls != NULL && p->ssl == NULL)
			say(p, "250-STARTTLS\r\n");
		say(p, "250-8BITMIME\r\n250 SIZE 209715200\r\n");
	} else if (strncasecmp(line, "STARTTLS", 8) == 0 && tls != NULL) {
		say(p, "220 2.0.0 go\r\n");
		p->starts_tls = true;
	} else if (strncasecmp(line, "RCPT TO:<m", 10) == 0 &&
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
	bool more;
	ssize_t n;

	if (p == NULL)
		die("calloc");
	p->fd = (int)(intptr_t)arg;
	p->is_slow = is_slow(p->fd);
	if (p->is_slow)
		(void)sleep(SLOW_S);
	more = put_all(p, "220 sink.bench.example\r\n", 24);
	while (more && (n = get(p, p->in + p->have,
	    sizeof(p->in) - p->have)) > 0) {
		p->have += (size_t)n;
		more = take(p);
		if (p->n_out > 0 && p->is_slow)
			(void)sleep(SLOW_S);
		if (p->n_out > 0 && !put_all(p, p->out, p->n_out))
			break;
		p->n_out = 0;
		if (p->starts_tls)
			more = start_tls(p);
	}
	SSL_free(p->ssl);
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

static void
offer_tls(const char *pem)
{
	tls = SSL_CTX_new(TLS_server_method());
	if (tls == NULL || SSL_CTX_use_certificate_chain_file(tls, pem) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls, pem, SSL_FILETYPE_PEM) != 1) {
		(void)fprintf(stderr, "load: no certificate in %s\n", pem);
		exit(1);
	}
}

void
sink_handshakes(int *all, int *resumed)
{
	*all = n_handshakes;
	*resumed = n_resumed;
}

void
open_sink(int port, bool everywhere, const char *pem,
    void (*arrived)(int message))
{
	struct sockaddr_in at = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr = { htonl(everywhere ? INADDR_ANY : INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	pthread_t t;

	tell = arrived;
	(void)signal(SIGPIPE, SIG_IGN);
	if (pem != NULL)
		offer_tls(pem);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 ||
	    listen(fd, 4096) == -1 ||
	    pthread_create(&t, NULL, sink, (void *)(intptr_t)fd) != 0)
		die("sink");
}
