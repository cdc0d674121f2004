/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert: parsing one certificate into facts.
 *
 * Runs in the gateway and the CLI. Security: anybody's bytes; OpenSSL parses
 * them, what it accepts loosely (BER, odd names) is looked at again here. Texts
 * are cleaned, since people read them in verdicts. Standards: RFC 5280 4,
 * RFC 8550 3, RFC 4514.
 */
#include "pki/cert.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "base/clock.h"
#include "base/enc.h"
#include "pki/certname.h"

#define SIGNS (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)

static int
read_serial(const X509 *x, struct arena *a, struct str *out, struct err *err)
{
	const ASN1_INTEGER *n = X509_get0_serialNumber(x);
	size_t len = (size_t)ASN1_STRING_length(n);
	char hex[2 * CERT_SERIAL_MAX + 1];

	if (len > CERT_SERIAL_MAX)
		return (err_set(err, ERR_INPUT, "its serial number is too "
		    "long"));
	enc_hex(ASN1_STRING_get0_data(n), len, hex);
	*out = str_of(arena_printf(a, "%s%s",
	    ASN1_STRING_type(n) == V_ASN1_NEG_INTEGER ? "-" : "", hex));
	return (0);
}

/* ---- facts ------------------------------------------------------------- */

static bool
read_time(const ASN1_TIME *t, int64_t *ms)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return (false);
	*ms = (int64_t)timegm(&tm) * CLOCK_SECOND_MS;
	return (true);
}

static enum cert_key
key_of(const EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return (CERT_KEY_RSA);
	case EVP_PKEY_EC:
		return (CERT_KEY_EC);
	case EVP_PKEY_ED25519:
		return (CERT_KEY_ED25519);
	case EVP_PKEY_X25519:
		return (CERT_KEY_X25519);
	default:
		return (CERT_KEY_OTHER);
	}
}

/* What its owner may do with it: as the key can, and as the usage allows. */
static void
read_uses(X509 *x, const EVP_PKEY *key, struct cert *c)
{
	uint32_t usage = X509_get_key_usage(x);
	uint32_t extended = X509_get_extended_key_usage(x);

	/* UINT32_MAX, all bits, where there is no such extension. */
	c->is_for_mail = (extended & (XKU_SMIME | XKU_ANYEKU)) != 0;
	c->may_sign = c->is_for_mail && (usage & SIGNS) != 0 &&
	    c->key != CERT_KEY_X25519;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		c->may_encrypt = (usage & KU_KEY_ENCIPHERMENT) != 0;
	else if (c->key == CERT_KEY_EC || c->key == CERT_KEY_X25519)
		c->may_encrypt = (usage & KU_KEY_AGREEMENT) != 0;
	c->may_encrypt &= c->is_for_mail;
}

static int
read_facts(X509 *x, struct arena *a, struct cert *c, struct err *err)
{
	const EVP_PKEY *key = X509_get0_pubkey(x);
	uint32_t flags = X509_get_extension_flags(x);

	if (!read_time(X509_get0_notBefore(x), &c->from_ms) ||
	    !read_time(X509_get0_notAfter(x), &c->until_ms))
		return (err_set(err, ERR_INPUT, "its dates are malformed"));
	if (read_serial(x, a, &c->serial, err) == -1)
		return (-1);
	c->subject = certname_text(X509_get_subject_name(x), a);
	c->issuer = certname_text(X509_get_issuer_name(x), a);
	c->common_name = certname_common(X509_get_subject_name(x), a);
	c->is_malformed = (flags & (EXFLAG_INVALID |
	    EXFLAG_INVALID_POLICY)) != 0;
	c->is_self_signed = (flags & EXFLAG_SS) != 0;
	c->is_authority = X509_check_ca(x) == 1;
	if (key != NULL) {
		c->key = key_of(key);
		c->key_bits = (unsigned)MAX_OF(EVP_PKEY_get_bits(key), 0);
		read_uses(x, key, c);
	}
	certname_addresses(x, a, &c->addresses, &c->n_addresses);
	certname_urls(x, a, c);
	return (0);
}

/* ---- parsing ----------------------------------------------------------- */

/* One certificate, one encoding, one hash. */
static bool
is_encoded_so(X509 *x, struct str der)
{
	unsigned char *again = NULL;
	int len = i2d_X509(x, &again);
	bool is = len > 0 && str_eq(str_make(again, (size_t)len), der);

	OPENSSL_free(again);
	return (is);
}

int
cert_parse(struct str der, struct arena *a, struct cert *out, struct err *err)
{
	const unsigned char *p = (const unsigned char *)der.p;
	struct cert c = { .der = STR_NULL };
	unsigned n = 0;

	if (der.len > CERT_DER_MAX)
		return (err_set(err, ERR_LIMIT, "a certificate is larger than "
		    "%u bytes", CERT_DER_MAX));
	c.x = der.len == 0 ? NULL : d2i_X509(NULL, &p, (long)der.len);
	if (c.x == NULL || !is_encoded_so(c.x, der)) {
		cert_done(&c);
		return (err_set(err, ERR_INPUT, "this is not a certificate"));
	}
	if (read_facts(c.x, a, &c, err) == -1) {
		cert_done(&c);
		return (err_in(err, "a certificate cannot be used"));
	}
	must(EVP_Digest(der.p, der.len, c.sha256, &n, EVP_sha256(),
	    NULL) == 1);
	c.der = arena_str(a, der);
	ERR_clear_error();
	*out = c;
	return (0);
}

void
cert_done(struct cert *c)
{
	X509_free(c->x);
	c->x = NULL;
	ERR_clear_error();
}
