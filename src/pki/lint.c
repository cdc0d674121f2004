/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint: one row per rule: a question, how bad a yes is, and the sentence.
 *
 * Runs in the CLI and in the inventory. Security: certificates of anybody.
 * Standards: CA/B S/MIME BR 6.1.5, 6.3.2, 7.1; RFC 5280 4.1.2.2, 4.2.
 */
#include "pki/lint.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "pki/revocation.h"

#define DAYS_MAX 825
#define RSA_BITS_MIN 2048
#define SERIAL_BYTES_MIN 8	/* 64 bits that nobody can guess */
#define SERIAL_BYTES_MAX 20
#define POLICY_PREFIX "2.23.140.1.5."	/* of the baseline requirements */

static bool
has_extension(const struct cert *c, int nid)
{
	return (X509_get_ext_by_NID(c->x, nid, -1) >= 0);
}

static bool
is_critical(const struct cert *c, int nid)
{
	int at = X509_get_ext_by_NID(c->x, nid, -1);

	return (at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(c->x,
	    at)) != 0);
}

/* ---- the questions ----------------------------------------------------- */

static bool
is_malformed(const struct cert *c)
{
	return (c->is_malformed || X509_get0_pubkey(c->x) == NULL);
}

static bool
is_too_long(const struct cert *c)
{
	/* The last second counts. */
	return (c->until_ms + CLOCK_SECOND_MS - c->from_ms >
	    DAYS_MAX * CLOCK_DAY_MS + CLOCK_SECOND_MS);
}

static bool
ends_before_it_begins(const struct cert *c)
{
	return (c->until_ms < c->from_ms);
}

static bool
is_not_for_mail(const struct cert *c)
{
	return (!has_extension(c, NID_ext_key_usage) ||
	    (X509_get_extended_key_usage(c->x) & XKU_SMIME) == 0);
}

static bool
is_for_too_much(const struct cert *c)
{
	return (has_extension(c, NID_ext_key_usage) &&
	    (X509_get_extended_key_usage(c->x) & (XKU_ANYEKU | XKU_SSL_SERVER |
	    XKU_CODE_SIGN | XKU_TIMESTAMP | XKU_OCSP_SIGN)) != 0);
}

static bool
is_signed_weakly(const struct cert *c)
{
	int digest = NID_undef;

	return (X509_get_signature_info(c->x, &digest, NULL, NULL, NULL) != 1 ||
	    digest == NID_md5 || digest == NID_sha1 ||
	    revocation_is_weak(X509_get_signature_nid(c->x), false));
}

static bool
is_short_rsa(const struct cert *c)
{
	return (c->key == CERT_KEY_RSA && (c->key_bits < RSA_BITS_MIN ||
	    c->key_bits % 8 != 0));
}

static bool
is_odd_curve(const struct cert *c)
{
	char name[64] = "";

	if (c->key != CERT_KEY_EC)
		return (false);
	(void)EVP_PKEY_get_group_name(X509_get0_pubkey(c->x), name,
	    sizeof(name), NULL);
	return (strcmp(name, "prime256v1") != 0 &&
	    strcmp(name, "secp384r1") != 0 && strcmp(name, "secp521r1") != 0);
}

static bool
is_odd_key(const struct cert *c)
{
	return (c->key == CERT_KEY_OTHER);
}

static bool
has_no_addresses(const struct cert *c)
{
	return (!has_extension(c, NID_subject_alt_name) ||
	    c->n_addresses == 0);
}

