/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crlmake: the list, its number and who signed it.
 *
 * Runs in the gateway and the CLI. Security: serial numbers come from our own
 * store. Standards: RFC 5280 5.1 to 5.3.
 */
#include "issue/crlmake.h"

#include <openssl/x509v3.h>
#include <stdio.h>

#include "base/clock.h"
#include "issue/certmake.h"
#include "pki/csr.h"

#define SERIAL_TEXT_MAX 64

static bool
set_reason(X509_REVOKED *r, unsigned reason)
{
	ASN1_ENUMERATED *e;
	bool ok;

	if (reason == 0)
		return (true);
	e = ASN1_ENUMERATED_new();
	ok = e != NULL && ASN1_ENUMERATED_set(e, (long)reason) == 1 &&
	    X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, e, 0, 0) == 1;
	ASN1_ENUMERATED_free(e);
	return (ok);
}

static bool
set_serial(X509_REVOKED *r, struct str hex)
{
	char text[SERIAL_TEXT_MAX];
	BIGNUM *n = NULL;
	ASN1_INTEGER *serial;
	bool ok;

	if (hex.len >= sizeof(text))
		return (false);
	(void)snprintf(text, sizeof(text), "%.*s", STR_FMT(hex));
	if (BN_hex2bn(&n, text) == 0)
		return (false);
	serial = BN_to_ASN1_INTEGER(n, NULL);
	ok = serial != NULL && X509_REVOKED_set_serialNumber(r, serial) == 1;
	ASN1_INTEGER_free(serial);
	BN_free(n);
	return (ok);
}

static bool
add_entry(X509_CRL *crl, const struct crlmake_entry *e)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)(e->at_ms /
	    CLOCK_SECOND_MS));
	bool ok = r != NULL && at != NULL && set_serial(r, e->serial) &&
	    X509_REVOKED_set_revocationDate(r, at) == 1 &&
	    set_reason(r, e->reason) && X509_CRL_add0_revoked(crl, r) == 1;

	ASN1_TIME_free(at);
	if (!ok)
		X509_REVOKED_free(r);
	return (ok);
}

static bool
set_times(X509_CRL *crl, const struct crlmake *how)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)(how->this_ms /
	    CLOCK_SECOND_MS));
	ASN1_TIME *next = ASN1_TIME_set(NULL, (time_t)(how->next_ms /
	    CLOCK_SECOND_MS));
	bool ok = from != NULL && next != NULL &&
	    X509_CRL_set1_lastUpdate(crl, from) == 1 &&
	    X509_CRL_set1_nextUpdate(crl, next) == 1;

	ASN1_TIME_free(from);
	ASN1_TIME_free(next);
	return (ok);
}

static bool
add_extensions(X509_CRL *crl, const struct crlmake *how)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509V3_CTX ctx;
	X509_EXTENSION *e;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, how->by, NULL, NULL, crl, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier,
	    "keyid:always");
	ok = e != NULL && X509_CRL_add_ext(crl, e, -1) == 1 &&
	    number != NULL && ASN1_INTEGER_set_int64(number, how->number) ==
	    1 && X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;
	X509_EXTENSION_free(e);
	ASN1_INTEGER_free(number);
	return (ok);
}

int
crlmake(const struct crlmake *how, struct arena *a, struct str *der,
    struct err *err)
{
	X509_CRL *crl = X509_CRL_new();
	uint8_t *bytes = NULL;
	bool ok;
	int len;

	must(crl != NULL);
	ok = X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(how->by)) ==
	    1 && set_times(crl, how);
	for (size_t i = 0; ok && i < how->n; i++)
		ok = add_entry(crl, &how->entries[i]);
	ok = ok && X509_CRL_sort(crl) == 1 && add_extensions(crl, how) &&
	    X509_CRL_sign(crl, how->key, csr_digest(how->key)) > 0;
	len = ok ? i2d_X509_CRL(crl, &bytes) : -1;
	X509_CRL_free(crl);
	if (len <= 0)
		return (certmake_failed(err, "cannot sign a revocation "
		    "list"));
	*der = arena_str(a, str_make(bytes, (size_t)len));
	OPENSSL_free(bytes);
	return (0);
}
