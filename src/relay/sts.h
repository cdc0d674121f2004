/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sts: the MTA-STS policy of a domain mail goes to: asked for, fetched, kept in
 * the store, and fetched again before it expires.
 *
 *	sts_new(&config, &s, &err);
 *	sts_find(s, domain, arena, &found, &err);
 *	if (found.has_policy && found.policy.mode == STSPOLICY_ENFORCE) …
 *	sts_free(&s);
 *
 * Each domain is asked about by one thread of its own at a time, so that one
 * whose servers are slow holds up nobody else, and its own mail for
 * STS_WAIT_MS at most.
 * Source  RFC 8461, doc/decisions/0011-sts.md
 */
#ifndef RELAY_STS_H
#define RELAY_STS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "fetch/fetch.h"
#include "store/store.h"
#include "transport/stspolicy.h"

/* How long a delivery waits for an answer: where no policy is known (RFC 8461
 * 3.3 suggests a minute), and where one in force is. */
#define STS_WAIT_MS INT64_C(60000)
#define STS_WAIT_KNOWN_MS INT64_C(10000)

struct sts;

struct sts_config {
	struct dns *dns;
	struct store *store;
	const char *ca_file;	/* as in struct fetch_way */
	bool may_be_private;
	bool does_refresh;	/* a thread fetches again what will expire */
	int64_t wait_ms;	/* 0: STS_WAIT_MS */
};

/* What holds for a domain. Texts are in the caller's arena. */
struct sts_found {
	bool has_policy;	/* and its mode is testing or enforce */
	struct stspolicy policy;	/* where has_policy */
	struct str text;	/* of the policy, as it was fetched */
	struct str id;
	bool is_cached;		/* not fetched by this call */
	int64_t fetched_ms, expires_ms;
	struct str note;	/* what is odd about the policy, or empty */
	/* What went wrong now, whether or not a policy is still in force:
	 * "sts-policy-fetch-error", "sts-policy-invalid" or
	 * "sts-webpki-invalid" (RFC 8460 4.3.2.1), NULL: nothing. */
	const char *failure;
	struct str reason;	/* a sentence: of the failure, or why there is
				   no policy */
};

/* Everything in config is borrowed until sts_free. */
int sts_new(const struct sts_config *config, struct sts **out,
    struct err *err) FALLIBLE;

/* Ends what is being fetched. False: something still waits for the name
 * system; then dns and store must stay, and the process should end. NULL is
 * accepted; *s becomes NULL. */
bool sts_free(struct sts **s);

/*
 * The policy for mail to a domain (lower case, A-labels). No policy is an
 * answer, not a failure; so is a policy in force while the domain cannot be
 * asked.
 * Fails    ERR_TEMP the store cannot be read: a policy may be in force
 * Threads  any
 */
int sts_find(struct sts *s, struct str domain, struct arena *a,
    struct sts_found *out, struct err *err) FALLIBLE;

/* The same, fetched anew whatever is known; waits STS_WAIT_MS. */
int sts_refresh(struct sts *s, struct str domain, struct arena *a,
    struct sts_found *out, struct err *err) FALLIBLE;

#endif
