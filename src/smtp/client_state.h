/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_state: what client.c and transaction.c share. Inside smtp/ only.
 */
#ifndef SMTP_CLIENT_STATE_H
#define SMTP_CLIENT_STATE_H

#include "smtp/client.h"

struct smtp_client {
	struct conn *conn;
	const char *proof;	/* static; of what is expected */
	int64_t limit_ms;	/* no wait goes beyond it; 0: none */
	bool is_broken;
	bool has_pipelining, has_8bit, has_utf8, has_size, has_dsn, has_tls;
	bool has_plain, has_login, has_requiretls;
	unsigned transactions;
	uint64_t size_max;
	char host[256];
};

/* The deadline of what follows: so many milliseconds from now, within the
 * limit. */
void smtp_client_wait(struct smtp_client *c, int64_t ms);

/* Sees every line of a reply, for EHLO. */
typedef void see_line(struct smtp_client *c, struct str text);

/* Read one reply. On failure the connection is broken. */
int smtp_client_reply(struct smtp_client *c, struct smtp_reply *reply,
    see_line *see, struct err *err) FALLIBLE;

/* Write and flush; on failure the connection is broken. */
int smtp_client_put(struct smtp_client *c, struct str s, struct err *err)
    FALLIBLE;
int smtp_client_flush(struct smtp_client *c, struct err *err) FALLIBLE;

/* One command and its reply. */
int smtp_client_ask(struct smtp_client *c, const char *command,
    const char *argument, struct smtp_reply *reply, see_line *see,
    struct err *err) FALLIBLE;

#endif
