/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signerinfo: signed attributes, and the signature over their DER.
 *
 * Runs in the gateway. Security: the key is the keeper's; what it is asked to
 * sign is a SET that begins with our attributes, never the sender's bytes (they
 * are in it as a digest). Standards: RFC 5652 5.4, RFC 5754 3, RFC 4056 3,
 * RFC 8419 3, RFC 5035 3, RFC 8551 2.5.
 */
#include "cms/signerinfo.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "cms/capabilities.h"
#include "cms/recipientinfo.h"

#define SIGNATURE_MAX 2048	/* RSA of 16384 bits */
#define ATTRIBUTES_MAX (192u << 10)	/* two issuers' names */
#define USUAL_BYTES 1024u

static const struct digest {
	int nid;
	const char *micalg;
	int ecdsa;
} digests[] = {
	{ NID_sha256, "sha-256", NID_ecdsa_with_SHA256 },
	{ NID_sha384, "sha-384", NID_ecdsa_with_SHA384 },
	{ NID_sha512, "sha-512", NID_ecdsa_with_SHA512 },
};

static const struct digest *
digest_of(int nid)
{
	for (size_t i = 0; i < COUNT_OF(digests); i++)
		if (digests[i].nid == nid)
			return (&digests[i]);
	return (NULL);
}

/* As strong as the key: what nobody chose otherwise. */
static const EVP_MD *
usual_digest(EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);

	if (!EVP_PKEY_is_a(key, "EC") || bits <= 256)
		return (EVP_sha256());
	return (bits <= 384 ? EVP_sha384() : EVP_sha512());
}

int
signerinfo_choose(const struct smimeout_signer *signer,
    struct signerinfo_way *out, struct err *err)
{
	EVP_PKEY *key = X509_get0_pubkey(signer->cert->x);
	struct signerinfo_way way = { .md = signer->md };
	const struct digest *digest;

	if (key == NULL)
		return (err_set(err, ERR_PERM, "the signer's certificate has a"
		    " damaged key"));
	way.is_pss = EVP_PKEY_is_a(key, "RSA-PSS") ||
	    (EVP_PKEY_is_a(key, "RSA") &&
	    signer->signing == SMIMEOUT_RSA_PSS);
	way.is_rsa = way.is_pss || EVP_PKEY_is_a(key, "RSA");
	way.is_pure = EVP_PKEY_is_a(key, "ED25519");
	if (!way.is_rsa && !way.is_pure && !EVP_PKEY_is_a(key, "EC"))
		return (err_set(err, ERR_PERM, "the signer's certificate has a"
		    " key that nothing can be signed with"));
	/* RFC 8419 3: always this one. */
	if (way.is_pure)
		way.md = EVP_sha512();
	else if (way.md == NULL)
		way.md = usual_digest(key);
	way.md_nid = EVP_MD_get_type(way.md);
	if ((digest = digest_of(way.md_nid)) == NULL)
		return (err_set(err, ERR_PERM, "mail is signed with SHA-256,"
		    " SHA-384 or SHA-512 only"));
	way.micalg = digest->micalg;
	*out = way;
	return (0);
}

const struct cert *
signerinfo_encryption(const struct smimeout_signer *signer)
{
	if (signer->encryption != NULL)
		return (signer->encryption);
	return (signer->cert->may_encrypt ? signer->cert : NULL);
}

/* ---- attributes ------------------------------------------------------- */

/* Attribute ::= SEQUENCE { type, SET OF value }, one value. */
struct attribute {
	size_t all, values;
};

static struct attribute
open_attribute(int nid, struct der *d)
{
	struct attribute at;

	at.all = der_open(d, DER_SEQUENCE);
	der_oid(d, nid);
	at.values = der_open(d, DER_SET);
	return (at);
}

static void
close_attribute(const struct attribute *at, struct der *d)
{
	der_close(d, at->values);
	der_close(d, at->all);
}

static void
put_capabilities(const struct smimeout_signer *signer, struct der *d)
{
	const struct cert *c = signerinfo_encryption(signer);
	struct attribute at;

	if (c == NULL)
		return;
	at = open_attribute(NID_SMIMECapabilities, d);
	capabilities_write(c->key, d->out);
	close_attribute(&at, d);
}

/* ESSCertIDv2 with SHA-256, its default: binds the signature to this very
 * certificate, so that no other of the same key is put in its place. */
static void
put_signing_certificate(const struct cert *c, struct der *d)
{
	struct attribute at = open_attribute(
	    NID_id_smime_aa_signingCertificateV2, d);
	size_t value = der_open(d, DER_SEQUENCE);
	size_t list = der_open(d, DER_SEQUENCE);
	size_t one = der_open(d, DER_SEQUENCE);

	der_put(d, DER_OCTETS, str_make(c->sha256, sizeof(c->sha256)));
	recipientinfo_issuer_names(c->x, d);
	der_close(d, one);
	der_close(d, list);
	der_close(d, value);
	close_attribute(&at, d);
}

