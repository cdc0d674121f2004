/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source: where revocation lists, OCSP answers and missing authorities come
 * from, and who remembers them.
 *
 * Security: the URL of a missing authority stands in a certificate that nobody
 * vouches for yet, so anybody chooses it; the others are of a chain that is
 * trusted. Only what was verified is worth remembering.
 */
#ifndef PKI_SOURCE_H
#define PKI_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum source_kind {
	SOURCE_ISSUER,		/* certificates; anybody's URL */
	SOURCE_OCSP,
	SOURCE_CRL,
};

struct source_question {
	enum source_kind kind;
	const char *url;
	struct str body;	/* is posted; empty: GET */
	int64_t by_ms;		/* monotonic; 0: as long as the source waits */
	bool was_kept;		/* the answer: it is not news */
};

struct source {
	/* Get it, appended to out. NULL: nothing is asked for.
	 * Fails ERR_TEMP no answer; ERR_LIMIT; ERR_INPUT not to be asked */
	int (*get)(void *ctx, struct source_question *q, struct buf *out,
	    struct err *err);
	/* It was news and is right: remember it until until_ms at most. Or
	 * NULL. */
	void (*keep)(void *ctx, const struct source_question *q,
	    struct str bytes, int64_t until_ms);
	void *ctx;
};

#endif
