/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inner: header fields that were protected together with the content, and the
 * message that goes on once they are read.
 *
 * Security: inner fields are as unbelievable as outer ones before somebody
 * signed them. Only those that people read are taken out; what machines go by
 * (Received, Authentication-Results, fields of ours) could be hidden inside to
 * get past whoever removes it, and stays where it is. Threads: any.
 * Source  RFC 9788 2 and 4, draft-autocrypt-lamps-protected-headers-02
 */
#ifndef CMS_INNER_H
#define CMS_INNER_H

#include "base/buf.h"
#include "mime/letter.h"

enum inner_scheme {
	INNER_NONE,
	INNER_HP,		/* RFC 9788: all that people read is inside */
	INNER_OLD,		/* protected-headers="v1": some of it is */
};

/* Does the innermost entity carry fields for the message? */
enum inner_scheme inner_scheme(const struct letter_part *payload,
    struct arena *a);

struct inner {
	const struct letter_part *outer;	/* the message as it came */
	const struct letter_part *payload;	/* inside of all layers */
	/* What stays of the body, with its own Content fields. */
	const struct letter_part *kept;
	enum inner_scheme scheme;
	bool takes_from;	/* also From: somebody signed it */
};

/* Does an outer field differ from the inner one that replaces it? */
bool inner_differs(const struct inner *in, struct arena *a);

/* Append the message: outer fields that nothing replaces, inner ones, the
 * Content fields and the body of what is kept. Line ends become CRLF. */
void inner_write(const struct inner *in, struct buf *out);

#endif
