/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocspmake: the answer, with the responder's certificate in it.
 *
 * Runs in the gateway and the CLI. Security: signed ahead, so that whoever
 * asks never makes a key work and the role he asks has none. Standards: RFC
 * 6960 4.2.1, RFC 5019 2.2.
 */
#include "issue/ocspmake.h"

#include <openssl/ocsp.h>
#include <stdio.h>

#include "base/clock.h"
#include "issue/certmake.h"
#include "pki/csr.h"

#define SERIAL_TEXT_MAX 64

static OCSP_CERTID *
certid(const EVP_MD *md, X509 *issuer, struct str hex)
{
	char text[SERIAL_TEXT_MAX];
	ASN1_INTEGER *serial;
	OCSP_CERTID *id;
	BIGNUM *n = NULL;

	if (hex.len >= sizeof(text))
		return (NULL);
	(void)snprintf(text, sizeof(text), "%.*s", STR_FMT(hex));
	if (BN_hex2bn(&n, text) == 0)
		return (NULL);
	serial = BN_to_ASN1_INTEGER(n, NULL);
	must(serial != NULL);
	id = OCSP_cert_id_new(md, X509_get_subject_name(issuer),
	    X509_get0_pubkey_bitstr(issuer), serial);
	ASN1_INTEGER_free(serial);
	BN_free(n);
	return (id);
}

static bool
name_of(const EVP_MD *md, X509 *issuer, struct str hex,
    char out[static OCSPASK_NAME_SIZE])
{
	OCSP_CERTID *id = certid(md, issuer, hex);
	uint8_t *bytes = NULL;
	bool ok = false;
	int len;

	if (id == NULL)
		return (false);
	len = i2d_OCSP_CERTID(id, &bytes);
	OCSP_CERTID_free(id);
	if (len > 0)
		ok = ocspask_name(str_make(bytes, (size_t)len), out);
	OPENSSL_free(bytes);
	return (ok);
}

int
ocspmake_names(X509 *issuer, struct str serial, struct ocspmake_names *out,
    struct err *err)
{
	if (!name_of(EVP_sha1(), issuer, serial, out->sha1) ||
	    !name_of(EVP_sha256(), issuer, serial, out->sha256))
		return (err_set(err, ERR_INPUT, "no serial number of a "
		    "certificate: %.*s", STR_FMT(serial)));
	return (0);
}

static bool
add_status(OCSP_BASICRESP *answer, const EVP_MD *md,
    const struct ocspmake *how)
{
	OCSP_CERTID *id = certid(md, how->issuer, how->serial);
	ASN1_TIME *at = how->is_revoked ? ASN1_TIME_set(NULL,
	    (time_t)(how->revoked_ms / CLOCK_SECOND_MS)) : NULL;
	ASN1_GENERALIZEDTIME *from = ASN1_GENERALIZEDTIME_set(NULL,
	    (time_t)(how->this_ms / CLOCK_SECOND_MS));
	ASN1_GENERALIZEDTIME *next = ASN1_GENERALIZEDTIME_set(NULL,
	    (time_t)(how->next_ms / CLOCK_SECOND_MS));
	int reason = how->is_revoked && how->reason != 0 ? (int)how->reason :
	    OCSP_REVOKED_STATUS_NOSTATUS;
	bool ok = id != NULL && from != NULL && next != NULL &&
	    OCSP_basic_add1_status(answer, id, how->is_revoked ?
	    V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD, reason, at,
	    from, next) != NULL;

	OCSP_CERTID_free(id);
	ASN1_TIME_free(at);
	ASN1_GENERALIZEDTIME_free(from);
	ASN1_GENERALIZEDTIME_free(next);
	return (ok);
}

int
ocspmake(const struct ocspmake *how, struct arena *a, struct str *der,
    struct err *err)
{
	OCSP_BASICRESP *answer = OCSP_BASICRESP_new();
	OCSP_RESPONSE *r = NULL;
	uint8_t *bytes = NULL;
	int len;

	must(answer != NULL);
	/* SHA-1 first: what RFC 5019 2.1.1 has everybody ask for. */
	if (add_status(answer, EVP_sha1(), how) &&
	    add_status(answer, EVP_sha256(), how) &&
	    OCSP_basic_sign(answer, how->responder, how->key,
	    csr_digest(how->key), NULL, OCSP_RESPID_KEY) == 1)
		r = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL,
		    answer);
	OCSP_BASICRESP_free(answer);
	len = r != NULL ? i2d_OCSP_RESPONSE(r, &bytes) : -1;
	OCSP_RESPONSE_free(r);
	if (len <= 0)
		return (certmake_failed(err, "cannot sign an OCSP answer"));
	*der = arena_str(a, str_make(bytes, (size_t)len));
	OPENSSL_free(bytes);
	return (0);
}
