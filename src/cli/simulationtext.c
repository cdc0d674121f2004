/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulationtext: a simulation as tables and as JSON.
 *
 * Runs in the CLI. Security: addresses, domains and names from outside; the
 * table and the JSON writer make them harmless.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/enc.h"
#include "cli/simulationprint.h"
#include "cli/table.h"

#define JSON_MAX (16u << 20)
#define ULL(n) ((unsigned long long)(n))

/* ---- tables ------------------------------------------------------------ */

static void
print_totals(const struct simulation_report *r)
{
	static const struct table_column columns[] = { { "n", "RECIPIENTS" },
		{ "what", "WHAT WOULD CHANGE" } };
	const struct simulation *s = r->simulation;
	struct table *t = table_new(columns, COUNT_OF(columns), false);

	(void)printf("%s%llu messages %s: %llu would change, %llu cannot be "
	    "told.\n", r->is_partial ? "PARTIAL, stopped before the end: " :
	    "", ULL(s->n_messages), r->source, ULL(s->n_changed),
	    ULL(s->n_untold));
	if (s->n_unreadable > 0)
		(void)printf("%llu messages were left out: they cannot be "
		    "read, or have no recipient.\n", ULL(s->n_unreadable));
	(void)putchar('\n');
	for (size_t i = 0; i < SIMULATION_CHANGES; i++) {
		if (s->all.by[i] == 0 && i != SIMULATION_SAME)
			continue;
		table_number(t, (int64_t)s->all.by[i]);
		table_text(t, str_of(simulation_text(
		    (enum simulation_change)i)));
		table_end_row(t);
	}
	table_print(&t, "");
}

static struct str
rule_remark(const struct simulation_rule *rule, uint64_t n, struct arena *a)
{
	const char *state = !rule->in_old ? "new rule" : !rule->in_new ?
	    "rule is gone" : "";

	if (rule->untold == 0)
		return (str_of(state));
	return (str_of(arena_printf(a, "%s%scannot be told for %llu of %llu "
	    "messages", state, state[0] != '\0' ? "; " : "",
	    ULL(rule->untold), ULL(n))));
}

static void
print_rules(const struct simulation_report *r)
{
	static const struct table_column columns[] = { { "rule", "RULE" },
		{ "old", "HITS NOW" }, { "new", "THEN" },
		{ "difference", "DIFFERENCE" }, { "remark", "" } };
	AUTO_ARENA struct arena *a = arena_new();
	const struct simulation *s = r->simulation;
	struct table *t = table_new(columns, COUNT_OF(columns), false);

	for (size_t i = 0; i < s->n_rules; i++) {
		const struct simulation_rule *rule = &s->rules[i];
		int64_t more = (int64_t)rule->new_hits -
		    (int64_t)rule->old_hits;

		table_text(t, rule->name);
		table_number(t, (int64_t)rule->old_hits);
		table_number(t, (int64_t)rule->new_hits);
		table_text(t, str_of(arena_printf(a, more > 0 ? "+%lld" :
		    "%lld", (long long)more)));
		table_text(t, rule_remark(rule, s->n_messages, a));
		table_end_row(t);
	}
	(void)putchar('\n');
	table_print(&t, "Neither policy has rules.");
}

static void
print_rows(const char *title, const struct simulation_row *rows, size_t n)
{
	const struct table_column columns[] = { { "name", title },
		{ "total", "RECIPIENTS" }, { "changed", "CHANGED" },
		{ "protected", "+PROTECTED" }, { "clear", "-PROTECTED" },
		{ "refused", "+REFUSED" }, { "held", "+HELD" },
		{ "untold", "UNTOLD" } };
	struct table *t = table_new(columns, COUNT_OF(columns), false);

	for (size_t i = 0; i < n; i++) {
		const struct simulation_row *row = &rows[i];

		table_text(t, row->name);
		table_number(t, (int64_t)row->n);
		table_number(t, (int64_t)simulation_changed(row));
		table_number(t, (int64_t)row->by[SIMULATION_PROTECTED]);
		table_number(t, (int64_t)row->by[SIMULATION_CLEAR]);
		table_number(t, (int64_t)row->by[SIMULATION_REFUSED]);
		table_number(t, (int64_t)row->by[SIMULATION_HELD]);
		table_number(t, (int64_t)row->by[SIMULATION_UNTOLD]);
		table_end_row(t);
	}
	(void)putchar('\n');
	table_print(&t, "There was no message.");
}

static void
print_samples(const struct simulation *s)
{
	static const struct table_column columns[] = {
		{ "id", "SOME THAT CHANGE" }, { "time", "TIME" },
		{ "sender", "FROM" }, { "recipient", "TO" },
		{ "old", "NOW" }, { "new", "THEN" }, { "reason", "WHY" } };
	struct table *t = table_new(columns, COUNT_OF(columns), false);

	for (size_t i = 0; i < s->n_samples; i++) {
		table_text(t, s->samples[i].id);
		table_text(t, s->samples[i].time);
		table_text(t, s->samples[i].sender);
		table_text(t, s->samples[i].recipient);
		table_text(t, s->samples[i].old);
		table_text(t, s->samples[i].new);
		table_text(t, s->samples[i].reason);
		table_end_row(t);
	}
	(void)putchar('\n');
	table_print(&t, "No message would be treated otherwise.");
}

