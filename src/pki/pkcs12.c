/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pkcs12: OpenSSL reads and writes; what is let in is decided before it
 * decrypts anything but the check of the password.
 *
 * Runs in the CLI, for administrators. Security: files of users: their number
 * of rounds is bounded, old ciphers are refused unless asked for. Standards:
 * RFC 7292, RFC 8018 (PBES2).
 */
#include "pki/pkcs12.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include "pki/keynumbers.h"

#define ROUNDS 100000	/* of the password in what we write */
#define PASSWORD_MAX 1024

static void
free_file(PKCS12 **p)
{
	PKCS12_free(*p);
}

static void
free_bags(STACK_OF(PKCS7) **s)
{
	sk_PKCS7_pop_free(*s, PKCS7_free);
}

static void
free_certs(STACK_OF(X509) **s)
{
	sk_X509_pop_free(*s, X509_free);
}

static void
free_key(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static void
free_cert(X509 **x)
{
	X509_free(*x);
}

/* RC2 is not in OpenSSL's default provider. */
static void
unload(OSSL_PROVIDER **p)
{
	if (*p != NULL)
		(void)OSSL_PROVIDER_unload(*p);
}

/* ---- what is let in ---------------------------------------------------- */

/* Anything but PBES2 derives its key as of 1993. */
static bool
is_old(const X509_ALGOR *a)
{
	return (OBJ_obj2nid(a->algorithm) != NID_pbes2);
}

static bool
has_old_key(const PKCS7 *content)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = PKCS12_unpack_p7data(
	    (PKCS7 *)(uintptr_t)content);
	bool has = false;

	for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
		const PKCS12_SAFEBAG *b = sk_PKCS12_SAFEBAG_value(bags, i);
		const X509_ALGOR *a = NULL;

		if (PKCS12_SAFEBAG_get_nid(b) != NID_pkcs8ShroudedKeyBag)
			continue;
		X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(b), &a, NULL);
		has |= is_old(a);
	}
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return (has);
}

static bool
is_legacy(const PKCS12 *file)
{
	AUTO_CLEAN(free_bags) STACK_OF(PKCS7) *list =
	    PKCS12_unpack_authsafes(file);
	bool has = false;

	for (int i = 0; i < sk_PKCS7_num(list); i++) {
		const PKCS7 *content = sk_PKCS7_value(list, i);

		if (PKCS7_type_is_data(content))
			has |= has_old_key(content);
		else if (PKCS7_type_is_encrypted(content))
			has |= is_old(content->d.encrypted->enc_data->
			    algorithm);
	}
	return (has);
}

static int
check_rounds(const PKCS12 *file, struct err *err)
{
	const ASN1_INTEGER *rounds = NULL;
	int64_t n = 1;

	if (PKCS12_mac_present(file) != 1)
		return (err_set(err, ERR_INPUT,
		    "the key file has nothing to check its password with"));
	PKCS12_get0_mac(NULL, NULL, NULL, &rounds, file);
	if (rounds != NULL && (ASN1_INTEGER_get_int64(&n, rounds) != 1 ||
	    n < 1 || n > PKCS12_ROUNDS_MAX))
		return (err_set(err, ERR_LIMIT, "the key file wants its "
		    "password to be derived too often"));
	return (0);
}

static int
check_file(PKCS12 *file, const char *password, bool allows_legacy,
    struct err *err)
{
	if (file == NULL)
		return (err_set(err, ERR_INPUT, "this is not a key file "
		    "(PKCS#12)"));
	if (check_rounds(file, err) == -1)
		return (-1);
	if (PKCS12_verify_mac(file, password, -1) != 1 &&
	    (password[0] != '\0' || PKCS12_verify_mac(file, NULL, 0) != 1))
		return (err_set(err, ERR_DENIED, "the password is wrong"));
	if (!allows_legacy && is_legacy(file))
		return (err_set(err, ERR_DENIED, "the key file is encrypted "
		    "with an old cipher, and reading such files was not asked "
		    "for"));
	return (0);
}

/* ---- reading ----------------------------------------------------------- */

static int
add_cert(struct pkcs12 *p, X509 *x, struct arena *a, struct err *err)
{
	unsigned char *der = NULL;
	int rc, len;

	if (x == NULL || p->n_certs == PKCS12_CERTS_MAX)
		return (0);
	len = i2d_X509(x, &der);
	rc = cert_parse(str_make(der, (size_t)MAX_OF(len, 0)), a,
	    &p->certs[p->n_certs], err);
	p->n_certs += rc == 0;
	OPENSSL_free(der);
	return (rc);
}

