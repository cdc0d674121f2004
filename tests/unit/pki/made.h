/* SPDX-License-Identifier: Apache-2.0 */
/* made: certificates made for a test, as odd as it wants them. */
#ifndef TESTS_UNIT_PKI_MADE_H
#define TESTS_UNIT_PKI_MADE_H

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "base/clock.h"
#include "pki/cert.h"

/* 1 January 2027, when most of these tests happen. */
#define MADE_NOW_S INT64_C(1798761600)
#define MADE_NOW_MS (MADE_NOW_S * 1000)
#define MADE_EXTENSIONS_MAX 10

struct made {
	EVP_PKEY *key;
	X509 *x;
};

struct making {
	const char *cn, *subject_mail;
	const struct made *issuer;	/* NULL: itself */
	long from_days, until_days;	/* from now; 0, 0: -1, 365 */
	const char *curve;		/* NULL: P-256; "rsa2048", "ed25519" */
	const EVP_MD *digest;		/* NULL: SHA-256 */
	struct {
		int nid;
		const char *value;	/* as openssl.cnf has it */
	} extensions[MADE_EXTENSIONS_MAX];
};

#define MADE_CA { NID_basic_constraints, "critical,CA:TRUE" }, \
	{ NID_key_usage, "critical,keyCertSign,cRLSign" }, \
	{ NID_subject_key_identifier, "hash" }
#define MADE_USER { NID_basic_constraints, "critical,CA:FALSE" }, \
	{ NID_key_usage, "critical,digitalSignature,keyAgreement" }, \
	{ NID_ext_key_usage, "emailProtection" }

static EVP_PKEY *
made_key(const char *curve)
{
	EVP_PKEY *key;

	if (curve != NULL && strncmp(curve, "rsa", 3) == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA",
		    (size_t)strtoul(curve + 3, NULL, 10));
	else if (curve != NULL && strcmp(curve, "ed25519") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else
		key = EVP_EC_gen(curve != NULL ? curve : "P-256");
	must(key != NULL);
	return (key);
}

static void
made_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (e == NULL)
		(void)fprintf(stderr, "extension %d: %s\n", nid, value);
	must(e != NULL && X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static void
made_name(X509 *x, const struct making *m)
{
	X509_NAME *name = X509_get_subject_name(x);

	must(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
	    (const unsigned char *)"Example", -1, -1, 0) == 1);
	if (m->cn != NULL)
		must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		    (const unsigned char *)m->cn, -1, -1, 0) == 1);
	if (m->subject_mail != NULL)
		must(X509_NAME_add_entry_by_txt(name, "emailAddress",
		    MBSTRING_ASC, (const unsigned char *)m->subject_mail, -1,
		    -1, 0) == 1);
}

static struct made
made_with(const struct making *m, EVP_PKEY *key)
{
	static long serial = 0x10a;
	struct made made = { key, X509_new() };
	const struct made *issuer = m->issuer != NULL ? m->issuer : &made;
	bool has_dates = m->from_days != 0 || m->until_days != 0;
	time_t now = MADE_NOW_S;

	must(X509_set_version(made.x, X509_VERSION_3) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(made.x), serial++) == 1);
	made_name(made.x, m);
	must(X509_set_issuer_name(made.x,
	    X509_get_subject_name(issuer->x)) == 1 &&
	    X509_time_adj_ex(X509_getm_notBefore(made.x), has_dates ?
	    (int)m->from_days : -1, 0, &now) != NULL &&
	    X509_time_adj_ex(X509_getm_notAfter(made.x), has_dates ?
	    (int)m->until_days : 365, 0, &now) != NULL &&
	    X509_set_pubkey(made.x, made.key) == 1);
	for (size_t i = 0; i < MADE_EXTENSIONS_MAX; i++)
		if (m->extensions[i].value != NULL)
			made_extension(made.x, issuer->x,
			    m->extensions[i].nid, m->extensions[i].value);
	must(X509_sign(made.x, issuer->key, EVP_PKEY_get_base_id(issuer->key)
	    == EVP_PKEY_ED25519 ? NULL : m->digest != NULL ? m->digest :
	    EVP_sha256()) > 0);
	return (made);
}

static UNUSED struct made
made_new(const struct making *m)
{
	return (made_with(m, made_key(m->curve)));
}

/* What openssl.cnf's notation cannot say: an otherName in UTF-8. */
static UNUSED void
made_utf8_name(struct made *made, const struct made *issuer,
    const char *text)
{
	GENERAL_NAMES *list = GENERAL_NAMES_new();
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_TYPE *value = ASN1_TYPE_new();
	ASN1_UTF8STRING *s = ASN1_UTF8STRING_new();

	must(ASN1_STRING_set(s, text, -1) == 1);
	ASN1_TYPE_set(value, V_ASN1_UTF8STRING, s);
	must(GENERAL_NAME_set0_othername(g,
	    OBJ_nid2obj(NID_id_on_SmtpUTF8Mailbox), value) == 1 &&
	    sk_GENERAL_NAME_push(list, g) > 0 && X509_add1_ext_i2d(made->x,
	    NID_subject_alt_name, list, 0, 0) == 1 &&
	    X509_sign(made->x, issuer->key, EVP_sha256()) > 0);
	GENERAL_NAMES_free(list);
}

static UNUSED void
made_free(struct made *made)
{
	EVP_PKEY_free(made->key);
	X509_free(made->x);
	*made = (struct made){ NULL, NULL };
}

static UNUSED struct str
made_der(const struct made *made, struct arena *a)
{
	unsigned char *der = NULL;
	int len = i2d_X509(made->x, &der);
	struct str copy;

	must(len > 0);
	copy = arena_str(a, str_make(der, (size_t)len));
	OPENSSL_free(der);
	return (copy);
}

static UNUSED struct cert
made_cert(const struct made *made, struct arena *a)
{
	struct err err = ERR_INIT;
	struct cert c;

	must(cert_parse(made_der(made, a), a, &c, &err) == 0);
	return (c);
}

#endif
