/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authorityissue: certificates for users, and taking them back.
 *
 * Runs in the gateway and the CLI. Security: whose address it is was decided
 * by the caller; here it has to be one that can be written to, and of a domain
 * the authority vouches for. Standards: RFC 5280, RFC 9598.
 */
#include "base/enc.h"
#include "issue/authoritystate.h"
#include "issue/certmake.h"
#include "issue/certrow.h"
#include "issue/storedkey.h"
#include "mime/address.h"

#define OLDER_MAX 100
#define DETAIL_MAX 2048
#define SECURITY_BITS_MIN 112	/* RSA of 2048 bits, P-256 */

static bool
may_vouch(const struct authority_profile *p, struct str domain)
{
	for (size_t i = 0; i < p->n_domains; i++)
		if (address_domain_is(domain, p->domains[i]))
			return (true);
	return (p->n_domains == 0);
}

static int
read_address(const struct authority *au, struct str text, struct arena *a,
    struct address *out, struct err *err)
{
	if (address_parse(text, a, out, err) == -1)
		return (-1);
	return (may_vouch(&au->profile, out->domain) ? 0 : err_set(err,
	    ERR_INPUT, "the authority does not vouch for %.*s",
	    STR_FMT(out->domain)));
}

/* None outlives its issuer. Asked before there is a key, which would be left
 * over. */
static int
find_end(const struct authority *au, int64_t now_ms, int64_t *until_ms,
    struct err *err)
{
	struct tm end;

	must(ASN1_TIME_to_tm(X509_get0_notAfter(au->issuer), &end) == 1);
	*until_ms = MIN_OF(now_ms + au->profile.days * CLOCK_DAY_MS,
	    (int64_t)timegm(&end) * CLOCK_SECOND_MS);
	return (*until_ms > now_ms ? 0 : err_set(err, ERR_PERM,
	    "the authority's issuer certificate has expired; "
	    "`letterlock ca renew`"));
}

static int
make(struct authority *au, const struct address *to, struct str common_name,
    EVP_PKEY *key, int64_t now_ms, int64_t until_ms, struct arena *a,
    struct str *der, struct err *err)
{
	struct certmake how = { .kind = CERTMAKE_USER,
		.common_name = common_name.len > 0 ? common_name : to->text,
		.organisation = au->profile.organisation,
		.address = to->text, .key = key, .by = au->issuer,
		.by_key = au->issuer_key, .policy = au->profile.policy,
		.from_ms = now_ms - AUTHORITY_BACKDATE_MS,
		.until_ms = until_ms,
		.crl_url = authority_url(au, au->issuer_file, "crl", a),
		.ocsp_url = authority_ocsp_url(au, a),
		.issuer_url = authority_url(au, au->issuer_file, "crt", a) };

	return (certmake(&how, a, der, err));
}

static struct store_event
event_of(const struct store_cert *c, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(DETAIL_MAX);
	char until[CLOCK_RFC3339_SIZE];

	clock_rfc3339(c->until_ms, until);
	buf_z(&b, "{\"address\":");
	enc_json(c->address, &b);
	buf_printf(&b, ",\"serial\":\"%.*s\",\"until\":\"%s\"}",
	    STR_FMT(c->serial), until);
	return ((struct store_event){ STR_LIT("certificate.issued"),
	    arena_str(a, buf_view(&b)) });
}

