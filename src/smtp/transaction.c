/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transaction: MAIL, RCPT, DATA and the message, pipelined where the server
 * can, step by step where not.
 *
 * Runs in the gateway's relay. Security: see client.c. Standards: RFC 5321
 * 3.3, 4.5.2 (dots), 1870, 2920, 3461, 6152, 6531.
 */
#include "smtp/client_state.h"

#define COMMANDS_MAX ((size_t)64 << 20)	/* 10 000 recipients */

/* RFC 3461 4: everything but printable ASCII without + and =. */
static void
put_xtext(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if (ch > 32 && ch < 127 && ch != '+' && ch != '=')
			buf_char(b, (char)ch);
		else
			buf_printf(b, "+%02X", ch);
	}
}

static uint64_t
size_of(const struct smtp_outgoing *m)
{
	uint64_t total = 0;

	for (size_t i = 0; i < m->n_bytes; i++)
		total += m->bytes[i].len;
	return (total);
}

static void
write_mail(const struct smtp_client *c, const struct smtp_outgoing *m,
    struct buf *b)
{
	buf_z(b, "MAIL FROM:<");
	buf_str(b, m->sender);
	buf_char(b, '>');
	if (c->has_size)
		buf_printf(b, " SIZE=%llu", (unsigned long long)size_of(m));
	if (m->is_8bit && c->has_8bit)
		buf_z(b, " BODY=8BITMIME");
	if (m->is_utf8 && c->has_utf8)
		buf_z(b, " SMTPUTF8");
	if (m->requires_tls)
		buf_z(b, " REQUIRETLS");
	if (c->has_dsn && m->ret_headers)
		buf_z(b, " RET=HDRS");
	if (c->has_dsn && m->envid.len > 0) {
		buf_z(b, " ENVID=");
		put_xtext(b, m->envid);
	}
	buf_z(b, "\r\n");
}

static void
write_notify(uint32_t notify, struct buf *b)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ SMTP_NOTIFY_SUCCESS, "SUCCESS" },
		{ SMTP_NOTIFY_FAILURE, "FAILURE" },
		{ SMTP_NOTIFY_DELAY, "DELAY" },
	};
	const char *comma = "";

	buf_z(b, " NOTIFY=");
	if ((notify & SMTP_NOTIFY_NEVER) != 0) {
		buf_z(b, "NEVER");
		return;
	}
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if ((notify & names[i].bit) != 0) {
			buf_z(b, comma);
			buf_z(b, names[i].name);
			comma = ",";
		}
}

static void
write_rcpt(const struct smtp_client *c, const struct smtp_outgoing_rcpt *r,
    struct buf *b)
{
	ptrdiff_t semicolon = str_index(r->orcpt, ';');

	buf_z(b, "RCPT TO:<");
	buf_str(b, r->address);
	buf_char(b, '>');
	if (c->has_dsn && r->notify != 0)
		write_notify(r->notify, b);
	if (c->has_dsn && semicolon > 0) {
		buf_z(b, " ORCPT=");
		buf_str(b, str_sub(r->orcpt, 0, (size_t)semicolon + 1));
		put_xtext(b, str_sub(r->orcpt, (size_t)semicolon + 1,
		    r->orcpt.len));
	}
	buf_z(b, "\r\n");
}

/* Dots at line starts doubled; everything between goes out in one piece. */
static int
put_stuffed(struct smtp_client *c, struct str s, bool *at_start,
    struct err *err)
{
	while (s.len > 0) {
		const char *from = s.p, *dot;
		size_t n;

		if (*at_start && s.p[0] == '.' &&
		    smtp_client_put(c, STR_LIT("."), err) == -1)
			return (-1);
		dot = memmem(from, s.len, "\n.", 2);
		n = dot != NULL ? (size_t)(dot - from) + 1 : s.len;
		smtp_client_wait(c, SMTP_CLIENT_BLOCK_MS);
		if (smtp_client_put(c, str_sub(s, 0, n), err) == -1)
			return (-1);
		*at_start = s.p[n - 1] == '\n';
		s = str_sub(s, n, s.len);
	}
	return (0);
}

