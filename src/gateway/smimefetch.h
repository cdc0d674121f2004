/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimefetch: revocation lists, OCSP answers and missing authorities from the
 * web, kept in the store for a while. Inside gateway/ only.
 *
 * Security: the addresses stand in anybody's certificates: only those of the
 * internet are asked, unless delivery.private_networks allows others; sizes,
 * time and repetition are bounded. What comes is signed, and whoever asks
 * checks that.
 * Threads: any.
 */
#ifndef GATEWAY_SMIMEFETCH_H
#define GATEWAY_SMIMEFETCH_H

#include "conf/settings.h"
#include "net/dns.h"
#include "store/store.h"

/* What the names of kept authorities begin with (gateway/forget). */
#define SMIMEFETCH_ISSUER "issuer "

struct smimefetch {
	const struct settings *settings;
	struct store *store;
	struct dns *dns;
};

/* struct path_config's get; ctx is a struct smimefetch. */
int smimefetch_get(void *ctx, const char *url, struct str body,
    struct buf *out, struct err *err) FALLIBLE;

#endif
