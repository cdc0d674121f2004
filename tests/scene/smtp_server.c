/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_server: the real smtp module around a service that writes what it
 * accepted to a directory, for smtp_cases.py and smtp_own.py.
 *
 *	smtp_server DIR [--size N] [--recipients N] [--line N] [--bad N]
 *	    [--messages N] [--idle MS] [--session MS] [--per-address N]
 *	    [--connections N] [--cert FILE --key FILE] [--user NAME:PASSWORD]
 *	    [--allow ADDRESS] [--discard]
 *
 * Prints its port, then serves until its standard input ends. Each message
 * becomes DIR/ID.eml and, last, DIR/ID.envelope: sender, then recipients, one
 * a line. With --allow only that address may send without a password.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/sys.h"
#include "mime/letter.h"
#include "net/listen.h"
#include "net/tls.h"
#include "smtp/session.h"

#define RECEIVED_MAX 50	/* more hops are a loop (RFC 5321 6.3) */

static struct {
	const char *dir, *cert, *key, *user, *allow;
	uint64_t size, recipients, line, bad, messages, idle, session;
	uint64_t per_address, connections;
	bool is_discarding;
	volatile bool stopping;
} options = {
	.size = 1u << 20, .recipients = 1000, .line = 4096, .bad = 10,
	.messages = 100000, .idle = 10000, .session = 60000,
	.per_address = 600, .connections = 600,
};

static bool
may_relay(void *ctx UNUSED, const struct smtp_peer *peer)
{
	return (peer->user != NULL || options.allow == NULL ||
	    strcmp(peer->address, options.allow) == 0);
}

static bool
login(void *ctx UNUSED, struct str user, struct str password)
{
	char both[600];
	int n = snprintf(both, sizeof(both), "%.*s:%.*s", STR_FMT(user),
	    STR_FMT(password));

	return (options.user != NULL && n > 0 &&
	    str_eq(str_make(both, (size_t)n), str_of(options.user)));
}

static void
recipient(void *ctx UNUSED, const struct smtp_envelope *envelope UNUSED,
    const struct address *rcpt, struct smtp_reply *reply)
{
	if (str_starts_nocase(rcpt->text, STR_LIT("nobody@")))
		smtp_reply_set(reply, 550, "5.1.1", "No such mailbox.");
	else
		smtp_reply_set(reply, 250, "2.1.5", "Recipient taken.");
}

static bool
reserve(void *ctx UNUSED, uint64_t held, uint64_t more,
    int64_t deadline_ms UNUSED)
{
	return (held + more <= 4 * options.size + (1u << 20));
}

static void
give_back(void *ctx UNUSED, uint64_t bytes UNUSED)
{
}

/* Write one file of a message into the directory. */
static int
write_one(const struct smtp_envelope *e, const char *suffix, struct str data,
    struct err *err)
{
	char id[ID_TEXT_SIZE];
	char *path = arena_printf(e->arena, "%s/%s.%s", options.dir,
	    id_text(&e->id, id), suffix);

	return (sys_write_file(path, data, 0600, err));
}

static int
write_envelope(const struct smtp_envelope *e, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(16u << 20);

	buf_printf(&b, "%.*s\n", STR_FMT(e->sender.text));
	for (size_t i = 0; i < e->n_recipients; i++)
		buf_printf(&b, "%.*s notify=%u orcpt=%.*s\n",
		    STR_FMT(e->recipients[i].address.text),
		    e->recipients[i].notify, STR_FMT(e->recipients[i].orcpt));
	buf_printf(&b, "ret=%s envid=%.*s user=%s requiretls=%d\n",
	    e->ret_headers ? "hdrs" : "full", STR_FMT(e->envid),
	    e->user != NULL ? e->user : "", e->requires_tls);
	return (write_one(e, "envelope", buf_view(&b), err));
}

/* Refuse what the real service refuses: what cannot be read, and loops. */
static int
judge(struct smtp_envelope *e, struct str bytes, struct smtp_reply *reply,
    struct err *err)
{
	struct letter *letter = NULL;
	size_t received = 0;

