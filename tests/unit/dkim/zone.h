/* SPDX-License-Identifier: Apache-2.0 */
/* Key records and keys for the tests of dkim. */
#ifndef TEST_DKIM_ZONE_H
#define TEST_DKIM_ZONE_H

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "dkim/sign.h"
#include "dkim/verify.h"

#define ZONE_MAX 16

/* A name server of a few TXT records. */
struct zone {
	struct {
		const char *name, *text;
	} record[ZONE_MAX];
	size_t n;
	bool is_down;
	unsigned asked;
};

static inline int
zone_txt(void *ctx, struct str name, struct arena *a, struct str **texts,
    size_t *n, struct err *err)
{
	struct zone *z = ctx;

	z->asked++;
	if (z->is_down)
		return (err_set(err, ERR_TEMP, "no answer"));
	*texts = arena_array(a, ZONE_MAX, sizeof(**texts));
	*n = 0;
	for (size_t i = 0; i < z->n; i++)
		if (str_eq_nocase(name, str_of(z->record[i].name)))
			(*texts)[(*n)++] = str_of(z->record[i].text);
	return (*n > 0 ? 0 : err_set(err, ERR_PERM, "no such name"));
}

/* Keys made for one test program. */
struct zone_keys {
	EVP_PKEY *key[DKIM_ALGORITHMS];
	unsigned signed_n;
};

static inline void
zone_make_keys(struct zone_keys *k)
{
	k->key[DKIM_RSA_SHA256] = EVP_RSA_gen(2048);
	k->key[DKIM_ED25519_SHA256] = EVP_PKEY_Q_keygen(NULL, NULL,
	    "ED25519");
	k->signed_n = 0;
	must(k->key[0] != NULL && k->key[1] != NULL);
}

static inline void
zone_free_keys(struct zone_keys *k)
{
	EVP_PKEY_free(k->key[0]);
	EVP_PKEY_free(k->key[1]);
}

/* Publish them as r and e of the domain. */
static inline void
zone_publish(struct zone *z, const struct zone_keys *k, const char *domain,
    struct arena *a)
{
	for (int i = 0; i < DKIM_ALGORITHMS; i++) {
		AUTO_BUF struct buf text = BUF_INIT(4096);
		uint8_t raw[32], *der = NULL;
		size_t len = sizeof(raw);
		struct str key = str_make(raw, len);

		if (i == DKIM_RSA_SHA256) {
			int n = i2d_PUBKEY(k->key[i], &der);

			must(n > 0);
			key = str_make(der, (size_t)n);
		} else
			must(EVP_PKEY_get_raw_public_key(k->key[i], raw,
			    &len) == 1);
		keyrecord_format((enum dkim_algorithm)i, key, &text);
		z->record[z->n].name = arena_printf(a, "%s._domainkey.%s",
		    i == DKIM_RSA_SHA256 ? "r" : "e", domain);
		z->record[z->n++].text = arena_str(a, buf_view(&text)).p;
		OPENSSL_free(der);
	}
}

static inline int
zone_sign(void *ctx,
    const struct canon_digest digest[static DKIM_ALGORITHMS],
    struct sign_both *out, struct err *err UNUSED)
{
	struct zone_keys *k = ctx;
	EVP_PKEY_CTX *p = EVP_PKEY_CTX_new(k->key[0], NULL);
	EVP_MD_CTX *m = EVP_MD_CTX_new();

	k->signed_n++;
	out->n[0] = out->n[1] = SIGNATURE_BYTES_MAX;
	must(EVP_PKEY_sign_init(p) == 1 && EVP_PKEY_CTX_set_rsa_padding(p,
	    RSA_PKCS1_PADDING) == 1 && EVP_PKEY_CTX_set_signature_md(p,
	    EVP_sha256()) == 1);
	must(EVP_PKEY_sign(p, out->b[0], &out->n[0], digest[0].b, 32) == 1);
	must(EVP_DigestSignInit(m, NULL, NULL, NULL, k->key[1]) == 1);
	must(EVP_DigestSign(m, out->b[1], &out->n[1], digest[1].b, 32) == 1);
	EVP_PKEY_CTX_free(p);
	EVP_MD_CTX_free(m);
	return (0);
}

static inline struct sign_signer
zone_signer(struct zone_keys *k, const char *domain)
{
	return ((struct sign_signer){ .domain = str_of(domain),
	    .selector = { STR_LIT("r"), STR_LIT("e") }, .ctx = k,
	    .sign = zone_sign });
}

#endif
