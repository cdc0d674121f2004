/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrolcmp: a certificate from an enterprise's authority by CMP: the first one
 * with a shared secret, later ones signed with the certificate before.
 *
 * Runs in the gateway and the CLI. Security: messages are protected by
 * themselves, so the server may speak http; what answers has to know the
 * secret, or be vouched for by enrol.trust. OpenSSL compares the key of what
 * comes with the one that was sent. Standards: RFC 4210, RFC 6712.
 */
#include <openssl/cmp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/sys.h"
#include "issue/certmake.h"
#include "issue/enrolwork.h"
#include "pki/cert.h"
#include "pki/csr.h"

#define TYPE "application/pkixcmp"
#define MESSAGE_MAX (256u << 10)
#define WAIT_S 20	/* in all, polls for a certificate included */

/* What the callback needs, and how it failed. */
struct talk {
	const struct enrolwork *w;
	struct err err;
};

static OSSL_CMP_MSG *
exchange(struct talk *t, struct str request)
{
	/* Each message has a connection of its own: some servers end the
	 * transaction where one ends that they were to keep. */
	static const char *const fields[] = { "Connection: close", NULL };
	const struct fetch_request q = { .type = TYPE, .data = request,
		.url = t->w->config->settings->url, .fields = fields };
	AUTO_BUF struct buf body = BUF_INIT(MESSAGE_MAX);
	struct fetch_answer got;
	const uint8_t *p;
	OSSL_CMP_MSG *answer;

	if (fetch_ask(t->w->way, &q, t->w->deadline_ms, &body, &got,
	    &t->err) == -1)
		return (NULL);
	if (got.status != 200) {
		(void)err_set(&t->err, got.status >= 500 ? ERR_TEMP :
		    ERR_PERM, "the CMP server says %u", got.status);
		return (NULL);
	}
	p = body.p;
	answer = d2i_OSSL_CMP_MSG(NULL, &p, (long)body.len);
	if (answer == NULL)
		(void)err_set(&t->err, ERR_TEMP, "the CMP server's answer is "
		    "malformed");
	return (answer);
}

static OSSL_CMP_MSG *
transfer(OSSL_CMP_CTX *ctx, const OSSL_CMP_MSG *request)
{
	struct talk *t = OSSL_CMP_CTX_get_transfer_cb_arg(ctx);
	uint8_t *bytes = NULL;
	int len = i2d_OSSL_CMP_MSG(request, &bytes);
	OSSL_CMP_MSG *answer = NULL;

	if (len > 0)
		answer = exchange(t, str_make(bytes, (size_t)len));
	OPENSSL_free(bytes);
	return (answer);
}

static int
add_trust(X509_STORE *store, const char *path, struct err *err)
{
	AUTO_BUF struct buf file = BUF_INIT(ENROLWORK_CHAIN_MAX);
	AUTO_ARENA struct arena *a = arena_new();
	struct cert *list;
	size_t n;

	if (sys_read_file(path, &file, err) == -1 ||
	    cert_parse_all(buf_view(&file), a, 64, &list, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++) {
		must(X509_STORE_add_cert(store, list[i].x) == 1);
		cert_done(&list[i]);
	}
	return (0);
}

static int
set_trust(OSSL_CMP_CTX *ctx, const struct enrolwork *w, struct err *err)
{
	const char *path = w->config->settings->trust;
	X509_STORE *store;

	if (path == NULL)
		return (0);
	store = X509_STORE_new();
	must(store != NULL);
	if (add_trust(store, path, err) == -1) {
		X509_STORE_free(store);
		return (-1);
	}
	must(OSSL_CMP_CTX_set0_trustedStore(ctx, store) == 1);
	return (0);
}

/* Who we are: by the certificate that is renewed, else by the secret. */
static bool
set_self(OSSL_CMP_CTX *ctx, const struct enrolwork *w)
{
	const char *user = w->config->settings->user;

	if (w->old != NULL)
		return (OSSL_CMP_CTX_set1_cert(ctx, w->old) == 1 &&
		    OSSL_CMP_CTX_set1_pkey(ctx, w->old_key) == 1 &&
		    OSSL_CMP_CTX_set1_oldCert(ctx, w->old) == 1);
	return (user == NULL || (OSSL_CMP_CTX_set1_referenceValue(ctx,
	    (const unsigned char *)user, (int)strlen(user)) == 1 &&
	    OSSL_CMP_CTX_set1_secretValue(ctx,
	    (const unsigned char *)w->secret.p, (int)w->secret.len) == 1));
}

static bool
set_wish(OSSL_CMP_CTX *ctx, const struct enrolwork *w)
{
	X509_NAME *subject = enrolwork_subject(w);
	GENERAL_NAMES *names = csr_alternatives(&w->address, 1);
	bool ok;

	must(EVP_PKEY_up_ref(w->key) == 1);
	ok = names != NULL && OSSL_CMP_CTX_set0_newPkey(ctx, 1, w->key) == 1 &&
	    OSSL_CMP_CTX_set1_subjectName(ctx, subject) == 1 &&
	    OSSL_CMP_CTX_push1_subjectAltName(ctx,
	    sk_GENERAL_NAME_value(names, 0)) == 1 &&
	    OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_TOTAL_TIMEOUT,
	    WAIT_S) == 1;
	X509_NAME_free(subject);
	GENERAL_NAMES_free(names);
	return (ok);
}

