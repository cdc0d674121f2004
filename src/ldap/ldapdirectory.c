/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldapdirectory: the way to an LDAP server: address, TCP, TLS, password.
 *
 * Runs in the gateway and the CLI. Security: the name is looked up and the
 * socket connected here, so that libldap reads no resolver's files inside the
 * sandbox and has no wait without an end; each of its settings that files or
 * the environment could weaken is set again.
 * Standards: RFC 4511, RFC 4513 3 and 5.
 */
#include <fcntl.h>
#include <openldap.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "ldap/ldapconnection.h"
#include "net/race.h"

#define PORT_CLEAR 389
#define PORT_TLS 636
#define PER_ADDRESS_MS 5000

#define AUTO_URL AUTO_CLEAN(free_url)

static void
free_url(LDAPURLDesc **u)
{
	if (*u != NULL)
		ldap_free_urldesc(*u);
}

static enum err_kind
kind_of(int code)
{
	switch (code) {
	case LDAP_INVALID_CREDENTIALS:
	case LDAP_INSUFFICIENT_ACCESS:
	case LDAP_STRONG_AUTH_REQUIRED:
	case LDAP_INAPPROPRIATE_AUTH:
	case LDAP_CONFIDENTIALITY_REQUIRED:
		return (ERR_DENIED);
	case LDAP_SERVER_DOWN:
	case LDAP_CONNECT_ERROR:
	case LDAP_TIMEOUT:
	case LDAP_TIMELIMIT_EXCEEDED:
	case LDAP_BUSY:
	case LDAP_UNAVAILABLE:
	case LDAP_LOCAL_ERROR:
		return (ERR_TEMP);
	case LDAP_SIZELIMIT_EXCEEDED:
	case LDAP_ADMINLIMIT_EXCEEDED:
		return (ERR_LIMIT);
	default:
		return (ERR_PERM);
	}
}

int
ldap_code_err(struct ldap_directory *d, int code, const char *what,
    struct err *err)
{
	char *more = NULL;

	if (d->handle != NULL)
		(void)ldap_get_option(d->handle, LDAP_OPT_DIAGNOSTIC_MESSAGE,
		    &more);
	(void)err_set(err, kind_of(code), "the directory %s: %s: %s%s%s",
	    d->url, what, ldap_err2string(code),
	    more != NULL && *more != '\0' ? ": " : "",
	    more != NULL ? more : "");
	ldap_memfree(more);
	return (-1);
}

static struct timeval
left_until(int64_t deadline_ms)
{
	int64_t ms = MAX_OF(deadline_ms - clock_mono_ms(), (int64_t)1);

	return ((struct timeval){ .tv_sec = ms / 1000,
	    .tv_usec = ms % 1000 * 1000 });
}

LDAPMessage *
ldap_next(struct ldap_directory *d, int operation, int64_t deadline_ms,
    struct err *err)
{
	struct timeval left = left_until(deadline_ms);
	LDAPMessage *m = NULL;
	int code = LDAP_TIMEOUT;
	int rc = clock_mono_ms() >= deadline_ms ? 0 :
	    ldap_result(d->handle, operation, LDAP_MSG_ONE, &left, &m);

	if (rc > 0)
		return (m);
	if (rc == -1)
		(void)ldap_get_option(d->handle, LDAP_OPT_RESULT_CODE, &code);
	(void)ldap_code_err(d, code, "no answer", err);
	return (NULL);
}

int
ldap_wait(struct ldap_directory *d, int operation, const char *what,
    int64_t deadline_ms, struct err *err)
{
	LDAPMessage *m = ldap_next(d, operation, deadline_ms, err);
	int code = LDAP_SUCCESS, rc;

	if (m == NULL)
		return (-1);
	rc = ldap_parse_result(d->handle, m, &code, NULL, NULL, NULL, NULL, 1);
	if (rc != LDAP_SUCCESS || code != LDAP_SUCCESS)
		return (ldap_code_err(d, rc != LDAP_SUCCESS ? rc : code, what,
		    err));
	return (0);
}

/* ---- connecting -------------------------------------------------------- */

/* A host, and nothing of a search. NULL: not such a URL. */
static LDAPURLDesc *
parse_url(const char *url)
{
	LDAPURLDesc *u = NULL;

	if (ldap_url_parse(url, &u) != LDAP_URL_SUCCESS)
		return (NULL);
	if ((strcmp(u->lud_scheme, "ldap") == 0 ||
	    strcmp(u->lud_scheme, "ldaps") == 0) && u->lud_host != NULL &&
	    *u->lud_host != '\0' && (u->lud_dn == NULL || *u->lud_dn == '\0') &&
	    u->lud_filter == NULL && u->lud_attrs == NULL &&
	    u->lud_exts == NULL && u->lud_next == NULL)
		return (u);
	ldap_free_urldesc(u);
	return (NULL);
}

bool
ldap_url_is_valid(const char *url)
{
	AUTO_URL LDAPURLDesc *u = parse_url(url);

	return (u != NULL);
}

