/* SPDX-License-Identifier: Apache-2.0 */
/*
 * providersignid: how a signature algorithm is called in certificates, CRLs
 * and OCSP responses.
 *
 * Runs in the gateway and the command line.
 * Standards: RFC 4055 3.1 and 5, RFC 5758 3.2, RFC 8410 3.
 */
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "keepc/providerstate.h"

#define SALT_DEFAULT 20	/* RFC 4055 3.1: then it is left out */

static void
put_der(const X509_ALGOR *algor, struct buf *out)
{
	uint8_t *der = NULL;
	int len = i2d_X509_ALGOR(algor, &der);

	must(len > 0);
	buf_append(out, der, (size_t)len);
	OPENSSL_free(der);
}

/* A digest's identifier, with the NULL that RFC 4055 2.1 wants. */
static X509_ALGOR *
digest_id(const EVP_MD *md)
{
	X509_ALGOR *a = X509_ALGOR_new();

	must(a != NULL && X509_ALGOR_set0(a, OBJ_nid2obj(EVP_MD_get_type(md)),
	    V_ASN1_NULL, NULL) == 1);
	return (a);
}

static X509_ALGOR *
mgf1_id(const EVP_MD *md)
{
	X509_ALGOR *a = X509_ALGOR_new(), *digest = digest_id(md);
	ASN1_STRING *packed = ASN1_item_pack(digest,
	    ASN1_ITEM_rptr(X509_ALGOR), NULL);

	must(a != NULL && packed != NULL && X509_ALGOR_set0(a,
	    OBJ_nid2obj(NID_mgf1), V_ASN1_SEQUENCE, packed) == 1);
	X509_ALGOR_free(digest);
	return (a);
}

static void
put_pss(const EVP_MD *md, int salt_len, struct buf *out)
{
	RSA_PSS_PARAMS *pss = RSA_PSS_PARAMS_new();
	X509_ALGOR *a = X509_ALGOR_new();
	ASN1_STRING *packed;

	must(pss != NULL && a != NULL);
	pss->hashAlgorithm = digest_id(md);
	pss->maskGenAlgorithm = mgf1_id(md);
	if (salt_len != SALT_DEFAULT) {
		pss->saltLength = ASN1_INTEGER_new();
		must(pss->saltLength != NULL &&
		    ASN1_INTEGER_set(pss->saltLength, salt_len) == 1);
	}
	packed = ASN1_item_pack(pss, ASN1_ITEM_rptr(RSA_PSS_PARAMS), NULL);
	must(packed != NULL && X509_ALGOR_set0(a, OBJ_nid2obj(NID_rsassaPss),
	    V_ASN1_SEQUENCE, packed) == 1);
	put_der(a, out);
	RSA_PSS_PARAMS_free(pss);
	X509_ALGOR_free(a);
}

bool
provider_sign_id(const char *type, int padding, const EVP_MD *md,
    int salt_len, struct buf *out)
{
	bool is_rsa = strcmp(type, "RSA") == 0;
	int nid = NID_ED25519;
	X509_ALGOR *a;

	if (is_rsa && padding == RSA_PKCS1_PSS_PADDING) {
		put_pss(md, salt_len, out);
		return (true);
	}
	if (md != NULL && OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(md),
	    is_rsa ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey) != 1)
		return (false);
	a = X509_ALGOR_new();
	must(a != NULL && X509_ALGOR_set0(a, OBJ_nid2obj(nid), is_rsa ?
	    V_ASN1_NULL : V_ASN1_UNDEF, NULL) == 1);
	put_der(a, out);
	X509_ALGOR_free(a);
	return (true);
}
