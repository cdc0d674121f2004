/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steady: how steadily a domain's mail servers have proven themselves, day by
 * day: whether that could be required, and whether it got worse.
 * Threads: any; no state.
 */
#ifndef TRANSPORT_STEADY_H
#define TRANSPORT_STEADY_H

#include "store/tlsreports.h"

#define STEADY_DAYS 14		/* with mail, all proven: may be required */
#define STEADY_WORSE_DAYS 3	/* proven before: then a failure is news */

enum steady_state {
	STEADY_UNPROVEN,	/* it publishes nothing to be held to */
	STEADY_NEW,		/* proven, for fewer days */
	STEADY_PROVEN,		/* for STEADY_DAYS days or more */
	STEADY_UNSTEADY,	/* now and then it fails */
	STEADY_WORSE,		/* it was proven, and is not any more */
};

struct steady {
	struct str domain;
	struct str policy_type;	/* of the last day */
	int64_t last_day;	/* with sessions */
	unsigned n_days;	/* with sessions */
	unsigned n_proven_days;	/* in a row, before and up to the last good */
	uint64_t n_sessions, n_failed;
	struct str last_failure;	/* RFC 8460 4.3; empty: none */
	enum steady_state state;
};

/* Judge the first domain of rows that are ordered by domain and day; *used is
 * how many rows it has. n is at least 1. */
void steady_judge(const struct store_tls_row *rows, size_t n,
    struct steady *out, size_t *used);

/* Order rows for that. */
void steady_sort(struct store_tls_row *rows, size_t n);

/* A sentence for people. In out, which has room for STEADY_TEXT_SIZE. */
#define STEADY_TEXT_SIZE 200
void steady_words(const struct steady *s, char *out);

#endif
