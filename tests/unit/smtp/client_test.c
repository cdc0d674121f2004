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
#define DRIP "220 drip\r\n"
#define PLAIN "250 mx\r\n"
#define GO "354 go\r\n"
#define OK "250 2.0.0 ok\r\n"

/*
 * What the server says: the greeting, then an answer per line it hears; "" is
 * no answer, NULL is hanging up. After a 354 it answers the final dot. A server
 * that greets with DRIP answers one byte at a time.
 */
struct script {
	const char *answers[16];
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
	size_t len = strlen(text);
	size_t step = strcmp(s->script->answers[0], DRIP) == 0 ? 1 : len;

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
		{ "drip", { { DRIP, PIPELINE } }, ERR_NONE, 250 },
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
		struct smtp_opening opening;
		struct err err = ERR_INIT;
		int rc = smtp_client_open(&conn, "mx.example", &config, &c,
		    &opening, &err);

		assert_null(conn);
		if ((rc == 0) != (c != NULL) || err.kind != rows[i].kind ||
		    opening.reply.code != rows[i].code)
			fail_msg("%s: %s %d %s", rows[i].name,
			    err_kind_name(err.kind), opening.reply.code,
			    err.msg);
		smtp_client_close(&c);
		stop(&s);
	}
}

/* ---- transactions ----------------------------------------------------- */

struct exchange {
	const char *name;
	struct script script;
	const char *mail;
	int rc;
	int codes[3];		/* of three recipients; 0 with rc -1: unknown */
	bool is_usable;
	const char *heard;	/* after EHLO */
};

#define MAIL "MAIL FROM:<a@b.example>"
#define M8 MAIL " SIZE=6 BODY=8BITMIME\r\n"
#define R "RCPT TO:<x@c.example>\r\nRCPT TO:<y@c.example>\r\n" \
	"RCPT TO:<z@c.example>\r\n"
#define BODY "hey.\r\n"
#define SENT M8 R "DATA\r\n" BODY ".\r\n"
#define BAD "550 5.1.1 nobody\r\n"
#define BUSY "450 4.2.0 later\r\n"

