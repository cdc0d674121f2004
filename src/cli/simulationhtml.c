/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulationhtml: a simulation as one page to pass on, print or keep.
 *
 * Runs in the CLI. Security: names and addresses come from mail of others;
 * every text is escaped, and the page allows itself no script and no request.
 */
#include "base/clock.h"
#include "base/enc.h"
#include "cli/simulationprint.h"

#define ULL(n) ((unsigned long long)(n))
#define WIDE "<div class=\"wide\" tabindex=\"0\">"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, "
    "initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<title>What the new policy would change</title>\n<style>\n"
    ":root{color-scheme:light dark;--ink:#1d2530;--soft:#5b6675;"
    "--paper:#fff;--card:#f4f6f9;--line:#d8dee7;--more:#0b6b3a;"
    "--less:#a3261c;--note:#8a5a00;--bar:#2f6fb5}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e7ecf3;--soft:#a2adbc;"
    "--paper:#14181e;--card:#1e242d;--line:#343d4a;--more:#6fd39b;"
    "--less:#ff9d92;--note:#f0c064;--bar:#6aa7e8}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:70rem;padding:1.5rem 1rem 3rem;"
    "font:16px/1.5 system-ui,sans-serif;color:var(--ink);"
    "background:var(--paper)}\n"
    "h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem}\n"
    "h2{font-size:1.15rem;margin:2.25rem 0 .5rem}\n"
    "p{margin:.25rem 0;color:var(--soft);overflow-wrap:anywhere}\n"
    ".partial{color:var(--note);font-weight:600}\n"
    ".cards{display:grid;gap:.75rem;margin:1.25rem 0;"
    "grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr))}\n"
    ".card{background:var(--card);border:1px solid var(--line);"
    "border-radius:.6rem;padding:.7rem .9rem}\n"
    ".card b{display:block;font-size:1.5rem;line-height:1.2;"
    "font-variant-numeric:tabular-nums}\n"
    ".card span{color:var(--soft);font-size:.9rem}\n"
    ".wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;width:100%;font-size:.93rem}\n"
    "th,td{text-align:left;padding:.4rem .7rem .4rem 0;"
    "border-bottom:1px solid var(--line);vertical-align:top}\n"
    "th{color:var(--soft);font-weight:600}\n"
    "th::first-letter,.card span::first-letter{text-transform:uppercase}\n"
    "td:first-child{overflow-wrap:anywhere;min-width:6rem}\n"
    "th:last-child,td:last-child{padding-right:0}\n"
    "@media(max-width:40rem){table{font-size:.85rem}"
    "th,td{padding-right:.5rem}}\n"
    ".n{text-align:right;font-variant-numeric:tabular-nums;"
    "white-space:nowrap}\n"
    ".more{color:var(--more)}.less{color:var(--less)}"
    ".note{color:var(--note)}\n"
    ".samples{columns:24rem 2;column-gap:2rem}\n"
    ".sample{border-left:3px solid var(--bar);padding:.1rem 0 .1rem .8rem;"
    "margin:0 0 1rem;break-inside:avoid;overflow-wrap:anywhere}\n"
    ".sample small{color:var(--soft);display:block}\n"
    "@media print{body{max-width:none;padding:0;font-size:11pt}"
    ".card{border-color:#999}tr{break-inside:avoid}"
    ".wide{overflow:visible}}\n"
    "</style>\n</head>\n<body>\n<main>\n";

static void
put(struct str text, struct buf *b)
{
	enc_html(text, b);
}

static void
card(uint64_t n, const char *what, struct buf *b)
{
	buf_printf(b, "<div class=\"card\"><b>%llu</b><span>%s</span></div>"
	    "\n", ULL(n), what);
}

static void
title(const struct simulation_report *r, struct buf *b)
{
	char at[CLOCK_RFC5322_SIZE];

	clock_rfc5322(r->at_ms, at);
	buf_z(b, "<h1>What the new policy would change</h1>\n<p>");
	put(str_of(r->old_name), b);
	buf_z(b, " → ");
	put(str_of(r->new_name), b);
	buf_printf(b, "</p>\n<p>%llu messages ",
	    ULL(r->simulation->n_messages));
	put(str_of(r->source), b);
	buf_printf(b, ", judged on %s. Nothing was sent or changed.</p>\n",
	    at);
	if (r->is_partial)
		buf_z(b, "<p class=\"partial\">Partial: it was stopped "
		    "before the end.</p>\n");
	if (r->simulation->n_unreadable > 0)
		buf_printf(b, "<p class=\"partial\">%llu messages were left "
		    "out: they cannot be read, or have no recipient.</p>\n",
		    ULL(r->simulation->n_unreadable));
}