void
simulationprint_tables(const struct simulation_report *r)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct simulation_row *rows;
	size_t n;

	print_totals(r);
	print_rules(r);
	rows = simulation_departments(r->simulation, SIMULATIONPRINT_TOP, a,
	    &n);
	print_rows("SENDER'S DEPARTMENT", rows, n);
	rows = simulation_domains(r->simulation, SIMULATIONPRINT_TOP, a, &n);
	print_rows("RECIPIENT'S DOMAIN", rows, n);
	print_samples(r->simulation);
}

/* ---- JSON -------------------------------------------------------------- */

static void
member_text(const char *key, struct str text, const char *behind,
    struct buf *b)
{
	buf_printf(b, "\"%s\":", key);
	enc_json(text, b);
	buf_z(b, behind);
}

static void
json_counts(const struct simulation_row *row, struct buf *b)
{
	buf_printf(b, "\"total\":%llu,\"changed\":%llu", ULL(row->n),
	    ULL(simulation_changed(row)));
	for (size_t i = 0; i < SIMULATION_CHANGES; i++)
		buf_printf(b, ",\"%s\":%llu", simulation_key(
		    (enum simulation_change)i), ULL(row->by[i]));
}

static void
json_rows(const char *key, const struct simulation_row *rows, size_t n,
    struct buf *b)
{
	buf_printf(b, ",\"%s\":[", key);
	for (size_t i = 0; i < n; i++) {
		buf_z(b, i > 0 ? ",{" : "{");
		member_text("name", rows[i].name, ",", b);
		json_counts(&rows[i], b);
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

static void
json_rules(const struct simulation *s, struct buf *b)
{
	buf_z(b, ",\"rules\":[");
	for (size_t i = 0; i < s->n_rules; i++) {
		const struct simulation_rule *r = &s->rules[i];

		buf_z(b, i > 0 ? ",{" : "{");
		member_text("rule", r->name, "", b);
		buf_printf(b, ",\"old_hits\":%llu,\"new_hits\":%llu,"
		    "\"difference\":%lld,\"cannot_be_told\":%llu,"
		    "\"in_old\":%s,\"in_new\":%s}", ULL(r->old_hits),
		    ULL(r->new_hits), (long long)r->new_hits -
		    (long long)r->old_hits, ULL(r->untold),
		    r->in_old ? "true" : "false",
		    r->in_new ? "true" : "false");
	}
	buf_char(b, ']');
}

static void
json_samples(const struct simulation *s, struct buf *b)
{
	buf_z(b, ",\"samples\":[");
	for (size_t i = 0; i < s->n_samples; i++) {
		const struct simulation_sample *one = &s->samples[i];

		buf_z(b, i > 0 ? ",{" : "{");
		member_text("id", one->id, ",", b);
		member_text("time", one->time, ",", b);
		member_text("sender", one->sender, ",", b);
		member_text("recipient", one->recipient, ",", b);
		member_text("change", str_of(simulation_key(one->change)),
		    ",", b);
		member_text("old", one->old, ",", b);
		member_text("new", one->new, ",", b);
		member_text("reason", one->reason, "}", b);
	}
	buf_char(b, ']');
}

void
simulationprint_json(const struct simulation_report *r)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(JSON_MAX);
	const struct simulation *s = r->simulation;
	struct simulation_row *rows;
	size_t n;

	buf_printf(&b, "{\"partial\":%s,", r->is_partial ? "true" : "false");
	member_text("source", str_of(r->source), ",", &b);
	member_text("old_policy", str_of(r->old_name), ",", &b);
	member_text("new_policy", str_of(r->new_name), ",", &b);
	buf_printf(&b, "\"messages\":%llu,\"changed_messages\":%llu,"
	    "\"untold_messages\":%llu,\"unreadable\":%llu,\"bytes\":%llu,"
	    "\"milliseconds\":%lld,\"recipients\":{", ULL(s->n_messages),
	    ULL(s->n_changed), ULL(s->n_untold), ULL(s->n_unreadable),
	    ULL(s->bytes), (long long)r->took_ms);
	json_counts(&s->all, &b);
	buf_char(&b, '}');
	json_rules(s, &b);
	rows = simulation_departments(r->simulation, SIMULATIONPRINT_TOP, a,
	    &n);
	json_rows("departments", rows, n, &b);
	rows = simulation_domains(r->simulation, SIMULATIONPRINT_TOP, a, &n);
	json_rows("domains", rows, n, &b);
	json_samples(s, &b);
	(void)printf("%.*s}\n", STR_FMT(buf_view(&b)));
}
