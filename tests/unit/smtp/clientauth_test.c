/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in to servers that take it, refuse it, ask strange things, or want
 * the password in clear; and REQUIRETLS, which needs the same rig. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"
#include "net/selfsigned.h"
#include "smtp/client.h"

#define HEARD_MAX 8192
#define SECRET "c2VjcmV0"			/* "secret" */
#define PLAIN_LINE "AUTH PLAIN AHVzAHNlY3JldA==\r\n"	/* \0us\0secret */
#define CLEAR "250-mx\r\n250 STARTTLS\r\n"
#define GO "220 go\r\n"

/* What the server says to each line; after GO it begins TLS. */
struct script {
	const char *answers[12];
};

struct server {
	const struct script *script;
	struct conn *conn;
	pthread_t thread;
	char heard[HEARD_MAX];
};

static char dir[] = "/tmp/letterlock-unit-XXXXXX";
static struct tls_context *ours, *theirs;
static struct smtp_client_config config = { .helo = "us.example" };

static int
write_file(const char *name, struct buf *b, char path[static 64])
{
	struct err err = ERR_INIT;

	(void)snprintf(path, 64, "%s/%s", dir, name);
	return (sys_write_file(path, buf_view(b), 0600, &err));
}

static int
make(void **state)
{
	AUTO_BUF struct buf key = BUF_INIT(1u << 16);
	AUTO_BUF struct buf cert = BUF_INIT(1u << 16);
	char key_path[64], cert_path[64];
	const struct tls_client_config authority = { .ca = cert_path };
	struct err err = ERR_INIT;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(selfsigned_make("mx.example", &key, &cert, &err), 0);
	assert_int_equal(write_file("key", &key, key_path), 0);
	assert_int_equal(write_file("cert", &cert, cert_path), 0);
	theirs = tls_server(cert_path, key_path, NULL, &err);
	ours = tls_client(&authority, &err);
	assert_non_null(theirs);
	assert_non_null(ours);
	(void)unlink(key_path);
	(void)unlink(cert_path);
	(void)rmdir(dir);
	return (0);
}

static int
end(void **state)
{
	(void)state;
	tls_release(&ours);
	tls_release(&theirs);
	return (0);
}

/* One line, kept in heard. False: the client hung up. */
static bool
hear(struct server *s)
{
	struct err err = ERR_INIT;

	for (;;) {
		struct str in = conn_peek(s->conn);
		ptrdiff_t lf = str_index(in, '\n');
		size_t at = strlen(s->heard);

		if (lf >= 0) {
			assert_true(at + (size_t)lf + 2 < HEARD_MAX);
			memcpy(s->heard + at, in.p, (size_t)lf + 1);
			s->heard[at + (size_t)lf + 1] = '\0';
			conn_consume(s->conn, (size_t)lf + 1);
			return (true);
		}
		if (conn_fill(s->conn, &err) == -1)
			return (false);
	}
}

static void *
serve(void *arg)
{
	struct server *s = arg;
	struct err err = ERR_INIT;

	for (size_t i = 0; s->script->answers[i] != NULL; i++) {
		const char *answer = s->script->answers[i];

		if ((i > 0 && !hear(s)) ||
		    conn_put(s->conn, str_of(answer), &err) == -1 ||
		    conn_flush(s->conn, &err) == -1)
			return (NULL);
		if (strcmp(answer, GO) == 0 && conn_start_tls(s->conn, theirs,
		    NULL, &err) == -1)
			return (NULL);
	}
	while (hear(s))
		if (strcmp(s->heard + strlen(s->heard) - 5, "\r\n.\r\n") == 0 &&
		    (conn_put(s->conn, STR_LIT("250 taken\r\n"), &err) == -1 ||
		    conn_flush(s->conn, &err) == -1))
			return (NULL);
	return (NULL);
}