/* Those that were not refused by themselves; with `everybody` also those. */
static void
refuse(struct smtp_outgoing *m, const struct smtp_reply *reply, bool everybody)
{
	for (size_t i = 0; i < m->n_rcpts; i++)
		if (everybody || m->rcpts[i].reply.code == 0 ||
		    m->rcpts[i].reply.code / 100 == 2)
			m->rcpts[i].reply = *reply;
}

/* Can this server carry the message at all? False: replies are set. */
static bool
can_carry(const struct smtp_client *c, struct smtp_outgoing *m)
{
	struct smtp_reply reply = { .is_ours = true };

	if (m->is_utf8 && !c->has_utf8)
		smtp_reply_set(&reply, 550, "5.6.7", "The next server cannot "
		    "carry international addresses (SMTPUTF8)");
	else if (m->requires_tls && !smtp_client_keeps_tls(c))
		smtp_reply_set(&reply, 550, "5.7.30", "The sender demands "
		    "TLS on the whole way (REQUIRETLS), and the next server "
		    "does not promise it");
	else if (c->size_max > 0 && size_of(m) > c->size_max)
		smtp_reply_set(&reply, 552, "5.3.4", "The next server takes "
		    "messages up to %llu bytes",
		    (unsigned long long)c->size_max);
	else
		return (true);
	refuse(m, &reply, true);
	return (false);
}

static int
rset(struct smtp_client *c, struct err *err)
{
	struct smtp_reply reply = { .code = 0 };

	if (smtp_client_ask(c, "RSET", "", &reply, NULL, err) == -1)
		return (-1);
	if (reply.code != 250)
		c->is_broken = true;
	return (0);
}

static int
put_message(struct smtp_client *c, const struct smtp_outgoing *m,
    struct err *err)
{
	bool at_start = true;

	for (size_t i = 0; i < m->n_bytes; i++)
		if (put_stuffed(c, m->bytes[i], &at_start, err) == -1)
			return (-1);
	if (!at_start && smtp_client_put(c, STR_LIT("\r\n"), err) == -1)
		return (-1);
	if (smtp_client_put(c, STR_LIT(".\r\n"), err) == -1 ||
	    smtp_client_flush(c, err) == -1)
		return (-1);
	smtp_client_wait(c, SMTP_CLIENT_DOT_MS);
	return (0);
}

/* DATA was accepted: the message, or nothing where nobody gets it. */
static int
send_data(struct smtp_client *c, struct smtp_outgoing *m, size_t n_ok,
    struct err *err)
{
	struct smtp_reply reply = { .code = 0 };
	struct smtp_outgoing nothing = { .n_bytes = 0 };

	if (put_message(c, n_ok > 0 ? m : &nothing, err) == -1 ||
	    smtp_client_reply(c, &reply, NULL, err) == -1)
		return (-1);
	for (size_t i = 0; i < m->n_rcpts; i++)
		if (m->rcpts[i].reply.code / 100 == 2)
			m->rcpts[i].reply = reply;
	if (reply.code == 421)
		c->is_broken = true;
	return (0);
}

static int
read_rcpts(struct smtp_client *c, struct smtp_outgoing *m, size_t *n_ok,
    struct err *err)
{
	*n_ok = 0;
	for (size_t i = 0; i < m->n_rcpts; i++) {
		if (smtp_client_reply(c, &m->rcpts[i].reply, NULL, err) == -1)
			return (-1);
		if (m->rcpts[i].reply.code / 100 == 2)
			(*n_ok)++;
	}
	return (0);
}

/* The server refused everything that is left: tell, and start afresh. */
static int
give_up(struct smtp_client *c, struct smtp_outgoing *m,
    const struct smtp_reply *reply, bool everybody, struct err *err)
{
	refuse(m, reply, everybody);
	if (reply->code == 421) {
		c->is_broken = true;
		return (0);
	}
	return (rset(c, err));
}

/*
 * DATA was answered with something else than 354, and nothing was sent. A 2xx
 * or 3xx here is not SMTP: kept as the recipients' reply it would count as
 * delivered, and lose the message.
 */
