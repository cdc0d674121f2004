/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settle: what becomes of an item after an attempt: delivered, later, never;
 * and the report to its sender.
 *
 * Runs in the gateway's relay. Security: a report holds addresses, the
 * server's words and nothing of the message.
 */
#include "base/enc.h"
#include "base/fault.h"
#include "base/log.h"
#include "relay/deliver.h"

#define REPORT_MAX (64u << 10)

static const struct settle_from nobody = { .client = NULL };

/* What a connection has proven, and how it was encrypted. */
static void
evidence(const struct smtp_client *c, struct buf *out)
{
	const struct conn_tls *tls = c != NULL ? smtp_client_tls(c) : NULL;
	char sha256[2 * sizeof(tls->peer_sha256) + 1];

	if (c == NULL)
		return;
	buf_printf(out, ",\"address\":\"%s\"", smtp_client_address(c));
	if (tls == NULL) {
		buf_z(out, ",\"tls\":null");
		return;
	}
	enc_hex(tls->peer_sha256, sizeof(tls->peer_sha256), sha256);
	buf_printf(out, ",\"tls\":{\"protocol\":\"%s\",\"cipher\":\"%s\","
	    "\"group\":\"%s\",\"resumed\":%s,\"certificate\":\"%s\","
	    "\"names\":", tls->protocol, tls->cipher, tls->group,
	    tls->is_resumed ? "true" : "false", sha256);
	enc_json(str_of(tls->peer_names), out);
	buf_z(out, ",\"proof\":");
	if (smtp_client_proof(c) != NULL)
		buf_printf(out, "\"%s\"}", smtp_client_proof(c));
	else
		buf_z(out, "null}");
}

static void
detail(const struct relay_job *job, const struct settle_from *from,
    struct str reply, struct buf *out)
{
	char id[ID_TEXT_SIZE];

	buf_printf(out, "{\"item\":\"%s\"", id_text(&job->item.id, id));
	if (!id_is_zero(&job->item.message))
		buf_printf(out, ",\"message\":\"%s\"",
		    id_text(&job->item.message, id));
	buf_z(out, ",\"recipient\":");
	enc_json(job->item.recipient, out);
	buf_z(out, ",\"host\":");
	enc_json(from->host, out);
	evidence(from->client, out);
	buf_z(out, ",\"reply\":");
	enc_json(reply, out);
	buf_char(out, '}');
}

static void
record(const struct relay_tools *t, const struct relay_job *job,
    enum store_outcome outcome, int64_t next_ms,
    const struct settle_from *from, struct str reply)
{
	static const char *const names[] = { [STORE_DELIVERED] = "delivered",
		[STORE_FAILED] = "failed", [STORE_DEFERRED] = "deferred" };
	AUTO_BUF struct buf json = BUF_INIT(REPORT_MAX);
	char id[ID_TEXT_SIZE], event[32];
	struct store_event e;

	detail(job, from, reply, &json);
	(void)snprintf(event, sizeof(event), "delivery.%s", names[outcome]);
	e = (struct store_event){ str_of(event), buf_view(&json) };
	store_attempt(t->store, &job->item.id, outcome, next_ms, reply, &e);
	log_info(names[outcome], "item=%s kind=%.*s to=%.*s host=%.*s "
	    "reply=\"%.*s\"", id_text(&job->item.id, id),
	    STR_FMT(job->item.kind), STR_FMT(job->item.recipient),
	    STR_FMT(from->host), STR_FMT(reply));
}

/* ---- reports ---------------------------------------------------------- */

/* What the message was called; nothing when it is not ours to know. */
static void
describe(const struct relay_tools *t, const struct relay_job *job,
    struct arena *a, struct bounce *b)
{
	struct store_message message;
	struct err err = ERR_INIT;
	char id[ID_TEXT_SIZE];

	b->received_ms = job->item.created_ms;
	if (id_is_zero(&job->item.message) || store_message_find(t->store,
	    str_of(id_text(&job->item.message, id)), a, &message, &err) == -1)
		return;
	b->message_id = message.message_id;
	b->received_ms = message.received_ms;
}