static const struct exchange exchanges[] = {
	{ "all good", { { "220 a\r\n", PIPELINE, OK, OK, OK, OK, GO, OK, OK } },
	    BODY, 0, { 250, 250, 250 }, true, SENT },
	{ "drips", { { DRIP, PIPELINE, OK, OK, OK, OK, GO, OK, OK } },
	    BODY, 0, { 250, 250, 250 }, true, SENT },
	{ "not pipelined", { { "220 a\r\n", PLAIN, OK, OK, OK, OK, GO, OK,
	    OK } }, BODY, 0, { 250, 250, 250 }, true,
	    MAIL "\r\n" R "DATA\r\n" BODY ".\r\n" },
	{ "some refused", { { "220 a\r\n", PIPELINE, OK, BAD, OK, BUSY, GO,
	    OK, OK } }, BODY, 0, { 550, 250, 450 }, true, SENT },
	{ "251 is taken", { { "220 a\r\n", PIPELINE, OK, BAD, BAD,
	    "251 moved\r\n", GO, OK, OK } }, BODY, 0, { 550, 550, 250 }, true,
	    SENT },
	{ "nobody, yet go on", { { "220 a\r\n", PIPELINE, OK, BAD, BAD, BAD,
	    GO, "554 none\r\n" } }, BODY, 0, { 550, 550, 550 }, true,
	    M8 R "DATA\r\n.\r\n" },
	{ "nobody", { { "220 a\r\n", PIPELINE, OK, BAD, BUSY, BAD,
	    "503 no\r\n", OK, OK } }, BODY, 0, { 550, 450, 550 }, true,
	    M8 R "DATA\r\nRSET\r\n" },
	{ "nobody, stepwise", { { "220 a\r\n", PLAIN, OK, BAD, BUSY, BAD,
	    OK } }, BODY, 0, { 550, 450, 550 }, true,
	    MAIL "\r\n" R "RSET\r\n" },
	{ "no sender", { { "220 a\r\n", PIPELINE, BUSY, "503 a\r\n",
	    "503 a\r\n", "503 a\r\n", "503 a\r\n", OK } }, BODY, 0,
	    { 450, 450, 450 }, true, M8 R "DATA\r\nRSET\r\n" },
	{ "no sender, stepwise", { { "220 a\r\n", PLAIN, BUSY, OK } }, BODY,
	    0, { 450, 450, 450 }, true, MAIL "\r\nRSET\r\n" },
	{ "no sender, yet go on", { { "220 a\r\n", PIPELINE, BUSY, OK, OK, OK,
	    GO, OK } }, BODY, 0, { 450, 450, 450 }, true,
	    M8 R "DATA\r\n.\r\n" },
	{ "no data", { { "220 a\r\n", PIPELINE, OK, OK, BAD, OK,
	    "451 4.3.0 a\r\n", OK } }, BODY, 0, { 451, 550, 451 }, true,
	    M8 R "DATA\r\nRSET\r\n" },
	/* Not an answer to the message: it was never sent. */
	{ "250 to DATA", { { "220 a\r\n", PIPELINE, OK, OK, OK, OK, OK } },
	    BODY, -1, { 0, 0, 0 }, false, M8 R "DATA\r\n" },
	{ "250 to DATA, stepwise", { { "220 a\r\n", PLAIN, OK, OK, OK, OK,
	    OK } }, BODY, -1, { 0, 0, 0 }, false, MAIL "\r\n" R "DATA\r\n" },
	{ "refused at the dot", { { "220 a\r\n", PIPELINE, OK, OK, BAD, OK,
	    GO, "552 5.2.2 full\r\n" } }, BODY, 0, { 552, 550, 552 }, true,
	    SENT },
	{ "going down", { { "220 a\r\n", PIPELINE, "421 bye\r\n",
	    "421 bye\r\n", "421 bye\r\n", "421 bye\r\n", "421 bye\r\n" } },
	    BODY, 0, { 421, 421, 421 }, false, M8 R "DATA\r\n" },
	{ "gone in the middle", { { "220 a\r\n", PIPELINE, OK, BAD,
	    "421 4.3.2 bye\r\n" } }, BODY, -1, { 550, 421, 0 }, false,
	    M8 R "DATA\r\n" },
	{ "gone at the dot", { { "220 a\r\n", PIPELINE, OK, OK, BAD, OK,
	    GO, "" } }, BODY, -1, { 0, 550, 0 }, false, SENT },
	{ "babble", { { "220 a\r\n", PIPELINE, OK, OK, "what?\r\n" } }, BODY,
	    -1, { 0, 0, 0 }, false, M8 R "DATA\r\n" },
	{ "dots", { { "220 a\r\n", PLAIN, OK, OK, OK, OK, GO, OK } },
	    ".\r\n..a\r\nb.\r\n.\r\n", 0, { 250, 250, 250 }, true,
	    MAIL "\r\n" R "DATA\r\n..\r\n...a\r\nb.\r\n..\r\n.\r\n" },
	{ "no last line end", { { "220 a\r\n", PLAIN, OK, OK, OK, OK, GO,
	    OK } }, "a", 0, { 250, 250, 250 }, true,
	    MAIL "\r\n" R "DATA\r\na\r\n.\r\n" },
	{ "too large", { { "220 a\r\n", "250-a\r\n250 SIZE 3\r\n" } }, BODY, 0,
	    { 552, 552, 552 }, true, "" },
};

static void
outgoing(struct smtp_outgoing *m, struct smtp_outgoing_rcpt *rcpts,
    struct str *bytes)
{
	static const char *const to[] = { "x@c.example", "y@c.example",
		"z@c.example" };

