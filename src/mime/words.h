/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words: header text to UTF-8: folding, encoded words, undeclared 8-bit text.
 */
#ifndef MIME_WORDS_H
#define MIME_WORDS_H

#include "base/arena.h"
#include "base/str.h"

/*
 * Decode unstructured header text as mail readers do: encoded words wherever
 * they stand, blanks between two of them dropped, a character split over two
 * words put together. Control bytes are dropped, so a decoded value is one
 * line.
 * Source  RFC 2047, RFC 2231 5, RFC 6532
 */
struct str words_decode(struct str raw, struct arena *a);

/* Unfolded only: line ends dropped, the rest as it is. */
struct str words_unfold(struct str raw, struct arena *a);

#endif
