/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curve: P-256 through OpenSSL, from and to raw bytes.
 *
 * Runs in the keeper. Security: the peer's point comes from a browser that
 * nobody knows; it is checked to be on the curve (cofactor 1, so nothing
 * else is needed) before the private key meets it.
 * Standards: SEC 1 2.3.3, NIST SP 800-56A 5.7.1.2.
 */
#include "keep/curve.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "pki/pkey.h"

#define CURVE "P-256"
#define UNCOMPRESSED 4

void
curve_new(uint8_t scalar[static KEEP_SECRET_BYTES])
{
	AUTO_PKEY EVP_PKEY *key = EVP_EC_gen(CURVE);
	BIGNUM *d = NULL;

	must(key != NULL);
	must(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1);
	must(BN_bn2binpad(d, scalar, KEEP_SECRET_BYTES) == KEEP_SECRET_BYTES);
	BN_clear_free(d);
}

/* 0 < d < order of the group. */
static bool
is_scalar(const EC_GROUP *group, const BIGNUM *d)
{
	return (!BN_is_zero(d) &&
	    BN_cmp(d, EC_GROUP_get0_order(group)) < 0);
}

int
curve_public(const uint8_t scalar[static KEEP_SECRET_BYTES],
    uint8_t point[static KEEP_P256_POINT_BYTES], struct err *err)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *d = BN_secure_new();
	EC_POINT *q;
	int rc;

	must(group != NULL && (q = EC_POINT_new(group)) != NULL);
	must(d != NULL && BN_bin2bn(scalar, KEEP_SECRET_BYTES, d) != NULL);
	BN_set_flags(d, BN_FLG_CONSTTIME);
	rc = !is_scalar(group, d) ? err_set(err, ERR_PERM,
	    "not a P-256 private key") : 0;
	if (rc == 0) {
		must(EC_POINT_mul(group, q, d, NULL, NULL, NULL) == 1);
		must(EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED,
		    point, KEEP_P256_POINT_BYTES, NULL) ==
		    KEEP_P256_POINT_BYTES);
	}
	BN_clear_free(d);
	EC_POINT_free(q);
	EC_GROUP_free(group);
	return (rc);
}

/* A key object of the point and, when d is not NULL, the scalar. NULL when
 * OpenSSL does not take them: fromdata refuses a point off the curve. */
static EVP_PKEY *
make_key(const uint8_t point[static KEEP_P256_POINT_BYTES], const BIGNUM *d)
{
	AUTO_PKEY_CTX EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL,
	    "EC", NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	must(ctx != NULL && bld != NULL);
	must(OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
	    CURVE, 0) == 1);
	must(OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
	    point, KEEP_P256_POINT_BYTES) == 1);
	must(d == NULL || OSSL_PARAM_BLD_push_BN(bld,
	    OSSL_PKEY_PARAM_PRIV_KEY, d) == 1);
	params = OSSL_PARAM_BLD_to_param(bld);
	must(params != NULL);
	must(EVP_PKEY_fromdata_init(ctx) == 1);
	if (EVP_PKEY_fromdata(ctx, &key, d != NULL ? EVP_PKEY_KEYPAIR :
	    EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	return (key);
}

static bool
is_on_curve(EVP_PKEY *key)
{
	AUTO_PKEY_CTX EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL,
	    key, NULL);

	must(ctx != NULL);
	return (EVP_PKEY_public_check(ctx) == 1);
}

static int
agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *shared)
{
	AUTO_PKEY_CTX EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL,
	    own, NULL);
	size_t len = KEEP_SECRET_BYTES;

	must(ctx != NULL);
	return (EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	    EVP_PKEY_derive(ctx, shared, &len) == 1 &&
	    len == KEEP_SECRET_BYTES ? 0 : -1);
}

int
curve_derive(const uint8_t scalar[static KEEP_SECRET_BYTES],
    const uint8_t own_point[static KEEP_P256_POINT_BYTES],
    const uint8_t peer[static KEEP_P256_POINT_BYTES],
    uint8_t shared[static KEEP_SECRET_BYTES], struct err *err)
{
	AUTO_PKEY EVP_PKEY *theirs = peer[0] == UNCOMPRESSED ?
	    make_key(peer, NULL) : NULL;
	AUTO_PKEY EVP_PKEY *own = NULL;
	uint8_t x[KEEP_SECRET_BYTES];
	BIGNUM *d;

	if (theirs == NULL || !is_on_curve(theirs))
		return (err_set(err, ERR_INPUT,
		    "the peer's key is no point on P-256"));
	/* BN_secure: OSSL_PARAM_BLD then keeps its copy apart and wipes it. */
	d = BN_secure_new();
	must(d != NULL && BN_bin2bn(scalar, KEEP_SECRET_BYTES, d) != NULL);
	own = make_key(own_point, d);
	BN_clear_free(d);
	must(own != NULL);
	if (agree(own, theirs, x) != 0)
		return (err_set(err, ERR_INPUT,
		    "no secret can be agreed with the peer's key"));
	memcpy(shared, x, KEEP_SECRET_BYTES);
	explicit_bzero(x, sizeof(x));
	return (0);
}
