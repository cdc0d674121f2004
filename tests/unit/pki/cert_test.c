/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of certificates, of good ones and of such as nobody should make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/cms.h>
#include <openssl/pem.h>

#include "made.h"

static struct arena *a;

static int
set_up(void **state UNUSED)
{
	a = arena_new();
	return (0);
}

static int
tear_down(void **state UNUSED)
{
	arena_free(&a);
	return (0);
}

static void
assert_str(struct str s, const char *want)
{
	if (!str_eq(s, str_of(want)))
		fail_msg("\"%.*s\", not \"%s\"", STR_FMT(s), want);
}

/* A leaf with these alternative names; "utf8:" is a SmtpUTF8Mailbox. */
static struct cert
with_names(const char *names, const char *subject_mail)
{
	bool is_utf8 = names != NULL && strncmp(names, "utf8:", 5) == 0;
	struct made made = made_new(&(struct making){ .cn = "bob@example.com",
	    .subject_mail = subject_mail, .extensions = { MADE_USER,
	    { NID_subject_alt_name, is_utf8 ? NULL : names } } });
	struct cert c;

	if (is_utf8)
		made_utf8_name(&made, &made, names + 5);
	c = made_cert(&made, a);
	made_free(&made);
	return (c);
}

static void
the_facts(void **state UNUSED)
{
	struct made made = made_new(&(struct making){ .cn = "J\xc3\xbcrgen, X",
	    .extensions = { MADE_USER,
	    { NID_subject_alt_name, "email:Bob@Example.COM" },
	    { NID_info_access, "caIssuers;URI:ldap://x,"
	    "caIssuers;URI:http://a.example/i,OCSP;URI:https://o.example" },
	    { NID_crl_distribution_points, "URI:http://c.example/l" } } });
	struct cert c = made_cert(&made, a);

	assert_str(c.subject, "CN=J\xc3\xbcrgen\\, X, O=Example");
	assert_str(c.issuer, "CN=J\xc3\xbcrgen\\, X, O=Example");
	assert_str(c.common_name, "J\xc3\xbcrgen, X");
	assert_int_equal(c.serial.len, 4);
	assert_int_equal(c.n_addresses, 1);
	assert_str(c.addresses[0], "Bob@example.com");
	assert_int_equal(c.from_ms, MADE_NOW_MS - CLOCK_DAY_MS);
	assert_int_equal(c.until_ms, MADE_NOW_MS + 365 * CLOCK_DAY_MS);
	assert_int_equal(c.key, CERT_KEY_EC);
	assert_int_equal(c.key_bits, 256);
	assert_true(c.may_sign && c.may_encrypt && c.is_for_mail);
	assert_false(c.is_authority || c.is_malformed);
	assert_str(c.ocsp_url, "https://o.example");
	assert_str(c.issuers_url, "http://a.example/i");
	assert_str(c.crl_url, "http://c.example/l");
	cert_done(&c);
	made_free(&made);
}

