/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csr: PKCS#10 by OpenSSL.
 *
 * Runs in the gateway and the CLI. Security: what is read comes from outside;
 * its signature proves that whoever asks has the key. Standards: RFC 2986,
 * RFC 2985 5.4.2, RFC 9598 3.
 */
#include "pki/csr.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/enc.h"
#include "pki/certname.h"

#define PEM_MAX (2 * CSR_BYTES_MAX)
#define P384_BITS 384

static void
free_request(X509_REQ **r)
{
	X509_REQ_free(*r);
}

/* ---- names ------------------------------------------------------------- */

static bool
set_text(GENERAL_NAME *g, struct str address)
{
	ASN1_TYPE *value = NULL;
	ASN1_STRING *s = ASN1_STRING_type_new(enc_is_ascii(address) ?
	    V_ASN1_IA5STRING : V_ASN1_UTF8STRING);

	must(s != NULL && ASN1_STRING_set(s, address.p, (int)address.len) ==
	    1);
	if (enc_is_ascii(address)) {
		GENERAL_NAME_set0_value(g, GEN_EMAIL, s);
		return (true);
	}
	value = ASN1_TYPE_new();
	must(value != NULL);
	ASN1_TYPE_set(value, V_ASN1_UTF8STRING, s);
	return (GENERAL_NAME_set0_othername(g, OBJ_nid2obj(
	    NID_id_on_SmtpUTF8Mailbox), value) == 1);
}

/* What we read ourselves is what we write. */
static bool
is_as_it_is_read(const GENERAL_NAMES *list, size_t n)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str *read;
	size_t n_read;

	(void)certname_alternatives(list, a, &read, &n_read);
	for (size_t i = 0; i < n_read; i++)
		if (str_index(read[i], '@') <= 0)
			return (false);
	return (n_read == n);
}

GENERAL_NAMES *
csr_alternatives(const struct str *addresses, size_t n)
{
	GENERAL_NAMES *list = GENERAL_NAMES_new();

	must(list != NULL);
	for (size_t i = 0; i < n; i++) {
		GENERAL_NAME *g = GENERAL_NAME_new();

		must(g != NULL && set_text(g, addresses[i]) &&
		    sk_GENERAL_NAME_push(list, g) > 0);
	}
	if (!is_as_it_is_read(list, n)) {
		GENERAL_NAMES_free(list);
		return (NULL);
	}
	return (list);
}

static bool
add_name(X509_NAME *name, const char *field, struct str text)
{
	return (text.len == 0 || (text.len < CERT_TEXT_MAX &&
	    X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
	    (const unsigned char *)text.p, (int)text.len, -1, 0) == 1));
}

/* ---- making ------------------------------------------------------------ */

const EVP_MD *
csr_digest(const EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448"))
		return (NULL);
	return (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_bits(key) >= P384_BITS ? EVP_sha384() :
	    EVP_sha256());
}

static bool
add_extensions(X509_REQ *r, GENERAL_NAMES *names)
{
	X509_EXTENSIONS *list = NULL;
	EXTENDED_KEY_USAGE *uses = EXTENDED_KEY_USAGE_new();
	bool ok = uses != NULL && sk_ASN1_OBJECT_push(uses,
	    OBJ_nid2obj(NID_email_protect)) > 0 &&
	    X509V3_add1_i2d(&list, NID_ext_key_usage, uses, 0, 0) == 1 &&
	    (sk_GENERAL_NAME_num(names) == 0 || X509V3_add1_i2d(&list,
	    NID_subject_alt_name, names, 0, 0) == 1) &&
	    X509_REQ_add_extensions(r, list) == 1;

	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	EXTENDED_KEY_USAGE_free(uses);
	return (ok);
}

/* As they stand there, byte for byte: whoever renews compares them. */
static int
fill_like(X509_REQ *r, const X509 *like)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(like, NID_subject_alt_name,
	    NULL, NULL);

	if (names == NULL)
		names = GENERAL_NAMES_new();
	must(names != NULL && X509_REQ_set_subject_name(r,
	    X509_get_subject_name(like)) == 1 && add_extensions(r, names));
	GENERAL_NAMES_free(names);
	return (0);
}

