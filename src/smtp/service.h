/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service: what an SMTP server session asks of whoever runs it, the limits it
 * keeps, and the envelope it hands over.
 */
#ifndef SMTP_SERVICE_H
#define SMTP_SERVICE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/id.h"
#include "mime/address.h"
#include "net/conn.h"

#define SMTP_REPLY_MAX 480	/* RFC 5321 4.5.3.1.5: 512 with code and CRLF */

/* One reply: "250 2.1.0 text". code 0: not set yet. */
struct smtp_reply {
	int code;
	char status[12];		/* "2.1.0", or empty */
	char text[SMTP_REPLY_MAX];
	bool is_ours;			/* a client's own: no server said it */
};

/* Set a reply; control bytes in the text become '?'. */
void smtp_reply_set(struct smtp_reply *r, int code, const char *status,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The code of an error: TEMP 451, LIMIT 552, DENIED 550, else 554. */
void smtp_reply_error(struct smtp_reply *r, const struct err *err);

/* RFC 3461 4.1; none set: the default, which is failure and delay. */
enum smtp_notify {
	SMTP_NOTIFY_NEVER = 1u << 0,
	SMTP_NOTIFY_SUCCESS = 1u << 1,
	SMTP_NOTIFY_FAILURE = 1u << 2,
	SMTP_NOTIFY_DELAY = 1u << 3,
};

struct smtp_recipient {
	struct address address;
	uint32_t notify;
	struct str orcpt;	/* "rfc822;a@b", xtext decoded, or empty */
};

struct smtp_envelope {
	struct id id;			/* of the message, in every log line */
	struct address sender;		/* empty text: null sender */
	struct smtp_recipient *recipients;
	size_t n_recipients;
	struct str helo;
	struct str envid;		/* xtext decoded, or empty */
	bool ret_headers;		/* RET=HDRS */
	bool is_8bit;			/* BODY=8BITMIME */
	bool is_utf8;			/* SMTPUTF8 */
	bool requires_tls;		/* REQUIRETLS (RFC 8689) */
	uint64_t declared_bytes;	/* SIZE=, 0: not said */
	const char *peer;		/* IP address */
	const struct conn_tls *tls;	/* NULL in clear */
	const char *user;		/* after AUTH, or NULL */
	struct arena *arena;		/* lives until the message is done */
};

/* Who is talking, for deciding whether it may relay. */
struct smtp_peer {
	const char *address;
	const struct conn_tls *tls;
	const char *user;
};

struct smtp_limits {
	uint64_t message_bytes;
	size_t recipients;
	size_t line_bytes;		/* of text, without CRLF */
	unsigned bad_commands;
	unsigned messages;		/* per connection */
	int64_t idle_ms;		/* of one wait for the client */
	int64_t session_ms;		/* all in all */
};

struct smtp_service {
	void *ctx;
	const char *hostname;
	struct smtp_limits limits;
	struct tls_context *tls;	/* NULL: no STARTTLS */
	bool offers_auth;
	const volatile bool *stopping;	/* end between messages */

	/* May this client send mail to others through us? */
	bool (*may_relay)(void *ctx, const struct smtp_peer *peer);
	/* Is this the password of that user? Slow on purpose. */
	bool (*login)(void *ctx, struct str user,
	    struct str password);
	/* Is this recipient taken (code 250), and if not why not? */
	void (*recipient)(void *ctx, const struct smtp_envelope *envelope,
	    const struct address *recipient, struct smtp_reply *reply);
	/* More memory for a message that already holds some: wait for it
	 * until the deadline. False: not now. */
	bool (*reserve)(void *ctx, uint64_t held, uint64_t more,
	    int64_t deadline_ms);
	void (*give_back)(void *ctx, uint64_t bytes);
	/* The whole message, CRLF line ends, dots unstuffed. Sets the reply;
	 * code 250 only when it is safe on disk. bytes is wiped afterwards. */
	void (*message)(void *ctx, struct smtp_envelope *envelope,
	    struct buf *bytes, struct smtp_reply *reply);
	/* One event for the log; text never holds content. */
	void (*note)(void *ctx, const char *event, const char *peer,
	    const char *text);
};

#endif
