/* SPDX-License-Identifier: Apache-2.0 */
/*
 * providerkey: the provider's keys (provider-keymgmt(7)).
 *
 * Runs in the gateway and the command line. Each holds its public half as an
 * ordinary key, which answers all that is not private. Security: nothing
 * private can be exported, so OpenSSL comes back here for every private
 * operation, and only for those.
 */
#include <openssl/err.h>
#include <openssl/x509.h>

#include "keepc/providerstate.h"

/* ---- life ------------------------------------------------------------- */

static struct provider_key *
new_key(void *ctx, const char *type)
{
	struct provider_key *k = must_calloc(1, sizeof(*k));

	k->provider = ctx;
	k->type = type;
	return (k);
}

static void *
new_rsa(void *ctx)
{
	return (new_key(ctx, "RSA"));
}

static void *
new_ec(void *ctx)
{
	return (new_key(ctx, "EC"));
}

static void *
new_ed25519(void *ctx)
{
	return (new_key(ctx, "ED25519"));
}

static void
free_key(void *key)
{
	struct provider_key *k = key;

	if (k == NULL)
		return;
	EVP_PKEY_free(k->public);
	free(k);
}

/* ---- in and out ------------------------------------------------------- */

/* A key of the keeper's. */
static bool
import_own(struct provider_key *k, const OSSL_PARAM *p)
{
	const uint8_t *der;

	if (p->data_type != OSSL_PARAM_OCTET_STRING ||
	    p->data_size != sizeof(k->key))
		return (false);
	memcpy(&k->key, p->data, sizeof(k->key));
	if (k->key.public_len > MAILKEY_PUBLIC_MAX ||
	    k->key.sealed_len > MAILKEY_SEALED_MAX)
		return (false);
	der = k->key.public_der;
	k->public = d2i_PUBKEY(NULL, &der, (long)k->key.public_len);
	k->is_private = true;
	return (k->public != NULL && EVP_PKEY_is_a(k->public, k->type) == 1 &&
	    der == k->key.public_der + k->key.public_len);
}

/* Another's public half, or only its curve: OpenSSL compares keys, and agrees
 * on secrets, within one provider. */
static bool
import_public(struct provider_key *k, int selection, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, k->type, NULL);
	int part = (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0 ?
	    EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEY_PARAMETERS;
	bool ok;

	must(ctx != NULL);
	ok = EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &k->public, part, params) == 1;
	EVP_PKEY_CTX_free(ctx);
	return (ok);
}

static int
import(void *key, int selection, const OSSL_PARAM *params)
{
	const OSSL_PARAM *own = OSSL_PARAM_locate_const(params,
	    PROVIDER_PARAM_KEY);
	struct provider_key *k = key;

	if (k->public != NULL)
		return (0);
	return (own != NULL ? import_own(k, own) : import_public(k, selection,
	    (OSSL_PARAM *)(uintptr_t)params));
}

static int
export(void *key, int selection, OSSL_CALLBACK *take, void *arg)
{
	int part = (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0 ?
	    EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEY_PARAMETERS;
	const struct provider_key *k = key;
	OSSL_PARAM *params = NULL;
	int ok;

	if (k->public == NULL || (k->is_private &&
	    (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0))
		return (0);
	if (EVP_PKEY_todata(k->public, part, &params) != 1)
		return (0);
	ok = take(params, arg);
	OSSL_PARAM_free(params);
	return (ok);
}

static const OSSL_PARAM *
types(int selection UNUSED)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_octet_string(PROVIDER_PARAM_KEY, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END
	};

	return (list);
}

/* ---- questions -------------------------------------------------------- */

static int
has(const void *key, int selection)
{
	const struct provider_key *k = key;

	if (k == NULL || k->public == NULL)
		return (0);
	return (k->is_private ||
	    (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0);
}

static int
match(const void *a, const void *b, int selection)
{
	const struct provider_key *x = a, *y = b;

	if (x->public == NULL || y->public == NULL)
		return (0);
	return ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0 ?
	    EVP_PKEY_eq(x->public, y->public) == 1 :
	    EVP_PKEY_parameters_eq(x->public, y->public) == 1);
}

/* The private half is the keeper's to prove. */
static int
validate(const void *key, int selection, int how UNUSED)
{
	const struct provider_key *k = key;
	EVP_PKEY_CTX *ctx;
	int ok;

	if (k->public == NULL)
		return (0);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->public, NULL);
	must(ctx != NULL);
	ok = (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0 ?
	    EVP_PKEY_public_check(ctx) == 1 : EVP_PKEY_param_check(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	return (ok);
}

static int
get_params(void *key, OSSL_PARAM params[])
{
	const struct provider_key *k = key;

	return (k->public != NULL ?
	    EVP_PKEY_get_params(k->public, params) : 0);
}

static const OSSL_PARAM *
gettable(void *ctx UNUSED)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
		    NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END
	};

	return (list);
}

