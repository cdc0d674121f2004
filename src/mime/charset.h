/* SPDX-License-Identifier: Apache-2.0 */
/*
 * charset: from the charsets of mail to UTF-8.
 *
 * Labels are those of the WHATWG Encoding Standard and what mail calls them
 * besides; what is not on the list is unknown, so iconv never sees a name (or
 * a "//TRANSLIT") that a sender made up.
 */
#ifndef MIME_CHARSET_H
#define MIME_CHARSET_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* True when the label names a charset we can convert. Empty is unknown. */
bool charset_is_known(struct str label);

/* True for US-ASCII and its names, and for the empty label. */
bool charset_is_ascii(struct str label);

/* Append as UTF-8. Malformed input becomes U+FFFD. With an unknown, empty or
 * US-ASCII label text that is UTF-8 stays, other text is windows-1252. */
void charset_to_utf8(struct str label, struct str in, struct buf *out);

/* The same into the arena. */
struct str charset_to_arena(struct str label, struct str in, struct arena *a);

/* True when ASCII bytes stand for themselves in it, and for the empty label;
 * false for UTF-16, UTF-7, ISO-2022 and what is unknown. */
bool charset_extends_ascii(struct str label);

/* Append UTF-8 text in this charset, in which the text then reads the same.
 * False, and nothing appended: it cannot carry the text, or we do not write
 * it. The text is not secret: iconv may keep a copy. */
bool charset_from_utf8(struct str label, struct str text, struct buf *out);

/* Load iconv's modules, which are files, before a role gives up reading
 * files. Call once; later conversions need no file. */
void charset_preload(void);

#endif
