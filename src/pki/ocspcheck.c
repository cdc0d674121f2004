/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocspcheck: OpenSSL parses and verifies; who may answer and until when it
 * holds is decided here.
 *
 * Runs in the gateway and the CLI. Security: the only authority known to the
 * verification is the issuer, so a responder that somebody else named does not
 * count. Standards: RFC 6960 3.2, 4.2.2; RFC 8954.
 */
#include "pki/ocspcheck.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

static void
free_request(OCSP_REQUEST **r)
{
	OCSP_REQUEST_free(*r);
}

static void
free_response(OCSP_RESPONSE **r)
{
	OCSP_RESPONSE_free(*r);
}

static void
free_basic(OCSP_BASICRESP **r)
{
	OCSP_BASICRESP_free(*r);
}

static void
free_id(OCSP_CERTID **id)
{
	OCSP_CERTID_free(*id);
}

static void
free_store(X509_STORE **s)
{
	X509_STORE_free(*s);
}

static void
free_stack(STACK_OF(X509) **s)
{
	sk_X509_free(*s);
}

/* By SHA-1, as all responders know it (RFC 5019 2.1.1): it names, nothing is
 * proven by it. */
static OCSP_CERTID *
id_of(const struct cert *c, const struct cert *issuer)
{
	return (OCSP_cert_to_id(EVP_sha1(), c->x, issuer->x));
}

int
ocspcheck_request(const struct cert *c, const struct cert *issuer,
    bool has_nonce, struct buf *out, struct err *err)
{
	AUTO_CLEAN(free_request) OCSP_REQUEST *r = OCSP_REQUEST_new();
	OCSP_CERTID *id = id_of(c, issuer);
	unsigned char *der = NULL;
	int len;

	if (r == NULL || id == NULL || OCSP_request_add0_id(r, id) == NULL) {
		OCSP_CERTID_free(id);
		ERR_clear_error();
		return (err_set(err, ERR_INPUT,
		    "there is nothing to ask an OCSP responder for"));
	}
	if (has_nonce)
		must(OCSP_request_add1_nonce(r, NULL, -1) == 1);
	len = i2d_OCSP_REQUEST(r, &der);
	must(len > 0);
	buf_append(out, der, (size_t)len);
	OPENSSL_free(der);
	return (buf_check(out, "an OCSP request", err));
}

/* ---- reading ----------------------------------------------------------- */

static OCSP_BASICRESP *
parse(struct str der, struct err *err)
{
	const unsigned char *p = (const unsigned char *)der.p;
	AUTO_CLEAN(free_response) OCSP_RESPONSE *r = der.len == 0 ||
	    der.len > REVOCATION_OCSP_MAX ? NULL :
	    d2i_OCSP_RESPONSE(NULL, &p, (long)der.len);
	OCSP_BASICRESP *basic;
	int status;

	if (r == NULL) {
		(void)err_set(err, ERR_INPUT, "this is not an OCSP answer");
		return (NULL);
	}
	status = OCSP_response_status(r);
	if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
		(void)err_set(err, status == OCSP_RESPONSE_STATUS_TRYLATER ||
		    status == OCSP_RESPONSE_STATUS_INTERNALERROR ? ERR_TEMP :
		    ERR_INPUT, "the OCSP responder answers \"%s\"",
		    OCSP_response_status_str(status));
		return (NULL);
	}
	if ((basic = OCSP_response_get1_basic(r)) == NULL)
		(void)err_set(err, ERR_INPUT, "this is not an OCSP answer");
	return (basic);
}

static int
check_nonce(OCSP_BASICRESP *basic, struct str request, struct err *err)
{
	const unsigned char *p = (const unsigned char *)request.p;
	AUTO_CLEAN(free_request) OCSP_REQUEST *r = request.len == 0 ? NULL :
	    d2i_OCSP_REQUEST(NULL, &p, (long)request.len);

	if (request.len == 0)
		return (0);
	/* 1: equal; 2: neither has one. */
	if (r == NULL || (OCSP_check_nonce(r, basic) != 1 &&
	    OCSP_check_nonce(r, basic) != 2))
		return (err_set(err, ERR_INPUT,
		    "the OCSP answer is not to this request"));
	return (0);
}