static void
totals(const struct simulation *s, struct buf *b)
{
	buf_z(b, "<div class=\"cards\">\n");
	card(s->n_changed, "messages would change", b);
	if (s->n_untold > 0)
		card(s->n_untold, "messages cannot be told", b);
	buf_z(b, "</div>\n<h2>Recipients</h2>\n<div class=\"cards\">\n");
	for (size_t i = 0; i < SIMULATION_CHANGES; i++)
		if (s->all.by[i] > 0)
			card(s->all.by[i], simulation_text(
			    (enum simulation_change)i), b);
	buf_z(b, "</div>\n");
}

static void
rule(const struct simulation_rule *r, uint64_t n, struct buf *b)
{
	long long more = (long long)r->new_hits - (long long)r->old_hits;

	buf_z(b, "<tr><td>");
	put(r->name, b);
	buf_z(b, !r->in_old ? " <span class=\"more\">(new)</span>" :
	    !r->in_new ? " <span class=\"less\">(gone)</span>" : "");
	if (r->untold > 0)
		buf_printf(b, "<br><span class=\"note\">cannot be told for "
		    "%llu of %llu messages</span>", ULL(r->untold), ULL(n));
	buf_printf(b, "</td><td class=\"n\">%llu</td><td class=\"n\">%llu"
	    "</td><td class=\"n %s\">%s%lld</td></tr>\n", ULL(r->old_hits),
	    ULL(r->new_hits), more > 0 ? "more" : more < 0 ? "less" : "",
	    more > 0 ? "+" : "", more);
}

static void
rules(const struct simulation *s, struct buf *b)
{
	buf_z(b, "<h2>Rules</h2>\n" WIDE "<table>\n<thead><tr><th>Rule"
	    "</th><th class=\"n\">Hits now</th><th class=\"n\">Then</th>"
	    "<th class=\"n\">Difference</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < s->n_rules; i++)
		rule(&s->rules[i], s->n_messages, b);
	buf_z(b, "</tbody></table></div>\n");
}

/* Only the changes that there are have a column. */
static void
rows(const char *name, const struct simulation *s,
    const struct simulation_row *list, size_t n, struct buf *b)
{
	buf_printf(b, "<h2>By %s</h2>\n" WIDE "<table>\n<thead>"
	    "<tr><th>Name</th><th class=\"n\">Recipients</th>"
	    "<th class=\"n\">Changed</th>", name);
	for (size_t c = 1; c < SIMULATION_CHANGES; c++)
		if (s->all.by[c] > 0)
			buf_printf(b, "<th class=\"n\">%s</th>",
			    simulation_text((enum simulation_change)c));
	buf_z(b, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < n; i++) {
		buf_z(b, "<tr><td>");
		put(list[i].name, b);
		buf_printf(b, "</td><td class=\"n\">%llu</td><td class=\"n\">"
		    "%llu</td>", ULL(list[i].n),
		    ULL(simulation_changed(&list[i])));
		for (size_t c = 1; c < SIMULATION_CHANGES; c++)
			if (s->all.by[c] > 0)
				buf_printf(b, "<td class=\"n\">%llu</td>",
				    ULL(list[i].by[c]));
		buf_z(b, "</tr>\n");
	}
	buf_z(b, "</tbody></table></div>\n");
}

static void
sample(const struct simulation_sample *one, struct buf *b)
{
	buf_z(b, "<div class=\"sample\">");
	put(one->sender, b);
	buf_z(b, " → ");
	put(one->recipient, b);
	buf_z(b, "<br><b>");
	put(one->old, b);
	buf_z(b, " → ");
	put(one->new, b);
	buf_z(b, "</b><br>");
	put(one->reason, b);
	buf_z(b, "<small>");
	put(one->time, b);
	buf_z(b, "<br>");
	put(one->id, b);
	buf_z(b, "</small></div>\n");
}

static void
samples(const struct simulation *s, struct buf *b)
{
	if (s->n_samples == 0)
		return;
	buf_printf(b, "<h2>The first %zu messages that would change</h2>\n"
	    "<div class=\"samples\">\n", s->n_samples);
	for (size_t i = 0; i < s->n_samples; i++)
		sample(&s->samples[i], b);
	buf_z(b, "</div>\n");
}

void
simulationprint_html(const struct simulation_report *r, struct buf *out)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct simulation_row *list;
	size_t n;

	buf_z(out, head);
	title(r, out);
	totals(r->simulation, out);
	rules(r->simulation, out);
	list = simulation_departments(r->simulation, SIMULATIONPRINT_TOP, a,
	    &n);
	rows("sender's department", r->simulation, list, n, out);
	list = simulation_domains(r->simulation, SIMULATIONPRINT_TOP, a, &n);
	rows("recipient's domain", r->simulation, list, n, out);
	samples(r->simulation, out);
	buf_z(out, "</main>\n</body>\n</html>\n");
}
