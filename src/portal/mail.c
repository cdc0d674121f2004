/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail: the passcode mail.
 *
 * Runs in the portal. Security: the code is in clear only in this arena and
 * buffer, both wiped; on disk it is sealed under a spool key. The null sender
 * makes no bounce, so a mistyped address tells nobody anything.
 * Standards: RFC 5321 4.5.5, RFC 3834.
 */
#include "portal/mail.h"

#include "base/enc.h"
#include "portal/say.h"
#include "seal/spool.h"

#define MAIL_MAX (128u << 10)
#define NOTIFY_NEVER 1u	/* smtp/service.h, RFC 3461 4.1 */

static struct str
domain_of(struct str address)
{
	ptrdiff_t at = str_rindex(address, '@');

	return (str_sub(address, (size_t)(at + 1), address.len));
}

static void
render(const struct visit *v, const struct passcode *p, struct buf *out)
{
	struct passcode_mail mail = {
		.recipient = v->facts.grant.recipient,
		.code = str_of(p->code),
		.reference = str_of(p->reference),
		.sender = v->facts.message.sender,
		.grant = v->facts.grant.id,
		.now_ms = v->now_ms,
		.valid_ms = v->portal->config->settings->portal.passcode_ms,
	};

	passcode_render(&mail, &v->portal->house, out);
}

int
mail_passcode(struct visit *v, const struct passcode *p, struct err *err)
{
	AUTO_BUF struct buf plain = BUF_INIT(MAIL_MAX);
	AUTO_BUF struct buf sealed = BUF_INIT(2 * MAIL_MAX);
	const struct portal_config *config = v->portal->config;
	struct str to = v->facts.grant.recipient;
	struct store_payload payload = { .id = id_new() };
	struct store_item item = { .id = id_new(), .payload = payload.id,
		.kind = STR_LIT("passcode"), .sender = STR_LIT(""),
		.recipient = to, .route = domain_of(to),
		.orcpt = STR_LIT(""), .envid = STR_LIT(""),
		.notify = NOTIFY_NEVER, .is_utf8 = !enc_is_ascii(to),
		.created_ms = v->now_ms, .next_ms = v->now_ms,
		/* A code that comes too late is of no use. */
		.expires_ms = v->now_ms + config->settings->portal.passcode_ms,
		.state = STORE_ITEM_QUEUED, .last_reply = STR_LIT("") };
	struct store_event event = say_event(v, "portal.passcode_sent", NULL);
	struct store_accept accept = { .payloads = &payload, .n_payloads = 1,
		.items = &item, .n_items = 1, .event = &event };

	render(v, p, &plain);
	item.is_8bit = !enc_is_ascii(buf_view(&plain));
	if (buf_check(&plain, "the passcode mail", err) != 0 ||
	    spool_seal(config->spool, &payload.id, buf_view(&plain),
	    &payload.spool, &sealed, err) != 0)
		return (-1);
	item.spool = payload.spool;
	payload.sealed = buf_view(&sealed);
	return (store_accept(config->store, &accept, err));
}
