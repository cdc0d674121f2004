/* SPDX-License-Identifier: Apache-2.0 */
/*
 * id: random bytes, and 16-byte identifiers of messages, grants and items.
 *
 * An id is 6 bytes of wall-clock milliseconds, big endian, and 10 random
 * bytes: new rows go to the right edge of a table, and nobody guesses one.
 * In URLs, logs and on the command line an id is 26 letters of base32
 * (enc_base32).
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>

#include "base/str.h"

#define ID_BYTES 16
#define ID_TEXT_SIZE 27 /* 26 letters and NUL */

struct id {
	uint8_t b[ID_BYTES];
};

/* len random bytes from the kernel; aborts if it has none. */
void id_random(void *out, size_t len);

/* A new id; two equal ids; the all-zero id that stands for "none". */
struct id id_new(void);
bool id_eq(const struct id *a, const struct id *b);
bool id_is_zero(const struct id *a);

/* The 26 letters, lower case. */
const char *id_text(const struct id *id, char out[static ID_TEXT_SIZE]);

/* Parse 26 letters, either case. False: malformed. */
bool id_parse(struct str text, struct id *out);

#endif
