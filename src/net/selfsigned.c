/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selfsigned: key, certificate, PEM. Runs behind `letterlock init` only.
 *
 * Security: the key is written by the caller with its permissions; buffers
 * are wiped. Standards: RFC 5280, RFC 5915.
 */
#include "net/selfsigned.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define SERIAL_BITS 127

static bool
add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = e != NULL && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return (ok);
}

bool
selfsigned_serial(X509 *x)
{
	BIGNUM *n = BN_new();
	bool ok = n != NULL &&
	    BN_rand(n, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;

	BN_free(n);
	return (ok);
}

static bool
fill(X509 *x, EVP_PKEY *key, const char *hostname)
{
	X509_NAME *name = X509_get_subject_name(x);
	char names[512];

	(void)snprintf(names, sizeof(names),
	    "DNS:%s,DNS:localhost,IP:127.0.0.1,IP:::1", hostname);
	return (X509_set_version(x, X509_VERSION_3) == 1 &&
	    selfsigned_serial(x) &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)hostname, -1, -1, 0) == 1 &&
	    X509_set_issuer_name(x, name) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(x), -3600) != NULL &&
	    X509_time_adj_ex(X509_getm_notAfter(x), SELFSIGNED_DAYS, 0,
	    NULL) != NULL && X509_set_pubkey(x, key) == 1 &&
	    add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(x, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(x, NID_ext_key_usage, "serverAuth") &&
	    add_extension(x, NID_subject_alt_name, names) &&
	    X509_sign(x, key, EVP_sha256()) > 0);
}

static void
take_text(BIO *bio, struct buf *out)
{
	char *p;
	long len = BIO_get_mem_data(bio, &p);

	buf_append(out, p, (size_t)len);
}

static bool
write_pem(EVP_PKEY *key, X509 *x, struct buf *key_out, struct buf *cert_out)
{
	BIO *k = BIO_new(BIO_s_secmem()), *c = BIO_new(BIO_s_mem());
	bool ok = k != NULL && c != NULL &&
	    PEM_write_bio_PKCS8PrivateKey(k, key, NULL, NULL, 0, NULL,
	    NULL) == 1 && PEM_write_bio_X509(c, x) == 1;

	if (ok) {
		take_text(k, key_out);
		take_text(c, cert_out);
	}
	BIO_free(k);
	BIO_free(c);
	return (ok);
}

int
selfsigned_make(const char *hostname, struct buf *key_out,
    struct buf *cert_out, struct err *err)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	bool ok = key != NULL && x != NULL && fill(x, key, hostname) &&
	    write_pem(key, x, key_out, cert_out);

	X509_free(x);
	EVP_PKEY_free(key);
	if (!ok)
		return (err_set(err, ERR_PERM,
		    "cannot make a certificate for %s", hostname));
	return (0);
}
