/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn: one connection, in clear or under TLS, with buffers and an absolute
 * deadline on every wait.
 *
 * The socket blocks, with short time-outs in the kernel: a read is one system
 * call in the common case, and a deadline or a cancel is noticed within
 * CONN_TICK_MS. Buffers hold plaintext and are wiped when it was consumed.
 * Threads: one at a time.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define CONN_TICK_MS 500
#define CONN_INPUT_BYTES (128u << 10)	/* one read takes at most this */
#define CONN_OUTPUT_MAX (1u << 20)	/* unflushed output; more is flushed */

#define CONN_NAMES_MAX 512	/* bytes kept of a certificate's names */

struct conn;
struct tls_context;
struct tls_expect;

/* Why a server's identity is not proven, in the words of RFC 8460 4.3. */
enum conn_failure {
	CONN_PROVEN_OR_NOT_ASKED,
	CONN_EXPIRED,		/* certificate-expired */
	CONN_WRONG_NAME,	/* certificate-host-mismatch */
	CONN_NOT_TRUSTED,	/* certificate-not-trusted */
	CONN_WRONG_TLSA,	/* validation-failure, of DANE */
};

/* Facts of a finished handshake; texts live as long as the connection. */
struct conn_tls {
	const char *protocol;	/* "TLSv1.3" */
	const char *cipher;
	const char *group;	/* "x25519"; "" where it is not known */
	uint8_t peer_sha256[32];	/* of the peer's certificate */
	uint8_t peer_spki[32];	/* SHA-256 of a server's public key */
	char peer_names[CONN_NAMES_MAX];	/* a server's, by blanks */
	bool has_peer;		/* the peer showed a certificate */
	bool is_peer_trusted;	/* a client's leads to a CA of the context */
	bool is_resumed;
	bool is_proven;		/* a server's, as it was expected */
	enum conn_failure failure;
	const char *why_not;	/* a clause; NULL: proven, or not asked */
};

/* Take a connected socket. */
struct conn *conn_new(int *take_fd);

/* Connect to an address within the deadline. local is an address to bind to,
 * or NULL. Fails ERR_TEMP. */
struct conn *conn_connect(const struct sockaddr *to, socklen_t to_len,
    int64_t deadline_ms, struct err *err);

/* The same to a port of this machine (127.0.0.1). */
struct conn *conn_loopback(uint16_t port, int64_t deadline_ms,
    struct err *err);

/* Close and wipe; no TLS close is waited for. NULL is accepted. */
void conn_free(struct conn **c);

/* Absolute monotonic milliseconds; holds for every operation until changed. */
void conn_set_deadline(struct conn *c, int64_t deadline_ms);

/*
 * Handshake as server, or as client, with what the server has to prove (NULL:
 * nothing). It also succeeds where the server does not prove it; conn_tls()
 * says so. What was already read in clear is dropped and counts as an attack
 * only for the caller to judge: returns how many bytes were dropped, or -1.
 * Source  RFC 3207 4.2, CVE-2011-0411
 */
ssize_t conn_start_tls(struct conn *c, struct tls_context *tls,
    const struct tls_expect *expect, struct err *err) FALLIBLE;

/* NULL in clear. */
const struct conn_tls *conn_tls(const struct conn *c);

/* Read what the peer sent until at least one byte more is buffered.
 * Fails ERR_TEMP: deadline, cancel, reset; ERR_PERM: end of stream. */
int conn_fill(struct conn *c, struct err *err) FALLIBLE;

/* The buffered bytes; valid until the next fill. */
struct str conn_peek(const struct conn *c);

/* Drop and wipe the first n buffered bytes. */
void conn_consume(struct conn *c, size_t n);

/* True when at least one byte is buffered: a pipelined command waits. */
bool conn_has_input(const struct conn *c);

/* Append to the output; flushed by conn_flush or when it grows large. */
int conn_put(struct conn *c, struct str bytes, struct err *err) FALLIBLE;
int conn_flush(struct conn *c, struct err *err) FALLIBLE;

/* The peer's address as text, without the port ("192.0.2.1", "2001:db8::1"). */
const char *conn_peer(const struct conn *c);

/* Our own address of it, in the same form. */
void conn_local(const struct conn *c, char out[static INET6_ADDRSTRLEN]);

/* The descriptor, for socket options only. */
int conn_fd(const struct conn *c);

#endif
