/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policies: check a policy, and explain what it does to a message.
 *
 * Runs in the CLI. Security: reads a message that somebody else may have
 * written; shows which rules apply and what they found, masked, never what the
 * message says.
 */
#include "policy/audience.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/sys.h"
#include "cli/commands.h"
#include "cli/explainmeans.h"
#include "cli/table.h"
#include "role/installation.h"
#include "scanc/scanc.h"

#define MESSAGE_MAX_BYTES (150u << 20)
#define RECIPIENTS_MAX 100
#define AUDIENCE_MAX 10000	/* the largest smtp.max_recipients */
#define READ_MS (30 * CLOCK_SECOND_MS)
#define DEMAND_MAX 256
#define FOUND_MAX 65536
#define NAME_MAX_BYTES 4096	/* of a file */
#define WARNING_MAX 8192

/* The policy of a file, or the configuration's; name receives the file's. */
static int
load_policy(const struct invocation *in, const char *file, struct buf *name,
    struct policy **out, struct err *err)
{
	struct installation *i;

	if (file != NULL) {
		buf_z(name, file);
		return (policy_load(file, out, err));
	}
	if (installation_read(in->config, &i, err) == -1)
		return (-1);
	buf_z(name, i->settings->policy_file);
	*out = i->policy;
	i->policy = NULL;
	installation_close(&i);
	return (0);
}

/* ---- check ------------------------------------------------------------ */

static void
print_due(const struct policy *p, bool json)
{
	static const struct table_column columns[] = { { "rule", "DUE FOR "
	    "REVIEW" }, { "line", "LINE" }, { "owner", "OWNER" },
	    { "review_by", "SINCE" } };
	struct table *t = table_new(columns, COUNT_OF(columns), json);
	struct policy_rule_facts facts;

	for (size_t i = 0; policy_rule_facts(p, i, &facts); i++) {
		if (facts.review_ms == 0 || facts.review_ms > clock_wall_ms())
			continue;
		table_text(t, facts.name);
		table_number(t, facts.line);
		table_text(t, facts.owner);
		table_text(t, facts.review_by);
		table_end_row(t);
	}
	table_print(&t, "No rule is due for review.");
}

/* Mail that waits and nobody knows of it: right, but seldom meant. */
static void
print_unnamed(const struct policy *p, struct buf *name, bool json)
{
	struct policy_rule_facts facts;

	for (size_t i = 0; policy_rule_facts(p, i, &facts); i++) {
		AUTO_BUF struct buf text = BUF_INIT(WARNING_MAX);

		if (facts.unnamed_line == 0 || !facts.is_enabled)
			continue;
		buf_printf(&text, "%s:%u: rule \"%.*s\" holds mail and names "
		    "nobody who decides about it, so it waits for the "
		    "administrator (letterlock review list); name somebody: "
		    "quarantine: {reviewers: ADDRESS}", buf_cstr(name),
		    facts.unnamed_line, STR_FMT(facts.name));
		if (json) {
			AUTO_BUF struct buf line = BUF_INIT(WARNING_MAX * 6);

			enc_json(buf_view(&text), &line);
			(void)printf("{\"warning\":%s}\n", buf_cstr(&line));
		} else {
			(void)printf("warning: %s\n", buf_cstr(&text));
		}
	}
}

int
policy_check_run(const struct invocation *in)
{
	const char *file = in->n_args > 0 ? in->args[0] : NULL;
	AUTO_BUF struct buf name = BUF_INIT(NAME_MAX_BYTES);
	struct policy *p = NULL;
	struct err err = ERR_INIT;

	if (load_policy(in, file, &name, &p, &err) == -1)
		return (command_fail(&err));
	if (in->json)
		(void)printf("{\"ok\":true,\"rules\":%zu}\n",
		    policy_rule_count(p));
	else
		(void)printf("The policy is right, %zu rules.\n",
		    policy_rule_count(p));
	print_unnamed(p, &name, in->json);
	print_due(p, in->json);
	policy_free(&p);
	return (EX_OK);
}

/* ---- explain ---------------------------------------------------------- */

struct explanation {
	const struct invocation *in;
	struct policy *policy;
	struct arena *lasting;
	struct address sender, recipients[RECIPIENTS_MAX];
	size_t n_recipients;
	struct scanc *scanner;	/* NULL: not needed yet */

	/* Of one message. */
	const char *path;
	struct arena *arena;
	struct letter *letter;
};

static int
read_addresses(struct explanation *e, const char *from, const char *to,
    struct err *err)
{
	struct str rest = str_of(to), one;

	if (from != NULL && from[0] != '\0' && address_parse(str_of(from),
	    e->lasting, &e->sender, err) == -1)
		return (err_in(err, "--from"));
	while (str_next(&rest, ',', &one)) {
		if (e->n_recipients == RECIPIENTS_MAX)
			return (err_set(err, ERR_LIMIT, "--to takes at most "
			    "%d addresses", RECIPIENTS_MAX));
		if (address_parse(str_trim(one), e->lasting,
		    &e->recipients[e->n_recipients++], err) == -1)
			return (err_in(err, "--to"));
	}
	return (0);
}

