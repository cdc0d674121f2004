/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlstable: how TLS went, as a table that needs no RFC at hand; and as JSON,
 * where each thing counted is an object.
 *
 * Runs in the CLI. Security: names and reasons are other people's; the table
 * escapes control bytes.
 */
#include <stdio.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "cli/table.h"
#include "store/tlsreports.h"
#include "transport/tlsreport.h"

#define ROWS_MAX 100000
#define DAYS_DEFAULT 7
#define REASONS_SHOWN 3		/* of one day and domain */

/* What is shown: our counts with the reports of them, or those of others. */
struct shown {
	struct table *table;
	struct arena *arena;
	const struct store_tls_report *reports;
	size_t n_reports, at;
};

/* ---- for people -------------------------------------------------------- */

static bool
is_same_line(const struct store_tls_row *a, const struct store_tls_row *b)
{
	return (a->day == b->day && str_eq(a->domain, b->domain) &&
	    str_eq(a->policy_type, b->policy_type));
}

static struct str
policy_words(struct str type)
{
	if (str_eq(type, STR_LIT("tlsa")))
		return (STR_LIT("DANE"));
	if (str_eq(type, STR_LIT("sts")))
		return (STR_LIT("MTA-STS"));
	return (STR_LIT("none"));
}

/* "3: the certificate has expired, at mx1.example". */
static struct str
reasons(const struct store_tls_row *rows, size_t n, struct arena *a)
{
	AUTO_BUF struct buf out = BUF_INIT(4096);
	size_t shown = 0, more = 0;

	for (size_t i = 0; i < n; i++) {
		const struct store_tls_row *r = &rows[i];

		if (r->result.len == 0)
			continue;
		if (shown == REASONS_SHOWN) {
			more++;
			continue;
		}
		buf_printf(&out, "%s%llu: ", shown++ > 0 ? "; " : "",
		    (unsigned long long)r->count);
		buf_str(&out, tlsreport_explain(r->result));
		if (r->mx.len > 0)
			buf_printf(&out, ", at %.*s", STR_FMT(r->mx));
	}
	if (more > 0)
		buf_printf(&out, "; and %zu more (--json has them)", more);
	return (arena_str(a, buf_view(&out)));
}

/* Rows come by day and domain, and so do the reports. */
static const char *
report_words(struct shown *s, const struct store_tls_row *r)
{
	static const char *const words[] = {
		[STORE_TLS_PLANNED] = "planned", [STORE_TLS_SENT] = "sent",
		[STORE_TLS_UNWANTED] = "not asked for",
		[STORE_TLS_GIVEN_UP] = "given up",
		[STORE_TLS_POSTING] = "perhaps sent" };

	for (; s->at < s->n_reports; s->at++) {
		const struct store_tls_report *p = &s->reports[s->at];
		int order = p->day != r->day ? (p->day < r->day ? -1 : 1) :
		    str_cmp(p->domain, r->domain);

		if (order > 0)
			break;
		if (order == 0)
			return ((size_t)p->state < COUNT_OF(words) ?
			    words[p->state] : "");
	}
	return ("");
}

static void
line(struct shown *s, struct str from, const struct store_tls_row *rows,
    size_t n, const char *report)
{
	uint64_t good = 0, bad = 0;

	for (size_t i = 0; i < n; i++)
		*(rows[i].result.len == 0 ? &good : &bad) += rows[i].count;
	table_day(s->table, rows->day);
	table_text(s->table, from);
	table_text(s->table, rows->domain.len > 0 ? rows->domain :
	    STR_LIT("(more domains)"));
	table_text(s->table, policy_words(rows->policy_type));
	table_number(s->table, (int64_t)(good + bad));
	table_number(s->table, (int64_t)bad);
	table_text(s->table, str_of(report));
	table_text(s->table, reasons(rows, n, s->arena));
	table_end_row(s->table);
}

static void
ours_for_people(struct shown *s, const struct store_tls_row *rows, size_t n)
{
	for (size_t i = 0, k; i < n; i += k) {
		for (k = 1; i + k < n && is_same_line(&rows[i], &rows[i + k]);)
			k++;
		line(s, STR_LIT("us"), &rows[i], k,
		    report_words(s, &rows[i]));
	}
}

