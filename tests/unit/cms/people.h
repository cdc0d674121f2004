/* SPDX-License-Identifier: Apache-2.0 */
/* People with a key and a certificate they issued themselves, for tests. */
#ifndef TESTS_UNIT_CMS_PEOPLE_H
#define TESTS_UNIT_CMS_PEOPLE_H

#include <openssl/x509v3.h>

#include "pki/cert.h"

enum people_kind { PEOPLE_RSA, PEOPLE_P256, PEOPLE_P384, PEOPLE_P521,
	PEOPLE_ED25519 };

struct person {
	EVP_PKEY *key;
	struct cert cert;
};

static inline EVP_PKEY *
people_key(enum people_kind kind)
{
	static const char *const curves[] = { [PEOPLE_P256] = "P-256",
		[PEOPLE_P384] = "P-384", [PEOPLE_P521] = "P-521" };

	if (kind == PEOPLE_RSA)
		return (EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048));
	if (kind == PEOPLE_ED25519)
		return (EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	return (EVP_PKEY_Q_keygen(NULL, NULL, "EC", curves[kind]));
}

static inline void
people_extend(X509 *x, int nid, const char *text)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, text);

	must(e != NULL && X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

/* The certificate says its own name as issuer and has a serial of its own. */
static inline void
people_new(struct person *p, enum people_kind kind, const char *address,
    struct arena *a)
{
	static long serial = 1000;
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	unsigned char *der = NULL;
	char san[256];
	int n;

	p->key = people_key(kind);
	must(p->key != NULL && X509_set_version(x, 2) == 1);
	must(ASN1_INTEGER_set(X509_get_serialNumber(x), serial++) == 1);
	must(X509_gmtime_adj(X509_getm_notBefore(x), -86400) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), 864000) != NULL);
	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)address, -1, -1, 0) == 1);
	must(X509_set_issuer_name(x, name) == 1 &&
	    X509_set_pubkey(x, p->key) == 1);
	(void)snprintf(san, sizeof(san), "email:%s", address);
	people_extend(x, NID_subject_alt_name, san);
	people_extend(x, NID_ext_key_usage, "emailProtection");
	people_extend(x, NID_key_usage, kind == PEOPLE_RSA ?
	    "critical,digitalSignature,keyEncipherment" :
	    kind == PEOPLE_ED25519 ? "critical,digitalSignature" :
	    "critical,digitalSignature,keyAgreement");
	must(X509_sign(x, p->key, kind == PEOPLE_ED25519 ? NULL :
	    EVP_sha256()) > 0);
	must((n = i2d_X509(x, &der)) > 0);
	must(cert_parse(str_make(der, (size_t)n), a, &p->cert, NULL) == 0);
	OPENSSL_free(der);
	X509_free(x);
}

static inline void
people_free(struct person *p)
{
	EVP_PKEY_free(p->key);
	cert_done(&p->cert);
}

#endif
