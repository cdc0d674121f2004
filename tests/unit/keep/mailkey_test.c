/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailkey_test: every kind of key signs, decrypts and derives through the
 * provider, in what OpenSSL does with keys; OpenSSL's own provider checks it.
 * Run with "sealed" and with "token": the same keys in blobs and in SoftHSM.
 */
#include "mailkeyrig.h"

#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ocsp.h>
#include <openssl/rsa.h>

/* ---- certificates ----------------------------------------------------- */

static const struct signature_row {
	enum mailkey_kind kind;
	const char *digest;	/* NULL: Ed25519 */
	bool pss;
	int salt;
} signatures[] = {
	{ MAILKEY_RSA_2048, "SHA256", false, 0 },
	{ MAILKEY_RSA_2048, "SHA512", false, 0 },
	{ MAILKEY_RSA_2048, "SHA256", true, 32 },
	{ MAILKEY_RSA_2048, "SHA384", true, RSA_PSS_SALTLEN_DIGEST },
	{ MAILKEY_RSA_2048, "SHA256", true, RSA_PSS_SALTLEN_MAX },
	{ MAILKEY_RSA_2048, "SHA256", true, 20 },
	{ MAILKEY_RSA_3072, "SHA384", false, 0 },
	{ MAILKEY_RSA_4096, "SHA256", false, 0 },
	{ MAILKEY_P256, "SHA256", false, 0 },
	{ MAILKEY_P256, "SHA512", false, 0 },
	{ MAILKEY_P384, "SHA384", false, 0 },
	{ MAILKEY_ED25519, NULL, false, 0 },
};

static EVP_MD_CTX *
start_signing(const struct signature_row *row, EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;

	test_ssl(EVP_DigestSignInit_ex(ctx, &pctx, row->digest, NULL, NULL,
	    key, NULL));
	if (row->pss) {
		test_ssl(EVP_PKEY_CTX_set_rsa_padding(pctx,
		    RSA_PKCS1_PSS_PADDING));
		test_ssl(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, row->salt));
	}
	return (ctx);
}

/* A certificate that signs itself: OpenSSL's own key, out of it, says yes. */
static void
test_certificates(void **state)
{
	struct kit *kit = *state;

	for (size_t i = 0; i < COUNT_OF(signatures); i++) {
		EVP_PKEY *key = kit_key(kit, signatures[i].kind,
		    MAILKEY_AUTHORITY);
		EVP_MD_CTX *ctx;
		X509 *cert;

		if (key == NULL)
			continue;
		cert = kit_unsigned(key);
		ctx = start_signing(&signatures[i], key);
		if (X509_sign_ctx(cert, ctx) <= 0)
			kit_fail("X509_sign_ctx");
		test_ssl(X509_verify(cert, X509_get0_pubkey(cert)));
		/* The same through our key: its public half checks. */
		test_ssl(X509_verify(cert, key));
		test_ssl(X509_check_private_key(cert, key));
		EVP_MD_CTX_free(ctx);
		X509_free(cert);
		EVP_PKEY_free(key);
	}
}

static void
test_requests(void **state)
{
	struct kit *kit = *state;
	EVP_PKEY *key = kit_key(kit, MAILKEY_P256, MAILKEY_MAIL);
	X509_REQ *request = X509_REQ_new();

	test_ssl(X509_REQ_set_pubkey(request, key));
	if (X509_REQ_sign(request, key, EVP_sha256()) <= 0)
		kit_fail("X509_REQ_sign");
	test_ssl(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)));
	X509_REQ_free(request);
	EVP_PKEY_free(key);
}

