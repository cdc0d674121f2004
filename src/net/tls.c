/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls: contexts for the mail listener and the mail client.
 *
 * Runs in the gateway. Security: holds the listener's private key; certificate
 * files come from the configuration. Standards: RFC 8996 (nothing below TLS
 * 1.2), RFC 9325.
 */
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "net/resume.h"

/* TLS 1.2: forward secrecy and AEAD only (RFC 9325 4.2). */
#define TLS12_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"

struct tls_context {
	SSL_CTX *ctx;
	struct resume *resume;	/* of clients */
	atomic_uint holders;
};

static const char *
reason(void)
{
	const char *text = ERR_reason_error_string(ERR_get_error());

	ERR_clear_error();
	return (text != NULL ? text : "unknown reason");
}

static struct tls_context *
make(const SSL_METHOD *method, struct err *err)
{
	SSL_CTX *ctx = SSL_CTX_new(method);
	struct tls_context *t;

	if (ctx == NULL) {
		(void)err_set(err, ERR_PERM, "TLS: %s", reason());
		return (NULL);
	}
	must(SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1);
	must(SSL_CTX_set_cipher_list(ctx, TLS12_CIPHERS) == 1);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT |
	    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	t = must_calloc(1, sizeof(*t));
	t->ctx = ctx;
	atomic_init(&t->holders, 1);
	return (t);
}

static int
load_own(SSL_CTX *ctx, const char *cert_path, const char *key_path,
    struct err *err)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, cert_path) != 1)
		return (err_set(err, ERR_PERM, "certificate %s: %s", cert_path,
		    reason()));
	if (SSL_CTX_use_PrivateKey_file(ctx, key_path, SSL_FILETYPE_PEM) != 1)
		return (err_set(err, ERR_PERM, "private key %s: %s", key_path,
		    reason()));
	if (SSL_CTX_check_private_key(ctx) != 1)
		return (err_set(err, ERR_PERM, "%s is not the key of %s",
		    key_path, cert_path));
	return (0);
}

/* A client certificate is asked for, never required, and judged by whoever
 * decides about the client: a wrong one is the same as none. */
static int
believe(int preverified, X509_STORE_CTX *store)
{
	(void)preverified;
	(void)store;
	return (1);
}

static int
ask_for_certificate(SSL_CTX *ctx, const char *client_ca, struct err *err)
{
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, believe);
	if (SSL_CTX_set_session_id_context(ctx,
	    (const unsigned char *)"letterlock", 10) != 1)
		return (err_set(err, ERR_PERM, "TLS: %s", reason()));
	if (client_ca == NULL)
		return (0);
	if (SSL_CTX_load_verify_file(ctx, client_ca) != 1)
		return (err_set(err, ERR_PERM, "client authorities %s: %s",
		    client_ca, reason()));
	SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(client_ca));
	return (0);
}

struct tls_context *
tls_server(const char *cert_path, const char *key_path, const char *client_ca,
    struct err *err)
{
	struct tls_context *t = make(TLS_server_method(), err);

	if (t == NULL)
		return (NULL);
	if (load_own(t->ctx, cert_path, key_path, err) != 0 ||
	    ask_for_certificate(t->ctx, client_ca, err) != 0)
		tls_release(&t);
	return (t);
}

static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned in_len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1,
	    in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return (SSL_TLSEXT_ERR_ALERT_FATAL);
	*out = chosen;
	return (SSL_TLSEXT_ERR_OK);
}

struct tls_context *
tls_web(const char *cert_path, const char *key_path, struct err *err)
{
	struct tls_context *t = make(TLS_server_method(), err);

	if (t == NULL)
		return (NULL);
	SSL_CTX_set_alpn_select_cb(t->ctx, choose_protocol, NULL);
	if (load_own(t->ctx, cert_path, key_path, err) != 0)
		tls_release(&t);
	return (t);
}

/* Every certificate in the text. */
static int
load_pem(SSL_CTX *ctx, struct str pem, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	X509 *x;
	unsigned n = 0;

	must(bio != NULL);
	while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		n += X509_STORE_add_cert(store, x) == 1;
		X509_free(x);
	}
	BIO_free(bio);
	ERR_clear_error();
	return (n > 0 ? 0 : err_set(err, ERR_PERM,
	    "there is no certificate in it"));
}

static int
load_authorities(SSL_CTX *ctx, const struct tls_client_config *config,
    struct err *err)
{
	if (config->ca_pem.len > 0)
		return (load_pem(ctx, config->ca_pem, err));
	/* A machine without authorities only cannot verify by name. */
	if (config->ca == NULL)
		(void)SSL_CTX_set_default_verify_paths(ctx);
	else if (SSL_CTX_load_verify_file(ctx, config->ca) != 1)
		return (err_set(err, ERR_PERM, "authorities %s: %s",
		    config->ca, reason()));
	ERR_clear_error();
	return (0);
}

struct tls_context *
tls_client(const struct tls_client_config *config, struct err *err)
{
	struct tls_context *t = make(TLS_client_method(), err);

	if (t == NULL)
		return (NULL);
	must(SSL_CTX_dane_enable(t->ctx) == 1);
	(void)SSL_CTX_set_timeout(t->ctx, TLS_RESUME_S);
	t->resume = resume_new(t->ctx);
	if (load_authorities(t->ctx, config, err) == -1 ||
	    (config->cert != NULL && load_own(t->ctx, config->cert,
	    config->key, err) == -1))
		tls_release(&t);
	return (t);
}

struct tls_context *
tls_hold(struct tls_context *t)
{
	(void)atomic_fetch_add(&t->holders, 1);
	return (t);
}

void
tls_release(struct tls_context **t)
{
	if (*t != NULL && atomic_fetch_sub(&(*t)->holders, 1) == 1) {
		SSL_CTX_free((*t)->ctx);
		resume_free(&(*t)->resume);
		free(*t);
	}
	*t = NULL;
}

void *
tls_ssl_ctx(const struct tls_context *t)
{
	return (t->ctx);
}

struct resume *
tls_resume(const struct tls_context *t)
{
	return (t->resume);
}
