/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen: the accept loop.
 *
 * Runs in the supervisor (opening) and the gateway (serving). Security: any
 * host may connect; the limits on connections, in all and per address, are
 * what keeps one host from taking every thread.
 */
#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"

#define ADDRESS_TEXT_MAX 300
#define PAUSE_MS 100	/* out of descriptors: let sessions end */

/* The address a limit counts by: IPv4, or an IPv6 /64. */
struct origin {
	uint8_t b[8];
};

struct server {
	const struct listen_config *config;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	unsigned n;
	struct origin *origins;	/* of the running sessions, n of them */
};

struct session {
	struct server *server;
	struct origin origin;
	int fd;
};

/* Cut "host:port" in two; the host may be empty or in brackets. */
static int
split(const char *address, char *host, char **port, struct err *err)
{
	char *colon;

	if (snprintf(host, ADDRESS_TEXT_MAX, "%s", address) >=
	    ADDRESS_TEXT_MAX || (colon = strrchr(host, ':')) == NULL)
		return (err_set(err, ERR_INPUT,
		    "%s is not an address with a port", address));
	*colon = '\0';
	*port = colon + 1;
	if (host[0] == '[' && colon > host && colon[-1] == ']') {
		colon[-1] = '\0';
		memmove(host, host + 1, strlen(host));
	}
	return (0);
}

static int
open_one(const struct addrinfo *ai, const char *address, struct err *err)
{
	/* Not blocking: after a reload two processes accept from it. */
	AUTO_FD int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	int one = 1, off = 0;

	if (fd < 0)
		return (err_sys(err, ERR_PERM, "cannot listen on %s",
		    address));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ai->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off,
		    sizeof(off));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) != 0) {
		if (errno == EADDRINUSE)
			return (err_set(err, ERR_PERM, "cannot listen on %s: "
			    "another program uses that port", address));
		return (err_sys(err, ERR_PERM, "cannot listen on %s",
		    address));
	}
	if (listen(fd, LISTEN_BACKLOG) != 0)
		return (err_sys(err, ERR_PERM, "cannot listen on %s",
		    address));
	return (fd_take(&fd));
}

int
listen_open(const char *address, struct err *err)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL, *best;
	char host[ADDRESS_TEXT_MAX], *port = NULL;
	int fd, rc;

	if (split(address, host, &port, err) != 0)
		return (-1);
	rc = getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &list);
	if (rc != 0)
		return (err_set(err, ERR_INPUT, "cannot listen on %s: %s",
		    address, gai_strerror(rc)));
	best = list;
	/* For every address one IPv6 socket takes IPv4 too. */
	for (struct addrinfo *ai = list; host[0] == '\0' && ai != NULL;
	    ai = ai->ai_next)
		if (ai->ai_family == AF_INET6)
			best = ai;
	fd = open_one(best, address, err);
	if (fd < 0 && best->ai_family == AF_INET6 && list != best &&
	    errno == EAFNOSUPPORT)
		fd = open_one(list, address, err);
	freeaddrinfo(list);
	return (fd);
}

uint16_t
listen_port(int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return (0);
	if (ss.ss_family == AF_INET)
		return (ntohs(((struct sockaddr_in *)(void *)&ss)->sin_port));
	return (ntohs(((struct sockaddr_in6 *)(void *)&ss)->sin6_port));
}

static struct origin
origin_of(const struct sockaddr_storage *ss)
{
	struct origin o = { { 0 } };

	if (ss->ss_family == AF_INET) {
		memcpy(o.b + 4, &((const struct sockaddr_in *)
		    (const void *)ss)->sin_addr, 4);
	} else {
		const uint8_t *a = ((const struct sockaddr_in6 *)
		    (const void *)ss)->sin6_addr.s6_addr;

		if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)
		    (const void *)a))
			memcpy(o.b + 4, a + 12, 4);
		else
			memcpy(o.b, a, 8);
	}
	return (o);
}

/* Count a session in; false when a limit is reached. */
static bool
enter(struct server *s, const struct origin *o)
{
	unsigned same = 0;
	bool ok;

	must(pthread_mutex_lock(&s->lock) == 0);
	for (unsigned i = 0; i < s->n; i++)
		same += memcmp(&s->origins[i], o, sizeof(*o)) == 0;
	ok = s->n < s->config->max_connections &&
	    same < s->config->max_per_address;
	if (ok)
		s->origins[s->n++] = *o;
	must(pthread_mutex_unlock(&s->lock) == 0);
	return (ok);
}

