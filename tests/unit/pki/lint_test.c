/* SPDX-License-Identifier: Apache-2.0 */
/* A good certificate has no finding, and each fault has its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "made.h"
#include "pki/lint.h"

#define ALL(usage, extended, names) .extensions = { \
	{ NID_basic_constraints, "critical,CA:FALSE" }, \
	{ NID_key_usage, usage }, { NID_ext_key_usage, extended }, \
	{ NID_subject_alt_name, names }, \
	{ NID_authority_key_identifier, "keyid" }, \
	{ NID_crl_distribution_points, "URI:http://c.example/l" }, \
	{ NID_info_access, "caIssuers;URI:http://a.example/i" }, \
	{ NID_certificate_policies, \
	    "DER:300b3009060767810c01050102" } }
#define USAGE "critical,digitalSignature,keyAgreement"
#define MAIL "emailProtection"
#define BOB_NAME "email:bob@example.com"

static struct made ca;

static int
set_up(void **state UNUSED)
{
	ca = made_new(&(struct making){ .cn = "CA", .until_days = 3650,
	    .from_days = -1, .extensions = { MADE_CA } });
	return (0);
}

static int
tear_down(void **state UNUSED)
{
	made_free(&ca);
	return (0);
}

struct oddity {
	const char *want;	/* all codes, with commas */
	struct making m;
	const char *serial;	/* hexadecimal; NULL: a good one */
	long version;		/* 0: 3 */
};

static void
expect(const struct oddity *o)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf got = BUF_INIT(1024);
	struct making m = o->m;
	BIGNUM *serial = NULL;
	struct lint_finding *list;
	struct made made;
	struct cert c;
	size_t n;

	if (m.issuer == NULL)
		m.issuer = &ca;
	made = made_new(&m);
	must(BN_hex2bn(&serial, o->serial != NULL ? o->serial :
	    "112233445566778899") > 0 && BN_to_ASN1_INTEGER(serial,
	    X509_get_serialNumber(made.x)) != NULL);
	if (o->version != 0)
		must(X509_set_version(made.x, o->version - 1) == 1);
	must(X509_sign(made.x, ca.key, m.digest != NULL ? m.digest :
	    EVP_sha256()) > 0);
	c = made_cert(&made, a);
	n = lint_cert(&c, a, &list);
	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || list[i].severity <=
		    list[i - 1].severity);
		buf_printf(&got, "%s%s", i == 0 ? "" : ",", list[i].code);
	}
	if (!str_eq(buf_view(&got), str_of(o->want)))
		fail_msg("\"%s\", not \"%s\"", buf_cstr(&got), o->want);
	cert_done(&c);
	made_free(&made);
	BN_free(serial);
}

static void
one_fault_one_finding(void **state UNUSED)
{
	const struct oddity rows[] = {
		{ "", { ALL(USAGE, MAIL, BOB_NAME) }, NULL, 0 },
		{ "version", { ALL(USAGE, MAIL, BOB_NAME) }, NULL, 1 },
		{ "authority,no-usage,authority-key,issuers,policy", {
		    .extensions = { { NID_basic_constraints, "CA:TRUE" },
		    { NID_ext_key_usage, MAIL },
		    { NID_subject_alt_name, BOB_NAME },
		    { NID_crl_distribution_points, "URI:http://c.example" } }
		    }, NULL, 0 },
		{ "purpose,purposes", { ALL(USAGE, "serverAuth", BOB_NAME) },
		    NULL, 0 },
		{ "purposes", { ALL(USAGE, MAIL ",anyExtendedKeyUsage",
		    BOB_NAME) }, NULL, 0 },
		{ "purpose", { ALL(USAGE, NULL, BOB_NAME) }, NULL, 0 },
		{ "signature", { .digest = EVP_sha1(), ALL(USAGE, MAIL,
		    BOB_NAME) }, NULL, 0 },
		{ "rsa-size", { .curve = "rsa1024",
		    ALL("critical,digitalSignature", MAIL, BOB_NAME) }, NULL,
		    0 },
		{ "curve", { .curve = "secp256k1", ALL(USAGE, MAIL,
		    BOB_NAME) }, NULL, 0 },
		{ "address", { ALL(USAGE, MAIL, NULL) }, NULL, 0 },
		{ "address", { ALL(USAGE, MAIL, "DNS:b.example") }, NULL, 0 },
		{ "other-address", { .cn = "eve@example.com", ALL(USAGE, MAIL,
		    BOB_NAME) }, NULL, 0 },
		{ "other-address", { .subject_mail = "eve@example.com",
		    ALL(USAGE, MAIL, BOB_NAME) }, NULL, 0 },
		{ "", { .cn = "Bob@example.com", ALL(USAGE, MAIL, BOB_NAME) },
		    NULL, 0 },
		{ "serial,serial-guess", { ALL(USAGE, MAIL, BOB_NAME) }, "0",
		    0 },
		{ "serial", { ALL(USAGE, MAIL, BOB_NAME) },
		    "-112233445566778899", 0 },
		{ "serial", { ALL(USAGE, MAIL, BOB_NAME) },
		    "112233445566778899112233445566778899112233", 0 },
		{ "serial-guess", { ALL(USAGE, MAIL, BOB_NAME) }, "1122", 0 },
		{ "dates", { .from_days = 5, .until_days = 2, ALL(USAGE, MAIL,
		    BOB_NAME) }, NULL, 0 },
		{ "usage", { ALL("critical,digitalSignature,keyEncipherment",
		    MAIL, BOB_NAME) }, NULL, 0 },
		{ "usage-critical", { ALL("digitalSignature", MAIL,
		    BOB_NAME) }, NULL, 0 },
		{ "", { .from_days = -1, .until_days = 824, ALL(USAGE, MAIL,
		    BOB_NAME) }, NULL, 0 },
		{ "validity", { .from_days = -1, .until_days = 825, ALL(USAGE,
		    MAIL, BOB_NAME) }, NULL, 0 },
		{ "crl,authority-key,issuers,policy", { .extensions = {
		    { NID_key_usage, USAGE }, { NID_ext_key_usage, MAIL },
		    { NID_subject_alt_name, BOB_NAME },
		    { NID_crl_distribution_points, "URI:ldap://x" } } }, NULL,
		    0 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect(&rows[i]);
}

static void
itself(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct made made = made_new(&(struct making){ .cn = "x",
	    .extensions = { { NID_subject_key_identifier, "hash" },
	    { NID_authority_key_identifier, "keyid" } } });
	struct cert c = made_cert(&made, a);
	struct lint_finding *list;
	size_t n = lint_cert(&c, a, &list);
	bool found = false;

	for (size_t i = 0; i < n; i++)
		found |= strcmp(list[i].code, "self-signed") == 0;
	assert_true(found);
	assert_string_equal(lint_severity_name(LINT_WARNING), "warning");
	cert_done(&c);
	made_free(&made);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_fault_one_finding),
		cmocka_unit_test(itself),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
