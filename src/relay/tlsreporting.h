/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsreporting: counts of TLS sessions to the store, and once a day a report of
 * them to every domain that asks for it. Inside relay/.
 *
 * Source  RFC 8460 4.1 (a whole UTC day, sent with a delay that differs), 5.3,
 *         5.5 (tried for 24 hours)
 */
#ifndef RELAY_TLSREPORTING_H
#define RELAY_TLSREPORTING_H

#include "base/arena.h"
#include "base/clock.h"
#include "relay/way.h"
#include "seal/spool.h"
#include "store/store.h"
#include "transport/tlstally.h"

#define TLSREPORTING_FLUSH_MS CLOCK_MINUTE_MS	/* what a crash may lose */
#define TLSREPORTING_TICK_MS CLOCK_MINUTE_MS	/* looking for what is due */
#define TLSREPORTING_FIRST_MS (10 * CLOCK_MINUTE_MS)	/* behind midnight */
#define TLSREPORTING_SPREAD_MS (4 * CLOCK_HOUR_MS)
#define TLSREPORTING_AGAIN_MS (30 * CLOCK_MINUTE_MS)	/* no DNS answer */
#define TLSREPORTING_DAYS 2	/* older days are nobody's news */
#define TLSREPORTING_EXPIRE_MS CLOCK_DAY_MS
#define TLSREPORTING_KEEP_DAYS 100

/* The item in the queue that carries a report. Its delivery is not counted,
 * and TLS that does not prove itself does not hold it up (RFC 8460 5.3.1). */
#define TLSREPORTING_KIND "tls-report"

/* What it works with; all is borrowed. txt answers as dns_txt() does: no such
 * name is ERR_PERM or none. */
struct tlsreporting_config {
	const struct relay_way *way;
	struct store *store;
	struct spool *spool;
	struct tlsreport_tally *tally;
	int (*txt)(void *ctx, struct str name, struct arena *a,
	    struct str **texts, size_t *n, struct err *err);
	/* Send a gzip file to an https URL. Fails when it was not taken. */
	int (*post)(void *ctx, const char *url, struct str file,
	    struct err *err);
	void *ctx;
};

struct tlsreporting;

/* Start its thread. */
struct tlsreporting *tlsreporting_start(
    const struct tlsreporting_config *config);

/* Keep what was counted, and end. Where a DNS server keeps it waiting beyond
 * the deadline (monotonic) *t stays, and what it borrows has to. NULL is
 * accepted. */
void tlsreporting_stop(struct tlsreporting **t, int64_t deadline_ms);

/* The steps, for tests and the thread: keep what was counted; send what is due
 * until *is_stopping (atomic; NULL: never). */
void tlsreporting_flush(const struct tlsreporting_config *c);
void tlsreporting_send(const struct tlsreporting_config *c,
    const bool *is_stopping);

#endif