	if (letter_parse(bytes, e->arena, &letter, err) != 0)
		return (-1);
	for (size_t i = 0; i < letter->root->n_fields; i++)
		received += str_eq_nocase(letter->root->fields[i].name,
		    STR_LIT("Received"));
	if (received >= RECEIVED_MAX) {
		smtp_reply_set(reply, 554, "5.4.6", "Mail loop: the message "
		    "has passed too many servers.");
		return (-1);
	}
	return (0);
}

static void
message(void *ctx UNUSED, struct smtp_envelope *e, struct buf *bytes,
    struct smtp_reply *reply)
{
	struct err err = ERR_INIT;

	if (!options.is_discarding && (judge(e, buf_view(bytes), reply,
	    &err) != 0 || write_one(e, "eml", buf_view(bytes), &err) != 0 ||
	    write_envelope(e, &err) != 0)) {
		if (reply->code == 0)
			smtp_reply_error(reply, &err);
		return;
	}
	smtp_reply_set(reply, 250, "2.0.0", "Message taken.");
}

static void
note(void *ctx UNUSED, const char *event, const char *peer, const char *text)
{
	fprintf(stderr, "%s %s %s\n", event, peer, text);
}

static void
serve(void *ctx, int *take_fd)
{
	struct conn *conn = conn_new(take_fd);

	smtp_session_run(conn, ctx);
	conn_free(&conn);
}

/* One row per option: a number, a text or a switch. */
static const struct {
	const char *name;
	uint64_t *number;
	const char **text;
} rows[] = {
	{ "--size", &options.size, NULL },
	{ "--recipients", &options.recipients, NULL },
	{ "--line", &options.line, NULL },
	{ "--bad", &options.bad, NULL },
	{ "--messages", &options.messages, NULL },
	{ "--idle", &options.idle, NULL },
	{ "--session", &options.session, NULL },
	{ "--per-address", &options.per_address, NULL },
	{ "--connections", &options.connections, NULL },
	{ "--cert", NULL, &options.cert },
	{ "--key", NULL, &options.key },
	{ "--user", NULL, &options.user },
	{ "--allow", NULL, &options.allow },
};

static bool
take_option(const char *name, const char *value)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (strcmp(name, rows[i].name) != 0)
			continue;
		if (rows[i].text != NULL)
			*rows[i].text = value;
		return (rows[i].text != NULL || str_to_u64(str_of(value),
		    UINT32_MAX, rows[i].number));
	}
	return (false);
}

static bool
read_options(int argc, char **argv)
{
	if (argc < 2)
		return (false);
	options.dir = argv[1];
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--discard") == 0)
			options.is_discarding = true;
		else if (i + 1 == argc || !take_option(argv[i], argv[i + 1]))
			return (false);
		else
			i++;
	}
	return (true);
}

static struct smtp_limits
chosen_limits(void)
{
	return ((struct smtp_limits){ .message_bytes = options.size,
		.recipients = options.recipients, .line_bytes = options.line,
		.bad_commands = (unsigned)options.bad,
		.messages = (unsigned)options.messages,
		.idle_ms = (int64_t)options.idle,
		.session_ms = (int64_t)options.session });
}

int
main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	int fd = listen_open("127.0.0.1:0", &err);
	struct smtp_service service = { .hostname = "mx.letterlock.test",
		.stopping = &options.stopping, .may_relay = may_relay,
		.login = login, .recipient = recipient, .reserve = reserve,
		.give_back = give_back, .message = message, .note = note };
	struct listen_config config = { .fds = &fd, .n_fds = 1,
		.refusal = "421 4.7.0 Too many connections.\r\n",
		.serve = serve, .ctx = &service };

	if (fd < 0 || !read_options(argc, argv))
		return (64);
	(void)signal(SIGPIPE, SIG_IGN);
	service.limits = chosen_limits();
	service.offers_auth = options.user != NULL;
	config.max_connections = (unsigned)options.connections;
	config.max_per_address = (unsigned)options.per_address;
	if (options.cert != NULL && (service.tls = tls_server(options.cert,
	    options.key, NULL, &err)) == NULL) {
		fprintf(stderr, "%s\n", err.msg);
		return (1);
	}
	printf("%u\n", listen_port(fd));
	(void)fflush(stdout);
	(void)listen_serve(&config, STDIN_FILENO, 2000, &options.stopping);
	tls_release(&service.tls);
	(void)close(fd);
	return (0);
}
