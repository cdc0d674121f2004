/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide: one letter, one recipient, one verdict.
 *
 * Runs in the gateway, once per recipient. Security: fails towards protection:
 * a condition that cannot be evaluated applies to a rule that protects or
 * refuses, and does not apply to one that lets out in clear. Reasons name
 * rules, addresses and domains, never what the message says.
 */
#include "policy/decide.h"
#include "policy/labels.h"

#define REASON_MAX 2048

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

static struct trial
ended(enum match m, enum policy_result result, const struct condition *on)
{
	return ((struct trial){ m == MATCH_FAILED ? POLICY_FAILED : result,
	    on });
}

/* One condition that does not hold settles it, whatever others would say. */
static bool
is_untold(enum match m, const struct condition *c,
    const struct condition **untold)
{
	if (m == MATCH_UNTOLD && *untold == NULL)
		*untold = c;
	return (m == MATCH_UNTOLD || (m == MATCH_FAILED && *untold != NULL));
}

static bool
lets_out_in_clear(const struct rule *r)
{
	return (r->decides && r->action == POLICY_DELIVER &&
	    r->demand.assurance == ASSURANCE_NONE &&
	    !act_tell_refuses(r) && !act_may_override(r));
}

/* A rule that lets out in clear wants to be sure, any other not. */
struct trial
decide_try(const struct rule *r, const struct policy *p,
    struct policy_question *q)
{
	bool lets_out = lets_out_in_clear(r);
	const struct condition *untold = NULL;
	enum match m;

	if (!is_in_force(r, q))
		return (ended(MATCH_NO, POLICY_NOT_IN_FORCE, NULL));
	for (size_t i = 0; i < r->n_when; i++)
		if ((m = settle(facts_ask(&r->when[i], p, q), !lets_out)) !=
		    MATCH_YES && !is_untold(m, &r->when[i], &untold))
			return (ended(m, POLICY_NO_CONDITION, &r->when[i]));
	for (size_t i = 0; i < r->n_except; i++)
		if ((m = settle(facts_ask(&r->except[i], p, q), lets_out)) !=
		    MATCH_NO && !is_untold(m, &r->except[i], &untold))
			return (ended(m, POLICY_EXCEPTED, &r->except[i]));
	return (ended(MATCH_YES, untold != NULL ? POLICY_UNTOLD :
	    POLICY_APPLIES, untold));
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

void
decide_conditions(const struct condition *when, size_t n,
    const struct policy *p, struct policy_question *q, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		buf_z(out, i > 0 ? ", " : "");
		explain(&when[i], q, out);
		if (facts_ask(&when[i], p, q) == MATCH_UNKNOWN)
			buf_z(out, " (unreadable)");
	}
}

static bool
is_default(const struct rule *r, const struct policy *p)
{
	return (r >= p->defaults && r < p->defaults + p->n_defaults);
}

/* rule "Law firm" (line 12): recipient domain kanzlei.example */
struct str
decide_reason(const struct rule *r, const struct policy *p,
    struct policy_question *q)
{
	AUTO_BUF struct buf text = BUF_INIT(REASON_MAX);

	if (is_default(r, p))
		buf_printf(&text, "default (line %u): ", r->line);
	else
		buf_printf(&text, "rule \"%.*s\" (line %u): ",
		    STR_FMT(r->name), r->line);
	decide_conditions(r->when, r->n_when, p, q, &text);
	if (r->n_when == 0)
		buf_z(&text, r->n_except > 0 ? "no exception applies" :
		    "applies to all mail");
	return (arena_str(q->arena, buf_view(&text)));
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
	    .mode = mode_for(r, p, q), .reason = decide_reason(r, p, q),
	    .tell = r->tell, .severity = r->severity, .clause = r->clause,
	    .does = r->does };
	/* Of a message that is only remembered nothing can be shown. */
	if (q->wants_evidence || (q->letter->bytes.len > 0 &&
	    (r->tell != NULL || r->reviews != NULL ||
	    hit->mode == POLICY_AUDIT_AND_NOTIFY)))
		hit->evidence = evidence_of(r, r->n_when, NULL, p, q);
	if (hit->mode == POLICY_ENFORCE)
		hit->edit = r->edit;
	return (hit);
}

void
decide_protect(const struct rule *r, struct verdict *v)
{
	static const struct demand portal = { .assurance = ASSURANCE_PORTAL };

	v->action = r->action;
	v->template = r->template;
	if (r->action == POLICY_PROTECT &&
	    r->demand.assurance == ASSURANCE_NONE)
		ladder_add(&v->demand, &portal);
}

/* Does the rule say what becomes of the message? What its sender may override
 * is held, not refused. */
static bool
decides(const struct rule *r, enum policy_action *action)
{
	bool refuses = act_tell_refuses(r);

	*action = refuses ? POLICY_REJECT : r->action;
	return ((r->decides || refuses) &&
	    !(act_may_override(r) && *action == POLICY_REJECT));
}

