/* SPDX-License-Identifier: Apache-2.0 */
/* What a server proves in the handshake, of a server of our own on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"
#include "net/conn.h"
#include "net/listen.h"
#include "net/selfsigned.h"
#include "net/tls.h"

#define HOST "mx.tannwald.example"
#define SOON_MS 10000
#define MANY 200

static char folder[] = "/tmp/prove-test-XXXXXX";
static char cert_path[64], key_path[64];
static struct tls_context *server;
static int listener;
static pthread_t thread;
static unsigned n_greeted;
static uint8_t spki[32], certificate[32];
static const uint8_t other[1][32] = { { 1 } };

/* Greets each client under TLS, until the listener is closed. */
static void *
serve(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		struct conn *c = conn_new(&fd);
		struct err err = ERR_INIT;

		conn_set_deadline(c, clock_mono_ms() + SOON_MS);
		if (conn_start_tls(c, server, NULL, &err) == 0 &&
		    conn_put(c, STR_LIT("hello\n"), &err) == 0 &&
		    conn_flush(c, &err) == 0)
			n_greeted += conn_fill(c, &err) == 0;
		conn_free(&c);
	}
	return (NULL);
}

static void
digests(void)
{
	FILE *f = fopen(cert_path, "r");
	X509 *x = PEM_read_X509(f, NULL, NULL, NULL);
	unsigned char *der = NULL;
	unsigned n;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);

	(void)SHA256(der, (size_t)len, spki);
	assert_int_equal(X509_digest(x, EVP_sha256(), certificate, &n), 1);
	OPENSSL_free(der);
	X509_free(x);
	(void)fclose(f);
}

static void
write_pem(const char *path, const struct buf *pem)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(pem->p, 1, pem->len, f), pem->len);
	assert_int_equal(fclose(f), 0);
}

static int
make(void **state)
{
	AUTO_BUF struct buf key = BUF_INIT(1u << 16);
	AUTO_BUF struct buf cert = BUF_INIT(1u << 16);
	struct err err = ERR_INIT;

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);	/* as every role does */
	assert_non_null(mkdtemp(folder));
	(void)snprintf(cert_path, sizeof(cert_path), "%s/cert", folder);
	(void)snprintf(key_path, sizeof(key_path), "%s/key", folder);
	assert_int_equal(selfsigned_make(HOST, &key, &cert, &err), 0);
	write_pem(cert_path, &cert);
	write_pem(key_path, &key);
	server = tls_server(cert_path, key_path, NULL, &err);
	assert_non_null(server);
	listener = listen_open("127.0.0.1:0", &err);
	assert_true(listener >= 0);
	(void)fcntl(listener, F_SETFL, 0);
	digests();
	return (pthread_create(&thread, NULL, serve, NULL));
}

static struct conn *
meet(struct tls_context *tls, const struct tls_expect *e, struct err *err)
{
	int64_t until = clock_mono_ms() + SOON_MS;
	struct conn *c = conn_loopback(listen_port(listener), until, err);

	assert_non_null(c);
	if (conn_start_tls(c, tls, e, err) == -1)
		conn_free(&c);
	return (c);
}

static int
end(void **state)
{
	(void)state;
	(void)shutdown(listener, SHUT_RDWR);
	assert_int_equal(pthread_join(thread, NULL), 0);
	tls_release(&server);
	(void)close(listener);
	(void)unlink(cert_path);
	(void)unlink(key_path);
	return (rmdir(folder));
}

