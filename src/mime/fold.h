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

/* Both folded: the text begins with the phrase as whole words. */
bool fold_starts_with(struct str text, struct str phrase);

/* Text (not folded) without any of the phrases (as written), which are found
 * as fold_has_words() finds them; a phrase and the blanks around it become one
 * blank, none at the ends. False: there is none, or it is not UTF-8. */
bool fold_cut_words(struct str text, const struct str *phrases, size_t n,
    struct arena *a, struct str *out);

#endif
