/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certleave: `letterlock cert leavers`: who left or moved, and what is done
 * about their certificates; a plan first.
 *
 * Runs in the CLI. Security: nothing is done without --apply, and where many
 * are missing at once not without --many.
 */
#include <stdio.h>

#include "cli/certdesk.h"
#include "cli/certmaker.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "gateway/certpeople.h"

static const char *
what_words(const struct leave_step *s, struct arena *a)
{
	if (s->n_certs == 0)
		return ("nothing: no certificate is in use");
	switch (s->what) {
	case LEAVE_REVOKES:
		return (s->mail_to.len == 0 ? "revoke" : arena_printf(a,
		    "revoke; mail to %.*s", STR_FMT(s->mail_to)));
	case LEAVE_MOVES:
		return (arena_printf(a, "issue for %.*s%s",
		    STR_FMT(s->moved_to), s->mail_to.len > 0 ?
		    "; mail goes there, too" : ""));
	default:
		return (arena_printf(a, "wait until %s",
		    inventory_day(s->due_ms, a)));
	}
}

static void
print_plan(const struct leave_plan *plan, bool json, struct arena *a)
{
	static const char *const keys[] = { [LEAVE_WAITS] = "wait",
		[LEAVE_REVOKES] = "revoke", [LEAVE_MOVES] = "move" };
	static const struct table_column columns[] = {
		{ "address", "ADDRESS" }, { "employee", "EMPLOYEE" },
		{ "missing_since", "MISSING" }, { "certificates", "IN USE" },
		{ "action", NULL }, { "moved_to", NULL }, { "mail_to", NULL },
		{ "words", "WHAT IS TO BE DONE" } };
	struct table *t = table_new(columns, COUNT_OF(columns), json);

	for (size_t i = 0; i < plan->n; i++) {
		const struct leave_step *s = &plan->steps[i];

		table_text(t, s->address);
		table_text(t, s->employee);
		table_time(t, s->gone_ms);
		table_number(t, (int64_t)s->n_certs);
		table_text(t, str_of(keys[s->what]));
		table_text(t, s->moved_to);
		table_text(t, s->mail_to);
		table_text(t, str_of(what_words(s, a)));
		table_end_row(t);
	}
	table_print(&t, "Nobody left, and nobody moved.");
}

static int
apply(struct local *l, struct leave_config *c, const struct leave_plan *plan,
    int64_t now_ms, struct err *err)
{
	struct leave_done done;
	struct certmaker m = { .enrol = NULL };
	bool has_movers = false;
	int rc;

	for (size_t i = 0; i < plan->n; i++)
		has_movers |= plan->steps[i].what == LEAVE_MOVES &&
		    plan->steps[i].n_certs > 0;
	if (has_movers && !plan->is_refused &&
	    certmaker_open(l, &m, err) == -1)
		return (-1);
	c->order = has_movers ? enrol_renew : NULL;
	c->ctx = m.enrol;
	rc = leave_apply(c, plan, now_ms, &done, err);
	certmaker_close(&m);
	if (rc == 0)
		(void)fprintf(stderr, "%zu revoked, %zu issued, %zu failed, "
		    "mail of %zu redirected\n", done.n_revoked,
		    done.n_issued, done.n_failed, done.n_redirected);
	return (rc);
}

static int
work(struct local *l, const struct invocation *in,
    const struct leave_person *people, size_t n, struct err *err)
{
	const struct settings *s = l->installation->settings;
	struct leave_config c = { .store = l->store,
		.workspace = s->workspace,
		.grace_ms = s->smime.leaver_days * CLOCK_DAY_MS,
		.max_percent = (unsigned)s->smime.leaver_max_percent,
		.by_person = command_value(in, "many") != NULL,
		.redirects = command_value(in, "redirect") != NULL ||
		s->smime.leaver_mail == SETTINGS_LEAVER_MAIL_REDIRECT,
		.by = str_of(l->who) };
	int64_t now_ms = clock_wall_ms();
	struct leave_plan plan;

	if (leave_compare(&c, people, n, now_ms, l->arena, &plan, err) == -1)
		return (-1);
	print_plan(&plan, in->json, l->arena);
	if (plan.is_refused)
		(void)fprintf(stderr, "letterlock: %.*s%s\n",
		    STR_FMT(plan.sentence), n == 0 ? "" :
		    "; --many says that it is");
	if (command_value(in, "apply") != NULL)
		return (apply(l, &c, &plan, now_ms, err));
	return (leave_note(&c, &plan, err));
}

int
cert_leavers_run(const struct invocation *in)
{
	struct installation *i;
	struct leave_person *people;
	struct err err = ERR_INIT;
	struct local l;
	size_t n;
	int rc;

	/* The policy may be root's to read: before we become another. */
	if (installation_read(in->config, &i, &err) == -1)
		return (command_fail(&err));
	if ((rc = local_open(in, &l)) != EX_OK) {
		installation_close(&i);
		return (rc);
	}
	certpeople_read(i->policy, l.arena, &people, &n);
	if (certpeople_has_table(i->policy))
		rc = work(&l, in, people, n, &err);
	else
		rc = err_set(&err, ERR_INPUT, "the policy has no table of "
		    "people (`people:`), so nobody is known to leave");
	local_close(&l);
	installation_close(&i);
	return (rc == -1 ? command_fail(&err) : EX_OK);
}
