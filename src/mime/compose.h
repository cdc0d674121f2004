/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compose: writing mail of our own: notices, passcode mails, delivery reports.
 *
 * Header values are encoded at this edge (RFC 2047), so no name, subject or
 * reply text can break out of its field. Lines are folded at 76 and end in
 * CRLF. A user's message is never re-serialised; header fields go in front.
 */
#ifndef MIME_COMPOSE_H
#define MIME_COMPOSE_H

#include "base/buf.h"
#include "base/str.h"
#include "mime/address.h"

/* "Name: value CRLF", value UTF-8 text, encoded words where needed, folded. */
void compose_header(struct buf *out, const char *name, struct str value);

/* "Name: "Display" <a@b>, … CRLF". */
void compose_mailboxes(struct buf *out, const char *name,
    const struct mailbox *list, size_t n);

/* Quoted-printable (RFC 2045 6.7): LF and CRLF become CRLF, the rest comes
 * back byte for byte. No line begins with '.', '-' or "From". */
void compose_quoted(struct buf *out, struct str s);

/* The same, and the last line ends too. */
void compose_quoted_lines(struct buf *out, struct str s);

/* A text part: Content-Type with charset utf-8, quoted-printable, blank line,
 * body (LF or CRLF in, CRLF out). type is "text/plain" or "text/html". */
void compose_text_part(struct buf *out, const char *type, struct str body);

/* multipart/alternative of a text and an HTML body; MIME-Version included.
 * boundary_seed: 16 random bytes. Call after the other header fields. */
void compose_alternative(struct buf *out, struct str text, struct str html,
    const uint8_t boundary_seed[static 16]);

#endif
