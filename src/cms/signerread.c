/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signerread: algorithms, attributes, the signature itself.
 *
 * Runs in the gateway. Security: see signers.h. A signature without signed
 * attributes could be one over the attributes of another message: what it
 * signs has to be text, then.
 * Standards: RFC 5652 5.3 and 11.1 to 11.3, RFC 8551 2.1, 2.2 and 2.5,
 * RFC 8419 2 and 3.
 */
#include "cms/signerread.h"

#include <openssl/err.h>
#include <time.h>

#include "base/clock.h"
#include "cms/mimelayer.h"

/* OpenSSL says -1 where there are none at all. */
static bool
has_attributes(CMS_SignerInfo *si)
{
	return (CMS_signed_get_attr_count(si) > 0);
}

static int
digest_nid(CMS_SignerInfo *si)
{
	X509_ALGOR *alg = NULL;
	const ASN1_OBJECT *oid = NULL;

	CMS_SignerInfo_get0_algs(si, NULL, NULL, &alg, NULL);
	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	return (OBJ_obj2nid(oid));
}

const EVP_MD *
signerread_md(CMS_SignerInfo *si)
{
	static const int known[] = { NID_sha256, NID_sha384, NID_sha512,
		NID_sha224, NID_sha512_256, NID_sha3_256, NID_sha3_384,
		NID_sha3_512, NID_sha1, NID_md5 };
	int nid = digest_nid(si);

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (known[i] == nid)
			return (EVP_get_digestbynid(nid));
	return (NULL);
}

static bool
is_weak_nid(int nid)
{
	return (nid == NID_sha1 || nid == NID_md5);
}

bool
signerread_is_weak(CMS_SignerInfo *si)
{
	X509_ALGOR *alg = NULL;
	const ASN1_OBJECT *oid = NULL;
	int md = NID_undef;

	CMS_SignerInfo_get0_algs(si, NULL, NULL, NULL, &alg);
	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	/* In a PSS signature OpenSSL sees that both digests are the same. */
	if (OBJ_find_sigid_algs(OBJ_obj2nid(oid), &md, NULL) == 1 &&
	    is_weak_nid(md))
		return (true);
	return (is_weak_nid(digest_nid(si)));
}

/* RFC 5652 11: each once, with one value. */
static ASN1_TYPE *
attribute(CMS_SignerInfo *si, int nid)
{
	int at = CMS_signed_get_attr_by_NID(si, nid, -1);
	X509_ATTRIBUTE *attr;

	if (at < 0 || CMS_signed_get_attr_by_NID(si, nid, at) >= 0)
		return (NULL);
	attr = CMS_signed_get_attr(si, at);
	return (X509_ATTRIBUTE_count(attr) == 1 ?
	    X509_ATTRIBUTE_get0_type(attr, 0) : NULL);
}

const char *
signerread_malformed(CMS_SignerInfo *si, struct str content)
{
	const ASN1_TYPE *type;

	if (!has_attributes(si)) {
		/* The DER of attributes is never that. */
		if ((mimelayer_look(content) & (MIMELAYER_NUL |
		    MIMELAYER_CONTROL)) != 0)
			return ("what it signs is no mail");
		return (NULL);
	}
	type = attribute(si, NID_pkcs9_contentType);
	if (type == NULL || type->type != V_ASN1_OBJECT ||
	    OBJ_obj2nid(type->value.object) != NID_pkcs7_data)
		return ("it does not say what it signs");
	type = attribute(si, NID_pkcs9_messageDigest);
	if (type == NULL || type->type != V_ASN1_OCTET_STRING)
		return ("it has no digest");
	return (NULL);
}

/* The attributes as they were signed: a SET OF in DER, which is as OpenSSL
 * orders and writes it. */
static struct str
attributes_der(CMS_SignerInfo *si, struct arena *a)
{
	STACK_OF(ASN1_TYPE) *list = sk_ASN1_TYPE_new_null();
	int n = CMS_signed_get_attr_count(si);
	struct str out = STR_NULL;
	uint8_t *der = NULL;
	int len = -1;

	must(list != NULL);
	for (int i = 0; i < n; i++) {
		ASN1_TYPE *t = ASN1_TYPE_pack_sequence(
		    ASN1_ITEM_rptr(X509_ATTRIBUTE),
		    CMS_signed_get_attr(si, i), NULL);

		must(t != NULL && sk_ASN1_TYPE_push(list, t) > 0);
	}
	len = i2d_ASN1_SET_ANY(list, &der);
	if (len > 0)
		out = arena_str(a, str_make(der, (size_t)len));
	OPENSSL_free(der);
	sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
	return (out);
}

/* OpenSSL 3.0 verifies no Ed25519 in CMS; it signs the attributes as they
 * are. Whether their digest fits is seen as with any other key. */
static bool
fits_ed25519(CMS_SignerInfo *si, EVP_PKEY *key)
{
	AUTO_ARENA struct arena *a = arena_new();
	const ASN1_OCTET_STRING *sig = CMS_SignerInfo_get0_signature(si);
	struct str signed_bytes = attributes_der(si, a);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool fits;

	must(ctx != NULL);
	fits = signed_bytes.len > 0 && digest_nid(si) == NID_sha512 &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, ASN1_STRING_get0_data(sig),
	    (size_t)ASN1_STRING_length(sig),
	    (const uint8_t *)signed_bytes.p, signed_bytes.len) == 1;
	EVP_MD_CTX_free(ctx);
	return (fits);
}

bool
signerread_fits(CMS_SignerInfo *si, X509 *cert, BIO *chain)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);

	if (key == NULL)
		return (false);
	if (has_attributes(si)) {
		bool fits = EVP_PKEY_is_a(key, "ED25519") ?
		    fits_ed25519(si, key) : CMS_SignerInfo_verify(si) == 1;

		if (!fits)
			return (false);
	}
	return (CMS_SignerInfo_verify_content(si, chain) == 1);
}

void
signerread_read(CMS_SignerInfo *si, struct arena *a, int64_t *signed_ms,
    struct str *capabilities)
{
	ASN1_TYPE *type = attribute(si, NID_pkcs9_signingTime);
	struct tm tm = { 0 };

	*signed_ms = 0;
	*capabilities = STR_NULL;
	if (type != NULL && (type->type == V_ASN1_UTCTIME ||
	    type->type == V_ASN1_GENERALIZEDTIME) &&
	    ASN1_TIME_to_tm(type->value.asn1_string, &tm) == 1)
		*signed_ms = (int64_t)timegm(&tm) * CLOCK_SECOND_MS;
	type = attribute(si, NID_SMIMECapabilities);
	if (type != NULL && type->type == V_ASN1_SEQUENCE)
		*capabilities = arena_str(a, str_make(
		    ASN1_STRING_get0_data(type->value.sequence),
		    (size_t)ASN1_STRING_length(type->value.sequence)));
}
