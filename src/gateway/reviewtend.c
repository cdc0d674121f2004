/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reviewtend: what decisions lead to, wherever they were made: reviews past
 * their time end, senders are told, and the administrator is reminded.
 *
 * Runs in the gateway, in the thread that tends. The mark that a sender is to
 * be told goes in the transaction that keeps the mail, so none is lost and none
 * is sent twice. Security: only senders inside are told; nobody else's address
 * is known to be theirs.
 */
#include "base/clock.h"
#include "base/enc.h"
#include "base/log.h"
#include "gateway/reviewing.h"

#define BATCH 50

static void
expire(struct gateway *g, struct arena *a, struct err *err)
{
	struct store_review_facts *due;
	int64_t now_ms = clock_wall_ms();
	size_t n;

	if (store_reviews_due(g->store, now_ms, BATCH, a, &due, &n,
	    err) == -1)
		return;
	for (size_t i = 0; i < n; i++) {
		struct review_choice choice = {
			.state = STORE_REVIEW_EXPIRED, .now_ms = now_ms };
		enum store_review_state before;
		char id[ID_TEXT_SIZE];

		if (review_decide(g->store, &due[i], &choice, a, &before,
		    err) == -1)
			return;
		log_info("review_expired", "review=%s",
		    id_text(&due[i].review.id, id));
	}
}

/* ---- telling the sender ----------------------------------------------- */

static bool
is_inside(const struct gateway *g, struct str address)
{
	ptrdiff_t at = str_rindex(address, '@');

	return (at >= 0 && policy_is_inside(g->policy,
	    str_sub(address, (size_t)at + 1, address.len)));
}

struct note
reviewing_note(const struct gateway *g, struct str to, struct arena *a)
{
	const struct settings *s = g->settings;

	return ((struct note){ .arena = a, .to = to,
	    .organisation = str_of(s->portal.organisation),
	    .postmaster = settings_postmaster(s, a),
	    .hostname = str_of(s->hostname), .now_ms = clock_wall_ms() });
}

static struct store_item
item_of(const struct gateway *g, const struct id *message,
    const struct note *n)
{
	ptrdiff_t at = str_rindex(n->to, '@');

	return ((struct store_item){ .id = id_new(),
	    .message = *message, .kind = STR_LIT("report"),
	    .recipient = n->to,
	    .route = str_sub(n->to, (size_t)at + 1, n->to.len),
	    .notify = SMTP_NOTIFY_NEVER, .is_8bit = note_is_8bit(n),
	    .is_utf8 = note_needs_smtputf8(n), .created_ms = n->now_ms,
	    .next_ms = n->now_ms,
	    .expires_ms = n->now_ms + g->settings->delivery.expire_ms,
	    .state = STORE_ITEM_QUEUED });
}

int
reviewing_mail(struct gateway *g, const struct note *n,
    const struct id *message, struct buf *sealed,
    struct store_payload *payload, struct store_item *item, struct err *err)
{
	AUTO_BUF struct buf mail = BUF_INIT(NOTE_MAIL_BYTES);

	*payload = (struct store_payload){ .id = id_new() };
	*item = item_of(g, message, n);
	note_render(n, &mail);
	if (buf_check(&mail, "a note", err) == -1 ||
	    spool_seal(g->spool, &payload->id, buf_view(&mail),
	    &payload->spool, sealed, err) == -1)
		return (-1);
	payload->sealed = buf_view(sealed);
	item->payload = payload->id;
	item->spool = payload->spool;
	return (0);
}

int
reviewing_seal(void *gateway, const struct note *n, struct buf *sealed,
    struct store_payload *payload, struct store_item *item, struct err *err)
{
	const struct id none = { { 0 } };

	return (reviewing_mail(gateway, n, &none, sealed, payload, item,
	    err));
}

static int
tell(struct gateway *g, const struct store_review_facts *f, struct arena *a,
    struct err *err)
{
	AUTO_BUF struct buf sealed = BUF_INIT(NOTE_MAIL_BYTES * 2);
	struct note n = reviewing_note(g, f->sender, a);
	struct store_payload payload;
	struct store_item item;
	struct store_accept accept = { .payloads = &payload, .n_payloads = 1,
		.items = &item, .n_items = 1 };

	n.message_id = f->message_id;
	reviewtext_ended(f, &n);
	if (reviewing_mail(g, &n, &f->review.message, &sealed, &payload,
	    &item, err) == -1)
		return (-1);
	return (store_review_told(g->store, &f->review.id, &accept, err));
}

static void
tell_all(struct gateway *g, struct arena *a, struct err *err)
{
	struct store_review_facts *untold;
	size_t n;

	if (store_reviews_untold(g->store, BATCH, a, &untold, &n, err) == -1)
		return;
	for (size_t i = 0; i < n; i++)
		if ((is_inside(g, untold[i].sender) ?
		    tell(g, &untold[i], a, err) : store_review_told(g->store,
		    &untold[i].review.id, NULL, err)) == -1)
			return;
}

void
reviewing_tend(struct gateway *g)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;

	expire(g, a, &err);
	if (err.kind == ERR_NONE)
		tell_all(g, a, &err);
	if (err.kind == ERR_NONE)
		(void)(reviewing_remind(g, a, &err) == -1);
	if (err.kind != ERR_NONE)
		log_warn("reviews_failed", "reason=\"%s\"", err.msg);
}