static int
take_all(PKCS12 *file, const char *password, struct arena *a,
    struct pkcs12 *p, struct err *err)
{
	AUTO_CLEAN(free_key) EVP_PKEY *key = NULL;
	AUTO_CLEAN(free_cert) X509 *own = NULL;
	AUTO_CLEAN(free_certs) STACK_OF(X509) *others = NULL;

	if (PKCS12_parse(file, password, &key, &own, &others) != 1)
		return (err_set(err, ERR_INPUT,
		    "the key file is malformed"));
	if (key == NULL || own == NULL)
		return (err_set(err, ERR_INPUT, key == NULL ?
		    "there is no key in the key file" :
		    "there is no certificate of its key in the key file"));
	p->certs = arena_array(a, PKCS12_CERTS_MAX, sizeof(*p->certs));
	if (keynumbers_take(key, a, &p->key, err) == -1 ||
	    add_cert(p, own, a, err) == -1)
		return (-1);
	for (int i = 0; i < sk_X509_num(others); i++)
		if (add_cert(p, sk_X509_value(others, i), a, err) == -1)
			return (-1);
	return (0);
}

int
pkcs12_read(struct str file, struct str password, bool allows_legacy,
    struct arena *a, struct pkcs12 *out, struct err *err)
{
	const unsigned char *der = (const unsigned char *)file.p;
	const char *word = arena_str(a, password).p;
	AUTO_CLEAN(unload) OSSL_PROVIDER *old = NULL;
	AUTO_CLEAN(free_file) PKCS12 *p12 = file.len == 0 ||
	    file.len > PKCS12_BYTES_MAX ? NULL :
	    d2i_PKCS12(NULL, &der, (long)file.len);
	struct pkcs12 p = { .n_certs = 0 };
	int rc;

	if (password.len > PASSWORD_MAX || file.len > PKCS12_BYTES_MAX)
		return (err_set(err, ERR_LIMIT, "the key file or its password "
		    "is too long"));
	if (allows_legacy)
		old = OSSL_PROVIDER_try_load(NULL, "legacy", 1);
	rc = check_file(p12, word, allows_legacy, err);
	if (rc == 0)
		rc = take_all(p12, word, a, &p, err);
	ERR_clear_error();
	if (rc == -1)
		pkcs12_done(&p);
	else
		*out = p;
	return (rc);
}

void
pkcs12_done(struct pkcs12 *p)
{
	for (size_t i = 0; i < p->n_certs; i++)
		cert_done(&p->certs[i]);
	p->n_certs = 0;
}

/* ---- writing ----------------------------------------------------------- */

static PKCS12 *
create(EVP_PKEY *key, const struct cert *certs, size_t n, const char *name,
    const char *password, bool is_old)
{
	AUTO_CLEAN(free_certs) STACK_OF(X509) *others = sk_X509_new_null();
	const int cipher = is_old ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC :
	    NID_aes_256_cbc;
	PKCS12 *p12;

	must(others != NULL);
	for (size_t i = 1; i < n; i++)
		must(X509_add_cert(others, certs[i].x,
		    X509_ADD_FLAG_UP_REF) == 1);
	/* -1: no check yet, its digest is ours to say. */
	p12 = PKCS12_create(password, name, key, certs[0].x, others, cipher,
	    cipher, ROUNDS, -1, 0);
	if (p12 != NULL && PKCS12_set_mac(p12, password, -1, NULL, 0, ROUNDS,
	    is_old ? EVP_sha1() : EVP_sha256()) != 1) {
		PKCS12_free(p12);
		p12 = NULL;
	}
	return (p12);
}

int
pkcs12_write(const struct pkcs12_key *key, const struct cert *certs, size_t n,
    struct str name, struct str password, bool is_legacy_file, struct buf *out,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_CLEAN(free_key) EVP_PKEY *pkey = n == 0 ? NULL :
	    keynumbers_give(key, certs[0].x);
	AUTO_CLEAN(free_file) PKCS12 *p12 = NULL;
	unsigned char *der = NULL;
	int len;

	if (pkey == NULL)
		return (err_set(err, ERR_INPUT,
		    "the key is not that of the certificate"));
	p12 = create(pkey, certs, n, name.len > 0 ? arena_str(a, name).p :
	    NULL, arena_str(a, password).p, is_legacy_file);
	len = p12 == NULL ? -1 : i2d_PKCS12(p12, &der);
	ERR_clear_error();
	if (len <= 0)
		return (err_set(err, ERR_PERM, "the key file could not be "
		    "written"));
	buf_append(out, der, (size_t)len);
	OPENSSL_clear_free(der, (size_t)len);
	return (buf_check(out, "a key file", err));
}