static int
data_refused(struct smtp_client *c, struct smtp_outgoing *m,
    const struct smtp_reply *reply, struct err *err)
{
	if (reply->code >= 400)
		return (give_up(c, m, reply, false, err));
	c->is_broken = true;
	return (err_set(err, ERR_INPUT, "DATA was answered with %d",
	    reply->code));
}

static int
send_pipelined(struct smtp_client *c, struct smtp_outgoing *m, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(COMMANDS_MAX);
	struct smtp_reply mail = { .code = 0 }, data = { .code = 0 };
	size_t n_ok;

	write_mail(c, m, &b);
	for (size_t i = 0; i < m->n_rcpts; i++)
		write_rcpt(c, &m->rcpts[i], &b);
	buf_z(&b, "DATA\r\n");
	smtp_client_wait(c, SMTP_CLIENT_COMMAND_MS);
	if (smtp_client_put(c, buf_view(&b), err) == -1 ||
	    smtp_client_flush(c, err) == -1 ||
	    smtp_client_reply(c, &mail, NULL, err) == -1 ||
	    read_rcpts(c, m, &n_ok, err) == -1)
		return (-1);
	smtp_client_wait(c, SMTP_CLIENT_DATA_MS);
	if (smtp_client_reply(c, &data, NULL, err) == -1)
		return (-1);
	/* Whatever RCPT and DATA got: without MAIL there is no transaction. */
	if (mail.code / 100 != 2 && data.code != 354)
		return (give_up(c, m, &mail, true, err));
	if (mail.code / 100 != 2) {
		refuse(m, &mail, true);
		n_ok = 0;
	}
	if (data.code == 354)
		return (send_data(c, m, n_ok, err));
	return (data_refused(c, m, &data, err));
}

/* Write what is in b, read the reply to it. */
static int
step(struct smtp_client *c, struct buf *b, struct smtp_reply *reply,
    struct err *err)
{
	smtp_client_wait(c, SMTP_CLIENT_COMMAND_MS);
	if (smtp_client_put(c, buf_view(b), err) == -1 ||
	    smtp_client_flush(c, err) == -1)
		return (-1);
	buf_reset(b);
	return (smtp_client_reply(c, reply, NULL, err));
}

static int
step_rcpts(struct smtp_client *c, struct smtp_outgoing *m, struct buf *b,
    size_t *n_ok, struct err *err)
{
	*n_ok = 0;
	for (size_t i = 0; i < m->n_rcpts; i++) {
		write_rcpt(c, &m->rcpts[i], b);
		if (step(c, b, &m->rcpts[i].reply, err) == -1)
			return (-1);
		*n_ok += m->rcpts[i].reply.code / 100 == 2;
	}
	return (0);
}

static int
send_stepwise(struct smtp_client *c, struct smtp_outgoing *m, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(COMMANDS_MAX);
	struct smtp_reply reply = { .code = 0 };
	size_t n_ok;

	write_mail(c, m, &b);
	if (step(c, &b, &reply, err) == -1)
		return (-1);
	if (reply.code / 100 != 2)
		return (give_up(c, m, &reply, true, err));
	if (step_rcpts(c, m, &b, &n_ok, err) == -1)
		return (-1);
	if (n_ok == 0)
		return (rset(c, err));
	buf_z(&b, "DATA\r\n");
	if (step(c, &b, &reply, err) == -1)
		return (-1);
	if (reply.code == 354)
		return (send_data(c, m, n_ok, err));
	return (data_refused(c, m, &reply, err));
}

int
smtp_client_send(struct smtp_client *c, struct smtp_outgoing *m,
    struct err *err)
{
	c->limit_ms = m->limit_ms;
	c->transactions++;
	for (size_t i = 0; i < m->n_rcpts; i++)
		memset(&m->rcpts[i].reply, 0, sizeof(m->rcpts[i].reply));
	if (!can_carry(c, m))
		return (0);
	return (c->has_pipelining ? send_pipelined(c, m, err) :
	    send_stepwise(c, m, err));
}
