/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rawkey: between raw integers and OpenSSL's keys.
 *
 * Runs in the keeper. Security: numbers come out of blobs that only the keeper
 * makes, or from an administrator; those are checked to be a key before they
 * become one. All memory of private numbers is wiped.
 * Standards: RFC 8017 3.2, SEC 1 2.3, RFC 8032 5.1.5.
 */
#include "keep/rawkey.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "pki/pkey.h"

#define EXPONENT_BYTES 8
#define SEED_BYTES 32
#define RSA_NUMBERS 8
#define UNCOMPRESSED 4
#define AUTO_BN AUTO_CLEAN(free_number)

static const struct {
	unsigned rsa_bits;	/* or */
	const char *curve;
	int nid;
	size_t scalar_bytes;
} kinds[MAILKEY_KINDS] = {
	[MAILKEY_RSA_2048] = { .rsa_bits = 2048 },
	[MAILKEY_RSA_3072] = { .rsa_bits = 3072 },
	[MAILKEY_RSA_4096] = { .rsa_bits = 4096 },
	[MAILKEY_P256] = { .curve = "P-256", .nid = NID_X9_62_prime256v1,
		.scalar_bytes = 32 },
	[MAILKEY_P384] = { .curve = "P-384", .nid = NID_secp384r1,
		.scalar_bytes = 48 },
	[MAILKEY_ED25519] = { .scalar_bytes = SEED_BYTES },
};

/* In the order of the format. */
static const char *const rsa_names[RSA_NUMBERS] = {
	OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
	OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
	OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
	OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

static void
free_number(BIGNUM **n)
{
	BN_clear_free(*n);
}

void
rawkey_wipe(struct rawkey *numbers)
{
	explicit_bzero(numbers, sizeof(*numbers));
}

/* The length of the i-th number of an RSA key. */
static size_t
rsa_bytes(enum mailkey_kind kind, size_t i)
{
	size_t k = kinds[kind].rsa_bits / 8;

	return (i == 0 || i == 2 ? k : i == 1 ? EXPONENT_BYTES : k / 2);
}

static size_t
point_bytes(enum mailkey_kind kind)
{
	return (kinds[kind].curve == NULL ? 0 :
	    1 + 2 * kinds[kind].scalar_bytes);
}

size_t
rawkey_bytes(enum mailkey_kind kind)
{
	size_t len = 0;

	if (kinds[kind].rsa_bits == 0)
		return (kinds[kind].scalar_bytes + point_bytes(kind));
	for (size_t i = 0; i < RSA_NUMBERS; i++)
		len += rsa_bytes(kind, i);
	return (len);
}

EVP_PKEY *
rawkey_new_key(enum mailkey_kind kind)
{
	EVP_PKEY *key = kinds[kind].rsa_bits > 0 ?
	    EVP_RSA_gen(kinds[kind].rsa_bits) : kinds[kind].curve != NULL ?
	    EVP_EC_gen(kinds[kind].curve) :
	    EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	must(key != NULL);
	return (key);
}

/* ---- out of a key ----------------------------------------------------- */

static bool
put_number(const EVP_PKEY *key, const char *name, uint8_t *out, size_t len)
{
	AUTO_BN BIGNUM *n = NULL;

	return (EVP_PKEY_get_bn_param(key, name, &n) == 1 &&
	    BN_bn2binpad(n, out, (int)len) == (int)len);
}

static bool
put_rsa(const EVP_PKEY *key, enum mailkey_kind kind, uint8_t *out)
{
	if (!EVP_PKEY_is_a(key, "RSA") ||
	    EVP_PKEY_get_bits(key) != (int)kinds[kind].rsa_bits)
		return (false);
	for (size_t i = 0; i < RSA_NUMBERS; i++) {
		if (!put_number(key, rsa_names[i], out, rsa_bytes(kind, i)))
			return (false);
		out += rsa_bytes(kind, i);
	}
	return (true);
}

static bool
put_curve(const EVP_PKEY *key, enum mailkey_kind kind, uint8_t *out)
{
	size_t scalar = kinds[kind].scalar_bytes, len = 0;
	char group[32];

	if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME,
	    group, sizeof(group), &len) != 1 ||
	    OBJ_sn2nid(group) != kinds[kind].nid ||
	    !put_number(key, OSSL_PKEY_PARAM_PRIV_KEY, out, scalar))
		return (false);
	out += scalar;
	*out++ = UNCOMPRESSED;
	return (put_number(key, OSSL_PKEY_PARAM_EC_PUB_X, out, scalar) &&
	    put_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, out + scalar, scalar));
}