static void
uses_follow_key_and_usage(void **state UNUSED)
{
	static const struct {
		const char *curve, *usage, *extended;
		bool sign, encrypt, mail;
	} rows[] = {
		{ "rsa2048", NULL, NULL, true, true, true },
		{ "rsa2048", "keyEncipherment", "emailProtection", false, true,
		    true },
		{ "rsa2048", "keyAgreement", NULL, false, false, true },
		{ "P-256", "keyEncipherment", NULL, false, false, true },
		{ "P-384", "keyAgreement", "anyExtendedKeyUsage", false, true,
		    true },
		{ "P-256", "nonRepudiation", "serverAuth,emailProtection",
		    true, false, true },
		{ "ed25519", NULL, NULL, true, false, true },
		{ "P-256", NULL, "serverAuth", false, false, false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct made made = made_new(&(struct making){ .cn = "x",
		    .curve = rows[i].curve, .extensions = {
		    { NID_key_usage, rows[i].usage },
		    { NID_ext_key_usage, rows[i].extended } } });
		struct cert c = made_cert(&made, a);

		if (c.may_sign != rows[i].sign || c.is_for_mail !=
		    rows[i].mail || c.may_encrypt != rows[i].encrypt)
			fail_msg("row %zu", i);
		cert_done(&c);
		made_free(&made);
	}
}

static void
addresses_are_taken_whole(void **state UNUSED)
{
	static const struct {
		const char *names, *subject_mail;
		const char *want;	/* the first, NULL: none at all */
	} rows[] = {
		{ "email:a@b.example", "e@b.example", "a@b.example" },
		{ NULL, "e@B.example", "e@b.example" },
		{ "DNS:b.example", "e@b.example", "e@b.example" },
		/* Where there are names, the subject is not asked. */
		{ "email:a b@b.example", "e@b.example", NULL },
		{ "email:<a@b.example>", NULL, NULL },
		{ "email:a@b@b.example", NULL, NULL },
		{ "email:a@b..example", NULL, NULL },
		{ "email:a@", NULL, NULL },
		{ "email:b.example", NULL, "@b.example" },
		{ "email:@b.example", NULL, NULL },
		{ NULL, NULL, NULL },	/* a common name is no name */
		{ "utf8:\xc3\xbc@b.example", NULL, "\xc3\xbc@b.example" },
		{ "utf8:\xc3@b.example", NULL, NULL },
		/* What has to be an rfc822Name. */
		{ "utf8:a@b.example",
		    "e@b.example", NULL },
		/* RFC 9598 3: A-labels only. */
		{ "utf8:\xc3\xbc@\xc3\xbc.example",
		    NULL, NULL },
		{ "otherName:1.2.3.4;UTF8:\xc3\xbc@b.example", NULL, NULL },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cert c = with_names(rows[i].names,
		    rows[i].subject_mail);
		struct str got = c.n_addresses > 0 ? c.addresses[0] :
		    STR_NULL;

		if (!str_eq(got, str_of(rows[i].want)))
			fail_msg("row %zu: %.*s", i, STR_FMT(got));
		cert_done(&c);
	}
}

/* "a\0.evil@b.example" and the like are no C strings. */
static void
a_nul_in_an_address_is_no_address(void **state UNUSED)
{
	static const char evil[] = "a@b.example\0.evil.example";
	struct made made = made_new(&(struct making){ .cn = "x" });
	GENERAL_NAMES *list = GENERAL_NAMES_new();
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_IA5STRING *s = ASN1_IA5STRING_new();
	struct cert c;

	must(ASN1_STRING_set(s, evil, sizeof(evil) - 1) == 1);
	GENERAL_NAME_set0_value(g, GEN_EMAIL, s);
	must(sk_GENERAL_NAME_push(list, g) == 1 &&
	    X509_add1_ext_i2d(made.x, NID_subject_alt_name, list, 0, 0) == 1 &&
	    X509_sign(made.x, made.key, EVP_sha256()) > 0);
	GENERAL_NAMES_free(list);
	c = made_cert(&made, a);
	assert_int_equal(c.n_addresses, 0);
	assert_false(cert_has_address(&c, STR_LIT("a@b.example"), true));
	cert_done(&c);
	made_free(&made);
}

static void
whose_it_is(void **state UNUSED)
{
	static const struct {
		const char *names, *address;
		bool by_name, by_domain;
	} rows[] = {
		{ "email:a@b.example", "A@B.EXAMPLE", true, true },
		{ "email:a@b.example", "a@c.example", false, false },
		{ "email:a@b.example", "a@x.b.example", false, false },
		{ "email:a@b.example", "b.example", false, false },
		{ "email:a@b.example", "@b.example", false, false },
		{ "email:a@b.example,email:c@d.example", "c@d.example", true,
		    true },
		{ "email:b.example", "a@b.example", false, true },
		{ "email:b.example", "a@x.b.example", false, false },
		{ "email:smime-gateway@b.example", "a@b.example", false,
		    true },
		{ "email:domain-confidentiality-authority@b.example",
		    "a@b.example", false, true },
		{ "email:smime-gateway@b.example", "a@c.example", false,
		    false },
		{ "DNS:b.example", "a@b.example", false, false },
		{ "utf8:\xc3\xbcX@b.example",
		    "\xc3\xbcx@B.example", true, true },
		{ "utf8:\xc3\xbc@b.example",
		    "u@b.example", false, false },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cert c = with_names(rows[i].names, NULL);
		struct str address = str_of(rows[i].address);

		if (cert_has_address(&c, address, false) != rows[i].by_name ||
		    cert_has_address(&c, address, true) != rows[i].by_domain)
			fail_msg("row %zu", i);
		cert_done(&c);
	}
}

static void
texts_hide_nothing(void **state UNUSED)
{
	struct made made = made_new(&(struct making){
	    .cn = "a\xe2\x80\xae" "b\xe2\x80\x8b\nc\x7f" });
	struct cert c = made_cert(&made, a);

	assert_str(c.common_name, "abc");
	assert_true(str_find_nocase(c.subject, STR_LIT("\xe2\x80")) < 0);
	cert_done(&c);
	made_free(&made);
}

static void
long_names_are_cut(void **state UNUSED)
{
	struct made made = made_new(&(struct making){ .cn = "x" });
	X509_NAME *name = X509_get_subject_name(made.x);
	struct cert c;

	for (int i = 0; i < 40; i++)
		must(X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_UTF8,
		    (const unsigned char *)"\xe2\x82\xac\xe2\x82\xac"
		    "0123456789012345678901234567890123456789", -1, -1, 0) ==
		    1);
	must(X509_sign(made.x, made.key, EVP_sha256()) > 0);
	c = made_cert(&made, a);
	assert_true(c.subject.len <= CERT_TEXT_MAX);
	assert_true(c.subject.len > CERT_TEXT_MAX - 4);
	cert_done(&c);
	made_free(&made);
}

