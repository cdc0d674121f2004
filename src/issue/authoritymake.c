/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authoritymake: making an authority: root, issuer, responder; and making its
 * certificates anew when their time comes.
 *
 * Runs in the CLI; renewing in the gateway, too. Security: an offline root's
 * key is the caller's, used here and forgotten.
 */
#include "issue/authoritystate.h"
#include "issue/certmake.h"
#include "issue/certrow.h"
#include "issue/storedkey.h"

#define ROOT_MS (7305 * CLOCK_DAY_MS)		/* 20 years */
#define ISSUER_MS (1826 * CLOCK_DAY_MS)		/* 5 years */
#define RESPONDER_MS (365 * CLOCK_DAY_MS)

const char *
authority_url(const struct authority *au, const char *file,
    const char *ending, struct arena *a)
{
	return (arena_printf(a, "%.*s/pki/%s.%s", STR_FMT(
	    au->profile.base_url), file, ending));
}

const char *
authority_ocsp_url(const struct authority *au, struct arena *a)
{
	return (arena_printf(a, "%.*s/ocsp", STR_FMT(au->profile.base_url)));
}

/* Keep one of its own certificates; x is what it is parsed to, in the place of
 * an older one. */
static int
keep_cert(struct authority *au, struct str der, const struct id *key,
    int64_t now_ms, X509 **x, struct store_cert *row, struct err *err)
{
	const uint8_t *p = (const uint8_t *)der.p;

	*row = (struct store_cert){ .workspace = au->workspace,
		.role = STORE_CERT_AUTHORITY, .state = STORE_CERT_ACTIVE,
		.source = STORE_CERT_ISSUED, .key = *key, .seen_ms = now_ms,
		.last_ms = now_ms };
	if (certrow_fill(der, au->arena, row, err) == -1 ||
	    store_cert_put(au->store, row, NULL, err) == -1)
		return (-1);
	X509_free(*x);
	*x = d2i_X509(NULL, &p, (long)der.len);
	must(*x != NULL);
	return (0);
}

static struct str
titled(const struct authority *au, const char *what)
{
	return (str_of(arena_printf(au->arena, "%.*s %s", STR_FMT(
	    au->row.name), what)));
}

static int
make_root(struct authority *au, EVP_PKEY *root_key, const struct id *key,
    int64_t now_ms, struct err *err)
{
	struct certmake how = { .kind = CERTMAKE_ROOT,
		.common_name = titled(au, "S/MIME Root"),
		.organisation = au->row.name, .key = root_key,
		.from_ms = now_ms - AUTHORITY_BACKDATE_MS,
		.until_ms = now_ms + ROOT_MS };
	struct store_cert row;
	struct str der;

	if (certmake(&how, au->arena, &der, err) == -1 ||
	    keep_cert(au, der, key, now_ms, &au->root, &row, err) == -1)
		return (-1);
	memcpy(au->row.root, row.sha256, sizeof(row.sha256));
	au->root_file = authority_file("root", row.key_id, au->arena);
	return (0);
}

static int64_t
end_of(X509 *x)
{
	struct tm tm;

	must(ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1);
	return ((int64_t)timegm(&tm) * CLOCK_SECOND_MS);
}

int
authority_make_issuer(struct authority *au, EVP_PKEY *root_key,
    const struct id *key, int64_t now_ms, struct err *err)
{
	struct certmake how = { .kind = CERTMAKE_ISSUER,
		.common_name = titled(au, "S/MIME Issuer"),
		.organisation = au->row.name, .key = au->issuer_key,
		.by = au->root, .by_key = root_key,
		.policy = au->profile.policy,
		.domains = au->profile.domains,
		.n_domains = au->profile.n_domains,
		.from_ms = now_ms - AUTHORITY_BACKDATE_MS,
		.until_ms = MIN_OF(now_ms + ISSUER_MS, end_of(au->root)),
		.crl_url = authority_url(au, au->root_file, "crl", au->arena),
		.issuer_url = authority_url(au, au->root_file, "crt",
		au->arena) };
	struct store_cert row;
	struct str der;

	if (certmake(&how, au->arena, &der, err) == -1 ||
	    keep_cert(au, der, key, now_ms, &au->issuer, &row, err) == -1)
		return (-1);
	memcpy(au->row.issuer, row.sha256, sizeof(row.sha256));
	au->issuer_file = authority_file("issuer", row.key_id, au->arena);
	return (0);
}

int
authority_make_responder(struct authority *au, const struct id *key,
    int64_t now_ms, struct err *err)
{
	struct certmake how = { .kind = CERTMAKE_RESPONDER,
		.common_name = titled(au, "OCSP"),
		.organisation = au->row.name, .key = au->responder_key,
		.by = au->issuer, .by_key = au->issuer_key,
		.from_ms = now_ms - AUTHORITY_BACKDATE_MS,
		.until_ms = MIN_OF(now_ms + RESPONDER_MS,
		end_of(au->issuer)),
		.issuer_url = authority_url(au, au->issuer_file, "crt",
		au->arena) };
	struct store_cert row;
	struct str der;

	if (certmake(&how, au->arena, &der, err) == -1 ||
	    keep_cert(au, der, key, now_ms, &au->responder, &row, err) == -1)
		return (-1);
	memcpy(au->row.responder, row.sha256, sizeof(row.sha256));
	au->issuer_name = row.issuer_der;
	au->responder_id = *key;
	return (0);
}

/* ---- making one ------------------------------------------------------- */

