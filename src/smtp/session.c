/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session: the server's conversation. One function per verb, one table.
 *
 * Runs in the gateway, one thread per session. Security: any host may talk to
 * it until may_relay says otherwise; limits end what goes on too long.
 * Standards: see the header; differences in VIOLATIONS.md.
 */
#include "smtp/session.h"

#include <stdio.h>

#include "base/clock.h"
#include "smtp/grammar.h"
#include "smtp/state.h"

#define RECIPIENTS_FIRST 16
#define GOODBYE_MS 1000	/* for the last words to a client that is late */

int
smtp_reply(struct smtp_state *s, const struct smtp_reply *r)
{
	char line[SMTP_REPLY_MAX + 32];
	struct err err = ERR_INIT;
	int n = snprintf(line, sizeof(line), "%03d %s%s%s\r\n", r->code,
	    r->status, r->status[0] != '\0' ? " " : "", r->text);

	must(n > 0 && (size_t)n < sizeof(line));
	return (conn_put(s->conn, str_make(line, (size_t)n), &err));
}

int
smtp_say(struct smtp_state *s, int code, const char *status, const char *text)
{
	struct smtp_reply r = { 0 };

	smtp_reply_set(&r, code, status, "%s", text);
	return (smtp_reply(s, &r));
}

int
smtp_goodbye(struct smtp_state *s, int code, const char *status,
    const char *text)
{
	struct err err = ERR_INIT;

	if (smtp_say(s, code, status, text) != 0 ||
	    conn_flush(s->conn, &err) != 0)
		return (-1);	/* it has left before us */
	return (-1);
}

void
smtp_wait_idle(struct smtp_state *s)
{
	int64_t idle = clock_mono_ms() + s->service->limits.idle_ms;

	s->wait_end_ms = MIN_OF(idle, s->end_ms);
	conn_set_deadline(s->conn, s->wait_end_ms);
}

void
smtp_reset(struct smtp_state *s)
{
	buf_done(&s->bytes);
	if (s->reserved > 0)
		s->service->give_back(s->service->ctx, s->reserved);
	s->reserved = 0;
	memset(&s->envelope, 0, sizeof(s->envelope));
	s->recipients_cap = 0;
	s->has_mail = s->is_bdat = s->is_bdat_broken = false;
	arena_reset(s->arena);
}

static struct smtp_peer
peer_of(const struct smtp_state *s)
{
	return ((struct smtp_peer){ .address = conn_peer(s->conn),
		.tls = conn_tls(s->conn),
		.user = s->user[0] != '\0' ? s->user : NULL });
}

bool
smtp_may_relay(const struct smtp_state *s)
{
	struct smtp_peer peer = peer_of(s);

	return (s->service->may_relay(s->service->ctx, &peer));
}

/* A TLS record where a line belongs: there is nothing to talk about. */
static bool
is_tls_record(struct str in)
{
	return (in.len >= 2 && in.p[0] == 0x16 && in.p[1] == 0x03);
}

/* Wait for a LF, at most max bytes away. 0: *len counts it; 1: too long. */
static int
await_line(struct smtp_state *s, size_t max, size_t *len)
{
	struct err err = ERR_INIT;
	size_t seen = 0;
	bool is_long = false;

	for (;;) {
		struct str in = conn_peek(s->conn);
		const char *lf = in.len > seen ?
		    memchr(in.p + seen, '\n', in.len - seen) : NULL;

		if (!is_long && is_tls_record(in))
			return (-1);
		if (lf != NULL) {
			*len = (size_t)(lf - in.p) + 1;
			return (is_long || *len > max + 2 ? 1 : 0);
		}
		if (in.len > max + 2) {
			/* Drop what cannot become a command any more. */
			conn_consume(s->conn, in.len);
			seen = 0;
			max = 0;
			is_long = true;
		} else {
			seen = in.len;
		}
		/* Replies to what was pipelined go out before waiting. */
		if (conn_flush(s->conn, &err) != 0)
			return (-1);
		smtp_wait_idle(s);
		if (conn_fill(s->conn, &err) != 0)
			return (-1);
	}
}

