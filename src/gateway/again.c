/* SPDX-License-Identifier: Apache-2.0 */
/*
 * again: a message that nothing could protect as demanded is decided about
 * once more, when the relay comes to it: a new policy or something new about
 * the recipient may have made it possible.
 *
 * Runs in the gateway, in a worker of the relay. Security: the message leaves
 * only through the whole journey, by the policy of now; a message that still
 * cannot be protected goes back to wait.
 */
#include "gateway/journey.h"

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
again_decide(void *ctx, const struct store_item *item, struct str mail,
    struct arena *arena, struct smtp_reply *reply)
{
	struct gateway *g = ctx;
	struct smtp_recipient recipient = { .notify = item->notify,
	    .orcpt = item->orcpt };
	struct smtp_envelope e = { .id = id_new(), .recipients = &recipient,
	    .n_recipients = 1, .envid = item->envid,
	    .ret_headers = item->ret_headers, .is_8bit = item->is_8bit,
	    .is_utf8 = item->is_utf8, .arena = arena,
	    .peer = client_of(g, item, arena) };
	struct journey j = { .gateway = g, .envelope = &e, .bytes = mail,
	    .reply = reply, .arena = arena, .now_ms = clock_wall_ms(),
	    .is_again = true };
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
