/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume: sessions of a client, kept to save handshakes (RFC 8446 2.2, RFC
 * 5077). Inside net/ only.
 *
 * A session is used again only for the very same expectation; that it was
 * proven then is what proves it now. Threads: any.
 */
#ifndef NET_RESUME_H
#define NET_RESUME_H

#include <openssl/ssl.h>

#include "net/tls.h"

#define RESUME_SESSIONS 4096	/* more than that: the oldest go */

struct resume;

/* For one SSL_CTX, which keeps it until resume_free(). */
struct resume *resume_new(SSL_CTX *ctx);
void resume_free(struct resume **r);

/* Before the handshake: take a session, if there is one, and have the new one
 * kept. */
void resume_try(struct resume *r, SSL *ssl, const struct tls_expect *e);

/* After it: what was not as expected is forgotten, and is not kept later. */
void resume_settle(SSL *ssl, bool is_good);

#endif
