/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scanwire: what goes between the gateway and the scanner, and between the
 * scanner and its workers.
 *
 * One request is one packet, its reply is another. What is small, attachment or
 * report, is in the packet; what is not comes with it as a descriptor of a
 * memory file that is sealed: nobody can change it any more, whoever still
 * holds one. A reply begins with one; with zero it refuses who connected.
 * Threads: any.
 * Source  doc/decisions/0007-scanner.md
 */
#ifndef SCANC_SCANWIRE_H
#define SCANC_SCANWIRE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "extract/extract.h"

#define SCANWIRE_VERSION 3
#define SCANWIRE_HEAD_MAX 2048
#define SCANWIRE_SMALL_MAX (32u << 10)	/* making a memory file takes longer
					   than copying that */
#define SCANWIRE_PACKET_MAX (SCANWIRE_HEAD_MAX + SCANWIRE_SMALL_MAX)
#define SCANWIRE_NAME_MAX 1024	/* of the file name; longer ones are cut */
#define SCANWIRE_DECLARED_MAX 512
/* Text, properties and names of one report at most; the parser's limit. */
#define SCANWIRE_REPORT_MAX ((size_t)256 << 20)

struct scanwire_request {
	struct str name;
	struct str declared;
	bool without_rare;	/* as struct extract_tools */
	bool is_small;		/* the attachment is in the packet */
	struct str content;
};

/* Append a request; what is too long is cut. */
void scanwire_request_format(const struct scanwire_request *request,
    struct buf *out);

/* Is the attachment in it? Of a packet that may be malformed. */
bool scanwire_is_small(struct str packet);

/* Parse one; the texts point into the packet. Fails ERR_INPUT. */
int scanwire_request_parse(struct str packet, struct scanwire_request *out,
    struct err *err) FALLIBLE;

/* Append a report; out->over when it is larger than its maximum. */
void scanwire_report_format(const struct extract_report *report,
    struct buf *out);

/*
 * Parse a report, which a worker that was taken over may have written: every
 * limit of extract.h is checked again, texts are UTF-8, parents come before
 * their children, nothing is left over. Everything is copied to the arena.
 * Fails ERR_INPUT saying what is malformed.
 */
int scanwire_report_parse(struct str bytes, struct arena *a,
    struct extract_report *out, struct err *err) FALLIBLE;

#endif
