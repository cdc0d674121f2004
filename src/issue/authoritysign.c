/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authoritysign: what the portal hands out: CRLs, OCSP answers, certificates.
 *
 * Runs in the gateway and the CLI. Security: all is signed ahead and kept as
 * bytes, so that the role that faces everybody holds no key (RFC 5019).
 */
#include "issue/authoritystate.h"
#include "issue/crlmake.h"
#include "issue/ocspmake.h"

#define PAGE 500
#define LINE_MAX_BYTES 128
#define LIST_MAX_BYTES (32u << 20)

static int
put(struct authority *au, const char *folder, const char *file,
    struct str bytes, int64_t until_ms, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();

	return (store_document_put(au->store, str_of(arena_printf(a, "%s/%s",
	    folder, file)), bytes, until_ms, err));
}

static int
put_cert(struct authority *au, const char *file, X509 *x, struct err *err)
{
	uint8_t *bytes = NULL;
	int len = i2d_X509(x, &bytes), rc;

	must(len > 0);
	rc = put(au, "crt", file, str_make(bytes, (size_t)len), INT64_MAX,
	    err);
	OPENSSL_free(bytes);
	return (rc);
}

int
authority_publish(struct authority *au, struct err *err)
{
	if (put_cert(au, au->root_file, au->root, err) == -1)
		return (-1);
	return (put_cert(au, au->issuer_file, au->issuer, err));
}

bool
authority_is_ours(const struct authority *au, const struct store_cert *c)
{
	return (c->source == STORE_CERT_ISSUED &&
	    str_eq(c->issuer_der, au->issuer_name));
}

int
authority_sign_root_crl(struct authority *au, EVP_PKEY *root_key,
    int64_t now_ms, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	/* Nothing else counts this root's lists, and time only grows. */
	struct crlmake how = { .by = au->root, .key = root_key,
		.number = now_ms / CLOCK_SECOND_MS,
		.this_ms = now_ms - AUTHORITY_SKEW_MS,
		.next_ms = now_ms + AUTHORITY_ROOT_CRL_MS };
	struct str der;

	if (crlmake(&how, a, &der, err) == -1)
		return (-1);
	return (put(au, "crl", au->root_file, der, how.next_ms, err));
}

/* ---- answers ---------------------------------------------------------- */

static int
sign_answer(struct authority *au, const struct store_cert *c, int64_t now_ms,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct ocspmake how = { .issuer = au->issuer,
		.responder = au->responder, .key = au->responder_key,
		.serial = c->serial,
		.is_revoked = c->state == STORE_CERT_REVOKED,
		.revoked_ms = c->revoked_ms, .reason = c->reason,
		.this_ms = now_ms - AUTHORITY_SKEW_MS,
		.next_ms = now_ms + AUTHORITY_ANSWER_MS };
	struct ocspmake_names names;
	struct str der;

	if (ocspmake_names(au->issuer, c->serial, &names, err) == -1 ||
	    ocspmake(&how, a, &der, err) == -1 ||
	    store_document_put(au->store, str_of(names.sha1), der,
	    how.next_ms, err) == -1)
		return (-1);
	return (store_document_put(au->store, str_of(names.sha256), der,
	    how.next_ms, err));
}

/* Another process may have revoked it since it was read, and have answered so:
 * what is there last has to be true. */
int
authority_sign_answer(struct authority *au, const struct store_cert *c,
    int64_t now_ms, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_cert said = *c, now;
	bool found;

	for (;;) {
		if (sign_answer(au, &said, now_ms, err) == -1 ||
		    store_cert_get(au->store, c->sha256, a, &now, &found,
		    err) == -1)
			return (-1);
		if (!found || (now.state == STORE_CERT_REVOKED) ==
		    (said.state == STORE_CERT_REVOKED))
			return (0);
		said = now;
	}
}

/* ---- the issuer's CRL ------------------------------------------------- */

/* Who is revoked: entries for the list, and one line for each, to see later
 * who came into it. */
struct revoked {
	struct crlmake_entry *entries;
	struct store_cert *certs;
	size_t n, room;
	struct buf lines;
};

static void
add(struct revoked *r, const struct store_cert *c, struct arena *a)
{
	if (r->n == r->room) {
		size_t room = r->room * 2 + PAGE;
		struct crlmake_entry *e = arena_array(a, room, sizeof(*e));
		struct store_cert *certs = arena_array(a, room,
		    sizeof(*certs));

		if (r->n > 0) {
			memcpy(e, r->entries, r->n * sizeof(*e));
			memcpy(certs, r->certs, r->n * sizeof(*certs));
		}
		r->entries = e;
		r->certs = certs;
		r->room = room;
	}
	r->entries[r->n] = (struct crlmake_entry){ c->serial, c->revoked_ms,
		c->reason };
	r->certs[r->n++] = *c;
}