static void
judges_certificates(void **state)
{
	struct dns_tlsa ee = { 3, 1, 1, str_make(spki, 32) };
	struct dns_tlsa whole = { 3, 0, 1, str_make(certificate, 32) };
	struct dns_tlsa wrong = { 3, 1, 1, str_make(other[0], 32) };
	struct dns_tlsa pkix = { 1, 1, 1, str_make(spki, 32) };
	struct dns_tlsa both[] = { wrong, whole };
	const uint8_t right[1][32] = { { 0 } };
	const struct {
		const char *what;
		struct tls_expect e;
		bool knows_ca, is_proven;
		enum conn_failure failure;
	} rows[] = {
		{ "nothing", { .proof = TLS_PROOF_NONE }, false, false, 0 },
		{ "3 1 1", { .proof = TLS_PROOF_DANE, .tlsa = &ee, .n_tlsa = 1,
		    .names = { "other.example" }, .n_names = 1 }, false, true,
		    0 },
		{ "one of two", { .proof = TLS_PROOF_DANE, .tlsa = both,
		    .n_tlsa = 2, .names = { HOST }, .n_names = 1 }, false,
		    true, 0 },
		{ "wrong TLSA", { .proof = TLS_PROOF_DANE, .tlsa = &wrong,
		    .n_tlsa = 1, .names = { HOST }, .n_names = 1 }, false,
		    false, CONN_WRONG_TLSA },
		{ "pin", { .proof = TLS_PROOF_PIN, .pins = &spki, .n_pins = 1 },
		    false, true, 0 },
		{ "wrong pin", { .proof = TLS_PROOF_PIN, .pins = right,
		    .n_pins = 1 }, false, false, CONN_NOT_TRUSTED },
		{ "name", { .proof = TLS_PROOF_NAME, .names = { HOST },
		    .n_names = 1 }, true, true, 0 },
		{ "one of two names", { .proof = TLS_PROOF_NAME,
		    .names = { "mx.other.example", ".tannwald.example" },
		    .n_names = 2 }, true, true, 0 },
		{ "wrong name", { .proof = TLS_PROOF_NAME,
		    .names = { "mx.other.example" }, .n_names = 1 }, true,
		    false, CONN_WRONG_NAME },
		{ "unknown authority", { .proof = TLS_PROOF_NAME,
		    .names = { HOST }, .n_names = 1 }, false, false,
		    CONN_NOT_TRUSTED },
	};
	struct tls_client_config known = { .ca = cert_path }, anybody = { 0 };
	struct err err = ERR_INIT;
	struct tls_expect unusable = { .proof = TLS_PROOF_DANE, .tlsa = &pkix,
		.n_tlsa = 1, .names = { HOST }, .n_names = 1 };
	struct tls_context *with = tls_client(&known, &err);
	struct tls_context *without = tls_client(&anybody, &err);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct conn *c = meet(rows[i].knows_ca ? with : without,
		    &rows[i].e, &err);

		if (c == NULL || conn_tls(c)->is_proven != rows[i].is_proven ||
		    conn_tls(c)->failure != rows[i].failure ||
		    (conn_tls(c)->why_not != NULL) !=
		    (rows[i].failure != CONN_PROVEN_OR_NOT_ASKED))
			fail_msg("%s: %s %s", rows[i].what, err.msg,
			    c != NULL ? conn_tls(c)->why_not : "");
		assert_memory_equal(conn_tls(c)->peer_spki, spki, 32);
		assert_string_equal(conn_tls(c)->peer_names, HOST
		    " localhost");
		conn_free(&c);
	}
	assert_false(tls_can_use(&pkix));
	assert_null(meet(without, &unusable, &err));
	assert_int_equal(err.kind, ERR_PERM);
	tls_release(&with);
	tls_release(&without);
}

/* Read what was said, so that tickets arrive, and say goodbye. */
static bool
visit(struct tls_context *tls, const struct tls_expect *e, bool *is_proven)
{
	struct err err = ERR_INIT;
	struct conn *c = meet(tls, e, &err);
	bool is_resumed;

	assert_non_null(c);
	assert_int_equal(conn_fill(c, &err), 0);
	is_resumed = conn_tls(c)->is_resumed;
	*is_proven = conn_tls(c)->is_proven;
	conn_free(&c);
	return (is_resumed);
}

static void
resumes_only_what_was_proven(void **state)
{
	struct dns_tlsa right = { 3, 1, 1, str_make(spki, 32) };
	struct dns_tlsa wrong = { 3, 1, 1, str_make(other[0], 32) };
	struct tls_expect e = { .proof = TLS_PROOF_DANE, .tlsa = &right,
		.n_tlsa = 1, .names = { HOST }, .n_names = 1,
		.server_name = HOST };
	struct tls_expect now = e, none = { .proof = TLS_PROOF_NONE,
		.server_name = HOST };
	struct tls_client_config anybody = { 0 };
	struct err err = ERR_INIT;
	struct tls_context *tls = tls_client(&anybody, &err);
	bool is_proven;

	(void)state;
	now.tlsa = &wrong;
	assert_false(visit(tls, &none, &is_proven));
	/* What proved nothing does not stand for a proof. */
	assert_false(visit(tls, &e, &is_proven));
	assert_true(is_proven);
	assert_true(visit(tls, &e, &is_proven));
	assert_true(is_proven);
	/* Another record, another handshake; and that is not kept. */
	assert_false(visit(tls, &now, &is_proven));
	assert_false(is_proven);
	assert_false(visit(tls, &now, &is_proven));
	assert_false(is_proven);
	tls_release(&tls);
}

/* None of many takes another's place. */
static void
resumes_with_each_of_many(void **state)
{
	struct tls_expect e = { .proof = TLS_PROOF_PIN, .pins = &spki,
		.n_pins = 1 };
	struct tls_client_config anybody = { 0 };
	struct err err = ERR_INIT;
	struct tls_context *tls = tls_client(&anybody, &err);
	bool is_proven;
	char name[32];

	(void)state;
	e.server_name = name;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < MANY; i++) {
			(void)snprintf(name, sizeof(name), "mx%d.example", i);
			assert_int_equal(visit(tls, &e, &is_proven), round);
			assert_true(is_proven);
		}
	tls_release(&tls);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_certificates),
		cmocka_unit_test(resumes_only_what_was_proven),
		cmocka_unit_test(resumes_with_each_of_many),
	};

	return (cmocka_run_group_tests(tests, make, end));
}
