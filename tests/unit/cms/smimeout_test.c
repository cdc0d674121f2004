/* SPDX-License-Identifier: Apache-2.0 */
/* What is written, with OpenSSL's CMS as the judge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/cms.h>
#include <openssl/err.h>

#include "base/clock.h"
#include "base/enc.h"
#include "cms/capabilities.h"
#include "cms/der.h"
#include "cms/smimeout.h"
#include "people.h"

#define NOW_MS INT64_C(1795000000000)	/* 18 November 2026 */

#define HEADER "From: a@x.example\r\nTo: b@y.example\r\n" \
    "Bcc: hidden@z.example\r\nSubject: plans\r\nKeywords: k\r\n" \
    "DKIM-Signature: v=1\r\nReceived: from q\r\nMessage-ID: <1@x>\r\n"
#define CONTENT "Content-Type: text/plain; charset=us-ascii\r\n"

static struct person alice[5], bob, carol, eve;
static struct arena *a;

static int
make_people(void **state UNUSED)
{
	a = arena_new();
	for (int i = 0; i < 5; i++)
		people_new(&alice[i], (enum people_kind)i, "a@x.example", a);
	people_new(&bob, PEOPLE_RSA, "b@y.example", a);
	people_new(&carol, PEOPLE_P384, "c@y.example", a);
	people_new(&eve, PEOPLE_RSA, "e@y.example", a);
	return (0);
}

static int
free_people(void **state UNUSED)
{
	for (int i = 0; i < 5; i++)
		people_free(&alice[i]);
	people_free(&bob);
	people_free(&carol);
	people_free(&eve);
	arena_free(&a);
	return (0);
}

static struct smimeout_entity *
entity_of(struct str mail, enum smimeout_headers headers, bool is_encrypted)
{
	struct smimeout_entity *e;
	struct letter *letter;

	must(letter_parse(mail, a, &letter, NULL) == 0);
	assert_int_equal(smimeout_entity(letter, headers, is_encrypted, a, &e,
	    NULL), 0);
	return (e);
}

static struct smimeout_entity *
plain(void)
{
	return (entity_of(STR_LIT(HEADER CONTENT "\r\nhello\r\n"),
	    SMIMEOUT_HEADERS_NONE, false));
}

static struct str
written(const struct smimeout_entity *e)
{
	AUTO_BUF struct buf out = BUF_INIT((size_t)64 << 20);

	assert_int_equal(smimeout_write(e, STR_LIT("Received: by us\r\n"),
	    &out, NULL), 0);
	assert_int_equal(out.len, smimeout_bytes(e,
	    STR_LIT("Received: by us\r\n")));
	return (arena_str(a, buf_view(&out)));
}

static bool
has(struct str s, const char *needle)
{
	return (memmem(s.p, s.len, needle, strlen(needle)) != NULL);
}

/* The CMS in a message as its readers find it; *detached, where it is clear. */
static CMS_ContentInfo *
cms_of(struct str mail, BIO **detached)
{
	BIO *in = BIO_new_mem_buf(mail.p, (int)mail.len);
	CMS_ContentInfo *cms = SMIME_read_CMS(in, detached);

	BIO_free(in);
	assert_non_null(cms);
	return (cms);
}

static struct str
content_of(BIO *out)
{
	char *p;
	long n = BIO_get_mem_data(out, &p);

	return (arena_str(a, str_make(p, (size_t)n)));
}

