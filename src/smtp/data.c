/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data: receiving a message, by DATA (dots) or BDAT (counted chunks).
 *
 * Runs in the gateway. Security: the line that smuggling attacks cross. Only
 * <CRLF>.<CRLF> ends DATA; a message with a bare CR, a bare LF or a NUL
 * anywhere is read to its real end and then refused, so that what follows is
 * never taken for a command. Bytes go once from the connection's buffer into
 * one growing mapping that is wiped.
 * Standards: RFC 5321 4.1.1.4, 4.5.2; RFC 3030; RFC 1870.
 */
#include "smtp/state.h"

#include "smtp/grammar.h"

#include "base/clock.h"
#include "base/fault.h"

#define RESERVE_FIRST_BYTES (64u << 10)	/* most messages fit */
#define RESERVE_WAIT_MS 30000		/* then 452: the client tries again */

enum data_fault {
	DATA_OK,
	DATA_BARE_LF,
	DATA_BARE_CR,
	DATA_NUL,
	DATA_LONG_LINE,
	DATA_TOO_LARGE,
	DATA_NO_MEMORY,
};

static const struct {
	int code;
	const char *status, *text;
} fault_replies[] = {
	[DATA_BARE_LF] = { 550, "5.6.11", "The message has a line feed without "
	    "a carriage return before it. Mail lines end in CRLF (RFC 5321 "
	    "2.3.8); the sending program has to be corrected." },
	[DATA_BARE_CR] = { 550, "5.6.11", "The message has a carriage return "
	    "without a line feed behind it. Mail lines end in CRLF (RFC 5321 "
	    "2.3.8); the sending program has to be corrected." },
	[DATA_NUL] = { 550, "5.6.0", "The message has a NUL byte, which mail "
	    "must not contain." },
	[DATA_LONG_LINE] = { 550, "5.6.0", "The message has a line longer than "
	    "this server takes; lines are never split here." },
	[DATA_TOO_LARGE] = { 552, "5.3.4", "The message is larger than this "
	    "server takes; EHLO announces the limit as SIZE." },
	[DATA_NO_MEMORY] = { 452, "4.3.1", "Too much mail at once; please try "
	    "again in a minute." },
};

/* What is known about the message while it comes in. */
struct intake {
	struct smtp_state *s;
	enum data_fault fault;
	bool after_crlf;	/* a line starts here */
};

static void
fail(struct intake *in, enum data_fault fault)
{
	if (in->fault != DATA_OK)
		return;
	in->fault = fault;
	/* Nothing of it will be needed; the rest is read and dropped. */
	buf_done(&in->s->bytes);
}

/* Memory for len more bytes; asks the service before it grows. */
static bool
make_room(struct smtp_state *s, size_t len, enum data_fault *why)
{
	const struct smtp_service *service = s->service;
	uint64_t need = s->bytes.len + len;
	uint64_t said = s->envelope.declared_bytes, more;

	if (need > service->limits.message_bytes) {
		*why = DATA_TOO_LARGE;
		return (false);
	}
	if (need <= s->reserved)
		return (true);
	more = MAX_OF(MAX_OF(need, said) - s->reserved, s->reserved);
	more = MIN_OF(MAX_OF(more, (uint64_t)RESERVE_FIRST_BYTES),
	    service->limits.message_bytes + RESERVE_FIRST_BYTES -
	    s->reserved);
	if (!service->reserve(service->ctx, s->reserved, more,
	    clock_mono_ms() + RESERVE_WAIT_MS)) {
		*why = DATA_NO_MEMORY;
		return (false);
	}
	s->reserved += more;
	buf_expect(&s->bytes, (size_t)s->reserved - s->bytes.len);
	return (true);
}

static void
keep(struct intake *in, const char *p, size_t len)
{
	enum data_fault why;

	if (in->fault != DATA_OK || len == 0)
		return;
	if (!make_room(in->s, len, &why))
		fail(in, why);
	else
		buf_append(&in->s->bytes, p, len);
}

/* Judge one line; len counts its LF. is_clean: it is known to have no CR, LF
 * or NUL but its CRLF. True when it ended in CRLF. */
