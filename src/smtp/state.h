/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state: what one server session knows, shared by the files of smtp/ that
 * make it up (session, data, auth).
 *
 * A function that returns -1 ends the session; the connection is gone or not
 * worth keeping.
 */
#ifndef SMTP_STATE_H
#define SMTP_STATE_H

#include "smtp/service.h"

#define SMTP_COMMAND_MAX 2048	/* RFC 5321 says 512 and more for extensions */
#define SMTP_AUTH_LINE_MAX 12288	/* RFC 4954 4.2 */
#define SMTP_ENVELOPE_MAX (8u << 20)	/* memory of all MAIL and RCPT said */

struct smtp_state {
	struct conn *conn;
	const struct smtp_service *service;
	struct arena *arena;		/* of the current transaction */
	struct smtp_envelope envelope;
	size_t recipients_cap;
	bool has_hello, is_esmtp;
	bool has_mail;
	bool is_bdat;			/* a chunk was taken: DATA is wrong */
	bool is_bdat_broken;		/* a chunk was refused: all are */
	char helo[ADDRESS_MAX_DOMAIN + 1];
	char user[ADDRESS_MAX_PATH + 1];	/* empty: not signed in */
	unsigned bad_commands, wrong_passwords, messages;
	struct buf bytes;		/* the message being received */
	uint64_t reserved;		/* memory asked for it */
	int64_t end_ms;			/* of the session */
	char line[SMTP_AUTH_LINE_MAX + 1];	/* the one read last */
	int64_t wait_end_ms;		/* of the wait it is in */
};

/* Append one reply line to the output; err is what conn_put says. */
int smtp_reply(struct smtp_state *s, const struct smtp_reply *r) FALLIBLE;
int smtp_say(struct smtp_state *s, int code, const char *status,
    const char *text) FALLIBLE;

/* The last words of a session: flushed, and -1 for the caller to return. */
int smtp_goodbye(struct smtp_state *s, int code, const char *status,
    const char *text);

/* Read the next line, CRLF cut off; it stays until the next one is read. max
 * is at most SMTP_AUTH_LINE_MAX. -1: session over. The pending output is
 * flushed before it waits. Sets *fault to a sentence when the line is too
 * long or not ended by CRLF; the line is then dropped. */
int smtp_read_line(struct smtp_state *s, size_t max, struct str *line,
    const char **fault) FALLIBLE;

/* Deadline for the next wait: idle time, within the session's time. */
void smtp_wait_idle(struct smtp_state *s);

/* Forget the transaction; wipes the message. */
void smtp_reset(struct smtp_state *s);

/* The verbs that read more than their line. */
int smtp_data(struct smtp_state *s, struct str rest) FALLIBLE;
int smtp_bdat(struct smtp_state *s, struct str rest) FALLIBLE;
int smtp_auth(struct smtp_state *s, struct str rest) FALLIBLE;

/* Is relaying allowed to this client, as it stands now? */
bool smtp_may_relay(const struct smtp_state *s);

#endif