static void
test_revocation_lists(void **state)
{
	struct kit *kit = *state;
	EVP_PKEY *key = kit_key(kit, MAILKEY_RSA_2048, MAILKEY_AUTHORITY);
	X509 *cert = kit_cert(kit, key);
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *now = X509_gmtime_adj(NULL, 0);

	test_ssl(X509_CRL_set_version(crl, 1));
	test_ssl(X509_CRL_set_issuer_name(crl, X509_get_subject_name(cert)));
	test_ssl(X509_CRL_set1_lastUpdate(crl, now));
	if (X509_CRL_sign(crl, key, EVP_sha256()) <= 0)
		kit_fail("X509_CRL_sign");
	test_ssl(X509_CRL_verify(crl, X509_get0_pubkey(cert)));
	ASN1_TIME_free(now);
	X509_CRL_free(crl);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void
test_ocsp(void **state)
{
	static const enum mailkey_kind kinds[] = { MAILKEY_RSA_2048,
		MAILKEY_P256 };
	struct kit *kit = *state;

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		EVP_PKEY *key = kit_key(kit, kinds[i], MAILKEY_OCSP);
		X509 *cert = kit_cert(kit, key);
		OCSP_BASICRESP *response = OCSP_BASICRESP_new();
		OCSP_CERTID *id = OCSP_cert_to_id(NULL, cert, cert);
		ASN1_TIME *now = X509_gmtime_adj(NULL, 0);
		STACK_OF(X509) *known = sk_X509_new_null();

		assert_non_null(OCSP_basic_add1_status(response, id,
		    V_OCSP_CERTSTATUS_GOOD, 0, NULL, now, NULL));
		if (OCSP_basic_sign(response, cert, key, EVP_sha256(), NULL,
		    0) != 1)
			kit_fail("OCSP_basic_sign");
		sk_X509_push(known, cert);
		test_ssl(OCSP_basic_verify(response, known, NULL,
		    OCSP_NOVERIFY) == 1);
		sk_X509_free(known);
		OCSP_CERTID_free(id);
		ASN1_TIME_free(now);
		OCSP_BASICRESP_free(response);
		X509_free(cert);
		EVP_PKEY_free(key);
	}
}

/* ---- letters ---------------------------------------------------------- */

static const char letter[] = "Content-Type: text/plain\r\n\r\nGood day.\r\n";

/* Signed by us; checked with the certificate's own key. */
static void
sign_letter(struct kit *kit, const struct signature_row *row, unsigned flags)
{
	EVP_PKEY *key = kit_key(kit, row->kind, MAILKEY_MAIL);
	X509 *cert = kit_cert(kit, key);
	BIO *in = BIO_new_mem_buf(letter, -1), *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, in, CMS_PARTIAL |
	    CMS_BINARY);
	CMS_SignerInfo *si;

	assert_non_null(cms);
	si = CMS_add1_signer(cms, cert, key, EVP_get_digestbyname(
	    row->digest), flags | (row->pss ? CMS_KEY_PARAM : 0));
	if (si == NULL)
		kit_fail("CMS_add1_signer");
	if (row->pss)
		test_ssl(EVP_PKEY_CTX_set_rsa_padding(
		    CMS_SignerInfo_get0_pkey_ctx(si), RSA_PKCS1_PSS_PADDING));
	if (CMS_final(cms, in, NULL, CMS_BINARY) != 1)
		kit_fail("CMS_final");
	test_ssl(CMS_verify(cms, NULL, NULL, NULL, out,
	    CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY));
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	BIO_free(out);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void
test_signed_letters(void **state)
{
	for (size_t i = 0; i < COUNT_OF(signatures); i++)
		/* OpenSSL 3.0's CMS does not sign with Ed25519. */
		if (signatures[i].digest != NULL) {
			sign_letter(*state, &signatures[i], 0);
			sign_letter(*state, &signatures[i], CMS_NOATTR);
		}
}

static const struct cipher_row {
	enum mailkey_kind kind;
	const char *oaep, *mgf;	/* NULL: PKCS #1 v1.5, or ECDH */
	const char *kdf;
} ciphers[] = {
	{ MAILKEY_RSA_2048, NULL, NULL, NULL },
	{ MAILKEY_RSA_3072, NULL, NULL, NULL },
	{ MAILKEY_RSA_4096, NULL, NULL, NULL },
	{ MAILKEY_RSA_2048, "SHA1", "SHA1", NULL },
	{ MAILKEY_RSA_2048, "SHA256", "SHA256", NULL },
	{ MAILKEY_RSA_2048, "SHA256", "SHA1", NULL },
	{ MAILKEY_RSA_4096, "SHA512", "SHA512", NULL },
	{ MAILKEY_P256, NULL, NULL, "SHA1" },
	{ MAILKEY_P256, NULL, NULL, "SHA256" },
	{ MAILKEY_P384, NULL, NULL, "SHA384" },
};

