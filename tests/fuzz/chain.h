/* SPDX-License-Identifier: Apache-2.0 */
/* chain: an issuer and a user's certificate, always the same, to fuzz what is
 * said about them. */
#ifndef TESTS_FUZZ_CHAIN_H
#define TESTS_FUZZ_CHAIN_H

#include <openssl/x509v3.h>

#include "pki/cert.h"

#define CHAIN_NOW_MS INT64_C(1798761600000)

static X509 *
chain_cert(const char *cn, const char *issuer, unsigned char seed,
    unsigned char issuer_seed, bool is_authority)
{
	const unsigned char own[32] = { seed }, signing[32] = { issuer_seed };
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    own, sizeof(own));
	EVP_PKEY *signer = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    signing, sizeof(signing));
	BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
	X509 *x = X509_new();

	must(key != NULL && signer != NULL && bc != NULL && x != NULL);
	bc->ca = is_authority ? 0xff : 0;
	must(X509_set_version(x, X509_VERSION_3) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(x), 4711) == 1 &&
	    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0) == 1 &&
	    X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)issuer, -1, -1, 0) == 1 &&
	    ASN1_TIME_set_string(X509_getm_notBefore(x), "260101000000Z") ==
	    1 && ASN1_TIME_set_string(X509_getm_notAfter(x),
	    "300101000000Z") == 1 && X509_set_pubkey(x, key) == 1 &&
	    X509_add1_ext_i2d(x, NID_basic_constraints, bc, 1, 0) == 1 &&
	    X509_sign(x, signer, NULL) > 0);
	BASIC_CONSTRAINTS_free(bc);
	EVP_PKEY_free(key);
	EVP_PKEY_free(signer);
	return (x);
}

/* Both live as long as the fuzzer. */
static UNUSED void
chain_make(struct cert *issuer, struct cert *user)
{
	static struct arena *a;
	X509 *x[2] = { chain_cert("Issuer", "Root", 2, 1, true),
		chain_cert("User", "Issuer", 3, 2, false) };

	a = arena_new();
	for (int i = 0; i < 2; i++) {
		unsigned char *der = NULL;
		int len = i2d_X509(x[i], &der);

		must(len > 0 && cert_parse(str_make(der, (size_t)len), a,
		    i == 0 ? issuer : user, NULL) == 0);
		OPENSSL_free(der);
		X509_free(x[i]);
	}
}

#endif
