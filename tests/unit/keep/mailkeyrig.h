/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailkeyrig: a keeper, the provider in front of it, and a key of each kind
 * and use.
 */
#ifndef UNIT_KEEP_MAILKEYRIG_H
#define UNIT_KEEP_MAILKEYRIG_H

#include "rig.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "keepc/keyuse.h"
#include "keepc/provider.h"

struct kit {
	struct rig rig;
	bool in_token;
	struct keepc *gateway, *admin;
	struct provider *provider;
	struct mailkey keys[MAILKEY_KINDS][MAILKEY_USES];
	bool has[MAILKEY_KINDS][MAILKEY_USES];
};

static bool kit_in_token;

#define KIT_MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define KIT_PIN "2580"

static inline void
kit_shell(const struct kit *kit, const char *format)
{
	char command[400];

	(void)snprintf(command, sizeof(command), format, kit->rig.dir,
	    kit->rig.dir);
	assert_int_equal(system(command), 0);
}

/* A fresh token of SoftHSM in the rig's folder. */
static inline void
kit_make_token(struct kit *kit)
{
	char path[100];

	(void)snprintf(path, sizeof(path), "%s/softhsm.conf", kit->rig.dir);
	assert_int_equal(setenv("SOFTHSM2_CONF", path, 1), 0);
	kit_shell(kit, "mkdir %s/tokens && echo 'directories.tokendir = "
	    "%s/tokens' > $SOFTHSM2_CONF");
	kit_shell(kit, "softhsm2-util --init-token --free --label letterlock "
	    "--so-pin 1234 --pin " KIT_PIN " >/dev/null");
}

static inline bool
kit_open_token(struct kit *kit)
{
	struct keep_token token = { KIT_MODULE, "letterlock",
		STR_LIT(KIT_PIN) };
	struct err err = ERR_INIT;
	bool is_there;

	rig_ok(keep_open_token(kit->rig.keep, &token, &is_there, &err), &err);
	return (is_there);
}

/* Fail with what OpenSSL and the keeper said. */
static inline void
kit_fail(const char *what)
{
	struct err err = ERR_INIT;
	bool is_ours = provider_failure(&err);

	fail_msg("%s: %s (%s)", what, ERR_error_string(ERR_peek_error(),
	    NULL), is_ours ? err.msg : "the keeper said nothing");
}

#define test_ssl(call) ((call) == 1 ? (void)0 : kit_fail(#call))

static inline void
kit_start_keeper(struct kit *kit)
{
	rig_start(&kit->rig);
	if (kit->in_token)
		assert_true(kit_open_token(kit));
}

static inline void
kit_stop_keeper(struct kit *kit)
{
	rig_stop(&kit->rig);
}

/* A new key, opened; NULL where a token does not make this kind. */
static inline EVP_PKEY *
kit_fresh(struct kit *kit, enum mailkey_kind kind, enum mailkey_use use,
    struct mailkey *out)
{
	struct err err = ERR_INIT;
	struct mailkey made;
	EVP_PKEY *key;

	if (keepc_key_make(kit->gateway, &kit->rig.workspace, kind, use,
	    kit->in_token, &made, &err) != 0) {
		if (kind == MAILKEY_ED25519 && (use == MAILKEY_AUTHORITY ||
		    kit->in_token))
			return (NULL);
		fail_msg("%s: %s", mailkey_kind_name(kind), err.msg);
	}
	rig_ok(provider_open(kit->provider, &made, &key, &err), &err);
	if (out != NULL)
		*out = made;
	return (key);
}

/* The key of this kind and use, made when it is asked for first. */
static inline EVP_PKEY *
kit_key(struct kit *kit, enum mailkey_kind kind, enum mailkey_use use)
{
	struct err err = ERR_INIT;
	EVP_PKEY *key;

	if (!kit->has[kind][use]) {
		key = kit_fresh(kit, kind, use, &kit->keys[kind][use]);
		kit->has[kind][use] = key != NULL;
		return (key);
	}
	rig_ok(provider_open(kit->provider, &kit->keys[kind][use], &key,
	    &err), &err);
	return (key);
}

static inline EVP_PKEY *
kit_public(EVP_PKEY *key)
{
	uint8_t *der = NULL;
	const uint8_t *at;
	int len = i2d_PUBKEY(key, &der);
	EVP_PKEY *public;

	assert_true(len > 0);
	at = der;
	public = d2i_PUBKEY(NULL, &at, len);
	assert_non_null(public);
	OPENSSL_free(der);
	return (public);
}

