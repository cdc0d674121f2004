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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/dns.h"

#define TLS_NAMES_MAX 16	/* reference identifiers of one server */

struct tls_context;

enum tls_proof {
	TLS_PROOF_NONE,		/* encrypted, to whomever */
	TLS_PROOF_NAME,		/* an authority of the context vouches for one
				   of the names (RFC 6125) */
	TLS_PROOF_DANE,		/* one of the TLSA records does (RFC 7672) */
	TLS_PROOF_PIN,		/* it has one of these keys */
};

/*
 * What a server has to prove. The handshake is finished all the same, and
 * struct conn_tls says whether it did: nothing secret may be sent before that
 * was looked at. All is borrowed until the handshake is over.
 */
struct tls_expect {
	enum tls_proof proof;
	const char *server_name;	/* SNI; NULL: none is sent */
	/* ".mail.example": one label below it. DANE: where an authority is
	 * named (usage 2); the first is the TLSA base domain. */
	const char *names[TLS_NAMES_MAX];
	size_t n_names;
	const struct dns_tlsa *tlsa;
	size_t n_tlsa;
	const uint8_t (*pins)[32];	/* SHA-256 of SubjectPublicKeyInfo */
	size_t n_pins;
	bool only_tls13;
};

/* Can this TLSA record be gone by? Usages 2 and 3 with what OpenSSL knows
 * (RFC 7672 3.1.3): records that cannot are as if they were not there, but for
 * TLS itself, which is then a must. */
bool tls_can_use(const struct dns_tlsa *record);

/* A server's context. client_ca is a PEM file of authorities whose client
 * certificates are believed, or NULL: certificates are then asked for and
 * only their fingerprint counts. Fails ERR_PERM naming the file. */
struct tls_context *tls_server(const char *cert_path, const char *key_path,
    const char *client_ca, struct err *err);

/* A context for browsers: no client certificate is asked for, and HTTP/1.1 is
 * what we speak (ALPN, RFC 7301). Fails ERR_PERM naming the file. */
struct tls_context *tls_web(const char *cert_path, const char *key_path,
    struct err *err);

/* What a client goes by; all NULL or empty: the system's authorities. */
struct tls_client_config {
	const char *ca;		/* a PEM file of authorities */
	struct str ca_pem;	/* the same as text; these and no others */
	const char *cert, *key;	/* PEM files of what we show when asked */
};

/*
 * A client's context; what a server has to prove is said per connection.
 * Sessions are resumed for at most TLS_RESUME_S, only where the same was
 * expected before and was proven. Fails ERR_PERM naming the file.
 */
#define TLS_RESUME_S 3600
struct tls_context *tls_client(const struct tls_client_config *config,
    struct err *err);

/* One more holder; returns t. */
struct tls_context *tls_hold(struct tls_context *t);

/* One holder less; frees it with the last. NULL is accepted. */
void tls_release(struct tls_context **t);

/* The SSL_CTX, for net/conn only. */
void *tls_ssl_ctx(const struct tls_context *t);

/* Its kept sessions, for net/conn only; NULL in a server. */
struct resume;
struct resume *tls_resume(const struct tls_context *t);

#endif
