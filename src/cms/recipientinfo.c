/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recipientinfo: key transport by RSA, key agreement by ECDH.
 *
 * Runs in the gateway. Security: certificates are of anybody's making, judged
 * before (pki/path); shared secrets and wrapping keys are wiped. The KDF is
 * one block of a digest, because no wrapping key is longer than that.
 * Standards: RFC 5652 6.2, RFC 8017 7, RFC 4055 4.1, RFC 5753 3.1 and 7.2,
 * SEC 1 3.6.1, RFC 3394, RFC 3565 2.3.
 */
#include "cms/recipientinfo.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "pki/pkey.h"

#define ENCRYPTED_MAX 2048	/* RSA of 16384 bits */
#define SECRET_MAX 66		/* P-521 */
#define POINT_MAX 133
#define WRAP_EXTRA 8
#define KEY_MAX 32
#define SHARED_INFO_MAX 64

/* The ways of RFC 5753, by curve: the digest is as strong as the curve. */
static const struct curve {
	const char *name;
	int scheme;
	const char *md;
} curves[] = {
	{ SN_X9_62_prime256v1, NID_dhSinglePass_stdDH_sha256kdf_scheme,
	    "SHA2-256" },
	{ SN_secp384r1, NID_dhSinglePass_stdDH_sha384kdf_scheme, "SHA2-384" },
	{ SN_secp521r1, NID_dhSinglePass_stdDH_sha512kdf_scheme, "SHA2-512" },
};

static int
refuse(struct err *err)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return (err_set(err, ERR_PERM, "the recipient's certificate has a key"
	    " that nothing can be encrypted to: %s", why != NULL ? why :
	    "it is damaged"));
}

static void
put_name(const X509 *x, struct der *d)
{
	const unsigned char *p = NULL;
	size_t n = 0;

	must(X509_NAME_get0_der(X509_get_issuer_name(x), &p, &n) == 1);
	der_raw(d, str_make(p, n));
}

static void
put_serial(X509 *x, struct der *d)
{
	unsigned char *p = NULL;
	int n = i2d_ASN1_INTEGER(X509_get_serialNumber(x), &p);

	must(n > 0);
	der_raw(d, str_make(p, (size_t)n));
	OPENSSL_free(p);
}

void
recipientinfo_issuer(X509 *x, struct der *d)
{
	size_t at = der_open(d, DER_SEQUENCE);

	put_name(x, d);
	put_serial(x, d);
	der_close(d, at);
}

void
recipientinfo_issuer_names(X509 *x, struct der *d)
{
	size_t at = der_open(d, DER_SEQUENCE);
	size_t names = der_open(d, DER_SEQUENCE);
	size_t directory = der_open(d, DER_CONTEXT_4);

	put_name(x, d);
	der_close(d, directory);
	der_close(d, names);
	put_serial(x, d);
	der_close(d, at);
}

/* ---- RSA -------------------------------------------------------------- */

static void
put_digest(struct der *d)
{
	size_t at = der_open(d, DER_SEQUENCE);

	der_oid(d, NID_sha256);
	der_null(d);
	der_close(d, at);
}

/* RFC 4055 4.1: hash and mask generation, both with SHA-256. */
static void
put_oaep(struct der *d)
{
	size_t at = der_open(d, DER_SEQUENCE), params, hash, mask, mgf;

	der_oid(d, NID_rsaesOaep);
	params = der_open(d, DER_SEQUENCE);
	hash = der_open(d, DER_CONTEXT_0);
	put_digest(d);
	der_close(d, hash);
	mask = der_open(d, DER_CONTEXT_1);
	mgf = der_open(d, DER_SEQUENCE);
	der_oid(d, NID_mgf1);
	put_digest(d);
	der_close(d, mgf);
	der_close(d, mask);
	der_close(d, params);
	der_close(d, at);
}

static void
put_transport(enum smimeout_transport transport, struct der *d)
{
	size_t at;

	if (transport == SMIMEOUT_RSA_OAEP) {
		put_oaep(d);
		return;
	}
	at = der_open(d, DER_SEQUENCE);
	der_oid(d, NID_rsaEncryption);
	der_null(d);
	der_close(d, at);
}

