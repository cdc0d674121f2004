/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partnerlist: `letterlock partner list`: how steadily the domains we write to
 * have proven themselves, and `partner show`: what was agreed with one.
 *
 * Runs in the CLI. Security: names are other people's; the table escapes
 * control bytes.
 */
#include <stdio.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "cli/table.h"
#include "policy/policy.h"
#include "transport/steady.h"

#define ROWS_MAX 200000
#define DAYS_DEFAULT 30
#define DAYS_MAX 100		/* older counts are not kept */

static const char *
held_to(struct str type)
{
	return (str_eq(type, STR_LIT("tlsa")) ? "DANE" :
	    str_eq(type, STR_LIT("sts")) ? "MTA-STS" : "nothing");
}

static void
print_one(struct table *t, const struct steady *s, struct arena *a)
{
	static const char *const states[] = { "unproven", "new", "proven",
		"unsteady", "worse" };
	char words[STEADY_TEXT_SIZE];

	steady_words(s, words);
	table_text(t, s->domain);
	table_text(t, str_of(held_to(s->policy_type)));
	table_number(t, s->n_days);
	table_number(t, (int64_t)s->n_sessions);
	table_number(t, (int64_t)s->n_failed);
	table_day(t, s->last_day);
	table_text(t, str_of(states[s->state]));
	table_text(t, arena_str(a, str_of(words)));
	table_end_row(t);
}

static int
list(struct local *l, struct str domain, int64_t days, bool json,
    struct err *err)
{
	static const struct table_column columns[] = { { "domain", "DOMAIN" },
		{ "held_to", "HELD TO" }, { "days", "DAYS" },
		{ "connections", "CONNECTIONS" }, { "failed", "FAILED" },
		{ "last", "LAST" }, { "state", NULL },
		{ "words", "HOW IT STANDS" } };
	int64_t today = clock_wall_ms() / CLOCK_DAY_MS;
	struct store_tls_row *rows;
	struct table *t;
	size_t n, used;

	if (store_tls_rows(l->store, domain, today - days + 1, today,
	    ROWS_MAX, l->arena, &rows, &n, err) == -1)
		return (-1);
	steady_sort(rows, n);
	t = table_new(columns, COUNT_OF(columns), json);
	for (size_t i = 0; i < n; i += used) {
		struct steady s;

		steady_judge(&rows[i], n - i, &s, &used);
		if (s.domain.len > 0)
			print_one(t, &s, l->arena);
	}
	table_print(&t, "No connections were counted in these days.");
	return (0);
}

static int
run(const struct invocation *in, struct str domain)
{
	const char *text = command_value(in, "days");
	uint64_t days = DAYS_DEFAULT;
	struct err err = ERR_INIT;
	struct local l;
	int rc;

	if (text != NULL && (!str_to_u64(str_of(text), DAYS_MAX, &days) ||
	    days == 0))
		return (command_usage("--days needs a number from 1 to 100"));
	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	rc = list(&l, domain, (int64_t)days, in->json, &err);
	local_close(&l);
	return (rc == -1 ? command_fail(&err) : EX_OK);
}

int
partner_list_run(const struct invocation *in)
{
	return (run(in, STR_NULL));
}

/* ---- one -------------------------------------------------------------- */

static void
print_agreement(const struct policy_partner *q)
{
	static const char *const proofs[] = {
		[POLICY_PARTNER_USUAL] = "DANE or MTA-STS",
		[POLICY_PARTNER_NAMES] = "a public authority, by name",
		[POLICY_PARTNER_AUTHORITY] = "its own authority, by name",
		[POLICY_PARTNER_KEYS] = "known keys",
	};

	(void)printf("Agreed as   %.*s (line %u of the policy)\n"
	    "Proven by   %s%s\nRequired    %s\n\n", STR_FMT(q->name), q->line,
	    proofs[q->proof], q->only_tls13 ? ", TLS 1.3 only" : "",
	    q->is_required ? "for all mail" : "for mail that demands it");
}

int
partner_show_run(const struct invocation *in)
{
	const struct policy_partner *q;
	struct installation *i;
	struct err err = ERR_INIT;

	if (installation_read(in->config, &i, &err) == -1)
		return (command_fail(&err));
	q = policy_partner_of(i->policy, str_of(in->args[0]),
	    clock_wall_ms());
	if (!in->json && q != NULL)
		print_agreement(q);
	else if (!in->json)
		(void)printf("Nothing was agreed with %s.\n\n", in->args[0]);
	installation_close(&i);
	return (run(in, str_of(in->args[0])));
}