int
smtp_read_line(struct smtp_state *s, size_t max, struct str *line,
    const char **fault)
{
	struct str in;
	size_t len;
	int rc = await_line(s, max, &len);

	if (rc < 0)
		return (-1);
	in = conn_peek(s->conn);
	*fault = rc == 1 ? "That line is too long." : NULL;
	if (*fault == NULL && (len < 2 || in.p[len - 2] != '\r'))
		*fault = "Command lines end in CRLF, not in a bare LF.";
	if (*fault == NULL) {
		must(len - 2 < sizeof(s->line));
		memcpy(s->line, in.p, len - 2);
		*line = str_make(s->line, len - 2);
		if (str_index(*line, '\0') >= 0 ||
		    str_index(*line, '\r') >= 0)
			*fault = "A command has a NUL or a bare CR in it.";
	}
	conn_consume(s->conn, len);
	return (0);
}

static int
say_ehlo(struct smtp_state *s)
{
	const struct smtp_service *v = s->service;
	bool is_tls = conn_tls(s->conn) != NULL;
	AUTO_BUF struct buf b = BUF_INIT(2048);
	struct err err = ERR_INIT;

	buf_printf(&b, "250-%s\r\n250-PIPELINING\r\n250-SIZE %llu\r\n"
	    "250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n"
	    "250-CHUNKING\r\n", v->hostname,
	    (unsigned long long)v->limits.message_bytes);
	if (v->tls != NULL && !is_tls)
		buf_z(&b, "250-STARTTLS\r\n");
	if (v->offers_auth && is_tls)
		buf_z(&b, "250-AUTH PLAIN LOGIN\r\n");
	/* RFC 8689 2: never in clear. */
	if (is_tls)
		buf_z(&b, "250-REQUIRETLS\r\n");
	buf_z(&b, "250 DSN\r\n");
	return (conn_put(s->conn, buf_view(&b), &err));
}

static int
hello(struct smtp_state *s, struct str rest, bool is_esmtp)
{
	struct str name = str_trim(rest);

	if (!smtp_is_helo(name))
		return (smtp_say(s, 501, "5.5.4",
		    "Say who you are: EHLO your.host.name"));
	(void)snprintf(s->helo, sizeof(s->helo), "%.*s", STR_FMT(name));
	smtp_reset(s);
	s->has_hello = true;
	s->is_esmtp = is_esmtp;
	return (is_esmtp ? say_ehlo(s) :
	    smtp_say(s, 250, "", s->service->hostname));
}

static int
verb_ehlo(struct smtp_state *s, struct str rest)
{
	return (hello(s, rest, true));
}

static int
verb_helo(struct smtp_state *s, struct str rest)
{
	return (hello(s, rest, false));
}

static int
verb_mail(struct smtp_state *s, struct str rest)
{
	const struct smtp_limits *limits = &s->service->limits;
	struct smtp_reply r = { 0 };
	struct smtp_mail m;

	if (!s->has_hello || s->has_mail)
		return (smtp_say(s, 503, "5.5.1", s->has_mail ?
		    "A message is already begun; RSET to drop it." :
		    "Say EHLO first."));
	if (s->messages >= limits->messages)
		return (smtp_goodbye(s, 421, "4.7.0",
		    "Enough messages for one connection."));
	if (!smtp_may_relay(s)) {
		s->service->note(s->service->ctx, "denied",
		    conn_peer(s->conn), "not a client of this gateway");
		return (smtp_say(s, 550, "5.7.1", "This gateway takes mail "
		    "only from the organisation's own mail servers; this "
		    "client is not one of them."));
	}
	if (smtp_parse_mail(rest, s->arena, &m, &r) != 0)
		return (smtp_reply(s, &r));
	/* RFC 8689 2: it is not announced in clear. */
	if (m.requires_tls && (conn_tls(s->conn) == NULL || !s->is_esmtp))
		return (smtp_say(s, 555, "5.5.4",
		    "REQUIRETLS is taken under TLS only: STARTTLS first."));
	if (m.size > limits->message_bytes)
		return (smtp_say(s, 552, "5.3.4",
		    "The message is larger than this server takes."));
	s->envelope = (struct smtp_envelope){ .id = id_new(),
		.sender = m.from, .helo = str_of(s->helo), .envid = m.envid,
		.ret_headers = m.ret_headers, .is_8bit = m.is_8bit,
		.is_utf8 = m.is_utf8, .requires_tls = m.requires_tls,
		.declared_bytes = m.size,
		.peer = conn_peer(s->conn), .tls = conn_tls(s->conn),
		.user = s->user[0] != '\0' ? s->user : NULL,
		.arena = s->arena };
	buf_init(&s->bytes, limits->message_bytes + 2);
	s->has_mail = true;
	return (smtp_say(s, 250, "2.1.0", "Sender taken."));
}

