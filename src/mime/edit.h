/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edit: a changed copy of a received message, as mail-flow rules order it.
 *
 * What is not changed stays byte for byte: the received bytes are copied by
 * offset, and only the fields and bodies that change are written anew. An edit
 * that changes nothing gives the same bytes. Signatures that cover what is
 * changed (DKIM) are left where they are; whoever sends the copy signs it.
 */
#ifndef MIME_EDIT_H
#define MIME_EDIT_H

#include "mime/address.h"
#include "mime/letter.h"

struct edit_header {
	struct str name;	/* printable ASCII but the colon */
	struct str value;	/* UTF-8 text without control characters;
				   encoded and folded when it is written */
};

/* What happens where a body cannot take a disclaimer: it is signed or
 * encrypted, in a form nobody can write, or there is none. */
enum edit_fallback {
	EDIT_WRAP,	/* a new message: the disclaimer, the original */
	EDIT_IGNORE,	/* the body stays; header fields are changed */
	EDIT_REFUSE,	/* ERR_DENIED */
};

struct edit {
	/* Each replaces all fields of that name, or is added in front; of two
	 * with one name the last counts. Not Content-Type,
	 * Content-Transfer-Encoding and MIME-Version, which say how the bytes
	 * are to be read. */
	const struct edit_header *set;
	size_t n_set;
	/* Names of fields to remove; what is also set is set. */
	const struct str *remove;
	size_t n_remove;
	/* Put in front of every subject as it is written here (with the blank
	 * it may end in), but for one that begins with it, compared as
	 * fold_text() compares, behind any "Re:". */
	struct str subject_prefix;
	/* Named behind those in the To and Cc fields, where neither has them
	 * yet; not in one that is set or removed. is_utf8: the message may have
	 * UTF-8 in its header (RFC 6532); without it such an address is written
	 * as the name of an empty group, as RFC 6857 does. */
	const struct address *add_to, *add_cc;
	size_t n_to, n_cc;
	bool is_utf8;
	/* Taken out of every subject: fold_cut_words(). */
	const struct str *subject_strip;
	size_t n_strip;
	/* UTF-8; either may be empty and is then made from the other. Both
	 * empty: no disclaimer. */
	struct str disclaimer_text;
	struct str disclaimer_html;
	bool at_start;		/* in front of the body, not behind it */
	enum edit_fallback fallback;
	/* Random: no sender can write a delimiter of ours. */
	uint8_t boundary_seed[16];
};

/*
 * Write a changed copy of a message.
 *
 * The subject is changed after fields are set and removed. A disclaimer goes
 * into the text/plain and the text/html body of letter_view(), as the part's
 * charset and transfer encoding have it; where they cannot carry it the part
 * becomes UTF-8 and quoted-printable. A wrapped original loses the fields to
 * remove and nothing else; its other header fields are also carried outside,
 * but for those that speak of its body and DKIM-Signature.
 *
 * letter   borrowed
 * out      receives the message, appended
 * Fails    ERR_INPUT  a name or text of the edit is not of the form above
 *          ERR_DENIED EDIT_REFUSE, and the body takes no disclaimer
 *          ERR_LIMIT  the result would exceed out's maximum
 * Source   RFC 5322 2.2, RFC 2045, RFC 2046 5.1 and 5.2.1, RFC 2047,
 *          RFC 3676 (format=flowed), RFC 1847 (signed, encrypted)
 * Threads  any; holds no lock
 */
int edit_letter(const struct letter *letter, const struct edit *e,
    struct buf *out, struct err *err) FALLIBLE;

#endif
