/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsreport: a report about one day's TLS sessions with one domain: as JSON, as
 * a file, as a mail; and reading those of others.
 *
 * Source   RFC 8460 4 (the report), 5.1 (file name), 5.2 (gzip), 5.3 (mail)
 * Threads  any
 */
#ifndef TRANSPORT_TLSREPORT_H
#define TRANSPORT_TLSREPORT_H

#include "base/arena.h"
#include "base/buf.h"
#include "store/tlsreports.h"


/* Of a file that is read: as it comes, and what it may grow to. A day of the
 * largest senders is a few hundred kilobytes. */
#define TLSREPORT_FILE_MAX (4u << 20)
#define TLSREPORT_JSON_MAX (8u << 20)
#define TLSREPORT_DEPTH_MAX 16		/* the schema has 5 */
#define TLSREPORT_VALUES_MAX 200000
#define TLSREPORT_ROWS_MAX 2000
#define TLSREPORT_TEXT_MAX 2000		/* of one text in it */
#define TLSREPORT_LINES_MAX 100		/* of one policy */

struct tlsreport {
	struct str organisation;
	struct str contact;		/* an address */
	struct str report_id;
	int64_t start_ms, end_ms;
	/* Rows of one policy stand together. */
	const struct store_tls_row *rows;
	size_t n_rows;
};

/* Its JSON, appended. Fails ERR_LIMIT at out's maximum. */
int tlsreport_render(const struct tlsreport *r, struct buf *out,
    struct err *err) FALLIBLE;

/* Bytes as a gzip file, appended. */
int tlsreport_gzip(struct str bytes, struct buf *out, struct err *err)
    FALLIBLE;

/* Who sends it, and about whom. */
struct tlsreport_letter {
	struct str from, to;		/* addresses */
	struct str submitter;		/* our host's name */
	struct str domain;		/* whose report it is */
	int64_t now_ms;
};

/* "mail.sender.example!example.org!1013662812!1013749130.json.gz" */
void tlsreport_file_name(const struct tlsreport *r,
    const struct tlsreport_letter *l, struct buf *out);

/* The whole mail, appended. */
int tlsreport_mail(const struct tlsreport *r,
    const struct tlsreport_letter *l, struct buf *out, struct err *err)
    FALLIBLE;

/*
 * Read a report: JSON, or a gzip file of it. Memory in the arena; rows have
 * the day the report begins and the domain of their policy. Failures that are
 * counted and not explained become a row with the result TLSREPORT_UNTOLD.
 * Fails    ERR_INPUT it is not a report; ERR_LIMIT one of those above
 */
int tlsreport_read(struct str file, struct arena *a, struct tlsreport *out,
    struct err *err) FALLIBLE;
#define TLSREPORT_UNTOLD "not-told"

/* The report in a mail. Fails as above; ERR_INPUT too where it has none. */
int tlsreport_read_mail(struct str mail, struct arena *a,
    struct tlsreport *out, struct err *err) FALLIBLE;

/* A result in plain words: "the certificate has expired". Those that are not
 * known stand for themselves. */
struct str tlsreport_explain(struct str result);

#endif
