/* SPDX-License-Identifier: Apache-2.0 */
/* entity: HTML character references that were left in a text. */
#ifndef SCAN_ENTITY_H
#define SCAN_ENTITY_H

#include "base/str.h"

/* The code point that the reference at the beginning of s ('&') stands for
 * and its length; 0: it is none. Source  HTML 13.2.5.72. Threads  any. */
unsigned entity_read(struct str s, size_t *len);

#endif
