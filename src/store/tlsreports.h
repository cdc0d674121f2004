/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsreports: what became of TLS sessions, counted by day; which of those
 * counts were reported to whom (RFC 8460); and what others report about us.
 *
 * What goes beyond a limit of rows is counted with less detail, never dropped:
 * first without servers and addresses, then under an empty domain.
 * Threads: any.
 */
#ifndef STORE_TLSREPORTS_H
#define STORE_TLSREPORTS_H

#include "store/store.h"

/* Rows of one domain and day, and of one day, that say it all. */
#define STORE_TLS_DOMAIN_ROWS_MAX 500
#define STORE_TLS_DAY_ROWS_MAX 50000

/* Sessions that went the same way. Texts are never NULL-terminated by need;
 * lists have a line feed between their entries. */
struct store_tls_row {
	int64_t day;			/* since 1 January 1970, UTC */
	struct str domain;		/* who gets the report; empty: beyond
					   the limits, for nobody */
	struct str policy_type;		/* "tlsa", "sts", "no-policy-found" */
	struct str policy_domain;
	struct str policy;		/* its lines */
	struct str mx_patterns;		/* a list */
	struct str result;		/* RFC 8460 4.3; empty: all well */
	struct str mx, receiving_ip, sending_ip;
	struct str reason;
	uint64_t count;
};

/* The same with less detail: without servers and addresses, or everybody's
 * together. */
struct store_tls_row store_tls_shorten(const struct store_tls_row *r,
    bool has_domain);

/* Add to the counts, all in one write. */
int store_tls_count(struct store *s, const struct store_tls_row *rows,
    size_t n, struct err *err) FALLIBLE;

/* Counts from one day to another, ordered by day, domain and policy; those of
 * one domain where it is not empty. Texts in the arena. */
int store_tls_rows(struct store *s, struct str domain, int64_t from_day,
    int64_t to_day, size_t max, struct arena *a, struct store_tls_row **out,
    size_t *n, struct err *err) FALLIBLE;

/* ---- reports we send -------------------------------------------------- */

enum store_tls_state {
	STORE_TLS_PLANNED,
	STORE_TLS_SENT,		/* handed to the queue */
	STORE_TLS_UNWANTED,	/* the domain asks for none */
	STORE_TLS_GIVEN_UP,	/* nobody could be asked in time */
	STORE_TLS_POSTING,	/* by HTTPS: never again after a crash */
};

struct store_tls_report {
	int64_t day;
	struct str domain;
	enum store_tls_state state;
	int64_t next_ms;	/* PLANNED: not before */
};

/* Plan a report of each domain that was counted from one day to another and
 * has none yet, at first_ms to first_ms + spread_ms behind the day's end. */
int store_tls_plan(struct store *s, int64_t from_day, int64_t to_day,
    int64_t first_ms, int64_t spread_ms, struct err *err) FALLIBLE;

/* Planned reports that are due. */
int store_tls_due(struct store *s, int64_t now_ms, size_t max,
    struct arena *a, struct store_tls_report **out, size_t *n,
    struct err *err) FALLIBLE;

/* Every report of these days, whatever became of it. */
int store_tls_reports(struct store *s, int64_t from_day, int64_t to_day,
    size_t max, struct arena *a, struct store_tls_report **out, size_t *n,
    struct err *err) FALLIBLE;

/*
 * A report in state `from` becomes what r says, and the mail (or NULL) is
 * kept, in one transaction. *is_ours false: another gateway was faster and
 * nothing happened.
 */
int store_tls_settle(struct store *s, enum store_tls_state from,
    const struct store_tls_report *r, const struct store_accept *mail,
    bool *is_ours, struct err *err) FALLIBLE;

/* ---- reports of others ------------------------------------------------ */

struct store_tls_received {
	struct str organisation, report_id, contact;
	int64_t start_ms, end_ms, at_ms;
	const struct store_tls_row *rows;	/* domain is that of a policy */
	size_t n_rows;
};

/* Keep a report. *is_new false: it was there already, by organisation and
 * identifier, and nothing happened. */
int store_tls_received_put(struct store *s,
    const struct store_tls_received *r, bool *is_new, struct err *err)
    FALLIBLE;

/* A row of a report with who sent it. */
struct store_tls_received_row {
	struct str organisation, report_id, contact;
	struct store_tls_row row;
};

/* Newest day first; those about one domain where it is not empty. */
int store_tls_received(struct store *s, struct str domain, int64_t from_day,
    size_t max, struct arena *a, struct store_tls_received_row **out,
    size_t *n, struct err *err) FALLIBLE;

/* Forget what is from before that day. */
int store_tls_expire(struct store *s, int64_t before_day, struct err *err)
    FALLIBLE;

#endif
