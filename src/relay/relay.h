/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay: getting what the queue holds to other servers.
 *
 * Items the gateway has just committed come through memory, leased; all
 * others are claimed from the store when they are due. Threads: any.
 */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include "base/clock.h"
#include "conf/settings.h"
#include "policy/policy.h"
#include "seal/spool.h"
#include "smtp/service.h"
#include "store/store.h"

/* A lease outlasts one transaction with the slowest server (RFC 5321
 * 4.5.3.2); RELAY_ATTEMPT_MS is the longest one may take. */
#define RELAY_LEASE_MS CLOCK_HOUR_MS
#define RELAY_ATTEMPT_MS (40 * CLOCK_MINUTE_MS)

/* Payload bytes waiting in memory; more is read from the store in its turn. */
#define RELAY_HELD_BYTES_MAX (16u << 20)

struct dns;
struct relay;

/*
 * Who decides about a message once more. Sets the reply: 2xx, it has become
 * other items; 4xx, it has to wait on; 5xx, never. mail is borrowed. Called in
 * the workers' threads.
 *
 * decide  an item of kind "unmet", which waits for a way to protect it
 * climb   one that needs proof (store_item.needs_proof), and no server of the
 *         domain gives it: why not, as a clause
 * mark    append the header fields of mail that goes to a next hop, by which
 *         it is known again when it comes back
 */
struct relay_again {
	void *ctx;
	void (*decide)(void *ctx, const struct store_item *item,
	    struct str mail, struct arena *arena, struct smtp_reply *reply);
	void (*climb)(void *ctx, const struct store_item *item,
	    struct str mail, const char *why, struct arena *arena,
	    struct smtp_reply *reply);
	void (*mark)(void *ctx, struct str mail, const struct str *recipients,
	    size_t n, struct arena *arena, struct buf *out);
};

/* All borrowed, as long as the relay lives. */
struct relay_config {
	const struct settings *settings;
	const struct policy *policy;	/* for agreements; NULL: none */
	struct store *store;
	struct spool *spool;
	struct relay_again again;	/* functions NULL: they wait on */
};

/* Fails ERR_PERM naming what cannot be set up. */
int relay_new(const struct relay_config *config, struct relay **out,
    struct err *err) FALLIBLE;

/* Start the threads. */
void relay_start(struct relay *r);

/*
 * Deliver items that were just accepted with a lease of RELAY_LEASE_MS and
 * share one payload. sealed is taken when there is room for it, else freed.
 */
void relay_offer(struct relay *r, const struct store_item *items, size_t n,
    struct buf *take_sealed);

/* Does a domain publish something that its servers can be held to (DANE, an
 * enforced MTA-STS policy), or was something agreed with it? Asks the name
 * system where it is not known; threads: any. */
bool relay_proves(struct relay *r, struct str domain);

/* The name system as the deliveries ask it; lives as long as the relay. */
struct dns *relay_names(struct relay *r);

/* No new attempts; wait for those in work until the deadline (monotonic), then
 * give back the leases of the rest. */
void relay_drain(struct relay *r, int64_t deadline_ms);

/* After relay_drain(); NULL is accepted. False: a worker or the name system is
 * still waited for; what was borrowed has to stay, and the process to end. */
bool relay_free(struct relay **r) FALLIBLE;

#endif