/* The issuer itself, or a responder with a certificate from it and for that:
 * nobody else is in this store. */
static int
check_signature(const struct revocation_question *q, OCSP_BASICRESP *basic,
    struct err *err)
{
	AUTO_CLEAN(free_store) X509_STORE *store = X509_STORE_new();
	AUTO_CLEAN(free_stack) STACK_OF(X509) *certs = sk_X509_new_null();
	X509_VERIFY_PARAM *param;
	const X509_ALGOR *algorithm = OCSP_resp_get0_tbs_sigalg(basic);

	must(store != NULL && certs != NULL &&
	    X509_STORE_add_cert(store, q->issuer->x) == 1 &&
	    sk_X509_push(certs, q->issuer->x) > 0);
	if (revocation_is_weak(OBJ_obj2nid(algorithm->algorithm),
	    q->allows_sha1))
		return (err_set(err, ERR_INPUT,
		    "the OCSP answer is signed with a weak algorithm"));
	param = X509_STORE_get0_param(store);
	X509_VERIFY_PARAM_set_time(param, (time_t)(q->now_ms /
	    CLOCK_SECOND_MS));
	must(X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) ==
	    1);
	if (OCSP_basic_verify(basic, certs, store, 0) != 1)
		return (err_set(err, ERR_INPUT, "the OCSP answer is not signed "
		    "by the authority or a responder it named"));
	return (0);
}

static int
check_times(const struct revocation_question *q,
    const ASN1_GENERALIZEDTIME *from, const ASN1_GENERALIZEDTIME *until,
    int64_t *fresh_until_ms, struct err *err)
{
	int64_t from_ms, until_ms;

	if (!revocation_time(from, &from_ms) ||
	    from_ms > q->now_ms + REVOCATION_SKEW_MS)
		return (err_set(err, ERR_INPUT,
		    "the OCSP answer is of the future"));
	until_ms = from_ms + REVOCATION_HOLDS_MS;
	if ((until != NULL && !revocation_time(until, &until_ms)) ||
	    until_ms < q->now_ms - REVOCATION_SKEW_MS)
		return (err_set(err, ERR_INPUT, "the OCSP answer is too old"));
	*fresh_until_ms = until_ms;
	return (0);
}

static int
find(const struct revocation_question *q, OCSP_BASICRESP *basic,
    struct revocation_answer *out, struct err *err)
{
	AUTO_CLEAN(free_id) OCSP_CERTID *id = id_of(q->cert, q->issuer);
	ASN1_GENERALIZEDTIME *revoked = NULL, *from = NULL, *until = NULL;
	struct revocation_answer found = { .reason = -1 };
	int status, reason = -1;

	if (id == NULL || OCSP_resp_find_status(basic, id, &status, &reason,
	    &revoked, &from, &until) != 1)
		return (err_set(err, ERR_INPUT,
		    "the OCSP answer is about another certificate"));
	if (check_times(q, from, until, &found.fresh_until_ms, err) == -1)
		return (-1);
	found.status = status == V_OCSP_CERTSTATUS_GOOD ? REVOCATION_GOOD :
	    status == V_OCSP_CERTSTATUS_REVOKED ? REVOCATION_REVOKED :
	    REVOCATION_UNKNOWN;
	if (found.status == REVOCATION_REVOKED) {
		found.reason = reason;
		if (!revocation_time(revoked, &found.revoked_ms))
			found.revoked_ms = 0;
	}
	if (found.status == REVOCATION_UNKNOWN)
		(void)err_set(&found.why, ERR_INPUT,
		    "the OCSP responder does not know it");
	*out = found;
	return (0);
}

int
ocspcheck_read(const struct revocation_question *q, struct str request,
    struct str response, struct revocation_answer *out, struct err *err)
{
	AUTO_CLEAN(free_basic) OCSP_BASICRESP *basic = parse(response, err);
	int rc = basic == NULL || check_nonce(basic, request, err) == -1 ||
	    check_signature(q, basic, err) == -1 ||
	    find(q, basic, out, err) == -1 ? -1 : 0;

	ERR_clear_error();
	return (rc);
}
