/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold: text without the differences that do not matter when looking for
 * words: case, composed and compatibility forms, invisible characters, the
 * kind and number of blanks. Threads: any; memory in the arena.
 */
#ifndef MIME_FOLD_H
#define MIME_FOLD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* Fold UTF-8 text. False: it is not UTF-8.
 * Source  Unicode 3.13 (D145, D147), UAX #15 NFKD */
bool fold_text(struct str text, struct arena *a, struct str *out);

/* Both folded: the phrase stands in the text as whole words. Scripts that
 * write without blanks (Han, kana, Thai) have no word edges. */
bool fold_has_words(struct str text, struct str phrase);

#endif