/* Add a recipient once; a second time is answered 250 and not kept. */
static void
add_recipient(struct smtp_state *s, const struct smtp_recipient *rcpt)
{
	struct smtp_envelope *e = &s->envelope;

	for (size_t i = 0; i < e->n_recipients; i++)
		if (address_eq(&e->recipients[i].address, &rcpt->address))
			return;
	if (e->n_recipients == s->recipients_cap) {
		size_t cap = MAX_OF(2 * s->recipients_cap,
		    (size_t)RECIPIENTS_FIRST);
		struct smtp_recipient *grown = arena_array(s->arena, cap,
		    sizeof(*grown));

		if (e->n_recipients > 0)
			memcpy(grown, e->recipients,
			    e->n_recipients * sizeof(*grown));
		e->recipients = grown;
		s->recipients_cap = cap;
	}
	e->recipients[e->n_recipients++] = *rcpt;
}

static int
verb_rcpt(struct smtp_state *s, struct str rest)
{
	struct smtp_reply r = { 0 };
	struct smtp_recipient rcpt;

	if (!s->has_mail || s->is_bdat)
		return (smtp_say(s, 503, "5.5.1", "Send MAIL first."));
	if (s->envelope.n_recipients >= s->service->limits.recipients)
		return (smtp_say(s, 452, "4.5.3", "Too many recipients in "
		    "one message; send the rest in another one."));
	if (smtp_parse_rcpt(rest, s->envelope.is_utf8, s->arena, &rcpt,
	    &r) != 0)
		return (smtp_reply(s, &r));
	s->service->recipient(s->service->ctx, &s->envelope, &rcpt.address,
	    &r);
	must(r.code != 0);
	if (r.code == 250)
		add_recipient(s, &rcpt);
	return (smtp_reply(s, &r));
}

static int
verb_starttls(struct smtp_state *s, struct str rest)
{
	struct err err = ERR_INIT;
	ssize_t dropped;

	if (rest.len > 0)
		return (smtp_say(s, 501, "5.5.4",
		    "STARTTLS takes no parameter."));
	if (s->service->tls == NULL || conn_tls(s->conn) != NULL)
		return (smtp_say(s, s->service->tls == NULL ? 502 : 503,
		    "5.5.1", "TLS is not offered here and now."));
	if (smtp_say(s, 220, "2.0.0", "Go ahead.") != 0 ||
	    conn_flush(s->conn, &err) != 0)
		return (-1);
	smtp_wait_idle(s);
	dropped = conn_start_tls(s->conn, s->service->tls, NULL, &err);
	if (dropped < 0 || dropped > 0)
		s->service->note(s->service->ctx, dropped < 0 ? "tls_failed" :
		    "starttls_injection", conn_peer(s->conn), err.msg);
	if (dropped < 0)
		return (-1);
	/* RFC 3207 4.2: everything learnt in clear is forgotten. */
	smtp_reset(s);
	s->has_hello = s->is_esmtp = false;
	s->helo[0] = '\0';
	return (0);
}

static int
verb_rset(struct smtp_state *s, struct str rest)
{
	if (rest.len > 0)
		return (smtp_say(s, 501, "5.5.4", "RSET takes no parameter."));
	smtp_reset(s);
	return (smtp_say(s, 250, "2.0.0", "Forgotten."));
}

static int
verb_noop(struct smtp_state *s, struct str rest UNUSED)
{
	return (smtp_say(s, 250, "2.0.0", "Fine."));
}

