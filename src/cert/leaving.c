/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaving: carrying out a plan about who left and who moved.
 *
 * Runs in the gateway and the CLI. Security: every revocation is in the audit
 * record with who decided it. Keys are never destroyed here: what was encrypted
 * to them has to be read. Standards: RFC 5280 5.3.1 (reasons).
 */
#include "base/enc.h"
#include "cert/leave.h"
#include "pki/cert.h"
#include "store/leases.h"
#include "store/redirects.h"

#define OF_ONE_MAX 64		/* certificates of one address */
#define DETAIL_MAX 4096
#define CESSATION 5		/* cessationOfOperation */

static struct str
detail(const struct leave_config *c, struct str address, const char *key,
    struct str to, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(DETAIL_MAX);

	buf_z(&b, "{\"by\":");
	enc_json(c->by, &b);
	buf_z(&b, ",\"address\":");
	enc_json(address, &b);
	if (to.len > 0) {
		buf_printf(&b, ",\"%s\":", key);
		enc_json(to, &b);
	}
	buf_char(&b, '}');
	return (arena_str(a, buf_view(&b)));
}

/* ---- remembering ------------------------------------------------------ */

static int
end_redirect(const struct leave_config *c, struct str address,
    struct arena *a, struct err *err)
{
	struct store_event event = { STR_LIT("mail.redirect-ended"),
		detail(c, address, "", STR_NULL, a) };
	bool found;

	return (store_redirect_drop(c->store, address, &event, &found, err));
}

