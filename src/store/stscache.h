/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stscache: the MTA-STS policies of other domains, as they were fetched, and
 * what became of the last try.
 *
 * Fails as store/store.h. Threads: any.
 * Source  doc/formats/store.md, RFC 8461 5
 */
#ifndef STORE_STSCACHE_H
#define STORE_STSCACHE_H

#include "store/store.h"

struct store_sts {
	struct str domain;	/* lower case, A-labels */
	struct str id;		/* of the record it was fetched for */
	struct str text;	/* as fetched; empty: none is known */
	struct str note;	/* what is odd about it, or empty */
	int64_t fetched_ms, expires_ms;
	int64_t refresh_ms;	/* when to fetch it again, before it expires */
	int64_t used_ms;	/* to the day: when mail went there last */
	struct str tried_id;
	int64_t tried_ms;	/* the last try, of any outcome */
	struct str failure;	/* its RFC 8460 word; empty: it succeeded */
	struct str reason;	/* and a sentence */
};

/* What is known of a domain; *found false: nothing, *out untouched. */
int store_sts_get(struct store *s, struct str domain, struct arena *a,
    struct store_sts *out, bool *found, struct err *err) FALLIBLE;

/* Keep a policy in the place of what was known. */
int store_sts_put(struct store *s, const struct store_sts *row,
    struct err *err) FALLIBLE;

/* A try failed: the policy stays, domain and the last five members change, and
 * refresh_ms. */
int store_sts_failed(struct store *s, const struct store_sts *row,
    struct err *err) FALLIBLE;

/* Mail goes there. */
int store_sts_used(struct store *s, struct str domain, int64_t now_ms,
    struct err *err) FALLIBLE;

/* Policies in force whose time to be fetched again has come, of domains used
 * since used_ms; the most urgent first, at most max. */
int store_sts_due(struct store *s, int64_t now_ms, int64_t used_ms, size_t max,
    struct arena *a, struct store_sts **out, size_t *n, struct err *err)
    FALLIBLE;

/* Forget what expired and was tried before then. */
int store_sts_expire(struct store *s, int64_t before_ms, struct err *err)
    FALLIBLE;

#endif
