/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stspolicy: what a domain says of its mail servers by MTA-STS: the record
 * that says there is a policy, the policy itself, and which servers it means.
 *
 * Pure text to struct; who asks and who fetches is relay/sts. Threads: any.
 * Source  RFC 8461 3, 4.1
 */
#ifndef TRANSPORT_STSPOLICY_H
#define TRANSPORT_STSPOLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define STSPOLICY_BYTES_MAX 65536	/* of a policy (RFC 8461 3.3: 64 KB) */
#define STSPOLICY_MX_MAX 256		/* patterns in one policy */
#define STSPOLICY_ID_MAX 32
#define STSPOLICY_ID_SIZE (STSPOLICY_ID_MAX + 1)
#define STSPOLICY_AGE_MAX_S INT64_C(31557600)	/* a year */

enum stspolicy_mode {
	STSPOLICY_NONE,		/* the domain has given it up */
	STSPOLICY_TESTING,	/* failures are reported, mail goes */
	STSPOLICY_ENFORCE,
};

struct stspolicy {
	enum stspolicy_mode mode;
	struct str *mx;		/* lower case; "*.example" is a pattern */
	size_t n_mx;		/* 0 only where mode is none */
	int64_t max_age_s;	/* at most STSPOLICY_AGE_MAX_S */
};

/* "none", "testing" or "enforce". */
const char *stspolicy_mode_name(enum stspolicy_mode mode);

/*
 * Read a policy: lines of "key: value", ended by LF or CRLF, in any order.
 * Unknown keys are skipped; of a key that is there twice the first counts,
 * but for mx. A max_age beyond a year is a year. Memory in the arena.
 * Fails   ERR_INPUT with what is wrong, ERR_LIMIT
 * Source  RFC 8461 3.2
 */
int stspolicy_parse(struct str text, struct arena *a, struct stspolicy *out,
    struct err *err) FALLIBLE;

/*
 * The id in the TXT records of _mta-sts.DOMAIN; *id borrows them, and is
 * STR_NULL where there is no policy.
 * Fails   ERR_INPUT records that begin v=STSv1; are more than one, or the one
 *         is malformed: there is no policy either
 * Source  RFC 8461 3.1
 */
int stspolicy_id(const struct str *texts, size_t n, struct str *id,
    struct err *err) FALLIBLE;

/* Does the policy mean this host, as an MX record names it? A pattern stands
 * for exactly one label. Source  RFC 8461 4.1 */
bool stspolicy_matches(const struct stspolicy *p, struct str host);

/* A host name or "*." and one, as mx may have: letters, digits, hyphens. */
bool stspolicy_is_pattern(struct str text);

/* The policy as it is published, appended; lines end in CRLF. */
void stspolicy_format(const struct stspolicy *p, struct buf *out);

/* An id for a policy of ours: another text, another id. */
void stspolicy_make_id(struct str text, char out[static STSPOLICY_ID_SIZE]);

#endif