static int
make_keys(struct authority *au, const struct authority_making *how,
    struct id ids[static 3], struct err *err)
{
	struct storedkey_wish wish = { .workspace = how->workspace,
		.kind = how->kind, .use = MAILKEY_AUTHORITY,
		.in_token = how->in_token, .now_ms = how->now_ms };

	memset(ids, 0, 3 * sizeof(*ids));
	if (how->root_key == NULL && storedkey_make(au->store, au->keepc,
	    au->provider, &wish, &ids[0], &au->root_key, err) == -1)
		return (-1);
	if (storedkey_make(au->store, au->keepc, au->provider, &wish, &ids[1],
	    &au->issuer_key, err) == -1)
		return (-1);
	wish.use = MAILKEY_OCSP;
	return (storedkey_make(au->store, au->keepc, au->provider, &wish,
	    &ids[2], &au->responder_key, err));
}

static int
make_all(struct authority *au, const struct authority_making *how,
    const struct store_event *event, struct err *err)
{
	EVP_PKEY *root_key;
	struct id ids[3];

	if (make_keys(au, how, ids, err) == -1)
		return (-1);
	root_key = how->root_key != NULL ? how->root_key : au->root_key;
	if (make_root(au, root_key, &ids[0], how->now_ms, err) == -1 ||
	    authority_make_issuer(au, root_key, &ids[1], how->now_ms, err) ==
	    -1 || authority_make_responder(au, &ids[2], how->now_ms, err) ==
	    -1 || authority_sign_root_crl(au, root_key, how->now_ms, err) ==
	    -1 || authority_publish(au, err) == -1)
		return (-1);
	/* From here on there is one: it is whole but for an empty CRL. */
	return (authority_keep(au, event, err) == -1 ||
	    authority_sign_crl(au, true, how->now_ms, err) == -1 ? -1 : 0);
}

static int
check(struct store *s, const struct authority_making *how, struct arena *a,
    struct err *err)
{
	struct store_authority row;
	bool found;

	if (how->name.len == 0)
		return (err_set(err, ERR_INPUT, "the authority needs a "
		    "name"));
	if (how->kind == MAILKEY_ED25519)
		return (err_set(err, ERR_INPUT, "hardly any mail program "
		    "reads certificates that Ed25519 signed"));
	if (how->profile.days == 0 || how->profile.days > AUTHORITY_DAYS_MAX)
		return (err_set(err, ERR_INPUT, "certificates are valid for "
		    "1 to %d days", AUTHORITY_DAYS_MAX));
	if (!certmake_is_url(how->profile.base_url))
		return (err_set(err, ERR_INPUT, "%.*s is no URL that fits in "
		    "a certificate", STR_FMT(how->profile.base_url)));
	if (how->profile.policy.len > 0 &&
	    !certmake_is_oid(how->profile.policy))
		return (err_set(err, ERR_INPUT, "%.*s is no object "
		    "identifier", STR_FMT(how->profile.policy)));
	if (store_authority_get(s, &how->workspace, a, &row, &found, err) ==
	    -1)
		return (-1);
	return (found ? err_set(err, ERR_INPUT, "there is an authority "
	    "already: %.*s", STR_FMT(row.name)) : 0);
}

int
authority_make(struct store *s, struct keepc *keepc,
    struct provider *provider, const struct authority_making *how,
    const struct store_event *event, struct err *err)
{
	AUTO_BUF struct buf profile = BUF_INIT(64u << 10);
	AUTO_ARENA struct arena *a = arena_new();
	struct authority *au;
	int rc;

	if (check(s, how, a, err) == -1)
		return (-1);
	authority_profile_write(&how->profile, &profile);
	au = must_calloc(1, sizeof(*au));
	must(pthread_mutex_init(&au->lock, NULL) == 0);
	au->store = s;
	au->keepc = keepc;
	au->provider = provider;
	au->workspace = how->workspace;
	au->arena = arena_new();
	au->profile = how->profile;
	au->row = (struct store_authority){ .id = id_new(),
		.workspace = how->workspace, .name = how->name,
		.settings = buf_view(&profile) };
	rc = make_all(au, how, event, err);
	authority_free(&au);
	return (rc);
}

/* ---- the offline root comes by ---------------------------------------- */

/* Its key, and no other. */
static int
renew(struct authority *au, EVP_PKEY *root_key, int64_t now_ms,
    const struct store_event *event, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_cert issuer;
	bool found;

	if (root_key == NULL)
		return (err_set(err, ERR_INPUT, "the root is offline: its key "
		    "is needed"));
	if (EVP_PKEY_eq(X509_get0_pubkey(au->root), root_key) != 1)
		return (err_set(err, ERR_INPUT, "this is not the key of the "
		    "authority's root"));
	if (store_cert_get(au->store, au->row.issuer, a, &issuer, &found,
	    err) == -1)
		return (-1);
	must(found);
	if (authority_sign_root_crl(au, root_key, now_ms, err) == -1 ||
	    authority_make_issuer(au, root_key, &issuer.key, now_ms, err) ==
	    -1 || authority_publish(au, err) == -1)
		return (-1);
	return (authority_keep(au, event, err));
}

int
authority_renew(struct authority *au, EVP_PKEY *root_key, int64_t now_ms,
    const struct store_event *event, struct err *err)
{
	bool is_in;
	int rc;

	if (authority_enter_alone(au, true, now_ms, &is_in, err) == -1)
		return (-1);
	rc = renew(au, root_key != NULL ? root_key : au->root_key, now_ms,
	    event, err);
	authority_leave(au);
	return (rc);
}
