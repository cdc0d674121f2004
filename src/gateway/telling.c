/* SPDX-License-Identifier: Apache-2.0 */
/*
 * telling: which notes a message causes, for whom, and their way into the
 * spool, beside what else the message becomes.
 *
 * Runs in the gateway. Security: one note of a kind per rule and message; mail
 * that programs send causes none but reports of incidents, so that notes never
 * cause notes; a sender is told only inside, where nobody else can have
 * written his address. Reports go inside only. Plaintext is wiped when it is
 * sealed. Standards: RFC 3834 2 (what not to answer), RFC 5321 4.5.5 (null
 * return path).
 */
#include "gateway/telling.h"

#include "base/enc.h"
#include "base/fault.h"

#define FIELDS_MAX (16u << 10)
#define ORIGINALS_MAX (64u << 20)	/* all copies of one message */

/* ---- whether and whom ------------------------------------------------- */

/* Written by a program: nobody reads an answer. */
static bool
is_automatic(const struct journey *j)
{
	struct str submitted = str_trim(letter_header(j->letter->root,
	    STR_LIT("Auto-Submitted"), j->arena));
	struct loop_facts loop;

	loop_read(j->gateway->loop_key, j->letter->root, &loop);
	if (j->envelope->sender.text.len == 0 || loop.passes > 0)
		return (true);
	return (submitted.len > 0 &&
	    !(str_starts_nocase(submitted, STR_LIT("no")) &&
	    (submitted.len == 2 || !ascii_is_alpha(submitted.p[2]))));
}

static bool
may_tell_sender(const struct journey *j)
{
	return (!is_automatic(j) && !j->is_from_outside &&
	    policy_is_inside(j->gateway->policy,
	    j->envelope->sender.domain));
}

static bool
tells(const struct policy_hit *hit)
{
	return (hit->tell != NULL || hit->mode == POLICY_AUDIT_AND_NOTIFY);
}

static struct told_rule *
told_rule_of(struct journey *j, const struct policy_hit *hit,
    struct told_rule **list)
{
	struct told_rule *t;

	for (; *list != NULL; list = &(*list)->next)
		if (str_eq((*list)->hit->rule, hit->rule))
			return (*list);
	*list = t = arena_alloc(j->arena, sizeof(*t));
	t->hit = hit;
	t->recipients = arena_array(j->arena, j->envelope->n_recipients,
	    sizeof(*t->recipients));
	return (t);
}

/* Each rule that tells somebody once, with the recipients it is about. */
static struct told_rule *
rules_that_tell(struct journey *j)
{
	struct told_rule *list = NULL, *t;

	for (size_t i = 0; i < j->envelope->n_recipients; i++)
		for (const struct policy_hit *h = j->verdicts[i].hits;
		    h != NULL; h = h->next)
			if (tells(h)) {
				t = told_rule_of(j, h, &list);
				t->recipients[t->n++] = i;
			}
	return (list);
}

/* ---- notes ------------------------------------------------------------ */

struct note *
telling_note(struct journey *j, const char *kind, struct str rule,
    struct str to)
{
	struct journey_note *jn = arena_alloc(j->arena, sizeof(*jn));
	const struct settings *s = j->gateway->settings;

	jn->kind = kind;
	jn->rule = rule;
	jn->note = (struct note){ .arena = j->arena, .to = to,
	    .organisation = str_of(s->portal.organisation),
	    .postmaster = settings_postmaster(s, j->arena),
	    .hostname = str_of(s->hostname), .now_ms = j->now_ms,
	    .message_id = letter_header(j->letter->root,
	    STR_LIT("Message-ID"), j->arena) };
	if (j->last_note != NULL)
		j->last_note->next = jn;
	else
		j->notes = jn;
	j->last_note = jn;
	j->n_notes++;
	return (&jn->note);
}

/* The whole message, where the reader is inside and the copies do not get too
 * many. */
static void
attach(struct journey *j, struct note *n, const struct address *to)
{
	size_t len = j->bytes.len;

	if (!policy_is_inside(j->gateway->policy, to->domain))
		return;
	if (j->attached_bytes + len > ORIGINALS_MAX) {
		note_say(n, NOTE_TEXT, "The message itself is too large to be "
		    "attached (%zu bytes).", len);
		return;
	}
	j->attached_bytes += len;
	n->original = j->bytes;
	n->is_original_global = j->envelope->is_utf8;
}

