/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts: who wrote and until when it can be read, for anybody with the link.
 *
 * Runs in the portal. Security: the link alone shows the sender and a hint of
 * the recipient's address, never a subject or a size.
 */
#include "base/enc.h"
#include "people/reader.h"
#include "portal/say.h"

#define FACTS_MAX 16384
#define HINT_MAX 1024

static const char *const states[] = {
	[STORE_GRANT_ACTIVE] = "active",
	[STORE_GRANT_REVOKED] = "revoked",
	[STORE_GRANT_EXPIRED] = "expired",
};

static void
put_active(const struct visit *v, struct buf *json)
{
	AUTO_BUF struct buf hint = BUF_INIT(HINT_MAX);

	reader_hint(v->facts.grant.recipient, &hint);
	buf_z(json, ",\"recipient_hint\":");
	enc_json(buf_view(&hint), json);
	buf_z(json, ",\"received\":");
	say_time(v->facts.message.received_ms, json);
	buf_z(json, ",\"expires\":");
	say_time(v->facts.grant.expires_ms, json);
	buf_printf(json, ",\"signed_in\":%s",
	    visit_is_recipient(v) ? "true" : "false");
}

void
facts_answer(struct visit *v)
{
	AUTO_BUF struct buf json = BUF_INIT(FACTS_MAX);

	buf_printf(&json, "{\"state\":\"%s\",\"sender\":",
	    states[v->facts.state]);
	enc_json(v->facts.message.sender, &json);
	buf_z(&json, ",\"sender_name\":");
	enc_json(v->facts.message.sender_name, &json);
	buf_z(&json, ",\"organisation\":");
	enc_json(v->portal->house.organisation, &json);
	if (v->facts.state == STORE_GRANT_ACTIVE)
		put_active(v, &json);
	buf_z(&json, "}\n");
	say_json(v, &json);
}