/* A peer's point, into a key that had only its curve. */
static int
set_params(void *key, const OSSL_PARAM params[])
{
	struct provider_key *k = key;

	if (params == NULL || params[0].key == NULL)
		return (1);
	return (k->public != NULL && !k->is_private ? EVP_PKEY_set_params(
	    k->public, (OSSL_PARAM *)(uintptr_t)params) : 0);
}

static const OSSL_PARAM *
settable(void *ctx UNUSED)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
		    NULL, 0),
		OSSL_PARAM_END
	};

	return (list);
}

/* An EC key has two algorithms of other names. */
static const char *
name_for_ec(int operation)
{
	return (operation == OSSL_OP_SIGNATURE ? "ECDSA" :
	    operation == OSSL_OP_KEYEXCH ? "ECDH" : NULL);
}

#define COMMON \
	{ OSSL_FUNC_KEYMGMT_FREE, PROVIDER_FN(free_key) }, \
	{ OSSL_FUNC_KEYMGMT_IMPORT, PROVIDER_FN(import) }, \
	{ OSSL_FUNC_KEYMGMT_IMPORT_TYPES, PROVIDER_FN(types) }, \
	{ OSSL_FUNC_KEYMGMT_EXPORT, PROVIDER_FN(export) }, \
	{ OSSL_FUNC_KEYMGMT_EXPORT_TYPES, PROVIDER_FN(types) }, \
	{ OSSL_FUNC_KEYMGMT_HAS, PROVIDER_FN(has) }, \
	{ OSSL_FUNC_KEYMGMT_MATCH, PROVIDER_FN(match) }, \
	{ OSSL_FUNC_KEYMGMT_VALIDATE, PROVIDER_FN(validate) }, \
	{ OSSL_FUNC_KEYMGMT_GET_PARAMS, PROVIDER_FN(get_params) }, \
	{ OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, PROVIDER_FN(gettable) }, \
	{ OSSL_FUNC_KEYMGMT_SET_PARAMS, PROVIDER_FN(set_params) }, \
	{ OSSL_FUNC_KEYMGMT_SETTABLE_PARAMS, PROVIDER_FN(settable) }, \
	{ 0, NULL }

static const OSSL_DISPATCH rsa[] = {
	{ OSSL_FUNC_KEYMGMT_NEW, PROVIDER_FN(new_rsa) }, COMMON };
static const OSSL_DISPATCH ec[] = {
	{ OSSL_FUNC_KEYMGMT_NEW, PROVIDER_FN(new_ec) },
	{ OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, PROVIDER_FN(name_for_ec) },
	COMMON };
static const OSSL_DISPATCH ed25519[] = {
	{ OSSL_FUNC_KEYMGMT_NEW, PROVIDER_FN(new_ed25519) }, COMMON };

/* By OpenSSL's names: CMS and X.509 look at the first. */
const OSSL_ALGORITHM provider_keys[] = {
	{ "RSA:rsaEncryption", PROVIDER_QUERY, rsa, NULL },
	{ "EC:id-ecPublicKey", PROVIDER_QUERY, ec, NULL },
	{ "ED25519", PROVIDER_QUERY, ed25519, NULL },
	{ NULL, NULL, NULL, NULL }
};
