/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authoritytend: renewing what is due, a little at a time.
 *
 * Runs in the gateway, in the thread that tends.
 */
#include "issue/authoritystate.h"
#include "issue/ocspmake.h"

#define PAGE 500
#define PASS_MS CLOCK_HOUR_MS
#define ANSWERS_MAX 300		/* signed in one call */
#define ANSWERS_LEASE_MS (10 * CLOCK_MINUTE_MS)
#define ANSWER_BYTES_MAX (64u << 10)
#define RESPONDER_LEFT_MS (120 * CLOCK_DAY_MS)
/* Users' certificates shall not be cut short by their issuer's end. */
#define ISSUER_SPARE_MS (60 * CLOCK_DAY_MS)

static int64_t
left_of(X509 *x, int64_t now_ms)
{
	struct tm tm;

	must(ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1);
	return ((int64_t)timegm(&tm) * CLOCK_SECOND_MS - now_ms);
}

static int
key_of(struct authority *au, const uint8_t hash[static STORE_HASH_BYTES],
    struct id *key, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_cert c;
	bool found;

	if (store_cert_get(au->store, hash, a, &c, &found, err) == -1)
		return (-1);
	must(found);
	*key = c.key;
	return (0);
}

/* The issuer's certificate, where the root is here; else `ca show` warns. */
static int
tend_issuer(struct authority *au, int64_t now_ms, struct err *err)
{
	struct id key;

	if (au->root_key == NULL || left_of(au->issuer, now_ms) >
	    au->profile.days * CLOCK_DAY_MS + ISSUER_SPARE_MS ||
	    left_of(au->root, now_ms) <= left_of(au->issuer, now_ms))
		return (0);
	if (key_of(au, au->row.issuer, &key, err) == -1 ||
	    authority_make_issuer(au, au->root_key, &key, now_ms, err) == -1 ||
	    authority_publish(au, err) == -1)
		return (-1);
	return (authority_keep(au, NULL, err));
}

static int
tend_responder(struct authority *au, int64_t now_ms, struct err *err)
{
	struct id key = au->responder_id;

	if (left_of(au->responder, now_ms) > RESPONDER_LEFT_MS ||
	    left_of(au->issuer, now_ms) <= left_of(au->responder, now_ms))
		return (0);
	if (authority_make_responder(au, &key, now_ms, err) == -1)
		return (-1);
	return (authority_keep(au, NULL, err));
}

static int
tend_root_crl(struct authority *au, int64_t now_ms, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf crl = BUF_INIT(ANSWER_BYTES_MAX);
	int64_t until_ms;
	bool found;

	if (au->root_key == NULL)
		return (0);
	if (store_document_get(au->store, str_of(arena_printf(a, "crl/%s",
	    au->root_file)), &crl, &until_ms, &found, err) == -1)
		return (-1);
	if (found && until_ms - now_ms > AUTHORITY_ROOT_CRL_MS / 2)
		return (0);
	return (authority_sign_root_crl(au, au->root_key, now_ms, err));
}

/* ---- answers ---------------------------------------------------------- */

/* When half their time has passed. */
static int
is_due(struct authority *au, const struct store_cert *c, int64_t now_ms,
    bool *due, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(ANSWER_BYTES_MAX);
	struct ocspmake_names names;
	int64_t until_ms;
	bool found;

	if (ocspmake_names(au->issuer, c->serial, &names, err) == -1 ||
	    store_document_get(au->store, str_of(names.sha1), &bytes,
	    &until_ms, &found, err) == -1)
		return (-1);
	*due = !found || until_ms - now_ms < AUTHORITY_ANSWER_MS / 2;
	return (0);
}

static int
tend_page(struct authority *au, const struct store_cert *page, size_t n,
    int64_t now_ms, unsigned *signed_n, struct err *err)
{
	for (size_t i = 0; i < n && *signed_n < ANSWERS_MAX; i++) {
		bool due;

		if (!authority_is_ours(au, &page[i]))
			continue;
		if (is_due(au, &page[i], now_ms, &due, err) == -1)
			return (-1);
		if (!due)
			continue;
		if (authority_sign_answer(au, &page[i], now_ms, err) == -1)
			return (-1);
		++*signed_n;
	}
	return (0);
}

static int
look_through(struct authority *au, int64_t now_ms, unsigned *signed_n,
    struct err *err)
{
	struct store_cert_query q = { .workspace = au->workspace,
		.role = STORE_CERT_OWN, .state = -1, .until_from_ms = now_ms,
		.max = PAGE };
	size_t n = PAGE;

	while (n == PAGE && *signed_n < ANSWERS_MAX) {
		AUTO_ARENA struct arena *a = arena_new();
		struct store_cert *page;

		if (store_certs(au->store, &q, a, &page, &n, err) == -1 ||
		    tend_page(au, page, n, now_ms, signed_n, err) == -1)
			return (-1);
		if (n > 0) {
			memcpy(q.after, page[n - 1].sha256, sizeof(q.after));
			q.has_after = true;
		}
	}
	return (0);
}

/* Once an hour, whoever does it; at once again where there is more to do. */
static int
tend_answers(struct authority *au, int64_t now_ms, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf nothing = BUF_INIT(1);
	struct str name = str_of(arena_printf(a, "pass/%s",
	    au->issuer_file));
	unsigned signed_n = 0;
	int64_t until_ms;
	bool found;

	if (store_document_get(au->store, name, &nothing, &until_ms, &found,
	    err) == -1)
		return (-1);
	if (found && now_ms < until_ms && until_ms <= now_ms + PASS_MS)
		return (0);
	if (look_through(au, now_ms, &signed_n, err) == -1)
		return (-1);
	return (signed_n < ANSWERS_MAX ? store_document_put(au->store, name,
	    STR_NULL, now_ms + PASS_MS, err) : 0);
}

/* They take longer than the rest: whoever revokes need not wait for them. */
static int
answer(struct authority *au, int64_t now_ms, struct err *err)
{
	char text[ID_TEXT_SIZE];
	struct store_lease lease;
	bool is_taken;
	int rc;

	if (store_lease_take(au->store, "answers", str_of(id_text(
	    &au->workspace, text)), now_ms, ANSWERS_LEASE_MS, &lease,
	    &is_taken, err) == -1)
		return (-1);
	if (!is_taken)
		return (0);
	rc = authority_enter(au, err);
	if (rc == 0) {
		rc = tend_answers(au, now_ms, err);
		authority_leave(au);
	}
	store_lease_give(&lease);
	return (rc);
}

int
authority_tend(struct authority *au, int64_t now_ms, struct err *err)
{
	bool is_in;
	int rc = -1;

	if (authority_enter_alone(au, false, now_ms, &is_in, err) == -1)
		return (-1);
	if (!is_in)
		return (0);
	if (tend_issuer(au, now_ms, err) == 0 &&
	    tend_responder(au, now_ms, err) == 0 &&
	    tend_root_crl(au, now_ms, err) == 0)
		rc = authority_sign_crl(au, false, now_ms, err);
	authority_leave(au);
	return (rc == 0 ? answer(au, now_ms, err) : -1);
}
