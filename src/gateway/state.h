/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state: what all sessions of a gateway share. Inside gateway/ only.
 */
#ifndef GATEWAY_STATE_H
#define GATEWAY_STATE_H

#include "gateway/budget.h"
#include "gateway/gateway.h"
#include "gateway/loop.h"
#include "gateway/smimekit.h"
#include "gateway/stock.h"
#include "keepc/provider.h"
#include "net/tls.h"
#include "relay/relay.h"
#include "scanc/scanc.h"
#include "seal/spool.h"
#include "smtp/service.h"
#include "store/store.h"

struct gateway {
	const struct settings *settings;
	const struct policy *policy;
	struct store *store;
	struct spool *spool;
	struct stock *stock;
	struct relay *relay;
	struct scanc *scanner;
	struct provider *provider;	/* private keys, in the keeper */
	struct smimekit *smime;	/* NULL: the policy has none */
	struct budget budget;
	struct tls_context *tls;
	uint8_t loop_key[LOOP_KEY_BYTES];
	struct smtp_service service;
	struct smtp_service outside;	/* for anybody (outsiders.c) */
	volatile bool stopping;
	int64_t partners_day;	/* looked at by the thread that tends */
};

/* What happens to one message (journey.c). Sets the reply: 250 only when
 * everything it becomes is durable. bytes is borrowed. */
void journey_run(struct gateway *g, struct smtp_envelope *envelope,
    struct str bytes, bool is_from_outside, struct smtp_reply *reply);

/* Decide once more about a message that waits for a way to protect it
 * (unmet.c): a struct relay_again. */
void unmet_decide(void *ctx, const struct store_item *item, struct str mail,
    struct arena *arena, struct smtp_reply *reply);

/* Is the message a report for smtp.tls_reports, and nobody else (tlsintake.c)?
 * It is read, kept, and answered: true. False: it is mail like any other. */
bool tlsintake_take(struct gateway *g, const struct smtp_envelope *envelope,
    struct str bytes, struct smtp_reply *reply);

/* Is it the question of an ACME server that an order waits for (acmeintake.c)?
 * It is answered: true. False: it is mail like any other. */
bool acmeintake_take(struct gateway *g, const struct smtp_envelope *envelope,
    struct str bytes, struct smtp_reply *reply);

/* Fill in the callbacks of g->service (inbound.c), and then those of
 * g->outside (outsiders.c). */
void inbound_service(struct gateway *g);
void outside_service(struct gateway *g);

#endif
