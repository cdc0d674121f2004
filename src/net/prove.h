/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prove: what a server has to prove in the handshake, and whether it did.
 * Inside net/ only. Threads: one connection each.
 */
#ifndef NET_PROVE_H
#define NET_PROVE_H

#include <openssl/ssl.h>

#include "net/conn.h"
#include "net/tls.h"

/* Before the handshake. Fails ERR_PERM where a name or record cannot be gone
 * by. */
int prove_prepare(SSL *ssl, const struct tls_expect *e, struct err *err)
    FALLIBLE;

/* After it: fill in is_proven and why_not. */
void prove_judge(SSL *ssl, const struct tls_expect *e,
    struct conn_tls *facts);

#endif