static int
find_scanner(struct explanation *e, struct err *err)
{
	struct installation *i;

	if (e->scanner != NULL)
		return (0);
	if (installation_settings(e->in->config, &i, err) == -1)
		return (-1);
	e->scanner = scanc_new(i->settings->scanner.socket);
	installation_close(&i);
	return (0);
}

/* By the running installation's scanner; without one, rules that look into
 * attachments cannot be evaluated, and are shown so. */
static bool
read_files(void *ctx, const struct letter_view *view, bool without_rare UNUSED,
    struct arena *a, struct policy_files *out)
{
	struct explanation *e = ctx;
	struct err err = ERR_INIT;

	if (find_scanner(e, &err) == 0 && scanc_read_all(e->scanner, view,
	    false, clock_mono_ms() + READ_MS, a, &out->reports, &out->n,
	    &err) == 0)
		return (true);
	(void)fprintf(stderr, "attachments were not read: %s\n", err.msg);
	return (false);
}

static struct str
result_of(const struct policy_trial *t, struct arena *a)
{
	switch (t->result) {
	case POLICY_APPLIES:
		return (t->mode == POLICY_ENFORCE ? STR_LIT("applies") :
		    STR_LIT("would apply (audit)"));
	case POLICY_NO_CONDITION:
		return (str_of(arena_printf(a, "not: %.*s",
		    STR_FMT(t->why))));
	case POLICY_EXCEPTED:
		return (str_of(arena_printf(a, "except: %.*s",
		    STR_FMT(t->why))));
	case POLICY_FAILED:
		return (str_of(arena_printf(a, "failed: %.*s",
		    STR_FMT(t->why))));
	default:
		return (STR_LIT("not in force"));
	}
}

static const char *
action_of(const struct verdict *v)
{
	static const char *const names[] = { [POLICY_DELIVER] = "clear",
		[POLICY_HOLD] = "waits", [POLICY_REJECT] = "reject",
		[POLICY_DEFER] = "defer", [POLICY_DISCARD] = "delete",
		[POLICY_REDIRECT] = "redirect" };

	return (v->action == POLICY_PROTECT ? ladder_name(v->ladder.rung) :
	    names[v->action]);
}

static void
print_trials(struct explanation *e, const struct verdict *v, struct str to,
    bool json)
{
	static const struct table_column columns[] = { { "message", NULL },
		{ "to", NULL }, { "rule", "RULE" }, { "line", "LINE" },
		{ "result", "RESULT" } };
	struct table *t = table_new(columns, COUNT_OF(columns), json);

	for (const struct policy_trial *r = v->trials; r != NULL;
	    r = r->next) {
		table_text(t, str_of(e->path));
		table_text(t, to);
		table_text(t, r->rule);
		table_number(t, r->line);
		table_text(t, result_of(r, e->arena));
		table_end_row(t);
	}
	table_print(&t, "The policy has no rules.");
}

/* What the rules found, masked. */
static void
print_evidence(struct explanation *e, const struct verdict *v, struct str to,
    bool json)
{
	static const struct table_column columns[] = { { "message", NULL },
		{ "to", NULL }, { "rule", "RULE" }, { "line", NULL },
		{ "found", "FOUND" }, { "what", NULL }, { "where", NULL },
		{ "count", NULL }, { "confidence", NULL },
		{ "masked", NULL } };
	struct table *t = table_new(columns, COUNT_OF(columns), json);

	for (const struct policy_trial *r = v->trials; r != NULL; r = r->next)
		for (const struct policy_evidence *one = r->evidence;
		    one != NULL; one = one->next) {
			AUTO_BUF struct buf found = BUF_INIT(FOUND_MAX);

			policy_evidence_text(one, &found);
			table_text(t, str_of(e->path));
			table_text(t, to);
			table_text(t, r->rule);
			table_number(t, r->line);
			table_text(t, arena_str(e->arena, buf_view(&found)));
			table_text(t, one->what);
			table_text(t, one->where);
			table_number(t, one->count);
			table_number(t, one->confidence);
			table_text(t, one->masked);
			table_end_row(t);
		}
	if (!json)
		(void)putchar('\n');
	table_print(&t, "Nothing that rules look for was found in it.");
}

/* added: how a rule brought him here; empty: the envelope did. */
static void
print_verdict(const struct explanation *e, const struct verdict *v,
    struct str to, struct str added, bool json)
{
	static const struct table_column columns[] = { { "message", NULL },
		{ "to", "TO" }, { "action", "HOW" },
		{ "template", "TEMPLATE" },
		{ "demand", "DEMAND" }, { "held", "HELD" },
		{ "label", "LABEL" }, { "label_by", "LABEL BY" },
		{ "recommended", "RECOMMENDED" }, { "added", NULL },
		{ "brand", NULL }, { "reason", "WHY" } };
	AUTO_BUF struct buf demand = BUF_INIT(DEMAND_MAX);
	struct table *t = table_new(columns, COUNT_OF(columns), json);