static bool
rsa_encrypt(EVP_PKEY *rsa, enum smimeout_transport transport, struct str key,
    uint8_t *out, size_t *n)
{
	AUTO_PKEY_CTX EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(rsa, NULL);

	if (ctx == NULL || EVP_PKEY_encrypt_init(ctx) != 1)
		return (false);
	if (transport == SMIMEOUT_RSA_OAEP &&
	    (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) != 1))
		return (false);
	return (EVP_PKEY_encrypt(ctx, out, n, (const uint8_t *)key.p,
	    key.len) == 1);
}

static int
write_transport(const struct smimeout_recipient *to, EVP_PKEY *rsa,
    struct str key, struct der *d, struct err *err)
{
	uint8_t encrypted[ENCRYPTED_MAX];
	size_t n = sizeof(encrypted), at;

	if ((size_t)EVP_PKEY_get_size(rsa) > sizeof(encrypted) ||
	    !rsa_encrypt(rsa, to->transport, key, encrypted, &n))
		return (refuse(err));
	at = der_open(d, DER_SEQUENCE);
	der_number(d, 0);
	recipientinfo_issuer(to->cert->x, d);
	put_transport(to->transport, d);
	der_put(d, DER_OCTETS, str_make(encrypted, n));
	der_close(d, at);
	return (0);
}

/* ---- ECDH ------------------------------------------------------------- */

static const struct curve *
curve_of(EVP_PKEY *key)
{
	char name[64];
	size_t n;

	if (EVP_PKEY_get_group_name(key, name, sizeof(name), &n) == 1)
		for (size_t i = 0; i < COUNT_OF(curves); i++)
			if (strcmp(name, curves[i].name) == 0)
				return (&curves[i]);
	return (NULL);
}

static bool
derive(EVP_PKEY *own, EVP_PKEY *peer, uint8_t secret[static SECRET_MAX],
    size_t *n)
{
	AUTO_PKEY_CTX EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);

	*n = SECRET_MAX;
	return (ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	    EVP_PKEY_derive(ctx, secret, n) == 1);
}

/* ECC-CMS-SharedInfo (RFC 5753 7.2): what the wrapping key is for. */
static void
put_shared_info(int wrap, size_t key_len, struct buf *out)
{
	uint8_t bits[4] = { 0, 0, (uint8_t)(key_len * 8 >> 8),
		(uint8_t)(key_len * 8) };
	struct der d = { .out = out };
	size_t at = der_open(&d, DER_SEQUENCE), public;

	der_algorithm(&d, wrap);
	public = der_open(&d, DER_CONTEXT_2);
	der_put(&d, DER_OCTETS, str_make(bits, sizeof(bits)));
	der_close(&d, public);
	der_close(&d, at);
}

/* ANSI X9.63's KDF: hash the secret, a counter, the shared info. */
static bool
wrapping_key(const struct curve *curve, struct str secret, int wrap,
    size_t key_len, uint8_t out[static EVP_MAX_MD_SIZE])
{
	AUTO_BUF struct buf in = BUF_INIT(SECRET_MAX + 4 + SHARED_INFO_MAX);
	size_t n = EVP_MAX_MD_SIZE;

	buf_str(&in, secret);
	buf_u32be(&in, 1);
	put_shared_info(wrap, key_len, &in);
	must(!in.over);
	return (EVP_Q_digest(NULL, curve->md, NULL, in.p, in.len, out, &n) ==
	    1 && n >= key_len);
}

static bool
wrap_key(struct str key, const uint8_t *kek,
    uint8_t out[static KEY_MAX + WRAP_EXTRA])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool is_done;

	must(ctx != NULL);
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	is_done = EVP_EncryptInit_ex(ctx, key.len == 16 ? EVP_aes_128_wrap() :
	    EVP_aes_256_wrap(), NULL, kek, NULL) == 1 &&
	    EVP_EncryptUpdate(ctx, out, &n, (const uint8_t *)key.p,
	    (int)key.len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, out + n, &last) == 1 &&
	    (size_t)n + (size_t)last == key.len + WRAP_EXTRA;
	EVP_CIPHER_CTX_free(ctx);
	return (is_done);
}