static void
report(struct journey *j, const struct told_rule *t, bool is_refused)
{
	const struct policy_tell *tell = t->hit->tell;

	for (size_t i = 0; i < tell->n_report_to; i++) {
		struct note *n = telling_note(j, "incident", t->hit->rule,
		    tell->report_to[i].text);

		telltext_incident(j, t, is_refused, n);
		if ((tell->report_has & POLICY_REPORT_ORIGINAL) != 0)
			attach(j, n, &tell->report_to[i]);
	}
}

static void
notify_recipients(struct journey *j, const struct told_rule *t)
{
	for (size_t i = 0; i < t->n; i++)
		telltext_notification(j, t, t->recipients[i], telling_note(j,
		    "notification", t->hit->rule,
		    j->envelope->recipients[t->recipients[i]].address.text));
}

/* What only people who wrote a message themselves cause. */
static void
tell_people(struct journey *j, const struct told_rule *t)
{
	const struct policy_hit *hit = t->hit;
	struct str sender = j->envelope->sender.text;

	if (hit->mode == POLICY_AUDIT_AND_NOTIFY && may_tell_sender(j))
		telltext_tried(j, t, telling_note(j, "tried", hit->rule,
		    sender));
	if (hit->mode != POLICY_ENFORCE)
		return;
	if (hit->tell->sender == POLICY_NOTIFY_ONLY && may_tell_sender(j))
		telltext_noticed(j, t, telling_note(j, "noticed", hit->rule,
		    sender));
	if (hit->tell->to_recipients.len > 0 && !is_automatic(j))
		notify_recipients(j, t);
}

/* ---- labels ----------------------------------------------------------- */

/* The highest that is recommended for a recipient, and who they are. */
static struct told_rule *
recommended(struct journey *j)
{
	struct told_rule *t = arena_alloc(j->arena, sizeof(*t));
	const struct policy_label *best = NULL;

	t->recipients = arena_array(j->arena, j->envelope->n_recipients,
	    sizeof(*t->recipients));
	for (size_t i = 0; i < j->envelope->n_recipients; i++) {
		const struct policy_label *l =
		    j->verdicts[i].recommended_label;

		if (l == NULL || (best != NULL && l->priority <
		    best->priority))
			continue;
		if (l != best)
			t->n = 0;
		best = l;
		t->recipients[t->n++] = i;
	}
	return (t);
}

static void
recommend_label(struct journey *j)
{
	struct told_rule *t = recommended(j);

	if (t->n > 0 && may_tell_sender(j))
		telltext_recommended(j, t, telling_note(j, "recommended",
		    STR_NULL, j->envelope->sender.text));
}

/* ---- held ------------------------------------------------------------- */

void
journey_tell_held(struct journey *j, size_t i, struct str reason)
{
	struct str to = j->envelope->recipients[i].address.text;
	struct note *n;

	if (!may_tell_sender(j))
		return;
	for (struct journey_note *jn = j->notes; jn != NULL; jn = jn->next)
		if (strcmp(jn->kind, "held") == 0 &&
		    str_eq(jn->reason, reason)) {
			note_add(&jn->note, NOTE_FACT, STR_NULL, to);
			return;
		}
	n = telling_note(j, "held", STR_NULL, j->envelope->sender.text);
	j->last_note->reason = arena_str(j->arena, reason);
	telltext_held(j, i, reason, n);
}

/* ---- into the spool --------------------------------------------------- */

static void *
grown(struct arena *a, const void *old, size_t n, size_t more, size_t size)
{
	void *new = arena_array(a, n + more, size);

	if (n > 0)
		memcpy(new, old, n * size);
	return (new);
}

static void
make_room(struct journey *j, size_t more)
{
	j->items = grown(j->arena, j->items, j->n_items, more,
	    sizeof(*j->items));
	j->payloads = grown(j->arena, j->payloads, j->n_payloads, more,
	    sizeof(*j->payloads));
	j->store_payloads = grown(j->arena, j->store_payloads, j->n_payloads,
	    more, sizeof(*j->store_payloads));
}

static struct str
domain_of(struct str address)
{
	return (str_sub(address, (size_t)(str_rindex(address, '@') + 1),
	    address.len));
}