bool
rawkey_of(const EVP_PKEY *key, enum mailkey_kind kind,
    struct rawkey *out)
{
	size_t len = SEED_BYTES;

	out->kind = kind;
	out->len = rawkey_bytes(kind);
	if (kinds[kind].rsa_bits > 0)
		return (put_rsa(key, kind, out->b));
	if (kinds[kind].curve != NULL)
		return (put_curve(key, kind, out->b));
	return (EVP_PKEY_get_raw_private_key(key, out->b, &len) == 1 &&
	    len == SEED_BYTES);
}

/* ---- into a key ------------------------------------------------------- */

static EVP_PKEY *
build(const char *type, OSSL_PARAM_BLD *bld)
{
	AUTO_PKEY_CTX EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL,
	    type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY *key = NULL;

	must(ctx != NULL && params != NULL);
	must(EVP_PKEY_fromdata_init(ctx) == 1);
	if (EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	return (key);
}

/* Secure numbers: the builder then wipes its copies. */
static BIGNUM *
number(const uint8_t *p, size_t len)
{
	BIGNUM *n = BN_secure_new();

	must(n != NULL && BN_bin2bn(p, (int)len, n) != NULL);
	return (n);
}

static EVP_PKEY *
rsa_key(const struct rawkey *numbers)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *n[RSA_NUMBERS];
	const uint8_t *p = numbers->b;
	EVP_PKEY *key;

	must(bld != NULL);
	for (size_t i = 0; i < RSA_NUMBERS; i++) {
		n[i] = number(p, rsa_bytes(numbers->kind, i));
		p += rsa_bytes(numbers->kind, i);
		must(OSSL_PARAM_BLD_push_BN(bld, rsa_names[i], n[i]) == 1);
	}
	key = build("RSA", bld);
	for (size_t i = 0; i < RSA_NUMBERS; i++)
		BN_clear_free(n[i]);
	return (key);
}

static EVP_PKEY *
curve_key(const struct rawkey *numbers)
{
	size_t scalar = kinds[numbers->kind].scalar_bytes;
	AUTO_BN BIGNUM *d = number(numbers->b, scalar);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();

	must(bld != NULL);
	must(OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
	    kinds[numbers->kind].curve, 0) == 1);
	must(OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
	    numbers->b + scalar, point_bytes(numbers->kind)) == 1);
	must(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1);
	return (build("EC", bld));
}

EVP_PKEY *
rawkey_key(const struct rawkey *numbers)
{
	if (numbers->len != rawkey_bytes(numbers->kind))
		return (NULL);
	if (kinds[numbers->kind].rsa_bits > 0)
		return (rsa_key(numbers));
	if (kinds[numbers->kind].curve != NULL)
		return (curve_key(numbers));
	return (EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    numbers->b, SEED_BYTES));
}

/* ---- from elsewhere --------------------------------------------------- */

static BIGNUM *
number_of(struct str s)
{
	BIGNUM *n = number((const uint8_t *)s.p, s.len);

	BN_set_flags(n, BN_FLG_CONSTTIME);
	return (n);
}

/* d mod p - 1 */
static bool
put_exponent(const BIGNUM *d, const BIGNUM *prime, BN_CTX *ctx, uint8_t *out,
    size_t len)
{
	AUTO_BN BIGNUM *less = BN_dup(prime);
	AUTO_BN BIGNUM *rest = BN_secure_new();

	must(less != NULL && rest != NULL && BN_sub_word(less, 1) == 1);
	BN_set_flags(less, BN_FLG_CONSTTIME);
	return (BN_mod(rest, d, less, ctx) == 1 &&
	    BN_bn2binpad(rest, out, (int)len) == (int)len);
}

