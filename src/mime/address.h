/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address: mailboxes as SMTP and mail headers write them.
 *
 * Security: parses hostile input. What the SMTP session checks is what relay
 * uses: one canonical form, and nothing is routed by another parse.
 * Source  RFC 5321 4.1.2, RFC 5322 3.4, RFC 6531, RFC 6532
 */
#ifndef MIME_ADDRESS_H
#define MIME_ADDRESS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define ADDRESS_MAX_LOCAL 64	/* RFC 5321 4.5.3.1.1 */
#define ADDRESS_MAX_DOMAIN 255	/* RFC 5321 4.5.3.1.2 */
#define ADDRESS_MAX_PATH 256	/* RFC 5321 4.5.3.1.3 */
#define ADDRESS_MAX_LIST 10000	/* mailboxes in one header field */

struct address {
	struct str local;	/* as sent, quoting removed where not needed */
	struct str domain;	/* lower case, A-labels, no final dot */
	struct str text;	/* local@domain, as it goes on the wire */
	bool is_utf8;		/* the local part is not ASCII */
};

struct mailbox {
	struct str name;	/* display name, decoded UTF-8, or empty */
	struct address address;
};

/* Parse what stands between < and > of MAIL or RCPT, brackets not included.
 * A source route is dropped (RFC 5321 appendix C). An empty path is accepted
 * only by the caller, before this. Memory in the arena.
 * Fails ERR_INPUT with a sentence for the postmaster. */
int address_parse(struct str path, struct arena *a, struct address *out,
    struct err *err) FALLIBLE;

/* Parse an address-list header value (raw, folded, encoded) as leniently as
 * mail readers do: groups are flattened, a comment is the name where there is
 * no other, unusable entries are skipped. Returns at most ADDRESS_MAX_LIST. */
size_t address_list(struct str raw, struct arena *a, struct mailbox **out);

/* True when domain is parent or below it ("a.b.example" under "b.example"). */
bool address_domain_is(struct str domain, struct str parent);

/* True when the addresses name the same mailbox for our purposes: domains
 * equal, local parts equal ignoring ASCII case. */
bool address_eq(const struct address *a, const struct address *b);

#endif
