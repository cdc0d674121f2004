/* SPDX-License-Identifier: Apache-2.0 */
/*
 * results: Authentication-Results: writing ours, and knowing those that only
 * pretend to be ours. Threads: any.
 */
#ifndef DKIM_RESULTS_H
#define DKIM_RESULTS_H

#include "dkim/arc.h"

#define RESULTS_MAX (32u << 10)	/* bytes of our field */

/* Does a value of Authentication-Results name this authserv-id, or could a
 * reader take it so? ASCII case does not count. Source RFC 8601 2.2, 2.5 */
bool results_is_of(struct str value, struct str id);

/* Append what was found, without name and authserv-id, folded: "dkim=pass
 * header.d=…;\r\n\tarc=none". */
void results_text(const struct verify_verdict *v, size_t n,
    const struct arc_chain *chain, struct buf *out);

/* Append the field, with its CRLF. Source RFC 8601 2.2 */
void results_field(struct str id, const struct verify_verdict *v, size_t n,
    const struct arc_chain *chain, struct buf *out);

/*
 * All there is to do with a message from outside: judge its signatures and its
 * chain and write our field. The forged ones are not taken away here.
 * chain may be NULL. field is in the arena.
 * Fails ERR_LIMIT: the header is too large to be looked at.
 */
int results_judge(const struct fields *f, struct str id,
    const struct verify_resolver *resolver, int64_t now_ms, struct arena *a,
    struct arc_chain *chain, struct str *field, struct err *err) FALLIBLE;

/*
 * What results_judge() found when the message came in, from the field it put
 * on top: the chain's links with their cv, and the text for our own link.
 * False: there is no such field.
 */
bool results_recall(const struct fields *f, struct str id, struct arena *a,
    struct arc_chain *chain, struct str *text);

#endif