static void
theirs_for_people(struct shown *s, const struct store_tls_received_row *all,
    size_t n)
{
	struct store_tls_row *rows = arena_array(s->arena, n + 1,
	    sizeof(*rows));

	for (size_t i = 0; i < n; i++)
		rows[i] = all[i].row;
	for (size_t i = 0, k; i < n; i += k) {
		for (k = 1; i + k < n && is_same_line(&rows[i],
		    &rows[i + k]) && str_eq(all[i].organisation,
		    all[i + k].organisation);)
			k++;
		line(s, all[i].organisation, &rows[i], k, "");
	}
}

/* ---- for programs ------------------------------------------------------ */

static void
object(struct shown *s, struct str from, struct str report_id,
    const struct store_tls_row *r, const char *report)
{
	const struct str texts[] = { from, r->domain, r->policy_type,
		r->policy_domain,
		r->result.len > 0 ? r->result : STR_LIT("success"), r->mx,
		r->receiving_ip, r->sending_ip, r->reason, report_id,
		str_of(report) };

	table_day(s->table, r->day);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		table_text(s->table, texts[i]);
	table_number(s->table, (int64_t)r->count);
	table_end_row(s->table);
}

static void
for_programs(struct shown *s, const struct store_tls_row *ours, size_t n_ours,
    const struct store_tls_received_row *theirs, size_t n_theirs)
{
	for (size_t i = 0; i < n_ours; i++)
		object(s, STR_LIT("us"), STR_NULL, &ours[i],
		    report_words(s, &ours[i]));
	for (size_t i = 0; i < n_theirs; i++)
		object(s, theirs[i].organisation, theirs[i].report_id,
		    &theirs[i].row, "");
}

/* ---- the command ------------------------------------------------------- */

static struct table *
new_table(bool json)
{
	static const struct table_column people[] = { { "day", "DAY" },
		{ "from", "FROM" }, { "to", "TO" }, { "policy", "POLICY" },
		{ "connections", "CONNECTIONS" }, { "failed", "FAILED" },
		{ "report", "REPORT" }, { "why", "WHY" } };
	static const struct table_column programs[] = { { "day", "" },
		{ "from", "" }, { "to", "" }, { "policy", "" },
		{ "policy_domain", "" }, { "result", "" }, { "mx", "" },
		{ "receiving_ip", "" }, { "sending_ip", "" },
		{ "reason", "" }, { "report_id", "" }, { "report", "" },
		{ "count", "" } };

	return (json ? table_new(programs, COUNT_OF(programs), true) :
	    table_new(people, COUNT_OF(people), false));
}

static int
show(const struct invocation *in, struct local *l, int64_t days,
    struct err *err)
{
	int64_t today = clock_wall_ms() / CLOCK_DAY_MS;
	struct str domain = str_of(command_value(in, "domain"));
	struct shown s = { .arena = l->arena };
	struct store_tls_received_row *theirs;
	struct store_tls_report *reports;
	struct store_tls_row *ours;
	size_t n_ours, n_theirs;

	if (store_tls_rows(l->store, domain, today - days + 1, today,
	    ROWS_MAX, l->arena, &ours, &n_ours, err) == -1 ||
	    store_tls_reports(l->store, today - days + 1, today, ROWS_MAX,
	    l->arena, &reports, &s.n_reports, err) == -1 ||
	    store_tls_received(l->store, domain, today - days + 1, ROWS_MAX,
	    l->arena, &theirs, &n_theirs, err) == -1)
		return (-1);
	s.reports = reports;
	s.table = new_table(in->json);
	if (in->json)
		for_programs(&s, ours, n_ours, theirs, n_theirs);
	else {
		ours_for_people(&s, ours, n_ours);
		theirs_for_people(&s, theirs, n_theirs);
	}
	table_print(&s.table, "Nothing was counted, and nobody reported "
	    "anything, in these days.");
	return (0);
}

int
tls_reports_run(const struct invocation *in)
{
	const char *text = command_value(in, "days");
	uint64_t days = DAYS_DEFAULT;
	struct err err = ERR_INIT;
	struct local l;
	int rc;

	if (text != NULL && (!str_to_u64(str_of(text), 3650, &days) ||
	    days == 0))
		return (command_usage("--days needs a number of days, such as "
		    "30"));
	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	rc = show(in, &l, (int64_t)days, &err);
	local_close(&l);
	return (rc == -1 ? command_fail(&err) : EX_OK);
}
