/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrolstate: what the files of enrol share. Inside issue/ only. Threads: one
 * job at a time.
 */
#ifndef ISSUE_ENROLSTATE_H
#define ISSUE_ENROLSTATE_H

#include "issue/enrolorder.h"
#include "issue/enrolwork.h"

#define ENROLSTATE_CALL_MS 30000	/* all that one step asks a server */

struct enrol {
	struct enrol_config config;
	struct fetch_way way;
};

/* One order in hand. */
struct enroljob {
	struct enrol *e;
	struct store_order *order;
	struct str before;	/* its detail in the store; NULL: it is new */
	struct enrolorder detail;
	struct enrolwork work;
	int64_t now_ms;
	int64_t again_ms;	/* wait so long before the next step */
	bool is_done;		/* `chain` is whole */
	struct buf chain;
};

/* One step of an ACME order. Fails ERR_TEMP, ERR_PERM. */
int enrolacme_step(struct enroljob *job, struct err *err) FALLIBLE;

/* The account's key, made at the first call. */
int enrolacme_key(struct enrol *e, int64_t now_ms, EVP_PKEY **out,
    struct err *err) FALLIBLE;

/* Keep a certificate and its chain for an order: 0, or what is wrong with it.
 */
int enrolkeep(struct enroljob *job, struct err *err) FALLIBLE;

/* Keep order and detail. *is_kept false: somebody else went on with it
 * meanwhile, and what he kept stays. */
int enrol_keep_order(struct enroljob *job, const struct store_event *event,
    bool *is_kept, struct err *err) FALLIBLE;

#endif
