/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scanner: where header fields and multipart delimiters stand in the bytes.
 *
 * Only offsets are found here, nothing is decoded or copied. One pass over the
 * message: a delimiter of any enclosing multipart ends what is inside it, so
 * no byte of a body is looked at once per nesting level.
 */
#ifndef MIME_SCANNER_H
#define MIME_SCANNER_H

#include "mime/letter.h"

/* The boundaries of the multiparts around a place, innermost first. */
struct scanner_boundary {
	const struct scanner_boundary *up;
	struct str text;
};

/* A delimiter line, or the end of the bytes (boundary is NULL then). */
struct scanner_stop {
	const struct scanner_boundary *boundary;
	bool is_close;
	size_t line;	/* offset of the line's first byte */
	size_t next;	/* offset behind its line end */
};

/* Offset behind the line end that follows at, or the end of the bytes. */
size_t scanner_next_line(struct str bytes, size_t at);

/* Behind the envelope line that mbox files have in front of the header. */
size_t scanner_preface(struct str bytes, size_t at);

/*
 * Find the first delimiter of inner or of one around it, at or behind at,
 * which must be the start of a line.
 * Source  RFC 2046 5.1.1
 */
void scanner_stop(struct str bytes, size_t at,
    const struct scanner_boundary *inner, struct scanner_stop *out);

/* Where a body that began at from ends: the line end in front of a delimiter
 * belongs to the delimiter. */
size_t scanner_body_end(struct str bytes, size_t from,
    const struct scanner_stop *stop);

/*
 * Read a header block at *at, up to and with its empty line; *at is then the
 * body. It also ends at a delimiter, or at a line that is no field and has
 * none behind it; those belong to the body. A single line that is no field
 * between fields is passed over. Either sets LETTER_AMBIGUOUS_HEADER.
 * Fails ERR_LIMIT naming the limit.
 * Source  RFC 5322 2.2
 */
int scanner_fields(struct str bytes, size_t *at,
    const struct scanner_boundary *inner, struct arena *a,
    struct letter_part *part, struct err *err) FALLIBLE;

#endif
