/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plain: is it text, in which charset, and what kind. Threads: any.
 */
#ifndef EXTRACT_PLAIN_H
#define EXTRACT_PLAIN_H

#include "extract/reading.h"

/* True when the first bytes are those of a text in some charset. */
bool plain_is_text(struct str bytes);

/* What a text is by its beginning: "html", "xml", "eml", "sh", …; NULL when
 * only its name can tell. */
const char *plain_kind(struct str bytes, struct str declared);

/* The charset: by byte order mark, by what is declared (a Content-Type), by
 * what it must be, by what it most likely is. */
struct str plain_charset(struct str bytes, struct str declared);

/* Append as UTF-8 with LF, as much as fits; without the byte order mark. */
void plain_to_utf8(struct str bytes, struct str charset, struct buf *out);

/* Append UTF-8 text, as much as fits. */
void plain_append(struct buf *out, struct str text);

/* Append UTF-16, little-endian; lone surrogates become U+FFFD. */
void plain_append_utf16(struct buf *out, struct str utf16);

/* Append one character; U+FFFD for what is none. NUL is left out. */
void plain_append_char(struct buf *out, uint32_t c);

#endif
