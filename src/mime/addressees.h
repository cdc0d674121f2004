/* SPDX-License-Identifier: Apache-2.0 */
/*
 * addressees: naming more people in the To and Cc fields of a received
 * message. Inside mime/ only.
 */
#ifndef MIME_ADDRESSEES_H
#define MIME_ADDRESSEES_H

#include "mime/address.h"
#include "mime/letter.h"

struct addressees {
	const struct address *list;
	size_t n;
	bool is_utf8;	/* the header may have UTF-8 in it */
};

/* Those of all whom neither a To nor a Cc field of the part names. */
struct addressees addressees_missing(const struct letter_part *part,
    const struct addressees *all, struct arena *a);

/* The field with them behind those it names, "Name: … CRLF"; a new one where
 * field is NULL. What is there stays byte for byte, unless nothing could be
 * read behind it: then its mailboxes are written anew. */
struct str addressees_write(const char *name, const struct letter_field *field,
    const struct addressees *who, struct arena *a);

#endif
