/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prove: the certificate of a server against what is expected of it.
 *
 * Runs in the gateway's relay. Security: decides who is who; OpenSSL builds
 * and checks chains, never this file. The server may show any certificate, so
 * what is copied of it is cut and cleaned. Standards: RFC 5280, RFC 6125, RFC
 * 6698, RFC 7671, RFC 7672, RFC 8461 4.1.
 */
#include "net/prove.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#define USAGE_DANE_TA 2
#define USAGE_DANE_EE 3
#define SELECTOR_SPKI 1
#define MATCHING_SHA512 2

bool
tls_can_use(const struct dns_tlsa *r)
{
	static const size_t lengths[] = { 0, 32, 64 };

	return ((r->usage == USAGE_DANE_TA || r->usage == USAGE_DANE_EE) &&
	    r->selector <= SELECTOR_SPKI && r->matching <= MATCHING_SHA512 &&
	    (r->matching == 0 || r->data.len == lengths[r->matching]));
}

/* ---- before ----------------------------------------------------------- */

/* Any of them will do: OpenSSL takes ".example" for what is below it. */
static int
set_names(SSL *ssl, const struct tls_expect *e, size_t from, struct err *err)
{
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
	    X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS);
	for (size_t i = from; i < e->n_names; i++)
		if (SSL_add1_host(ssl, e->names[i]) != 1)
			return (err_set(err, ERR_PERM, "%s cannot be the name "
			    "of a server", e->names[i]));
	return (0);
}

static int
set_dane(SSL *ssl, const struct tls_expect *e, struct err *err)
{
	int n = 0;

	if (SSL_dane_enable(ssl, e->names[0]) <= 0 ||
	    set_names(ssl, e, 1, err) == -1)
		return (err_set(err, ERR_PERM, "%s cannot be the name of a "
		    "server", e->names[0]));
	(void)SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	for (size_t i = 0; i < e->n_tlsa; i++) {
		const struct dns_tlsa *r = &e->tlsa[i];

		if (tls_can_use(r))
			n += SSL_dane_tlsa_add(ssl, r->usage, r->selector,
			    r->matching, (const unsigned char *)r->data.p,
			    r->data.len) > 0;
	}
	ERR_clear_error();
	return (n > 0 ? 0 : err_set(err, ERR_PERM, "no TLSA record of %s can "
	    "be used", e->names[0]));
}

int
prove_prepare(SSL *ssl, const struct tls_expect *e, struct err *err)
{
	/* The result is looked at, not acted on by the library. */
	SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
	if (e->server_name != NULL &&
	    SSL_set_tlsext_host_name(ssl, e->server_name) != 1)
		return (err_set(err, ERR_PERM, "%s cannot be the name of a "
		    "server", e->server_name));
	if (e->only_tls13)
		must(SSL_set_min_proto_version(ssl, TLS1_3_VERSION) == 1);
	if (e->proof == TLS_PROOF_DANE)
		return (set_dane(ssl, e, err));
	if (e->proof == TLS_PROOF_NAME)
		return (set_names(ssl, e, 0, err));
	return (0);
}

/* ---- after ------------------------------------------------------------ */

/* A name from the certificate, as text that can be shown. */
static void
put_name(const ASN1_STRING *s, char *out, size_t cap)
{
	size_t at = strlen(out), len = (size_t)ASN1_STRING_length(s);
	const unsigned char *p = ASN1_STRING_get0_data(s);

	if (at + len + 2 > cap)
		return;
	for (size_t i = 0; i < len; i++)
		if (p[i] <= ' ' || p[i] >= 127)
			return;
	if (at > 0)
		out[at++] = ' ';
	memcpy(out + at, p, len);
	out[at + len] = '\0';
}

static void
read_names(X509 *peer, struct conn_tls *facts)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(peer, NID_subject_alt_name,
	    NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type == GEN_DNS)
			put_name(g->d.dNSName, facts->peer_names,
			    sizeof(facts->peer_names));
	}
	GENERAL_NAMES_free(names);
}

static void
read_key(X509 *peer, struct conn_tls *facts)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(peer), &der);
	unsigned n = 0;

	if (len > 0)
		(void)EVP_Digest(der, (size_t)len, facts->peer_spki, &n,
		    EVP_sha256(), NULL);
	OPENSSL_free(der);
}

static bool
is_pinned(const struct tls_expect *e, const struct conn_tls *facts)
{
	for (size_t i = 0; i < e->n_pins; i++)
		if (memcmp(e->pins[i], facts->peer_spki,
		    sizeof(facts->peer_spki)) == 0)
			return (true);
	return (false);
}

static void
no_proof(struct conn_tls *facts, enum conn_failure failure, const char *why)
{
	facts->is_proven = false;
	facts->failure = failure;
	facts->why_not = why;
}

/* What OpenSSL said of the chain, as RFC 8460 4.3 sorts it. */
static enum conn_failure
failure_of(const struct tls_expect *e, long result)
{
	switch (result) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return (CONN_EXPIRED);
	case X509_V_ERR_HOSTNAME_MISMATCH:
		return (CONN_WRONG_NAME);
	default:
		return (e->proof == TLS_PROOF_DANE ? CONN_WRONG_TLSA :
		    CONN_NOT_TRUSTED);
	}
}

/* A resumed session was proven when it began, by the same expectation. */
static void
judge_chain(SSL *ssl, const struct tls_expect *e, struct conn_tls *facts)
{
	long result = SSL_get_verify_result(ssl);

	if (result != X509_V_OK)
		no_proof(facts, failure_of(e, result),
		    X509_verify_cert_error_string(result));
	else if (e->proof == TLS_PROOF_DANE && !facts->is_resumed &&
	    SSL_get0_dane_authority(ssl, NULL, NULL) < 0)
		no_proof(facts, CONN_WRONG_TLSA, "no TLSA record matches");
}

void
prove_judge(SSL *ssl, const struct tls_expect *e, struct conn_tls *facts)
{
	X509 *peer = SSL_get0_peer_certificate(ssl);

	facts->is_proven = e->proof != TLS_PROOF_NONE;
	if (peer == NULL) {
		no_proof(facts, CONN_NOT_TRUSTED, "it shows no certificate");
		return;
	}
	read_names(peer, facts);
	read_key(peer, facts);
	if (e->proof == TLS_PROOF_PIN) {
		if (!is_pinned(e, facts))
			no_proof(facts, CONN_NOT_TRUSTED,
			    "its key is not the one that was agreed");
	} else if (e->proof != TLS_PROOF_NONE)
		judge_chain(ssl, e, facts);
}
