/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patch: pieces of a message to be replaced, collected first and applied in
 * one pass. Bytes that no patch names are copied as they are.
 */
#ifndef MIME_PATCH_H
#define MIME_PATCH_H

#include "mime/letter.h"

/* Patches at one offset stand in this order. */
enum patch_place { PATCH_FIELD, PATCH_GAP, PATCH_BODY };

struct patch {
	size_t from, to;	/* replaced; equal: an insertion */
	struct str text;
	enum patch_place place;
	size_t order;
};

struct patches {
	struct arena *a;	/* holds the list and the texts */
	struct str bytes;	/* of the message */
	struct patch *list;
	size_t n;
	size_t cap;
};

/* Replace [from, to), which no other patch touches, by text (copied). */
void patch_add(struct patches *p, enum patch_place place, size_t from,
    size_t to, struct str text);

/* Offsets of a field's first byte, and behind its line end. */
size_t patch_field_start(const struct patches *p,
    const struct letter_field *field);
size_t patch_field_end(const struct patches *p,
    const struct letter_field *field);

/* Replace field i of the part by text, or remove it. A line in front that is
 * no field goes with a removed one: two of them in a row end the header. */
void patch_field(struct patches *p, const struct letter_part *part, size_t i,
    struct str text);

/* Remove lines in front of field i that are no field. */
void patch_damage(struct patches *p, const struct letter_part *part, size_t i);

/* Add fields in front of a part's others: where every reader sees them, as
 * readers differ on whether a damaged line ends the header. */
void patch_new_field(struct patches *p, const struct letter_part *part,
    struct str text);

/* After the patches of a part: see that an empty line is in front of its
 * body, so that the new header and the new body stay apart. */
void patch_close_header(struct patches *p, const struct letter_part *part);

/* Append bytes [from, to) with the patches applied; sorts them. */
void patch_apply(struct patches *p, size_t from, size_t to, struct buf *out);

#endif
