/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journey: what happens to one message.
 *
 *	read ─► guard ─► open ─► decide ─► gather ─► change ─► seal ─► tell
 *	─► commit ─► 250
 *
 * and then the relay delivers.
 *
 * Runs in the gateway, in the session's thread. Until the commit nothing is
 * promised and any crash is harmless; after it the store holds everything the
 * message becomes. Security: plaintext is in the received bytes, in the arena
 * and in the sealer's buffers, all wiped when the message is done; only
 * ciphertext goes further. Standards: RFC 5321 4.2.5 (who is responsible),
 * 4.4 (Received), 6.3 (loops).
 */
#include "gateway/journey.h"

#include "base/fault.h"
#include "base/log.h"
#include "gateway/passed.h"

#define READ_MS (30 * CLOCK_SECOND_MS)	/* all attachments of a message */

int
journey_read(struct journey *j, struct err *err)
{
	if (FAULT_HERE("journey.read") == -1)
		return (err_set(err, ERR_TEMP, "reading failed"));
	if (letter_parse(j->bytes, j->arena, (struct letter **)&j->letter,
	    err) == -1)
		return (-1);
	letter_view(j->letter, j->arena, &j->view);
	return (0);
}

/* Refuse what goes round in circles. */
static bool
guard(struct journey *j)
{
	struct loop_facts facts;
	uint64_t max = (uint64_t)j->gateway->settings->smtp.max_received;

	loop_read(j->gateway->loop_key, j->letter->root, &facts);
	j->passes = facts.passes;
	if (facts.passes < LOOP_MAX_PASSES && facts.received <= max)
		return (true);
	smtp_reply_set(j->reply, 554, "5.4.6", "Mail loop: this message was "
	    "here %u times and has %zu Received fields; check the routes "
	    "between your servers and this gateway", facts.passes,
	    facts.received);
	return (false);
}

/* For rules that look into attachments. */
static bool
read_files(void *ctx, const struct letter_view *view, bool without_rare,
    struct arena *a, struct policy_files *out)
{
	struct journey *j = ctx;
	struct err err = ERR_INIT;

	if (scanc_read_all(j->gateway->scanner, view, without_rare,
	    clock_mono_ms() + READ_MS, a, &out->reports, &out->n, &err) == 0)
		return (true);
	journey_log_error(j, &err);
	return (false);
}

/* What a verdict answers in the dialogue; false: it goes on. */
static bool
refuses(struct journey *j, const struct verdict *v)
{
	if (v->action == POLICY_REJECT)
		smtp_reply_set(j->reply, 550, arena_str(j->arena,
		    v->reject_code).p, "%.*s", STR_FMT(v->reject_text));
	else if (v->action == POLICY_DEFER)
		smtp_reply_set(j->reply, 451, "4.7.1", "The policy of this "
		    "organisation cannot be applied right now; please try "
		    "again");
	else if (j->is_again && journey_is_unmet(v))
		smtp_reply_set(j->reply, 450, "4.7.1", "%.*s",
		    STR_FMT(v->reason));
	else
		return (false);
	journey_log_refusal(j, v);
	return (true);
}

/* What a person released is not held again, and nobody is told twice. */
static void
settle_again(struct verdict *v)
{
	v->is_held = false;
	v->reviews = NULL;
}

/* What the policy knew, unless the message is to come again. */
static void
remember(struct journey *j, struct policy_question *q)
{
	for (size_t i = 0; i < j->envelope->n_recipients; i++) {
		if (j->verdicts[i].action == POLICY_REJECT)
			journey_remember_refusal(j, q);
		if (j->verdicts[i].action == POLICY_REJECT ||
		    j->verdicts[i].action == POLICY_DEFER)
			return;
	}
	journey_remember(j, q);
}

/* What is known about a recipient beside the policy. */
static void
find_means(void *ctx, const struct address *recipient,
    struct ladder_means *out)
{
	struct journey *j = ctx;

	out->proves_tls = relay_proves(j->gateway->relay, recipient->domain);
	smime_means(j, recipient, out);
}

/* It was decided about when it was here before, by a mark of ours that nobody
 * outside can bring in. */
static bool
was_here(struct passed *passed, const struct journey *j,
    const struct address *recipient, struct verdict *v)
{
	if (j->is_again || j->is_from_outside ||
	    !passed_has(passed, recipient->text))
		return (false);
	*v = (struct verdict){ .action = POLICY_DELIVER,
	    .rule = STR_LIT("passed"), .reason = STR_LIT("the message was "
	    "here before and came back unchanged"),
	    .is_inside = policy_is_inside(j->gateway->policy,
	    recipient->domain) };
	return (true);
}

