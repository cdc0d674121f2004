/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client: the client side of SMTP.
 *
 * Runs in the gateway's relay. Security: the server is hostile: replies have
 * a length and a number of lines, and every wait a deadline. Addresses were
 * checked by address_parse(), so nothing in them ends a line. Standards: RFC
 * 5321, 1870, 2920, 3207, 3461, 6152, 6531.
 */
#include "smtp/client.h"

#define REPLY_LINES_MAX 128
#define REPLY_LINE_MAX 2048	/* 512 by RFC 5321, some say more */

struct smtp_client {
	struct conn *conn;
	bool is_broken;
	bool has_pipelining, has_8bit, has_utf8, has_size, has_dsn, has_tls;
	uint64_t size_max;
	char host[256];
};

static void
wait_until(struct smtp_client *c, int64_t ms)
{
	conn_set_deadline(c->conn, clock_mono_ms() + ms);
}

/* ---- replies ---------------------------------------------------------- */

static int
read_line(struct smtp_client *c, struct str *line, struct err *err)
{
	size_t seen = 0;

	for (;;) {
		struct str in = conn_peek(c->conn);
		const char *lf = in.len > seen ?
		    memchr(in.p + seen, '\n', in.len - seen) : NULL;

		if (lf != NULL) {
			*line = str_make(in.p, (size_t)(lf - in.p) + 1);
			return (0);
		}
		if (in.len > REPLY_LINE_MAX)
			return (err_set(err, ERR_INPUT, "a reply line of more "
			    "than %d bytes", REPLY_LINE_MAX));
		seen = in.len;
		if (conn_fill(c->conn, err) == -1)
			return (-1);
	}
}