static bool
is_tls_at_once(const LDAPURLDesc *u)
{
	return (strcmp(u->lud_scheme, "ldaps") == 0);
}

/* libldap waits for what it sends and reads: not for ever. */
static int
bound_waits(int fd, int64_t deadline_ms, struct err *err)
{
	struct timeval left = left_until(deadline_ms);
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &left, sizeof(left)) ==
	    -1 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &left,
	    sizeof(left)) == -1)
		return (err_sys(err, ERR_TEMP, "a connection's waits"));
	return (0);
}

static int
addresses_of(const struct ldap_way *way, const LDAPURLDesc *u,
    struct arena *a, struct dns_addresses *out, struct err *err)
{
	uint16_t port = (uint16_t)(u->lud_port > 0 ? u->lud_port :
	    is_tls_at_once(u) ? PORT_TLS : PORT_CLEAR);

	return (dns_addresses(way->dns, str_of(u->lud_host), port, a, out,
	    err));
}

/* The descriptor of a connection to it, or -1. */
static int
connect_to(const struct ldap_way *way, const LDAPURLDesc *u,
    int64_t deadline_ms, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct dns_addresses found;
	struct race race;
	struct conn *c;
	size_t which;
	int fd;

	if (addresses_of(way, u, a, &found, err) == -1)
		return (-1);
	race_order(found.list, found.n);
	race = (struct race){ .list = found.list, .n = found.n };
	c = race_connect(&race, PER_ADDRESS_MS, deadline_ms, found.n, &which,
	    err);
	if (c == NULL)
		return (-1);
	fd = fcntl(conn_fd(c), F_DUPFD_CLOEXEC, 0);
	if (fd == -1)
		(void)err_sys(err, ERR_TEMP, "a connection");
	conn_free(&c);
	if (fd != -1 && bound_waits(fd, deadline_ms, err) == -1) {
		(void)close(fd);
		return (-1);
	}
	return (fd);
}

/* ---- TLS --------------------------------------------------------------- */

static bool
set(LDAP *h, int option, const void *value)
{
	return (ldap_set_option(h, option, value) == LDAP_OPT_SUCCESS);
}

/* One message of the server has a largest size. */
static bool
bound_answers(LDAP *h)
{
	ber_len_t largest = LDAP_ANSWER_BYTES_MAX;
	Sockbuf *sb = NULL;

	return (ldap_get_option(h, LDAP_OPT_SOCKBUF, &sb) ==
	    LDAP_OPT_SUCCESS && ber_sockbuf_ctrl(sb,
	    LBER_SB_OPT_SET_MAX_INCOMING, &largest) >= 0);
}

static int
set_protocol(struct ldap_directory *d, int64_t deadline_ms, struct err *err)
{
	struct timeval left = left_until(deadline_ms);
	int version = LDAP_VERSION3, deref = LDAP_DEREF_NEVER;
	LDAP *h = d->handle;

	if (set(h, LDAP_OPT_PROTOCOL_VERSION, &version) &&
	    set(h, LDAP_OPT_DEREF, &deref) &&
	    set(h, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) &&
	    set(h, LDAP_OPT_NETWORK_TIMEOUT, &left) &&
	    set(h, LDAP_OPT_TIMEOUT, &left) && bound_answers(h))
		return (0);
	return (err_set(err, ERR_PERM, "libldap takes no settings"));
}

static int
set_tls(struct ldap_directory *d, const char *authorities, struct err *err)
{
	int demand = LDAP_OPT_X_TLS_HARD, client = 0;
	int oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
	LDAP *h = d->handle;

	if (access(authorities, R_OK) == 0 &&
	    set(h, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) &&
	    set(h, LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest) &&
	    set(h, LDAP_OPT_X_TLS_CACERTDIR, NULL) &&
	    set(h, LDAP_OPT_X_TLS_CACERTFILE, authorities) &&
	    set(h, LDAP_OPT_X_TLS_NEWCTX, &client))
		return (0);
	return (err_set(err, ERR_PERM, "the authorities of the directory %s: "
	    "%s cannot be read", d->url, authorities));
}

/*
 * Debian's libldap has no end to its wait for a TLS handshake: somebody ends
 * the connection when the time is over.
 */
struct guard {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	int fd;
	int64_t deadline_ms;
	bool is_over;
};

static void *
watch(void *arg)
{
	struct guard *g = arg;

	must(pthread_mutex_lock(&g->lock) == 0);
	while (!g->is_over && clock_mono_ms() < g->deadline_ms) {
		struct timespec until = {
			.tv_sec = g->deadline_ms / 1000,
			.tv_nsec = g->deadline_ms % 1000 * 1000000 };

		(void)pthread_cond_clockwait(&g->wake, &g->lock,
		    CLOCK_MONOTONIC, &until);
	}
	if (!g->is_over)
		(void)shutdown(g->fd, SHUT_RD);
	must(pthread_mutex_unlock(&g->lock) == 0);
	return (NULL);
}

