/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acmemail: the mail by which an ACME server asks whether an address is ours,
 * and the mail that answers it.
 *
 * Security: the mail comes from outside. The caller has checked that it is
 * authentic (DKIM of the domain in From, RFC 8823 3.1); that it is awaited, and
 * from whom, only the order knows. Threads: any.
 * Source  RFC 8823 3, doc/decisions/0022
 */
#ifndef ISSUE_ACMEMAIL_H
#define ISSUE_ACMEMAIL_H

#include "mime/address.h"
#include "mime/letter.h"

#define ACMEMAIL_TOKEN_MAX 512	/* of a token part; real ones have 22 to 43 */
#define ACMEMAIL_REFERENCE_MAX 900	/* of a Message-ID */

struct acmemail {
	struct address from;	/* who asks: the challenge names it, too */
	struct address to;	/* whose address it is about */
	struct address reply_to;	/* where the answer goes */
	struct str token;	/* the first part, as it is written */
	struct str subject;	/* "ACME: …", decoded */
	struct str message_id;	/* "<…>" */
};

/* Could it be one? Cheap, for every mail that comes in. */
bool acmemail_is(const struct letter *letter);

/* Read it. Texts in the arena, borrowed from the letter. Fails ERR_INPUT what
 * is missing or there twice. */
int acmemail_read(const struct letter *letter, struct arena *a,
    struct acmemail *out, struct err *err) FALLIBLE;

/* Does a DKIM signature of these fields (h=) cover all that is read here? A
 * mail that is sent on with another Subject or Reply-To holds no more. */
bool acmemail_is_covered(const struct letter *letter, struct str names);

/* Append the answer: a plain message, 7 bit, to be signed by DKIM as all mail
 * that leaves. digest is base64url of the key authorization's SHA-256. */
void acmemail_reply(const struct acmemail *m, struct str digest,
    const char *hostname, int64_t now_ms, struct buf *out);

#endif
