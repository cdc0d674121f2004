/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certmake: names, extensions, signature.
 *
 * Runs in the gateway and the CLI. Security: every field is ours; nothing of
 * a request goes into a certificate but its public key. Serial numbers are
 * random, so that nobody can prepare a collision (BR 7.1).
 * Standards: RFC 5280 4, RFC 6960 4.2.2.2, RFC 9598 3.
 */
#include "issue/certmake.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/enc.h"
#include "keepc/provider.h"
#include "net/selfsigned.h"
#include "pki/csr.h"

#define NAME_LETTERS 64	/* ub-common-name, ub-organization-name */
#define VALUE_MAX 4096
#define URL_MAX 512

int
certmake_failed(struct err *err, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);

	ERR_clear_error();
	if (provider_failure(err))
		return (err_in(err, "%s", what));
	return (err_set(err, ERR_PERM, "%s: %s", what,
	    reason != NULL ? reason : "it failed"));
}

static bool
is_made_of(struct str s, const char *others)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) &&
		    (s.p[i] == '\0' || strchr(others, s.p[i]) == NULL))
			return (false);
	return (true);
}

bool
certmake_is_url(struct str url)
{
	return (url.len <= URL_MAX && (str_starts_nocase(url,
	    STR_LIT("https://")) || str_starts_nocase(url,
	    STR_LIT("http://"))) && is_made_of(url, ":/.-_~%"));
}

bool
certmake_is_oid(struct str oid)
{
	ASN1_OBJECT *o;
	char text[128];

	if (oid.len == 0 || oid.len >= sizeof(text) || oid.p[0] > '2' ||
	    oid.p[0] < '0')
		return (false);
	(void)snprintf(text, sizeof(text), "%.*s", STR_FMT(oid));
	o = OBJ_txt2obj(text, 1);
	ERR_clear_error();
	ASN1_OBJECT_free(o);
	return (o != NULL);
}

/* ---- extensions ------------------------------------------------------- */

static bool
add(X509 *x, X509 *by, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, by != NULL ? by : x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = e != NULL && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return (ok);
}

/* One key for both: signing is always possible, and how it is encrypted to
 * depends on the kind of key. */
static const char *
user_usage(const EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "RSA"))
		return ("critical,digitalSignature,keyEncipherment");
	if (EVP_PKEY_is_a(key, "EC"))
		return ("critical,digitalSignature,keyAgreement");
	return ("critical,digitalSignature");
}

static bool
add_address(X509 *x, struct str address)
{
	GENERAL_NAMES *names = csr_alternatives(&address, 1);
	bool ok = names != NULL && X509_add1_ext_i2d(x, NID_subject_alt_name,
	    names, 0, 0) == 1;

	GENERAL_NAMES_free(names);
	return (ok);
}

static bool
add_places(X509 *x, const struct certmake *how)
{
	char value[VALUE_MAX];
	int len = 0;

	if (how->crl_url != NULL) {
		(void)snprintf(value, sizeof(value), "URI:%s", how->crl_url);
		if (!add(x, how->by, NID_crl_distribution_points, value))
			return (false);
	}
	if (how->ocsp_url != NULL)
		len = snprintf(value, sizeof(value), "OCSP;URI:%s",
		    how->ocsp_url);
	if (how->issuer_url != NULL)
		(void)snprintf(value + len, sizeof(value) - (size_t)len,
		    "%scaIssuers;URI:%s", len > 0 ? "," : "",
		    how->issuer_url);
	return ((how->ocsp_url == NULL && how->issuer_url == NULL) ||
	    add(x, how->by, NID_info_access, value));
}

/* What an authority may vouch for makes it safe to trust for partners. */
static bool
add_constraints(X509 *x, const struct certmake *how)
{
	AUTO_BUF struct buf b = BUF_INIT(64u << 10);

	if (how->n_domains == 0)
		return (true);
	buf_z(&b, "critical");
	for (size_t i = 0; i < how->n_domains; i++)
		buf_printf(&b, ",permitted;email:%.*s,permitted;email:.%.*s",
		    STR_FMT(how->domains[i]), STR_FMT(how->domains[i]));
	return (!b.over && add(x, how->by, NID_name_constraints,
	    buf_cstr(&b)));
}

static bool
add_policy(X509 *x, const struct certmake *how)
{
	CERTIFICATEPOLICIES *list;
	POLICYINFO *one;
	char value[128];
	bool ok;

	if (how->policy.len == 0)
		return (true);
	(void)snprintf(value, sizeof(value), "%.*s", STR_FMT(how->policy));
	list = sk_POLICYINFO_new_null();
	one = POLICYINFO_new();
	must(list != NULL && one != NULL);
	one->policyid = OBJ_txt2obj(value, 1);
	ok = one->policyid != NULL && sk_POLICYINFO_push(list, one) > 0 &&
	    X509_add1_ext_i2d(x, NID_certificate_policies, list, 0, 0) == 1;
	sk_POLICYINFO_pop_free(list, POLICYINFO_free);
	return (ok);
}

