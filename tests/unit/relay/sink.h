/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink: a mail server on loopback that remembers what it took. The recipient
 * tells it how to behave: bad@ is refused, busy@ is put off once, and after
 * cut@ the connection is closed once instead of an answer to the dot.
 */
#ifndef UNIT_RELAY_SINK_H
#define UNIT_RELAY_SINK_H

#include <arpa/inet.h>
#include <pthread.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/listen.h"

#define SINK_RCPTS_MAX 100
#define SINK_CONNS_MAX 64
#define SINK_TAKEN_MAX 4096

struct sink {
	int fd;
	uint16_t port;
	pthread_t thread, conns[SINK_CONNS_MAX];
	size_t n_conns;
	pthread_mutex_t lock;
	char taken[SINK_TAKEN_MAX][48];		/* recipients, as they came */
	size_t n_taken, n_data;
	size_t most_data;			/* on one connection */
	bool was_busy, was_cut;
	struct buf last;			/* the last message */
};

struct sink_session {
	struct sink *sink;
	int fd;
};

static inline bool
sink_line(struct conn *c, struct str *line)
{
	struct err err = ERR_INIT;

	for (;;) {
		struct str in = conn_peek(c);
		const char *lf = in.len > 0 ? memchr(in.p, '\n', in.len) :
		    NULL;

		if (lf != NULL) {
			*line = str_sub(in, 0, (size_t)(lf - in.p) + 1);
			return (true);
		}
		if (conn_fill(c, &err) == -1)
			return (false);
	}
}

static inline void
sink_say(struct conn *c, const char *text)
{
	struct err err = ERR_INIT;

	if (conn_put(c, str_of(text), &err) == -1 ||
	    (!conn_has_input(c) && conn_flush(c, &err) == -1))
		return;
}

/* The message; false: the connection goes. */
static inline bool
sink_data(struct sink *s, struct conn *c, char (*rcpts)[48], size_t n,
    size_t n_data)
{
	struct buf mail = BUF_INIT(1u << 20);
	struct str line;
	bool cut = false;

	sink_say(c, "354 go\r\n");
	while (sink_line(c, &line) && !str_eq(line, STR_LIT(".\r\n"))) {
		buf_str(&mail, line);
		conn_consume(c, line.len);
	}
	conn_consume(c, 3);
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < n && !s->was_cut; i++)
		cut = cut || strncmp(rcpts[i], "cut@", 4) == 0;
	s->was_cut = s->was_cut || cut;
	for (size_t i = 0; i < n && !cut; i++)
		memcpy(s->taken[s->n_taken++ % SINK_TAKEN_MAX], rcpts[i], 48);
	s->n_data++;
	s->most_data = MAX_OF(s->most_data, n_data);
	buf_done(&s->last);
	s->last = mail;
	pthread_mutex_unlock(&s->lock);
	if (!cut)
		sink_say(c, "250 2.0.0 taken\r\n");
	return (!cut);
}

static inline const char *
sink_rcpt(struct sink *s, struct str line, char out[static 48])
{
	bool busy;

	/* RCPT TO:<…> */
	(void)snprintf(out, 48, "%.*s", (int)(line.len - 12), line.p + 9);
	out[strcspn(out, ">")] = '\0';
	pthread_mutex_lock(&s->lock);
	busy = !s->was_busy && strncmp(out, "busy@", 5) == 0;
	s->was_busy = s->was_busy || busy;
	pthread_mutex_unlock(&s->lock);
	if (busy)
		return ("450 4.2.1 later\r\n");
	return (strncmp(out, "bad@", 4) == 0 ? "550 5.1.1 nobody\r\n" : NULL);
}

static inline void *
sink_serve(void *arg)
{
	struct sink_session *session = arg;
	struct sink *s = session->sink;
	struct conn *c = conn_new(&session->fd);
	char rcpts[SINK_RCPTS_MAX][48];
	size_t n = 0, n_data = 0;
	struct str line;

	free(session);
	conn_set_deadline(c, INT64_MAX);
	sink_say(c, "220 sink\r\n");
	while (sink_line(c, &line)) {
		char verb[5];
		const char *no = NULL;

		(void)snprintf(verb, sizeof(verb), "%.4s", line.p);
		if (strcmp(verb, "RCPT") == 0) {
			no = sink_rcpt(s, line, rcpts[n]);
			n += no == NULL;
		}
		conn_consume(c, line.len);
		if (strcmp(verb, "QUIT") == 0)
			break;
		if (strcmp(verb, "EHLO") == 0)
			sink_say(c, "250-sink\r\n250 PIPELINING\r\n");
		else if (strcmp(verb, "DATA") != 0)
			sink_say(c, no != NULL ? no : "250 2.1.0 ok\r\n");
		else if (n == 0)
			sink_say(c, "554 5.5.1 nobody\r\n");
		else if (!sink_data(s, c, rcpts, n, ++n_data))
			break;
		if (strcmp(verb, "MAIL") == 0 || strcmp(verb, "DATA") == 0)
			n = 0;
	}
	conn_free(&c);
	return (NULL);
}

static inline void *
sink_accept(void *arg)
{
	struct sink *s = arg;
	int fd;

	while ((fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct sink_session *session = must_calloc(1,
		    sizeof(*session));

		must(s->n_conns < SINK_CONNS_MAX);
		*session = (struct sink_session){ s, fd };
		must(pthread_create(&s->conns[s->n_conns++], NULL, sink_serve,
		    session) == 0);
	}
	return (NULL);
}

static inline struct sink *
sink_start(void)
{
	struct sink *s = must_calloc(1, sizeof(*s));
	struct err err = ERR_INIT;

	s->fd = listen_open("127.0.0.1:0", &err);
	must(s->fd >= 0);
	s->port = listen_port(s->fd);
	must(pthread_mutex_init(&s->lock, NULL) == 0);
	/* listen_open() makes it not block; here it may. */
	must(fcntl(s->fd, F_SETFL, 0) == 0);
	must(pthread_create(&s->thread, NULL, sink_accept, s) == 0);
	return (s);
}

/* When every client has closed its connections. */
static inline void
sink_stop(struct sink *s)
{
	(void)shutdown(s->fd, SHUT_RDWR);
	must(pthread_join(s->thread, NULL) == 0);
	for (size_t i = 0; i < s->n_conns; i++)
		must(pthread_join(s->conns[i], NULL) == 0);
	(void)close(s->fd);
	buf_done(&s->last);
	must(pthread_mutex_destroy(&s->lock) == 0);
	free(s);
}

/* How often a recipient got something; "" counts all. */
static inline size_t
sink_count(struct sink *s, const char *recipient)
{
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->n_taken; i++)
		n += recipient[0] == '\0' ||
		    strcmp(s->taken[i], recipient) == 0;
	pthread_mutex_unlock(&s->lock);
	return (n);
}

#endif
