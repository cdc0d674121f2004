/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide: one letter, one recipient, one verdict.
 *
 * Runs in the gateway, once per recipient. Security: fails towards protection:
 * a condition that cannot be evaluated applies to a rule that protects or
 * refuses, and does not apply to one that lets out in clear. Reasons name
 * rules, addresses and domains, never what the message says.
 */
#include "policy/rules.h"

#define REASON_MAX 2048

/* What is of the letter alone is asked once for all its recipients. */
static enum match
ask(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	struct policy_facts *f;

	if (!c->kind->is_of_letter)
		return (c->kind->match(c, p, q));
	f = facts_of(p, q);
	if (!f->asked[c->index]) {
		f->known[c->index] = c->kind->match(c, p, q);
		f->asked[c->index] = true;
	}
	return (f->known[c->index]);
}

/* A condition whose answer is not known counts as whatever protects more. */
static enum match
settle(enum match m, bool unsure)
{
	return (m == MATCH_UNKNOWN ? match_if(unsure) : m);
}

static bool
is_in_force(const struct rule *r, const struct policy_question *q)
{
	return (r->is_enabled && q->now_ms >= r->from_ms &&
	    (r->until_ms == 0 || q->now_ms < r->until_ms));
}

/* How the trying of one rule ended, and the condition it hung on. */
struct trial {
	enum policy_result result;
	const struct condition *on;
};

static struct trial
ended(enum match m, enum policy_result result, const struct condition *on)
{
	return ((struct trial){ m == MATCH_FAILED ? POLICY_FAILED : result,
	    on });
}

/* A rule that lets out in clear wants to be sure, any other not. */
static struct trial
try_rule(const struct rule *r, const struct policy *p,
    struct policy_question *q)
{
	bool lets_out = r->decides && r->action == POLICY_DELIVER;
	enum match m;

	if (!is_in_force(r, q))
		return (ended(MATCH_NO, POLICY_NOT_IN_FORCE, NULL));
	for (size_t i = 0; i < r->n_when; i++)
		if ((m = settle(ask(&r->when[i], p, q), !lets_out)) !=
		    MATCH_YES)
			return (ended(m, POLICY_NO_CONDITION, &r->when[i]));
	for (size_t i = 0; i < r->n_except; i++)
		if ((m = settle(ask(&r->except[i], p, q), lets_out)) !=
		    MATCH_NO)
			return (ended(m, POLICY_EXCEPTED, &r->except[i]));
	return (ended(MATCH_YES, POLICY_APPLIES, NULL));
}

/* From 0 to 99, always the same for one sender, in every rule: who is in the
 * first tenth for one is so for all. FNV-1a. */
static unsigned
percentile(const struct address *sender)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < sender->text.len; i++)
		h = (h ^ (uint8_t)ascii_lower(sender->text.p[i])) * 16777619u;
	return ((h ^ h >> 16) % 100);
}

/* Outside its ring a rule only says what it would do. */
static enum policy_mode
mode_for(const struct rule *r, const struct policy *p,
    struct policy_question *q)
{
	if (r->mode != POLICY_ENFORCE || !r->ring.is_set ||
	    percentile(q->sender) < r->ring.percent)
		return (r->mode);
	for (size_t i = 0; i < r->ring.n_groups; i++)
		if (directory_is_member(p->directory, facts_sender(p, q),
		    r->ring.groups[i]))
			return (r->mode);
	return (POLICY_AUDIT);
}

static void
name_condition(const struct condition *c, struct buf *out)
{
	for (const char *k = c->kind->key; *k != '\0'; k++)
		buf_char(out, *k == '_' ? ' ' : *k);
}

static void
explain(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	if (c->kind->explain != NULL)
		c->kind->explain(c, q, out);
	else
		name_condition(c, out);
}

/* rule "Law firm" (line 12): recipient domain kanzlei.example */
static struct str
reason_of(const struct rule *r, const struct policy *p,
    struct policy_question *q)
{
	AUTO_BUF struct buf text = BUF_INIT(REASON_MAX);

	buf_printf(&text, "rule \"%.*s\" (line %u): ", STR_FMT(r->name),
	    r->line);
	for (size_t i = 0; i < r->n_when; i++) {
		buf_z(&text, i > 0 ? ", " : "");
		explain(&r->when[i], q, &text);
		if (ask(&r->when[i], p, q) == MATCH_UNKNOWN)
			buf_z(&text, " (unreadable)");
	}
	if (r->n_when == 0)
		buf_z(&text, r->n_except > 0 ? "no exception applies" :
		    "applies to all mail");
	return (arena_str(q->arena, buf_view(&text)));
}

/* Under a template that blocks attachments there is nothing to seal. */
static void
refuse_attachments(struct policy_question *q, struct verdict *v)
{
	v->reason = str_of(arena_printf(q->arena,
	    "%.*s; template \"%.*s\" allows no attachments",
	    STR_FMT(v->reason), STR_FMT(v->template->name)));
	v->action = POLICY_REJECT;
	v->template = NULL;
	v->additions = NULL;
	v->reject_code = STR_LIT("5.7.1");
	v->reject_text = STR_LIT("The policy of this organisation allows no "
	    "attachments in this message");
}