/* From nobody, so that no note comes back to anybody. */
static void
new_item(struct journey *j, const struct note *n, bool is_stored)
{
	struct journey_payload *p = &j->payloads[j->n_payloads];

	p->first_item = j->n_items;
	p->n_items = 1;
	j->items[j->n_items++] = (struct store_item){ .id = id_new(),
	    .message = is_stored ? j->envelope->id : (struct id){ { 0 } },
	    .kind = STR_LIT("report"), .recipient = n->to,
	    .route = domain_of(n->to), .notify = SMTP_NOTIFY_NEVER,
	    .is_8bit = note_is_8bit(n), .is_utf8 = note_needs_smtputf8(n),
	    .created_ms = j->now_ms, .next_ms = j->now_ms,
	    .expires_ms = j->now_ms +
	    j->gateway->settings->delivery.expire_ms,
	    .state = STORE_ITEM_QUEUED };
}

static int
seal(struct journey *j, struct note *n, bool is_stored, struct err *err)
{
	AUTO_BUF struct buf mail = BUF_INIT(NOTE_MAIL_BYTES +
	    n->original.len);
	AUTO_BUF struct buf fields = BUF_INIT(FIELDS_MAX);

	loop_write(j->gateway->loop_key, j->letter->root, &fields);
	n->fields = buf_view(&fields);
	note_render(n, &mail);
	if (buf_check(&mail, "a note", err) == -1)
		return (-1);
	new_item(j, n, is_stored);
	return (journey_spool(j, &j->payloads[j->n_payloads],
	    buf_view(&mail), err));
}

static int
seal_all(struct journey *j, bool is_stored, struct err *err)
{
	if (j->n_notes == 0)
		return (0);
	make_room(j, j->n_notes);
	for (struct journey_note *jn = j->notes; jn != NULL; jn = jn->next)
		if (seal(j, &jn->note, is_stored, err) == -1)
			return (-1);
	return (0);
}

int
journey_tell(struct journey *j, struct err *err)
{
	if (FAULT_HERE("journey.tell") == -1)
		return (err_set(err, ERR_TEMP, "telling failed"));
	for (const struct told_rule *t = rules_that_tell(j); t != NULL;
	    t = t->next) {
		if (t->hit->tell != NULL)
			report(j, t, false);
		tell_people(j, t);
	}
	recommend_label(j);
	return (seal_all(j, true, err));
}

int
journey_tell_refused(struct journey *j, struct str why, struct err *err)
{
	AUTO_BUF struct buf detail = BUF_INIT(FIELDS_MAX * 64);
	char id[ID_TEXT_SIZE];

	must(j->n_payloads == 0);
	for (const struct told_rule *t = rules_that_tell(j); t != NULL;
	    t = t->next)
		if (t->hit->tell != NULL)
			report(j, t, true);
	if (j->n_notes == 0)
		return (0);
	if (seal_all(j, false, err) == -1)
		return (-1);
	buf_printf(&detail, "{\"message\":\"%s\",\"sender\":",
	    id_text(&j->envelope->id, id));
	enc_json(j->envelope->sender.text, &detail);
	buf_z(&detail, ",\"reason\":");
	enc_json(why, &detail);
	journey_told(j, &detail);
	buf_char(&detail, '}');
	j->event = (struct store_event){ STR_LIT("message.refused"),
	    buf_view(&detail) };
	j->accept = (struct store_accept){ .payloads = j->store_payloads,
	    .n_payloads = j->n_payloads, .items = j->items,
	    .n_items = j->n_items, .lease_ms = RELAY_LEASE_MS,
	    .event = &j->event };
	return (store_accept(j->gateway->store, &j->accept, err));
}

void
journey_told(const struct journey *j, struct buf *out)
{
	const char *comma = "";

	if (j->notes == NULL)
		return;
	buf_z(out, ",\"notes\":[");
	for (const struct journey_note *jn = j->notes; jn != NULL;
	    jn = jn->next) {
		buf_printf(out, "%s{\"kind\":\"%s\",\"rule\":", comma,
		    jn->kind);
		enc_json(jn->rule, out);
		buf_z(out, ",\"to\":");
		enc_json(jn->note.to, out);
		buf_char(out, '}');
		comma = ",";
	}
	buf_char(out, ']');
}
