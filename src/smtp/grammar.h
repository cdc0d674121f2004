/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grammar: command lines of SMTP taken apart.
 *
 * Security: lines come from any host. Strict: what the grammar does not allow
 * is refused, nothing is guessed.
 * Source  RFC 5321 4.1.1, RFC 1870, RFC 3030, RFC 3461, RFC 6152, RFC 6531,
 *         RFC 8689
 */
#ifndef SMTP_GRAMMAR_H
#define SMTP_GRAMMAR_H

#include "base/arena.h"
#include "base/str.h"
#include "smtp/service.h"


/* Cut the verb off a line (without CRLF); *rest is what follows one space. */
struct str smtp_verb(struct str line, struct str *rest);

/* What MAIL said. */
struct smtp_mail {
	struct address from;
	bool is_null;
	uint64_t size;
	bool is_8bit, is_utf8, ret_headers, requires_tls;
	struct str envid;
};

/*
 * Parse what follows "MAIL " and "RCPT ". Memory in the arena.
 * On failure the reply is set (501, 553, 555) and -1 returned.
 */
int smtp_parse_mail(struct str rest, struct arena *a, struct smtp_mail *out,
    struct smtp_reply *reply) FALLIBLE;
int smtp_parse_rcpt(struct str rest, bool is_utf8, struct arena *a,
    struct smtp_recipient *out, struct smtp_reply *reply) FALLIBLE;

/* Parse "size [LAST]" of BDAT. */
bool smtp_parse_bdat(struct str rest, uint64_t *size, bool *is_last);

/* A domain or address literal as EHLO takes it: printable, no spaces. */
bool smtp_is_helo(struct str name);

/* Decode xtext (RFC 3461 4); false when malformed. */
bool smtp_xtext(struct str s, struct arena *a, struct str *out);

/* True when every CR and LF is half of a CRLF and no byte is NUL; one pass,
 * many bytes at a time. RFC 5321 2.3.8. */
bool smtp_are_lines(struct str s);

#endif