/* One verdict per recipient. */
static void
decide(struct journey *j)
{
	struct smtp_envelope *e = j->envelope;
	struct address *all = arena_array(j->arena, e->n_recipients,
	    sizeof(*all));
	bool has_audience = j->n_audience > 0;
	struct policy_question *q = &j->question;
	struct passed passed = { .key = j->gateway->loop_key,
	    .letter = j->letter, .arena = j->arena, .now_ms = j->now_ms };
	size_t n_passed = 0;

	*q = (struct policy_question){ .letter = j->letter,
	    .as_sent = j->smime.as_came,
	    .is_sealed = j->smime.as_sent == SMIME_AS_SENT_ENCRYPTED,
	    .sender = &e->sender,
	    .recipients = has_audience ? j->audience : all,
	    .n_recipients = has_audience ? j->n_audience : e->n_recipients,
	    .client = str_of(e->peer), .is_from_outside = j->is_from_outside,
	    .is_added = j->is_again,
	    .now_ms = j->now_ms, .arena = j->arena,
	    .read_files = read_files, .read_ctx = j,
	    .find_means = find_means, .means_ctx = j };
	j->verdicts = arena_array(j->arena, e->n_recipients,
	    sizeof(*j->verdicts));
	for (size_t i = 0; i < e->n_recipients; i++)
		all[i] = e->recipients[i].address;
	for (size_t i = 0; i < e->n_recipients; i++) {
		q->recipient = &all[i];
		if (was_here(&passed, j, &all[i], &j->verdicts[i])) {
			n_passed++;
			continue;
		}
		policy_decide(j->gateway->policy, q, &j->verdicts[i]);
		if (j->is_again)
			settle_again(&j->verdicts[i]);
	}
	if (!j->is_again && n_passed < e->n_recipients)
		remember(j, q);
}

/* The first verdict that refuses refuses the message. NULL: none does. */
static const struct verdict *
refusal(struct journey *j)
{
	for (size_t i = 0; i < j->envelope->n_recipients; i++)
		if (refuses(j, &j->verdicts[i]))
			return (&j->verdicts[i]);
	return (NULL);
}

static int
commit(struct journey *j, struct err *err)
{
	if (FAULT_HERE("journey.commit") == -1)
		return (err_set(err, ERR_TEMP, "committing failed"));
	journey_describe(j);
	return (store_accept(j->gateway->store, &j->accept, err));
}

static void
promise(struct journey *j)
{
	char id[ID_TEXT_SIZE];

	smtp_reply_set(j->reply, 250, "2.0.0", "Ok: accepted as %s",
	    id_text(&j->envelope->id, id));
}

/* The items are leased to this process: the relay gets them from memory. What
 * is held or has time waits in the store. */
static void
hand_over(struct journey *j)
{
	for (size_t i = 0; i < j->n_payloads; i++) {
		struct journey_payload *p = &j->payloads[i];
		const struct store_item *first = &j->items[p->first_item];

		if (first->state == STORE_ITEM_QUEUED &&
		    first->next_ms <= j->now_ms)
			relay_offer(j->gateway->relay, first, p->n_items,
			    &p->sealed);
	}
}

/* Who looks after incidents hears of what is refused for good. Where that
 * cannot be kept, the client has to come again. */
static void
report_refusal(struct journey *j, struct str why)
{
	struct err err = ERR_INIT;

	if (j->reply->code / 100 != 5)
		return;
	if (journey_tell_refused(j, why, &err) == 0) {
		hand_over(j);
		return;
	}
	err.kind = ERR_TEMP;
	smtp_reply_error(j->reply, &err);
	journey_log_error(j, &err);
}

int
journey_fulfil(struct journey *j, struct err *err)
{
	if (journey_change(j, err) == -1 || journey_seal(j, err) == -1)
		return (-1);
	journey_review(j);
	if ((!j->is_again && journey_tell(j, err) == -1) ||
	    commit(j, err) == -1)
		return (-1);
	promise(j);
	journey_log_accepted(j);
	hand_over(j);
	smime_harvest(j);
	return (0);
}

/* What may be looked at: cleaned, judged, opened. */
static int
unfold(struct journey *j, struct err *err)
{
	if (journey_clean(j, err) == -1 ||
	    (j->is_from_outside && journey_judge(j, err) == -1))
		return (-1);
	return (smime_open(j, err));
}

/* One verdict per recipient, and what is no rule's. */
static int
decide_all(struct journey *j, struct err *err)
{
	smime_look(j);
	decide(j);
	if (!j->is_again && journey_redirect(j, err) == -1)
		return (-1);
	smime_spare(j);
	smime_order(j);
	return (0);
}

void
journey_travel(struct journey *j)
{
	const struct verdict *v;
	struct err err = ERR_INIT;

	if (journey_read(j, &err) == -1)
		goto refuse;
	if (!guard(j))
		return;
	if (unfold(j, &err) == -1 || decide_all(j, &err) == -1)
		goto refuse;
	if ((v = refusal(j)) != NULL) {
		report_refusal(j, v->reason);
		return;
	}
	if ((j->is_again || journey_gather(j, &err) == 0) &&
	    journey_fulfil(j, &err) == 0)
		return;
refuse:
	smtp_reply_error(j->reply, &err);
	journey_log_error(j, &err);
	if (err.kind == ERR_DENIED)
		report_refusal(j, str_of(err.msg));
}

void
journey_run(struct gateway *g, struct smtp_envelope *envelope,
    struct str bytes, bool is_from_outside, struct smtp_reply *reply)
{
	struct journey j = { .gateway = g, .envelope = envelope,
	    .is_from_outside = is_from_outside,
	    .bytes = bytes, .reply = reply, .arena = envelope->arena,
	    .now_ms = clock_wall_ms() };

	journey_travel(&j);
	journey_done(&j);
}
