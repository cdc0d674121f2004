/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unmet: a message that nothing can protect as demanded waits, its sender is
 * told, and it is decided about once more whenever the relay comes to it: a
 * new policy or something new about the recipient may have made it possible.
 *
 * Runs in the gateway, the second part in a worker of the relay. Security: the
 * message leaves only through the whole journey, by the policy of now; a
 * message that still cannot be protected goes back to wait. What was encrypted
 * is kept opened only for those to whom it was.
 */
#include "gateway/journey.h"
#include "gateway/smimemark.h"

#define WHY_MAX 1024
#define FOUND_MAX 4096

bool
journey_is_unmet(const struct verdict *v)
{
	return (v->action == POLICY_HOLD || (v->action == POLICY_PROTECT &&
	    v->ladder.rung == RUNG_NONE));
}

/* What could not be done, for the sender. */
static struct str
explain(const struct journey *j, const struct verdict *v)
{
	AUTO_BUF struct buf b = BUF_INIT(WHY_MAX);

	buf_z(&b, "The policy of your organisation demands protection that "
	    "is not possible for this recipient yet");
	for (size_t i = 0; i < v->ladder.n_passed; i++)
		buf_printf(&b, "%s %s: %s", i > 0 ? ";" : ".",
		    ladder_name(v->ladder.passed[i].rung),
		    v->ladder.passed[i].why);
	buf_z(&b, ". It is tried again by itself; if it stays impossible, "
	    "the message comes back to you.");
	return (arena_str(j->arena, buf_view(&b)));
}

/* As it came, or opened; and what was found, which cannot be found again. */
static int
spool(struct journey *j, struct journey_payload *p, bool is_closed,
    struct err *err)
{
	struct journey_variant v = { .is_closed = is_closed,
	    .bytes = is_closed ? j->smime.bytes_as_came : j->bytes,
	    .letter = is_closed ? j->smime.as_came : j->letter };
	AUTO_BUF struct buf b = BUF_INIT(v.bytes.len + FOUND_MAX);

	if (!smimemark_is_said(j))
		return (journey_spool(j, p, v.bytes, err));
	buf_expect(&b, v.bytes.len + FOUND_MAX);
	smimemark_write(j, &v, &b);
	buf_str(&b, v.bytes);
	if (buf_check(&b, "the message", err) == -1)
		return (-1);
	return (journey_spool(j, p, buf_view(&b), err));
}

static int
keep(struct journey *j, bool is_closed, struct err *err)
{
	struct journey_payload *p = &j->payloads[j->n_payloads];
	int64_t wait = j->gateway->settings->delivery.retry_first_ms;

	p->first_item = j->n_items;
	for (size_t i = 0; i < j->envelope->n_recipients; i++) {
		struct store_item *item;

		if (!journey_is_unmet(&j->verdicts[i]) || is_closed !=
		    smime_stays_closed(j, &j->envelope->recipients[i].address))
			continue;
		item = journey_item(j, i, STR_LIT("unmet"));
		item->is_8bit = j->envelope->is_8bit;
		item->is_utf8 = j->envelope->is_utf8;
		item->next_ms = j->now_ms + wait;
		item->last_reply = j->verdicts[i].reason;
		journey_tell_held(j, i, explain(j, &j->verdicts[i]));
	}
	p->n_items = j->n_items - p->first_item;
	return (p->n_items == 0 ? 0 : spool(j, p, is_closed, err));
}

/* The message before rules change it; the relay never sends it itself. */
int
journey_keep_unmet(struct journey *j, struct err *err)
{
	return (keep(j, false, err) == -1 ? -1 : keep(j, true, err));
}

/* ---- again ------------------------------------------------------------- */

/* Those the message was sent to, for rules about who else gets it. */
static void
read_recipients(struct journey *j, const struct store_item *item)
{
	struct store_recipient_row *rows;
	struct err err = ERR_INIT;
	size_t n;

	if (store_message_recipients(j->gateway->store, &item->message,
	    j->arena, &rows, &n, &err) == -1) {
		journey_log_error(j, &err);
		return;
	}
	j->audience = arena_array(j->arena, n + 1, sizeof(*j->audience));
	for (size_t i = 0; i < n; i++)
		if (address_parse(rows[i].recipient.address, j->arena,
		    &j->audience[j->n_audience], NULL) == 0)
			j->n_audience++;
}

static const char *
client_of(struct gateway *g, const struct store_item *item, struct arena *a)
{
	char id[ID_TEXT_SIZE];
	struct store_message m;
	struct err err = ERR_INIT;

	if (store_message_find(g->store, str_of(id_text(&item->message, id)),
	    a, &m, &err) == -1)
		return ("");
	return (arena_str(a, m.client).p);
}

void
unmet_decide(void *ctx, const struct store_item *item, struct str mail,
    struct arena *arena, struct smtp_reply *reply)
{
	struct gateway *g = ctx;
	struct smtp_recipient recipient = { .notify = item->notify,
	    .orcpt = item->orcpt };
	struct smtp_envelope e = { .id = id_new(), .recipients = &recipient,
	    .n_recipients = 1, .envid = item->envid,
	    .ret_headers = item->ret_headers, .is_8bit = item->is_8bit,
	    .is_utf8 = item->is_utf8, .requires_tls = item->requires_tls,
	    .arena = arena,
	    .peer = client_of(g, item, arena) };
	struct journey j = { .gateway = g, .envelope = &e, .bytes = mail,
	    .reply = reply, .arena = arena, .now_ms = clock_wall_ms(),
	    .is_again = true, .is_from_outside = item->is_from_outside,
	    .smime.doubt = item->is_unproven ? SIGNER_WAS_DOUBTED : NULL };
	struct err err = ERR_INIT;

	e.helo = str_of(e.peer);
	if ((item->sender.len > 0 && address_parse(item->sender, arena,
	    &e.sender, &err) == -1) || address_parse(item->recipient, arena,
	    &recipient.address, &err) == -1) {
		smtp_reply_error(reply, &err);
		return;
	}
	read_recipients(&j, item);
	journey_travel(&j);
	journey_done(&j);
}
