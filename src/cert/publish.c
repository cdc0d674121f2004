/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish: bringing the web directory and LDAP in line with the store.
 *
 * Runs in the gateway and the CLI. Security: what is published is public; an
 * address can be tested, as by every directory of keys, but not listed.
 */
#include "cert/publish.h"

#include <openssl/sha.h>

#include "base/clock.h"
#include "base/enc.h"
#include "store/leases.h"

#define ADDRESSES_BYTES_MAX (256u << 20)
#define BUNDLE_MAX (1u << 20)
#define WEB_WORD "web"
#define DIRECTORY_WORD "directory"

struct round {
	const struct publish_config *c;
	int64_t now_ms;
	struct arena *a;
	struct buf addresses;	/* array of struct str, in the arena */
	size_t n_failed;
	struct err why;		/* of the first */
};

static bool
is_wanted(const struct store_cert *c, int64_t now_ms)
{
	return (c->state == STORE_CERT_ACTIVE && c->from_ms <= now_ms &&
	    c->until_ms > now_ms && (c->uses & STORE_CERT_ENCRYPTS) != 0);
}

/* What `published` says of it. */
static struct str
where(const struct publish_config *c, bool in_directory)
{
	return (c->to_web && in_directory ?
	    STR_LIT(WEB_WORD ", " DIRECTORY_WORD) :
	    c->to_web ? STR_LIT(WEB_WORD) :
	    in_directory ? STR_LIT(DIRECTORY_WORD) : STR_NULL);
}

/* ---- what differs ----------------------------------------------------- */

static int
visit(void *ctx, const struct store_cert *cert, struct err *err UNUSED)
{
	struct round *r = ctx;
	bool wanted = is_wanted(cert, r->now_ms);
	struct str should = wanted ? where(r->c, r->c->directory != NULL) :
	    STR_NULL, address;
	const struct str *last = (const struct str *)(const void *)
	    (r->addresses.p + r->addresses.len);

	if ((str_eq(cert->published, should) && !(r->c->again && wanted)) ||
	    cert->address.len == 0 || cert->address.p[0] == '@')
		return (0);
	/* One address's follow each other. */
	if (r->addresses.len > 0 && str_eq_nocase(last[-1], cert->address))
		return (0);
	address = arena_str(r->a, cert->address);
	buf_append(&r->addresses, &address, sizeof(address));
	return (0);
}

/* ---- one address ------------------------------------------------------ */

struct published {
	struct store_cert *all;
	size_t n_all;
	struct str ders[PUBLISH_OF_ONE_MAX];
	size_t n;
	int64_t until_ms;	/* of the newest */
};

static int
gather(const struct round *r, struct str address, struct arena *a,
    struct published *p, struct err *err)
{
	/* Its retired ones, too: they are marked as no longer published. */
	struct store_cert_query q = { .workspace = r->c->workspace,
		.role = STORE_CERT_OWN, .state = -1, .address = address,
		.max = PUBLISH_OF_ONE_MAX * 64 };

	*p = (struct published){ .n = 0 };
	if (store_certs(r->c->store, &q, a, &p->all, &p->n_all, err) == -1)
		return (-1);
	for (size_t i = 0; i < p->n_all && p->n < PUBLISH_OF_ONE_MAX; i++)
		if (is_wanted(&p->all[i], r->now_ms)) {
			if (p->n == 0)
				p->until_ms = p->all[i].until_ms;
			p->ders[p->n++] = p->all[i].der;
		}
	return (0);
}

void
publish_web_name(struct str address, char out[static PUBLISH_NAME_SIZE])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	AUTO_BUF struct buf lower = BUF_INIT(SIZE_MAX);

	for (size_t i = 0; i < address.len; i++)
		buf_char(&lower, ascii_lower(address.p[i]));
	(void)SHA256(lower.p, lower.len, hash);
	memcpy(out, "cert/", 5);
	enc_hex(hash, sizeof(hash), out + 5);
}

/* A directory that does not know somebody is asked again and again; the web
 * need not be. */