/* The signed content, or a NULL string: it does not verify. */
static struct str
verified(struct str mail)
{
	BIO *detached = NULL, *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = cms_of(mail, &detached);
	struct str content = STR_NULL;

	if (CMS_verify(cms, NULL, NULL, detached, out,
	    CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1)
		content = content_of(out);
	ERR_clear_error();
	CMS_ContentInfo_free(cms);
	BIO_free(detached);
	BIO_free(out);
	return (content);
}

static struct str
opened(struct str mail, const struct person *p)
{
	BIO *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = cms_of(mail, NULL);
	struct str content = STR_NULL;

	if (CMS_decrypt(cms, p->key, p->cert.x, NULL, out, CMS_BINARY) == 1)
		content = content_of(out);
	ERR_clear_error();
	CMS_ContentInfo_free(cms);
	BIO_free(out);
	return (content);
}

static struct smimeout_entity *
sign_by(const struct smimeout_entity *e, int who,
    enum smimeout_signing signing, const EVP_MD *md, enum smimeout_form form)
{
	struct smimeout_signer s = { .cert = &alice[who].cert,
		.key = alice[who].key, .signing = signing, .md = md,
		.at_ms = NOW_MS };
	struct smimeout_entity *out = NULL;

	assert_int_equal(smimeout_sign(e, &s, form, a, &out, NULL), 0);
	return (out);
}

/* OpenSSL 3.0's CMS has no Ed25519: its signature over the attributes. */
static bool
is_pure_signed(struct str mail)
{
	CMS_ContentInfo *cms = cms_of(mail, NULL);
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(
	    CMS_get0_SignerInfos(cms), 0);
	ASN1_OCTET_STRING *signature = CMS_SignerInfo_get0_signature(si);
	AUTO_BUF struct buf set = BUF_INIT(1u << 16);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct der d = { .out = &set };
	size_t at = der_open(&d, DER_SET);
	bool is_good;

	for (int i = 0; i < CMS_signed_get_attr_count(si); i++) {
		unsigned char *p = NULL;
		int n = i2d_X509_ATTRIBUTE(CMS_signed_get_attr(si, i), &p);

		der_raw(&d, str_make(p, (size_t)n));
		OPENSSL_free(p);
	}
	der_close(&d, at);
	is_good = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL,
	    alice[PEOPLE_ED25519].key) == 1 && EVP_DigestVerify(ctx,
	    ASN1_STRING_get0_data(signature),
	    (size_t)ASN1_STRING_length(signature), set.p, set.len) == 1;
	EVP_MD_CTX_free(ctx);
	CMS_ContentInfo_free(cms);
	return (is_good);
}

static void
signatures_verify(void **state UNUSED)
{
	static const struct str content = STR_LIT(CONTENT "\r\nhello\r\n");
	const EVP_MD *mds[] = { NULL, EVP_sha256(), EVP_sha384(),
		EVP_sha512() };

	for (int who = 0; who < 5; who++)
	for (int pss = 0; pss < (who == PEOPLE_RSA ? 2 : 1); pss++)
	for (size_t md = 0; md < COUNT_OF(mds); md++)
	for (int form = SMIMEOUT_CLEAR; form <= SMIMEOUT_OPAQUE; form++) {
		struct str mail = written(sign_by(plain(), who,
		    (enum smimeout_signing)pss, mds[md],
		    (enum smimeout_form)form));

		assert_true(who == PEOPLE_ED25519 ? is_pure_signed(mail) :
		    str_eq(verified(mail), content));
	}
}

static void
changed_content_does_not_verify(void **state UNUSED)
{
	struct str mail = written(sign_by(plain(), PEOPLE_P256,
	    SMIMEOUT_RSA_V15, NULL, SMIMEOUT_CLEAR));
	char *at = memmem(mail.p, mail.len, "hello", 5);

	at[0] = 'j';
	assert_null(verified(mail).p);
}

static void
micalg_is_that_of_the_digest(void **state UNUSED)
{
	static const char *const names[] = { "sha-256", "sha-256", "sha-384",
		"sha-512", "sha-512" };

	for (int who = 0; who < 5; who++) {
		struct str mail = written(sign_by(plain(), who,
		    SMIMEOUT_RSA_V15, NULL, SMIMEOUT_CLEAR));

		assert_true(has(mail, arena_printf(a, "micalg=%s;",
		    names[who])));
	}
}