static bool
parse_code(struct str line, int *code, bool *last)
{
	if (line.len < 4 || !ascii_is_digit(line.p[0]) ||
	    !ascii_is_digit(line.p[1]) || !ascii_is_digit(line.p[2]))
		return (false);
	*code = (line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 +
	    (line.p[2] - '0');
	*last = line.p[3] != '-';
	return (*code >= 200 && *code < 600 &&
	    (line.p[3] == '-' || line.p[3] == ' ' || line.p[3] == '\r' ||
	    line.p[3] == '\n'));
}

/* "2.1.0 Ok" into status and text. */
static void
parse_text(struct str text, struct smtp_reply *reply)
{
	ptrdiff_t space = str_index(text, ' ');
	struct str status = str_sub(text, 0,
	    space > 0 ? (size_t)space : text.len);
	bool has_status = status.len >= 5 && status.len <= 9 &&
	    ascii_is_digit(status.p[0]) && status.p[1] == '.' &&
	    status.p[0] == '0' + reply->code / 100;

	for (size_t i = 2; has_status && i < status.len; i++)
		has_status = ascii_is_digit(status.p[i]) || status.p[i] == '.';
	if (!has_status)
		status.len = 0;
	smtp_reply_set(reply, reply->code,
	    "", "%.*s", STR_FMT(str_trim(str_sub(text, status.len, text.len))));
	memcpy(reply->status, status.p, status.len);
	reply->status[status.len] = '\0';
}

/* Sees every line of a reply, for EHLO. */
typedef void see_line(struct smtp_client *c, struct str text);

static int
read_reply(struct smtp_client *c, struct smtp_reply *reply, see_line *see,
    struct err *err)
{
	int first = 0;
	bool last = false;

	for (int lines = 0; !last; lines++) {
		struct str line, text;
		int code = 0;

		if (read_line(c, &line, err) == -1)
			goto broken;
		if (lines == REPLY_LINES_MAX ||
		    !parse_code(line, &code, &last) ||
		    (lines > 0 && code != first)) {
			(void)err_set(err, ERR_INPUT,
			    "the server's reply is not SMTP");
			goto broken;
		}
		first = code;
		text = str_trim(str_sub(line, 4, line.len));
		if (see != NULL)
			see(c, text);
		/* The last line of several speaks for all. */
		if (last) {
			reply->code = code;
			parse_text(text, reply);
		}
		conn_consume(c->conn, line.len);
	}
	return (0);
broken:
	c->is_broken = true;
	return (-1);
}

static int
put(struct smtp_client *c, struct str s, struct err *err)
{
	if (conn_put(c->conn, s, err) == 0)
		return (0);
	c->is_broken = true;
	return (-1);
}

static int
flush(struct smtp_client *c, struct err *err)
{
	if (conn_flush(c->conn, err) == 0)
		return (0);
	c->is_broken = true;
	return (-1);
}

/* One command and its reply. */
static int
ask(struct smtp_client *c, const char *command, const char *argument,
    struct smtp_reply *reply, see_line *see, struct err *err)
{
	wait_until(c, SMTP_CLIENT_COMMAND_MS);
	if (put(c, str_of(command), err) == -1 ||
	    put(c, str_of(argument), err) == -1 ||
	    put(c, STR_LIT("\r\n"), err) == -1 || flush(c, err) == -1)
		return (-1);
	return (read_reply(c, reply, see, err));
}

static int
said_no(const struct smtp_reply *r, const char *to, struct err *err)
{
	return (err_set(err, r->code < 500 ? ERR_TEMP : ERR_PERM,
	    "%s was answered with %d %s %s", to, r->code, r->status, r->text));
}

/* ---- opening ---------------------------------------------------------- */

static void
see_extension(struct smtp_client *c, struct str text)
{
	struct str word, rest = text;

	(void)str_next(&rest, ' ', &word);
	if (str_eq_nocase(word, STR_LIT("PIPELINING")))
		c->has_pipelining = true;
	else if (str_eq_nocase(word, STR_LIT("8BITMIME")))
		c->has_8bit = true;
	else if (str_eq_nocase(word, STR_LIT("SMTPUTF8")))
		c->has_utf8 = true;
	else if (str_eq_nocase(word, STR_LIT("DSN")))
		c->has_dsn = true;
	else if (str_eq_nocase(word, STR_LIT("STARTTLS")))
		c->has_tls = true;
	else if (str_eq_nocase(word, STR_LIT("SIZE"))) {
		c->has_size = true;
		if (!str_to_u64(str_trim(rest), UINT64_MAX, &c->size_max))
			c->size_max = 0;
	}
}

static int
greet(struct smtp_client *c, const char *helo, struct smtp_reply *reply,
    struct err *err)
{
	c->has_pipelining = c->has_8bit = c->has_utf8 = c->has_size = false;
	c->has_dsn = c->has_tls = false;
	if (ask(c, "EHLO ", helo, reply, see_extension, err) == -1)
		return (-1);
	if (reply->code >= 500 &&
	    ask(c, "HELO ", helo, reply, NULL, err) == -1)
		return (-1);
	return (reply->code == 250 ? 0 : said_no(reply, "EHLO", err));
}

static int
start_tls(struct smtp_client *c, const char *host,
    const struct smtp_client_config *config, struct smtp_reply *reply,
    struct err *err)
{
	struct err why = ERR_INIT;

	if (ask(c, "STARTTLS", "", reply, NULL, err) == -1)
		return (-1);
	if (reply->code != 220)
		return (said_no(reply, "STARTTLS", err));
	/* Anything the server said before the handshake is dropped. */
	if (conn_start_tls(c->conn, config->tls, host, &why) == -1) {
		c->is_broken = true;
		return (err_set(err, ERR_DENIED, "TLS: %s", why.msg));
	}
	return (greet(c, config->helo, reply, err));
}

int
smtp_client_open(struct conn **take, const char *host,
    const struct smtp_client_config *config, struct smtp_client **out,
    struct smtp_reply *reply, struct err *err)
{
	struct smtp_client *c = must_calloc(1, sizeof(*c));

	c->conn = *take;
	(void)snprintf(c->host, sizeof(c->host), "%s", host);
	*take = NULL;
	memset(reply, 0, sizeof(*reply));
	wait_until(c, SMTP_CLIENT_GREETING_MS);
	if (read_reply(c, reply, NULL, err) == -1)
		goto fail;
	if (reply->code != 220) {
		(void)said_no(reply, "the connection", err);
		goto fail;
	}
	if (greet(c, config->helo, reply, err) == -1)
		goto fail;
	if (c->has_tls && config->tls != NULL &&
	    start_tls(c, host, config, reply, err) == -1)
		goto fail;
	*out = c;
	return (0);
fail:
	smtp_client_close(&c);
	return (-1);
}

/* ---- one transaction -------------------------------------------------- */

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
		    put(c, STR_LIT("."), err) == -1)
			return (-1);
		dot = memmem(from, s.len, "\n.", 2);
		n = dot != NULL ? (size_t)(dot - from) + 1 : s.len;
		wait_until(c, SMTP_CLIENT_BLOCK_MS);
		if (put(c, str_sub(s, 0, n), err) == -1)
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
	struct smtp_reply reply = { .code = 0 };

	if (m->is_utf8 && !c->has_utf8)
		smtp_reply_set(&reply, 550, "5.6.7", "The next server cannot "
		    "carry international addresses (SMTPUTF8)");
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

	if (ask(c, "RSET", "", &reply, NULL, err) == -1)
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
	if (!at_start && put(c, STR_LIT("\r\n"), err) == -1)
		return (-1);
	if (put(c, STR_LIT(".\r\n"), err) == -1 || flush(c, err) == -1)
		return (-1);
	wait_until(c, SMTP_CLIENT_DOT_MS);
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
	    read_reply(c, &reply, NULL, err) == -1)
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
		if (read_reply(c, &m->rcpts[i].reply, NULL, err) == -1)
			return (-1);
		if (m->rcpts[i].reply.code / 100 == 2)
			(*n_ok)++;
	}
	return (0);
}