/* The handshake on what is connected, until then. Returns a code. */
static int
shake_hands(LDAP *h, int64_t deadline_ms)
{
	struct guard g = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.wake = PTHREAD_COND_INITIALIZER, .fd = -1,
		.deadline_ms = deadline_ms };
	int rc;

	if (ldap_get_option(h, LDAP_OPT_DESC, &g.fd) != LDAP_OPT_SUCCESS ||
	    pthread_create(&g.thread, NULL, watch, &g) != 0)
		return (LDAP_LOCAL_ERROR);
	rc = ldap_install_tls(h);
	must(pthread_mutex_lock(&g.lock) == 0);
	g.is_over = true;
	must(pthread_cond_signal(&g.wake) == 0);
	must(pthread_mutex_unlock(&g.lock) == 0);
	must(pthread_join(g.thread, NULL) == 0);
	return (rc);
}

static int
secure(struct ldap_directory *d, const struct ldap_way *way,
    const LDAPURLDesc *u, int64_t deadline_ms, struct err *err)
{
	int operation, rc;

	if (way->dangerously_in_clear && !is_tls_at_once(u))
		return (0);
	if (set_tls(d, way->ca_file != NULL ? way->ca_file : LDAP_AUTHORITIES,
	    err) == -1)
		return (-1);
	if (!is_tls_at_once(u)) {
		rc = ldap_start_tls(d->handle, NULL, NULL, &operation);
		if (rc != LDAP_SUCCESS)
			return (ldap_code_err(d, rc, "StartTLS", err));
		if (ldap_wait(d, operation, "StartTLS", deadline_ms, err) ==
		    -1)
			return (-1);
	}
	rc = shake_hands(d->handle, deadline_ms);
	if (rc != LDAP_SUCCESS) {
		(void)ldap_code_err(d, rc, "TLS", err);
		err->kind = ERR_TEMP;
		return (-1);
	}
	return (0);
}

/* ---- signing in -------------------------------------------------------- */

/* The first line of the file; an empty one would sign in as nobody (RFC 4513
 * 5.1.2). */
static int
read_password(const char *path, struct buf *out, struct err *err)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *room = buf_reserve(out, LDAP_PASSWORD_MAX);
	ssize_t got = fd == -1 ? -1 : read(fd, room, LDAP_PASSWORD_MAX);

	if (got == -1)
		return (err_sys(err, ERR_PERM, "%s", path));
	for (ssize_t i = 0; i < got && room[i] != '\n' && room[i] != '\r'; i++)
		out->len++;
	if (out->len == 0)
		return (err_set(err, ERR_PERM, "%s: no password in it", path));
	return (0);
}

static int
sign_in(struct ldap_directory *d, const struct ldap_way *way,
    int64_t deadline_ms, struct err *err)
{
	AUTO_BUF struct buf password = BUF_INIT(LDAP_PASSWORD_MAX);
	struct berval secret = { 0, NULL };
	int operation, rc;

	if (way->bind_dn == NULL)
		return (0);
	if (way->password_file == NULL ||
	    read_password(way->password_file, &password, err) == -1)
		return (way->password_file != NULL ? -1 : err_set(err,
		    ERR_PERM, "the directory %s has no password file",
		    d->url));
	secret.bv_val = (char *)password.p;
	secret.bv_len = password.len;
	rc = ldap_sasl_bind(d->handle, way->bind_dn, LDAP_SASL_SIMPLE, &secret,
	    NULL, NULL, &operation);
	if (rc != LDAP_SUCCESS)
		return (ldap_code_err(d, rc, "signing in", err));
	return (ldap_wait(d, operation, "signing in", deadline_ms, err));
}

static int
open_all(struct ldap_directory *d, const struct ldap_way *way,
    int64_t deadline_ms, struct err *err)
{
	AUTO_URL LDAPURLDesc *u = parse_url(way->url);
	int fd, rc;

	if (u == NULL)
		return (err_set(err, ERR_INPUT, "%s is not like "
		    "ldaps://host:port", way->url));
	fd = connect_to(way, u, deadline_ms, err);
	if (fd == -1)
		return (err_in(err, "the directory %s", d->url));
	rc = ldap_init_fd(fd, LDAP_PROTO_TCP, way->url, &d->handle);
	if (rc != LDAP_SUCCESS) {
		(void)close(fd);
		return (ldap_code_err(d, rc, "connecting", err));
	}
	if (set_protocol(d, deadline_ms, err) == -1 ||
	    secure(d, way, u, deadline_ms, err) == -1)
		return (-1);
	return (sign_in(d, way, deadline_ms, err));
}

int
ldap_directory_open(const struct ldap_way *way, int64_t deadline_ms,
    struct ldap_directory **out, struct err *err)
{
	struct ldap_directory *d = must_calloc(1, sizeof(*d));

	d->url = must_strdup(way->url);
	if (open_all(d, way, deadline_ms, err) == -1) {
		ldap_directory_close(&d);
		return (-1);
	}
	*out = d;
	return (0);
}

void
ldap_directory_close(struct ldap_directory **dp)
{
	struct ldap_directory *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	if (d->handle != NULL)
		(void)ldap_unbind_ext(d->handle, NULL, NULL);
	free(d->url);
	free(d);
}
