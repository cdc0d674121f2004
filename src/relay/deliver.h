/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver: one attempt for jobs that share a payload. Inside relay/.
 */
#ifndef RELAY_DELIVER_H
#define RELAY_DELIVER_H

#include "queue/bounce.h"
#include "queue/schedule.h"
#include "relay/destination.h"
#include "relay/relay.h"
#include "relay/route.h"
#include "relay/signing.h"
#include "seal/notice.h"
#include "seal/spool.h"

/* What every worker works with. */
struct relay_tools {
	const struct settings *settings;
	struct store *store;
	struct spool *spool;
	struct destinations *destinations;
	struct relay_way way;
	struct schedule schedule;
	struct notice_house house;
	struct signing *signing;
	struct relay_again again;	/* decide NULL: nobody does */
};

/* Try a job of a destination, with its siblings, and more while its turn
 * lasts; record what became of each; give the destination back. Takes the job.
 * The arena is the worker's own and is reset. */
void deliver(const struct relay_tools *t, struct destination *dest,
    struct relay_job *job, struct arena *arena);

/* Who has spoken. */
struct settle_from {
	struct str host;	/* empty: we have */
	const struct smtp_client *client;	/* NULL: no connection */
	bool is_reported;	/* nobody else has to tell the sender */
};

/* Record outcomes (settle.c): the server's reply to one job, a failure to
 * reach it that may pass, one that will not, and a job that is not tried until
 * then because others found out why. */
void settle_reply(const struct relay_tools *t, const struct relay_job *job,
    const struct smtp_reply *reply, const struct settle_from *from);
void settle_later(const struct relay_tools *t, const struct relay_job *job,
    const char *why);
void settle_never(const struct relay_tools *t, const struct relay_job *job,
    const char *why);
void settle_postponed(const struct relay_tools *t, const struct relay_job *job,
    struct str why, int64_t until_ms);

#endif
