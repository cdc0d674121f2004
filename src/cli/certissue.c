/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certissue: `letterlock cert issue`, `renew` and `reassign`: new certificates
 * by our own authority, or by the one that the settings name.
 *
 * Runs in the CLI. Security: the keeper makes the keys. Who already has a
 * certificate in use does not get another one by a slip.
 */
#include <stdio.h>

#include "base/sys.h"
#include "cert/leave.h"
#include "cli/certcsr.h"
#include "cli/certdesk.h"
#include "cli/certmaker.h"
#include "cli/certredirect.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "pki/cert.h"

#define LIST_MAX (64u << 20)
#define ROUND 500

static const struct table_column columns[] = { { "address", "ADDRESS" },
	{ "result", "RESULT" }, { "until", "ENDS" },
	{ "sha256", "FINGERPRINT" } };

struct desk {
	const struct invocation *in;
	struct local l;
	struct certmaker maker;
	struct table *table;
	struct progress progress;
	int64_t now_ms;
	size_t n_done, n_failed, total;
};

static int
open_desk(const struct invocation *in, struct desk *d)
{
	struct err err = ERR_INIT;
	int rc;

	*d = (struct desk){ .in = in, .now_ms = clock_wall_ms() };
	if ((rc = local_open(in, &d->l)) != EX_OK)
		return (rc);
	if (certmaker_open(&d->l, &d->maker, &err) == -1) {
		local_close(&d->l);
		return (command_fail(&err));
	}
	d->table = table_new(columns, COUNT_OF(columns), in->json);
	return (EX_OK);
}

/* What failed was said; then the exit code says so, too. */
static int
close_desk(struct desk *d, int rc, const struct err *err)
{
	progress_end(&d->progress);
	table_print(&d->table, "Nothing was to be done.");
	certmaker_close(&d->maker);
	local_close(&d->l);
	if (rc == -1)
		return (command_fail(err));
	return (d->n_failed > 0 ? EX_UNAVAILABLE : EX_OK);
}

static void
add_row(struct desk *d, struct str address, struct str result,
    const struct store_cert *c)
{
	struct table *t = d->table;

	table_text(t, address);
	table_text(t, result);
	table_time(t, c != NULL ? c->until_ms : 0);
	table_text(t, c != NULL ?
	    str_of(certdesk_fingerprint(c, d->l.arena)) : STR_LIT("-"));
	table_end_row(t);
	d->n_done++;
	progress_step(&d->progress, d->n_done, d->n_done);
}

static void
add_failure(struct desk *d, struct str address, const struct err *why)
{
	add_row(d, address, str_of(why->msg), NULL);
	d->n_failed++;
}

/* The newest that is in use. */
static int
current(struct desk *d, struct str address, struct store_cert *out,
    bool *found, struct err *err)
{
	struct store_cert_query q = { .role = STORE_CERT_OWN,
		.state = STORE_CERT_ACTIVE, .address = address, .max = 1,
		.workspace = d->l.installation->settings->workspace };
	struct store_cert *rows;
	size_t n;

	if (store_certs(d->l.store, &q, d->l.arena, &rows, &n, err) == -1)
		return (-1);
	*found = n > 0;
	if (n > 0)
		*out = rows[0];
	return (0);
}

static int
show_new(struct desk *d, struct str address, const char *result,
    struct err *err)
{
	struct store_cert made;
	bool found;

	if (current(d, address, &made, &found, err) == -1)
		return (-1);
	add_row(d, address, str_of(result), found ? &made : NULL);
	return (0);
}

/* ---- issue ------------------------------------------------------------ */

static int
issue_one(struct desk *d, struct str text, struct err *err)
{
	const char *name = command_value(d->in, "name");
	struct store_cert made;
	struct str address;
	struct err why = ERR_INIT;
	bool found, is_done;

	if (!certdesk_address(text, d->l.arena, &address)) {
		(void)err_set(&why, ERR_INPUT, "this is no mail address");
		add_failure(d, text, &why);
		return (0);
	}
	if (current(d, address, &made, &found, err) == -1)
		return (-1);
	if (found && made.until_ms > d->now_ms) {
		add_row(d, address, STR_LIT("has one; see `cert renew`"),
		    &made);
		return (0);
	}
	if (enrol_begin(d->maker.enrol, address, str_of(name), d->now_ms,
	    &is_done, &why) == 0)
		return (is_done ? show_new(d, address, "issued", err) :
		    show_new(d, address, "ordered", err));
	if (why.kind == ERR_TEMP)
		return (err_set(err, why.kind, "%s", why.msg));
	add_failure(d, address, &why);
	return (0);
}

static int
issue_list(struct desk *d, const char *path, struct err *err)
{
	AUTO_BUF struct buf file = BUF_INIT(LIST_MAX);
	struct str rest, one;
	uint64_t n = 0;

	if (sys_read_file(path, &file, err) == -1)
		return (-1);
	for (rest = buf_view(&file); str_next(&rest, '\n', &one);)
		n += str_trim(one).len > 0;
	progress_begin(&d->progress, n);
	d->progress.what = "certificates";
	for (rest = buf_view(&file); str_next(&rest, '\n', &one);) {
		one = str_trim(one);
		if (one.len > 0 && one.p[0] != '#' &&
		    issue_one(d, one, err) == -1)
			return (-1);
	}
	return (0);
}

