/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client: the client side of SMTP.
 *
 * Runs in the gateway's relay. Security: the server is hostile: replies have
 * a length and a number of lines, and every wait a deadline. Addresses were
 * checked by address_parse(), so nothing in them ends a line. Standards: RFC
 * 5321, 1870, 2920, 3207, 3461, 6152, 6531.
 */
#include "smtp/client_state.h"

#define REPLY_LINES_MAX 128
#define REPLY_LINE_MAX 2048	/* 512 by RFC 5321, some say more */

void
smtp_client_wait(struct smtp_client *c, int64_t ms)
{
	int64_t until = clock_mono_ms() + ms;

	conn_set_deadline(c->conn, c->limit_ms > 0 ?
	    MIN_OF(until, c->limit_ms) : until);
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

		if (lf != NULL && lf - in.p < REPLY_LINE_MAX) {
			*line = str_make(in.p, (size_t)(lf - in.p) + 1);
			return (0);
		}
		if (lf != NULL || in.len > REPLY_LINE_MAX)
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

int
smtp_client_reply(struct smtp_client *c, struct smtp_reply *reply,
    see_line *see, struct err *err)
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

int
smtp_client_put(struct smtp_client *c, struct str s, struct err *err)
{
	if (conn_put(c->conn, s, err) == 0)
		return (0);
	c->is_broken = true;
	return (-1);
}

int
smtp_client_flush(struct smtp_client *c, struct err *err)
{
	if (conn_flush(c->conn, err) == 0)
		return (0);
	c->is_broken = true;
	return (-1);
}

int
smtp_client_ask(struct smtp_client *c, const char *command,
    const char *argument, struct smtp_reply *reply, see_line *see,
    struct err *err)
{
	smtp_client_wait(c, SMTP_CLIENT_COMMAND_MS);
	if (smtp_client_put(c, str_of(command), err) == -1 ||
	    smtp_client_put(c, str_of(argument), err) == -1 ||
	    smtp_client_put(c, STR_LIT("\r\n"), err) == -1 ||
	    smtp_client_flush(c, err) == -1)
		return (-1);
	return (smtp_client_reply(c, reply, see, err));
}

static int
said_no(const struct smtp_reply *r, const char *to, struct err *err)
{
	return (err_set(err, r->code < 500 ? ERR_TEMP : ERR_PERM,
	    "%s was answered with %d %s %s", to, r->code, r->status, r->text));
}

/* ---- opening ---------------------------------------------------------- */

static void
see_mechanisms(struct smtp_client *c, struct str names)
{
	struct str name;

	while (str_next(&names, ' ', &name)) {
		c->has_plain = c->has_plain ||
		    str_eq_nocase(name, STR_LIT("PLAIN"));
		c->has_login = c->has_login ||
		    str_eq_nocase(name, STR_LIT("LOGIN"));
	}
}

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
	else if (str_eq_nocase(word, STR_LIT("REQUIRETLS")))
		c->has_requiretls = conn_tls(c->conn) != NULL;
	else if (str_eq_nocase(word, STR_LIT("AUTH")))
		see_mechanisms(c, rest);
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
	c->has_dsn = c->has_tls = c->has_requiretls = false;
	c->has_plain = c->has_login = false;
	if (smtp_client_ask(c, "EHLO ", helo, reply, see_extension, err) == -1)
		return (-1);
	if (reply->code >= 500 &&
	    smtp_client_ask(c, "HELO ", helo, reply, NULL, err) == -1)
		return (-1);
	return (reply->code == 250 ? 0 : said_no(reply, "EHLO", err));
}

static int
no_tls(struct smtp_opening *o, enum smtp_client_failure failure,
    struct err *err, const char *why, const char *what)
{
	o->failure = failure;
	return (err_set(err, ERR_DENIED, "%s%s", why, what));
}

static int
start_tls(struct smtp_client *c, const struct smtp_client_config *config,
    struct smtp_opening *o, struct err *err)
{
	struct err why = ERR_INIT;
	ssize_t dropped;