/* The newer one is used from now on; the older ones go on decrypting. */
static int
replace_older(struct authority *au, const struct store_cert *newer,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_cert_query q = { .workspace = au->workspace,
		.role = STORE_CERT_OWN, .state = STORE_CERT_ACTIVE,
		.address = newer->address, .max = OLDER_MAX };
	struct store_cert *older;
	size_t n;

	if (store_certs(au->store, &q, a, &older, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++)
		if (memcmp(older[i].sha256, newer->sha256,
		    sizeof(newer->sha256)) != 0 &&
		    !id_is_zero(&older[i].key) && store_cert_set(au->store,
		    older[i].sha256, STORE_CERT_REPLACED,
		    STR_LIT("a newer one was issued"), NULL, err) == -1)
			return (-1);
	return (0);
}

/* c: its key, or none where that is somebody's own. */
static int
certify(struct authority *au, const struct address *to,
    struct str common_name, EVP_PKEY *key, int64_t now_ms, int64_t until_ms,
    struct arena *a, struct store_cert *c, struct err *err)
{
	struct store_event event;
	struct str der;

	c->workspace = au->workspace;
	c->role = STORE_CERT_OWN;
	c->state = STORE_CERT_ACTIVE;
	c->source = STORE_CERT_ISSUED;
	c->address = to->text;
	c->seen_ms = c->last_ms = now_ms;
	if (make(au, to, common_name, key, now_ms, until_ms, a, &der, err) ==
	    -1 || certrow_fill(der, a, c, err) == -1)
		return (-1);
	event = event_of(c, a);
	/* The answer first: whoever sees the certificate can ask about it. */
	return (authority_sign_answer(au, c, now_ms, err) == -1 ? -1 :
	    store_cert_put(au->store, c, &event, err));
}

static int
issue(struct authority *au, struct str text, struct str common_name,
    int64_t now_ms, struct arena *a, struct store_cert *out, struct err *err)
{
	struct storedkey_wish wish = { .workspace = au->workspace,
		.kind = au->profile.kind, .use = MAILKEY_MAIL,
		.in_token = au->profile.in_token, .now_ms = now_ms };
	struct store_cert c = { .seen_ms = now_ms };
	EVP_PKEY *key = NULL;
	struct address to;
	int64_t until_ms;
	int rc;

	if (read_address(au, text, a, &to, err) == -1 ||
	    find_end(au, now_ms, &until_ms, err) == -1 || storedkey_make(
	    au->store, au->keepc, au->provider, &wish, &c.key, &key, err) ==
	    -1)
		return (-1);
	rc = certify(au, &to, common_name, key, now_ms, until_ms, a, &c,
	    err);
	EVP_PKEY_free(key);
	if (rc == -1 || replace_older(au, &c, err) == -1)
		return (-1);
	*out = c;
	return (0);
}

static int
issue_for(struct authority *au, struct str text, struct str common_name,
    EVP_PKEY *key, int64_t now_ms, struct arena *a, struct store_cert *out,
    struct err *err)
{
	struct store_cert c = { .seen_ms = now_ms };
	struct address to;
	int64_t until_ms;

	if (EVP_PKEY_get_security_bits(key) < SECURITY_BITS_MIN)
		return (err_set(err, ERR_INPUT, "its key is too short"));
	if (read_address(au, text, a, &to, err) == -1 ||
	    find_end(au, now_ms, &until_ms, err) == -1 || certify(au, &to,
	    common_name, key, now_ms, until_ms, a, &c, err) == -1)
		return (-1);
	*out = c;
	return (0);
}

int
authority_certify(struct authority *au, struct str address,
    struct str common_name, EVP_PKEY *key, int64_t now_ms, struct arena *a,
    struct store_cert *out, struct err *err)
{
	int rc;

	if (authority_enter(au, err) == -1)
		return (-1);
	rc = issue_for(au, address, common_name, key, now_ms, a, out, err);
	authority_leave(au);
	return (rc);
}

int
authority_issue(struct authority *au, struct str address,
    struct str common_name, int64_t now_ms, struct arena *a,
    struct store_cert *out, struct err *err)
{
	int rc;

	if (authority_enter(au, err) == -1)
		return (-1);
	rc = issue(au, address, common_name, now_ms, a, out, err);
	authority_leave(au);
	return (rc);
}

static int
take_back(struct authority *au, const uint8_t sha256[static STORE_HASH_BYTES],
    unsigned reason, int64_t now_ms, const struct store_event *event,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_cert c;
	bool found;

	if (store_cert_get(au->store, sha256, a, &c, &found, err) == -1)
		return (-1);
	if (!found || !authority_is_ours(au, &c) || c.role != STORE_CERT_OWN)
		return (err_set(err, ERR_INPUT, "the built-in authority has "
		    "issued no such certificate"));
	if (c.state == STORE_CERT_REVOKED)
		return (err_set(err, ERR_INPUT, "it is revoked already"));
	if (store_cert_revoke(au->store, sha256, now_ms, reason, event,
	    err) == -1)
		return (-1);
	return (authority_sign_crl(au, false, now_ms, err));
}

int
authority_revoke(struct authority *au,
    const uint8_t sha256[static STORE_HASH_BYTES], unsigned reason,
    int64_t now_ms, const struct store_event *event, struct err *err)
{
	bool is_in;
	int rc;

	if (authority_enter_alone(au, true, now_ms, &is_in, err) == -1)
		return (-1);
	rc = take_back(au, sha256, reason, now_ms, event, err);
	authority_leave(au);
	return (rc);
}
