/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn: reading and writing one connection with a deadline on every wait.
 *
 * Runs in the gateway. Security: the peer is hostile; it can make us wait
 * until the deadline and buffer CONN_INPUT_BYTES, no more. The role ignores
 * SIGPIPE, because OpenSSL writes without MSG_NOSIGNAL.
 */
#include "net/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/time.h>

#include "base/clock.h"
#include "net/prove.h"
#include "net/resume.h"
#include "net/tls.h"

struct conn {
	int fd;
	SSL *ssl;		/* NULL in clear */
	struct tls_context *tls;
	struct conn_tls facts;
	int64_t deadline_ms;
	int tick_ms;		/* what the socket's time-outs are set to */
	struct buf in;
	size_t in_at;		/* consumed so far */
	struct buf out;
	char peer[INET6_ADDRSTRLEN];
};

static void
set_tick(struct conn *c, int tick_ms)
{
	struct timeval tv = { .tv_sec = tick_ms / 1000,
		.tv_usec = tick_ms % 1000 * 1000 };

	if (tick_ms == c->tick_ms)
		return;
	c->tick_ms = tick_ms;
	(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	(void)setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

/* Without the port; ::ffff:192.0.2.1 is an IPv4 address and shown as one. */
static void
name_address(const struct sockaddr_storage *ss, char out[INET6_ADDRSTRLEN])
{
	const struct in6_addr *v6 = &((const struct sockaddr_in6 *)
	    (const void *)ss)->sin6_addr;

	out[0] = '\0';
	if (ss->ss_family == AF_INET)
		(void)inet_ntop(AF_INET, &((const struct sockaddr_in *)
		    (const void *)ss)->sin_addr, out, INET6_ADDRSTRLEN);
	else if (ss->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(v6))
		(void)inet_ntop(AF_INET, v6->s6_addr + 12, out,
		    INET6_ADDRSTRLEN);
	else if (ss->ss_family == AF_INET6)
		(void)inet_ntop(AF_INET6, v6, out, INET6_ADDRSTRLEN);
}

static void
name_peer(struct conn *c)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	(void)getpeername(c->fd, (struct sockaddr *)&ss, &len);
	name_address(&ss, c->peer);
}

void
conn_local(const struct conn *c, char out[static INET6_ADDRSTRLEN])
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	(void)getsockname(c->fd, (struct sockaddr *)&ss, &len);
	name_address(&ss, out);
}

struct conn *
conn_new(int *take_fd)
{
	struct conn *c = must_calloc(1, sizeof(*c));
	int one = 1;

	c->fd = *take_fd;
	*take_fd = -1;
	c->deadline_ms = INT64_MAX;
	buf_init(&c->in, CONN_INPUT_BYTES);
	buf_init(&c->out, 2 * CONN_OUTPUT_MAX);
	set_tick(c, CONN_TICK_MS);
	/* Replies are flushed whole; waiting for more would only delay. */
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	name_peer(c);
	return (c);
}

struct conn *
conn_loopback(uint16_t port, int64_t deadline_ms, struct err *err)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
	    .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) } };

	return (conn_connect((const struct sockaddr *)&to, sizeof(to),
	    deadline_ms, err));
}

void
conn_free(struct conn **cp)
{
	struct conn *c = *cp;

	if (c == NULL)
		return;
	/* A session is not spoilt by our not waiting for its end. */
	if (c->ssl != NULL)
		SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN |
		    SSL_RECEIVED_SHUTDOWN);
	SSL_free(c->ssl);
	ERR_clear_error();
	tls_release(&c->tls);
	(void)close(c->fd);
	buf_done(&c->in);
	buf_done(&c->out);
	free(c);
	*cp = NULL;
}

void
conn_set_deadline(struct conn *c, int64_t deadline_ms)
{
	int64_t left = deadline_ms - clock_mono_ms();

	c->deadline_ms = deadline_ms;
	set_tick(c, left >= CONN_TICK_MS ? CONN_TICK_MS :
	    (int)MAX_OF(left, (int64_t)1));
}

/* After a time-out in the kernel: go on waiting, or give up. */
static int
may_wait(struct conn *c, struct err *err)
{
	if (clock_mono_ms() >= c->deadline_ms)
		return (err_set(err, ERR_TEMP, "%s took too long", c->peer));
	return (0);
}