	for (size_t i = 0; i < 3; i++)
		rcpts[i] = (struct smtp_outgoing_rcpt){
			.address = str_of(to[i]) };
	*m = (struct smtp_outgoing){ .sender = STR_LIT("a@b.example"),
		.is_8bit = true, .rcpts = rcpts, .n_rcpts = 3,
		.bytes = bytes, .n_bytes = 1 };
}

/* Open, or fail the test. */
static struct smtp_client *
opened(struct server *s, const struct script *script)
{
	struct conn *conn = start(s, script);
	struct smtp_client *c = NULL;
	struct smtp_opening opening;
	struct err err = ERR_INIT;

	if (smtp_client_open(&conn, "mx", &config, &c, &opening, &err) == -1)
		fail_msg("%s", err.msg);
	return (c);
}

/* What the server heard after EHLO, without a QUIT at the end. */
static void
assert_heard(const char *name, struct server *s, const char *want)
{
	struct str heard = str_make(s->heard, s->heard_len);

	assert_true(str_starts_nocase(heard,
	    STR_LIT("EHLO us.example\r\n")));
	heard = str_sub(heard, 17, heard.len);
	if (heard.len >= 6 && memcmp(heard.p + heard.len - 6, "QUIT\r\n", 6)
	    == 0)
		heard.len -= 6;
	if (!str_eq(heard, str_of(want)))
		fail_msg("%s: heard\n%.*s\nnot\n%s", name, STR_FMT(heard),
		    want);
}

static void
hands_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(exchanges); i++) {
		const struct exchange *x = &exchanges[i];
		struct str bytes = str_of(x->mail);
		struct smtp_outgoing_rcpt rcpts[3];
		struct smtp_outgoing m;
		struct err err = ERR_INIT;
		struct server s;
		struct smtp_client *c = opened(&s, &x->script);
		int rc;

		outgoing(&m, rcpts, &bytes);
		rc = smtp_client_send(c, &m, &err);
		if (rc != x->rc || smtp_client_is_usable(c) != x->is_usable)
			fail_msg("%s: %d %s", x->name, rc, err.msg);
		/* Without an end, what is not refused is not known. */
		for (size_t k = 0; k < 3; k++)
			if (rcpts[k].reply.code != x->codes[k] &&
			    (rc == 0 || rcpts[k].reply.code >= 400 ||
			    x->codes[k] != 0))
				fail_msg("%s: recipient %zu: %d", x->name, k,
				    rcpts[k].reply.code);
		smtp_client_close(&c);
		assert_int_equal(pthread_join(s.thread, NULL), 0);
		assert_heard(x->name, &s, x->heard);
		(void)close(s.fd);
		free(s.heard);
	}
}

/* ---- extensions ------------------------------------------------------- */

static void
asks_for_reports(void **state)
{
	static const struct script script = { { "220 a\r\n", PIPELINE, OK, OK,
		OK, OK, GO, OK } };
	struct str bytes[] = { STR_LIT("A: b\r\n\r\nx\r\n"), STR_LIT(".y\r\n") };
	struct smtp_outgoing_rcpt rcpts[3];
	struct smtp_outgoing m;
	struct err err = ERR_INIT;
	struct server s;
	struct smtp_client *c = opened(&s, &script);

	(void)state;
	outgoing(&m, rcpts, bytes);
	m.n_bytes = 2;
	m.sender = STR_NULL;
	m.is_8bit = false;
	m.ret_headers = true;
	m.envid = STR_LIT("a+b=c d");
	rcpts[0].notify = SMTP_NOTIFY_SUCCESS | SMTP_NOTIFY_DELAY;
	rcpts[0].orcpt = STR_LIT("rfc822;x+1@c.example");
	rcpts[1].notify = SMTP_NOTIFY_NEVER;
	assert_true(smtp_client_offers_dsn(c));
	assert_null(smtp_client_tls(c));
	assert_int_equal(smtp_client_send(c, &m, &err), 0);
	assert_string_equal(rcpts[0].reply.status, "2.0.0");
	assert_string_equal(rcpts[0].reply.text, "ok");
	smtp_client_close(&c);
	assert_int_equal(pthread_join(s.thread, NULL), 0);
	assert_heard("dsn", &s, "MAIL FROM:<> SIZE=15 RET=HDRS "
	    "ENVID=a+2Bb+3Dc+20d\r\n"
	    "RCPT TO:<x@c.example> NOTIFY=SUCCESS,DELAY "
	    "ORCPT=rfc822;x+2B1@c.example\r\n"
	    "RCPT TO:<y@c.example> NOTIFY=NEVER\r\n"
	    "RCPT TO:<z@c.example>\r\nDATA\r\n"
	    "A: b\r\n\r\nx\r\n..y\r\n.\r\n");
	(void)close(s.fd);
	free(s.heard);
}