/* Refusing comes before dropping, and that before any way of delivering; else
 * the first rule that says something. */
static unsigned
rank(const struct verdict *v, bool is_decided)
{
	switch (v->action) {
	case POLICY_DEFER:
		return (4);
	case POLICY_REJECT:
		return (3);
	case POLICY_DISCARD:
		return (2);
	default:
		return (is_decided ? 1 : 0);
	}
}

/* What a rule that applies is recorded as. */
static struct policy_hit *
hit_of(const struct rule *r, const struct policy *p,
    struct policy_question *q)
{
	struct policy_hit *hit = arena_alloc(q->arena, sizeof(*hit));

	*hit = (struct policy_hit){ .rule = r->name, .line = r->line,
	    .mode = mode_for(r, p, q), .reason = reason_of(r, p, q) };
	if (hit->mode == POLICY_ENFORCE)
		hit->edit = r->edit;
	return (hit);
}

static void
take_rule(const struct rule *r, const struct policy_hit *hit,
    struct verdict *v, bool *is_decided)
{
	struct verdict other = { .action = r->action };

	v->severity = MAX_OF(v->severity, r->severity);
	if (v->brand == NULL)
		v->brand = r->brand;
	if (r->holds && !v->is_held) {
		v->is_held = true;
		v->held_rule = r->name;
		v->held_reason = hit->reason;
	}
	if (!r->decides || rank(&other, true) <= rank(v, *is_decided))
		return;
	v->action = r->action;
	v->template = r->template;
	v->rule = r->name;
	v->reject_code = r->reject_code;
	v->reject_text = r->reject_text;
	v->reason = hit->reason;
	*is_decided = true;
}

/* Could not be looked at now, and the rule must not be passed over. */
static void
defer(const struct rule *r, struct policy_question *q, struct verdict *v)
{
	v->action = POLICY_DEFER;
	v->template = NULL;
	v->rule = r->name;
	v->reason = str_of(arena_printf(q->arena, "rule \"%.*s\" (line %u) "
	    "could not be evaluated now", STR_FMT(r->name), r->line));
}

static void
take_default(const struct policy *p, struct verdict *v)
{
	v->rule = STR_LIT("default");
	if (v->is_inside) {
		v->action = POLICY_DELIVER;
		v->reason = STR_LIT("inside recipient, no rule applies");
		return;
	}
	v->template = p->fallback;
	v->action = p->fallback != NULL ? POLICY_PROTECT : POLICY_DELIVER;
	v->reason = STR_LIT("default for outside recipients, "
	    "no rule applies");
}

/* What `policy explain` shows of a rule. */
static struct policy_trial *
trial_of(const struct rule *r, const struct policy *p,
    struct policy_question *q, const struct trial *t)
{
	struct policy_trial *trial = arena_alloc(q->arena, sizeof(*trial));
	AUTO_BUF struct buf why = BUF_INIT(REASON_MAX);

	*trial = (struct policy_trial){ .rule = r->name, .line = r->line,
	    .result = t->result, .mode = mode_for(r, p, q) };
	if (t->on != NULL)
		name_condition(t->on, &why);
	trial->why = arena_str(q->arena, buf_view(&why));
	return (trial);
}

/* Every rule in turn; true when one of them decided. */
static bool
try_rules(const struct policy *p, struct policy_question *q,
    struct verdict *v)
{
	const struct policy_hit **end = &v->hits;
	const struct policy_trial **last = &v->trials;
	bool is_decided = false;

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *r = &p->rules[i];
		struct trial t = try_rule(r, p, q);
		struct policy_hit *hit;

		if (q->wants_trials) {
			struct policy_trial *trial = trial_of(r, p, q, &t);

			*last = trial;
			last = &trial->next;
		}
		if (t.result == POLICY_FAILED && r->defers) {
			defer(r, q, v);
			return (true);
		}
		if (t.result != POLICY_APPLIES)
			continue;
		hit = hit_of(r, p, q);
		*end = hit;
		end = &hit->next;
		if (hit->mode != POLICY_ENFORCE)
			continue;
		take_rule(r, hit, v, &is_decided);
		audience_take(r, hit, p, q, v);
		if (r->stops)
			break;
	}
	return (is_decided);
}

void
policy_decide(const struct policy *p, struct policy_question *q,
    struct verdict *out)
{
	struct verdict v = {
		.is_inside = policy_is_inside(p, q->recipient->domain),
	};

	if (!try_rules(p, q, &v))
		take_default(p, &v);
	audience_settle(q, &v);
	if (v.action == POLICY_PROTECT &&
	    v.template->attachments == POLICY_ATTACHMENTS_BLOCK &&
	    facts_view(p, q)->n_attachments > 0)
		refuse_attachments(q, &v);
	if (v.action != POLICY_PROTECT)
		v.brand = NULL;
	if (v.action != POLICY_PROTECT && v.action != POLICY_DELIVER) {
		/* Nothing is left that could be kept and released. */
		v.is_held = false;
		v.held_rule = v.held_reason = STR_NULL;
	}
	*out = v;
}