static void
choose(CMS_RecipientInfo *ri, const struct cipher_row *row)
{
	EVP_PKEY_CTX *ctx = CMS_RecipientInfo_get0_pkey_ctx(ri);

	if (row->oaep != NULL) {
		test_ssl(EVP_PKEY_CTX_set_rsa_padding(ctx,
		    RSA_PKCS1_OAEP_PADDING));
		test_ssl(EVP_PKEY_CTX_set_rsa_oaep_md(ctx,
		    EVP_get_digestbyname(row->oaep)));
		test_ssl(EVP_PKEY_CTX_set_rsa_mgf1_md(ctx,
		    EVP_get_digestbyname(row->mgf)));
	}
	if (row->kdf != NULL)
		test_ssl(EVP_PKEY_CTX_set_ecdh_kdf_md(ctx,
		    EVP_get_digestbyname(row->kdf)));
}

/* Encrypted with the certificate by OpenSSL alone. */
static CMS_ContentInfo *
encrypt_letter(X509 *cert, const struct cipher_row *row,
    const EVP_CIPHER *cipher)
{
	BIO *in = BIO_new_mem_buf(letter, -1);
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, cipher, CMS_PARTIAL);
	CMS_RecipientInfo *ri;

	assert_non_null(cms);
	ri = CMS_add1_recipient_cert(cms, cert, CMS_KEY_PARAM);
	assert_non_null(ri);
	choose(ri, row);
	test_ssl(CMS_final(cms, in, NULL, CMS_BINARY));
	BIO_free(in);
	return (cms);
}

static void
decrypt_letter(struct kit *kit, const struct cipher_row *row,
    const EVP_CIPHER *cipher, bool with_cert)
{
	EVP_PKEY *key = kit_key(kit, row->kind, MAILKEY_MAIL);
	X509 *cert = kit_cert(kit, key);
	CMS_ContentInfo *cms = encrypt_letter(cert, row, cipher);
	BIO *out = BIO_new(BIO_s_mem());
	char *text;

	if (CMS_decrypt(cms, key, with_cert ? cert : NULL, NULL, out, 0) != 1)
		kit_fail("CMS_decrypt");
	assert_int_equal(BIO_get_mem_data(out, &text), sizeof(letter) - 1);
	assert_memory_equal(text, letter, sizeof(letter) - 1);
	BIO_free(out);
	CMS_ContentInfo_free(cms);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void
test_encrypted_letters(void **state)
{
	for (size_t i = 0; i < COUNT_OF(ciphers); i++) {
		decrypt_letter(*state, &ciphers[i], EVP_aes_256_cbc(), true);
		decrypt_letter(*state, &ciphers[i], EVP_aes_128_gcm(), true);
		decrypt_letter(*state, &ciphers[i], EVP_aes_256_cbc(), false);
	}
}

/* ---- bare operations -------------------------------------------------- */

static void
test_ed25519(void **state)
{
	struct kit *kit = *state;
	EVP_PKEY *key = kit_key(kit, MAILKEY_ED25519, MAILKEY_MAIL);
	static uint8_t message[WIRE_DATA_MAX + 1];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[64];
	size_t len = sizeof(signature);
	struct err err = ERR_INIT;
	EVP_PKEY *public;

	if (key == NULL) {	/* the token does not make them */
		EVP_MD_CTX_free(ctx);
		return;
	}
	public = kit_public(key);
	test_ssl(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key));
	test_ssl(EVP_DigestSign(ctx, signature, &len, message,
	    WIRE_DATA_MAX));
	EVP_MD_CTX_reset(ctx);
	test_ssl(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, public));
	test_ssl(EVP_DigestVerify(ctx, signature, len, message,
	    WIRE_DATA_MAX));
	EVP_MD_CTX_reset(ctx);
	test_ssl(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key));
	assert_int_not_equal(EVP_DigestSign(ctx, signature, &len, message,
	    WIRE_DATA_MAX + 1), 1);
	assert_true(provider_failure(&err));
	assert_int_equal(err.kind, ERR_LIMIT);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(public);
	EVP_PKEY_free(key);
}

/* Both sides agree on the same secret. */
static void
test_derive(void **state)
{
	static const struct {
		enum mailkey_kind kind;
		const char *curve;
	} rows[] = { { MAILKEY_P256, "P-256" }, { MAILKEY_P384, "P-384" } };
	struct kit *kit = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		EVP_PKEY *key = kit_key(kit, rows[i].kind, MAILKEY_MAIL);
		EVP_PKEY *public = kit_public(key);
		EVP_PKEY *other = EVP_EC_gen(rows[i].curve);
		uint8_t ours[64], theirs[64];
		size_t a, b;

		a = kit_derive(key, other, ours, sizeof(ours));
		b = kit_derive(other, public, theirs, sizeof(theirs));
		assert_int_equal(a, b);
		assert_memory_equal(ours, theirs, a);
		EVP_PKEY_free(other);
		EVP_PKEY_free(public);
		EVP_PKEY_free(key);
	}
}

