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

struct policy_facts *
facts_of(const struct policy *p, struct policy_question *q)
{
	struct policy_facts *f = q->facts;

	if (f != NULL && f->policy == p)
		return (f);
	f = arena_alloc(q->arena, sizeof(*f));
	f->policy = p;
	f->known = arena_array(q->arena, p->n_conditions + 1,
	    sizeof(*f->known));
	f->asked = arena_array(q->arena, p->n_conditions + 1,
	    sizeof(*f->asked));
	q->facts = f;
	return (f);
}

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

static bool
applies(const struct rule *r, const struct policy *p,
    struct policy_question *q)
{
	enum match unsure = r->action == POLICY_DELIVER ? MATCH_NO : MATCH_YES;

	if (!r->is_enabled)
		return (false);
	for (size_t i = 0; i < r->n_when; i++) {
		enum match m = ask(&r->when[i], p, q);

		if ((m == MATCH_UNKNOWN ? unsure : m) == MATCH_NO)
			return (false);
	}
	for (size_t i = 0; i < r->n_except; i++) {
		enum match m = ask(&r->except[i], p, q);

		if (m == MATCH_YES || (m == MATCH_UNKNOWN &&
		    r->action == POLICY_DELIVER))
			return (false);
	}
	return (true);
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
		r->when[i].kind->explain(&r->when[i], q, &text);
		if (ask(&r->when[i], p, q) == MATCH_UNKNOWN)
			buf_z(&text, " (unreadable)");
	}
	if (r->n_when == 0)
		buf_z(&text, r->n_except > 0 ? "no exception applies" :
		    "applies to all mail");
	return (arena_str(q->arena, buf_view(&text)));
}

static bool
has_attachments(const struct policy *p, struct policy_question *q)
{
	struct policy_facts *f = facts_of(p, q);
	struct letter_view view;

	if (!f->has_view) {
		letter_view(q->letter, q->arena, &view);
		f->has_attachments = view.n_attachments > 0;
		f->has_view = true;
	}
	return (f->has_attachments);
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
	v->reject_code = STR_LIT("5.7.1");
	v->reject_text = STR_LIT("The policy of this organisation allows no "
	    "attachments in this message");
}

static void
take_rule(const struct rule *r, const struct policy *p,
    struct policy_question *q, struct verdict *v)
{
	v->action = r->action;
	v->template = r->template;
	v->rule = r->name;
	v->reject_code = r->reject_code;
	v->reject_text = r->reject_text;
	v->reason = reason_of(r, p, q);
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

void
policy_decide(const struct policy *p, struct policy_question *q,
    struct verdict *out)
{
	struct verdict v = {
		.is_inside = policy_is_inside(p, q->recipient->domain),
	};
	size_t i = 0;

	while (i < p->n_rules && !applies(&p->rules[i], p, q))
		i++;
	if (i < p->n_rules)
		take_rule(&p->rules[i], p, q, &v);
	else
		take_default(p, &v);
	if (v.action == POLICY_PROTECT &&
	    v.template->attachments == POLICY_ATTACHMENTS_BLOCK &&
	    has_attachments(p, q))
		refuse_attachments(q, &v);
	*out = v;
}
