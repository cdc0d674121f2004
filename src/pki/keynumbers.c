/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keynumbers: by OpenSSL's parameters, no structure of its own is touched.
 *
 * Runs in the CLI. Security: every copy of a secret number that is ours is
 * wiped. Standards: RFC 8017 3.2, RFC 5915, RFC 8410.
 */
#include "pki/keynumbers.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#define NUMBER_BYTES_MAX 1024
#define SEED_BYTES 32

static void
free_builder(OSSL_PARAM_BLD **b)
{
	OSSL_PARAM_BLD_free(*b);
}

static void
free_params(OSSL_PARAM **p)
{
	OSSL_PARAM_free(*p);
}

static void
free_context(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

/* ---- taking ------------------------------------------------------------ */

/* As long as it is, or as wide as is said. */
static bool
take(const EVP_PKEY *key, const char *name, int width, struct arena *a,
    struct str *out)
{
	BIGNUM *n = NULL;
	uint8_t *p;
	int len;

	if (EVP_PKEY_get_bn_param(key, name, &n) != 1)
		return (false);
	len = MAX_OF(BN_num_bytes(n), width);
	p = arena_alloc(a, (size_t)len);
	(void)BN_bn2binpad(n, p, len);
	BN_clear_free(n);
	*out = str_make(p, (size_t)len);
	return (true);
}

static bool
take_rsa(const EVP_PKEY *key, struct arena *a, struct pkcs12_key *out)
{
	out->kind = CERT_KEY_RSA;
	return (take(key, OSSL_PKEY_PARAM_RSA_N, 0, a, &out->n) &&
	    take(key, OSSL_PKEY_PARAM_RSA_E, 0, a, &out->e) &&
	    take(key, OSSL_PKEY_PARAM_RSA_D, 0, a, &out->d) &&
	    take(key, OSSL_PKEY_PARAM_RSA_FACTOR1, 0, a, &out->p) &&
	    take(key, OSSL_PKEY_PARAM_RSA_FACTOR2, 0, a, &out->q));
}

static bool
take_curve(const EVP_PKEY *key, struct arena *a, struct pkcs12_key *out)
{
	out->kind = CERT_KEY_EC;
	return (take(key, OSSL_PKEY_PARAM_PRIV_KEY,
	    (EVP_PKEY_get_bits(key) + 7) / 8, a, &out->d));
}

static bool
take_seed(const EVP_PKEY *key, struct arena *a, struct pkcs12_key *out)
{
	size_t len = SEED_BYTES;
	uint8_t *seed = arena_alloc(a, len);

	out->kind = CERT_KEY_ED25519;
	if (EVP_PKEY_get_raw_private_key(key, seed, &len) != 1)
		return (false);
	out->d = str_make(seed, len);
	return (true);
}

int
keynumbers_take(const EVP_PKEY *key, struct arena *a, struct pkcs12_key *out,
    struct err *err)
{
	struct pkcs12_key k = { .bits =
		(unsigned)MAX_OF(EVP_PKEY_get_bits(key), 0) };
	bool ok = false;

	if (EVP_PKEY_is_a(key, "RSA"))
		ok = take_rsa(key, a, &k);
	else if (EVP_PKEY_is_a(key, "EC"))
		ok = take_curve(key, a, &k);
	else if (EVP_PKEY_is_a(key, "ED25519"))
		ok = take_seed(key, a, &k);
	if (!ok)
		return (err_set(err, ERR_INPUT,
		    "the key is of a kind that we do not use"));
	*out = k;
	return (0);
}

/* ---- giving ------------------------------------------------------------ */

struct numbers {
	OSSL_PARAM_BLD *builder;
	BN_CTX *ctx;	/* its numbers live as long, and are wiped */
	bool ok;
};

static BIGNUM *
number(struct numbers *n, struct str s)
{
	BIGNUM *b = BN_CTX_get(n->ctx);

	n->ok = n->ok && b != NULL && s.len > 0 && s.len <= NUMBER_BYTES_MAX &&
	    BN_bin2bn((const unsigned char *)s.p, (int)s.len, b) != NULL;
	return (b);
}

static void
push(struct numbers *n, const char *name, const BIGNUM *b)
{
	n->ok = n->ok && OSSL_PARAM_BLD_push_BN(n->builder, name, b) == 1;
}

/* d modulo one prime less one, which OpenSSL wants to be told. */
static BIGNUM *
exponent(struct numbers *n, const BIGNUM *d, const BIGNUM *prime)
{
	BIGNUM *less = BN_CTX_get(n->ctx), *r = BN_CTX_get(n->ctx);

	n->ok = n->ok && r != NULL && BN_copy(less, prime) != NULL &&
	    BN_sub_word(less, 1) == 1 && !BN_is_zero(less) &&
	    BN_mod(r, d, less, n->ctx) == 1;
	return (r);
}

static void
give_rsa(struct numbers *n, const struct pkcs12_key *key)
{
	BIGNUM *d = number(n, key->d), *p = number(n, key->p);
	BIGNUM *q = number(n, key->q), *inverse = BN_CTX_get(n->ctx);

	push(n, OSSL_PKEY_PARAM_RSA_N, number(n, key->n));
	push(n, OSSL_PKEY_PARAM_RSA_E, number(n, key->e));
	push(n, OSSL_PKEY_PARAM_RSA_D, d);
	push(n, OSSL_PKEY_PARAM_RSA_FACTOR1, p);
	push(n, OSSL_PKEY_PARAM_RSA_FACTOR2, q);
	push(n, OSSL_PKEY_PARAM_RSA_EXPONENT1, exponent(n, d, p));
	push(n, OSSL_PKEY_PARAM_RSA_EXPONENT2, exponent(n, d, q));
	n->ok = n->ok && inverse != NULL &&
	    BN_mod_inverse(inverse, q, p, n->ctx) != NULL;
	push(n, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, inverse);
}

/* Curve and point come with the certificate. */
static void
give_curve(struct numbers *n, const struct pkcs12_key *key,
    const EVP_PKEY *public, char group[static 64], uint8_t point[static 256])
{
	size_t len = 0;

	n->ok = n->ok && EVP_PKEY_get_utf8_string_param(public,
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 64, NULL) == 1 &&
	    EVP_PKEY_get_octet_string_param(public, OSSL_PKEY_PARAM_PUB_KEY,
	    point, 256, &len) == 1 && OSSL_PARAM_BLD_push_utf8_string(
	    n->builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(n->builder,
	    OSSL_PKEY_PARAM_PUB_KEY, point, len) == 1;
	push(n, OSSL_PKEY_PARAM_PRIV_KEY, number(n, key->d));
}

static EVP_PKEY *
make(const struct numbers *n, const char *kind)
{
	AUTO_CLEAN(free_params) OSSL_PARAM *params =
	    OSSL_PARAM_BLD_to_param(n->builder);
	AUTO_CLEAN(free_context) EVP_PKEY_CTX *c =
	    EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	EVP_PKEY *key = NULL;

	must(params != NULL && c != NULL);
	if (EVP_PKEY_fromdata_init(c) != 1 || EVP_PKEY_fromdata(c, &key,
	    EVP_PKEY_KEYPAIR, params) != 1)
		return (NULL);
	return (key);
}

/* The private number is of the public one, and that of the certificate. */
static bool
fits(EVP_PKEY *key, X509 *x)
{
	AUTO_CLEAN(free_context) EVP_PKEY_CTX *c =
	    EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	must(c != NULL);
	return (X509_check_private_key(x, key) == 1 &&
	    (EVP_PKEY_is_a(key, "ED25519") ||
	    EVP_PKEY_pairwise_check(c) == 1));
}

EVP_PKEY *
keynumbers_give(const struct pkcs12_key *key, X509 *x)
{
	AUTO_CLEAN(free_builder) OSSL_PARAM_BLD *builder =
	    OSSL_PARAM_BLD_new();
	struct numbers n = { builder, BN_CTX_secure_new(), true };
	EVP_PKEY *public = X509_get0_pubkey(x), *made = NULL;
	uint8_t point[256];
	char group[64];

	if (key->kind == CERT_KEY_ED25519)
		made = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
		    (const unsigned char *)key->d.p, key->d.len);
	must(builder != NULL && n.ctx != NULL);
	BN_CTX_start(n.ctx);
	if (key->kind == CERT_KEY_RSA)
		give_rsa(&n, key);
	else if (key->kind == CERT_KEY_EC)
		give_curve(&n, key, public, group, point);
	if (n.ok && (key->kind == CERT_KEY_RSA || key->kind == CERT_KEY_EC))
		made = make(&n, key->kind == CERT_KEY_RSA ? "RSA" : "EC");
	BN_CTX_end(n.ctx);
	BN_CTX_free(n.ctx);
	if (made != NULL && !fits(made, x)) {
		EVP_PKEY_free(made);
		made = NULL;
	}
	ERR_clear_error();
	return (made);
}