static void
leave(struct server *s, const struct origin *o)
{
	must(pthread_mutex_lock(&s->lock) == 0);
	for (unsigned i = 0; i < s->n; i++)
		if (memcmp(&s->origins[i], o, sizeof(*o)) == 0) {
			s->origins[i] = s->origins[--s->n];
			break;
		}
	must(pthread_cond_signal(&s->ended) == 0);
	must(pthread_mutex_unlock(&s->lock) == 0);
}

static void *
run_session(void *arg)
{
	struct session *session = arg;
	struct server *server = session->server;
	struct origin origin = session->origin;
	int fd = session->fd;

	free(session);
	server->config->serve(server->config->ctx, &fd);
	/* Before the last one to leave lets the process end: OpenSSL would
	 * give its memory of this thread back only after that. */
	OPENSSL_thread_stop();
	leave(server, &origin);
	return (NULL);
}

static void
start_session(struct server *s, int *fd, const struct origin *o)
{
	struct session *session = must_calloc(1, sizeof(*session));
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	session->server = s;
	session->origin = *o;
	session->fd = *fd;
	must(pthread_attr_init(&attr) == 0);
	must(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
	must(pthread_attr_setstacksize(&attr, LISTEN_STACK_BYTES) == 0);
	rc = pthread_create(&thread, &attr, run_session, session);
	must(pthread_attr_destroy(&attr) == 0);
	if (rc != 0) {
		/* No thread to be had: the client tries again later. */
		free(session);
		leave(s, o);
		return;
	}
	*fd = -1;
}

static void
accept_one(struct server *s, int listener)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	AUTO_FD int fd = accept4(listener, (struct sockaddr *)&ss, &len,
	    SOCK_CLOEXEC);
	struct origin o;

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			clock_sleep_until(clock_mono_ms() + PAUSE_MS);
		return;
	}
	o = origin_of(&ss);
	if (enter(s, &o)) {
		start_session(s, &fd, &o);
		return;
	}
	if (s->config->refusal != NULL)
		(void)send(fd, s->config->refusal,
		    strlen(s->config->refusal), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static unsigned
wait_for_sessions(struct server *s, int64_t drain_ms)
{
	struct timespec until;
	unsigned left;

	must(clock_gettime(CLOCK_REALTIME, &until) == 0);
	until.tv_sec += (time_t)(drain_ms / 1000);
	must(pthread_mutex_lock(&s->lock) == 0);
	while (s->n > 0 && pthread_cond_timedwait(&s->ended, &s->lock,
	    &until) == 0)
		;
	left = s->n;
	must(pthread_mutex_unlock(&s->lock) == 0);
	return (left);
}

/*
 * Give the ports back while the last sessions run: a supervisor that was
 * killed finds them free when it is started again. The numbers stay taken, so
 * that whoever closes them later closes nothing else.
 */
static void
release_ports(const struct listen_config *config, int stop_fd)
{
	for (size_t i = 0; i < config->n_fds; i++)
		(void)dup2(stop_fd, config->fds[i]);
}

unsigned
listen_serve(const struct listen_config *config, int stop_fd,
    int64_t drain_ms, volatile bool *stopping)
{
	struct server *s = must_calloc(1, sizeof(*s));
	struct pollfd p[LISTEN_SOCKETS_MAX + 1];
	unsigned left;

	must(config->n_fds <= LISTEN_SOCKETS_MAX);
	s->config = config;
	must(pthread_mutex_init(&s->lock, NULL) == 0);
	must(pthread_cond_init(&s->ended, NULL) == 0);
	s->origins = must_calloc(config->max_connections,
	    sizeof(*s->origins));
	for (size_t i = 0; i < config->n_fds; i++)
		p[i] = (struct pollfd){ .fd = config->fds[i],
			.events = POLLIN };
	p[config->n_fds] = (struct pollfd){ .fd = stop_fd, .events = POLLIN };
	for (;;) {
		if (poll(p, config->n_fds + 1, -1) < 0 && errno != EINTR)
			break;
		if (p[config->n_fds].revents != 0)
			break;
		for (size_t i = 0; i < config->n_fds; i++)
			if (p[i].revents != 0)
				accept_one(s, config->fds[i]);
	}
	release_ports(config, stop_fd);
	if (stopping != NULL)
		__atomic_store_n(stopping, true, __ATOMIC_RELEASE);
	left = wait_for_sessions(s, drain_ms);
	/* Sessions that outlive the drain still use the server: it is left to
	 * them, and the process ends now. */
	if (left == 0) {
		free(s->origins);
		free(s);
	}
	return (left);
}