/* Who has just come, or is there again, gets his own mail. */
static int
end_redirects(const struct leave_config *c, const struct leave_plan *plan,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_redirect *rows;
	size_t n;

	if (store_redirects(c->store, a, &rows, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < plan->n_come; k++)
			if (str_eq_nocase(plan->come[k], rows[i].address) &&
			    end_redirect(c, plan->come[k], a, err) == -1)
				return (-1);
	return (0);
}

int
leave_note(const struct leave_config *c, const struct leave_plan *plan,
    struct err *err)
{
	if (plan->is_refused)
		return (0);
	if (end_redirects(c, plan, err) == -1 || store_people_put(c->store,
	    plan->changed, plan->n_changed, err) == -1)
		return (-1);
	/* Who is gone for good and has no certificate is nobody to us. */
	for (size_t i = 0; i < plan->n; i++)
		if (plan->steps[i].what != LEAVE_WAITS &&
		    plan->steps[i].n_certs == 0 && store_people_forget(
		    c->store, plan->steps[i].address, err) == -1)
			return (-1);
	return (0);
}

/* ---- doing ------------------------------------------------------------ */

/* Before he is forgotten: then nobody knows any more whose mail it is. */
static int
redirect(const struct leave_config *c, const struct leave_step *s,
    int64_t now_ms, struct arena *a, struct leave_done *out, struct err *err)
{
	struct store_event event = { STR_LIT("mail.redirected"),
		detail(c, s->address, "to", s->mail_to, a) };
	const struct store_redirect r = { .address = s->address,
		.target = s->mail_to, .by = c->by, .at_ms = now_ms };
	struct err why = ERR_INIT;

	if (s->mail_to.len == 0)
		return (0);
	if (store_redirect_put(c->store, &r, &event, &why) == 0) {
		out->n_redirected++;
		return (0);
	}
	/* It would go in a circle that the administrator made: he decides. */
	if (why.kind == ERR_INPUT)
		return (0);
	if (err != NULL)
		*err = why;
	return (-1);
}

static int
certs_of(const struct leave_config *c, struct str address, struct arena *a,
    struct store_cert **out, size_t *n, struct err *err)
{
	struct store_cert_query q = { .workspace = c->workspace,
		.role = STORE_CERT_OWN, .state = STORE_CERT_ACTIVE,
		.address = address, .max = OF_ONE_MAX };

	return (store_certs(c->store, &q, a, out, n, err));
}

static int
revoke_all(const struct leave_config *c, const struct leave_step *s,
    int64_t now_ms, struct arena *a, struct leave_done *out, struct err *err)
{
	struct store_event event = { STR_LIT("cert.revoked"),
		detail(c, s->address, "", STR_NULL, a) };
	struct store_cert *certs;
	size_t n;

	if (certs_of(c, s->address, a, &certs, &n, err) == -1 ||
	    redirect(c, s, now_ms, a, out, err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++) {
		if (store_cert_revoke(c->store, certs[i].sha256, now_ms,
		    CESSATION, &event, err) == -1)
			return (-1);
		out->n_revoked++;
	}
	return (store_people_forget(c->store, s->address, err));
}

int
leave_reassign(const struct leave_config *c, const struct store_cert *old,
    struct str address, struct str common_name, int64_t now_ms,
    struct arena *a, enum renew_outcome *out, struct err *err)
{
	struct store_event event = { STR_LIT("cert.reassigned"),
		detail(c, old->address, "moved_to", address, a) };
	struct store_cert wanted = *old;
	struct str note = str_of(arena_printf(a, "its owner's address is "
	    "%.*s now", STR_FMT(address)));

	wanted.address = address;
	if (c->order == NULL)
		return (err_set(err, ERR_INPUT, "there is nothing to get a "
		    "certificate from: letterlock ca init"));
	if (c->order(c->ctx, &wanted, common_name, now_ms, a, out, err) == -1)
		return (-1);
	if (*out == RENEW_FAILED)
		return (0);
	return (store_cert_set(c->store, old->sha256, STORE_CERT_REPLACED,
	    note, &event, err));
}

static int
move_one(const struct leave_config *c, const struct leave_step *s,
    const struct store_cert *old, int64_t now_ms, struct arena *a,
    struct leave_done *out, struct err *err)
{
	struct str name = STR_NULL;
	enum renew_outcome outcome;
	struct cert parsed;

	if (cert_parse(old->der, a, &parsed, NULL) == 0) {
		name = parsed.common_name;
		cert_done(&parsed);
	}
	if (leave_reassign(c, old, s->moved_to, name, now_ms, a, &outcome,
	    err) == -1)
		return (-1);
	out->n_issued += outcome == RENEW_ISSUED;
	out->n_ordered += outcome == RENEW_ORDERED;
	out->n_failed += outcome == RENEW_FAILED;
	return (0);
}

/* Of several that do the same only the newest is got again; the others only
 * decrypt from now on. */
static int
move(const struct leave_config *c, const struct leave_step *s,
    int64_t now_ms, struct arena *a, struct leave_done *out, struct err *err)
{
	struct store_event event = { STR_LIT("cert.replaced"),
		detail(c, s->address, "moved_to", s->moved_to, a) };
	size_t n, failed = out->n_failed;
	struct store_cert *certs;
	unsigned uses = 0;

	if (certs_of(c, s->address, a, &certs, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++) {
		bool is_needed = (certs[i].uses & ~uses) != 0 &&
		    !id_is_zero(&certs[i].key);

		uses |= is_needed ? certs[i].uses : 0;
		if ((is_needed ? move_one(c, s, &certs[i], now_ms, a, out,
		    err) : store_cert_set(c->store, certs[i].sha256,
		    STORE_CERT_REPLACED, STR_LIT("its owner's address "
		    "changed"), &event, err)) == -1)
			return (-1);
	}
	if (out->n_failed > failed)
		return (0);
	return (redirect(c, s, now_ms, a, out, err) == -1 ? -1 :
	    store_people_forget(c->store, s->address, err));
}

static int
apply(const struct leave_config *c, const struct leave_plan *plan,
    struct store_lease *lease, int64_t now_ms, struct leave_done *out,
    struct err *err)
{
	int64_t begin_ms = clock_mono_ms();
	int rc = leave_note(c, plan, err);

	for (size_t i = 0; rc == 0 && i < plan->n; i++) {
		AUTO_ARENA struct arena *a = arena_new();
		const struct leave_step *s = &plan->steps[i];

		rc = store_lease_keep(lease, now_ms + clock_mono_ms() -
		    begin_ms, err);
		if (rc == 0 && s->what != LEAVE_WAITS)
			rc = s->what == LEAVE_REVOKES ?
			    revoke_all(c, s, now_ms, a, out, err) :
			    move(c, s, now_ms, a, out, err);
	}
	return (rc);
}

/* What another one did meanwhile is not done again: who is dealt with has no
 * certificate in use any more. */
int
leave_apply(const struct leave_config *c, const struct leave_plan *plan,
    int64_t now_ms, struct leave_done *out, struct err *err)
{
	struct store_lease lease;
	int rc;

	*out = (struct leave_done){ .n_revoked = 0 };
	if (plan->is_refused)
		return (err_set(err, ERR_DENIED, "%.*s",
		    STR_FMT(plan->sentence)));
	if (store_lease_wait(c->store, "leavers", STR_NULL, now_ms, &lease,
	    err) == -1)
		return (-1);
	rc = apply(c, plan, &lease, now_ms, out, err);
	store_lease_give(&lease);
	return (rc);
}
