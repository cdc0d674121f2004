/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyrecord: parsing key records, and verifying with the key in them.
 *
 * Runs in the gateway and the command line. Security: whoever signed the mail
 * wrote the record too. OpenSSL parses the key; its size is bounded before
 * and after. Standards: RFC 6376 3.6.1, RFC 8301 3, RFC 8463.
 */
#include "dkim/keyrecord.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/auto.h"
#include "base/enc.h"
#include "dkim/tags.h"

#define AUTO_KEY AUTO_CLEAN(free_key)
#define AUTO_KEY_CTX AUTO_CLEAN(free_key_ctx)
#define AUTO_MD_CTX AUTO_CLEAN(free_md_ctx)

static void
free_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void
free_key_ctx(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

static void
free_md_ctx(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

const char *
dkim_algorithm_name(enum dkim_algorithm algorithm)
{
	return (algorithm == DKIM_RSA_SHA256 ? "rsa-sha256" :
	    "ed25519-sha256");
}

/* ---- reading ---------------------------------------------------------- */

static int
read_kind(const struct tags *t, struct keyrecord *r, struct err *err)
{
	struct str kind = tags_value(t, "k", STR_LIT("rsa"));

	if (tags_find(t, "v") != NULL && (!str_eq(t->tag[0].name,
	    STR_LIT("v")) || !str_eq(t->tag[0].value, STR_LIT("DKIM1"))))
		return (err_set(err, ERR_INPUT, "the record is not of "
		    "version DKIM1"));
	if (str_eq_nocase(kind, STR_LIT("rsa")))
		r->algorithm = DKIM_RSA_SHA256;
	else if (str_eq_nocase(kind, STR_LIT("ed25519")))
		r->algorithm = DKIM_ED25519_SHA256;
	else
		return (err_set(err, ERR_INPUT, "the record's key is of an "
		    "unknown kind"));
	return (0);
}

static int
read_key(const struct tags *t, struct keyrecord *r, struct err *err)
{
	struct buf key = { .p = r->key, .cap = sizeof(r->key),
	    .max = sizeof(r->key) };
	const struct tag *p = tags_find(t, "p");

	if (p == NULL)
		return (err_set(err, ERR_INPUT, "the record has no key"));
	if (p->value.len > 0 && (!tags_base64(p->value, &key) || key.over))
		return (err_set(err, ERR_INPUT, "the record's key is not "
		    "base64, or too long"));
	r->n = key.len;
	return (0);
}

int
keyrecord_parse(struct str text, struct keyrecord *out, struct err *err)
{
	struct keyrecord r = { .n = 0 };
	struct str flags, service;
	struct tags t;

	if (text.len > KEYRECORD_MAX_BYTES)
		return (err_set(err, ERR_INPUT, "the record is longer than "
		    "%d bytes", KEYRECORD_MAX_BYTES));
	if (tags_parse(text, &t, err) == -1 || read_kind(&t, &r, err) == -1 ||
	    read_key(&t, &r, err) == -1)
		return (-1);
	flags = tags_value(&t, "t", STR_NULL);
	service = tags_value(&t, "s", STR_LIT("*"));
	r.is_testing = tags_has(flags, STR_LIT("y"));
	r.is_strict = tags_has(flags, STR_LIT("s"));
	r.allows_sha256 = tags_has(tags_value(&t, "h", STR_LIT("sha256")),
	    STR_LIT("sha256"));
	r.allows_email = tags_has(service, STR_LIT("*")) ||
	    tags_has(service, STR_LIT("email"));
	*out = r;
	return (0);
}

/* ---- verifying -------------------------------------------------------- */

/* What RFC 6376 says and what its example shows differ: both are in use
 * (RFCs 8017 A.1.1 and 5280 4.1). */
static EVP_PKEY *
load_rsa(const struct keyrecord *r)
{
	const uint8_t *p = r->key;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)r->n);

	if (key == NULL) {
		p = r->key;
		key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)r->n);
	}
	if (key != NULL && EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return (key);
}

static int
check_rsa_size(const EVP_PKEY *key, struct err *err)
{
	int bits = EVP_PKEY_get_bits(key);

	if (bits < KEYRECORD_RSA_MIN_BITS)
		return (err_set(err, ERR_LIMIT, "the key has only %d bits",
		    bits));
	if (bits > KEYRECORD_RSA_MAX_BITS)
		return (err_set(err, ERR_LIMIT, "the key has %d bits, more "
		    "than %d", bits, KEYRECORD_RSA_MAX_BITS));
	return (0);
}

static int
verify_rsa(const struct keyrecord *r, const struct canon_digest *digest,
    struct str signature, struct err *err)
{
	AUTO_KEY EVP_PKEY *key = load_rsa(r);
	AUTO_KEY_CTX EVP_PKEY_CTX *ctx = NULL;

	if (key == NULL)
		return (err_set(err, ERR_PERM, "the record's key is no RSA "
		    "key"));
	if (check_rsa_size(key, err) == -1)
		return (-1);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	must(ctx != NULL);
	if (EVP_PKEY_verify_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1)
		return (err_set(err, ERR_PERM, "the key cannot be used"));
	if (EVP_PKEY_verify(ctx, (const uint8_t *)signature.p, signature.len,
	    digest->b, CANON_DIGEST_BYTES) != 1)
		return (err_set(err, ERR_DENIED, "the signature does not "
		    "match"));
	return (0);
}

/* RFC 8463 3: what is signed is the hash. */
static int
verify_ed25519(const struct keyrecord *r, const struct canon_digest *digest,
    struct str signature, struct err *err)
{
	AUTO_KEY EVP_PKEY *key = r->n != KEYRECORD_ED25519_BYTES ? NULL :
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, r->key, r->n);
	AUTO_MD_CTX EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	must(ctx != NULL);
	if (key == NULL ||
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) != 1)
		return (err_set(err, ERR_PERM, "the record's key is no "
		    "Ed25519 key"));
	if (EVP_DigestVerify(ctx, (const uint8_t *)signature.p, signature.len,
	    digest->b, CANON_DIGEST_BYTES) != 1)
		return (err_set(err, ERR_DENIED, "the signature does not "
		    "match"));
	return (0);
}

int
keyrecord_verify(const struct keyrecord *r, const struct canon_digest *digest,
    struct str signature, struct err *err)
{
	must(r->n > 0);
	return (r->algorithm == DKIM_RSA_SHA256 ?
	    verify_rsa(r, digest, signature, err) :
	    verify_ed25519(r, digest, signature, err));
}

/* ---- writing ---------------------------------------------------------- */

void
keyrecord_format(enum dkim_algorithm algorithm, struct str key,
    struct buf *out)
{
	buf_printf(out, "v=DKIM1; k=%s; p=", algorithm == DKIM_RSA_SHA256 ?
	    "rsa" : "ed25519");
	enc_base64(key.p, key.len, out);
}
