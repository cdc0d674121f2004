/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forget: in small deletions, so that mail is stored between them.
 *
 * Runs in the gateway, in the thread that tends. Security: see forget.h.
 */
#include "gateway/forget.h"

#include "base/clock.h"
#include "gateway/smimefetch.h"
#include "store/certs.h"

#define BATCH 500
#define BATCHES_MAX 40		/* in one call */

static int
expire(struct store *s, int64_t now_ms, size_t *n, struct err *err)
{
	return (store_lookups_expire(s, now_ms, BATCH, n, err));
}

static int
limit_issuers(struct store *s, int64_t now_ms UNUSED, size_t *n,
    struct err *err)
{
	return (store_lookups_limit(s, STR_LIT(SMIMEFETCH_ISSUER),
	    FORGET_ISSUERS_MAX, FORGET_ISSUERS_BYTES_MAX, BATCH, n, err));
}

static int
limit_all(struct store *s, int64_t now_ms UNUSED, size_t *n, struct err *err)
{
	return (store_lookups_limit(s, STR_LIT(""), FORGET_ROWS_MAX,
	    FORGET_BYTES_MAX, BATCH, n, err));
}

static int
expire_answers(struct store *s, int64_t now_ms, size_t *n, struct err *err)
{
	return (store_documents_expire(s, STR_LIT("ocsp/"), now_ms -
	    FORGET_OCSP_MS, BATCH, n, err));
}

static int
in_batches(int (*drop)(struct store *, int64_t, size_t *, struct err *),
    struct store *s, int64_t now_ms, size_t *n, struct err *err)
{
	size_t dropped = BATCH;

	for (int i = 0; i < BATCHES_MAX && dropped == BATCH; i++) {
		if (drop(s, now_ms, &dropped, err) == -1)
			return (-1);
		*n += dropped;
	}
	return (0);
}

int
forget_lookups(struct store *s, int64_t now_ms, size_t *n, struct err *err)
{
	*n = 0;
	if (in_batches(expire, s, now_ms, n, err) == -1 ||
	    in_batches(limit_issuers, s, now_ms, n, err) == -1)
		return (-1);
	return (in_batches(limit_all, s, now_ms, n, err));
}

int
forget_answers(struct store *s, int64_t now_ms, size_t *n, struct err *err)
{
	*n = 0;
	return (in_batches(expire_answers, s, now_ms, n, err));
}