/* The sentence of the server, or of the way to it. */
static int
failed(OSSL_CMP_CTX *ctx, const struct talk *t, struct err *err)
{
	char text[160] = "";
	int status = OSSL_CMP_CTX_get_status(ctx);
	int failure = OSSL_CMP_CTX_get_failInfoCode(ctx);

	if (t->err.kind != ERR_NONE) {
		ERR_clear_error();
		return (err_set(err, t->err.kind, "%s", t->err.msg));
	}
	if (status == OSSL_CMP_PKISTATUS_waiting) {
		ERR_clear_error();
		return (err_set(err, ERR_TEMP, "the CMP server has not "
		    "decided yet"));
	}
	if (status == OSSL_CMP_PKISTATUS_rejection || failure > 0) {
		(void)OSSL_CMP_CTX_snprint_PKIStatus(ctx, text,
		    sizeof(text));
		ERR_clear_error();
		return (err_set(err, ERR_PERM, "the CMP server refuses: %s",
		    text));
	}
	return (certmake_failed(err, "CMP"));
}

static void
put_x509(const X509 *x, struct buf *out)
{
	uint8_t *bytes = NULL;
	int len = i2d_X509(x, &bytes);

	must(len > 0);
	cert_pem(str_make(bytes, (size_t)len), out);
	OPENSSL_free(bytes);
}

static void
put_all(OSSL_CMP_CTX *ctx, const X509 *leaf, struct buf *out)
{
	STACK_OF(X509) *more = OSSL_CMP_CTX_get1_extraCertsIn(ctx);

	put_x509(leaf, out);
	for (int i = 0; i < sk_X509_num(more); i++)
		if (X509_cmp(sk_X509_value(more, i), leaf) != 0)
			put_x509(sk_X509_value(more, i), out);
	sk_X509_pop_free(more, X509_free);
}

int
enrolwork_cmp(const struct enrolwork *w, struct buf *chain, struct err *err)
{
	OSSL_CMP_CTX *ctx = OSSL_CMP_CTX_new(NULL, NULL);
	struct talk t = { .w = w, .err = ERR_INIT };
	X509 *leaf = NULL;
	int rc;

	must(ctx != NULL);
	/* What it would write to standard error is in the result. */
	must(OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_LOG_VERBOSITY,
	    OSSL_CMP_LOG_EMERG) == 1 &&
	    OSSL_CMP_CTX_set_transfer_cb(ctx, transfer) == 1 &&
	    OSSL_CMP_CTX_set_transfer_cb_arg(ctx, &t) == 1);
	rc = set_trust(ctx, w, err);
	if (rc == 0 && set_self(ctx, w) && set_wish(ctx, w))
		leaf = w->old != NULL ? OSSL_CMP_exec_KUR_ses(ctx) :
		    OSSL_CMP_exec_IR_ses(ctx);
	if (leaf != NULL)
		put_all(ctx, leaf, chain);
	else if (rc == 0)
		rc = failed(ctx, &t, err);
	OSSL_CMP_CTX_free(ctx);
	return (rc);
}
