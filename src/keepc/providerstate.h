/* SPDX-License-Identifier: Apache-2.0 */
/*
 * providerstate: what the provider's files share. Only keepc/provider*.c uses
 * it.
 *
 * OpenSSL calls the functions of the dispatch tables (provider-base(7) and
 * following); 1 is success. Each private operation takes a connection to the
 * keeper for its time.
 */
#ifndef KEEPC_PROVIDERSTATE_H
#define KEEPC_PROVIDERSTATE_H

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>

#include "keepc/keyuse.h"
#include "keepc/provider.h"

#define PROVIDER_NAME "letterlock"
#define PROVIDER_QUERY "provider=" PROVIDER_NAME
/* The parameter of EVP_PKEY_fromdata() that holds a struct mailkey. */
#define PROVIDER_PARAM_KEY "letterlock-key"
#define PROVIDER_NAME_MAX 64	/* of an algorithm */
#define PROVIDER_FN(f) ((void (*)(void))(f))

/* One key, ours or, where is_private is false, another's public half. */
struct provider_key {
	struct provider *provider;
	const char *type;	/* "RSA", "EC", "ED25519" */
	EVP_PKEY *public;	/* in OpenSSL's own provider; NULL: empty */
	bool is_private;
	struct mailkey key;
};

/* The tables of each algorithm. */
extern const OSSL_ALGORITHM provider_keys[];
extern const OSSL_ALGORITHM provider_signatures[];
extern const OSSL_ALGORITHM provider_ciphers[];
extern const OSSL_ALGORITHM provider_exchanges[];

/* Ask the keeper, and note what provider_failure() says. out is emptied. */
int provider_sign(const struct provider_key *key,
    const struct keywire_use *how, struct buf *out) FALLIBLE;
int provider_decrypt(const struct provider_key *key,
    const struct keywire_use *how, struct buf *out) FALLIBLE;
int provider_derive(const struct provider_key *key, struct str point,
    struct buf *out) FALLIBLE;

/* The private operation cannot even be asked for: why. Returns -1. */
int provider_refuse(const char *why);

/* The digest of this name; KEYWIRE_NO_DIGEST: none of ours. */
enum keywire_digest provider_digest(const char *name);

/* RSA_PKCS1_PADDING and so on out of a parameter, number or name, and into
 * one. */
bool provider_get_padding(const OSSL_PARAM *p, int *padding);
bool provider_put_padding(OSSL_PARAM *p, int padding);

/* Append the DER of the AlgorithmIdentifier of a signature with md; for PSS
 * (RFC 4055 3.1) with this salt, else salt_len is ignored. */
bool provider_sign_id(const char *type, int padding, const EVP_MD *md,
    int salt_len, struct buf *out);

#endif
