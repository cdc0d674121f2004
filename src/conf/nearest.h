/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest: the valid name somebody most likely meant.
 */
#ifndef CONF_NEAREST_H
#define CONF_NEAREST_H

#include "base/str.h"

/* The name with the fewest insertions, deletions, replacements and swapped
 * neighbours from word, ASCII case ignored; NULL when none is near enough to
 * be worth a question. Threads: any. */
const char *nearest_name(struct str word, const char *const *names, size_t n);

#endif
