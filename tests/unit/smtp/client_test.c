/* SPDX-License-Identifier: Apache-2.0 */
/* What the client says to servers of every temper, and what it makes of
 * their answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "smtp/client.h"

#define HEARD_MAX (1u << 20)
#define PIPELINE "250-mx\r\n250-PIPELINING\r\n250-SIZE 5000\r\n" \
	"250-8BITMIME\r\n250 DSN\r\n"
#define PLAIN "250 mx\r\n"
#define GO "354 go\r\n"
#define OK "250 2.0.0 ok\r\n"

/* What the server says: the greeting, then an answer per line it hears; "" is
 * no answer, NULL is hanging up. After a 354 it answers the final dot. */
struct script {
	const char *answers[16];
	bool drips;		/* one byte at a time */
};

struct server {
	const struct script *script;
	int fd;
	pthread_t thread;
	char *heard;
	size_t heard_len;
};

static void
say(const struct server *s, const char *text)
{
	size_t len = strlen(text), step = s->script->drips ? 1 : len;

	for (size_t at = 0; at < len; at += step)
		if (send(s->fd, text + at, MIN_OF(step, len - at),
		    MSG_NOSIGNAL) <= 0)
			return;
}

/* One line, kept in heard. False: the client hung up. */
static bool
hear(struct server *s, const char **line)
{
	size_t start = s->heard_len;
	char c;

	do {
		if (read(s->fd, &c, 1) != 1)
			return (false);
		assert_true(s->heard_len + 1 < HEARD_MAX);
		s->heard[s->heard_len++] = c;
	} while (c != '\n');
	*line = s->heard + start;
	return (true);
}

static void *
serve(void *arg)
{
	struct server *s = arg;
	const char *line;

	for (size_t i = 0; i < 16 && s->script->answers[i] != NULL; i++) {
		const char *answer = s->script->answers[i];

		if (i > 0 && i < 15 && s->script->answers[i - 1][0] == '3')
			do {
				if (!hear(s, &line))
					return (NULL);
			} while (strncmp(line, ".\r\n", 3) != 0);
		else if (i > 0 && !hear(s, &line))
			return (NULL);
		say(s, answer);
	}
	(void)shutdown(s->fd, SHUT_WR);
	while (hear(s, &line))
		;
	return (NULL);
}

static struct conn *
start(struct server *s, const struct script *script)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	*s = (struct server){ .script = script, .fd = fds[1],
		.heard = must_calloc(1, HEARD_MAX) };
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	return (conn_new(&fds[0]));
}

static void
stop(struct server *s)
{
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	(void)close(s->fd);
	free(s->heard);
}

static const struct smtp_client_config config = { .helo = "us.example" };

/* ---- opening ---------------------------------------------------------- */

static const char *
endless(void)
{
	static char text[140 * 12];

	for (size_t i = 0; i < 139; i++)
		(void)snprintf(text + i * 8, 9, "250-aa\r\n");
	return (text);
}

static const char *
long_line(void)
{
	static char text[4002];

	memset(text, 'a', 4000);
	memcpy(text, "220 ", 4);
	memcpy(text + 3998, "\r\n", 3);
	return (text);
}

static void
greets(void **state)
{
	const struct {
		const char *name;
		struct script script;
		enum err_kind kind;	/* ERR_NONE: it opens */
		int code;		/* of the last reply */
	} rows[] = {
		{ "ehlo", { { "220 hi\r\n", PIPELINE } }, ERR_NONE, 250 },
		{ "drip", { { "220 hi\r\n", PIPELINE }, true }, ERR_NONE, 250 },
		{ "several lines", { { "220-a\r\n220 b\r\n", PLAIN } },
		    ERR_NONE, 250 },
		{ "no text", { { "220\r\n", "250\r\n" } }, ERR_NONE, 250 },
		{ "helo", { { "220 hi\r\n", "502 what\r\n", PLAIN } },
		    ERR_NONE, 250 },
		{ "full", { { "421 4.3.2 full\r\n" } }, ERR_TEMP, 421 },
		{ "never", { { "554 5.7.1 no\r\n" } }, ERR_PERM, 554 },
		{ "helo too", { { "220 hi\r\n", "502 a\r\n", "550 b\r\n" } },
		    ERR_PERM, 550 },
		{ "two codes", { { "220-a\r\n250 b\r\n" } }, ERR_INPUT, 0 },
		{ "no code", { { "hello there\r\n" } }, ERR_INPUT, 0 },
		{ "short", { { "22\r\n" } }, ERR_INPUT, 0 },
		{ "glued", { { "220hi\r\n" } }, ERR_INPUT, 0 },
		{ "too low", { { "120 a\r\n" } }, ERR_INPUT, 0 },
		{ "too high", { { "620 a\r\n" } }, ERR_INPUT, 0 },
		{ "endless", { { "220 a\r\n", endless() } }, ERR_INPUT, 220 },
		{ "long line", { { long_line() } }, ERR_INPUT, 0 },
		{ "hangs up", { { "220-a\r\n" } }, ERR_PERM, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct server s;
		struct conn *conn = start(&s, &rows[i].script);
		struct smtp_client *c = NULL;
		struct smtp_reply reply;
		struct err err = ERR_INIT;

		(void)smtp_client_open(&conn, "mx.example", &config, &c,
		    &reply, &err) == 0;
		assert_null(conn);
		if (err.kind != rows[i].kind || reply.code != rows[i].code ||
		    (c != NULL) != (rows[i].kind == ERR_NONE))
			fail_msg("%s: %s %d %s", rows[i].name,
			    err_kind_name(err.kind), reply.code, err.msg);
		smtp_client_close(&c);
		stop(&s);
	}
}