/* What a failed SSL call means: 0 try again, -1 with err. */
static int
tls_failed(struct conn *c, int rc, struct err *err)
{
	int saved = errno;
	int what = SSL_get_error(c->ssl, rc);
	const char *text;

	if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE)
		return (may_wait(c, err));
	if (what == SSL_ERROR_ZERO_RETURN ||
	    (what == SSL_ERROR_SYSCALL && saved == 0)) {
		ERR_clear_error();
		return (err_set(err, ERR_PERM, "%s closed the connection",
		    c->peer));
	}
	text = ERR_reason_error_string(ERR_peek_last_error());
	ERR_clear_error();
	return (err_set(err, ERR_TEMP, "TLS with %s: %s", c->peer,
	    text != NULL ? text : "connection lost"));
}

static int
read_some(struct conn *c, uint8_t *to, size_t room, size_t *got,
    struct err *err)
{
	for (;;) {
		ssize_t n;

		if (c->ssl != NULL) {
			errno = 0;
			if (SSL_read_ex(c->ssl, to, room, got) == 1)
				return (0);
			if (tls_failed(c, 0, err) != 0)
				return (-1);
			continue;
		}
		n = recv(c->fd, to, room, 0);
		if (n > 0) {
			*got = (size_t)n;
			return (0);
		}
		if (n == 0)
			return (err_set(err, ERR_PERM,
			    "%s closed the connection", c->peer));
		if (errno != EAGAIN && errno != EINTR)
			return (err_sys(err, ERR_TEMP, "reading from %s",
			    c->peer));
		if (may_wait(c, err) != 0)
			return (-1);
	}
}

/* Move what is left to the front; wipe where it was. */
static void
compact(struct conn *c)
{
	size_t left = c->in.len - c->in_at;

	if (c->in_at == 0)
		return;
	memmove(c->in.p, c->in.p + c->in_at, left);
	explicit_bzero(c->in.p + left, c->in.len - left);
	c->in.len = left;
	c->in_at = 0;
}

int
conn_fill(struct conn *c, struct err *err)
{
	size_t got;
	uint8_t *to;

	/* A peer that drips bytes never makes a read time out by itself. */
	if (clock_mono_ms() >= c->deadline_ms && may_wait(c, err) != 0)
		return (-1);
	compact(c);
	must(c->in.len < CONN_INPUT_BYTES);
	to = buf_reserve(&c->in, CONN_INPUT_BYTES - c->in.len);
	must(to != NULL);
	if (read_some(c, to, CONN_INPUT_BYTES - c->in.len, &got, err) != 0)
		return (-1);
	c->in.len += got;
	return (0);
}

struct str
conn_peek(const struct conn *c)
{
	return (str_make(c->in.p + c->in_at, c->in.len - c->in_at));
}

void
conn_consume(struct conn *c, size_t n)
{
	must(n <= c->in.len - c->in_at);
	if (n == 0)
		return;
	c->in_at += n;
	if (c->in_at == c->in.len) {
		explicit_bzero(c->in.p, c->in.len);
		c->in.len = c->in_at = 0;
	}
}

bool
conn_has_input(const struct conn *c)
{
	return (c->in.len > c->in_at);
}

static int
write_some(struct conn *c, const uint8_t *from, size_t len, size_t *sent,
    struct err *err)
{
	for (;;) {
		ssize_t n;

		if (c->ssl != NULL) {
			errno = 0;
			if (SSL_write_ex(c->ssl, from, len, sent) == 1)
				return (0);
			if (tls_failed(c, 0, err) != 0)
				return (-1);
			continue;
		}
		n = send(c->fd, from, len, MSG_NOSIGNAL);
		if (n >= 0) {
			*sent = (size_t)n;
			return (0);
		}
		if (errno != EAGAIN && errno != EINTR)
			return (err_sys(err, ERR_TEMP, "writing to %s",
			    c->peer));
		if (may_wait(c, err) != 0)
			return (-1);
	}
}

static int
write_all(struct conn *c, const uint8_t *p, size_t len, struct err *err)
{
	while (len > 0) {
		size_t sent = 0;

		if (write_some(c, p, len, &sent, err) != 0)
			return (-1);
		p += sent;
		len -= sent;
		if (len > 0 && clock_mono_ms() >= c->deadline_ms &&
		    may_wait(c, err) != 0)
			return (-1);
	}
	return (0);
}

int
conn_put(struct conn *c, struct str bytes, struct err *err)
{
	/* Large data goes out from where it lies: no second copy. */
	if (bytes.len >= CONN_OUTPUT_MAX / 4) {
		if (conn_flush(c, err) != 0)
			return (-1);
		return (write_all(c, (const uint8_t *)bytes.p, bytes.len,
		    err));
	}
	buf_str(&c->out, bytes);
	if (c->out.len >= CONN_OUTPUT_MAX)
		return (conn_flush(c, err));
	return (0);
}

