/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew: which certificates are due, and one order for each.
 *
 * Runs in the gateway and the CLI. Security: only certificates that we got
 * ourselves are renewed; one that somebody brought from another authority is
 * never put in the place of by ours, which people outside may not trust.
 */
#include "cert/renew.h"

#include "base/enc.h"
#include "pki/cert.h"
#include "store/leases.h"

#define DUE_MAX 100000u

struct round {
	const struct renew_config *c;
	int64_t now_ms;
	struct arena *a;
	struct buf due;		/* array of hashes */
};

/* ---- what is due ------------------------------------------------------ */

static int
visit(void *ctx, const struct store_cert *cert, struct err *err UNUSED)
{
	struct round *r = ctx;

	/* Of a key that is not here there is nothing to be made anew. */
	if ((r->c->sources & 1u << cert->source) != 0 &&
	    !id_is_zero(&cert->key) &&
	    inventory_is_due(cert, r->c->days, r->now_ms))
		buf_append(&r->due, cert->sha256, sizeof(cert->sha256));
	return (0);
}

static int
collect(struct round *r, struct err *err)
{
	struct store_cert_query q = { .workspace = r->c->workspace,
		.role = STORE_CERT_OWN, .state = STORE_CERT_ACTIVE,
		.until_from_ms = r->now_ms - RENEW_LATE_MS,
		.until_before_ms = r->now_ms +
		    (int64_t)r->c->days * CLOCK_DAY_MS + 1 };

	return (inventory_each(r->c->store, &q, visit, r, err) == -1 ? -1 :
	    buf_check(&r->due, "the list of certificates to renew", err));
}

int
renew_is_free(struct store *s, struct str address, int64_t now_ms, bool *out,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_order *orders;
	size_t n;

	if (store_orders(s, address, -1, 1, a, &orders, &n, err) == -1)
		return (-1);
	*out = n == 0 || orders[0].state == STORE_ORDER_DONE ||
	    (orders[0].state == STORE_ORDER_FAILED &&
	    MAX_OF(orders[0].created_ms, orders[0].next_ms) +
	    RENEW_RETRY_MS <= now_ms);
	return (0);
}

/* ---- ordering --------------------------------------------------------- */

int
renew_one(const struct renew_config *c, const struct store_cert *old,
    int64_t now_ms, struct arena *a, enum renew_outcome *out,
    struct err *err)
{
	struct cert parsed;
	struct str name = STR_NULL;

	if (cert_parse(old->der, a, &parsed, NULL) == 0) {
		name = parsed.common_name;
		cert_done(&parsed);
	}
	return (c->order(c->ctx, old, name, now_ms, a, out, err));
}

static void
count(const struct renew_config *c, struct str address,
    enum renew_outcome outcome, const struct err *why, struct renew_done *out)
{
	out->n_issued += outcome == RENEW_ISSUED;
	out->n_ordered += outcome == RENEW_ORDERED;
	out->n_failed += outcome == RENEW_FAILED;
	if (outcome == RENEW_FAILED && c->failed != NULL)
		c->failed(c->ctx, address, why);
}

/* What failed is left alone for a while, so that others get their turn. */
static struct str
pause_name(const struct store_cert *old, struct arena *a)
{
	char hex[2 * STORE_HASH_BYTES + 1];

	enc_hex(old->sha256, STORE_HASH_BYTES, hex);
	return (str_of(arena_printf(a, "renewal %s", hex)));
}

static int
may_try(const struct round *r, const struct store_cert *old, bool *out,
    struct err *err)
{
	AUTO_BUF struct buf nothing = BUF_INIT(1);
	bool is_pause;

	if (store_lookup_get(r->c->store, pause_name(old, r->a), r->now_ms,
	    &nothing, &is_pause, err) == -1)
		return (-1);
	*out = !is_pause;
	return (0);
}

static int
pause_after(const struct round *r, const struct store_cert *old,
    enum renew_outcome outcome, struct err *err)
{
	return (outcome != RENEW_FAILED ? 0 : store_lookup_put(r->c->store,
	    pause_name(old, r->a), STR_NULL, r->now_ms + RENEW_RETRY_MS,
	    err));
}

static int
renew_alone(struct round *r, const struct store_cert *cert,
    struct renew_done *out, struct err *err)
{
	const struct renew_config *c = r->c;
	struct err why = ERR_INIT;
	enum renew_outcome outcome;
	struct store_cert old;
	bool found, is_covered, is_free, may;

	/* What another one did meanwhile counts. */
	if (store_cert_get(c->store, cert->sha256, r->a, &old, &found, err) ==
	    -1)
		return (-1);
	if (!found || old.state != STORE_CERT_ACTIVE)
		return (0);
	if (inventory_has_successor(c->store, &old, r->now_ms, r->a,
	    &is_covered, err) == -1 || renew_is_free(c->store, old.address,
	    r->now_ms, &is_free, err) == -1 ||
	    may_try(r, &old, &may, err) == -1)
		return (-1);
	out->n_open += !is_free;
	if (is_covered || !is_free || !may)
		return (0);
	if (renew_one(c, &old, r->now_ms, r->a, &outcome, &why) == -1) {
		if (err != NULL)
			*err = why;
		return (-1);
	}
	count(c, old.address, outcome, &why, out);
	return (pause_after(r, &old, outcome, err));
}

/* It is read again: what an earlier one of this round brought may count. One
 * that another process has in hand is left to it. */
static int
renew_due(struct round *r, const uint8_t sha256[static STORE_HASH_BYTES],
    struct renew_done *out, struct err *err)
{
	struct store *s = r->c->store;
	struct store_lease lease;
	struct store_cert old;
	bool found, is_taken;
	int rc;

	if (store_cert_get(s, sha256, r->a, &old, &found, err) == -1)
		return (-1);
	if (!found || old.state != STORE_CERT_ACTIVE)
		return (0);
	if (store_lease_take(s, RENEW_LEASE, old.address, r->now_ms,
	    STORE_LEASE_MS, &lease, &is_taken, err) == -1)
		return (-1);
	if (!is_taken)
		return (0);
	rc = renew_alone(r, &old, out, err);
	store_lease_give(&lease);
	return (rc);
}

int
renew_tend(const struct renew_config *c, int64_t now_ms,
    struct renew_done *out, struct err *err)
{
	struct round r = { .c = c, .now_ms = now_ms,
		.due = BUF_INIT(DUE_MAX * STORE_HASH_BYTES) };
	int rc = collect(&r, err);

	*out = (struct renew_done){ .n_issued = 0 };
	for (size_t at = 0; rc == 0 && at < r.due.len &&
	    out->n_issued + out->n_ordered + out->n_failed < c->max;
	    at += STORE_HASH_BYTES) {
		AUTO_ARENA struct arena *a = arena_new();

		r.a = a;
		rc = renew_due(&r, r.due.p + at, out, err);
	}
	buf_done(&r.due);
	return (rc);
}
