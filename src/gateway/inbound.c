/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inbound: what an SMTP session asks of the gateway: who may relay, which
 * recipient is taken, room for a message, and the message itself.
 *
 * Runs in the gateway, one thread per session. Security: the only place that
 * decides who is a client: network, certificate or password, else nobody.
 * Standards: RFC 5321 7.9 (refusing), RFC 4954.
 */
#include "base/clock.h"
#include "base/enc.h"
#include "base/log.h"
#include "conf/network.h"
#include "gateway/state.h"
#include "people/password.h"

/* A message in work is there twice: as received and as sealed; with S/MIME also
 * as it is signed and as it is encrypted, or opened. */
#define COPIES 2
#define SMIME_COPIES 5

static bool
has_certificate(const struct settings_list *allowed, const struct conn_tls *tls)
{
	char hex[2 * sizeof(tls->peer_sha256) + 1];

	if (tls == NULL || !tls->has_peer)
		return (false);
	if (tls->is_peer_trusted)
		return (true);
	enc_hex(tls->peer_sha256, sizeof(tls->peer_sha256), hex);
	for (size_t i = 0; i < allowed->n; i++)
		if (strcasecmp(allowed->values[i], hex) == 0)
			return (true);
	return (false);
}

static bool
may_relay(void *ctx, const struct smtp_peer *peer)
{
	const struct gateway *g = ctx;
	const struct settings_smtp *smtp = &g->settings->smtp;

	return (peer->user != NULL ||
	    settings_network_has(&smtp->networks, peer->address) ||
	    has_certificate(&smtp->certificates, peer->tls));
}

static bool
login(void *ctx, struct str user, struct str password)
{
	const struct gateway *g = ctx;

	return (password_check(g->settings->smtp.users_file, user, password));
}

/* Every recipient is taken: what policy refuses, it refuses with the message,
 * when it has seen it. */
static void
recipient(void *ctx, const struct smtp_envelope *envelope,
    const struct address *address, struct smtp_reply *reply)
{
	(void)ctx;
	(void)envelope;
	if (address->domain.len == 0)
		smtp_reply_set(reply, 550, "5.1.3",
		    "The address has no domain; write user@domain");
	else
		smtp_reply_set(reply, 250, "2.1.5", "Ok");
}

static uint64_t
copies(const struct gateway *g)
{
	return (g->smime != NULL ? SMIME_COPIES : COPIES);
}

static bool
reserve(void *ctx, uint64_t held, uint64_t more, int64_t deadline_ms)
{
	struct gateway *g = ctx;

	return (budget_take(&g->budget, held * copies(g), more * copies(g),
	    deadline_ms));
}

static void
give_back(void *ctx, uint64_t bytes)
{
	struct gateway *g = ctx;

	budget_give(&g->budget, bytes * copies(g));
}

static void
message(void *ctx, struct smtp_envelope *envelope, struct buf *bytes,
    struct smtp_reply *reply)
{
	if (!tlsintake_take(ctx, envelope, buf_view(bytes), reply))
		journey_run(ctx, envelope, buf_view(bytes), false, reply);
}

static void
note(void *ctx, const char *event, const char *peer, const char *text)
{
	(void)ctx;
	log_info(event, "client=%s %s", peer, text);
}

void
inbound_service(struct gateway *g)
{
	const struct settings_smtp *smtp = &g->settings->smtp;

	g->service = (struct smtp_service){
		.ctx = g,
		.hostname = g->settings->hostname,
		.limits = {
			.message_bytes = (uint64_t)smtp->max_message_bytes,
			.recipients = (size_t)smtp->max_recipients,
			.line_bytes = (size_t)smtp->max_line_bytes,
			.bad_commands = (unsigned)smtp->max_bad_commands,
			.messages = (unsigned)smtp->max_messages,
			.idle_ms = smtp->idle_ms,
			.session_ms = smtp->session_ms,
		},
		.tls = g->tls,
		.offers_auth = smtp->users_file != NULL,
		.stopping = &g->stopping,
		.may_relay = may_relay,
		.login = login,
		.recipient = recipient,
		.reserve = reserve,
		.give_back = give_back,
		.message = message,
		.note = note,
	};
}