/* DER of the value of a signed attribute. */
static struct str
attribute(CMS_ContentInfo *cms, int nid)
{
	CMS_SignerInfo *si = sk_CMS_SignerInfo_value(
	    CMS_get0_SignerInfos(cms), 0);
	X509_ATTRIBUTE *at = CMS_signed_get_attr(si,
	    CMS_signed_get_attr_by_NID(si, nid, -1));
	unsigned char *p = NULL;
	struct str der;
	int n;

	if (at == NULL)
		return (STR_NULL);
	n = i2d_ASN1_TYPE(X509_ATTRIBUTE_get0_type(at, 0), &p);
	der = arena_str(a, str_make(p, (size_t)n));
	OPENSSL_free(p);
	return (der);
}

static void
attributes_say_what_we_read(void **state UNUSED)
{
	struct smimeout_signer s = { .cert = &alice[PEOPLE_P256].cert,
		.key = alice[PEOPLE_P256].key, .encryption = &bob.cert,
		.at_ms = NOW_MS };
	struct smimeout_entity *e;
	CMS_ContentInfo *cms;
	STACK_OF(X509) *certs;
	struct str der;
	uint32_t can;

	assert_int_equal(smimeout_sign(plain(), &s, SMIMEOUT_OPAQUE, a, &e,
	    NULL), 0);
	cms = cms_of(written(e), NULL);
	der = attribute(cms, NID_SMIMECapabilities);
	assert_true(capabilities_parse(der, &can));
	assert_int_equal(can, CAPABILITIES_AES_256_CBC |
	    CAPABILITIES_AES_128_CBC | CAPABILITIES_AES_256_GCM |
	    CAPABILITIES_AES_128_GCM | CAPABILITIES_RSA_OAEP);
	der = attribute(cms, NID_pkcs9_signingTime);
	assert_memory_equal(der.p, "\x17\x0d" "261118110640Z", 15);
	der = attribute(cms, NID_id_smime_aa_signingCertificateV2);
	assert_non_null(memmem(der.p, der.len, s.cert->sha256, 32));
	der = attribute(cms, NID_id_smime_aa_encrypKeyPref);
	assert_int_equal((uint8_t)der.p[0], 0xa0);
	assert_true(has(der, "b@y.example"));
	certs = CMS_get1_certs(cms);
	assert_int_equal(sk_X509_num(certs), 2);
	sk_X509_pop_free(certs, X509_free);
	CMS_ContentInfo_free(cms);
}

static struct smimeout_entity *
seal_to(const struct smimeout_entity *e, enum smimeout_transport transport,
    enum smimeout_cipher cipher, const struct person *p1,
    const struct person *p2)
{
	struct smimeout_recipient to[2] = { { &p1->cert, transport },
		{ p2 != NULL ? &p2->cert : NULL, transport } };
	struct smimeout_entity *out = NULL;

	assert_int_equal(smimeout_encrypt(e, to, p2 != NULL ? 2 : 1, cipher, a,
	    &out, NULL), 0);
	return (out);
}

static void
recipients_open_it(void **state UNUSED)
{
	static const struct str content = STR_LIT(CONTENT "\r\nhello\r\n");

	for (int cipher = 0; cipher <= SMIMEOUT_AES_128_GCM; cipher++)
	for (int transport = 0; transport < 2; transport++)
	for (int who = 0; who < 4; who++) {
		struct str mail = written(seal_to(plain(),
		    (enum smimeout_transport)transport,
		    (enum smimeout_cipher)cipher, &alice[who], &bob));

		assert_false(has(mail, "hello"));
		assert_true(str_eq(opened(mail, &alice[who]), content));
		assert_true(str_eq(opened(mail, &bob), content));
		assert_null(opened(mail, &eve).p);
	}
}

