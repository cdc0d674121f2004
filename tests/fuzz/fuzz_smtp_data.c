/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_smtp_data: a whole session over a socketpair; the input is what the
 * client sends behind a good envelope, DATA or BDAT included.
 *
 * Security: whatever is accepted as a message has no NUL, no bare CR and no
 * bare LF, ends in CRLF and keeps the limits, however it was sent.
 * Standards: RFC 5321 4.1.1.4, RFC 3030.
 */
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "smtp/session.h"

#define MESSAGE_MAX 4096
#define LINE_MAX_BYTES 1000

static const char opening[] = "EHLO x\r\nMAIL FROM:<a@b.example>\r\n"
    "RCPT TO:<c@d.example>\r\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool
may_relay(void *ctx UNUSED, const struct smtp_peer *peer UNUSED)
{
	return (true);
}

static bool
login(void *ctx UNUSED, struct str user UNUSED, struct str password UNUSED)
{
	return (false);
}

static void
recipient(void *ctx UNUSED, const struct smtp_envelope *envelope UNUSED,
    const struct address *rcpt UNUSED, struct smtp_reply *reply)
{
	smtp_reply_set(reply, 250, "2.1.5", "Ok");
}

/* What is out must come back. */
static bool
reserve(void *ctx, uint64_t held UNUSED, uint64_t more,
    int64_t deadline_ms UNUSED)
{
	*(uint64_t *)ctx += more;
	return (true);
}

static void
give_back(void *ctx, uint64_t bytes)
{
	must(*(uint64_t *)ctx >= bytes);
	*(uint64_t *)ctx -= bytes;
}

static void
message(void *ctx UNUSED, struct smtp_envelope *envelope, struct buf *bytes,
    struct smtp_reply *reply)
{
	const char *p = (const char *)bytes->p;
	size_t line = 0;

	must(envelope->n_recipients > 0 && bytes->len <= MESSAGE_MAX);
	for (size_t i = 0; i < bytes->len; i++) {
		must(p[i] != '\0');
		must(p[i] != '\r' || (i + 1 < bytes->len && p[i + 1] == '\n'));
		must(p[i] != '\n' || (i > 0 && p[i - 1] == '\r'));
		line = p[i] == '\n' ? 0 : line + 1;
		must(line <= LINE_MAX_BYTES + 1);
	}
	must(bytes->len == 0 || p[bytes->len - 1] == '\n');
	smtp_reply_set(reply, 250, "2.0.0", "Taken.");
}

static void
note(void *ctx UNUSED, const char *event UNUSED, const char *peer UNUSED,
    const char *text UNUSED)
{
}

static void *
drain(void *arg)
{
	char b[4096];

	while (read(*(int *)arg, b, sizeof(b)) > 0)
		;
	return (NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const volatile bool stopping;
	uint64_t reserved = 0;
	struct smtp_service service = { .ctx = &reserved,
		.hostname = "mx.example", .stopping = &stopping,
		.limits = { .message_bytes = MESSAGE_MAX, .recipients = 10,
		.line_bytes = LINE_MAX_BYTES, .bad_commands = 10,
		.messages = 100, .idle_ms = 1000, .session_ms = 2000 },
		.may_relay = may_relay, .login = login,
		.recipient = recipient, .reserve = reserve,
		.give_back = give_back, .message = message, .note = note };
	struct conn *conn;
	pthread_t reader;
	int fds[2];

	if (len > 65536)
		return (0);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	/* The socket's buffer holds all of it: no thread is needed to write. */
	must(write(fds[0], opening, sizeof(opening) - 1) > 0);
	must(len == 0 || write(fds[0], data, len) == (ssize_t)len);
	must(shutdown(fds[0], SHUT_WR) == 0);
	must(pthread_create(&reader, NULL, drain, &fds[0]) == 0);
	conn = conn_new(&fds[1]);
	smtp_session_run(conn, &service);
	conn_free(&conn);
	must(pthread_join(reader, NULL) == 0);
	(void)close(fds[0]);
	must(reserved == 0);
	return (0);
}
