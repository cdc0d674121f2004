/* SPDX-License-Identifier: Apache-2.0 */
/*
 * describe: what the store, the audit record and the log are told of a
 * message: who, when, how large, what was decided and why.
 *
 * Runs in the gateway. Security: never a subject, a body or a file name.
 */
#include "base/enc.h"
#include "base/log.h"
#include "gateway/journey.h"

#define DETAIL_MAX (4u << 20)
#define RECIPIENTS_IN_EVENT 100	/* the recipient rows have them all */

static const char *
rung_name(enum rung rung)
{
	switch (rung) {
	case RUNG_TLS:
		return ("tls");
	case RUNG_SMIME:
		return ("smime");
	default:
		return ("portal");
	}
}

static const char *
action_name(const struct verdict *v)
{
	if (journey_is_unmet(v))
		return ("waits");
	switch (v->action) {
	case POLICY_PROTECT:
		return (rung_name(v->ladder.rung));
	case POLICY_DISCARD:
		return ("deleted");
	case POLICY_REJECT:
		return ("left out");	/* whom a rule would have added */
	case POLICY_REDIRECT:
		return ("redirected");
	default:
		return ("clear");
	}
}

/* The rules that applied, whether they were to act or only to be recorded. */
static void
hits(const struct verdict *v, struct buf *b)
{
	static const char *const severities[] = { "none", "low", "medium",
		"high" };
	const char *comma = "";

	if (v->hits == NULL)
		return;
	buf_z(b, ",\"rules\":[");
	for (const struct policy_hit *h = v->hits; h != NULL; h = h->next) {
		buf_printf(b, "%s{\"rule\":", comma);
		enc_json(h->rule, b);
		buf_printf(b, ",\"mode\":\"%s\"}", policy_mode_name(h->mode));
		comma = ",";
	}
	buf_printf(b, "],\"severity\":\"%s\"", severities[v->severity]);
}

/* Which label it has, where from, and which it should have. */
static void
label(const struct verdict *v, struct buf *b)
{
	if (v->recommended_label != NULL) {
		buf_z(b, ",\"recommended_label\":");
		enc_json(v->recommended_label->name, b);
	}
	if (v->label == NULL)
		return;
	buf_z(b, ",\"label\":");
	enc_json(v->label->name, b);
	buf_z(b, ",\"label_by\":");
	enc_json(v->label_by, b);
}

static void
label_name(const char *key, const struct policy_label *l, struct buf *b)
{
	if (l == NULL)
		return;
	buf_printf(b, "\"%s\":", key);
	enc_json(l->name, b);
	buf_char(b, ',');
}

/* What was found of labels, the same for all recipients unless content is
 * looked for in what is of one of them. */
static void
labelling(const struct policy_labelling *l, struct buf *b)
{
	if (l == NULL)
		return;
	buf_z(b, ",\"labels\":{");
	label_name("sender", l->sender, b);
	label_name("previous", l->previous, b);
	label_name("attachment", l->files, b);
	label_name("content", l->content, b);
	if (l->is_lowered) {
		buf_z(b, "\"justification\":");
		enc_json(l->justification, b);
		buf_char(b, ',');
	}
	buf_printf(b, "\"lowered\":%s,\"unknown\":%s,\"ignored\":[",
	    l->is_lowered && l->label == l->sender ? "true" : "false",
	    l->is_unknown ? "true" : "false");
	for (size_t i = 0; i < l->n_aliens; i++) {
		buf_z(b, i > 0 ? ",{\"tenant\":" : "{\"tenant\":");
		enc_json(l->aliens[i].tenant, b);
		buf_z(b, ",\"id\":");
		enc_json(l->aliens[i].id, b);
		buf_char(b, '}');
	}
	buf_z(b, "]}");
}

static struct str
template_name(const struct verdict *v)
{
	return (v->template != NULL ? v->template->name : STR_NULL);
}

static void
recipients(struct journey *j)
{
	for (size_t i = 0; i < j->envelope->n_recipients; i++) {
		struct store_recipient *r = &j->recipients[i];
		const struct verdict *v = &j->verdicts[i];

		r->address = j->envelope->recipients[i].address.text;
		r->action = str_of(action_name(v));
		r->rule = v->rule;
		r->reason = v->reason;
		if (v->is_held)
			r->reason = str_of(arena_printf(j->arena,
			    "%.*s; held by %.*s", STR_FMT(v->reason),
			    STR_FMT(v->held_reason)));
		r->template = template_name(v);
	}
}

