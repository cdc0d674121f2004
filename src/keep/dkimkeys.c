/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkimkeys: a table of key pairs that only grows; signing with them.
 *
 * Runs in the keeper, in many threads at once. Security: private keys are
 * parsed once and lie in OpenSSL's locked heap; on disk they are encrypted
 * under the root key, bound to their domain, selector and times.
 * Standards: RFC 8017 8.2 (RSASSA-PKCS1-v1_5), RFC 8032, RFC 8301 3.2.
 */
#include "keep/dkimkeys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>

#define PURPOSE "dkim key"
#define PLAIN_BYTES (DKIMKEY_SEALED_BYTES - BLOB_OVERHEAD_BYTES)
#define RSA_BITS 2048
#define SEED_BYTES 32
#define RSA_DER_MAX (PLAIN_BYTES - 2 - SEED_BYTES)
#define AAD_BYTES (sizeof(PURPOSE) - 1 + ID_BYTES + DKIMKEY_NAME_BYTES)

struct pair {
	struct dkimkey public;
	EVP_PKEY *rsa, *ed25519;
};

struct dkimkeys {
	pthread_mutex_t lock;	/* for n, and for adding */
	size_t n;
	struct pair pair[DKIMKEY_MAX];
};

struct dkimkeys *
dkimkeys_new(void)
{
	struct dkimkeys *d = must_calloc(1, sizeof(*d));

	must(pthread_mutex_init(&d->lock, NULL) == 0);
	return (d);
}

static void
drop_keys(struct pair *p)
{
	EVP_PKEY_free(p->rsa);
	EVP_PKEY_free(p->ed25519);
}

void
dkimkeys_free(struct dkimkeys **dp)
{
	struct dkimkeys *d = *dp;

	*dp = NULL;
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->n; i++)
		drop_keys(&d->pair[i]);
	must(pthread_mutex_destroy(&d->lock) == 0);
	free(d);
}

/* ---- encryption ------------------------------------------------------- */

static void
bind(const struct blob_parent *root, const struct id *id,
    const struct dkimkey_name *name, uint8_t key[static KEEP_SECRET_BYTES],
    struct buf *aad)
{
	blob_derive(root, "letterlock " PURPOSE " v1",
	    str_make(id->b, ID_BYTES), key);
	buf_z(aad, PURPOSE);
	buf_append(aad, id->b, ID_BYTES);
	dkimkey_put_name(name, aad);
	must(!aad->over && aad->len == AAD_BYTES);
}

/* length 2 || RSAPrivateKey, zeros behind it || Ed25519 seed 32 */
static void
pack(const EVP_PKEY *rsa, const EVP_PKEY *ed25519,
    uint8_t plain[static PLAIN_BYTES])
{
	uint8_t *p = plain + 2;
	size_t len = SEED_BYTES;
	int n = i2d_PrivateKey(rsa, NULL);

	must(n > 0 && n <= RSA_DER_MAX);
	must(i2d_PrivateKey(rsa, &p) == n);
	plain[0] = (uint8_t)(n >> 8);
	plain[1] = (uint8_t)n;
	memset(p, 0, (size_t)(RSA_DER_MAX - n));
	must(EVP_PKEY_get_raw_private_key(ed25519, plain + 2 + RSA_DER_MAX,
	    &len) == 1 && len == SEED_BYTES);
}

static int
unpack(const uint8_t plain[static PLAIN_BYTES], struct pair *out,
    struct err *err)
{
	const uint8_t *der = plain + 2;
	long n = plain[0] << 8 | plain[1];

	if (n <= RSA_DER_MAX)
		out->rsa = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &der, n);
	out->ed25519 = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    plain + 2 + RSA_DER_MAX, SEED_BYTES);
	if (out->rsa == NULL || EVP_PKEY_get_bits(out->rsa) != RSA_BITS ||
	    out->ed25519 == NULL) {
		drop_keys(out);
		return (err_set(err, ERR_PERM, "a pair of DKIM keys is "
		    "damaged"));
	}
	return (0);
}

static int
fill_public(struct pair *p, struct err *err)
{
	size_t len = DKIMKEY_ED25519_PUBLIC_BYTES;
	uint8_t *at = p->public.rsa;

	if (i2d_PUBKEY(p->rsa, NULL) != DKIMKEY_RSA_PUBLIC_BYTES)
		return (err_set(err, ERR_PERM, "a DKIM key has an unusual "
		    "exponent"));
	must(i2d_PUBKEY(p->rsa, &at) == DKIMKEY_RSA_PUBLIC_BYTES);
	must(EVP_PKEY_get_raw_public_key(p->ed25519, p->public.ed25519,
	    &len) == 1 && len == DKIMKEY_ED25519_PUBLIC_BYTES);
	return (0);
}

void
dkimkeys_make(const struct blob_parent *root, const struct id *id,
    const struct dkimkey_name *name,
    uint8_t sealed[static DKIMKEY_SEALED_BYTES])
{
	struct pair p = { .rsa = EVP_RSA_gen(RSA_BITS),
	    .ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };
	uint8_t plain[PLAIN_BYTES], key[KEEP_SECRET_BYTES];
	uint8_t space[AAD_BYTES];
	struct buf aad = { .p = space, .cap = sizeof(space),
	    .max = sizeof(space) };

	must(p.rsa != NULL && p.ed25519 != NULL);
	pack(p.rsa, p.ed25519, plain);
	drop_keys(&p);
	bind(root, id, name, key, &aad);
	blob_seal_long(key, buf_view(&aad), str_make(plain, sizeof(plain)),
	    sealed);
	explicit_bzero(plain, sizeof(plain));
	explicit_bzero(key, sizeof(key));
}

