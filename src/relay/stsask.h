/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stsask: one look at a domain's MTA-STS: its record, its policy where that is
 * new, and what is kept of it. Inside relay/. Threads: any, one per domain.
 */
#ifndef RELAY_STSASK_H
#define RELAY_STSASK_H

#include "base/clock.h"
#include "relay/sts.h"

/* How soon a domain is asked again (monotonic), by what it said. The second
 * is RFC 8461 3.3's five minutes between two tries of one policy. */
#define STSASK_SAME_MS CLOCK_MINUTE_MS
#define STSASK_FAILED_MS (5 * CLOCK_MINUTE_MS)
#define STSASK_NONE_MS (5 * CLOCK_MINUTE_MS)
#define STSASK_NO_ANSWER_MS CLOCK_MINUTE_MS

/* Policies are fetched again in half of their time, at the latest after a day,
 * and then every hour until it succeeds. */
#define STSASK_REFRESH_MAX_MS CLOCK_DAY_MS
#define STSASK_REFRESH_RETRY_MS CLOCK_HOUR_MS

#define STSASK_REASON_SIZE 256

struct stsask_way {
	struct dns *dns;
	struct store *store;
	struct fetch_way fetch;
};

struct stsask_result {
	const char *failure;	/* RFC 8460's word, static; NULL: none */
	char reason[STSASK_REASON_SIZE];	/* or empty */
	bool is_store_broken;
	int64_t again_ms;	/* one of the spans above */
};

/* Ask about a domain until the deadline. is_forced: fetch also what is known
 * or has just failed. */
void stsask(const struct stsask_way *way, struct str domain, bool is_forced,
    int64_t deadline_ms, struct stsask_result *out);

#endif