static int
fill(X509_REQ *r, const struct csr_wish *wish, struct err *err)
{
	X509_NAME *name = X509_REQ_get_subject_name(r);
	GENERAL_NAMES *names = csr_alternatives(wish->addresses,
	    wish->n_addresses);
	int rc = 0;

	if (names == NULL)
		rc = err_set(err, ERR_INPUT,
		    "an address cannot stand in a certificate");
	else if (!add_name(name, "O", wish->organisation) ||
	    !add_name(name, "CN", wish->common_name))
		rc = err_set(err, ERR_INPUT,
		    "a name cannot stand in a certificate (64 characters at "
		    "most)");
	else
		must(add_extensions(r, names));
	GENERAL_NAMES_free(names);
	return (rc);
}

int
csr_make(EVP_PKEY *key, const struct csr_wish *wish, struct buf *out,
    struct err *err)
{
	AUTO_CLEAN(free_request) X509_REQ *r = X509_REQ_new();
	unsigned char *der = NULL;
	int rc, len;

	must(r != NULL && X509_REQ_set_version(r, X509_REQ_VERSION_1) == 1);
	rc = wish->like != NULL ? fill_like(r, wish->like) :
	    fill(r, wish, err);
	if (rc == 0 && (X509_REQ_set_pubkey(r, key) != 1 ||
	    X509_REQ_sign(r, key, csr_digest(key)) <= 0))
		rc = err_set(err, ERR_TEMP, "a certificate request could not "
		    "be signed");
	ERR_clear_error();
	if (rc == -1)
		return (-1);
	len = i2d_X509_REQ(r, &der);
	must(len > 0);
	buf_append(out, der, (size_t)len);
	OPENSSL_free(der);
	return (buf_check(out, "a certificate request", err));
}

void
csr_pem(struct str der, struct buf *out)
{
	cert_pem_block(PEM_STRING_X509_REQ, der, out);
}

/* ---- reading ----------------------------------------------------------- */

static X509_REQ *
read_file(struct str file)
{
	const unsigned char *p = (const unsigned char *)file.p;
	X509_REQ *r;
	BIO *bio;

	if (file.len > 0 && file.p[0] == 0x30)
		return (d2i_X509_REQ(NULL, &p, (long)file.len));
	bio = BIO_new_mem_buf(file.p != NULL ? file.p : "", (int)file.len);
	must(bio != NULL);
	r = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return (r);
}

static void
take_names(X509_REQ *r, struct arena *a, struct csr *c)
{
	X509_EXTENSIONS *list = X509_REQ_get_extensions(r);
	GENERAL_NAMES *names = X509V3_get_d2i(list, NID_subject_alt_name,
	    NULL, NULL);

	c->subject = certname_text(X509_REQ_get_subject_name(r), a);
	c->common_name = certname_common(X509_REQ_get_subject_name(r), a);
	(void)certname_alternatives(names, a, &c->addresses, &c->n_addresses);
	GENERAL_NAMES_free(names);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

int
csr_parse(struct str file, struct arena *a, struct csr *out, struct err *err)
{
	AUTO_CLEAN(free_request) X509_REQ *r = file.len > PEM_MAX ? NULL :
	    read_file(file);
	unsigned char *der = NULL;
	struct csr c = { .key = NULL };
	int len;

	if (file.len > PEM_MAX)
		return (err_set(err, ERR_LIMIT, "a certificate request is "
		    "larger than %u bytes", PEM_MAX));
	if (r == NULL || X509_REQ_get0_pubkey(r) == NULL ||
	    X509_REQ_verify(r, X509_REQ_get0_pubkey(r)) != 1) {
		ERR_clear_error();
		return (err_set(err, ERR_INPUT, "%s", r == NULL ?
		    "this is not a certificate request" :
		    "the certificate request is not signed by its own key"));
	}
	take_names(r, a, &c);
	len = i2d_X509_REQ(r, &der);
	must(len > 0);
	c.der = arena_str(a, str_make(der, (size_t)len));
	OPENSSL_free(der);
	c.key = X509_REQ_get_pubkey(r);
	ERR_clear_error();
	*out = c;
	return (0);
}

void
csr_done(struct csr *c)
{
	EVP_PKEY_free(c->key);
	c->key = NULL;
}