	if (smtp_client_ask(c, "STARTTLS", "", &o->reply, NULL, err) == -1)
		return (-1);
	if (o->reply.code != 220)
		return (no_tls(o, SMTP_CLIENT_NO_STARTTLS, err,
		    "STARTTLS was refused: ", o->reply.text));
	dropped = conn_start_tls(c->conn, config->tls, config->expect, &why);
	/* Somebody who wants his own words taken for the server's. */
	if (dropped > 0)
		(void)err_set(&why, ERR_DENIED, "words in clear came behind "
		    "STARTTLS");
	if (dropped != 0) {
		c->is_broken = true;
		return (no_tls(o, SMTP_CLIENT_NO_HANDSHAKE, err, "TLS: ",
		    why.msg));
	}
	if (config->needs_proof && !conn_tls(c->conn)->is_proven) {
		o->proof = conn_tls(c->conn)->failure;
		return (no_tls(o, SMTP_CLIENT_NO_PROOF, err, "the server's "
		    "certificate does not prove whose it is: ",
		    conn_tls(c->conn)->why_not));
	}
	return (greet(c, config->helo, &o->reply, err));
}

static int
open_session(struct smtp_client *c, const struct smtp_client_config *config,
    struct smtp_opening *o, struct err *err)
{
	smtp_client_wait(c, SMTP_CLIENT_GREETING_MS);
	if (smtp_client_reply(c, &o->reply, NULL, err) == -1)
		return (-1);
	if (o->reply.code != 220)
		return (said_no(&o->reply, "the connection", err));
	if (greet(c, config->helo, &o->reply, err) == -1)
		return (-1);
	if (c->has_tls && config->tls != NULL)
		return (start_tls(c, config, o, err));
	if (config->needs_tls || config->needs_proof)
		return (no_tls(o, SMTP_CLIENT_NO_STARTTLS, err,
		    "the server does not offer TLS", ""));
	return (0);
}

int
smtp_client_open(struct conn **take, const char *host,
    const struct smtp_client_config *config, struct smtp_client **out,
    struct smtp_opening *opening, struct err *err)
{
	struct smtp_client *c = must_calloc(1, sizeof(*c));

	c->conn = *take;
	c->limit_ms = config->limit_ms;
	c->proof = config->proof;
	(void)snprintf(c->host, sizeof(c->host), "%s", host);
	*take = NULL;
	*opening = (struct smtp_opening){ .failure = SMTP_CLIENT_NO_FAILURE };
	if (open_session(c, config, opening, err) == 0) {
		*out = c;
		return (0);
	}
	smtp_client_close(&c);
	return (-1);
}

bool
smtp_client_is_usable(const struct smtp_client *c)
{
	return (!c->is_broken);
}

bool
smtp_client_keeps_tls(const struct smtp_client *c)
{
	return (c->has_requiretls && smtp_client_proof(c) != NULL);
}

bool
smtp_client_offers_dsn(const struct smtp_client *c)
{
	return (c->has_dsn);
}

unsigned
smtp_client_transactions(const struct smtp_client *c)
{
	return (c->transactions);
}

bool
smtp_client_takes_8bit(const struct smtp_client *c)
{
	return (c->has_8bit || c->has_utf8);
}

struct str
smtp_client_host(const struct smtp_client *c)
{
	return (str_of(c->host));
}

const char *
smtp_client_address(const struct smtp_client *c)
{
	return (conn_peer(c->conn));
}

const char *
smtp_client_proof(const struct smtp_client *c)
{
	const struct conn_tls *tls = conn_tls(c->conn);

	return (tls != NULL && tls->is_proven ? c->proof : NULL);
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
		smtp_client_wait(c, CLOCK_SECOND_MS);
		if (smtp_client_put(c, STR_LIT("QUIT\r\n"), &ignored) == -1 ||
		    smtp_client_flush(c, &ignored) == -1)
			c->is_broken = true;	/* it goes all the same */
	}
	conn_free(&c->conn);
	free(c);
}
