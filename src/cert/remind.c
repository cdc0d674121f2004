/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remind: which reminders are due, each kept in the transaction that marks it
 * as sent, so that none is lost and none comes twice.
 *
 * Runs in the gateway. Security: owners are the addresses of our own
 * certificates; partners themselves are never written to.
 */
#include "cert/remind.h"

#include "base/enc.h"

#define DUE_MAX 200000u		/* certificates looked at in one round */
#define TAKEN_MAX 500		/* reminders in one mail */

struct round {
	const struct remind_config *c;
	int64_t now_ms;
	struct arena *a;
	struct buf due;		/* array of struct remind_due */
};

/* ---- what has reached a step ------------------------------------------ */

/* The last step it has reached; 0: none yet. */
static unsigned
step_of(const struct remind_config *c, const struct store_cert *cert,
    int64_t now_ms)
{
	unsigned step = 0;

	for (size_t i = 0; i < c->n_steps; i++)
		if (inventory_is_due(cert, c->steps[i], now_ms) &&
		    (step == 0 || c->steps[i] < step))
			step = c->steps[i];
	return (step);
}

static int
visit(void *ctx, const struct store_cert *cert, struct err *err UNUSED)
{
	struct round *r = ctx;
	const struct remind_config *c = r->c;
	unsigned step = step_of(c, cert, r->now_ms);
	struct remind_due due = {
		.until_ms = cert->until_ms, .uses = cert->uses, .step = step,
		.days_left = inventory_days_left(cert, r->now_ms),
		.is_own = cert->role == STORE_CERT_OWN,
		.renews_itself = (c->renewed & 1u << cert->source) != 0 &&
		    !id_is_zero(&cert->key),
		.renews_ms = MAX_OF(r->now_ms, cert->until_ms -
		    MIN_OF((int64_t)c->renew_days * CLOCK_DAY_MS,
		    (cert->until_ms - cert->from_ms) / 2)) };

	if (step == 0)
		return (0);
	due.address = arena_str(r->a, cert->address);
	due.issuer = arena_str(r->a, cert->issuer);
	enc_hex(cert->sha256, sizeof(cert->sha256), due.sha256);
	buf_append(&r->due, &due, sizeof(due));
	return (0);
}

static int
collect(struct round *r, enum store_cert_role role, struct err *err)
{
	unsigned most = 0;
	struct store_cert_query q = { .workspace = r->c->workspace,
		.role = (int)role, .state = STORE_CERT_ACTIVE,
		.until_from_ms = r->now_ms };

	for (size_t i = 0; i < r->c->n_steps; i++)
		most = MAX_OF(most, r->c->steps[i]);
	q.until_before_ms = r->now_ms + (int64_t)most * CLOCK_DAY_MS + 1;
	if (most == 0)
		return (0);
	return (inventory_each(r->c->store, &q, visit, r, err) == -1 ? -1 :
	    buf_check(&r->due, "the list of certificates that end", err));
}

/* ---- sending ---------------------------------------------------------- */

struct note
remind_note(const struct remind_config *c, struct str to, int64_t now_ms,
    struct arena *a)
{
	return ((struct note){ .arena = a, .to = to,
	    .organisation = c->organisation, .postmaster = c->postmaster,
	    .hostname = c->hostname, .now_ms = now_ms });
}

int
remind_send(const struct remind_config *c, const struct note *n,
    const struct str *names, size_t n_names, int64_t now_ms, bool *first,
    struct err *err)
{
	AUTO_BUF struct buf sealed = BUF_INIT(NOTE_MAIL_BYTES * 2);
	struct store_payload payload;
	struct store_item item;
	struct store_accept accept = { .payloads = &payload, .n_payloads = 1,
		.items = &item, .n_items = 1 };

	if (c->mail(c->ctx, n, &sealed, &payload, &item, err) == -1)
		return (-1);
	return (store_reminders_take(c->store, names, n_names, now_ms,
	    &accept, first, err));
}

static int
send_note(const struct round *r, const struct note *n,
    const struct str *names, size_t n_names, size_t *n_sent, struct err *err)
{
	bool first;

	if (remind_send(r->c, n, names, n_names, r->now_ms, &first, err) ==
	    -1)
		return (-1);
	*n_sent += first;
	return (0);
}

/* How many write with him; and does another certificate take over? */
static int
look_closer(const struct round *r, struct remind_due *d, bool *is_covered,
    struct err *err)
{
	struct store_cert cert = { .workspace = r->c->workspace,
		.role = d->is_own ? STORE_CERT_OWN : STORE_CERT_PARTNER,
		.address = d->address, .uses = d->uses,
		.until_ms = d->until_ms };

	if (d->is_own && store_correspondents(r->c->store, d->address,
	    r->now_ms - REMIND_SINCE_MS, &d->n_outside, err) == -1)
		return (-1);
	return (inventory_has_successor(r->c->store, &cert, r->now_ms, r->a,
	    is_covered, err));
}

/* ---- owners ----------------------------------------------------------- */

static struct str
owner_name(const struct round *r, const struct remind_due *d)
{
	char day[CLOCK_RFC3339_SIZE];

	clock_rfc3339(d->until_ms, day);
	return (arena_lower(r->a, str_of(arena_printf(r->a,
	    "expiry owner %.*s %.10s %u", STR_FMT(d->address), day,
	    d->step))));
}