static void
put_line(const struct store_cert *c, struct buf *out)
{
	buf_printf(out, "%.*s %lld %u\n", STR_FMT(c->serial),
	    (long long)c->revoked_ms, c->reason);
}

/* An entry stays until the list after the certificate's end (RFC 5280 3.3). */
static int
collect(struct authority *au, int64_t now_ms, struct arena *a,
    struct revoked *r, struct err *err)
{
	struct store_cert_query q = { .workspace = au->workspace,
		.role = STORE_CERT_OWN, .state = STORE_CERT_REVOKED,
		.until_from_ms = now_ms - AUTHORITY_CRL_MS, .max = PAGE };
	struct store_cert *page;
	size_t n = PAGE;

	while (n == PAGE) {
		if (store_certs(au->store, &q, a, &page, &n, err) == -1)
			return (-1);
		for (size_t i = 0; i < n; i++)
			if (authority_is_ours(au, &page[i])) {
				add(r, &page[i], a);
				put_line(&page[i], &r->lines);
			}
		if (n > 0) {
			memcpy(q.after, page[n - 1].sha256,
			    sizeof(q.after));
			q.has_after = true;
		}
	}
	return (buf_check(&r->lines, "the list of what is revoked", err));
}

static int
sign_list(struct authority *au, const struct revoked *r, int64_t now_ms,
    struct arena *a, struct err *err)
{
	struct crlmake how = { .by = au->issuer, .key = au->issuer_key,
		.number = au->row.crl_number + 1,
		.this_ms = now_ms - AUTHORITY_SKEW_MS,
		.next_ms = now_ms + AUTHORITY_CRL_MS, .entries = r->entries,
		.n = r->n };
	struct str der;

	if (crlmake(&how, a, &der, err) == -1)
		return (-1);
	au->row.crl_number = how.number;
	au->row.crl_next_ms = how.next_ms;
	/* The number first: no two lists may have one (RFC 5280 5.2.3). */
	if (authority_keep(au, NULL, err) == -1)
		return (-1);
	return (put(au, "crl", au->issuer_file, der, how.next_ms, err));
}

/* Those who are revoked since the last list need another answer. */
static int
sign_changed(struct authority *au, const struct revoked *r, struct str before,
    int64_t now_ms, struct err *err)
{
	for (size_t i = 0; i < r->n; i++) {
		AUTO_BUF struct buf line = BUF_INIT(LINE_MAX_BYTES);

		put_line(&r->certs[i], &line);
		if (str_find_nocase(before, buf_view(&line)) < 0 &&
		    authority_sign_answer(au, &r->certs[i], now_ms, err) ==
		    -1)
			return (-1);
	}
	return (0);
}

static int
sign_crl(struct authority *au, bool is_forced, int64_t now_ms,
    struct revoked *r, struct arena *a, struct err *err)
{
	AUTO_BUF struct buf before = BUF_INIT(LIST_MAX_BYTES);
	struct str name = str_of(arena_printf(a, "list/%s", au->issuer_file));
	int64_t until_ms;
	bool found, is_new;

	if (collect(au, now_ms, a, r, err) == -1 || store_document_get(
	    au->store, name, &before, &until_ms, &found, err) == -1)
		return (-1);
	is_new = !found || !str_eq(buf_view(&before), buf_view(&r->lines));
	if (!is_new && !is_forced && au->row.crl_next_ms - now_ms >
	    AUTHORITY_CRL_MS - AUTHORITY_CRL_EVERY_MS)
		return (0);
	if (sign_changed(au, r, buf_view(&before), now_ms, err) == -1 ||
	    sign_list(au, r, now_ms, a, err) == -1)
		return (-1);
	/* Last: what did not come so far is done again. */
	return (is_new ? store_document_put(au->store, name,
	    buf_view(&r->lines), INT64_MAX, err) : 0);
}

int
authority_sign_crl(struct authority *au, bool is_forced, int64_t now_ms,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct revoked r = { .lines = BUF_INIT(LIST_MAX_BYTES) };
	int rc = sign_crl(au, is_forced, now_ms, &r, a, err);

	buf_done(&r.lines);
	return (rc);
}

int
authority_crl(struct authority *au, int64_t now_ms, struct err *err)
{
	bool is_in;
	int rc;

	if (authority_enter_alone(au, true, now_ms, &is_in, err) == -1)
		return (-1);
	rc = authority_sign_crl(au, true, now_ms, err);
	if (rc == 0 && au->root_key != NULL)
		rc = authority_sign_root_crl(au, au->root_key, now_ms, err);
	authority_leave(au);
	return (rc);
}
