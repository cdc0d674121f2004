/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client: handing mail to another server.
 *
 * One client is one connection; a transaction may follow another on it. MAIL,
 * all RCPT and DATA go out in one flush where the server offers PIPELINING
 * (RFC 2920). What the server said to each recipient is kept word for word.
 * Threads: one at a time.
 */
#ifndef SMTP_CLIENT_H
#define SMTP_CLIENT_H

#include "base/clock.h"
#include "net/conn.h"
#include "net/tls.h"
#include "smtp/service.h"

/* RFC 5321 4.5.3.2, the least a client has to wait. */
#define SMTP_CLIENT_GREETING_MS (5 * CLOCK_MINUTE_MS)
#define SMTP_CLIENT_COMMAND_MS (5 * CLOCK_MINUTE_MS)
#define SMTP_CLIENT_DATA_MS (2 * CLOCK_MINUTE_MS)
#define SMTP_CLIENT_BLOCK_MS (3 * CLOCK_MINUTE_MS)
#define SMTP_CLIENT_DOT_MS (10 * CLOCK_MINUTE_MS)

struct smtp_client_config {
	const char *helo;
	struct tls_context *tls;	/* NULL: stay in clear */
	const struct tls_expect *expect;	/* NULL: nothing */
	const char *proof;	/* what that is called; static */
	bool needs_tls;		/* no TLS, no mail */
	bool needs_proof;	/* nor where what is expected is not proven */
	int64_t limit_ms;		/* monotonic end of it all; 0: none */
};

struct smtp_client;

enum smtp_client_failure {
	SMTP_CLIENT_NO_FAILURE,
	SMTP_CLIENT_NO_STARTTLS,	/* not offered, or refused */
	SMTP_CLIENT_NO_HANDSHAKE,
	SMTP_CLIENT_NO_PROOF,		/* the handshake, but not the proof */
};

/* How an opening went, beside its success. */
struct smtp_opening {
	struct smtp_reply reply;	/* the last; code 0: none */
	enum smtp_client_failure failure;
	enum conn_failure proof;	/* SMTP_CLIENT_NO_PROOF */
};

/*
 * Greet a server on a connection, which is taken. TLS is used where it is
 * offered and config has it.
 * Fails  ERR_TEMP no answer, or 4xx; ERR_PERM 5xx; ERR_INPUT not SMTP;
 *        ERR_DENIED TLS that is needed or offered does not work, or is not
 *        proven as it has to be: opening->failure says which
 */
int smtp_client_open(struct conn **take, const char *host,
    const struct smtp_client_config *config, struct smtp_client **out,
    struct smtp_opening *opening, struct err *err) FALLIBLE;

/*
 * Sign in, before the first transaction. reply->text is empty afterwards.
 * Fails  ERR_DENIED in clear; ERR_PERM, ERR_TEMP the server does not take it;
 *        ERR_INPUT not SMTP. The client can only be closed then.
 * Source RFC 4954, RFC 4616
 */
int smtp_client_sign_in(struct smtp_client *c, struct str user,
    struct str password, struct smtp_reply *reply, struct err *err) FALLIBLE;

struct smtp_outgoing_rcpt {
	struct str address;
	uint32_t notify;		/* enum smtp_notify; 0: not said */
	struct str orcpt;		/* "rfc822;a@b" or empty */
	struct smtp_reply reply;	/* set by smtp_client_send() */
};

struct smtp_outgoing {
	struct str sender;		/* empty: null sender */
	bool is_8bit, is_utf8, ret_headers;
	/* REQUIRETLS (RFC 8689): refused here, with 5.7.30, where the server
	 * does not offer it under TLS, or is not proven. */
	bool requires_tls;
	struct str envid;
	struct smtp_outgoing_rcpt *rcpts;
	size_t n_rcpts;
	const struct str *bytes;	/* pieces of the message, in order, */
	size_t n_bytes;			/* CRLF line ends, dots not stuffed */
	int64_t limit_ms;		/* monotonic end of it all; 0: none */
};

/*
 * One transaction. On success every recipient has its final reply: 250 is
 * delivered, anything else is not.
 * Fails  the connection broke or limit_ms passed: nothing is known to be
 *        delivered, and the client can only be closed; replies of 400 and more
 *        are final
 */
int smtp_client_send(struct smtp_client *c, struct smtp_outgoing *m,
    struct err *err) FALLIBLE;

/* May another transaction follow? */
bool smtp_client_is_usable(const struct smtp_client *c);

/* The server takes over reporting (RFC 3461). */
bool smtp_client_offers_dsn(const struct smtp_client *c);

/* It goes on with TLS only where that is demanded: it offers REQUIRETLS, under
 * TLS, and has proven whose it is (RFC 8689 4.2.1). */
bool smtp_client_keeps_tls(const struct smtp_client *c);

/* Transactions so far: servers want a connection to end some day. */
unsigned smtp_client_transactions(const struct smtp_client *c);

/* 8-bit text may go there: 8BITMIME, or SMTPUTF8, which includes it (RFC 6531
 * 3.1). */
bool smtp_client_takes_8bit(const struct smtp_client *c);

/* The server's name or address, as given at the opening. */
struct str smtp_client_host(const struct smtp_client *c);

/* The address that it has ("192.0.2.1"). */
const char *smtp_client_address(const struct smtp_client *c);

/* config's, where the server has proven whose it is; else NULL. */
const char *smtp_client_proof(const struct smtp_client *c);

/* NULL in clear. */
const struct conn_tls *smtp_client_tls(const struct smtp_client *c);

/* Say QUIT where possible, do not wait, free. NULL is accepted. */
void smtp_client_close(struct smtp_client **c);

#endif