/* Lengths of DER, of blocks, of chunks and lines: all sizes are right. */
static void
every_length_works(void **state UNUSED)
{
	static const size_t lengths[] = { 0, 1, 15, 16, 17, 55, 56, 57, 58,
		113, 114, 115, 127, 128, 200, 255, 256, 8150, 8207, 8208, 8209,
		16416, 65535, 65536, 300000 };

	for (size_t i = 0; i < COUNT_OF(lengths) * 2; i++) {
		AUTO_BUF struct buf mail = BUF_INIT(1u << 20);
		struct str signed_mail, inner, back;
		size_t head;

		buf_z(&mail, HEADER CONTENT "\r\n");
		head = mail.len;
		while (mail.len < head + lengths[i / 2])
			buf_char(&mail, (char)('a' + mail.len % 23));
		signed_mail = written(seal_to(sign_by(entity_of(
		    buf_view(&mail), SMIMEOUT_HEADERS_NONE, true), PEOPLE_P256,
		    SMIMEOUT_RSA_V15, NULL, SMIMEOUT_OPAQUE),
		    SMIMEOUT_RSA_PKCS1, i % 2 == 0 ? SMIMEOUT_AES_256_CBC :
		    SMIMEOUT_AES_256_GCM, &bob, NULL));
		inner = opened(signed_mail, &bob);
		assert_non_null(inner.p);
		back = verified(inner);
		assert_int_equal(back.len, sizeof(CONTENT) + 1 +
		    lengths[i / 2]);
		assert_memory_equal(back.p + sizeof(CONTENT) + 1,
		    mail.p + head, lengths[i / 2]);
	}
}

static void
triple_wrap_opens(void **state UNUSED)
{
	struct str mail = written(sign_by(seal_to(sign_by(plain(), PEOPLE_RSA,
	    SMIMEOUT_RSA_V15, NULL, SMIMEOUT_CLEAR), SMIMEOUT_RSA_OAEP,
	    SMIMEOUT_AES_256_GCM, &bob, &carol), PEOPLE_P384, SMIMEOUT_RSA_V15,
	    NULL, SMIMEOUT_CLEAR)), sealed, inner;

	sealed = verified(mail);
	assert_non_null(sealed.p);
	inner = opened(sealed, &carol);
	assert_true(str_eq(inner, opened(sealed, &bob)));
	assert_true(str_eq(verified(inner),
	    STR_LIT(CONTENT "\r\nhello\r\n")));
}

static void
outside_says_no_more_than_needed(void **state UNUSED)
{
	struct str mail = written(seal_to(entity_of(STR_LIT(HEADER CONTENT
	    "\r\nhello\r\n"), SMIMEOUT_HEADERS_HIDDEN, true),
	    SMIMEOUT_RSA_PKCS1, SMIMEOUT_AES_256_CBC, &bob, NULL));
	struct str inner = opened(mail, &bob);

	assert_memory_equal(mail.p, "Received: by us\r\nFrom: a@x", 26);
	assert_true(has(mail, "\r\nSubject: [...]\r\n"));
	assert_true(has(mail, "\r\nMIME-Version: 1.0\r\n"));
	assert_false(has(mail, "plans"));
	assert_false(has(mail, "Keywords"));
	assert_false(has(mail, "DKIM-Signature"));
	assert_false(has(mail, "Bcc"));
	assert_false(has(inner, "Bcc"));
	assert_false(has(inner, "Received"));
	assert_false(has(inner, "MIME-Version"));
	assert_true(has(inner, "hp=cipher"));
	assert_true(has(inner, "\r\nSubject: plans\r\n"));
	assert_true(has(inner, "\r\nKeywords: k\r\n"));
	assert_true(has(inner, "\r\nHP-Outer: Subject: [...]\r\n"));
	assert_false(has(inner, "HP-Outer: Keywords"));
}

static void
signed_headers_are_copied(void **state UNUSED)
{
	struct str mail = written(sign_by(entity_of(STR_LIT("HP-Outer: x: y"
	    "\r\n" HEADER "Content-Type: text/plain; hp=\"cipher\"\r\n\r\n"
	    "hello\r\n"), SMIMEOUT_HEADERS_HIDDEN, false), PEOPLE_RSA,
	    SMIMEOUT_RSA_V15, NULL, SMIMEOUT_CLEAR));
	struct str inner = verified(mail);

	/* Nothing is hidden that all can read, and nobody else says hp=. */
	assert_true(has(mail, "\r\nSubject: plans\r\n"));
	assert_true(has(inner, "\r\nSubject: plans\r\n"));
	assert_true(has(inner, "hp=clear"));
	assert_false(has(inner, "cipher"));
	assert_false(has(mail, "HP-Outer"));
}