static bool
differs_on_web(const struct round *r, const struct published *p)
{
	for (size_t i = 0; i < p->n_all; i++)
		if (str_starts_nocase(p->all[i].published, STR_LIT(WEB_WORD)) !=
		    is_wanted(&p->all[i], r->now_ms))
			return (true);
	return (r->c->again);
}

static int
to_web(const struct round *r, struct str address, const struct published *p,
    struct err *err)
{
	char name[PUBLISH_NAME_SIZE];

	publish_web_name(address, name);
	return (store_document_put(r->c->store, str_of(name),
	    p->n > 0 ? p->ders[0] : STR_NULL, p->n > 0 ? p->until_ms : 0,
	    err));
}

static int
to_directory(const struct round *r, struct str address,
    const struct published *p, bool *is_there, struct err *err)
{
	AUTO_BUF struct buf bundle = BUF_INIT(BUNDLE_MAX);

	if (p->n > 0 && publish_bundle(p->ders, p->n, &bundle, err) == -1)
		return (-1);
	return (r->c->directory(r->c->ctx, address, p->ders, p->n,
	    buf_view(&bundle), is_there, err));
}

static int
mark(const struct round *r, const struct published *p, bool in_directory,
    bool *is_changed, struct err *err)
{
	for (size_t i = 0; i < p->n_all; i++) {
		struct str should = is_wanted(&p->all[i], r->now_ms) ?
		    where(r->c, in_directory) : STR_NULL;

		if (str_eq(p->all[i].published, should))
			continue;
		if (store_cert_published(r->c->store, p->all[i].sha256,
		    should, err) == -1)
			return (-1);
		*is_changed = true;
	}
	return (0);
}

static int
publish_one(struct round *r, struct str address, bool *is_changed,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct err why = ERR_INIT;
	bool is_there = false;
	struct published p;

	if (gather(r, address, a, &p, err) == -1 ||
	    (r->c->to_web && differs_on_web(r, &p) &&
	    to_web(r, address, &p, err) == -1))
		return (-1);
	if (r->c->directory != NULL &&
	    to_directory(r, address, &p, &is_there, &why) == -1) {
		if (r->n_failed++ == 0)
			r->why = why;
		return (0);
	}
	return (mark(r, &p, is_there, is_changed, err));
}

static int
publish_all(struct round *r, struct store_lease *lease, size_t *n,
    struct err *err)
{
	const struct str *address = (const struct str *)(const void *)
	    r->addresses.p;
	int64_t begin_ms = clock_mono_ms();
	int rc = 0;

	for (size_t i = 0; rc == 0 && *n < r->c->max &&
	    i < r->addresses.len / sizeof(*address); i++) {
		bool is_changed = false;

		rc = store_lease_keep(lease, r->now_ms + clock_mono_ms() -
		    begin_ms, err);
		if (rc == 0)
			rc = publish_one(r, address[i], &is_changed, err);
		*n += is_changed;
	}
	return (rc);
}

static int
publish_alone(const struct publish_config *c, struct store_lease *lease,
    int64_t now_ms, size_t *n, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct round r = { .c = c, .now_ms = now_ms, .a = a,
		.addresses = BUF_INIT(ADDRESSES_BYTES_MAX) };
	struct store_cert_query q = { .workspace = c->workspace,
		.role = STORE_CERT_OWN, .state = -1 };
	int rc = inventory_each(c->store, &q, visit, &r, err);

	if (rc == 0)
		rc = publish_all(&r, lease, n, err);
	buf_done(&r.addresses);
	return (rc == 0 && r.n_failed > 0 ? err_set(err, r.why.kind,
	    "%zu addresses are not published, the first: %s", r.n_failed,
	    r.why.msg) : rc);
}

int
publish_tend(const struct publish_config *c, int64_t now_ms, size_t *n,
    struct err *err)
{
	struct store_lease lease;
	int rc;

	*n = 0;
	/* Two would write to a directory against each other. */
	if (store_lease_wait(c->store, "publishing", STR_NULL, now_ms, &lease,
	    err) == -1)
		return (-1);
	rc = publish_alone(c, &lease, now_ms, n, err);
	store_lease_give(&lease);
	return (rc);
}