/* A padding that is wrong cannot be told from one that is right: decrypting
 * works, and twice gives the same. */
static void
test_wrong_padding(void **state)
{
	struct kit *kit = *state;
	EVP_PKEY *key = kit_key(kit, MAILKEY_RSA_2048, MAILKEY_MAIL);
	uint8_t in[256] = { 1, 2, 3 }, one[256], two[256];
	size_t lengths[2] = { 0, 0 }, a, b, n_other = 0;

	for (unsigned i = 0; i < 24; i++) {
		in[255] = (uint8_t)i;
		a = kit_decrypt(key, RSA_PKCS1_PADDING, in, 256, one);
		b = kit_decrypt(key, RSA_PKCS1_PADDING, in, 256, two);
		assert_int_equal(a, b);
		assert_true(a <= 256 - 11);
		assert_memory_equal(one, two, a);
		n_other += i > 0 && a != lengths[0];
		lengths[0] = a;
	}
	assert_true(n_other > 10);
	/* OAEP says no, and nothing else. */
	in[255] = 7;
	assert_int_equal(kit_decrypt(key, RSA_PKCS1_OAEP_PADDING, in, 256,
	    one), SIZE_MAX);
	EVP_PKEY_free(key);
}

/* Another's letter: CMS with a certificate reports no success, and why is not
 * to be seen. */
static void
test_not_for_us(void **state)
{
	struct kit *kit = *state;
	EVP_PKEY *a = kit_key(kit, MAILKEY_RSA_2048, MAILKEY_MAIL);
	EVP_PKEY *b = kit_fresh(kit, MAILKEY_RSA_2048, MAILKEY_MAIL, NULL);
	X509 *cert = kit_cert(kit, b);
	CMS_ContentInfo *cms = encrypt_letter(cert, &ciphers[0],
	    EVP_aes_128_gcm());
	BIO *out = BIO_new(BIO_s_mem());

	assert_int_not_equal(CMS_decrypt(cms, a, NULL, NULL, out, 0), 1);
	BIO_free(out);
	CMS_ContentInfo_free(cms);
	X509_free(cert);
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
}

/* ---- what is refused -------------------------------------------------- */

/* Signs with k as role; 0, or what the keeper said. */
static enum err_kind
try_to_sign(struct kit *kit, const char *role, const struct mailkey *k)
{
	static const uint8_t digest[32] = { 1 };
	struct keywire_use how = { .scheme = KEYWIRE_PKCS1,
		.digest = KEYWIRE_SHA256, .data = str_make(digest, 32) };
	AUTO_BUF struct buf out = BUF_INIT(MAILKEY_SIGNATURE_MAX);
	struct keepc *keepc = keepc_new(kit->rig.socket, role);
	struct err err = ERR_INIT;
	int rc = keyuse_sign(keepc, k, &how, &out, &err);

	keepc_free(&keepc);
	assert_int_equal(rc, err.kind == ERR_NONE ? 0 : -1);
	return (err.kind);
}

static void
test_refused(void **state)
{
	struct kit *kit = *state;
	struct mailkey key, bad;

	EVP_PKEY_free(kit_fresh(kit, MAILKEY_RSA_2048, MAILKEY_MAIL, &key));
	assert_int_equal(try_to_sign(kit, "gateway", &key), ERR_NONE);
	assert_int_equal(try_to_sign(kit, "admin", &key), ERR_NONE);
	assert_int_equal(try_to_sign(kit, "portal", &key), ERR_DENIED);
	bad = key;
	bad.use = MAILKEY_AUTHORITY;
	assert_int_equal(try_to_sign(kit, "gateway", &bad), ERR_PERM);
	bad = key;
	bad.id = id_new();
	assert_int_equal(try_to_sign(kit, "gateway", &bad), ERR_PERM);
	bad = key;
	bad.workspace = id_new();	/* there is none */
	assert_int_equal(try_to_sign(kit, "gateway", &bad), ERR_DENIED);
	/* Any byte of the blob; it was used above and may be remembered. */
	for (size_t i = 0; i < key.sealed_len; i++) {
		bad = key;
		bad.sealed[i] ^= 1;
		assert_int_equal(try_to_sign(kit, "gateway", &bad), ERR_PERM);
	}
	bad = key;
	bad.sealed_len--;
	assert_int_equal(try_to_sign(kit, "gateway", &bad), ERR_PERM);
}