int
cert_issue_run(const struct invocation *in)
{
	const char *list = command_value(in, "list");
	struct err err = ERR_INIT;
	struct desk d;
	int rc;

	if (command_value(in, "csr") != NULL)
		return (certcsr_run(in));
	if ((in->n_args == 0) == (list == NULL))
		return (command_usage("cert issue needs addresses, or --list "
		    "with a file of them"));
	if (command_value(in, "name") != NULL && in->n_args != 1)
		return (command_usage("--name goes with one address"));
	if ((rc = open_desk(in, &d)) != EX_OK)
		return (rc);
	rc = 0;
	for (int i = 0; rc == 0 && i < in->n_args; i++)
		rc = issue_one(&d, str_of(in->args[i]), &err);
	if (rc == 0 && list != NULL)
		rc = issue_list(&d, list, &err);
	return (close_desk(&d, rc, &err));
}

/* ---- renew ------------------------------------------------------------ */

/* A renew_order that says what it did. */
static int
order_and_say(void *ctx, const struct store_cert *old, struct str name,
    int64_t now_ms, struct arena *a, enum renew_outcome *out, struct err *err)
{
	struct desk *d = ctx;

	if (enrol_renew(d->maker.enrol, old, name, now_ms, a, out, err) == -1)
		return (-1);
	if (*out == RENEW_FAILED) {
		add_failure(d, old->address, err);
		return (0);
	}
	return (show_new(d, old->address, *out == RENEW_ORDERED ? "ordered" :
	    "renewed", err));
}

static int
renew_due_now(struct desk *d, const struct renew_config *c, struct err *err)
{
	struct renew_done done = { .n_issued = 1 };
	int rc = 0;

	d->progress.what = "certificates";
	while (rc == 0 && done.n_issued > 0)
		rc = renew_tend(c, d->now_ms, &done, err);
	return (rc);
}

static int
renew_named(struct desk *d, const struct renew_config *c, const char *text,
    struct err *err)
{
	struct store_cert old;
	enum renew_outcome outcome;

	if (certdesk_find(&d->l, str_of(text), STORE_CERT_OWN, &old,
	    err) == -1)
		return (-1);
	if (id_is_zero(&old.key))
		return (err_set(err, ERR_INPUT, "its key is not here: its "
		    "owner makes a new request (cert issue --csr)"));
	if (old.state != STORE_CERT_ACTIVE)
		return (err_set(err, ERR_INPUT, "that one is not in use (%s); "
		    "`letterlock cert issue` makes a new one",
		    inventory_word(inventory_stage(&old, d->now_ms))));
	if (old.source == STORE_CERT_IMPORTED &&
	    command_value(d->in, "replace") == NULL)
		return (err_set(err, ERR_INPUT, "%.*s has one from another "
		    "authority (%.*s); --replace takes one of ours instead",
		    STR_FMT(old.address), STR_FMT(old.issuer)));
	return (renew_one(c, &old, d->now_ms, d->l.arena, &outcome, err));
}

int
cert_renew_run(const struct invocation *in)
{
	bool all = command_value(in, "due") != NULL;
	struct err err = ERR_INIT;
	struct desk d;
	struct renew_config c;
	int rc;

	if ((in->n_args == 0) != all)
		return (command_usage("cert renew needs certificates, or "
		    "--due"));
	if ((rc = open_desk(in, &d)) != EX_OK)
		return (rc);
	c = (struct renew_config){ .store = d.l.store,
	    .workspace = d.l.installation->settings->workspace,
	    .days = (unsigned)
	    d.l.installation->settings->smime.renew_days,
	    .sources = 1u << STORE_CERT_ISSUED |
	    1u << STORE_CERT_ENROLLED, .order = order_and_say,
	    .ctx = &d, .max = ROUND };
	rc = all ? renew_due_now(&d, &c, &err) : 0;
	for (int i = 0; rc == 0 && i < in->n_args; i++)
		rc = renew_named(&d, &c, in->args[i], &err);
	return (close_desk(&d, rc, &err));
}

/* ---- reassign --------------------------------------------------------- */

static int
reassign(struct desk *d, struct err *err)
{
	const char *name = command_value(d->in, "name");
	struct leave_config c = { .store = d->l.store,
		.workspace = d->l.installation->settings->workspace,
		.order = enrol_renew, .ctx = d->maker.enrol,
		.by = str_of(d->l.who) };
	struct store_cert old;
	struct str address, common_name = str_of(name);
	enum renew_outcome outcome;
	struct cert x;

	if (!certdesk_address(str_of(d->in->args[1]), d->l.arena, &address))
		return (err_set(err, ERR_INPUT, "%s is no mail address",
		    d->in->args[1]));
	if (certdesk_find(&d->l, str_of(d->in->args[0]), STORE_CERT_OWN,
	    &old, err) == -1)
		return (-1);
	if (name == NULL && cert_parse(old.der, d->l.arena, &x, NULL) == 0) {
		common_name = x.common_name;
		cert_done(&x);
	}
	if (leave_reassign(&c, &old, address, common_name, d->now_ms,
	    d->l.arena, &outcome, err) == -1 || outcome == RENEW_FAILED)
		return (-1);
	if (command_value(d->in, "redirect") != NULL &&
	    certredirect_put(&d->l, old.address, address, err) == -1)
		return (-1);
	return (show_new(d, address, "issued", err));
}

int
cert_reassign_run(const struct invocation *in)
{
	struct err err = ERR_INIT;
	struct desk d;
	int rc = open_desk(in, &d);

	if (rc != EX_OK)
		return (rc);
	rc = reassign(&d, &err);
	return (close_desk(&d, rc, &err));
}
