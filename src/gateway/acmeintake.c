/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acmeintake: mail by which an ACME server asks whether an address is ours,
 * answered before anybody sees it.
 *
 * Runs in the gateway. Security: anybody can send one. It is taken only where
 * an order waits for it, it is signed by the very domain of its From, with all
 * the fields that are read (RFC 8823 3.1), and that is the sender whom the
 * server named; all else is mail like any other. The answer is signed as all
 * mail that leaves. Standards: RFC 8823 3.
 */
#include "base/clock.h"
#include "base/log.h"
#include "dkim/verify.h"
#include "gateway/state.h"
#include "issue/acmemail.h"
#include "issue/enrol.h"
#include "keepc/keepc.h"
#include "net/dns.h"

static int
ask(void *ctx, struct str name, struct arena *a, struct str **texts,
    size_t *n, struct err *err)
{
	return (dns_txt(ctx, name, a, texts, n, err));
}

/* Is it for whom it says, and does a signature of From's own domain hold? */
static bool
is_authentic(struct gateway *g, const struct smtp_envelope *envelope,
    const struct letter *letter)
{
	struct arena *a = envelope->arena;
	const struct verify_resolver resolver = { relay_names(g->relay),
		ask };
	struct verify_verdict *v;
	struct acmemail m;
	struct fields f;
	size_t n;

	if (acmemail_read(letter, a, &m, NULL) == -1 ||
	    !address_eq(&m.to, &envelope->recipients[0].address) ||
	    fields_parse(letter->bytes, a, &f, NULL) == -1)
		return (false);
	verify_message(&f, &resolver, clock_wall_ms(), a, &v, &n);
	for (size_t i = 0; i < n; i++)
		if (v[i].result == DKIM_PASS && str_eq_nocase(v[i].domain,
		    m.from.domain) && acmemail_is_covered(letter, v[i].names))
			return (true);
	return (false);
}

/* As ordinary mail, without a sender to return it to. */
static int
queue_reply(struct gateway *g, const struct enrol_reply *r, struct err *err)
{
	AUTO_BUF struct buf sealed = BUF_INIT(2 * ENROL_REPLY_MAX);
	struct store_payload payload = { .id = id_new() };
	int64_t now_ms = clock_wall_ms();
	ptrdiff_t at = str_rindex(r->to, '@');
	struct store_item item = { .id = id_new(), .payload = payload.id,
		.kind = STR_LIT("report"), .recipient = r->to,
		.route = str_sub(r->to, (size_t)at + 1, r->to.len),
		.notify = SMTP_NOTIFY_NEVER, .created_ms = now_ms,
		.next_ms = now_ms,
		.expires_ms = now_ms + g->settings->delivery.expire_ms,
		.state = STORE_ITEM_QUEUED };
	const struct store_accept accept = { .payloads = &payload,
		.n_payloads = 1, .items = &item, .n_items = 1 };

	if (spool_seal(g->spool, &payload.id, r->mail, &payload.spool,
	    &sealed, err) == -1)
		return (-1);
	payload.sealed = buf_view(&sealed);
	item.spool = payload.spool;
	return (store_accept(g->store, &accept, err));
}

static int
answer(struct gateway *g, const struct letter *letter, struct arena *a,
    bool *is_ours, struct err *err)
{
	const struct settings *s = g->settings;
	struct keepc *keepc = keepc_new(s->keeper.socket, "gateway");
	const struct enrol_config config = enrol_settings(s, g->store, keepc,
	    g->provider, relay_names(g->relay));
	struct enrol *enrol = enrol_new(&config);
	struct enrol_reply reply;
	int rc = enrol_challenge(enrol, letter, clock_wall_ms(), a, is_ours,
	    &reply, err);

	enrol_free(&enrol);
	keepc_free(&keepc);
	if (rc == 0 && *is_ours)
		rc = queue_reply(g, &reply, err);
	return (rc);
}

bool
acmeintake_take(struct gateway *g, const struct smtp_envelope *envelope,
    struct str bytes, struct smtp_reply *reply)
{
	struct arena *a = envelope->arena;
	struct letter *letter;
	struct err err = ERR_INIT;
	bool is_ours = false;

	if (g->settings->enrol.way != SETTINGS_ENROL_ACME ||
	    envelope->n_recipients != 1 ||
	    letter_parse(bytes, a, &letter, NULL) == -1 ||
	    !acmemail_is(letter))
		return (false);
	if (!is_authentic(g, envelope, letter)) {
		log_info("acme_challenge_unsigned", "client=%s",
		    envelope->peer);
		return (false);
	}
	if (answer(g, letter, a, &is_ours, &err) == -1) {
		log_info("acme_challenge_waits", "client=%s reason=\"%s\"",
		    envelope->peer, err.msg);
		smtp_reply_set(reply, 451, "4.3.0", "This cannot be answered "
		    "now; try again later");
		return (true);
	}
	if (!is_ours)
		return (false);
	log_info("acme_challenge_answered", "recipient=%.*s",
	    STR_FMT(envelope->recipients[0].address.text));
	smtp_reply_set(reply, 250, "2.0.0", "Ok: the answer is on its way");
	return (true);
}
