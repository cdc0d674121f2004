/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypertext: the little of HTML that adding a sentence to a page needs: where
 * its body begins and ends, and a page as plain text.
 *
 * Tags are read as browsers read them: none is seen in a comment, in an
 * attribute's value, in a script or a style. Nothing is changed or checked.
 * Text is in any charset that extends ASCII.
 */
#ifndef MIME_HYPERTEXT_H
#define MIME_HYPERTEXT_H

#include "base/buf.h"
#include "base/str.h"

/* Where text can be put so that it is shown first or last. */
struct hypertext_place {
	size_t start;		/* offset behind <body ...> or the head */
	size_t end;		/* offset of the last </body>, or the end */
	const char *closer;	/* what text at `end` needs in front of it,
				   where a comment, a tag or a script is still
				   open there; else "" */
	const char *closer_name;	/* its second half, or "" */
};

/* Find the places. One pass. Source  WHATWG HTML 13.2.5 */
void hypertext_find(struct str page, struct hypertext_place *out);

/* Append a page (UTF-8) as plain text with LF line ends. */
void hypertext_to_text(struct str page, struct buf *out);

/* Append UTF-8 text with its other than ASCII characters as numeric
 * references, so that a page of any charset carries it. */
void hypertext_references(struct str text, struct buf *out);

/* Append plain UTF-8 text as HTML: one <p>, lines kept. */
void hypertext_from_text(struct str text, struct buf *out);

#endif
