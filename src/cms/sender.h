/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sender: whose message it says it is: the one address in the one From field.
 *
 * Security: a signature is worth what the reader sees beside it. Whatever lets
 * him see another name than the address that was compared is no sender: two
 * From fields, two addresses, an address in the display name. Threads: any.
 * Source  RFC 5322 3.6.2, RFC 8550 3, RFC 9787
 */
#ifndef CMS_SENDER_H
#define CMS_SENDER_H

#include "mime/address.h"
#include "mime/letter.h"

struct sender {
	bool is_one;		/* there is one, and everybody sees the same */
	bool is_said;		/* there is a From field at all */
	struct address from;
	const char *why;	/* of not being one: "there are two …" */
};

/* Read the From fields of a part. Memory in the arena. */
void sender_read(const struct letter_part *part, struct arena *a,
    struct sender *out);

/* Somebody else who sent it for him (RFC 5322 3.6.2), or empty. */
struct str sender_other(const struct letter_part *part,
    const struct sender *sender, struct arena *a);

#endif
