/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkimpairs: the keeper's DKIM keys as the command line shows them. Inside
 * cli/.
 */
#ifndef CLI_DKIMPAIRS_H
#define CLI_DKIMPAIRS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "keepc/keepc.h"

/* A key is not used by mail that waits longer than this in others' queues. */
#define DKIMPAIRS_OVERLAP_MS (7 * CLOCK_DAY_MS)

enum dkimpairs_state {
	DKIMPAIRS_SIGNS,
	DKIMPAIRS_WAITS,	/* until active_ms */
	DKIMPAIRS_RETIRED,	/* a younger pair of the domain signs */
};

struct dkimpairs {
	struct dkimkey *pair;	/* by domain, oldest first; in the arena */
	size_t n;
};

/* A TXT record to publish. */
struct dkimpairs_record {
	const char *name;	/* of the DNS, no dot at its end */
	const char *text;
};
#define DKIMPAIRS_RECORDS 2

/* Ask the keeper at this socket. domain NULL: of all domains. */
int dkimpairs_read(const char *keeper_socket, const char *domain,
    struct arena *a, struct dkimpairs *out, struct err *err) FALLIBLE;

/* What the i-th pair does now, and in a word. since_ms: when it began to. */
enum dkimpairs_state dkimpairs_state(const struct dkimpairs *p, size_t i,
    int64_t now_ms, int64_t *since_ms);
const char *dkimpairs_word(enum dkimpairs_state state);

/* Its two records. */
void dkimpairs_records(const struct dkimkey *pair, struct arena *a,
    struct dkimpairs_record out[static DKIMPAIRS_RECORDS]);

/* The domain in lower case and A-labels, in the arena. Fails ERR_INPUT. */
int dkimpairs_domain(const char *text, struct arena *a, const char **out,
    struct err *err) FALLIBLE;

#endif
