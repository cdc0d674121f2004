/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimefetch: revocation lists, OCSP answers and missing authorities from the
 * web, kept in the store for a while. Inside gateway/ only.
 *
 * Security: the addresses of missing authorities stand in anybody's
 * certificates: only those of the internet are asked. Lists and OCSP answers
 * are of chains that are trusted: delivery.private_networks may allow others.
 * Sizes, time and repetition are bounded, and each kind is remembered by
 * itself: what one of them gets says nothing of another. What comes is signed,
 * and whoever asks checks that before it is kept.
 * Threads: any.
 */
#ifndef GATEWAY_SMIMEFETCH_H
#define GATEWAY_SMIMEFETCH_H

#include "conf/settings.h"
#include "net/dns.h"
#include "pki/source.h"
#include "store/store.h"

/* What the names of kept authorities begin with (gateway/forget). */
#define SMIMEFETCH_ISSUER "issuer "

struct smimefetch {
	const struct settings *settings;
	struct store *store;
	struct dns *dns;
};

/* struct source; ctx is a struct smimefetch. */
int smimefetch_get(void *ctx, struct source_question *q, struct buf *out,
    struct err *err) FALLIBLE;
void smimefetch_keep(void *ctx, const struct source_question *q,
    struct str bytes, int64_t until_ms);

#endif
