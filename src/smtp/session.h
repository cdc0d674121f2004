/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session: the server side of one SMTP connection, from greeting to QUIT.
 */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include "net/conn.h"
#include "smtp/service.h"

/*
 * Speak SMTP until the client leaves, a limit is reached or the service stops.
 * Returns when the conversation is over; the caller frees the connection.
 * Source   RFC 5321, RFC 1870, RFC 2034, RFC 2920, RFC 3030, RFC 3207,
 *          RFC 3461, RFC 4954, RFC 6152, RFC 6531, RFC 8689
 * Threads  one session per thread; service is shared and read-only
 */
void smtp_session_run(struct conn *conn, const struct smtp_service *service);

#endif