static void
only_one_encoding_is_taken(void **state UNUSED)
{
	struct made made = made_new(&(struct making){ .cn = "x" });
	struct str der = made_der(&made, a);
	AUTO_BUF struct buf odd = BUF_INIT(CERT_DER_MAX + 1);
	struct err err = ERR_INIT;
	struct cert c;

	/* Bytes behind it; nothing; half of it; none. */
	buf_str(&odd, der);
	buf_char(&odd, 0);
	assert_int_equal(cert_parse(buf_view(&odd), a, &c, &err), -1);
	assert_int_equal(cert_parse(STR_NULL, a, &c, &err), -1);
	assert_int_equal(cert_parse(str_sub(der, 0, der.len / 2), a, &c,
	    &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	/* The same with an indefinite length is BER. */
	buf_reset(&odd);
	buf_append(&odd, "\x30\x80", 2);
	buf_str(&odd, str_sub(der, 4, der.len));
	buf_append(&odd, "\0\0", 2);
	assert_int_equal(cert_parse(buf_view(&odd), a, &c, &err), -1);
	(void)buf_reserve(&odd, CERT_DER_MAX + 1 - odd.len);
	assert_int_equal(cert_parse(str_make(odd.p, CERT_DER_MAX + 1), a, &c,
	    &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	made_free(&made);
}

static void
malformed_extensions_are_seen(void **state UNUSED)
{
	struct made made = made_new(&(struct making){ .cn = "x" });
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e;
	struct cert c;

	must(ASN1_OCTET_STRING_set(s, (const unsigned char *)"\x30", 1) == 1);
	e = X509_EXTENSION_create_by_NID(NULL, NID_key_usage, 1, s);
	must(e != NULL && X509_add_ext(made.x, e, -1) == 1 &&
	    X509_sign(made.x, made.key, EVP_sha256()) > 0);
	c = made_cert(&made, a);
	assert_true(c.is_malformed);
	cert_done(&c);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(s);
	made_free(&made);
}

/* ---- files ------------------------------------------------------------- */

static size_t
count(struct str file, size_t max, struct err *err)
{
	struct cert *list = NULL;
	size_t n = 0;

	if (cert_parse_all(file, a, max, &list, &n, err) == -1)
		return (0);
	for (size_t i = 0; i < n; i++) {
		assert_non_null(list[i].x);
		cert_done(&list[i]);
	}
	return (n);
}

static void
put_bag(struct made *made, size_t n, struct buf *out)
{
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL);
	unsigned char *der = NULL;
	int len;

	must(cms != NULL);
	for (size_t i = 0; i < n; i++)
		must(CMS_add1_cert(cms, made[i].x) == 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	must(len > 0);
	buf_append(out, der, (size_t)len);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
}

static void
files_of_all_kinds(void **state UNUSED)
{
	struct made made[2] = { made_new(&(struct making){ .cn = "x" }),
		made_new(&(struct making){ .cn = "y" }) };
	AUTO_BUF struct buf file = BUF_INIT(65536);
	struct err err = ERR_INIT;

	assert_int_equal(count(made_der(&made[0], a), 5, &err), 1);
	buf_z(&file, "subject=x\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMB"
	    "Bw==\n-----END EC PARAMETERS-----\n");
	assert_int_equal(count(buf_view(&file), 5, &err), 0);
	assert_string_equal(err.msg, "there is no certificate in it");
	cert_pem(made_der(&made[0], a), &file);
	cert_pem(made_der(&made[1], a), &file);
	assert_int_equal(count(buf_view(&file), 5, &err), 2);
	assert_int_equal(count(buf_view(&file), 1, &err), 1);
	buf_z(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n"
	    "-----END CERTIFICATE-----\n");
	assert_int_equal(count(buf_view(&file), 5, &err), 0);
	assert_int_equal(err.kind, ERR_INPUT);
	buf_reset(&file);
	put_bag(made, 2, &file);
	assert_int_equal(count(buf_view(&file), 5, &err), 2);
	assert_int_equal(count(buf_view(&file), 1, &err), 1);
	assert_int_equal(count(STR_LIT("hello"), 5, &err), 0);
	assert_int_equal(count(STR_NULL, 5, &err), 0);
	made_free(&made[0]);
	made_free(&made[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_facts),
		cmocka_unit_test(uses_follow_key_and_usage),
		cmocka_unit_test(addresses_are_taken_whole),
		cmocka_unit_test(a_nul_in_an_address_is_no_address),
		cmocka_unit_test(whose_it_is),
		cmocka_unit_test(texts_hide_nothing),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(only_one_encoding_is_taken),
		cmocka_unit_test(malformed_extensions_are_seen),
		cmocka_unit_test(files_of_all_kinds),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
