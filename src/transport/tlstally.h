/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlstally: how TLS sessions went, counted in memory until they are kept.
 *
 * Counting takes one lock and, where such a session was counted before, no
 * memory. What goes beyond TLSTALLY_ROWS_MAX is counted with less detail, never
 * dropped (store/tlsreports.h). Threads: any.
 * Source  RFC 8460 4.3
 */
#ifndef TRANSPORT_TLSTALLY_H
#define TRANSPORT_TLSTALLY_H

#include "base/arena.h"
#include "store/tlsreports.h"

#define TLSTALLY_ROWS_MAX 4096	/* with details; a minute's, so plenty */
#define TLSTALLY_POLICY_MAX 8192	/* bytes of a policy; then lines go */

enum tlsreport_policy {
	TLSREPORT_NO_POLICY,
	TLSREPORT_TLSA,
	TLSREPORT_STS,
};

/* In the order of RFC 8460 4.3. */
enum tlsreport_result {
	TLSREPORT_SUCCESS,
	/* 4.3.1: the negotiation */
	TLSREPORT_STARTTLS_NOT_SUPPORTED,
	TLSREPORT_CERTIFICATE_HOST_MISMATCH,
	TLSREPORT_CERTIFICATE_EXPIRED,
	TLSREPORT_CERTIFICATE_NOT_TRUSTED,
	TLSREPORT_VALIDATION_FAILURE,
	/* 4.3.2.1: DANE */
	TLSREPORT_TLSA_INVALID,
	TLSREPORT_DNSSEC_INVALID,
	TLSREPORT_DANE_REQUIRED,
	/* 4.3.2.2: MTA-STS */
	TLSREPORT_STS_POLICY_FETCH_ERROR,
	TLSREPORT_STS_POLICY_INVALID,
	TLSREPORT_STS_WEBPKI_INVALID,
};

/* The RFC's word, or "" for success. */
const char *tlsreport_result_word(enum tlsreport_result result);
const char *tlsreport_policy_word(enum tlsreport_policy policy);

/* One attempt to have a TLS session. All is borrowed for the call; texts may
 * be empty where they are not known. */
struct tlsreport_outcome {
	struct str domain;		/* of the recipients: gets the report */
	enum tlsreport_policy policy;
	struct str policy_domain;	/* empty: domain. DANE: the TLSA base
					   domain */
	const struct str *policy_lines;	/* TLSA records, lines of a policy */
	size_t n_policy_lines;
	const struct str *mx_patterns;	/* MTA-STS: its "mx" */
	size_t n_mx_patterns;
	enum tlsreport_result result;
	struct str mx;			/* the server that was tried */
	struct str receiving_ip, sending_ip;
	struct str reason;		/* a word of our own for failures */
};

struct tlsreport_tally;

/* Empty. */
struct tlsreport_tally *tlsreport_tally_new(void);
/* NULL is accepted; what was not taken is lost. */
void tlsreport_tally_free(struct tlsreport_tally **t);

/* Count one, today (UTC). t NULL: nobody counts. */
void tlsreport_count(struct tlsreport_tally *t,
    const struct tlsreport_outcome *o);

/* Take out what was counted; texts in the arena. */
size_t tlsreport_tally_take(struct tlsreport_tally *t, struct arena *a,
    struct store_tls_row **rows);

/* Put rows back that could not be kept. */
void tlsreport_tally_return(struct tlsreport_tally *t,
    const struct store_tls_row *rows, size_t n);

#endif