	table_text(t, str_of(e->path));
	table_text(t, to);
	table_text(t, str_of(action_of(v)));
	table_text(t, v->template != NULL ? v->template->name : STR_NULL);
	ladder_describe(&v->demand, &demand);
	table_text(t, buf_view(&demand));
	table_text(t, v->is_held ? v->held_rule : STR_NULL);
	table_text(t, v->label != NULL ? v->label->name : STR_NULL);
	table_text(t, v->label != NULL ? v->label_by : STR_NULL);
	table_text(t, v->recommended_label != NULL ?
	    v->recommended_label->name : STR_NULL);
	table_text(t, added);
	table_text(t, v->brand != NULL ? v->brand->name : STR_NULL);
	table_text(t, v->reason);
	table_end_row(t);
	table_print(&t, "");
}

static void
print_one(struct explanation *e, const struct verdict *v, struct str to,
    struct str added, bool json)
{
	print_trials(e, v, to, json);
	print_evidence(e, v, to, json);
	if (!json)
		(void)putchar('\n');
	print_verdict(e, v, to, added, json);
}

/* Where it is refused for one, nobody gets it and nobody is added. */
static bool
is_accepted(const struct verdict *verdicts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (verdicts[i].action == POLICY_REJECT ||
		    verdicts[i].action == POLICY_DEFER)
			return (false);
	return (true);
}

/* Those whom rules add, judged as the others are. */
static int
explain_added(struct explanation *e, struct policy_question *q,
    const struct verdict *verdicts, bool json, struct err *err)
{
	struct audience_member *added;
	size_t n;

	if (!is_accepted(verdicts, e->n_recipients))
		return (0);
	if (audience_gather(e->policy, q, verdicts, AUDIENCE_MAX, &added, &n,
	    err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++) {
		if (!json)
			(void)putchar('\n');
		print_one(e, &added[i].verdict, added[i].address.text,
		    str_of(audience_way_name(added[i].way)), json);
	}
	return (0);
}

static void
find_means(void *ctx, const struct address *recipient,
    struct ladder_means *out)
{
	const struct explanation *e = ctx;
	const struct explainmeans how = { e->in, e->policy, e->letter,
	    &e->sender, e->arena };

	explainmeans_find(&how, recipient, out);
}

static int
explain_all(struct explanation *e, struct err *err)
{
	const struct invocation *in = e->in;
	struct verdict verdicts[RECIPIENTS_MAX];
	struct policy_question q = { .letter = e->letter,
	    .sender = &e->sender, .recipients = e->recipients,
	    .n_recipients = e->n_recipients,
	    .client = str_of(command_value(in, "ip")),
	    .now_ms = clock_wall_ms(), .wants_trials = true,
	    .wants_evidence = true, .arena = e->arena, .read_files = read_files,
	    .read_ctx = e, .find_means = find_means,
	    .means_ctx = e };

	for (size_t i = 0; i < e->n_recipients; i++) {
		q.recipient = &e->recipients[i];
		policy_decide(e->policy, &q, &verdicts[i]);
		if (i > 0 && !in->json)
			(void)putchar('\n');
		print_one(e, &verdicts[i], q.recipient->text, STR_NULL,
		    in->json);
	}
	return (explain_added(e, &q, verdicts, in->json, err));
}

static int
explain_message(struct explanation *e, const char *path, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(MESSAGE_MAX_BYTES);
	AUTO_ARENA struct arena *a = arena_new();

	e->path = path;
	e->arena = a;
	if (sys_read_file(path, &bytes, err) == -1)
		return (-1);
	if (letter_parse(buf_view(&bytes), a, &e->letter, err) == -1)
		return (err_in(err, "%s", path));
	if (e->in->n_args > 1 && !e->in->json)
		(void)printf("%s%s\n\n", path == e->in->args[0] ? "" : "\n",
		    path);
	return (explain_all(e, err));
}

int
policy_explain_run(const struct invocation *in)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct explanation e = { .in = in, .lasting = a, .sender = {
	    STR_LIT(""), STR_LIT(""), STR_LIT(""), false } };
	const char *to = command_value(in, "to");
	struct err err = ERR_INIT;
	int rc = EX_OK;
	AUTO_BUF struct buf name = BUF_INIT(NAME_MAX_BYTES);

	if (to == NULL)
		return (command_usage("explain needs --to ADDRESS"));
	if (load_policy(in, command_value(in, "policy"), &name,
	    &e.policy, &err) == -1 || read_addresses(&e,
	    command_value(in, "from"), to, &err) == -1)
		rc = command_fail(&err);
	for (int i = 0; i < in->n_args && rc == EX_OK; i++)
		if (explain_message(&e, in->args[i], &err) == -1)
			rc = command_fail(&err);
	scanc_free(&e.scanner);
	policy_free(&e.policy);
	return (rc);
}
