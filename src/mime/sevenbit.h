/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sevenbit: a message of 8-bit text as one of 7 bits, for a mail server that
 * does not offer 8BITMIME.
 */
#ifndef MIME_SEVENBIT_H
#define MIME_SEVENBIT_H

#include "mime/letter.h"

/* No byte of it is above 127. */
bool sevenbit_is(struct str s);

/*
 * Append the message to out with its 8-bit bodies encoded: text and
 * message/global as quoted-printable, all else as base64. Structure, header
 * fields and what is 7-bit already stay byte for byte; only the labels "8bit"
 * and "binary" become what is true, and MIME-Version and Content-Type are
 * added where an 8-bit body has none (RFC 1428: charset unknown-8bit, unless
 * it is UTF-8). Signatures over the whole message (DKIM) do not survive.
 *
 * bytes  CRLF line ends; borrowed
 * Fails  ERR_PERM  it cannot be converted: 8-bit bytes in a header field,
 *                  inside multipart/signed, in a part that is encoded already
 *                  or between the parts; the sentence is for a postmaster
 *        ERR_LIMIT it has no end of parts, or is larger than out's maximum
 * Source RFC 6152 3, RFC 2045 6, RFC 1847 2.1, RFC 6532 3.7, RFC 6533 3
 */
int sevenbit_convert(struct str bytes, struct arena *a, struct buf *out,
    struct err *err) FALLIBLE;

#endif
