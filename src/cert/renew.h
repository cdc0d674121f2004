/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renew: new certificates for our own people before the old ones end, so that
 * both are valid for a while: others learn of the new one from signed mail,
 * and what is still encrypted to the old one is read.
 *
 * Runs in the gateway, in the thread that tends, and in the CLI. How one is got
 * is the caller's: our own authority, or an order to another one. Threads: one
 * at a time.
 */
#ifndef CERT_RENEW_H
#define CERT_RENEW_H

#include "cert/inventory.h"

#define RENEW_LATE_MS (90 * CLOCK_DAY_MS)	/* ended longer ago: by hand */
/* Whoever gets one for an address that has to have only one holds this lease
 * (store/leases.h), and looks again under it. */
#define RENEW_LEASE "certificate"
#define RENEW_RETRY_MS CLOCK_DAY_MS	/* after an order failed */

enum renew_outcome {
	RENEW_ISSUED,		/* the new one is in the store */
	RENEW_ORDERED,		/* it comes later */
	RENEW_FAILED,		/* the reason is in err; the others go on */
};

/*
 * Get one that takes the place of `old`, with a key of its own. common_name may
 * be empty. Where it is there at once, it is in the store, and `old` is marked
 * as replaced: its key decrypts for ever.
 * Returns -1 only where nobody's can be got now (no keeper, no store).
 */
typedef int renew_order(void *ctx, const struct store_cert *old,
    struct str common_name, int64_t now_ms, struct arena *a,
    enum renew_outcome *out, struct err *err);

struct renew_config {
	struct store *store;
	struct id workspace;
	unsigned days;		/* before the end */
	unsigned sources;	/* whose certificates are renewed: 1u << enum
				   store_cert_source */
	renew_order *order;
	void *ctx;
	size_t max;		/* in one round */
	/* One failed; NULL: nobody wants to know. */
	void (*failed)(void *ctx, struct str address, const struct err *why);
};

struct renew_done {
	size_t n_issued, n_ordered, n_failed;
	size_t n_open;		/* have an order that is not done */
};

/* Renew what is due. Never two orders for one address at a time. */
int renew_tend(const struct renew_config *c, int64_t now_ms,
    struct renew_done *out, struct err *err) FALLIBLE;

/* One of them now, whenever it ends (`letterlock cert renew`). */
int renew_one(const struct renew_config *c, const struct store_cert *old,
    int64_t now_ms, struct arena *a, enum renew_outcome *out,
    struct err *err) FALLIBLE;

/* May one be ordered for this address now? No: an order is open, or one failed
 * less than RENEW_RETRY_MS ago. */
int renew_is_free(struct store *s, struct str address, int64_t now_ms,
    bool *out, struct err *err) FALLIBLE;

#endif