struct agreement {
	const struct curve *curve;
	int wrap;
	uint8_t point[POINT_MAX];
	size_t point_len;
	uint8_t wrapped[KEY_MAX + WRAP_EXTRA];
	size_t wrapped_len;
};

static bool
agree(EVP_PKEY *peer, struct str key, struct agreement *out)
{
	AUTO_PKEY EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "EC",
	    out->curve->name);
	uint8_t secret[SECRET_MAX], kek[EVP_MAX_MD_SIZE], *point = NULL;
	size_t n;
	bool is_done;

	if (own == NULL || !derive(own, peer, secret, &n))
		return (false);
	is_done = wrapping_key(out->curve, str_make(secret, n), out->wrap,
	    key.len, kek) && wrap_key(key, kek, out->wrapped);
	out->wrapped_len = key.len + WRAP_EXTRA;
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(kek, sizeof(kek));
	n = EVP_PKEY_get1_encoded_public_key(own, &point);
	must(n > 0 && n <= sizeof(out->point));
	memcpy(out->point, point, n);
	out->point_len = n;
	OPENSSL_free(point);
	return (is_done);
}

/* OriginatorPublicKey: the curve is the recipient's, and not repeated. */
static void
put_originator(const struct agreement *g, struct der *d)
{
	size_t at = der_open(d, DER_CONTEXT_0);
	size_t public = der_open(d, DER_CONTEXT_1);
	size_t bits;

	der_algorithm(d, NID_X9_62_id_ecPublicKey);
	bits = der_open(d, DER_BITS);
	buf_char(d->out, 0);	/* no bits unused */
	der_raw(d, str_make(g->point, g->point_len));
	der_close(d, bits);
	der_close(d, public);
	der_close(d, at);
}

static int
write_agreement(const struct smimeout_recipient *to, EVP_PKEY *peer,
    struct str key, struct der *d, struct err *err)
{
	struct agreement g = { .curve = curve_of(peer),
		.wrap = key.len == 16 ? NID_id_aes128_wrap :
		NID_id_aes256_wrap };
	size_t at, algorithm, keys, one;

	must(key.len == 16 || key.len == KEY_MAX);
	if (g.curve == NULL)
		return (err_set(err, ERR_PERM, "the recipient's key is on a"
		    " curve that is not in use for mail"));
	if (!agree(peer, key, &g))
		return (refuse(err));
	at = der_open(d, DER_CONTEXT_1);
	der_number(d, 3);
	put_originator(&g, d);
	algorithm = der_open(d, DER_SEQUENCE);
	der_oid(d, g.curve->scheme);
	der_algorithm(d, g.wrap);
	der_close(d, algorithm);
	keys = der_open(d, DER_SEQUENCE);
	one = der_open(d, DER_SEQUENCE);
	recipientinfo_issuer(to->cert->x, d);
	der_put(d, DER_OCTETS, str_make(g.wrapped, g.wrapped_len));
	der_close(d, one);
	der_close(d, keys);
	der_close(d, at);
	return (0);
}

int
recipientinfo_write(const struct smimeout_recipient *to, struct str key,
    struct der *d, bool *is_agreed, struct err *err)
{
	EVP_PKEY *peer = X509_get0_pubkey(to->cert->x);

	if (peer == NULL)
		return (refuse(err));
	if (EVP_PKEY_is_a(peer, "RSA"))
		return (write_transport(to, peer, key, d, err));
	if (!EVP_PKEY_is_a(peer, "EC"))
		return (err_set(err, ERR_PERM, "the recipient's certificate"
		    " has a key that cannot be encrypted to"));
	if (write_agreement(to, peer, key, d, err) == -1)
		return (-1);
	*is_agreed = true;
	return (0);
}
