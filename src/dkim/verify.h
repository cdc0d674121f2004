/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify: who signed a message, and is it as they signed it? Threads: any.
 */
#ifndef DKIM_VERIFY_H
#define DKIM_VERIFY_H

#include "dkim/signature.h"

/* What one message may cost us: signatures looked at (the topmost), and TXT
 * records tried for one of them. */
#define VERIFY_SIGNATURES_MAX 8
#define VERIFY_RECORDS_MAX 4

/* Where keys come from. Fails ERR_TEMP no answer; ERR_PERM there is none. */
struct verify_resolver {
	void *ctx;
	int (*txt)(void *ctx, struct str name, struct arena *a,
	    struct str **texts, size_t *n, struct err *err);
};

struct verify_verdict {
	enum dkim_result result;
	struct str domain, selector;	/* empty where unreadable */
	struct str identity;		/* i=, where given */
	struct str names;		/* h=: the fields it covers */
	enum dkim_algorithm algorithm;
	bool has_algorithm;
	bool is_testing;		/* the record says so (t=y) */
	struct str b;			/* the first letters of b= */
	const char *reason;		/* why not; NULL for a pass */
};

/*
 * Judge every DKIM signature, top to bottom, at most VERIFY_SIGNATURES_MAX.
 * Verdicts and their texts are in the arena.
 * Source  RFC 6376 6.1, RFC 8301, RFC 8463
 */
void verify_message(const struct fields *f,
    const struct verify_resolver *resolver, int64_t now_ms, struct arena *a,
    struct verify_verdict **out, size_t *n);

/*
 * Judge one parsed signature by the key its domain publishes. digest is what
 * b= signs. is_testing may be NULL.
 * Returns DKIM_PASS, or another result with the reason in err.
 */
enum dkim_result verify_with_key(const struct signature *s,
    const struct canon_digest *digest,
    const struct verify_resolver *resolver, struct arena *a,
    bool *is_testing, struct err *err);

#endif
