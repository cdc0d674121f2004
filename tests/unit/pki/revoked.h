/* SPDX-License-Identifier: Apache-2.0 */
/* revoked: revocation lists and OCSP answers made for a test. */
#ifndef TESTS_UNIT_PKI_REVOKED_H
#define TESTS_UNIT_PKI_REVOKED_H

#include <openssl/ocsp.h>

#include "made.h"

struct list_making {
	const struct made *issuer;
	const struct made *signer;	/* NULL: the issuer */
	const struct made *revoked;	/* NULL: nobody */
	int reason;			/* 0: not said */
	long revoked_days;
	long from_days, until_days;	/* 0, 0: -1, 7; until 999: none */
	const EVP_MD *digest;
	struct {
		int nid;
		const char *value;
	} extensions[3];
};

static ASN1_TIME *
made_day(long days)
{
	return (ASN1_TIME_adj(NULL, MADE_NOW_S, (int)days, 0));
}

static void
put_entry(X509_CRL *crl, const struct list_making *m)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
	ASN1_TIME *at = made_day(m->revoked_days);

	must(X509_REVOKED_set_serialNumber(r,
	    X509_get_serialNumber(m->revoked->x)) == 1 &&
	    X509_REVOKED_set_revocationDate(r, at) == 1);
	if (m->reason != 0)
		must(ASN1_ENUMERATED_set(reason, m->reason) == 1 &&
		    X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, reason, 0,
		    0) == 1);
	must(X509_CRL_add0_revoked(crl, r) == 1);
	ASN1_ENUMERATED_free(reason);
	ASN1_TIME_free(at);
}

static UNUSED struct str
made_list(const struct list_making *m, struct arena *a)
{
	bool has_dates = m->from_days != 0 || m->until_days != 0;
	ASN1_TIME *from = made_day(has_dates ? m->from_days : -1);
	ASN1_TIME *until = made_day(has_dates ? m->until_days : 7);
	X509_CRL *crl = X509_CRL_new();
	unsigned char *der = NULL;
	struct str out;
	int len;

	must(X509_CRL_set_version(crl, 1) == 1 && X509_CRL_set_issuer_name(crl,
	    X509_get_subject_name(m->issuer->x)) == 1 &&
	    X509_CRL_set1_lastUpdate(crl, from) == 1);
	if (m->until_days != 999)
		must(X509_CRL_set1_nextUpdate(crl, until) == 1);
	if (m->revoked != NULL)
		put_entry(crl, m);
	for (size_t i = 0; i < COUNT_OF(m->extensions); i++) {
		X509_EXTENSION *e;

		if (m->extensions[i].value == NULL)
			continue;
		e = X509V3_EXT_conf_nid(NULL, NULL, m->extensions[i].nid,
		    m->extensions[i].value);
		must(e != NULL && X509_CRL_add_ext(crl, e, -1) == 1);
		X509_EXTENSION_free(e);
	}
	must(X509_CRL_sign(crl, m->signer != NULL ? m->signer->key :
	    m->issuer->key, m->digest != NULL ? m->digest : EVP_sha256()) > 0);
	len = i2d_X509_CRL(crl, &der);
	must(len > 0);
	out = arena_str(a, str_make(der, (size_t)len));
	OPENSSL_free(der);
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return (out);
}

struct answer_making {
	const struct made *about, *issuer;
	const struct made *signer;	/* NULL: the issuer */
	int status, reason;		/* V_OCSP_CERTSTATUS_* */
	long revoked_days;
	long from_days, until_days;	/* 0, 0: -1, 7; until 999: none */
	const EVP_MD *digest;
	struct str request;		/* whose nonce is copied; or empty */
};

static void
copy_nonce(OCSP_BASICRESP *basic, struct str request)
{
	const unsigned char *p = (const unsigned char *)request.p;
	OCSP_REQUEST *r = d2i_OCSP_REQUEST(NULL, &p, (long)request.len);

	must(r != NULL && OCSP_copy_nonce(basic, r) >= 0);
	OCSP_REQUEST_free(r);
}

static UNUSED struct str
made_answer(const struct answer_making *m, struct arena *a)
{
	bool has_dates = m->from_days != 0 || m->until_days != 0;
	ASN1_TIME *from = made_day(has_dates ? m->from_days : -1);
	ASN1_TIME *until = made_day(has_dates ? m->until_days : 7);
	ASN1_TIME *revoked = made_day(m->revoked_days);
	const struct made *signer = m->signer != NULL ? m->signer : m->issuer;
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), m->about->x,
	    m->issuer->x);
	OCSP_RESPONSE *r;
	unsigned char *der = NULL;
	struct str out;
	int len;

	must(OCSP_basic_add1_status(basic, id, m->status, m->reason, revoked,
	    from, m->until_days == 999 ? NULL : until) != NULL);
	if (m->request.len > 0)
		copy_nonce(basic, m->request);
	must(OCSP_basic_sign(basic, signer->x, signer->key, m->digest != NULL ?
	    m->digest : EVP_sha256(), NULL, 0) == 1);
	r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	len = i2d_OCSP_RESPONSE(r, &der);
	must(len > 0);
	out = arena_str(a, str_make(der, (size_t)len));
	OPENSSL_free(der);
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	ASN1_TIME_free(revoked);
	return (out);
}

#endif
