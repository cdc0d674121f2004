/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode: pieces of the transfer decoders that header text needs as well.
 *
 * The decoders of bodies are letter_decode() and letter_read() in letter.h.
 */
#ifndef MIME_DECODE_H
#define MIME_DECODE_H

#include "mime/letter.h"

/* The value of two hexadecimal digits at s[at], or -1. */
int decode_hex_pair(struct str s, size_t at);

#endif