int
conn_flush(struct conn *c, struct err *err)
{
	int rc = write_all(c, c->out.p, c->out.len, err);

	buf_reset(&c->out);
	return (rc);
}

const char *
conn_peer(const struct conn *c)
{
	return (c->peer);
}

int
conn_fd(const struct conn *c)
{
	return (c->fd);
}

static void
note_facts(struct conn *c)
{
	X509 *peer = SSL_get0_peer_certificate(c->ssl);
	unsigned len = 0;

	const char *group = SSL_group_to_name(c->ssl,
	    (int)SSL_get_negotiated_group(c->ssl));

	c->facts.protocol = SSL_get_version(c->ssl);
	c->facts.cipher = SSL_get_cipher_name(c->ssl);
	c->facts.group = group != NULL ? group : "";
	c->facts.is_resumed = SSL_session_reused(c->ssl) == 1;
	c->facts.has_peer = peer != NULL && X509_digest(peer, EVP_sha256(),
	    c->facts.peer_sha256, &len) == 1;
	c->facts.is_peer_trusted = c->facts.has_peer &&
	    SSL_get_verify_result(c->ssl) == X509_V_OK;
}

/* OpenSSL reads a record until it is whole, however slowly its bytes drip in,
 * and does not come back to us in between: so the deadline is looked at
 * before each read and write of the socket. */
static long
watch(BIO *bio, int operation, const char *p, size_t len, int argi, long argl,
    int rc, size_t *done)
{
	struct conn *c = (struct conn *)(void *)BIO_get_callback_arg(bio);

	(void)p;
	(void)len;
	(void)argi;
	(void)argl;
	(void)done;
	if ((operation != BIO_CB_READ && operation != BIO_CB_WRITE) ||
	    may_wait(c, NULL) == 0)
		return (rc);
	/* Looks like a time-out in the kernel: tls_failed() says the rest. */
	if (operation == BIO_CB_READ)
		BIO_set_retry_read(bio);
	else
		BIO_set_retry_write(bio);
	return (-1);
}

static int
shake_hands(struct conn *c, struct err *err)
{
	int rc;

	for (;;) {
		errno = 0;
		rc = SSL_is_server(c->ssl) ? SSL_accept(c->ssl) :
		    SSL_connect(c->ssl);
		if (rc == 1)
			return (0);
		if (tls_failed(c, rc, err) != 0)
			return (-1);
	}
}

ssize_t
conn_start_tls(struct conn *c, struct tls_context *tls,
    const struct tls_expect *expect, struct err *err)
{
	static const struct tls_expect nothing = { .proof = TLS_PROOF_NONE };
	size_t dropped = c->in.len - c->in_at;
	bool is_client;

	must(c->ssl == NULL && c->out.len == 0);
	conn_consume(c, dropped);
	c->ssl = SSL_new(tls_ssl_ctx(tls));
	must(c->ssl != NULL && SSL_set_fd(c->ssl, c->fd) == 1);
	BIO_set_callback_ex(SSL_get_rbio(c->ssl), watch);
	BIO_set_callback_arg(SSL_get_rbio(c->ssl), (char *)c);
	c->tls = tls_hold(tls);
	is_client = !SSL_is_server(c->ssl);
	if (expect == NULL)
		expect = &nothing;
	if (is_client && prove_prepare(c->ssl, expect, err) == -1)
		return (-1);
	if (is_client)
		resume_try(tls_resume(tls), c->ssl, expect);
	if (shake_hands(c, err) == -1)
		return (-1);
	note_facts(c);
	if (is_client) {
		prove_judge(c->ssl, expect, &c->facts);
		resume_settle(c->ssl, expect->proof == TLS_PROOF_NONE ||
		    c->facts.is_proven);
	}
	return ((ssize_t)dropped);
}

const struct conn_tls *
conn_tls(const struct conn *c)
{
	return (c->ssl != NULL ? &c->facts : NULL);
}

struct conn *
conn_connect(const struct sockaddr *to, socklen_t to_len, int64_t deadline_ms,
    struct err *err)
{
	AUTO_FD int fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t left = deadline_ms - clock_mono_ms();
	struct timeval tv = { .tv_sec = left / 1000,
		.tv_usec = left % 1000 * 1000 };
	struct conn *c;

	if (fd < 0 || left <= 0) {
		(void)err_sys(err, ERR_TEMP, "cannot connect");
		return (NULL);
	}
	/* connect(2) obeys the send time-out. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (connect(fd, to, to_len) != 0) {
		(void)err_sys(err, ERR_TEMP, "cannot connect");
		err->kind = ERR_TEMP;
		return (NULL);
	}
	c = conn_new(&fd);
	conn_set_deadline(c, deadline_ms);
	return (c);
}
