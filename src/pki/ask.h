/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask: the `get` of struct source over the network, keeping nothing.
 * Whoever keeps answers calls it for what it has not.
 *
 * Security: the URLs are of other people's certificates: no redirect, no
 * address of our own networks unless the way allows it, no more than the
 * buffer's maximum, an end to each. Threads: any.
 */
#ifndef PKI_ASK_H
#define PKI_ASK_H

#include "fetch/fetch.h"
#include "pki/source.h"

#define ASK_WAIT_MS 10000

struct ask {
	struct fetch_way way;	/* is_for_signed_objects is set here */
	int64_t wait_ms;	/* for one answer; 0: ASK_WAIT_MS */
};

/* ctx is a struct ask. Fails ERR_TEMP, ERR_LIMIT, ERR_INPUT a URL that is not
 * asked. */
int ask_get(void *ctx, struct source_question *q, struct buf *out,
    struct err *err) FALLIBLE;

#endif