static bool
add_purpose(X509 *x, const struct certmake *how)
{
	switch (how->kind) {
	case CERTMAKE_ROOT:
		return (add(x, NULL, NID_basic_constraints,
		    "critical,CA:TRUE,pathlen:1") && add(x, NULL,
		    NID_key_usage, "critical,keyCertSign,cRLSign"));
	case CERTMAKE_ISSUER:
		/* No OCSPSigning: that would let it answer for the root. */
		return (add(x, how->by, NID_basic_constraints,
		    "critical,CA:TRUE,pathlen:0") && add(x, how->by,
		    NID_key_usage, "critical,keyCertSign,cRLSign") &&
		    add(x, how->by, NID_ext_key_usage, "emailProtection") &&
		    add_constraints(x, how));
	case CERTMAKE_RESPONDER:
		return (add(x, how->by, NID_basic_constraints,
		    "critical,CA:FALSE") && add(x, how->by, NID_key_usage,
		    "critical,digitalSignature") && add(x, how->by,
		    NID_ext_key_usage, "OCSPSigning") && add(x, how->by,
		    NID_id_pkix_OCSP_noCheck, "ignored"));
	case CERTMAKE_USER:
		break;
	}
	return (add(x, how->by, NID_basic_constraints, "critical,CA:FALSE") &&
	    add(x, how->by, NID_key_usage, user_usage(how->key)) &&
	    add(x, how->by, NID_ext_key_usage, "emailProtection") &&
	    add_address(x, how->address));
}

static bool
add_all(X509 *x, const struct certmake *how)
{
	return (add_purpose(x, how) &&
	    add(x, how->by, NID_subject_key_identifier, "hash") &&
	    (how->by == NULL || add(x, how->by,
	    NID_authority_key_identifier, "keyid:always")) &&
	    add_places(x, how) && add_policy(x, how));
}

/* ---- the rest --------------------------------------------------------- */

/* RFC 5280 A.1 counts characters; a name in UTF-8 is cut between two. */
static bool
add_name(X509_NAME *name, const char *what, struct str text)
{
	size_t len = 0;

	for (unsigned n = 0; len < text.len; n++) {
		size_t next = len + 1;

		while (next < text.len && ((uint8_t)text.p[next] & 0xc0) ==
		    0x80)
			next++;
		if (n == NAME_LETTERS)
			break;
		len = next;
	}
	return (len == 0 || X509_NAME_add_entry_by_txt(name, what,
	    MBSTRING_UTF8, (const unsigned char *)text.p, (int)len, -1, 0) ==
	    1);
}

static bool
set_time(ASN1_TIME *t, int64_t wall_ms)
{
	return (ASN1_TIME_set(t, (time_t)(wall_ms / CLOCK_SECOND_MS)) != NULL);
}

static bool
fill(X509 *x, const struct certmake *how)
{
	X509_NAME *name = X509_get_subject_name(x);

	return (X509_set_version(x, X509_VERSION_3) == 1 &&
	    selfsigned_serial(x) &&
	    add_name(name, "O", how->organisation) &&
	    add_name(name, "CN", how->common_name) &&
	    X509_set_issuer_name(x, how->by == NULL ? name :
	    X509_get_subject_name(how->by)) == 1 &&
	    set_time(X509_getm_notBefore(x), how->from_ms) &&
	    set_time(X509_getm_notAfter(x), how->until_ms) &&
	    X509_set_pubkey(x, how->key) == 1 && add_all(x, how));
}

int
certmake(const struct certmake *how, struct arena *a, struct str *der,
    struct err *err)
{
	EVP_PKEY *key = how->by == NULL ? how->key : how->by_key;
	uint8_t *bytes = NULL;
	X509 *x;
	int len;

	if (!enc_is_utf8(how->common_name) || !enc_is_utf8(how->organisation))
		return (err_set(err, ERR_INPUT, "a name is not UTF-8"));
	x = X509_new();
	must(x != NULL);
	if (!fill(x, how) || X509_sign(x, key, csr_digest(key)) <= 0) {
		X509_free(x);
		return (certmake_failed(err, "cannot make a certificate"));
	}
	len = i2d_X509(x, &bytes);
	X509_free(x);
	must(len > 0);
	*der = arena_str(a, str_make(bytes, (size_t)len));
	OPENSSL_free(bytes);
	return (0);
}