static void
take_rule(const struct rule *r, const struct policy_hit *hit,
    struct arena *a, struct verdict *v, bool *is_decided)
{
	bool refuses = act_tell_refuses(r);
	struct verdict other = { .action = POLICY_DELIVER };

	v->severity = MAX_OF(v->severity, r->severity);
	labels_take(r->label, r->name, v);
	if (v->brand == NULL)
		v->brand = r->brand;
	ladder_add(&v->demand, &r->demand);
	if (v->rule.len == 0 && r->demand.assurance > ASSURANCE_NONE) {
		v->rule = r->name;
		v->reason = hit->reason;
	}
	if (!decides(r, &other.action) ||
	    rank(&other, true) <= rank(v, *is_decided))
		return;
	decide_protect(r, v);
	v->action = other.action;
	if (refuses)
		v->template = NULL;
	v->rule = r->name;
	v->reject_code = r->reject_code.len > 0 ? r->reject_code :
	    STR_LIT("5.7.1");
	v->reject_text = refuses ? act_refusal(r, hit->evidence, a) :
	    r->reject_text;
	v->reason = hit->reason;
	*is_decided = true;
}

void
decide_defer(const struct rule *r, struct policy_question *q, struct verdict *v)
{
	v->label = NULL;
	v->action = POLICY_DEFER;
	v->template = NULL;
	v->rule = r->name;
	v->reason = str_of(arena_printf(q->arena, "rule \"%.*s\" (line %u) "
	    "could not be evaluated now", STR_FMT(r->name), r->line));
}

/* Up to the condition or exception that the trial hung on. */
static const struct policy_evidence *
evidence_until(const struct rule *r, const struct policy *p,
    struct policy_question *q, const struct trial *t)
{
	for (size_t i = 0; i < r->n_when; i++)
		if (t->on == &r->when[i])
			return (evidence_of(r, i, NULL, p, q));
	return (evidence_of(r, t->result == POLICY_NOT_IN_FORCE ? 0 :
	    r->n_when, t->on, p, q));
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
	if (q->wants_evidence)
		trial->evidence = evidence_until(r, p, q, t);
	return (trial);
}

/* Nobody knows whether the rule applies: would it change something? True: it
 * might have been the last one. */
static bool
note_untold(const struct rule *r, const struct policy *p,
    struct policy_question *q, struct verdict *v, bool is_decided)
{
	struct verdict other = { .action = POLICY_DELIVER };
	struct policy_trial *trial = arena_alloc(q->arena, sizeof(*trial));

	*trial = (struct policy_trial){ .next = v->untold, .rule = r->name,
	    .line = r->line, .result = POLICY_UNTOLD,
	    .mode = mode_for(r, p, q) };
	v->untold = trial;
	if (trial->mode == POLICY_ENFORCE && (r->stops || r->edit != NULL ||
	    r->demand.assurance > v->demand.assurance || r->demand.signs ||
	    (r->reviews != NULL && !v->is_held) ||
	    (decides(r, &other.action) &&
	    rank(&other, true) > rank(v, is_decided))))
		v->is_untold = true;
	return (trial->mode == POLICY_ENFORCE && r->stops);
}

/* Every rule in turn; true when one of them decided. */
static bool
try_rules(const struct policy *p, struct policy_question *q,
    struct verdict *v)
{
	const struct policy_hit **end = &v->hits;
	const struct policy_trial **last = &v->trials;
	bool is_decided = false, may_end = false;

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *r = &p->rules[i];
		struct trial t = decide_try(r, p, q);
		struct policy_hit *hit;

		if (q->wants_trials) {
			struct policy_trial *trial = trial_of(r, p, q, &t);

			*last = trial;
			last = &trial->next;
		}
		if (t.result == POLICY_FAILED && r->defers) {
			decide_defer(r, q, v);
			return (true);
		}
		if (t.result == POLICY_UNTOLD)
			may_end |= note_untold(r, p, q, v, is_decided);
		if (t.result != POLICY_APPLIES)
			continue;
		hit = hit_of(r, p, q);
		*end = hit;
		end = &hit->next;
		if (hit->mode != POLICY_ENFORCE)
			continue;
		take_rule(r, hit, q->arena, v, &is_decided);
		act_hold(r, p, q, hit, v);
		audience_take(r, hit, p, q, v);
		if (r->stops)
			break;
	}
	/* Who refuses has the last word, whatever others would have said. */
	if (v->action == POLICY_REJECT && !may_end)
		v->is_untold = false;
	return (is_decided);
}

void
policy_decide(const struct policy *p, struct policy_question *q,
    struct verdict *out)
{
	struct verdict v = {
		.is_inside = policy_is_inside(p, q->recipient->domain),
	};
	bool is_decided;

	labels_begin(p, q);
	is_decided = try_rules(p, q, &v);
	finish(p, q, is_decided, &v);
	*out = v;
}