static inline X509 *
kit_unsigned(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	test_ssl(X509_set_version(cert, X509_VERSION_3));
	test_ssl(ASN1_INTEGER_set(X509_get_serialNumber(cert), 7));
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), -10));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), 86400));
	test_ssl(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const uint8_t *)"Test", -1, -1, 0));
	test_ssl(X509_set_issuer_name(cert, name));
	test_ssl(X509_set_pubkey(cert, key));
	return (cert);
}

/* A certificate for the key, as it comes out of DER. */
static inline X509 *
kit_cert(struct kit *kit UNUSED, EVP_PKEY *key)
{
	X509 *cert = kit_unsigned(key), *back;
	uint8_t *der = NULL;
	const uint8_t *at;
	int len;

	if (X509_sign(cert, key, EVP_PKEY_is_a(key, "ED25519") ? NULL :
	    EVP_sha256()) <= 0)
		kit_fail("X509_sign");
	len = i2d_X509(cert, &der);
	at = der;
	back = d2i_X509(NULL, &at, len);
	assert_non_null(back);
	OPENSSL_free(der);
	X509_free(cert);
	return (back);
}

static inline bool
kit_signs(EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[MAILKEY_SIGNATURE_MAX];
	size_t len = sizeof(signature);
	bool ok;

	ok = EVP_DigestSignInit(ctx, NULL, EVP_PKEY_is_a(key, "ED25519") ?
	    NULL : EVP_sha256(), NULL, key) == 1 && EVP_DigestSign(ctx,
	    signature, &len, (const uint8_t *)"hello", 5) == 1;
	EVP_MD_CTX_free(ctx);
	return (ok);
}

/* Sign, and verify with the public half alone, which is returned. */
static inline EVP_PKEY *
kit_sign_once(EVP_PKEY *key)
{
	const EVP_MD *md = EVP_PKEY_is_a(key, "ED25519") ? NULL :
	    EVP_sha256();
	EVP_PKEY *public = kit_public(key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[MAILKEY_SIGNATURE_MAX];
	size_t len = sizeof(signature);

	test_ssl(EVP_DigestSignInit(ctx, NULL, md, NULL, key));
	test_ssl(EVP_DigestSign(ctx, signature, &len,
	    (const uint8_t *)"hello", 5));
	EVP_MD_CTX_reset(ctx);
	test_ssl(EVP_DigestVerifyInit(ctx, NULL, md, NULL, public));
	test_ssl(EVP_DigestVerify(ctx, signature, len,
	    (const uint8_t *)"hello", 5));
	signature[len - 1] ^= 1;
	EVP_MD_CTX_reset(ctx);
	test_ssl(EVP_DigestVerifyInit(ctx, NULL, md, NULL, public));
	assert_int_not_equal(EVP_DigestVerify(ctx, signature, len,
	    (const uint8_t *)"hello", 5), 1);
	EVP_MD_CTX_free(ctx);
	return (public);
}

static inline size_t
kit_derive(EVP_PKEY *key, EVP_PKEY *peer, uint8_t *out, size_t len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	test_ssl(EVP_PKEY_derive_init(ctx));
	test_ssl(EVP_PKEY_derive_set_peer(ctx, peer));
	test_ssl(EVP_PKEY_derive(ctx, out, &len));
	EVP_PKEY_CTX_free(ctx);
	return (len);
}

/* The length of what is in the ciphertext; SIZE_MAX: it says no. */
static inline size_t
kit_decrypt(EVP_PKEY *key, int padding, const uint8_t *in, size_t in_len,
    uint8_t *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	size_t len = 256;

	test_ssl(EVP_PKEY_decrypt_init(ctx));
	test_ssl(EVP_PKEY_CTX_set_rsa_padding(ctx, padding));
	if (EVP_PKEY_decrypt(ctx, out, &len, in, in_len) != 1)
		len = SIZE_MAX;
	EVP_PKEY_CTX_free(ctx);
	return (len);
}

static inline int
kit_set_up(void **state)
{
	struct kit *kit = must_calloc(1, sizeof(*kit));
	struct err err = ERR_INIT;

	kit->in_token = kit_in_token;
	rig_make(&kit->rig);
	kit->rig.peers = (struct keep_peers){ .check = false };
	if (kit->in_token)
		kit_make_token(kit);
	kit_start_keeper(kit);
	kit->gateway = keepc_new(kit->rig.socket, "gateway");
	kit->admin = keepc_new(kit->rig.socket, "admin");
	rig_ok(provider_new(kit->rig.socket, "gateway", &kit->provider, &err),
	    &err);
	*state = kit;
	return (0);
}

static inline int
kit_tear_down(void **state)
{
	struct kit *kit = *state;

	provider_free(&kit->provider);
	keepc_free(&kit->gateway);
	keepc_free(&kit->admin);
	kit_stop_keeper(kit);
	rig_remove(&kit->rig);
	free(kit);
	return (0);
}

#endif
