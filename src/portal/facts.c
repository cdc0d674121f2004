/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts: who wrote and until when it can be read, for anybody with the link.
 *
 * Runs in the portal. Security: the link alone shows the sender and a hint of
 * the recipient's address, never a subject or a size.
 */
#include "base/enc.h"
#include "conf/brand.h"
#include "people/reader.h"
#include "portal/say.h"

#define FACTS_MAX (16384 + 2 * BRAND_MAX_PACKED)
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

static void
put_text(const char *name, struct str text, struct buf *json)
{
	if (text.len == 0)
		return;
	buf_printf(json, ",\"%s\":", name);
	enc_json(text, json);
}

/* How the sender's organisation wants the page to look. */
static void
put_brand(struct str packed, struct buf *json)
{
	struct brand b;
	const char *type;

	if (packed.len == 0 || brand_unpack(packed, &b, NULL) == -1)
		return;
	if (!b.has_background)
		b.background = 0xffffff;
	type = brand_logo_type(b.logo);
	buf_printf(json, ",\"brand\":{\"background\":\"#%06x\","
	    "\"ink\":\"#%06x\",\"button\":%s", b.background,
	    brand_ink(b.background), b.has_background &&
	    brand_stands_out(b.background) ? "true" : "false");
	if (type != NULL) {
		buf_printf(json, ",\"logo\":\"data:%s;base64,", type);
		enc_base64(b.logo.p, b.logo.len, json);
		buf_char(json, '"');
	}
	put_text("title", b.texts[BRAND_PORTAL_TITLE], json);
	put_text("disclaimer", b.texts[BRAND_DISCLAIMER], json);
	put_text("privacy_url", b.texts[BRAND_PRIVACY_URL], json);
	buf_char(json, '}');
}

void
facts_answer(struct visit *v)
{
	struct err err = ERR_INIT;
	struct str brand;

	AUTO_BUF struct buf json = BUF_INIT(FACTS_MAX);

	if (store_grant_brand(v->portal->config->store,
	    &v->facts.grant.id, v->a, &brand, &err) == -1) {
		say_failure(v, &err);
		return;
	}
	buf_printf(&json, "{\"state\":\"%s\",\"sender\":",
	    states[v->facts.state]);
	enc_json(v->facts.message.sender, &json);
	buf_z(&json, ",\"sender_name\":");
	enc_json(v->facts.message.sender_name, &json);
	buf_z(&json, ",\"organisation\":");
	enc_json(v->portal->house.organisation, &json);
	if (v->facts.state == STORE_GRANT_ACTIVE)
		put_active(v, &json);
	put_brand(brand, &json);
	buf_z(&json, "}\n");
	say_json(v, &json);
}
