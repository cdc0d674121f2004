/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certredirect: `letterlock cert redirect`: who gets the mail of an address
 * that is no longer used.
 *
 * Runs in the CLI. Security: only addresses of our own domains; each change is
 * in the audit record, with who made it.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/enc.h"
#include "cli/certdesk.h"
#include "cli/certredirect.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "store/redirects.h"

#define MEMBERS_MAX 2048

static struct store_event
event_of(const struct local *l, const char *name, struct str address,
    struct str target)
{
	AUTO_BUF struct buf b = BUF_INIT(MEMBERS_MAX);

	buf_z(&b, "\"address\":");
	enc_json(address, &b);
	if (target.len > 0) {
		buf_z(&b, ",\"to\":");
		enc_json(target, &b);
	}
	return (local_event(l, name, buf_cstr(&b)));
}

int
certredirect_put(const struct local *l, struct str address,
    struct str target, struct err *err)
{
	const struct store_redirect r = { .address = address,
		.target = target, .by = str_of(l->who),
		.at_ms = clock_wall_ms() };
	const struct store_event event = event_of(l, "mail.redirected",
	    address, target);

	return (store_redirect_put(l->store, &r, &event, err));
}

static int
drop(const struct local *l, struct str address, struct err *err)
{
	const struct store_event event = event_of(l, "mail.redirect-ended",
	    address, STR_NULL);
	bool found;

	if (store_redirect_drop(l->store, address, &event, &found, err) == -1)
		return (-1);
	return (found ? 0 : err_set(err, ERR_INPUT, "mail of %.*s goes to "
	    "nobody else", STR_FMT(address)));
}

static int
list(const struct local *l, bool json, struct err *err)
{
	static const struct table_column columns[] = {
		{ "address", "MAIL OF" }, { "to", "GOES TO" },
		{ "by", "BY" }, { "since", "SINCE" } };
	struct store_redirect *rows;
	struct table *t;
	size_t n;

	if (store_redirects(l->store, l->arena, &rows, &n, err) == -1)
		return (-1);
	t = table_new(columns, COUNT_OF(columns), json);
	for (size_t i = 0; i < n; i++) {
		table_text(t, rows[i].address);
		table_text(t, rows[i].target);
		table_text(t, rows[i].by);
		table_time(t, rows[i].at_ms);
		table_end_row(t);
	}
	table_print(&t, "Everybody gets his own mail.");
	return (0);
}

/* An address of ours: the gateway would not send it elsewhere. */
static int
read_address(const struct local *l, const struct policy *p, const char *text,
    struct str *out, struct err *err)
{
	ptrdiff_t at;

	if (!certdesk_address(str_of(text), l->arena, out))
		return (err_set(err, ERR_INPUT, "%s is no mail address",
		    text));
	at = str_rindex(*out, '@');
	return (policy_is_inside(p, str_sub(*out, (size_t)at + 1, out->len)) ?
	    0 : err_set(err, ERR_INPUT, "%s is outside", text));
}

static int
work(const struct local *l, const struct policy *p,
    const struct invocation *in, struct err *err)
{
	struct str address, target;

	if (in->n_args == 0)
		return (list(l, in->json, err));
	if (read_address(l, p, in->args[0], &address, err) == -1)
		return (-1);
	if (in->n_args == 1)
		return (drop(l, address, err));
	return (read_address(l, p, in->args[1], &target, err) == -1 ? -1 :
	    certredirect_put(l, address, target, err));
}

int
cert_redirect_run(const struct invocation *in)
{
	bool ends = command_value(in, "off") != NULL;
	struct installation *i;
	struct err err = ERR_INIT;
	struct local l;
	int rc;

	if (ends != (in->n_args == 1))
		return (command_usage("cert redirect needs two addresses, or "
		    "one and --off"));
	/* The policy may be root's to read: before we become another. */
	if (installation_read(in->config, &i, &err) == -1)
		return (command_fail(&err));
	if ((rc = local_open(in, &l)) != EX_OK) {
		installation_close(&i);
		return (rc);
	}
	rc = work(&l, i->policy, in, &err);
	local_close(&l);
	installation_close(&i);
	return (rc == -1 ? command_fail(&err) : EX_OK);
}