/* [0] IMPLICIT IssuerAndSerialNumber. */
static void
put_preference(const struct cert *c, struct der *d)
{
	struct attribute at = open_attribute(NID_id_smime_aa_encrypKeyPref, d);
	size_t from = d->out->len;

	recipientinfo_issuer(c->x, d);
	if (!d->out->over)
		d->out->p[from] = DER_CONTEXT_0;
	close_attribute(&at, d);
}

/* SET OF Attribute, as it is signed. */
static void
put_attributes(const struct smimeout_signer *signer, struct str digest,
    struct der *d)
{
	const struct cert *encryption = signerinfo_encryption(signer);
	size_t set = der_open(d, DER_SET);
	struct attribute at = open_attribute(NID_pkcs9_contentType, d);

	der_oid(d, NID_pkcs7_data);
	close_attribute(&at, d);
	at = open_attribute(NID_pkcs9_signingTime, d);
	der_moment(d, signer->at_ms);
	close_attribute(&at, d);
	at = open_attribute(NID_pkcs9_messageDigest, d);
	der_put(d, DER_OCTETS, digest);
	close_attribute(&at, d);
	put_capabilities(signer, d);
	put_signing_certificate(signer->cert, d);
	if (encryption != NULL)
		put_preference(encryption, d);
	der_close_set(d, set);
}

/* ---- signature -------------------------------------------------------- */

/* RFC 4056 3: salt as long as the digest, which masks, too. */
static void
put_pss(const struct signerinfo_way *way, struct der *d)
{
	size_t params = der_open(d, DER_SEQUENCE), at, mgf;

	at = der_open(d, DER_CONTEXT_0);
	der_algorithm(d, way->md_nid);
	der_close(d, at);
	at = der_open(d, DER_CONTEXT_1);
	mgf = der_open(d, DER_SEQUENCE);
	der_oid(d, NID_mgf1);
	der_algorithm(d, way->md_nid);
	der_close(d, mgf);
	der_close(d, at);
	at = der_open(d, DER_CONTEXT_2);
	der_number(d, (uint32_t)EVP_MD_get_size(way->md));
	der_close(d, at);
	der_close(d, params);
}

static void
put_algorithm(const struct signerinfo_way *way, struct der *d)
{
	size_t at;

	if (way->is_pure) {
		der_algorithm(d, NID_ED25519);
		return;
	}
	if (!way->is_rsa) {
		der_algorithm(d, digest_of(way->md_nid)->ecdsa);
		return;
	}
	at = der_open(d, DER_SEQUENCE);
	der_oid(d, way->is_pss ? NID_rsassaPss : NID_rsaEncryption);
	if (way->is_pss)
		put_pss(way, d);
	else
		der_null(d);
	der_close(d, at);
}

static bool
begin_signing(EVP_MD_CTX *ctx, const struct smimeout_signer *signer,
    const struct signerinfo_way *way)
{
	EVP_PKEY_CTX *key;

	if (EVP_DigestSignInit(ctx, &key, way->is_pure ? NULL : way->md, NULL,
	    signer->key) != 1)
		return (false);
	return (!way->is_pss ||
	    (EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(key, way->md) == 1 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(key, RSA_PSS_SALTLEN_DIGEST) ==
	    1));
}

static int
sign(const struct smimeout_signer *signer, const struct signerinfo_way *way,
    struct str what, uint8_t out[static SIGNATURE_MAX], size_t *n,
    struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *why;
	bool is_signed;

	must(ctx != NULL);
	*n = SIGNATURE_MAX;
	is_signed = begin_signing(ctx, signer, way) &&
	    EVP_DigestSign(ctx, out, n, (const uint8_t *)what.p, what.len) ==
	    1;
	EVP_MD_CTX_free(ctx);
	if (is_signed)
		return (0);
	why = ERR_reason_error_string(ERR_peek_last_error());
	(void)err_set(err, ERR_TEMP, "the message could not be signed: %s",
	    why != NULL ? why : "the key does not answer");
	ERR_clear_error();
	return (-1);
}

int
signerinfo_write(const struct smimeout_signer *signer,
    const struct signerinfo_way *way, struct str digest, struct der *d,
    struct err *err)
{
	AUTO_BUF struct buf set = BUF_INIT(ATTRIBUTES_MAX);
	struct der attributes = { .out = &set };
	uint8_t signature[SIGNATURE_MAX];
	size_t n, at;

	buf_expect(&set, USUAL_BYTES);
	put_attributes(signer, digest, &attributes);
	if (buf_check(&set, "what is to be signed", err) == -1 ||
	    sign(signer, way, buf_view(&set), signature, &n, err) == -1)
		return (-1);
	/* RFC 5652 5.4: signed as a SET, written as [0] IMPLICIT. */
	set.p[0] = DER_CONTEXT_0;
	at = der_open(d, DER_SEQUENCE);
	der_number(d, 1);
	recipientinfo_issuer(signer->cert->x, d);
	der_algorithm(d, way->md_nid);
	der_raw(d, buf_view(&set));
	put_algorithm(way, d);
	der_put(d, DER_OCTETS, str_make(signature, n));
	der_close(d, at);
	return (0);
}
