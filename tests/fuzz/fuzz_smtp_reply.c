/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_smtp_reply: what a server may answer to our client: everything it says
 * in one session, at once.
 *
 * Security: a reply's text holds no line end and is cut; what was not accepted
 * is not reported as delivered. Standards: RFC 5321 4.2, RFC 2034.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "smtp/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_reply(const struct smtp_reply *r)
{
	must(r->code == 0 || (r->code >= 200 && r->code < 600));
	must(strchr(r->text, '\n') == NULL && strchr(r->text, '\r') == NULL);
}

static void
send_one(struct smtp_client *c)
{
	struct str mail = STR_LIT("Subject: x\r\n\r\ntext\r\n");
	struct smtp_outgoing_rcpt rcpts[2] = {
		{ .address = STR_LIT("a@b.example") },
		{ .address = STR_LIT("c@d.example") } };
	struct smtp_outgoing m = { .sender = STR_LIT("s@own.example"),
		.bytes = &mail, .n_bytes = 1, .rcpts = rcpts, .n_rcpts = 2,
		.limit_ms = clock_mono_ms() + CLOCK_SECOND_MS };
	struct err err = ERR_INIT;
	int rc = smtp_client_send(c, &m, &err);

	for (size_t i = 0; i < COUNT_OF(rcpts); i++) {
		check_reply(&rcpts[i].reply);
		must(rc != 0 || rcpts[i].reply.code != 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct smtp_client_config config = { .helo = "own.example",
		.limit_ms = clock_mono_ms() + CLOCK_SECOND_MS };
	struct smtp_opening opening;
	struct smtp_client *c;
	struct err err = ERR_INIT;
	struct conn *conn;
	int pair[2];

	if (len > 60000 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return (0);
	must(write(pair[1], data, len) == (ssize_t)len);
	(void)shutdown(pair[1], SHUT_WR);
	conn = conn_new(&pair[0]);
	if (smtp_client_open(&conn, "mx", &config, &c, &opening, &err) == 0) {
		send_one(c);
		smtp_client_close(&c);
	}
	check_reply(&opening.reply);
	(void)close(pair[1]);
	return (0);
}
