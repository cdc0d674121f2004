/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certrevoke: `letterlock cert revoke`, `destroy`, `approve` and `refuse`:
 * what becomes of a certificate that is there.
 *
 * Runs in the CLI. Security: destroying a key cannot be undone and makes mail
 * unreadable: it is done for one that is no longer in use, and where the
 * fingerprint is typed again.
 */
#include "cli/certdesk.h"
#include "cli/certmaker.h"
#include "cli/commands.h"
#include "cli/table.h"

/* Find one, do something with it, and say what was done. */
typedef int act(struct local *l, const struct invocation *in,
    const struct store_cert *c, const char **done, struct err *err);

static void
add_row(struct table *t, const struct store_cert *c, const char *done,
    struct arena *a)
{
	table_text(t, c->address);
	table_text(t, str_of(certdesk_short(c, a)));
	table_text(t, str_of(certdesk_fingerprint(c, a)));
	table_text(t, str_of(done));
	table_end_row(t);
}

static int
with_each(const struct invocation *in, int role, act *run)
{
	static const struct table_column columns[] = {
		{ "address", "ADDRESS" }, { "short", "FINGERPRINT" },
		{ "sha256", NULL }, { "result", "RESULT" } };
	struct err err = ERR_INIT;
	struct table *t;
	struct local l;
	int rc = local_open(in, &l);

	if (rc != EX_OK)
		return (rc);
	t = table_new(columns, COUNT_OF(columns), in->json);
	for (int i = 0; rc == 0 && i < in->n_args; i++) {
		struct store_cert c;
		const char *done;

		rc = certdesk_find(&l, str_of(in->args[i]), role, &c, &err);
		if (rc == 0)
			rc = run(&l, in, &c, &done, &err);
		if (rc == 0)
			add_row(t, &c, done, l.arena);
	}
	table_print(&t, "Nothing was changed.");
	local_close(&l);
	return (rc == -1 ? command_fail(&err) : EX_OK);
}

/* ---- revoke ----------------------------------------------------------- */

static int
revoke_one(struct local *l, const struct invocation *in,
    const struct store_cert *c, const char **done, struct err *err)
{
	const char *text = command_value(in, "reason");
	int reason = inventory_reason_of(text == NULL ?
	    STR_LIT("unspecified") : str_of(text));
	struct store_event event = certdesk_event(l, "cert.revoked", c,
	    arena_printf(l->arena, "\"reason\":%d", reason));
	struct authority *authority;
	struct certmaker m;
	int rc;

	if (reason == -1)
		return (err_set(err, ERR_INPUT, "%s is no reason; reasons "
		    "are unspecified, key-compromise, affiliation-changed, "
		    "superseded, cessation and privilege-withdrawn", text));
	if (c->state == STORE_CERT_REVOKED)
		return (err_set(err, ERR_INPUT, "it is revoked already"));
	if (c->source != STORE_CERT_ISSUED) {
		*done = "no longer used here; its own authority has to "
		    "revoke it for others";
		return (store_cert_revoke(l->store, c->sha256,
		    clock_wall_ms(), (unsigned)reason, &event, err));
	}
	if (certmaker_open(l, &m, err) == -1)
		return (-1);
	rc = authority_open(l->store, m.keepc, m.provider, &c->workspace,
	    &authority, err);
	if (rc == 0) {
		rc = authority_revoke(authority, c->sha256, (unsigned)reason,
		    clock_wall_ms(), &event, err);
		authority_free(&authority);
	}
	certmaker_close(&m);
	*done = "revoked; mail that was encrypted to it is still read";
	return (rc);
}

int
cert_revoke_run(const struct invocation *in)
{
	return (with_each(in, STORE_CERT_OWN, revoke_one));
}

/* ---- destroy ---------------------------------------------------------- */

static int
destroy_one(struct local *l, const struct invocation *in,
    const struct store_cert *c, const char **done, struct err *err)
{
	struct store_event event = certdesk_event(l, "cert.key-destroyed", c,
	    NULL);
	const char *typed = command_value(in, "yes-destroy");

	if (c->state == STORE_CERT_ACTIVE && c->until_ms > clock_wall_ms())
		return (err_set(err, ERR_INPUT, "it is in use; revoke it "
		    "first"));
	if (id_is_zero(&c->key))
		return (err_set(err, ERR_INPUT, "there is no key of it here"));
	if (typed == NULL || strcmp(typed,
	    certdesk_short(c, l->arena)) != 0)
		return (err_set(err, ERR_INPUT, "nothing encrypted to it can "
		    "ever be read again; if that is meant, add --yes-destroy "
		    "%s", certdesk_short(c, l->arena)));
	*done = "its key is destroyed";
	return (store_key_destroy(l->store, &c->key, clock_wall_ms(), &event,
	    err));
}

int
cert_destroy_run(const struct invocation *in)
{
	return (with_each(in, STORE_CERT_OWN, destroy_one));
}

/* ---- approve and refuse ----------------------------------------------- */

static int
approve_one(struct local *l, const struct invocation *in UNUSED,
    const struct store_cert *c, const char **done, struct err *err)
{
	struct store_event event = certdesk_event(l, "cert.approved", c,
	    NULL);

	if (c->state == STORE_CERT_ACTIVE)
		return (err_set(err, ERR_INPUT, "it is in use already"));
	if (c->state != STORE_CERT_WAITING && c->state != STORE_CERT_REFUSED)
		return (err_set(err, ERR_INPUT, "it does not wait for "
		    "anybody (%s)", inventory_word(inventory_stage(c,
		    clock_wall_ms()))));
	*done = "approved; mail is encrypted to it from now on";
	return (store_cert_set(l->store, c->sha256, STORE_CERT_ACTIVE,
	    str_of(arena_printf(l->arena, "approved by %s", l->who)), &event,
	    err));
}

static int
refuse_one(struct local *l, const struct invocation *in UNUSED,
    const struct store_cert *c, const char **done, struct err *err)
{
	struct store_event event = certdesk_event(l, "cert.refused", c, NULL);

	*done = "refused; it is not used, however often it is seen";
	return (store_cert_set(l->store, c->sha256, STORE_CERT_REFUSED,
	    str_of(arena_printf(l->arena, "refused by %s", l->who)), &event,
	    err));
}

int
cert_approve_run(const struct invocation *in)
{
	return (with_each(in, STORE_CERT_PARTNER, approve_one));
}

int
cert_refuse_run(const struct invocation *in)
{
	return (with_each(in, STORE_CERT_PARTNER, refuse_one));
}