static void
event(struct journey *j)
{
	struct buf b = BUF_INIT(DETAIL_MAX);
	char id[ID_TEXT_SIZE];
	size_t n = MIN_OF(j->envelope->n_recipients,
	    (size_t)RECIPIENTS_IN_EVENT);

	buf_printf(&b, "{\"message\":\"%s\",\"sender\":",
	    id_text(&j->envelope->id, id));
	enc_json(j->envelope->sender.text, &b);
	buf_printf(&b, ",\"bytes\":%zu,\"recipients\":%zu,\"decided\":[",
	    j->bytes.len, j->envelope->n_recipients);
	for (size_t i = 0; i < n; i++) {
		const struct store_recipient *r = &j->recipients[i];

		buf_z(&b, i > 0 ? ",{\"to\":" : "{\"to\":");
		enc_json(r->address, &b);
		buf_z(&b, ",\"action\":");
		enc_json(r->action, &b);
		buf_z(&b, ",\"rule\":");
		enc_json(r->rule, &b);
		buf_z(&b, ",\"reason\":");
		enc_json(r->reason, &b);
		hits(&j->verdicts[i], &b);
		label(&j->verdicts[i], &b);
		smime_record_out(j, i, &b);
		buf_char(&b, '}');
	}
	buf_char(&b, ']');
	labelling(j->verdicts[0].labelling, &b);
	smime_record_in(j, &b);
	journey_told(j, &b);
	buf_char(&b, '}');
	j->event = (struct store_event){ j->is_climbing ?
	    STR_LIT("message.climbed") : STR_LIT("message.accepted"),
	    arena_str(j->arena, buf_view(&b)) };
	buf_done(&b);
}

static void
parcels(struct journey *j)
{
	j->store_parcels = arena_array(j->arena, j->n_parcels + 1,
	    sizeof(*j->store_parcels));
	for (size_t i = 0; i < j->n_parcels; i++)
		j->store_parcels[i] = (struct store_parcel){
		    j->parcels[i].id, j->parcels[i].views,
		    j->parcels[i].n_parts };
}

void
journey_describe(struct journey *j)
{
	struct store_message *m = &j->message;

	m->id = j->envelope->id;
	m->workspace = j->gateway->settings->workspace;
	m->received_ms = j->now_ms;
	m->message_id = letter_header(j->letter->root, STR_LIT("Message-ID"),
	    j->arena);
	m->client = str_of(j->envelope->peer);
	m->size_bytes = j->bytes.len;
	recipients(j);
	event(j);
	parcels(j);
	j->accept = (struct store_accept){ .message = m,
	    .recipients = j->recipients,
	    .n_recipients = j->envelope->n_recipients,
	    .parcels = j->store_parcels, .n_parcels = j->n_parcels,
	    .grants = j->grants, .n_grants = j->n_grants,
	    .payloads = j->store_payloads, .n_payloads = j->n_payloads,
	    .items = j->items, .n_items = j->n_items,
	    .reviews = j->reviews, .n_reviews = j->n_reviews,
	    .features = j->has_features ? &j->features : NULL,
	    .is_there = j->is_climbing,
	    .is_from_outside = j->is_from_outside,
	    .lease_ms = RELAY_LEASE_MS, .event = &j->event };
}

void
journey_log_accepted(const struct journey *j)
{
	char id[ID_TEXT_SIZE];

	if (!log_wants(LOG_LEVEL_INFO))
		return;
	log_info("accepted", "message=%s from=%.*s client=%s bytes=%zu "
	    "recipients=%zu protected=%zu", id_text(&j->envelope->id, id),
	    STR_FMT(j->envelope->sender.text), j->envelope->peer,
	    j->bytes.len, j->envelope->n_recipients, j->n_grants);
}

void
journey_log_refusal(const struct journey *j, const struct verdict *v)
{
	char id[ID_TEXT_SIZE];

	log_info("rejected", "message=%s from=%.*s client=%s rule=\"%.*s\"",
	    id_text(&j->envelope->id, id),
	    STR_FMT(j->envelope->sender.text), j->envelope->peer,
	    STR_FMT(v->rule));
}

void
journey_log_error(const struct journey *j, const struct err *err)
{
	char id[ID_TEXT_SIZE];

	log_warn("refused", "message=%s from=%.*s client=%s reason=\"%s\"",
	    id_text(&j->envelope->id, id),
	    STR_FMT(j->envelope->sender.text), j->envelope->peer, err->msg);
}

void
journey_done(struct journey *j)
{
	for (size_t i = 0; i < j->n_parcels; i++)
		parcel_done(&j->parcels[i]);
	for (size_t i = 0; i < j->n_payloads; i++)
		buf_done(&j->payloads[i].sealed);
	for (size_t i = 0; i < j->n_variants; i++)
		buf_done(&j->variants[i].edited);
	buf_done(&j->cleaned);
	buf_done(&j->judged);
	smime_done(j);
}