static struct smtp_client *
opened(struct server *s, const struct script *script)
{
	struct smtp_client *c = NULL;
	struct smtp_opening opening;
	struct err err = ERR_INIT;
	struct conn *conn;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	*s = (struct server){ .script = script };
	s->conn = conn_new(&fds[1]);
	conn_set_deadline(s->conn, clock_mono_ms() + 10 * CLOCK_SECOND_MS);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	conn = conn_new(&fds[0]);
	config.tls = ours;
	if (smtp_client_open(&conn, "mx.example", &config, &c, &opening,
	    &err) == -1)
		fail_msg("%s", err.msg);
	return (c);
}

static void
closed(struct server *s, struct smtp_client **c)
{
	smtp_client_close(c);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	conn_free(&s->conn);
}

/* How it went, and what the server heard after the greetings. */
static const char *
sign_in(const struct script *script, struct server *s, struct err *err)
{
	struct smtp_client *c = opened(s, script);
	struct smtp_reply reply;
	int rc;

	*err = (struct err)ERR_INIT;
	rc = smtp_client_sign_in(c, STR_LIT("us"), STR_LIT("secret"), &reply,
	    err);
	assert_string_equal(reply.text, "");
	assert_null(strstr(err->msg, "secret"));
	assert_null(strstr(err->msg, SECRET));
	closed(s, &c);
	return (rc == 0 ? "in" : err_kind_name(err->kind));
}

#define UNDER_TLS(auth) "220 mx\r\n", CLEAR, GO, "250-mx\r\n" auth

static void
signs_in(void **state)
{
	static const struct script plain = { { UNDER_TLS(
	    "250 AUTH LOGIN PLAIN\r\n"), "235 2.7.0 in\r\n" } };
	static const struct script login = { { UNDER_TLS(
	    "250 AUTH CRAM-MD5 LOGIN\r\n"), "334 VXNlcm5hbWU6\r\n",
	    "334 UGFzc3dvcmQ6\r\n", "235 2.7.0 in\r\n" } };
	struct err err;
	struct server s;

	(void)state;
	assert_string_equal(sign_in(&plain, &s, &err), "in");
	assert_non_null(strstr(s.heard, PLAIN_LINE));
	assert_string_equal(sign_in(&login, &s, &err), "in");
	assert_non_null(strstr(s.heard, "AUTH LOGIN\r\ndXM=\r\n" SECRET
	    "\r\n"));
}

/* What is offered in clear is not there under TLS, and the other way round. */
static void
keeps_the_password_from_those_in_clear(void **state)
{
	static const struct script clear = { { "220 mx\r\n",
	    "250-mx\r\n250 AUTH PLAIN LOGIN\r\n", "235 2.7.0 in\r\n" } };
	static const struct script only_before = { { "220 mx\r\n",
	    "250-mx\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n", GO,
	    "250 mx\r\n", "235 2.7.0 in\r\n" } };
	struct err err;
	struct server s;

	(void)state;
	assert_string_equal(sign_in(&clear, &s, &err), "denied");
	assert_null(strstr(s.heard, "AUTH"));
	assert_non_null(strstr(err.msg, "under TLS only"));
	assert_string_equal(sign_in(&only_before, &s, &err), "permanent");
	assert_null(strstr(s.heard, "AUTH"));
}

static void
says_clearly_that_it_was_refused(void **state)
{
	static const struct script wrong = { { UNDER_TLS(
	    "250 AUTH PLAIN\r\n"), "535 5.7.8 us secret c2VjcmV0\r\n" } };
	static const struct script later = { { UNDER_TLS(
	    "250 AUTH PLAIN\r\n"), "454 4.7.0 later\r\n" } };
	struct err err;
	struct server s;

	(void)state;
	assert_string_equal(sign_in(&wrong, &s, &err), "permanent");
	assert_non_null(strstr(err.msg, "535 5.7.8"));
	assert_string_equal(sign_in(&later, &s, &err), "temporary");
	assert_non_null(strstr(err.msg, "454 4.7.0"));
}

