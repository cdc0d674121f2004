/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimespare: what a rule would refuse only for what was inside an envelope is
 * kept for the administrator instead.
 *
 * Runs in the gateway. Security: whoever has a copy of an encrypted message can
 * send it as often as he likes, with bits of it changed, and the answer in the
 * dialogue would tell him which words it has: the gateway would read it to him.
 * So the dialogue only says what the rules make of the message as it came; the
 * rest is quarantined, of which a sender outside is told nothing, now or later.
 */
#include "gateway/journey.h"

/* The rule that refused, as the review shows it. */
static const struct policy_hit *
hit_of(struct journey *j, const struct verdict *v)
{
	struct policy_hit *own;

	for (const struct policy_hit *h = v->hits; h != NULL; h = h->next)
		if (str_eq(h->rule, v->rule))
			return (h);
	own = arena_alloc(j->arena, sizeof(*own));
	*own = (struct policy_hit){ .rule = v->rule, .reason = v->reason };
	return (own);
}

/* What the rules make of the message as it came. */
static void
judge_closed(struct journey *j, const struct address *to, struct verdict *out)
{
	struct policy_question q = j->question;

	q.letter = j->smime.as_came;
	q.as_sent = NULL;
	q.recipient = to;
	q.facts = NULL;
	policy_decide(j->gateway->policy, &q, out);
}

/* Delivered when somebody releases it. What the rules say to tell is told. */
static void
keep(struct journey *j, const struct verdict *closed, struct verdict *v)
{
	struct policy_review *r = arena_alloc(j->arena, sizeof(*r));
	const struct verdict refused = *v;

	*r = (struct policy_review){ .kind = POLICY_REVIEW_QUARANTINE,
		.hit = hit_of(j, &refused), .severity = refused.severity,
		.next = closed->reviews };
	*v = *closed;
	v->hits = refused.hits;
	v->additions = NULL;
	v->is_held = true;
	v->reviews = r;
	v->held_rule = v->rule = refused.rule;
	v->held_reason = refused.reason;
	v->reason = str_of(arena_printf(j->arena, "%.*s; kept instead of "
	    "refused, since that was seen only after it was decrypted",
	    STR_FMT(refused.reason)));
	/* Who gets it instead would be asked about the same words. */
	if (v->action == POLICY_REDIRECT)
		v->action = POLICY_DELIVER;
}

static bool
is_taken(const struct verdict *v)
{
	return (v->action == POLICY_DELIVER || v->action == POLICY_PROTECT ||
	    v->action == POLICY_HOLD || v->action == POLICY_REDIRECT);
}

void
smime_spare(struct journey *j)
{
	const struct journey_smime *s = &j->smime;

	if (s->as_came == NULL || s->in.seal != SMIMEIN_OPENED)
		return;
	for (size_t i = 0; i < j->envelope->n_recipients; i++) {
		struct verdict *v = &j->verdicts[i], closed;

		if (v->action != POLICY_REJECT)
			continue;
		judge_closed(j, &j->envelope->recipients[i].address, &closed);
		if (is_taken(&closed))
			keep(j, &closed, v);
		else
			*v = closed;
	}
}
