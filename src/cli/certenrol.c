/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certenrol: `letterlock cert enrol`: orders for certificates: placing one,
 * seeing how they stand, going on with them.
 *
 * Runs in the CLI, which may start the program of enrol.command; the gateway
 * may not. Security: keys are made by the keeper.
 */
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "cli/table.h"
#include "issue/enrol.h"
#include "keepc/keepc.h"

#define SHOWN_MAX 500
#define ROUNDS_MAX 100

/* What each of them begins with. */
struct desk {
	struct local local;
	struct keepc *keepc;
	struct provider *provider;
	struct dns *dns;
	struct enrol *enrol;
};

static void
close_desk(struct desk *d)
{
	enrol_free(&d->enrol);
	keepc_free(&d->keepc);
	provider_free(&d->provider);
	dns_free(&d->dns);
	local_close(&d->local);
}

static int
open_all(struct desk *d, struct err *err)
{
	const struct settings *s = d->local.installation->settings;
	const struct dns_config dns = { .resolver = s->delivery.resolver,
		.trust_anchor = s->delivery.trust_anchor };
	struct enrol_config config;

	if (provider_new(s->keeper.socket, "gateway", &d->provider, err) == -1)
		return (-1);
	d->keepc = keepc_new(s->keeper.socket, "gateway");
	if (keepc_ping(d->keepc, err) == -1)
		return (err_in(err, "is letterlock running?"));
	if (dns_new(&dns, &d->dns, err) == -1)
		return (-1);
	config = enrol_settings(s, d->local.store, d->keepc, d->provider,
	    d->dns);
	config.may_execute = true;
	d->enrol = enrol_new(&config);
	return (0);
}

static int
open_desk(const struct invocation *in, struct desk *d)
{
	struct err err = ERR_INIT;
	int rc;

	memset(d, 0, sizeof(*d));
	rc = local_open(in, &d->local);
	if (rc != EX_OK)
		return (rc);
	/* A program that does not read is judged by its end, not by ours. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (open_all(d, &err) == 0)
		return (EX_OK);
	close_desk(d);
	return (command_fail(&err));
}

static int
order(const struct invocation *in)
{
	const char *name = command_value(in, "name");
	struct err err = ERR_INIT;
	struct desk d;
	bool is_done;
	int rc = open_desk(in, &d);

	if (rc != EX_OK)
		return (rc);
	if (enrol_begin(d.enrol, str_of(in->args[0]), str_of(name),
	    clock_wall_ms(), &is_done, &err) == -1)
		rc = command_fail(&err);
	else if (in->json)
		(void)printf("{\"done\":%s}\n", is_done ? "true" : "false");
	else
		(void)printf("%s\n", is_done ? "The certificate was issued." :
		    "It is ordered; `letterlock cert enrol` shows how it "
		    "stands.");
	close_desk(&d);
	return (rc);
}

/* Everything that is due; a step may make another one due. */
static int
go_on(const struct invocation *in)
{
	struct err err = ERR_INIT;
	struct desk d;
	size_t n = 1;
	int rc = open_desk(in, &d);

	if (rc != EX_OK)
		return (rc);
	for (unsigned i = 0; rc == EX_OK && n > 0 && i < ROUNDS_MAX; i++)
		if (enrol_tend(d.enrol, clock_wall_ms(), &n, &err) == -1)
			rc = command_fail(&err);
	close_desk(&d);
	return (rc);
}

static int
list(const struct invocation *in)
{
	static const struct table_column columns[] = {
		{ "address", "ADDRESS" }, { "way", "WAY" },
		{ "state", "STATE" }, { "ordered", "ORDERED" },
		{ "next", "NEXT" }, { "reason", "REASON" } };
	static const char *const states[] = { "waiting", "done", "failed" };
	struct store_order *orders;
	struct err err = ERR_INIT;
	struct table *t;
	struct local l;
	size_t n;
	int rc = local_open(in, &l);

	if (rc != EX_OK)
		return (rc);
	if (store_orders(l.store, STR_NULL, -1, SHOWN_MAX, l.arena, &orders,
	    &n, &err) == -1) {
		local_close(&l);
		return (command_fail(&err));
	}
	t = table_new(columns, COUNT_OF(columns), in->json);
	for (size_t i = 0; i < n; i++) {
		const struct store_order *o = &orders[i];

		table_text(t, o->address);
		table_text(t, o->way);
		table_text(t, str_of(states[o->state]));
		table_time(t, o->created_ms);
		table_due(t, o->state == STORE_ORDER_WAITING ? o->next_ms :
		    0);
		table_text(t, o->reason);
		table_end_row(t);
	}
	table_print(&t, "Nothing was ordered.");
	local_close(&l);
	return (EX_OK);
}

int
cert_enrol_run(const struct invocation *in)
{
	if (in->n_args == 1)
		return (order(in));
	return (command_value(in, "pending") != NULL ? go_on(in) : list(in));
}
