/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certrow: filling the row of a certificate of our own.
 *
 * Runs in the gateway and the CLI. Security: what an authority sent as ours is
 * parsed by pki/cert first. Standards: RFC 5652 10.2.4, 12.2 (the names).
 */
#include "issue/certrow.h"

#include <openssl/x509v3.h>

#include "pki/cert.h"

/* What a recipient info names: issuer and serial number as they are encoded. */
static void
take_names(X509 *x, struct arena *a, struct store_cert *row)
{
	const ASN1_OCTET_STRING *key_id = X509_get0_subject_key_id(x);
	uint8_t *bytes = NULL;
	int len = i2d_X509_NAME(X509_get_issuer_name(x), &bytes);

	must(len > 0);
	row->issuer_der = arena_str(a, str_make(bytes, (size_t)len));
	OPENSSL_free(bytes);
	bytes = NULL;
	len = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &bytes);
	must(len > 0);
	row->serial_der = arena_str(a, str_make(bytes, (size_t)len));
	OPENSSL_free(bytes);
	if (key_id != NULL)
		row->key_id = arena_str(a, str_make(
		    ASN1_STRING_get0_data(key_id),
		    (size_t)ASN1_STRING_length(key_id)));
}

int
certrow_fill(struct str der, struct arena *a, struct store_cert *row,
    struct err *err)
{
	struct cert c;

	if (cert_parse(der, a, &c, err) == -1)
		return (-1);
	memcpy(row->sha256, c.sha256, sizeof(row->sha256));
	row->der = c.der;
	row->subject = c.subject;
	row->issuer = c.issuer;
	row->serial = c.serial;
	row->from_ms = c.from_ms;
	row->until_ms = c.until_ms;
	row->uses = (c.may_sign ? STORE_CERT_SIGNS : 0) |
	    (c.may_encrypt ? STORE_CERT_ENCRYPTS : 0);
	take_names(c.x, a, row);
	cert_done(&c);
	return (0);
}