/* Those behind i that are the same owner's and end on the same day. */
static size_t
group_at(const struct remind_due *due, size_t n, size_t i)
{
	size_t k = i + 1;

	while (k < n && due[k].is_own && due[k].step == due[i].step &&
	    due[k].until_ms / CLOCK_DAY_MS ==
	    due[i].until_ms / CLOCK_DAY_MS &&
	    str_eq_nocase(due[k].address, due[i].address))
		k++;
	return (k - i);
}

static int
tell_owner(struct round *r, struct remind_due *due, size_t n,
    struct str name, size_t *n_sent, struct err *err)
{
	struct note note = remind_note(r->c, due->address, r->now_ms, r->a);
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool is_covered;

		if (look_closer(r, &due[i], &is_covered, err) == -1)
			return (-1);
		if (!is_covered)
			due[kept++] = due[i];
	}
	if (kept == 0)
		return (0);
	remindtext_owner(r->c, due, kept, &note);
	return (send_note(r, &note, &name, 1, n_sent, err));
}

static int
tell_owners(struct round *r, struct remind_due *due, size_t n, size_t *n_sent,
    struct err *err)
{
	struct str *names = arena_array(r->a, n + 1, sizeof(*names));
	bool *is_new = arena_array(r->a, n + 1, sizeof(*is_new));
	size_t used;

	for (size_t i = 0; i < n; i++)
		names[i] = owner_name(r, &due[i]);
	if (store_reminders_new(r->c->store, names, n, is_new, err) == -1)
		return (-1);
	for (size_t i = 0; i < n && *n_sent < r->c->max; i += used) {
		used = group_at(due, n, i);
		/* A copy: the administrator's list is made of all. A whole
		 * domain's certificate is nobody's mailbox. */
		if (is_new[i] && due[i].is_own && due[i].address.len > 0 &&
		    due[i].address.p[0] != '@') {
			struct remind_due *copy = arena_array(r->a, used,
			    sizeof(*copy));

			memcpy(copy, &due[i], used * sizeof(*copy));
			if (tell_owner(r, copy, used, names[i], n_sent,
			    err) == -1)
				return (-1);
		}
	}
	return (0);
}

/* ---- the administrator ------------------------------------------------ */

static int
drop_covered(struct round *r, struct remind_due *due, struct str *names,
    size_t *n, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++) {
		bool is_covered;

		if (look_closer(r, &due[i], &is_covered, err) == -1)
			return (-1);
		if (is_covered)
			continue;
		names[kept] = names[i];
		due[kept++] = due[i];
	}
	*n = kept;
	return (0);
}

/* What he was not told of yet, at most what one mail holds. */
static int
keep_new(struct round *r, struct remind_due *due, struct str *names,
    size_t *n, struct err *err)
{
	bool *is_new = arena_array(r->a, *n + 1, sizeof(*is_new));
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++)
		names[i] = str_of(arena_printf(r->a, "expiry admin %s %u",
		    due[i].sha256, due[i].step));
	if (store_reminders_new(r->c->store, names, *n, is_new, err) == -1)
		return (-1);
	for (size_t i = 0; i < *n && kept < TAKEN_MAX; i++)
		if (is_new[i]) {
			names[kept] = names[i];
			due[kept++] = due[i];
		}
	*n = kept;
	return (drop_covered(r, due, names, n, err));
}

static int
tell_administrator(struct round *r, struct remind_due *due, size_t n,
    size_t *n_sent, struct err *err)
{
	struct note note = remind_note(r->c, r->c->postmaster, r->now_ms,
	    r->a);
	struct str *names = arena_array(r->a, n + 2, sizeof(*names)), today;
	char day[CLOCK_RFC3339_SIZE];
	bool is_new;

	clock_rfc3339(r->now_ms, day);
	today = str_of(arena_printf(r->a, "expiry admin day %.10s", day));
	if (store_reminders_new(r->c->store, &today, 1, &is_new, err) == -1)
		return (-1);
	if (!is_new)
		return (0);
	if (keep_new(r, due, names, &n, err) == -1)
		return (-1);
	if (n == 0)
		return (0);
	names[n] = today;
	remindtext_administrator(r->c, due, n, &note);
	return (send_note(r, &note, names, n + 1, n_sent, err));
}

int
remind_tend(const struct remind_config *c, int64_t now_ms, size_t *n_sent,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct round r = { .c = c, .now_ms = now_ms, .a = a,
		.due = BUF_INIT(DUE_MAX * sizeof(struct remind_due)) };
	struct remind_due *due;
	size_t n;
	int rc;

	*n_sent = 0;
	rc = collect(&r, STORE_CERT_OWN, err);
	if (rc == 0)
		rc = collect(&r, STORE_CERT_PARTNER, err);
	due = (struct remind_due *)(void *)r.due.p;
	n = r.due.len / sizeof(*due);
	if (rc == 0 && c->tells_owners)
		rc = tell_owners(&r, due, n, n_sent, err);
	if (rc == 0)
		rc = tell_administrator(&r, due, n, n_sent, err);
	buf_done(&r.due);
	return (rc);
}
