/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls: the only code that makes SSL_CTX objects. TLS 1.2 and 1.3, no
 * renegotiation, no compression, plaintext buffers cleansed.
 *
 * Contexts are counted: a reload makes a new one while sessions finish on the
 * old one. Threads: any.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/err.h"

struct tls_context;

/* A server's context. client_ca is a PEM file of authorities whose client
 * certificates are believed, or NULL: certificates are then asked for and
 * only their fingerprint counts. Fails ERR_PERM naming the file. */
struct tls_context *tls_server(const char *cert_path, const char *key_path,
    const char *client_ca, struct err *err);

/* A context for browsers: no client certificate is asked for, and HTTP/1.1 is
 * what we speak (ALPN, RFC 7301). Fails ERR_PERM naming the file. */
struct tls_context *tls_web(const char *cert_path, const char *key_path,
    struct err *err);

/* A client's context for opportunistic TLS: encrypted, not verified. */
struct tls_context *tls_client(struct err *err);

/* One more holder; returns t. */
struct tls_context *tls_hold(struct tls_context *t);

/* One holder less; frees it with the last. NULL is accepted. */
void tls_release(struct tls_context **t);

/* The SSL_CTX, for net/conn only. */
void *tls_ssl_ctx(const struct tls_context *t);

#endif