static void
lines_become_canonical(void **state UNUSED)
{
	static const struct {
		const char *mail, *signed_as;
	} rows[] = {
		{ "Subject: x\n\na\nb\rc\n", "\r\na\r\nb\r\nc\r\n" },
		{ "Subject: x\r\n\r\n\nb\r\r", "\r\n\r\nb\r\n\r\n" },
		{ "Subject: x\r\n" CONTENT "Content-Transfer-Encoding: 8bit"
		    "\r\n\r\n\xc3\xbc\r\n",
		    CONTENT "Content-Transfer-Encoding: quoted-printable\r\n"
		    "\r\n=C3=BC\r\n" },
		/* Not to be converted without breaking it: stays. */
		{ "Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\n"
		    "\xc3\xbc\r\n",
		    "Content-Transfer-Encoding: base64\r\n\r\n\xc3\xbc\r\n" },
		{ "Subject: x\r\n\r\n", "\r\n" },
		{ "Subject: x", "\r\n" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str mail = written(sign_by(entity_of(
		    str_of(rows[i].mail), SMIMEOUT_HEADERS_NONE, false),
		    PEOPLE_RSA, SMIMEOUT_RSA_V15, NULL, SMIMEOUT_OPAQUE));
		struct str inner = verified(mail);

		assert_int_equal(inner.len, strlen(rows[i].signed_as));
		assert_memory_equal(inner.p, rows[i].signed_as, inner.len);
		assert_true(has(mail, "\r\nSubject: x\r\n"));
	}
}

static void
writing_twice_is_the_same(void **state UNUSED)
{
	struct smimeout_entity *e = seal_to(plain(), SMIMEOUT_RSA_PKCS1,
	    SMIMEOUT_AES_256_GCM, &bob, NULL);

	assert_true(str_eq(written(e), written(e)));
	/* Another envelope has another key. */
	assert_false(str_eq(written(e), written(seal_to(plain(),
	    SMIMEOUT_RSA_PKCS1, SMIMEOUT_AES_256_GCM, &bob, NULL))));
}

static void
what_cannot_be_is_refused(void **state UNUSED)
{
	struct smimeout_recipient to = { &alice[PEOPLE_ED25519].cert,
		SMIMEOUT_RSA_PKCS1 };
	struct smimeout_signer s = { .cert = &alice[PEOPLE_RSA].cert,
		.key = alice[PEOPLE_RSA].key, .md = EVP_sha1() };
	AUTO_BUF struct buf small = BUF_INIT(100);
	struct smimeout_entity *e = plain();
	struct err err = ERR_INIT;

	assert_int_equal(smimeout_encrypt(e, &to, 1, SMIMEOUT_AES_256_CBC, a,
	    &e, &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	assert_int_equal(smimeout_sign(e, &s, SMIMEOUT_CLEAR, a, &e, &err),
	    -1);
	assert_int_equal(err.kind, ERR_PERM);
	/* The public half alone signs nothing. */
	s.md = NULL;
	s.key = X509_get0_pubkey(s.cert->x);
	assert_int_equal(smimeout_sign(e, &s, SMIMEOUT_CLEAR, a, &e, &err),
	    -1);
	assert_int_equal(err.kind, ERR_TEMP);
	assert_int_equal(smimeout_write(e, STR_NULL, &small, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(small.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_verify),
		cmocka_unit_test(changed_content_does_not_verify),
		cmocka_unit_test(micalg_is_that_of_the_digest),
		cmocka_unit_test(attributes_say_what_we_read),
		cmocka_unit_test(recipients_open_it),
		cmocka_unit_test(every_length_works),
		cmocka_unit_test(triple_wrap_opens),
		cmocka_unit_test(outside_says_no_more_than_needed),
		cmocka_unit_test(signed_headers_are_copied),
		cmocka_unit_test(lines_become_canonical),
		cmocka_unit_test(writing_twice_is_the_same),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return (cmocka_run_group_tests(tests, make_people, free_people));
}