static bool
complete_rsa(const struct mailkey_parts *parts, struct rawkey *out)
{
	AUTO_BN BIGNUM *n = number_of(parts->n), *e = number_of(parts->e),
	    *d = number_of(parts->d), *p = number_of(parts->p),
	    *q = number_of(parts->q), *inverse = BN_secure_new();
	const BIGNUM *given[] = { n, e, d, p, q };
	BN_CTX *ctx = BN_CTX_secure_new();
	size_t half = rsa_bytes(parts->kind, 3);
	uint8_t *at = out->b;
	bool ok = BN_num_bits(n) == (int)kinds[parts->kind].rsa_bits &&
	    BN_is_odd(p) && BN_is_odd(q) && !BN_is_one(p) && !BN_is_one(q);

	must(ctx != NULL && inverse != NULL);
	for (size_t i = 0; ok && i < COUNT_OF(given); i++) {
		int len = (int)rsa_bytes(parts->kind, i);

		ok = BN_bn2binpad(given[i], at, len) == len;
		at += len;
	}
	ok = ok && put_exponent(d, p, ctx, at, half) &&
	    put_exponent(d, q, ctx, at + half, half) &&
	    BN_mod_inverse(inverse, q, p, ctx) != NULL &&
	    BN_bn2binpad(inverse, at + 2 * half, (int)half) == (int)half;
	BN_CTX_free(ctx);
	return (ok);
}

static bool
complete_curve(const struct mailkey_parts *parts, struct rawkey *out)
{
	size_t scalar = kinds[parts->kind].scalar_bytes;
	size_t point = point_bytes(parts->kind);
	EC_GROUP *group = EC_GROUP_new_by_curve_name(kinds[parts->kind].nid);
	AUTO_BN BIGNUM *d = number_of(parts->d);
	EC_POINT *q;
	bool ok;

	must(group != NULL && (q = EC_POINT_new(group)) != NULL);
	ok = !BN_is_zero(d) && BN_cmp(d, EC_GROUP_get0_order(group)) < 0 &&
	    BN_bn2binpad(d, out->b, (int)scalar) == (int)scalar &&
	    EC_POINT_mul(group, q, d, NULL, NULL, NULL) == 1 &&
	    EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED,
	    out->b + scalar, point, NULL) == point;
	EC_POINT_free(q);
	EC_GROUP_free(group);
	return (ok);
}

static bool
complete(const struct mailkey_parts *parts, struct rawkey *out)
{
	if (kinds[parts->kind].rsa_bits > 0)
		return (complete_rsa(parts, out));
	if (kinds[parts->kind].curve != NULL)
		return (complete_curve(parts, out));
	if (parts->d.len != SEED_BYTES)
		return (false);
	memcpy(out->b, parts->d.p, SEED_BYTES);
	return (true);
}

/* Ed25519: every seed is a key. */
static bool
is_sound(const struct rawkey *numbers)
{
	AUTO_PKEY EVP_PKEY *key = rawkey_key(numbers);
	AUTO_PKEY_CTX EVP_PKEY_CTX *ctx = key == NULL ? NULL :
	    EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	return (ctx != NULL && (numbers->kind == MAILKEY_ED25519 ||
	    EVP_PKEY_check(ctx) == 1));
}

int
rawkey_complete(const struct mailkey_parts *parts, struct rawkey *out,
    struct err *err)
{
	struct rawkey n = { .kind = parts->kind,
		.len = rawkey_bytes(parts->kind) };
	bool ok = complete(parts, &n) && is_sound(&n);

	if (ok)
		*out = n;
	rawkey_wipe(&n);
	return (ok ? 0 : err_set(err, ERR_INPUT, "these numbers are no %s "
	    "key", mailkey_kind_name(parts->kind)));
}

struct mailkey_parts
rawkey_parts(const struct rawkey *numbers)
{
	struct mailkey_parts parts = { .kind = numbers->kind };
	struct str *fields[] = { &parts.n, &parts.e, &parts.d, &parts.p,
		&parts.q };
	const uint8_t *p = numbers->b;

	if (kinds[numbers->kind].rsa_bits == 0) {
		parts.d = str_make(p, kinds[numbers->kind].scalar_bytes);
		return (parts);
	}
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		*fields[i] = str_make(p, rsa_bytes(numbers->kind, i));
		p += fields[i]->len;
	}
	return (parts);
}