static int
open_pair(const struct blob_parent *root, const struct id *id,
    const struct dkimkey_name *name,
    const uint8_t sealed[static DKIMKEY_SEALED_BYTES], struct pair *out,
    struct err *err)
{
	uint8_t plain[PLAIN_BYTES], key[KEEP_SECRET_BYTES];
	uint8_t space[AAD_BYTES];
	struct buf aad = { .p = space, .cap = sizeof(space),
	    .max = sizeof(space) };
	int rc;

	bind(root, id, name, key, &aad);
	rc = blob_open_long(key, buf_view(&aad), str_make(sealed,
	    DKIMKEY_SEALED_BYTES), plain);
	explicit_bzero(key, sizeof(key));
	if (rc != 0)
		return (err_set(err, ERR_PERM, "a pair of DKIM keys was "
		    "changed, or is of another root key"));
	rc = unpack(plain, out, err);
	explicit_bzero(plain, sizeof(plain));
	if (rc == 0 && fill_public(out, err) == -1) {
		drop_keys(out);
		rc = -1;
	}
	return (rc);
}

/* ---- the table -------------------------------------------------------- */

static size_t
count(struct dkimkeys *d)
{
	size_t n;

	must(pthread_mutex_lock(&d->lock) == 0);
	n = d->n;
	must(pthread_mutex_unlock(&d->lock) == 0);
	return (n);
}

/* Under the lock. The keys are taken unless it fails or is there already. */
static int
insert(struct dkimkeys *d, struct pair *p, struct err *err)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct dkimkey *k = &d->pair[i].public;

		if (id_eq(&k->id, &p->public.id)) {
			drop_keys(p);
			return (0);
		}
		if (strcmp(k->name.domain, p->public.name.domain) == 0 &&
		    strcmp(k->name.selector, p->public.name.selector) == 0)
			return (err_set(err, ERR_PERM, "there are DKIM keys "
			    "%s of %s already", k->name.selector,
			    k->name.domain));
	}
	if (d->n == DKIMKEY_MAX)
		return (err_set(err, ERR_LIMIT, "there are %d pairs of DKIM "
		    "keys, and that is the most", DKIMKEY_MAX));
	d->pair[d->n] = *p;
	d->n++;
	return (0);
}

int
dkimkeys_add(struct dkimkeys *d, const struct blob_parent *root,
    const struct id *id, const struct dkimkey_name *name,
    const uint8_t sealed[static DKIMKEY_SEALED_BYTES], struct err *err)
{
	struct pair p = { .public = { .id = *id, .name = *name } };
	int rc;

	if (open_pair(root, id, name, sealed, &p, err) == -1)
		return (-1);
	must(pthread_mutex_lock(&d->lock) == 0);
	rc = insert(d, &p, err);
	must(pthread_mutex_unlock(&d->lock) == 0);
	if (rc == -1)
		drop_keys(&p);
	return (rc);
}

void
dkimkeys_record(struct dkimkeys *d, uint32_t i,
    uint8_t record[static DKIMKEY_RECORD_BYTES])
{
	struct buf out = { .p = record, .cap = DKIMKEY_RECORD_BYTES,
	    .max = DKIMKEY_RECORD_BYTES };

	if (i >= count(d))
		memset(record, 0, DKIMKEY_RECORD_BYTES);
	else
		dkimkey_put(&d->pair[i].public, &out);
	must(!out.over);
}

/* ---- signing ---------------------------------------------------------- */

static void
sign_rsa(EVP_PKEY *key, const uint8_t *digest, uint8_t *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	size_t len = DKIMKEY_RSA_BYTES;

	must(ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1);
	must(EVP_PKEY_sign(ctx, out, &len, digest, DKIMKEY_DIGEST_BYTES) ==
	    1 && len == DKIMKEY_RSA_BYTES);
	EVP_PKEY_CTX_free(ctx);
}

static void
sign_ed25519(EVP_PKEY *key, const uint8_t *digest, uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = DKIMKEY_ED25519_BYTES;

	must(ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1);
	must(EVP_DigestSign(ctx, out, &len, digest, DKIMKEY_DIGEST_BYTES) ==
	    1 && len == DKIMKEY_ED25519_BYTES);
	EVP_MD_CTX_free(ctx);
}

int
dkimkeys_sign(struct dkimkeys *d, const struct id *id,
    const uint8_t digests[static 2 * DKIMKEY_DIGEST_BYTES],
    uint8_t signatures[static DKIMKEY_SIGNED_BYTES], struct err *err)
{
	size_t n = count(d);

	for (size_t i = 0; i < n; i++)
		if (id_eq(&d->pair[i].public.id, id)) {
			sign_rsa(d->pair[i].rsa, digests, signatures);
			sign_ed25519(d->pair[i].ed25519,
			    digests + DKIMKEY_DIGEST_BYTES,
			    signatures + DKIMKEY_RSA_BYTES);
			return (0);
		}
	return (err_set(err, ERR_PERM, "there is no such pair of DKIM keys"));
}