static int
send_pipelined(struct smtp_client *c, struct smtp_outgoing *m, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(64u << 20);
	struct smtp_reply mail = { .code = 0 }, data = { .code = 0 };
	size_t n_ok;

	write_mail(c, m, &b);
	for (size_t i = 0; i < m->n_rcpts; i++)
		write_rcpt(c, &m->rcpts[i], &b);
	buf_z(&b, "DATA\r\n");
	wait_until(c, SMTP_CLIENT_COMMAND_MS);
	if (put(c, buf_view(&b), err) == -1 || flush(c, err) == -1 ||
	    read_reply(c, &mail, NULL, err) == -1 ||
	    read_rcpts(c, m, &n_ok, err) == -1)
		return (-1);
	wait_until(c, SMTP_CLIENT_DATA_MS);
	if (read_reply(c, &data, NULL, err) == -1)
		return (-1);
	if (data.code == 354)
		return (send_data(c, m, n_ok, err));
	refuse(m, mail.code / 100 != 2 ? &mail : &data, mail.code / 100 != 2);
	return (mail.code == 421 || data.code == 421 ?
	    (c->is_broken = true, 0) : rset(c, err));
}

static int
send_stepwise(struct smtp_client *c, struct smtp_outgoing *m, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(1u << 20);
	struct smtp_reply reply = { .code = 0 };
	size_t n_ok = 0;

	write_mail(c, m, &b);
	wait_until(c, SMTP_CLIENT_COMMAND_MS);
	if (put(c, buf_view(&b), err) == -1 || flush(c, err) == -1 ||
	    read_reply(c, &reply, NULL, err) == -1)
		return (-1);
	for (size_t i = 0; i < m->n_rcpts && reply.code / 100 == 2; i++) {
		buf_reset(&b);
		write_rcpt(c, &m->rcpts[i], &b);
		wait_until(c, SMTP_CLIENT_COMMAND_MS);
		if (put(c, buf_view(&b), err) == -1 || flush(c, err) == -1 ||
		    read_reply(c, &m->rcpts[i].reply, NULL, err) == -1)
			return (-1);
		n_ok += m->rcpts[i].reply.code / 100 == 2;
	}
	if (reply.code / 100 == 2 && n_ok > 0 &&
	    ask(c, "DATA", "", &reply, NULL, err) == -1)
		return (-1);
	if (reply.code == 354)
		return (send_data(c, m, n_ok, err));
	if (n_ok > 0 || reply.code / 100 != 2)
		refuse(m, &reply, false);
	return (reply.code == 421 ? (c->is_broken = true, 0) : rset(c, err));
}

int
smtp_client_send(struct smtp_client *c, struct smtp_outgoing *m,
    struct err *err)
{
	for (size_t i = 0; i < m->n_rcpts; i++)
		memset(&m->rcpts[i].reply, 0, sizeof(m->rcpts[i].reply));
	if (!can_carry(c, m))
		return (0);
	return (c->has_pipelining ? send_pipelined(c, m, err) :
	    send_stepwise(c, m, err));
}

bool
smtp_client_is_usable(const struct smtp_client *c)
{
	return (!c->is_broken);
}

bool
smtp_client_offers_dsn(const struct smtp_client *c)
{
	return (c->has_dsn);
}

struct str
smtp_client_host(const struct smtp_client *c)
{
	return (str_of(c->host));
}

const struct conn_tls *
smtp_client_tls(const struct smtp_client *c)
{
	return (conn_tls(c->conn));
}

void
smtp_client_close(struct smtp_client **cp)
{
	struct smtp_client *c = *cp;
	struct err ignored = ERR_INIT;

	*cp = NULL;
	if (c == NULL)
		return;
	if (!c->is_broken) {
		wait_until(c, CLOCK_SECOND_MS);
		if (put(c, STR_LIT("QUIT\r\n"), &ignored) == 0)
			(void)flush(c, &ignored);
	}
	conn_free(&c->conn);
	free(c);
}
