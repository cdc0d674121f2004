/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finish: from what the rules said to what is done: where they did not decide,
 * the label or the default; more where the sender asked for it; and the rung
 * of the ladder that meets all of it.
 *
 * Runs in the gateway, once per recipient. Security: each step can only make
 * protection stronger than the one before it left it.
 */
#include "policy/decide.h"
#include "policy/labels.h"

#define REASON_MAX 4096

static const struct demand portal = { .assurance = ASSURANCE_PORTAL };

/* The label says how, where it does. */
static void
take_label(struct policy_question *q, struct verdict *v)
{
	v->rule = STR_LIT("label");
	v->template = v->label->template;
	v->action = v->template != NULL ? POLICY_PROTECT : POLICY_DELIVER;
	if (v->template != NULL)
		ladder_add(&v->demand, &portal);
	v->reason = str_of(arena_printf(q->arena, "label \"%.*s\" for outside "
	    "recipients, no rule applies", STR_FMT(v->label->name)));
}

/* The first default that fits; the last always does. */
static void
take_default(const struct policy *p, struct policy_question *q,
    struct verdict *v)
{
	const struct rule *r = p->defaults;
	struct trial t;

	v->rule = STR_LIT("default");
	while ((t = decide_try(r, p, q)).result != POLICY_APPLIES &&
	    t.result != POLICY_FAILED) {
		v->is_untold = v->is_untold || t.result == POLICY_UNTOLD;
		r++;
	}
	if (t.result == POLICY_FAILED) {
		decide_defer(r, q, v);
		return;
	}
	ladder_add(&v->demand, &r->demand);
	decide_protect(r, v);
	v->reason = r->n_when + r->n_except > 0 ? decide_reason(r, p, q) :
	    STR_LIT("default for outside recipients, no rule applies");
}

/* No rule decided how; one may have demanded something. */
static void
take_usual(const struct policy *p, struct policy_question *q,
    struct verdict *v)
{
	bool is_demanded = v->demand.assurance > ASSURANCE_NONE;
	const struct policy_label *l = v->label;

	if (v->is_inside && !is_demanded) {
		v->action = POLICY_DELIVER;
		v->rule = STR_LIT("default");
		v->reason = STR_LIT("inside recipient, no rule applies");
	} else if (!v->is_inside && l != NULL && l->decides &&
	    (l->template != NULL || !is_demanded)) {
		take_label(q, v);
	} else if (!is_demanded) {
		take_default(p, q, v);
	}
}

/* Of a message that is only remembered: its labels were not written down. */
static bool
is_label_untold(const struct policy *p, const struct policy_question *q)
{
	return (p->labels != NULL && q->letter->bytes.len == 0 &&
	    rules_sender_scope(p, q) == SCOPE_INSIDE);
}

/* The label behind the rules. True: the message waits, as it cannot be found
 * out now; what is refused or dropped is so under any label. */
static bool
waits_for_label(const struct policy *p, struct policy_question *q,
    struct verdict *v)
{
	bool is_sent = v->action == POLICY_DELIVER ||
	    v->action == POLICY_PROTECT;

	v->is_untold = v->is_untold || (is_sent && is_label_untold(p, q));
	if (v->action == POLICY_DEFER || labels_settle(p, q, v))
		return (false);
	v->label = NULL;
	if (!is_sent)
		return (false);
	v->action = POLICY_DEFER;
	v->template = NULL;
	v->rule = STR_LIT("labels");
	v->reason = STR_LIT("the message's label could not be found out now");
	return (true);
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

/* ...; S/MIME passed over: no certificate of this recipient is known */
static void
name_passed(struct policy_question *q, struct verdict *v)
{
	AUTO_BUF struct buf text = BUF_INIT(REASON_MAX);

	if (v->ladder.n_passed == 0)
		return;
	buf_str(&text, v->reason);
	if (v->ladder.rung == RUNG_NONE)
		buf_z(&text, "; nothing meets the demand for ");
	if (v->ladder.rung == RUNG_NONE)
		ladder_describe(&v->demand, &text);
	for (size_t i = 0; i < v->ladder.n_passed; i++)
		buf_printf(&text, "; %s passed over: %s",
		    ladder_name(v->ladder.passed[i].rung),
		    v->ladder.passed[i].why);
	v->reason = arena_str(q->arena, buf_view(&text));
}

/* What comes next where no server proves itself. */
static void
plan_fallback(const struct policy *p, struct verdict *v,
    struct ladder_means means)
{
	means.proves_tls = false;
	ladder_pick(&v->demand, &means, &v->fallback);
	if (v->fallback.rung == RUNG_PORTAL)
		v->fallback_template = v->template != NULL ? v->template :
		    &p->templates[RULES_ENCRYPT_ONLY];
}

/* Which rung, for a message that is to be delivered. */
static void
climb(const struct policy *p, struct policy_question *q, struct verdict *v)
{
	struct ladder_means means = { .is_sealed = q->is_sealed };

	if (v->template != NULL)
		v->demand.restricts |= v->template->expires_ms != 0 ||
		    v->template->rights != POLICY_ALL_RIGHTS;
	if (q->find_means != NULL && ladder_depends(&v->demand))
		q->find_means(q->means_ctx, q->recipient, &means);
	ladder_pick(&v->demand, &means, &v->ladder);
	if (v->ladder.rung == RUNG_TLS)
		plan_fallback(p, v, means);
	v->action = v->ladder.rung == RUNG_NONE ? POLICY_HOLD :
	    v->ladder.rung == RUNG_CLEAR ? POLICY_DELIVER : POLICY_PROTECT;
	if (v->ladder.rung == RUNG_PORTAL && v->template == NULL)
		v->template = &p->templates[RULES_ENCRYPT_ONLY];
	else if (v->ladder.rung == RUNG_CLEAR)
		v->template = NULL;
	name_passed(q, v);
}

static bool
is_delivered(const struct verdict *v)
{
	return (v->action == POLICY_DELIVER || v->action == POLICY_PROTECT ||
	    v->action == POLICY_HOLD);
}

/* Whether or not there is a way yet: there will be none for these. */
static bool
is_blocked(const struct policy *p, struct policy_question *q,
    const struct verdict *v)
{
	return ((v->action == POLICY_PROTECT || v->action == POLICY_HOLD) &&
	    v->template != NULL &&
	    v->template->attachments == POLICY_ATTACHMENTS_BLOCK &&
	    facts_view(p, q)->n_attachments > 0);
}

void
finish(const struct policy *p, struct policy_question *q, bool is_decided,
    struct verdict *v)
{
	if (!waits_for_label(p, q, v) && !is_decided)
		take_usual(p, q, v);
	labels_require(p, q, v);
	if (wish_take(p, q, v))
		ladder_add(&v->demand, &portal);
	audience_settle(q, v);
	if (is_delivered(v))
		climb(p, q, v);
	if (is_blocked(p, q, v))
		refuse_attachments(q, v);
	if (v->action != POLICY_PROTECT)
		v->brand = NULL;
	if (is_delivered(v)) {
		labels_write(p, q, v);
		return;
	}
	/* Nothing is left that could be kept and released. */
	v->is_held = false;
	v->held_rule = v->held_reason = STR_NULL;
	v->reviews = NULL;
}
