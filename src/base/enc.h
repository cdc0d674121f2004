/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enc: text encodings of bytes, strict in what they accept, and UTF-8.
 *
 * The lenient decoders that read mail live in mime/; these are for our own
 * formats. Threads: any.
 */
#ifndef BASE_ENC_H
#define BASE_ENC_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/* Lower-case hexadecimal with a NUL: out has room for 2 * len + 1. */
void enc_hex(const void *p, size_t len, char *out);
/* Exactly 2 * len digits, either case. */
bool enc_hex_parse(struct str s, void *out, size_t len);

/* Base64 (RFC 4648 4), padded, no line breaks, appended. */
void enc_base64(const void *p, size_t len, struct buf *out);
/* Base64 in lines of 76 with CRLF behind each (RFC 2045 6.8), appended. */
void enc_base64_lines(const void *p, size_t len, struct buf *out);
/* The same to memory, and how much of it that is. */
void enc_base64_lines_to(const void *p, size_t len, uint8_t *out);
size_t enc_base64_lines_len(size_t len);
/* base64url without padding (RFC 4648 5), appended. */
void enc_base64url(const void *p, size_t len, struct buf *out);
/* Strict decoding of either alphabet, padding optional, appended. False, and
 * nothing appended, when there is any other character or a wrong length. */
bool enc_base64_parse(struct str s, struct buf *out);

/*
 * Crockford base32, lower case, most significant bit first, zero bits at the
 * end, with a NUL: out has room for enc_base32_len(len) + 1. Letters i, l, o
 * and u are not used; parsing takes i and l as 1, o as 0, either case, and
 * skips spaces and hyphens, so that a person can type it.
 * 16 bytes are 26 letters. Trailing bits must be zero.
 */
size_t enc_base32_len(size_t len);
void enc_base32(const void *p, size_t len, char *out);
bool enc_base32_parse(struct str s, void *out, size_t len);

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool enc_is_utf8(struct str s);
/* Only bytes 1 to 127. */
bool enc_is_ascii(struct str s);

/* As a JSON string with its quotes; malformed UTF-8 becomes U+FFFD. Also safe
 * inside HTML script text: '<', '>' and '&' are \u escapes. */
void enc_json(struct str s, struct buf *out);

/* With & < > " ' as character references. */
void enc_html(struct str s, struct buf *out);

/* Equal, in a time that depends on len only. */
bool enc_const_eq(const void *a, const void *b, size_t len);

#endif