/* An authority's key decrypts nothing, a gateway takes in and gives away
 * nothing, a portal makes nothing. */
static void
test_roles(void **state)
{
	struct kit *kit = *state;
	EVP_PKEY *key = kit_key(kit, MAILKEY_RSA_2048, MAILKEY_AUTHORITY);
	uint8_t in[256] = { 0, 1 }, out[5 * MAILKEY_NUMBER_MAX];
	struct keepc *portal = keepc_new(kit->rig.socket, "portal");
	struct mailkey_parts parts = { .kind = MAILKEY_ED25519,
		.d = str_make(out, 32) };
	struct mailkey mail;
	struct err err = ERR_INIT;

	assert_int_equal(kit_decrypt(key, RSA_PKCS1_PADDING, in, 256, out),
	    SIZE_MAX);
	assert_true(provider_failure(&err));
	assert_int_equal(err.kind, ERR_DENIED);
	EVP_PKEY_free(kit_fresh(kit, MAILKEY_P256, MAILKEY_MAIL, &mail));
	assert_int_equal(keepc_key_export(kit->gateway, &mail, out, &parts,
	    &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_int_equal(keepc_key_import(kit->gateway, &kit->rig.workspace,
	    MAILKEY_MAIL, &parts, &mail, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_int_equal(keepc_key_make(portal, &kit->rig.workspace,
	    MAILKEY_P256, MAILKEY_MAIL, false, &mail, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	keepc_free(&portal);
	EVP_PKEY_free(key);
}

/* A digest of the wrong length, of no digest, a scheme that is not the
 * key's. */
static void
test_wrong_use(void **state)
{
	static const struct {
		enum mailkey_kind kind;
		enum keywire_scheme scheme;
		enum keywire_digest digest;
		size_t len;
	} rows[] = {
		{ MAILKEY_RSA_2048, KEYWIRE_PKCS1, KEYWIRE_SHA256, 31 },
		{ MAILKEY_RSA_2048, KEYWIRE_PKCS1, KEYWIRE_SHA256, 64 },
		{ MAILKEY_RSA_2048, KEYWIRE_PKCS1, KEYWIRE_NO_DIGEST, 32 },
		{ MAILKEY_RSA_2048, KEYWIRE_PKCS1, KEYWIRE_SHA1, 20 },
		{ MAILKEY_RSA_2048, KEYWIRE_OAEP, KEYWIRE_SHA256, 32 },
		{ MAILKEY_RSA_2048, KEYWIRE_ECDSA, KEYWIRE_SHA256, 32 },
		{ MAILKEY_RSA_2048, KEYWIRE_EDDSA, KEYWIRE_NO_DIGEST, 32 },
		{ MAILKEY_P256, KEYWIRE_PKCS1, KEYWIRE_SHA256, 32 },
		{ MAILKEY_P256, KEYWIRE_EDDSA, KEYWIRE_NO_DIGEST, 32 },
		{ MAILKEY_P256, KEYWIRE_ECDH, KEYWIRE_NO_DIGEST, 65 },
	};
	AUTO_BUF struct buf out = BUF_INIT(MAILKEY_SIGNATURE_MAX);
	struct kit *kit = *state;
	static const uint8_t data[65] = { 4 };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct keywire_use how = { .scheme = rows[i].scheme,
			.digest = rows[i].digest,
			.data = str_make(data, rows[i].len) };
		struct mailkey key;

		EVP_PKEY_free(kit_fresh(kit, rows[i].kind, MAILKEY_MAIL,
		    &key));
		assert_int_equal(keyuse_sign(kit->gateway, &key, &how, &out,
		    &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		/* That point is not on the curve. */
		assert_int_equal(keyuse_derive(kit->gateway, &key,
		    str_make(data, 65), &out, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
	}
}

/* ---- elsewhere -------------------------------------------------------- */

/* Out with the numbers, in again under another id: the same key. */
static void
test_export_import(void **state)
{
	struct kit *kit = *state;
	uint8_t numbers[5 * MAILKEY_NUMBER_MAX];
	struct mailkey_parts parts;
	struct mailkey key, back;
	struct err err = ERR_INIT;

	for (int kind = 0; kind < MAILKEY_KINDS; kind++) {
		EVP_PKEY *a = kit_fresh(kit, (enum mailkey_kind)kind,
		    MAILKEY_MAIL, &key), *b;

		if (a == NULL)
			continue;
		if (kit->in_token) {
			assert_int_equal(keepc_key_export(kit->admin, &key,
			    numbers, &parts, &err), -1);
			assert_int_equal(err.kind, ERR_DENIED);
			EVP_PKEY_free(a);
			continue;
		}
		rig_ok(keepc_key_export(kit->admin, &key, numbers, &parts,
		    &err), &err);
		rig_ok(keepc_key_import(kit->admin, &kit->rig.workspace,
		    MAILKEY_MAIL, &parts, &back, &err), &err);
		assert_false(id_eq(&key.id, &back.id));
		rig_ok(provider_open(kit->provider, &back, &b, &err), &err);
		assert_int_equal(EVP_PKEY_eq(a, b), 1);
		EVP_PKEY_free(kit_sign_once(b));
		EVP_PKEY_free(a);
		EVP_PKEY_free(b);
		/* A number that is not the key's. */
		((uint8_t *)(uintptr_t)parts.d.p)[parts.d.len - 1] ^= 2;
		if (kind <= MAILKEY_RSA_4096) {
			assert_int_equal(keepc_key_import(kit->admin,
			    &kit->rig.workspace, MAILKEY_MAIL, &parts, &back,
			    &err), -1);
			assert_int_equal(err.kind, ERR_INPUT);
		}
	}
}

/* ---- many at once ----------------------------------------------------- */

#define THREADS 24	/* more than there are connections */
#define ROUNDS 20

static void *
sign_many(void *arg)
{
	static const enum mailkey_kind kinds[] = { MAILKEY_RSA_2048,
		MAILKEY_P256, MAILKEY_P384 };
	struct kit *kit = arg;

	for (int i = 0; i < ROUNDS; i++) {
		EVP_PKEY *key = kit_key(kit, kinds[i % 3], MAILKEY_MAIL);

		EVP_PKEY_free(kit_sign_once(key));
		EVP_PKEY_free(key);
	}
	return (NULL);
}

static void
test_threads(void **state)
{
	struct kit *kit = *state;
	pthread_t thread[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, sign_many,
		    kit), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
}

/* The keeper is away, and comes back. */
static void
test_keeper_restarts(void **state)
{
	struct kit *kit = *state;
	EVP_PKEY *key = kit_key(kit, MAILKEY_P256, MAILKEY_MAIL), *other;
	struct err err = ERR_INIT;

	kit_stop_keeper(kit);
	assert_false(kit_signs(key));
	assert_true(provider_failure(&err));
	assert_int_equal(err.kind, ERR_TEMP);
	kit_start_keeper(kit);
	/* It does not stick to the next key, before that is used. */
	other = kit_key(kit, MAILKEY_P256, MAILKEY_MAIL);
	assert_false(provider_failure(&err));
	EVP_PKEY_free(other);
	assert_true(kit_signs(key));
	assert_false(provider_failure(&err));
	EVP_PKEY_free(key);
}

/* ---- tokens ----------------------------------------------------------- */

static void
expect_silence(EVP_PKEY *key)
{
	struct err err = ERR_INIT;

	assert_false(kit_signs(key));
	assert_true(provider_failure(&err));
	assert_int_equal(err.kind, ERR_TEMP);
	assert_non_null(strstr(err.msg, "the PKCS#11 token letterlock does "
	    "not answer"));
}

/* Wait for what works again when the token is looked for. */
static bool
comes_back(EVP_PKEY *key)
{
	for (int i = 0; i < 40; i++) {
		if (kit_signs(key))
			return (true);
		(void)usleep(100000);
	}
	return (false);
}

/* The token is pulled: a clear sentence, at once, and again; keys that are not
 * in it still sign; it is back: so is its key. */
static void
test_token_goes(void **state)
{
	struct kit *kit = *state;
	EVP_PKEY *key = kit_key(kit, MAILKEY_RSA_2048, MAILKEY_MAIL);
	EVP_PKEY *curve = kit_key(kit, MAILKEY_P256, MAILKEY_MAIL), *sealed;
	struct mailkey made;
	struct err err = ERR_INIT;
	uint8_t in[256] = { 0, 1 }, out[256];

	if (!kit->in_token) {
		EVP_PKEY_free(key);
		EVP_PKEY_free(curve);
		return;
	}
	rig_ok(keepc_key_make(kit->gateway, &kit->rig.workspace, MAILKEY_P256,
	    MAILKEY_MAIL, false, &made, &err), &err);
	rig_ok(provider_open(kit->provider, &made, &sealed, &err), &err);
	for (int i = 0; i < 2; i++) {
		assert_true(kit_signs(key));
		kit_shell(kit, "mv %s/tokens %s/pulled");
		expect_silence(key);
		expect_silence(curve);
		assert_int_equal(kit_decrypt(key, RSA_PKCS1_OAEP_PADDING, in,
		    256, out), SIZE_MAX);
		assert_true(provider_failure(&err));
		assert_int_equal(err.kind, ERR_TEMP);
		assert_int_equal(keepc_key_make(kit->gateway,
		    &kit->rig.workspace, MAILKEY_P256, MAILKEY_MAIL, true,
		    &made, &err), -1);
		assert_int_equal(err.kind, ERR_TEMP);
		assert_true(kit_signs(sealed));
		kit_shell(kit, "mv %s/pulled %s/tokens");
		assert_true(comes_back(key));
		assert_true(kit_signs(curve));
	}
	EVP_PKEY_free(sealed);
	EVP_PKEY_free(curve);
	EVP_PKEY_free(key);
}

/* Pulled while the keeper starts; another's label; a PIN that is refused is
 * tried once; a module that is not there. */
static void
test_token_opens(void **state)
{
	struct kit *kit = *state;
	struct keep_token token = { KIT_MODULE, "letterlock",
		STR_LIT("9999") };
	EVP_PKEY *key = kit_key(kit, MAILKEY_RSA_2048, MAILKEY_MAIL);
	struct err err = ERR_INIT;
	bool is_there = true;

	if (kit->in_token) {
		kit_stop_keeper(kit);
		kit_shell(kit, "mv %s/tokens %s/pulled");
		rig_start(&kit->rig);
		assert_false(kit_open_token(kit));
		expect_silence(key);
		kit_shell(kit, "mv %s/pulled %s/tokens");
		assert_true(comes_back(key));
		kit_stop_keeper(kit);
		rig_start(&kit->rig);
		assert_int_equal(keep_open_token(kit->rig.keep, &token,
		    &is_there, &err), -1);
		assert_int_equal(err.kind, ERR_PERM);
		assert_non_null(strstr(err.msg, "refused the PIN"));
		/* A key in a token, and no token. */
		assert_false(kit_signs(key));
		assert_true(provider_failure(&err));
		assert_int_equal(err.kind, ERR_PERM);
		kit_stop_keeper(kit);
		kit_start_keeper(kit);
		assert_true(kit_signs(key));
	}
	token.module = "/usr/lib/no-such-module.so";
	assert_int_equal(keep_open_token(kit->rig.keep, &token, &is_there,
	    &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	EVP_PKEY_free(key);
}

static void
test_names(void **state UNUSED)
{
	for (int i = 0; i < MAILKEY_KINDS; i++)
		assert_int_equal(mailkey_kind_of(str_of(mailkey_kind_name(
		    (enum mailkey_kind)i))), i);
	assert_int_equal(mailkey_kind_of(STR_LIT("rsa-1024")), -1);
}

/* libp11 0.4.12 does not free all of its slots, nor a string that it copies by
 * libcrypto, through which its name is not seen. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return ("leak:libp11.so\nleak:CRYPTO_strdup");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_revocation_lists),
		cmocka_unit_test(test_ocsp),
		cmocka_unit_test(test_signed_letters),
		cmocka_unit_test(test_encrypted_letters),
		cmocka_unit_test(test_ed25519),
		cmocka_unit_test(test_derive),
		cmocka_unit_test(test_wrong_padding),
		cmocka_unit_test(test_not_for_us),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_wrong_use),
		cmocka_unit_test(test_export_import),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_keeper_restarts),
		cmocka_unit_test(test_token_goes),
		cmocka_unit_test(test_token_opens),
	};

	kit_in_token = argc == 2 && strcmp(argv[1], "token") == 0;
	return (cmocka_run_group_tests(tests, kit_set_up, kit_tear_down));
}
