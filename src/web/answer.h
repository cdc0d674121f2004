/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer: writing one response with the headers every response has.
 * Threads: any, one per connection.
 */
#ifndef WEB_ANSWER_H
#define WEB_ANSWER_H

#include "net/conn.h"
#include "web/server.h"

/* Write r whole. is_head: the fields only. stays: no Connection: close.
 * Fails when the client is gone or too slow: close the connection. */
int web_answer(struct conn *c, const struct web_response *r, bool is_head,
    bool stays, struct err *err) FALLIBLE;

/* The response to a refused request: problem+json (RFC 9457). */
void web_answer_refusal(const struct web_refusal *why, struct arena *a,
    struct web_response *r);

/* "Not Found"; "Error" for a status we do not use. */
const char *web_reason(unsigned status);

#endif