static int
put_report(const struct relay_tools *t, const struct bounce *b,
    const struct store_item *of, struct str mail, struct err *err)
{
	AUTO_BUF struct buf sealed = BUF_INIT(2 * REPORT_MAX);
	struct store_payload payload = { .id = id_new() };
	struct store_item item = { .id = id_new(), .payload = payload.id,
	    .kind = STR_LIT("report"), .sender = STR_NULL,
	    .recipient = b->sender, .is_8bit = bounce_is_global(b),
	    .is_utf8 = bounce_needs_smtputf8(b),
	    /* RFC 8689 5: what is said about it goes as it went. */
	    .requires_tls = of->requires_tls,
	    .created_ms = clock_wall_ms(), .next_ms = clock_wall_ms() };
	struct store_accept accept = { .payloads = &payload, .n_payloads = 1,
	    .items = &item, .n_items = 1 };

	if (spool_seal(t->spool, &payload.id, mail, &payload.spool, &sealed,
	    err) == -1)
		return (-1);
	payload.sealed = buf_view(&sealed);
	item.spool = payload.spool;
	item.route = route_of(&t->way, b->sender, false);
	item.expires_ms = item.created_ms + t->settings->delivery.expire_ms;
	return (store_accept(t->store, &accept, err));
}

static void
report(const struct relay_tools *t, const struct relay_job *job,
    enum bounce_action action, struct str host, struct str reply)
{
	AUTO_BUF struct buf mail = BUF_INIT(REPORT_MAX);
	const struct settings *s = t->settings;
	struct arena *a;
	struct err err = ERR_INIT;
	struct bounce b = { .action = action, .hostname = str_of(s->hostname),
	    .sender = job->item.sender, .recipient = job->item.recipient,
	    .orcpt = job->item.orcpt, .envid = job->item.envid,
	    .remote = host, .reply = reply, .now_ms = clock_wall_ms(),
	    .until_ms = job->item.expires_ms };

	if (!bounce_is_wanted(&job->item, action))
		return;
	a = arena_new();
	b.postmaster = settings_postmaster(s, a);
	describe(t, job, a, &b);
	bounce_render(&b, &mail);
	if (put_report(t, &b, &job->item, buf_view(&mail), &err) == -1)
		log_error("report_lost", "reason=\"%s\"", err.msg);
	arena_free(&a);
}

/* ---- outcomes --------------------------------------------------------- */

static void
fail(const struct relay_tools *t, const struct relay_job *job,
    const struct settle_from *from, struct str reply)
{
	report(t, job, BOUNCE_FAILED, from->host, reply);
	record(t, job, STORE_FAILED, 0, from, reply);
}

static void
defer(const struct relay_tools *t, const struct relay_job *job,
    const struct settle_from *from, struct str reply)
{
	int64_t now = clock_wall_ms();
	int64_t next = schedule_next(&t->schedule, job->item.attempts + 1, now);
	int64_t warn = job->item.created_ms +
	    t->settings->delivery.tell_delay_ms;

	if (now >= job->item.expires_ms) {
		fail(t, job, from, reply);
		return;
	}
	/* Once: before the first wait that goes beyond it. */
	if (now < warn && warn <= next)
		report(t, job, BOUNCE_DELAYED, from->host, reply);
	record(t, job, STORE_DEFERRED, MIN_OF(next, job->item.expires_ms),
	    from, reply);
}

void
settle_reply(const struct relay_tools *t, const struct relay_job *job,
    const struct smtp_reply *reply, const struct settle_from *from)
{
	char words[SMTP_REPLY_MAX + 32];
	struct str said;

	(void)snprintf(words, sizeof(words), "%d %s%s%s", reply->code,
	    reply->status, reply->status[0] != '\0' ? " " : "", reply->text);
	said = str_of(words);
	if (reply->code / 100 == 2) {
		if (!from->is_reported)
			report(t, job, BOUNCE_RELAYED, from->host, said);
		record(t, job, STORE_DELIVERED, 0, from, said);
	} else if (reply->code >= 500)
		fail(t, job, from, said);
	else
		defer(t, job, from, said);
}

void
settle_later(const struct relay_tools *t, const struct relay_job *job,
    const char *why)
{
	defer(t, job, &nobody, str_of(why));
}

void
settle_never(const struct relay_tools *t, const struct relay_job *job,
    const char *why)
{
	fail(t, job, &nobody, str_of(why));
}

void
settle_postponed(const struct relay_tools *t, const struct relay_job *job,
    struct str why, int64_t until_ms)
{
	int64_t now = clock_wall_ms();
	int64_t warn = job->item.created_ms +
	    t->settings->delivery.tell_delay_ms;

	if (now >= job->item.expires_ms) {
		fail(t, job, &nobody, why);
		return;
	}
	if (now < warn && warn <= until_ms)
		report(t, job, BOUNCE_DELAYED, STR_NULL, why);
	store_attempt(t->store, &job->item.id, STORE_POSTPONED,
	    MIN_OF(until_ms, job->item.expires_ms), why, NULL);
}