/* What looks like an address in the subject is one that is checked. */
static bool
names_others(const struct cert *c, int nid)
{
	const X509_NAME *name = X509_get_subject_name(c->x);
	int at = -1;

	while ((at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0) {
		const ASN1_STRING *s = X509_NAME_ENTRY_get_data(
		    X509_NAME_get_entry(name, at));
		struct str text = str_make(ASN1_STRING_get0_data(s),
		    (size_t)ASN1_STRING_length(s));

		if (str_index(text, '@') > 0 &&
		    !cert_has_address(c, text, false))
			return (true);
	}
	return (false);
}

static bool
has_another_address(const struct cert *c)
{
	return (names_others(c, NID_commonName) ||
	    names_others(c, NID_pkcs9_emailAddress));
}

static bool
has_no_policy(const struct cert *c)
{
	CERTIFICATEPOLICIES *list = X509_get_ext_d2i(c->x,
	    NID_certificate_policies, NULL, NULL);
	bool has = false;

	for (int i = 0; i < sk_POLICYINFO_num(list); i++) {
		char oid[128] = "";

		(void)OBJ_obj2txt(oid, sizeof(oid),
		    sk_POLICYINFO_value(list, i)->policyid, 1);
		has |= strncmp(oid, POLICY_PREFIX,
		    sizeof(POLICY_PREFIX) - 1) == 0;
	}
	CERTIFICATEPOLICIES_free(list);
	return (!has);
}

static bool
has_no_list(const struct cert *c)
{
	return (!str_starts_nocase(c->crl_url, STR_LIT("http://")));
}

static bool
has_no_issuers(const struct cert *c)
{
	return (c->issuers_url.len == 0);
}

static bool
has_bad_serial(const struct cert *c)
{
	const ASN1_INTEGER *n = X509_get0_serialNumber(c->x);
	int len = ASN1_STRING_length(n);

	/* A leading bit that is set costs one more byte. */
	return (ASN1_STRING_type(n) == V_ASN1_NEG_INTEGER ||
	    len > SERIAL_BYTES_MAX || (len == SERIAL_BYTES_MAX &&
	    (ASN1_STRING_get0_data(n)[0] & 0x80) != 0) ||
	    (len == 1 && ASN1_STRING_get0_data(n)[0] == 0));
}

static bool
has_short_serial(const struct cert *c)
{
	return (ASN1_STRING_length(X509_get0_serialNumber(c->x)) <
	    SERIAL_BYTES_MIN);
}

static bool
is_authority(const struct cert *c)
{
	return (c->is_authority);
}

static bool
has_no_usage(const struct cert *c)
{
	return (!has_extension(c, NID_key_usage));
}

static bool
has_loose_usage(const struct cert *c)
{
	return (has_extension(c, NID_key_usage) &&
	    !is_critical(c, NID_key_usage));
}

static bool
has_odd_usage(const struct cert *c)
{
	uint32_t usage = X509_get_key_usage(c->x);

	if (!has_extension(c, NID_key_usage))
		return (false);
	return ((usage & (KU_KEY_CERT_SIGN | KU_CRL_SIGN |
	    KU_DATA_ENCIPHERMENT)) != 0 || (c->key == CERT_KEY_RSA &&
	    (usage & KU_KEY_AGREEMENT) != 0) || (c->key == CERT_KEY_EC &&
	    (usage & KU_KEY_ENCIPHERMENT) != 0));
}

static bool
has_no_issuer_key(const struct cert *c)
{
	return (!has_extension(c, NID_authority_key_identifier));
}

static bool
is_old_version(const struct cert *c)
{
	return (X509_get_version(c->x) != X509_VERSION_3);
}

static bool
is_self_signed(const struct cert *c)
{
	return (c->is_self_signed);
}

/* ---- the rules, the worst first ---------------------------------------- */

static const struct rule {
	bool (*applies)(const struct cert *c);
	struct lint_finding finding;
} rules[] = {
	{ is_malformed, { LINT_ERROR, "malformed",
	    "an extension or its key cannot be read" } },
	{ is_old_version, { LINT_ERROR, "version",
	    "it is not of version 3 of X.509" } },
	{ is_authority, { LINT_ERROR, "authority",
	    "it may issue other certificates" } },
	{ is_not_for_mail, { LINT_ERROR, "purpose",
	    "it does not say that it is for mail (emailProtection)" } },
	{ is_signed_weakly, { LINT_ERROR, "signature",
	    "it is signed with SHA-1 or an older algorithm" } },
	{ is_short_rsa, { LINT_ERROR, "rsa-size",
	    "its RSA key has less than 2048 bits, or not whole bytes" } },
	{ is_odd_curve, { LINT_ERROR, "curve",
	    "its key is not on P-256, P-384 or P-521" } },
	{ is_odd_key, { LINT_ERROR, "key",
	    "its key is of a kind that mail programs do not know" } },
	{ has_no_addresses, { LINT_ERROR, "address",
	    "it has no address among its alternative names" } },
	{ has_another_address, { LINT_ERROR, "other-address",
	    "its subject has an address that is not among its alternative "
	    "names" } },
	{ has_bad_serial, { LINT_ERROR, "serial",
	    "its serial number is zero, negative or longer than 20 bytes" } },
	{ ends_before_it_begins, { LINT_ERROR, "dates",
	    "it ends before it begins" } },
	{ has_odd_usage, { LINT_ERROR, "usage",
	    "its key usage does not fit its kind of key, or mail" } },
	{ has_no_usage, { LINT_WARNING, "no-usage",
	    "it does not say what its key is for (key usage)" } },
	{ is_too_long, { LINT_WARNING, "validity",
	    "it is valid for more than 825 days" } },
	{ is_for_too_much, { LINT_WARNING, "purposes",
	    "it is also for servers, programs or anything" } },
	{ is_self_signed, { LINT_WARNING, "self-signed",
	    "nobody but itself vouches for it" } },
	{ has_no_list, { LINT_WARNING, "crl",
	    "it has no http:// address of a revocation list" } },
	{ has_short_serial, { LINT_WARNING, "serial-guess",
	    "its serial number is shorter than 8 bytes and can be guessed" } },
	{ has_no_issuer_key, { LINT_WARNING, "authority-key",
	    "it does not name its authority's key" } },
	{ has_loose_usage, { LINT_NOTICE, "usage-critical",
	    "its key usage is not marked as critical" } },
	{ has_no_issuers, { LINT_NOTICE, "issuers",
	    "it does not say where its authority's certificate can be had" } },
	{ has_no_policy, { LINT_NOTICE, "policy",
	    "it does not name a policy of the S/MIME baseline "
	    "requirements" } },
};

size_t
lint_cert(const struct cert *c, struct arena *a, struct lint_finding **out)
{
	struct lint_finding *list = arena_array(a, COUNT_OF(rules),
	    sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (rules[i].applies(c))
			list[n++] = rules[i].finding;
	ERR_clear_error();
	*out = list;
	return (n);
}

const char *
lint_severity_name(enum lint_severity severity)
{
	static const char *const names[] = { [LINT_NOTICE] = "notice",
		[LINT_WARNING] = "warning", [LINT_ERROR] = "error" };

	must(severity < COUNT_OF(names));
	return (names[severity]);
}