/* A server that only ever asks gets each thing once, and then nothing. */
static void
does_not_answer_nonsense(void **state)
{
	static const struct script plain = { { UNDER_TLS(
	    "250 AUTH PLAIN\r\n"), "334 \r\n", "334 b25jZSBtb3Jl\r\n" } };
	static const struct script login = { { UNDER_TLS(
	    "250 AUTH LOGIN\r\n"), "334 *** not base64 \x01\r\n",
	    "334-a\r\n334 b\r\n", "334 UGFzc3dvcmQ6\r\n", "501 ended\r\n" } };
	static const struct script yes = { { UNDER_TLS(
	    "250 AUTH LOGIN\r\n"), "250 fine\r\n" } };
	static const struct script garbage = { { UNDER_TLS(
	    "250 AUTH PLAIN\r\n"), "hello\r\n" } };
	struct err err;
	struct server s;

	(void)state;
	assert_string_equal(sign_in(&plain, &s, &err), "permanent");
	assert_non_null(strstr(s.heard, PLAIN_LINE "*\r\n"));
	assert_string_equal(sign_in(&login, &s, &err), "permanent");
	assert_non_null(strstr(s.heard, SECRET "\r\n*\r\n"));
	assert_string_equal(sign_in(&yes, &s, &err), "input");
	assert_null(strstr(s.heard, "dXM="));
	assert_string_equal(sign_in(&garbage, &s, &err), "input");
}

/* ---- REQUIRETLS -------------------------------------------------------- */

static int
send_demanding(const struct script *script, struct server *s)
{
	struct smtp_client *c = opened(s, script);
	struct str bytes = STR_LIT("Subject: s\r\n\r\nb\r\n");
	struct smtp_outgoing_rcpt rcpt = { .address = STR_LIT("r@x.example") };
	struct smtp_outgoing m = { .sender = STR_LIT("s@us.example"),
		.requires_tls = true, .rcpts = &rcpt, .n_rcpts = 1,
		.bytes = &bytes, .n_bytes = 1 };
	struct err err = ERR_INIT;

	assert_int_equal(smtp_client_send(c, &m, &err), 0);
	closed(s, &c);
	if (rcpt.reply.code >= 400)
		assert_string_equal(rcpt.reply.status, "5.7.30");
	return (rcpt.reply.code);
}

/* Offered in clear, not offered, or by a server that has proven nothing; and
 * by one that has. */
static void
demands_tls_of_the_next_server(void **state)
{
	static const struct script clear = { { "220 mx\r\n",
	    "250-mx\r\n250 REQUIRETLS\r\n" } };
	static const struct script without = { { UNDER_TLS(
	    "250 PIPELINING\r\n") } };
	static const struct script offered = { { UNDER_TLS(
	    "250-PIPELINING\r\n250 REQUIRETLS\r\n"), "250 ok\r\n",
	    "250 ok\r\n", "354 go\r\n" } };
	static const struct tls_expect mx = { .proof = TLS_PROOF_NAME,
	    .names = { "mx.example" }, .n_names = 1 };
	static const struct tls_expect other = { .proof = TLS_PROOF_NAME,
	    .names = { "other.example" }, .n_names = 1 };
	struct server s;

	(void)state;
	assert_int_equal(send_demanding(&clear, &s), 550);
	assert_null(strstr(s.heard, "MAIL"));
	assert_int_equal(send_demanding(&without, &s), 550);
	assert_null(strstr(s.heard, "MAIL"));
	assert_int_equal(send_demanding(&offered, &s), 550);
	assert_null(strstr(s.heard, "MAIL"));
	config.proof = "a test";
	config.expect = &other;
	assert_int_equal(send_demanding(&offered, &s), 550);
	config.expect = &mx;
	assert_int_equal(send_demanding(&offered, &s), 250);
	assert_non_null(strstr(s.heard,
	    "MAIL FROM:<s@us.example> REQUIRETLS\r\n"));
	config.expect = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_in),
		cmocka_unit_test(keeps_the_password_from_those_in_clear),
		cmocka_unit_test(says_clearly_that_it_was_refused),
		cmocka_unit_test(does_not_answer_nonsense),
		cmocka_unit_test(demands_tls_of_the_next_server),
	};

	(void)signal(SIGPIPE, SIG_IGN);	/* as every role does */
	return (cmocka_run_group_tests(tests, make, end));
}