static bool
check_line(struct intake *in, const char *p, size_t len, bool is_clean)
{
	bool crlf = len >= 2 && p[len - 2] == '\r';
	size_t text = crlf ? len - 2 : len - 1;

	if (in->fault != DATA_OK)
		return (crlf);
	if (!crlf)
		fail(in, DATA_BARE_LF);
	else if (!is_clean && memchr(p, '\r', text) != NULL)
		fail(in, DATA_BARE_CR);
	else if (!is_clean && memchr(p, '\0', text) != NULL)
		fail(in, DATA_NUL);
	else if (text > in->s->service->limits.line_bytes)
		fail(in, DATA_LONG_LINE);
	return (crlf);
}

/*
 * Take the complete lines of what is buffered. Lines without a leading dot are
 * kept in one copy. Returns true at the end of the data; *used is how much
 * was looked at.
 */
static bool
take_lines(struct intake *in, struct str chunk, size_t *used)
{
	const char *lf = memrchr(chunk.p, '\n', chunk.len);
	bool is_clean = lf != NULL &&
	    smtp_are_lines(str_make(chunk.p, (size_t)(lf - chunk.p) + 1));
	size_t at = 0, run = 0;

	while ((lf = memchr(chunk.p + at, '\n', chunk.len - at)) != NULL) {
		size_t len = (size_t)(lf - (chunk.p + at)) + 1;
		const char *line = chunk.p + at;
		bool fresh = in->after_crlf;

		in->after_crlf = check_line(in, line, len, is_clean);
		if (fresh && line[0] == '.') {
			keep(in, chunk.p + run, at - run);
			if (len == 3 && line[1] == '\r') {
				*used = at + len;
				return (true);
			}
			run = at + 1;	/* without the stuffed dot */
		}
		at += len;
	}
	keep(in, chunk.p + run, at - run);
	*used = at;
	return (false);
}

/* A line larger than the connection's buffer: drop what there is of it, but
 * keep the last byte, which may be the CR of its CRLF. */
static size_t
drop_long_line(struct intake *in, struct str chunk)
{
	if (chunk.len < CONN_INPUT_BYTES)
		return (0);
	fail(in, DATA_LONG_LINE);
	in->after_crlf = false;
	return (chunk.len - 1);
}

static int
receive_lines(struct intake *in)
{
	struct conn *conn = in->s->conn;
	struct err err = ERR_INIT;

	for (;;) {
		struct str chunk = conn_peek(conn);
		size_t used;
		bool done = take_lines(in, chunk, &used);

		if (!done && used == 0)
			used = drop_long_line(in, chunk);
		conn_consume(conn, used);
		if (done)
			return (0);
		smtp_wait_idle(in->s);
		if (conn_fill(conn, &err) != 0)
			return (-1);
	}
}

/* Hand the message over, or say what was wrong with it. */
static int
finish(struct smtp_state *s, enum data_fault fault)
{
	struct smtp_reply r = { 0 };

	if (fault != DATA_OK) {
		smtp_reply_set(&r, fault_replies[fault].code,
		    fault_replies[fault].status, "%s",
		    fault_replies[fault].text);
		s->service->note(s->service->ctx, "refused",
		    conn_peer(s->conn), fault_replies[fault].text);
	} else {
		s->service->message(s->service->ctx, &s->envelope, &s->bytes,
		    &r);
		must(r.code != 0);
		s->messages += r.code == 250;
	}
	smtp_reset(s);
	/* A crash from here on repeats a message that is safe already. */
	(void)FAULT_HERE("smtp.reply");
	return (smtp_reply(s, &r));
}

/*
 * DATA that is refused while more waits behind it: what waits is the message
 * of a client that did not wait for 354, or of one that smuggles. It must not
 * be taken for commands; DATA is the last of a group (RFC 2920 3.1).
 */
static int
refuse_data(struct smtp_state *s, int code, const char *text)
{
	if (smtp_say(s, code, "5.5.1", text) != 0)
		return (-1);
	if (!conn_has_input(s->conn))
		return (0);
	return (smtp_goodbye(s, 421, "4.5.0",
	    "Wait for the answer to DATA before you send more."));
}