static int
verb_vrfy(struct smtp_state *s, struct str rest UNUSED)
{
	return (smtp_say(s, 252, "2.5.2",
	    "Addresses are not confirmed here; send the message."));
}

static int
verb_expn(struct smtp_state *s, struct str rest UNUSED)
{
	return (smtp_say(s, 502, "5.5.1", "Lists are not expanded here."));
}

static int
verb_help(struct smtp_state *s, struct str rest UNUSED)
{
	return (smtp_say(s, 214, "2.0.0", "This is a Letterlock gateway; its "
	    "administrator can help."));
}

static int
verb_quit(struct smtp_state *s, struct str rest UNUSED)
{
	return (smtp_goodbye(s, 221, "2.0.0", "Goodbye."));
}

static const struct {
	const char *name;
	int (*run)(struct smtp_state *s, struct str rest);
} verbs[] = {
	{ "EHLO", verb_ehlo },
	{ "HELO", verb_helo },
	{ "MAIL", verb_mail },
	{ "RCPT", verb_rcpt },
	{ "DATA", smtp_data },
	{ "BDAT", smtp_bdat },
	{ "STARTTLS", verb_starttls },
	{ "AUTH", smtp_auth },
	{ "RSET", verb_rset },
	{ "NOOP", verb_noop },
	{ "VRFY", verb_vrfy },
	{ "EXPN", verb_expn },
	{ "HELP", verb_help },
	{ "QUIT", verb_quit },
};

static int
bad_command(struct smtp_state *s, const char *text)
{
	if (++s->bad_commands < s->service->limits.bad_commands)
		return (smtp_say(s, 500, "5.5.2", text));
	return (smtp_goodbye(s, 421, "4.7.0", "Too many bad commands."));
}

static int
command(struct smtp_state *s)
{
	const char *fault;
	struct str line, rest, verb;

	/* What a refused command left there; a refused RCPT costs, too. */
	if (!s->has_mail)
		arena_reset(s->arena);
	else if (arena_used(s->arena) > SMTP_ENVELOPE_MAX)
		return (smtp_goodbye(s, 421, "4.5.3",
		    "Too much for the envelope of one message."));
	if (smtp_read_line(s, SMTP_COMMAND_MAX, &line, &fault) != 0)
		return (-1);
	if (fault != NULL)
		return (bad_command(s, fault));
	verb = smtp_verb(line, &rest);
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (str_eq_nocase(verb, str_of(verbs[i].name)))
			return (verbs[i].run(s, rest));
	return (bad_command(s, "That command is not known here."));
}

/* A client that took too long is told so, if it listens. */
static void
say_if_late(struct smtp_state *s)
{
	int64_t now = clock_mono_ms();

	if (now < s->wait_end_ms)
		return;
	conn_set_deadline(s->conn, now + GOODBYE_MS);
	(void)smtp_goodbye(s, 421, "4.4.2", now < s->end_ms ?
	    "Nothing heard from you for too long." :
	    "This connection took too long.");
}

/* A restart ends a session between two messages. Who has just come in may
 * still hand over the first: nobody is turned away for it. */
static bool
should_leave(const struct smtp_state *s)
{
	return (*s->service->stopping && !s->has_mail && s->messages > 0);
}

void
smtp_session_run(struct conn *conn, const struct smtp_service *service)
{
	struct smtp_state *s = must_calloc(1, sizeof(*s));
	char greeting[ADDRESS_MAX_DOMAIN + 32];

	s->conn = conn;
	s->service = service;
	s->arena = arena_new();
	s->end_ms = clock_mono_ms() + service->limits.session_ms;
	smtp_wait_idle(s);
	(void)snprintf(greeting, sizeof(greeting), "%s ESMTP Letterlock",
	    service->hostname);
	if (smtp_say(s, 220, "", greeting) == 0)
		while (command(s) == 0)
			if (should_leave(s) && smtp_goodbye(s, 421, "4.3.2",
			    "This server restarts.") != 0)
				break;
	say_if_late(s);
	smtp_reset(s);
	arena_free(&s->arena);
	explicit_bzero(s, sizeof(*s));
	free(s);
}
