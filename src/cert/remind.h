/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remind: certificates that end soon: their owners hear of it, and the
 * administrator, each at every step (90, 60 and 30 days before) once.
 *
 * An owner gets one mail for all his certificates that end on one day; the
 * administrator one mail a day for everybody's, our people's and partners'.
 * Runs in the gateway, in the thread that tends. Threads: one at a time; of
 * several gateways one sends.
 */
#ifndef CERT_REMIND_H
#define CERT_REMIND_H

#include "cert/inventory.h"
#include "queue/note.h"
#include "store/reminders.h"

#define REMIND_STEPS_MAX 16
#define REMIND_SINCE_MS (365 * CLOCK_DAY_MS)	/* whom owners wrote with */

struct remind_config {
	struct store *store;
	struct id workspace;
	unsigned steps[REMIND_STEPS_MAX];	/* days before the end */
	size_t n_steps;
	unsigned renewed;	/* sources (1u << enum store_cert_source)
				   whose certificates renew themselves */
	unsigned renew_days;	/* when that happens */
	bool tells_owners;
	struct str organisation, postmaster, hostname;
	/* Seal a note as mail of our own (gateway/reviewing.h). */
	int (*mail)(void *ctx, const struct note *n, struct buf *sealed,
	    struct store_payload *payload, struct store_item *item,
	    struct err *err);
	void *ctx;
	size_t max;		/* mails in one round */
};

/* Send what is due; *n_sent mails. Call again until it is 0. */
int remind_tend(const struct remind_config *c, int64_t now_ms, size_t *n_sent,
    struct err *err) FALLIBLE;

/* A mail of ours to somebody, to be filled in. */
struct note remind_note(const struct remind_config *c, struct str to,
    int64_t now_ms, struct arena *a);

/* Send it, once for these names: *first false, one was taken already. */
int remind_send(const struct remind_config *c, const struct note *n,
    const struct str *names, size_t n_names, int64_t now_ms, bool *first,
    struct err *err) FALLIBLE;

/* ---- the words (remindtext.c) ----------------------------------------- */

/* One certificate that has reached a step. */
struct remind_due {
	struct str address, issuer;
	char sha256[2 * STORE_HASH_BYTES + 1];
	int64_t until_ms;
	unsigned uses, step;
	uint64_t days_left;
	bool is_own;
	bool renews_itself;
	int64_t renews_ms;	/* then */
	uint64_t n_outside;	/* correspondents; of our own only */
};

/* Certificates of one owner that end on one day. */
void remindtext_owner(const struct remind_config *c,
    const struct remind_due *due, size_t n, struct note *out);

/* All that reached a step today, our own first. */
void remindtext_administrator(const struct remind_config *c,
    const struct remind_due *due, size_t n, struct note *out);

#endif