int
smtp_data(struct smtp_state *s, struct str rest)
{
	struct intake in = { .s = s, .after_crlf = true };
	struct err err = ERR_INIT;

	if (rest.len > 0)
		return (refuse_data(s, 501, "DATA takes no parameter."));
	if (!s->has_mail || s->is_bdat)
		return (refuse_data(s, 503, s->is_bdat ?
		    "DATA cannot follow BDAT in one message." :
		    "Send MAIL and RCPT first."));
	if (s->envelope.n_recipients == 0)
		return (refuse_data(s, 554, "No valid recipients."));
	if (smtp_say(s, 354, "", "Send the message, end it with a line of one "
	    "dot.") != 0 || conn_flush(s->conn, &err) != 0)
		return (-1);
	if (receive_lines(&in) != 0)
		return (-1);
	return (finish(s, in.fault));
}

/* The checks of take_lines for bytes that were counted, all at once. */
static void
check_chunks(struct intake *in)
{
	struct buf *b = &in->s->bytes;
	const char *p = (const char *)b->p;
	const char *end, *lf;
	bool is_clean;

	if (b->len == 0)
		return;		/* an empty message */
	end = p + b->len;
	is_clean = smtp_are_lines(buf_view(b));
	while (p < end && in->fault == DATA_OK &&
	    (lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		(void)check_line(in, p, (size_t)(lf - p) + 1, is_clean);
		p = lf + 1;
	}
	if (in->fault != DATA_OK || p == end)
		return;
	/* An unended last line gets its CRLF. */
	if (memchr(p, '\r', (size_t)(end - p)) != NULL)
		fail(in, DATA_BARE_CR);
	else if (memchr(p, '\0', (size_t)(end - p)) != NULL)
		fail(in, DATA_NUL);
	else
		keep(in, "\r\n", 2);
}

static int
receive_chunk(struct intake *in, uint64_t size)
{
	struct conn *conn = in->s->conn;
	struct err err = ERR_INIT;

	while (size > 0) {
		struct str chunk = conn_peek(conn);
		size_t n = (size_t)MIN_OF((uint64_t)chunk.len, size);

		keep(in, chunk.p, n);
		conn_consume(conn, n);
		size -= n;
		if (size == 0)
			break;
		smtp_wait_idle(in->s);
		if (!conn_has_input(conn) && conn_fill(conn, &err) != 0)
			return (-1);
	}
	return (0);
}

/* A chunk that cannot be taken is read all the same: its bytes are on the
 * way and must not be executed as commands. */
static int
refuse_chunk(struct smtp_state *s, uint64_t size, int code, const char *status,
    const char *text)
{
	struct intake in = { .s = s, .fault = DATA_TOO_LARGE };
	bool is_broken = s->has_mail;

	if (receive_chunk(&in, size) != 0)
		return (-1);
	s->is_bdat_broken = is_broken;
	return (smtp_say(s, code, status, text));
}

int
smtp_bdat(struct smtp_state *s, struct str rest)
{
	struct intake in = { .s = s };
	uint64_t size;
	bool is_last;

	if (!smtp_parse_bdat(rest, &size, &is_last))
		return (smtp_say(s, 501, "5.5.4",
		    "Syntax: BDAT size [LAST]"));
	if (!s->has_mail || s->is_bdat_broken)
		return (refuse_chunk(s, size, 503, "5.5.1",
		    "Send MAIL and RCPT first."));
	if (s->envelope.n_recipients == 0)
		return (refuse_chunk(s, size, 554, "5.5.1",
		    "No valid recipients."));
	if (s->bytes.len + size > s->service->limits.message_bytes)
		return (refuse_chunk(s, size, fault_replies[DATA_TOO_LARGE].
		    code, fault_replies[DATA_TOO_LARGE].status,
		    fault_replies[DATA_TOO_LARGE].text));
	s->is_bdat = true;
	if (receive_chunk(&in, size) != 0)
		return (-1);
	if (in.fault == DATA_OK && is_last)
		check_chunks(&in);
	if (in.fault != DATA_OK || is_last) {
		int rc = finish(s, in.fault);

		s->is_bdat_broken = !is_last;
		return (rc);
	}
	return (smtp_say(s, 250, "2.0.0", "Chunk taken."));
}
