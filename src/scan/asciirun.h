/* SPDX-License-Identifier: Apache-2.0 */
/* plain: the parts of a text that are ASCII and mean themselves. Threads:
 * any. */
#ifndef SCAN_ASCIIRUN_H
#define SCAN_ASCIIRUN_H

#include <stdbool.h>
#include <stddef.h>

/* Copy from the beginning what needs at most a blank for a single line break
 * between two words, which most text is; how many bytes. May do less. */
size_t plain_copy(const char *from, size_t len, char *to);

/* How many bytes from p on need nothing done to them. */
size_t plain_run(const char *p, size_t len);

/* Is a byte not ASCII? */
bool plain_has_high(const char *p, size_t len);

#endif