static void
does_not_mangle_international_addresses(void **state)
{
	static const struct script script = { { "220 a\r\n", PIPELINE } };
	struct str bytes = STR_LIT(BODY);
	struct smtp_outgoing_rcpt rcpts[3];
	struct smtp_outgoing m;
	struct err err = ERR_INIT;
	struct server s;
	struct smtp_client *c = opened(&s, &script);

	(void)state;
	outgoing(&m, rcpts, &bytes);
	m.is_utf8 = true;
	assert_int_equal(smtp_client_send(c, &m, &err), 0);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(rcpts[i].reply.status, "5.6.7");
	assert_true(smtp_client_is_usable(c));
	smtp_client_close(&c);
	stop(&s);
}

/* STARTTLS that is offered and refused, or breaks, may work in clear. */
static void
tells_broken_tls_apart(void **state)
{
	static const char offer[] = "250-a\r\n250 STARTTLS\r\n";
	static const struct script scripts[] = {
		{ { "220 a\r\n", offer, "454 4.7.0 not now\r\n" } },
		{ { "220 a\r\n", offer, "220 go\r\nbabble\r\n" } },
	};
	struct err err = ERR_INIT;
	struct smtp_client_config with_tls = config;

	(void)state;
	with_tls.tls = tls_client(&(struct tls_client_config){ .ca = NULL },
	    &err);
	assert_non_null(with_tls.tls);
	for (size_t i = 0; i < COUNT_OF(scripts); i++) {
		struct smtp_client *c = NULL;
		struct smtp_opening opening;
		struct server s;
		struct conn *conn = start(&s, &scripts[i]);

		assert_int_equal(smtp_client_open(&conn, "mx", &with_tls, &c,
		    &opening, &err), -1);
		assert_string_equal(err_kind_name(err.kind), "denied");
		stop(&s);
	}
	tls_release(&with_tls.tls);
}

/* A server that answers nothing holds an attempt no longer than its limit. */
static void
ends_at_its_limit(void **state)
{
	static const struct script silent = { { "220 a\r\n", PLAIN, "", "" } };
	struct str bytes = STR_LIT(BODY);
	struct smtp_outgoing_rcpt rcpts[3];
	struct smtp_outgoing m;
	struct err err = ERR_INIT;
	struct server s;
	struct smtp_client *c = opened(&s, &silent);
	int64_t begin = clock_mono_ms();

	(void)state;
	outgoing(&m, rcpts, &bytes);
	m.limit_ms = begin + 300;
	assert_int_equal(smtp_client_send(c, &m, &err), -1);
	assert_string_equal(err_kind_name(err.kind), "temporary");
	assert_true(clock_mono_ms() < begin + 10000);
	assert_false(smtp_client_is_usable(c));
	smtp_client_close(&c);
	stop(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(greets),
		cmocka_unit_test(hands_over),
		cmocka_unit_test(asks_for_reports),
		cmocka_unit_test(does_not_mangle_international_addresses),
		cmocka_unit_test(tells_broken_tls_apart),
		cmocka_unit_test(ends_at_its_limit),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
